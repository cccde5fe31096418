-- Reviews by several people, answers that are sent back, and appeals against decisions.

alter table decision
    add column automated text not null default 'none',
    add constraint decision_automated_said check (char_length(automated) between 1 and 1000);
-- For appeals, which name worker and decider of their decision.
create unique index decision_as_made on decision (decision_id, worker_id, decided_by);

create type appeal_state as enum (
    'open',        -- waits for its answer
    'upheld',      -- terminal: the decision stands
    'overturned',  -- terminal: the decision does not stand, and is made up for
    'withdrawn'    -- terminal: by the worker
);
comment on type appeal_state is 'Where an appeal stands.';

-- What a worker says against a decision, and what another person than the one who decided answers.
create table appeal (
    appeal_id     uuid          primary key,
    decision_id   uuid          not null,
    worker_id     uuid          not null,
    -- Of the decision.
    decided_by    uuid          not null,
    statement     text          not null,
    filed_at      timestamptz   not null,
    answer_until  timestamptz   not null,
    state         appeal_state  not null,
    answered_by   uuid          references principal,
    answered_at   timestamptz,
    -- For the worker to read.
    answer        text,
    -- What was done about it.
    remedy        jsonb,
    -- When operators were told that its answer is late.
    told_at       timestamptz,
    constraint appeal_one_per_decision unique (decision_id),
    constraint appeal_decision_fkey foreign key (decision_id, worker_id, decided_by)
        references decision (decision_id, worker_id, decided_by),
    constraint appeal_answered_by_another check (answered_by <> decided_by and answered_by <> worker_id),
    constraint appeal_statement_bounded check (char_length(statement) between 1 and 4000),
    constraint appeal_answer_bounded check (char_length(answer) between 1 and 4000),
    constraint appeal_answer_due_later check (answer_until > filed_at),
    constraint appeal_answered_iff_judged check (
        (state in ('upheld', 'overturned')) = (answered_by is not null)
        and (answered_by is null) = (answer is null)
        and (state = 'open') = (answered_at is null)
    ),
    constraint appeal_remedy_iff_overturned check ((state = 'overturned') = (remedy is not null))
);
comment on table appeal is 'Appeals of workers against decisions.';
create index appeal_by_decision on appeal (decision_id, worker_id, decided_by);
create index appeal_by_answerer on appeal (answered_by);
-- Serves AppealQueries.lateAppeals and the register.
create index appeal_open on appeal (answer_until, appeal_id) where state = 'open';

alter table review
    add column part_weight bigint,
    add column whole_weight bigint,
    add constraint review_weights_in_order check (
        (part_weight is null) = (whole_weight is null)
        and (part_weight is null or verdict = 'accepted_in_part' and part_weight between 1 and whole_weight - 1)
    );

-- How a project's answers are judged: weights of fields, scores, how often a second person looks. Without a row the
-- program's defaults hold.
create table review_policy (
    requester_id  uuid         not null,
    project_id    uuid         not null,
    settings      jsonb        not null,
    changed_by    uuid         not null references principal,
    changed_at    timestamptz  not null,
    constraint review_policy_pkey primary key (requester_id, project_id),
    constraint review_policy_project_fkey
        foreign key (requester_id, project_id) references project (requester_id, project_id),
    constraint review_policy_settings_bounded check (octet_length(settings::text) <= 65536)
);
comment on table review_policy is 'How answers of projects are judged.';
create index review_policy_by_changer on review_policy (changed_by);

create type opinion_role as enum (
    'first',
    'second',      -- blind: without knowing the first
    'adjudicator'  -- where both differ
);
comment on type opinion_role is 'As what somebody judged an answer.';

