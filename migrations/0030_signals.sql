-- Gold minted from adjudicated work, signals as cases, the worker's record, ratings of requesters.

create type signal_kind as enum (
    'speed',            -- faster than the text can be read
    'near_duplicate',   -- texts of two workers that are nearly the same
    'agreement',        -- workers who agree more often than what each takes for what explains
    'suggestion_copy',  -- what a model suggested, where nearly nobody else says so
    'skill_shift',      -- work that has become worse
    'targeted_bias',    -- contradiction on tasks with one feature, and not elsewhere
    'gold'              -- too many known answers that were not met
);
comment on type signal_kind is 'What screens of answers look for.';

create type quality_case_state as enum (
    'open',       -- for a person to look at
    'dismissed',  -- terminal: nothing is behind it
    'upheld'      -- terminal: it is so; what follows is a decision of its own
);
comment on type quality_case_state is 'Where a case about answers stands.';

-- What screens found in the answers to a batch, for a person to look at. Nothing follows from it by itself.
create table quality_case (
    quality_case_id  uuid                primary key,
    requester_id     uuid                not null,
    batch_id         uuid                not null,
    signal           signal_kind         not null,
    -- Whom it is about; in the order of the ids, each once. Evidence about more of them joins them.
    workers          uuid[]              not null,
    opened_at        timestamptz         not null,
    state            quality_case_state  not null,
    decided_at       timestamptz,
    decided_by       uuid                references principal,
    -- For other operators.
    reasons          text,
    constraint quality_case_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint quality_case_workers_named check (cardinality(workers) between 1 and 200),
    constraint quality_case_decided_iff_not_open
        check (num_nonnulls(decided_at, decided_by, reasons) = case when state = 'open' then 0 else 3 end),
    constraint quality_case_reasons_given check (char_length(reasons) between 1 and 2000),
    constraint quality_case_decider_is_other check (decided_by <> all (workers))
);
comment on table quality_case is 'What screens found in answers, and what people said about it.';
create index quality_case_by_batch on quality_case (requester_id, batch_id, signal);
create index quality_case_by_decider on quality_case (decided_by) where decided_by is not null;
-- Serves QualityCaseQueries.qualityCases.
create index quality_case_by_state on quality_case (state, quality_case_id);

-- What one screening found for a case. Append-only.
create table quality_evidence (
    quality_case_id  uuid         not null references quality_case,
    -- SHA-256 of workers, tasks and facts: the same again is no second evidence.
    digest           bytea        not null,
    -- The power of ten that the chance of it is one in, when nothing is the matter, in thousandths; of near duplicates
    -- a thousand times how many there are.
    score_milli      bigint       not null,
    -- On which tasks it shows, in the order of the ids, each once.
    tasks            uuid[]       not null,
    facts            jsonb        not null,
    found_at         timestamptz  not null,
    constraint quality_evidence_pkey primary key (quality_case_id, digest),
    constraint quality_evidence_digest_is_sha256 check (octet_length(digest) = 32),
    constraint quality_evidence_score_possible check (score_milli between 0 and 1000000000000),
    constraint quality_evidence_tasks_named check (cardinality(tasks) between 1 and 1000),
    constraint quality_evidence_facts_bounded check (octet_length(facts::text) <= 65536)
);
comment on table quality_evidence is 'What cases about answers rest on; append-only.';

-- How far the answers to a batch were screened, by whichever scheduler.
create table screened_batch (
    requester_id      uuid         not null,
    batch_id          uuid         not null,
    -- The last task of the piece before; null between two passes over the batch.
    through_task_id   uuid,
    screened_at       timestamptz  not null,
    constraint screened_batch_pkey primary key (requester_id, batch_id),
    constraint screened_batch_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id)
);
comment on table screened_batch is 'How far answers were screened.';
-- Serves AnswerScreenQueries.takeScreenedBatch: those in the midst of a pass.
create index screened_batch_midway on screened_batch (screened_at) where through_task_id is not null;

-- Batches whose answers are not given out until somebody has looked at them.
create table batch_quarantine (
    requester_id   uuid         not null,
    quarantine_id  uuid         not null,
    batch_id       uuid         not null,
    reasons        text         not null,
    ordered_by     uuid         not null references principal,
    ordered_at     timestamptz  not null,
    lifted_by      uuid         references principal,
    lifted_at      timestamptz,
    lift_reasons   text,
    constraint batch_quarantine_pkey primary key (requester_id, quarantine_id),
    constraint batch_quarantine_batch_fkey
        foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint batch_quarantine_reasons_given check (char_length(reasons) between 1 and 2000),
    constraint batch_quarantine_lift_reasons_given check (char_length(lift_reasons) between 1 and 2000),
    constraint batch_quarantine_lifted_whole check (num_nonnulls(lifted_by, lifted_at, lift_reasons) in (0, 3)),
    constraint batch_quarantine_lifted_later check (lifted_at >= ordered_at)
);
comment on table batch_quarantine is 'Batches whose answers are not given out.';
create unique index batch_quarantine_one_in_force on batch_quarantine (requester_id, batch_id) where lifted_at is null;
create index batch_quarantine_by_batch on batch_quarantine (requester_id, batch_id);
create index batch_quarantine_by_orderer on batch_quarantine (ordered_by);
create index batch_quarantine_by_lifter on batch_quarantine (lifted_by) where lifted_by is not null;
-- Serves BatchQuarantineQueries.quarantines.
create index batch_quarantine_by_id on batch_quarantine (quarantine_id);

-- Answers of one worker that no longer count, by a decision: to one batch, or to all batches of a project. They stay
-- stored and paid; exports and aggregates leave them out.
create table withdrawn_contribution (
    requester_id   uuid         not null,
    withdrawal_id  uuid         not null,
    project_id     uuid         not null,
    -- Null for all of the project.
    batch_id       uuid,
    worker_id      uuid         not null references worker,
    decision_id    uuid         not null references decision,
    -- Work that was taken later is not concerned.
    withdrawn_at   timestamptz  not null,
    -- When an appeal was granted: they count again.
    ended_at       timestamptz,
    constraint withdrawn_contribution_pkey primary key (requester_id, withdrawal_id),
    constraint withdrawn_contribution_project_fkey
        foreign key (requester_id, project_id) references project (requester_id, project_id),
    constraint withdrawn_contribution_batch_fkey
        foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint withdrawn_contribution_one_per_decision unique (decision_id),
    constraint withdrawn_contribution_ends_later check (ended_at >= withdrawn_at)
);
comment on table withdrawn_contribution is 'Answers that no longer count, by decision.';
-- Serves WithdrawnQueries.withdrawn, for each answer that is counted.
create index withdrawn_contribution_in_force
    on withdrawn_contribution (requester_id, worker_id, project_id) where ended_at is null;
create index withdrawn_contribution_by_project on withdrawn_contribution (requester_id, project_id);
create index withdrawn_contribution_by_batch on withdrawn_contribution (requester_id, batch_id)
 where batch_id is not null;
create index withdrawn_contribution_by_worker on withdrawn_contribution (worker_id);

-- Tasks that are asked again since answers to them were withdrawn, and the copy that asks. Append-only.
create table recollected_task (
    requester_id   uuid  not null,
    withdrawal_id  uuid  not null,
    task_id        uuid  not null,
    copy_task_id   uuid  not null,
    constraint recollected_task_pkey primary key (requester_id, withdrawal_id, task_id),
    constraint recollected_task_withdrawal_fkey
        foreign key (requester_id, withdrawal_id) references withdrawn_contribution (requester_id, withdrawal_id),
    constraint recollected_task_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id),
    constraint recollected_task_copy_fkey
        foreign key (requester_id, copy_task_id) references task (requester_id, task_id),
    constraint recollected_task_one_per_copy unique (requester_id, copy_task_id),
    constraint recollected_task_is_another check (copy_task_id <> task_id)
);
comment on table recollected_task is 'Tasks that are asked again.';
create index recollected_task_by_task on recollected_task (requester_id, task_id);

-- What workers say of a requester once they were paid for a batch: each from 1, bad, to 5, good. Append-only.
create table requester_rating (
    requester_id  uuid         not null,
    batch_id      uuid         not null,
    worker_id     uuid         not null references worker,
    clarity       integer      not null,
    fairness      integer      not null,
    pay_speed     integer      not null,
    rated_at      timestamptz  not null,
    constraint requester_rating_pkey primary key (requester_id, batch_id, worker_id),
    constraint requester_rating_batch_fkey
        foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint requester_rating_clarity_possible check (clarity between 1 and 5),
    constraint requester_rating_fairness_possible check (fairness between 1 and 5),
    constraint requester_rating_pay_speed_possible check (pay_speed between 1 and 5)
);
comment on table requester_rating is 'Ratings of requesters by workers; append-only.';
create index requester_rating_by_worker on requester_rating (worker_id);

alter table project
    add column share_bps integer,
    add constraint project_share_possible check (share_bps between 1 and 10000);
create index assignment_by_batch on assignment (requester_id, batch_id, worker_id);
create index batch_lately_closed on batch (closed_at) where closed_at is not null;

grant select, insert, update, delete on quality_case, quality_evidence, screened_batch, batch_quarantine,
    withdrawn_contribution, recollected_task, requester_rating to guildhall_app;
-- What screens found, and what was said of it, stays on record.
revoke update, delete on quality_case, quality_evidence from guildhall_app;
grant update (workers, state, decided_at, decided_by, reasons) on quality_case to guildhall_app;
-- What was kept back and what was withdrawn stays on record; only its end is entered.
revoke update, delete on batch_quarantine, withdrawn_contribution, recollected_task from guildhall_app;
grant update (lifted_by, lifted_at, lift_reasons) on batch_quarantine to guildhall_app;
grant update (ended_at) on withdrawn_contribution to guildhall_app;
-- What workers said of requesters stays as it was.
revoke update, delete on requester_rating from guildhall_app;