-- What one person says of an answer. The last word of them is the review. Append-only.
create table opinion (
    requester_id     uuid          not null,
    assignment_id    uuid          not null,
    role             opinion_role  not null,
    batch_id         uuid          not null,
    author_id        uuid          not null,
    person_id        uuid          not null references principal,
    verdict          verdict       not null,
    share_bps        integer       not null,
    part_weight      bigint,
    whole_weight     bigint,
    reasons          text          not null,
    -- Marks of fields with quotes, scores, the rule.
    sheet            jsonb         not null,
    submission_hash  bytea         not null,
    given_at         timestamptz   not null,
    -- Of the first: how likely a second one was, in ten-thousandths, and whether there is to be one.
    risk_bps         integer       not null,
    asks_second      boolean       not null,
    constraint opinion_pkey primary key (requester_id, assignment_id, role),
    constraint opinion_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint opinion_one_per_person unique (requester_id, assignment_id, person_id),
    constraint opinion_person_is_not_author check (person_id <> author_id),
    constraint opinion_share_matches_verdict check (
        (verdict = 'accepted' and share_bps = 10000)
        or (verdict = 'accepted_in_part' and share_bps between 1 and 9999)
        or (verdict = 'rejected' and share_bps = 0)
    ),
    constraint opinion_weights_in_order check (
        (part_weight is null) = (whole_weight is null)
        and (part_weight is null or verdict = 'accepted_in_part' and part_weight between 1 and whole_weight - 1)
    ),
    constraint opinion_risk_possible check (risk_bps between 0 and 10000),
    constraint opinion_sheet_bounded check (octet_length(sheet::text) <= 262144)
);
comment on table opinion is 'What people said of answers; append-only.';
create index opinion_by_person on opinion (person_id, given_at);
-- Serve OpinionQueries.rejectionsAlone.
create index opinion_by_batch on opinion (requester_id, batch_id) include (share_bps, asks_second) where role = 'first';
create index opinion_by_author on opinion (requester_id, author_id) include (share_bps, asks_second)
 where role = 'first';

-- An answer that was sent back to its worker, with what it was; the assignment stays submitted. One at a time.
create table rework (
    requester_id    uuid         not null,
    assignment_id   uuid         not null,
    round           integer      not null,
    author_id       uuid         not null,
    sent_by         uuid         not null references principal,
    reasons         text         not null,
    sheet           jsonb        not null,
    -- The version that was sent back, as it was stored.
    answer          jsonb,
    hash            bytea        not null,
    active_seconds  integer      not null,
    submitted_at    timestamptz  not null,
    sent_at         timestamptz  not null,
    -- Until when the worker may hand in another; then the version stands as it is.
    answer_until    timestamptz  not null,
    answered_at     timestamptz,
    -- As of the submission.
    sealed          bytea,
    constraint rework_in_one_form check (num_nonnulls(answer, sealed) = 1),
    constraint rework_pkey primary key (requester_id, assignment_id, round),
    constraint rework_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint rework_round_bounded check (round between 1 and 5),
    constraint rework_sender_is_not_author check (sent_by <> author_id),
    constraint rework_reasons_bounded check (char_length(reasons) between 1 and 4000),
    constraint rework_hash_is_sha256 check (octet_length(hash) = 32),
    constraint rework_ends_later check (answer_until > sent_at),
    constraint rework_answered_in_time check (answered_at >= sent_at and answered_at < answer_until)
);
comment on table rework is 'Answers that were sent back.';
create index rework_by_sender on rework (sent_by);
-- Serves ReworkQueries.openReworks.
create index rework_open_by_author on rework (author_id, assignment_id) where answered_at is null;

grant select, insert, update, delete on appeal, review_policy, opinion, rework to guildhall_app;
-- What was said of an answer stays as it was, and so does what was sent back; a new version of an answer takes its place.
revoke update, delete on opinion, rework, appeal from guildhall_app;
grant update (answered_at, answer, sealed) on rework to guildhall_app;
grant update (hash, submitted_at, active_seconds) on submission to guildhall_app;
grant update (state, answered_by, answered_at, answer, remedy, told_at) on appeal to guildhall_app;
