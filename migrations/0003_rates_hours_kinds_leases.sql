-- Rate cards and the pay floor, hours and availability, grounds of tiers, kinds of tasks, files, ends of leases.

-- Notices ---------------------------------------------------------------------

create type notice_state as enum (
    'waiting',
    'delivered',  -- terminal: the channel took it
    'skipped',    -- terminal: not wanted on the channel, or nowhere to send it
    'dead'        -- terminal: given up; the inbox still has it
);
comment on type notice_state is 'Where the delivery of a notice stands.';

alter table notice
    add column dedup_key  text,
    add column state      notice_state  not null default 'waiting',
    add column attempts   integer       not null default 0,
    add column due_at     timestamptz,
    add column fault      text,
    add column read_at    timestamptz;
update notice
   set due_at = created_at,
       state = case when delivered_at is null then 'waiting' else 'delivered' end::notice_state;
alter table notice
    alter column due_at set not null,
    add constraint notice_one_per_dedup_key unique (recipient_id, dedup_key),
    add constraint notice_kind_is_snake_case check (kind ~ '^[a-z][a-z0-9_]{0,99}$'),
    add constraint notice_dedup_key_bounded check (char_length(dedup_key) between 1 and 200),
    add constraint notice_attempts_possible check (attempts between 0 and 100),
    add constraint notice_fault_bounded check (char_length(fault) <= 500),
    add constraint notice_delivered_iff_delivered check ((delivered_at is not null) = (state = 'delivered'));
comment on table notice is 'Outbox of messages to people, and their inbox.';
drop index notice_undelivered;
create index notice_due on notice (due_at, notice_id) where state = 'waiting';

create type notice_channel as enum ('inbox', 'email');
comment on type notice_channel is 'Where a notice reaches a person.';

-- Which kinds of notices a person does not want, or wants again. What is not said is wanted.
create table notice_preference (
    principal_id  uuid            not null,
    kind          text            not null,
    channel       notice_channel  not null,
    is_wanted     boolean         not null,
    set_at        timestamptz     not null,
    constraint notice_preference_pkey primary key (principal_id, kind, channel),
    constraint notice_preference_kind_is_snake_case check (kind ~ '^[a-z][a-z0-9_]{0,99}$')
);
comment on table notice_preference is 'Which kinds of notices people want on which channel.';

-- Workers ---------------------------------------------------------------------

alter table worker
    add column daily_minutes_max     integer,
    add column tasks_at_once_max     integer  not null default 5,
    add column offer_notice_minutes  integer  not null default 0,
    add column suspension_id         uuid     references decision,
    add constraint worker_daily_minutes_possible check (daily_minutes_max between 0 and 1440),
    add constraint worker_tasks_at_once_possible check (tasks_at_once_max between 1 and 5),
    add constraint worker_offer_notice_possible check (offer_notice_minutes between 0 and 10080);
-- A suspension was the newest decision of its kind about the worker.
update worker
   set suspension_id = (select decision_id from decision
                         where decision.worker_id = worker.worker_id and decision.kind = 'suspension'
                         order by decision_id desc limit 1)
 where state = 'suspended';
alter table worker
    add constraint worker_suspended_iff_decided check ((suspension_id is not null) = (state = 'suspended'));
create index worker_by_suspension on worker (suspension_id);

-- By which key the marks of before were made is not known: `guildhall keys rotate-marks` makes them anew.
alter table identity_mark add column mark_key text;
update identity_mark set mark_key = repeat('0', 16);
alter table identity_mark
    alter column mark_key set not null,
    add constraint identity_mark_key_named check (mark_key ~ '^[0-9a-f]{16}$');
create index identity_mark_by_key on identity_mark (mark_key, worker_id);

-- The same for one day, by the wall clock where the worker lives.
create table worker_day (
    worker_id          uuid     not null references worker,
    on_day             date     not null,
    minutes_max        integer  not null,
    committed_minutes  integer  not null,
    constraint worker_day_pkey primary key (worker_id, on_day),
    constraint worker_day_within_cap check (committed_minutes between 0 and minutes_max)
);
comment on table worker_day is 'Committed minutes per worker and day, never over the cap.';

-- The most anybody may commit, by the platform's rule or a country's law. The least of all that hold counts.
create table hours_policy (
    hours_policy_id     uuid       primary key,
    -- Null for the platform's own, which holds everywhere.
    country             text,
    daily_minutes_max   integer    not null,
    weekly_minutes_max  integer    not null,
    reason              text       not null,
    in_force            tstzrange  not null,
    set_by              uuid       not null references principal,
    constraint hours_policy_country_is_iso3166 check (country ~ '^[A-Z]{2}$'),
    constraint hours_policy_daily_minutes_possible check (daily_minutes_max between 0 and 1440),
    constraint hours_policy_weekly_minutes_possible check (weekly_minutes_max between 0 and 10080),
    constraint hours_policy_reason_given check (char_length(reason) between 1 and 500),
    constraint hours_policy_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint hours_policy_no_overlap exclude using gist ((coalesce(country, '')) with =, in_force with &&)
);
comment on table hours_policy is 'Effective-dated caps on hours, of the platform and of countries.';
create index hours_policy_by_setter on hours_policy (set_by);

-- When a worker is there in every week, by the wall clock of their zone. Without any row: always.
create table availability_window (
    worker_id     uuid     not null references worker,
    -- 1 Monday to 7 Sunday.
    weekday       integer  not null,
    -- Minutes from midnight, half-open.
    from_minute   integer  not null,
    until_minute  integer  not null,
    constraint availability_window_pkey primary key (worker_id, weekday, from_minute),
    constraint availability_window_weekday_known check (weekday between 1 and 7),
    constraint availability_window_within_day check (0 <= from_minute and from_minute < until_minute and until_minute <= 1440),
    constraint availability_window_no_overlap exclude using gist (
        worker_id with =, weekday with =, int4range(from_minute, greatest(until_minute, from_minute)) with &&
    )
);
comment on table availability_window is 'Weekly windows in which workers are there.';

create type availability_kind as enum ('free', 'away');
comment on type availability_kind is 'What an exception does to the windows of its day.';

-- A day on which the windows are not the whole truth.
create table availability_exception (
    worker_id     uuid               not null references worker,
    on_day        date               not null,
    kind          availability_kind  not null,
    from_minute   integer            not null,
    until_minute  integer            not null,
    constraint availability_exception_pkey primary key (worker_id, on_day, from_minute),
    constraint availability_exception_within_day check (0 <= from_minute and from_minute < until_minute and until_minute <= 1440),
    -- So that no two exceptions contradict each other.
    constraint availability_exception_no_overlap exclude using gist (
        worker_id with =, on_day with =, int4range(from_minute, greatest(until_minute, from_minute)) with &&
    )
);
comment on table availability_exception is 'Days on which workers are there, or away, against their windows.';

-- Expertise -------------------------------------------------------------------

drop index profile_by_profession;
create index profile_by_profession on profile (profession, worker_id);

create type tier_ground as enum (
    'rule',      -- proposed by a rule and granted by a person, or given by an automatic rule
    'operator',  -- a person gave it, or took a higher one away
    'import'     -- held on the platform that the worker came from
);
comment on type tier_ground is 'Why somebody holds a tier.';

alter table tier_period
    add column ground        tier_ground,
    add column tier_rule_id  uuid  references tier_rule,
    add column reasons       text;
-- What was held before came over with it.
update tier_period set ground = 'import', reasons = 'Held when reasons began to be kept.';
alter table tier_period
    alter column ground set not null,
    alter column reasons set not null,
    add constraint tier_period_reasons_given check (char_length(reasons) between 1 and 4000),
    add constraint tier_period_rule_iff_by_rule check ((tier_rule_id is not null) = (ground = 'rule')),
    add constraint tier_period_decider_is_other check (decided_by <> worker_id);
create index tier_period_by_rule on tier_period (tier_rule_id);
alter table tier_proposal
    add column held  tier,
    add constraint tier_proposal_changes_tier check (held <> tier);
comment on table tier_proposal is 'Proposed changes of tiers.';

-- Pay rates -------------------------------------------------------------------

create type rate_card_state as enum (
    'draft',      -- prepared; binds nobody
    'approved',   -- by a second person
    'published',  -- terminal: holds while its rates are in force
    'discarded'   -- terminal: never held and never will
);
comment on type rate_card_state is 'Where a version of the rate card stands; that it has ended is a date, not a state.';

-- A version of the rate card: its rates and premium rules, and how far premiums may go.
create table rate_card (
    card_id                uuid             primary key,
    name                   text             not null,
    version                integer          not null,
    state                  rate_card_state  not null,
    -- The most that premiums may multiply a price by, in ten-thousandths: each kind, and all together.
    urgency_cap_bps        integer          not null,
    unsocial_cap_bps       integer          not null,
    language_cap_bps       integer          not null,
    difficulty_cap_bps     integer          not null,
    whole_cap_bps          integer          not null,
    -- SHA-256 of the card as it was drafted: the approval is for this content and no other.
    content_hash           bytea            not null,
    prepared_by            uuid             not null references principal,
    prepared_at            timestamptz      not null,
    approved_by            uuid             references principal,
    -- When its rates hold; null until it is published.
    in_force               tstzrange,
    constraint rate_card_name_bounded check (char_length(name) between 1 and 200),
    constraint rate_card_version_positive check (version > 0),
    constraint rate_card_one_per_version unique (version),
    constraint rate_card_caps_possible check (
        least(urgency_cap_bps, unsocial_cap_bps, language_cap_bps, difficulty_cap_bps, whole_cap_bps) >= 10000
        and greatest(urgency_cap_bps, unsocial_cap_bps, language_cap_bps, difficulty_cap_bps, whole_cap_bps) <= 100000
    ),
    constraint rate_card_hash_is_sha256 check (octet_length(content_hash) = 32),
    constraint rate_card_approved_by_second_person check (approved_by <> prepared_by),
    constraint rate_card_approved_before_publication check (state <> 'published' or approved_by is not null),
    constraint rate_card_in_force_iff_published check ((in_force is not null) = (state = 'published')),
    constraint rate_card_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint rate_card_no_overlap exclude using gist (in_force with &&)
);
comment on table rate_card is 'Versions of the rate card.';
create index rate_card_by_preparer on rate_card (prepared_by);
create index rate_card_by_approver on rate_card (approved_by);

-- Rates of before were published one by one; they become lines of a first card that two people stood for. Where they
-- overlap in time with nobody left out, the card holds from the first of them on.
insert into rate_card
    (card_id, name, version, state, urgency_cap_bps, unsocial_cap_bps, language_cap_bps, difficulty_cap_bps,
     whole_cap_bps, content_hash, prepared_by, prepared_at, approved_by, in_force)
select gen_random_uuid(), 'Rates before rate cards', 1, 'published', 20000, 20000, 20000, 20000, 30000,
       sha256(convert_to(string_agg(rate_id::text, ',' order by rate_id), 'UTF8')),
       (array_agg(prepared_by order by rate_id))[1], min(lower(in_force)),
       (array_agg(approved_by order by rate_id))[1],
       tstzrange(min(lower(in_force)), nullif(max(coalesce(upper(in_force), 'infinity')), 'infinity'))
  from rate
having count(*) > 0;

alter table rate
    add column card_id      uuid  references rate_card,
    add column region       text,
    add column language     text,
    add column least_minor  bigint,
    add column most_minor   bigint,
    alter column in_force drop not null,
    alter column approved_by drop not null;
-- A rate of before held everywhere, in every language, and was its own band.
update rate
   set card_id = (select card_id from rate_card), region = 'any', language = 'any', least_minor = amount_minor,
       most_minor = amount_minor;
alter table rate
    drop constraint rate_no_overlap,
    alter column card_id set not null,
    alter column region set not null,
    alter column language set not null,
    alter column least_minor set not null,
    alter column most_minor set not null,
    alter column task_kind type text using task_kind::text,
    add constraint rate_band_holds_amount check (
        1 <= least_minor and least_minor <= amount_minor and amount_minor <= most_minor and most_minor <= 1000000000000
    ),
    add constraint rate_task_kind_well_formed check (task_kind ~ '^[a-z][a-z_]{0,39}$'),
    add constraint rate_region_is_iso3166_or_any check (region ~ '^(any|[A-Z]{2}(-[A-Z0-9]{1,3})?)$'),
    add constraint rate_language_bounded
        check (language ~ '^[a-z]{2,8}(-[a-z0-9]{1,8})*$' and char_length(language) <= 35),
    add constraint rate_in_force_is_approved check (in_force is null or approved_by is not null),
    add constraint rate_no_overlap exclude using gist (
        profession with =, tier with =, task_kind with =, region with =, language with =, currency with =,
        in_force with &&
    );
create index rate_by_card on rate (card_id);

create type premium_kind as enum ('urgency', 'unsocial_hours', 'language_scarcity', 'difficulty');
comment on type premium_kind is 'What may raise a price, in the order in which it does.';

-- A rule that multiplies prices while it is in force.
create table premium_rule (
    premium_rule_id  uuid          primary key,
    card_id          uuid          not null references rate_card,
    kind             premium_kind  not null,
    -- Urgency: due within so many hours; difficulty: at least that level; 0 for the others.
    threshold        integer       not null,
    -- Scarcity: the language; `any` for the others.
    language         text          not null,
    factor_bps       integer       not null,
    -- Null while its card is a draft.
    in_force         tstzrange,
    constraint premium_rule_threshold_fits_kind check (
        case kind when 'urgency' then threshold between 1 and 100000 when 'difficulty' then threshold between 2 and 5
                  else threshold = 0 end
    ),
    constraint premium_rule_language_iff_scarcity check ((language = 'any') = (kind <> 'language_scarcity')),
    constraint premium_rule_language_bounded
        check (language ~ '^[a-z]{2,8}(-[a-z0-9]{1,8})*$' and char_length(language) <= 35),
    constraint premium_rule_factor_possible check (factor_bps between 10000 and 100000),
    constraint premium_rule_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint premium_rule_no_overlap exclude using gist (
        kind with =, threshold with =, language with =, in_force with &&
    )
);
comment on table premium_rule is 'Effective-dated rules that multiply prices.';
create index premium_rule_by_card on premium_rule (card_id);

create type escalation_shape as enum (
    'steps',  -- rises at the end of every interval
    'linear'  -- rises all the time
);
comment on type escalation_shape is 'How the price of unclaimed work rises.';

-- The least that an hour of work must come to; the narrowest that fits a batch's rate counts.
create table pay_floor (
    pay_floor_id  uuid       primary key,
    -- Null for any.
    profession    text       references profession,
    tier          tier,
    currency      text       not null,
    hourly_minor  bigint     not null,
    -- Of how many of a batch's newest accepted answers the median of the active time is taken.
    median_of     integer    not null,
    reason        text       not null,
    in_force      tstzrange  not null,
    set_by        uuid       not null references principal,
    constraint pay_floor_currency_is_iso4217 check (currency ~ '^[A-Z]{3}$'),
    constraint pay_floor_hourly_possible check (hourly_minor between 1 and 100000000000),
    constraint pay_floor_median_of_possible check (median_of between 1 and 200),
    constraint pay_floor_reason_given check (char_length(reason) between 1 and 500),
    constraint pay_floor_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint pay_floor_no_overlap exclude using gist (
        (coalesce(profession, '')) with =, tier with =, currency with =, in_force with &&
    ),
    constraint pay_floor_no_overlap_of_any_tier exclude using gist (
        (coalesce(profession, '')) with =, currency with =, in_force with &&
    ) where (tier is null)
);
comment on table pay_floor is 'Effective-dated least pay of an hour.';
create index pay_floor_by_profession on pay_floor (profession);
create index pay_floor_by_setter on pay_floor (set_by);

-- Tasks -----------------------------------------------------------------------

alter table project
    alter column task_kind type text using task_kind::text,
    add column kind_parameters  jsonb,
    add column input_schema     jsonb,
    add constraint project_task_kind_well_formed check (task_kind ~ '^[a-z][a-z_]{0,39}$');
-- Projects of before checked answers only.
update project set input_schema = '{}';
alter table project alter column input_schema set not null;
drop type task_kind;

alter table batch
    add column lapses_max          integer  not null default 5,
    add column top_up_share_minor  bigint   not null default 0,
    add column top_up_spent_minor  bigint   not null default 0,
    drop constraint batch_lease_seconds_possible,
    add constraint batch_lease_seconds_possible check (lease_seconds between 1 and 2592000),
    add constraint batch_lapses_max_possible check (lapses_max between 1 and 1000),
    add constraint batch_top_ups_within_share
        check (0 <= top_up_spent_minor and top_up_spent_minor <= top_up_share_minor);

-- How a batch's price came about, and how it rises while work lies unclaimed. One each, written with the batch.
create table batch_price (
    requester_id      uuid     not null,
    batch_id          uuid     not null,
    -- What was priced, and the trace of its resolution.
    task              jsonb    not null,
    trace             jsonb    not null,
    -- The platform's part of any pay, in ten-thousandths.
    fee_bps           integer  not null,
    -- What an assignment may cost at most: the hold covers it.
    most_pay_minor    bigint   not null,
    most_fee_minor    bigint   not null,
    -- Null for a price that stays.
    shape             escalation_shape,
    -- From opening to the first rise, from one rise to the next, and by how much.
    after_seconds     integer,
    interval_seconds  integer,
    step_minor        bigint,
    -- What is held for top-ups beside the worst case, in ten-thousandths of its pay.
    top_up_bps        integer  not null default 0,
    constraint batch_price_pkey primary key (requester_id, batch_id),
    constraint batch_price_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint batch_price_fee_possible check (fee_bps between 0 and 10000),
    constraint batch_price_top_up_possible check (top_up_bps between 0 and 10000),
    constraint batch_price_most_positive
        check (most_pay_minor between 1 and 1000000000000 and most_fee_minor between 0 and 1000000000000),
    constraint batch_price_curve_whole
        check (num_nulls(shape, after_seconds, interval_seconds, step_minor) in (0, 4)),
    constraint batch_price_curve_possible check (
        after_seconds between 0 and 31536000 and interval_seconds between 60 and 31536000
        and step_minor between 1 and 1000000000000
    )
);
comment on table batch_price is 'How prices of batches came about and rise.';

create type task_file_format as enum ('jsonl', 'csv', 'label_studio');
comment on type task_file_format is 'What a file of tasks is written in.';

create type import_state as enum ('running', 'done');
comment on type import_state is 'Where an import stands; one that was cut off is running until it is resumed.';

-- A file on its way into a draft batch: moved on with each chunk, in the chunk's transaction.
create table import_run (
    requester_id   uuid              not null,
    import_run_id  uuid              not null,
    batch_id       uuid              not null,
    -- The file's name without its folder, and SHA-256 of its content, unpacked.
    source_name    text              not null,
    source_hash    bytea             not null,
    format         task_file_format  not null,
    state          import_state      not null,
    -- How many records from the beginning are done, and what came of them.
    records_done   bigint            not null,
    added          bigint            not null,
    unchanged      bigint            not null,
    faulty         bigint            not null,
    begun_by       uuid              not null references principal,
    begun_at       timestamptz       not null,
    ended_at       timestamptz,
    constraint import_run_pkey primary key (requester_id, import_run_id),
    constraint import_run_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint import_run_name_bounded check (char_length(source_name) between 1 and 200),
    constraint import_run_hash_is_sha256 check (octet_length(source_hash) = 32),
    constraint import_run_counts_not_negative check (least(added, unchanged, faulty) >= 0),
    constraint import_run_counts_add_up check (records_done = added + unchanged + faulty),
    constraint import_run_ended_iff_done check ((ended_at is not null) = (state = 'done'))
);
comment on table import_run is 'Imports of task files.';
-- What is resumed: the same file into the same batch.
create unique index import_run_one_running_per_file
    on import_run (requester_id, batch_id, source_hash, format) where state = 'running';
create index import_run_by_batch on import_run (requester_id, batch_id, import_run_id);
create index import_run_by_beginner on import_run (begun_by);

-- The first faulty records of an import.
create table import_fault (
    requester_id   uuid     not null,
    import_run_id  uuid     not null,
    fault_no       integer  not null,
    line           bigint   not null,
    -- A JSON Pointer into the record; empty for all of it.
    pointer        text     not null,
    code           text     not null,
    -- For the requester; no content of the record.
    reason         text     not null,
    constraint import_fault_pkey primary key (requester_id, import_run_id, fault_no),
    constraint import_fault_run_fkey
        foreign key (requester_id, import_run_id) references import_run (requester_id, import_run_id),
    constraint import_fault_number_possible check (fault_no between 1 and 1000),
    constraint import_fault_line_positive check (line > 0),
    constraint import_fault_texts_bounded check (
        char_length(pointer) <= 500 and char_length(reason) between 1 and 500 and code ~ '^[a-z_]{1,40}$'
    )
);
comment on table import_fault is 'Faulty records of imports.';

create index slot_quarantined on slot (requester_id, batch_id, task_id, slot_no) where state = 'quarantined';

alter table assignment add column terms_hash bytea;
-- Of the canonical form: keys in order, no spaces. Terms of before are flat.
update assignment
   set terms_hash = (select sha256(convert_to(
                                '{' || string_agg(to_jsonb(key)::text || ':' || value::text, ',' order by key collate "C")
                                    || '}', 'UTF8'))
                       from jsonb_each(terms));
alter table assignment
    alter column terms_hash set not null,
    add constraint assignment_terms_hash_is_sha256 check (octet_length(terms_hash) = 32);

create type hours_entry_kind as enum (
    'reserved',  -- by a lease, at the expected duration
    'worked',    -- the work was judged, whatever the verdict
    'released'   -- the lease ended without an answer
);
comment on type hours_entry_kind is 'What happened to minutes of a worker.';

-- The ledger of hours: balances are worker_week and worker_day, both reserved less released. Append-only.
create table hours_entry (
    requester_id    uuid              not null,
    assignment_id   uuid              not null,
    kind            hours_entry_kind  not null,
    worker_id       uuid              not null,
    -- Of the instant of the lease, in the worker's zone.
    week_starts_on  date              not null,
    on_day          date              not null,
    minutes         integer           not null,
    occurred_at     timestamptz       not null,
    constraint hours_entry_pkey primary key (requester_id, assignment_id, kind),
    constraint hours_entry_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint hours_entry_week_fkey
        foreign key (worker_id, week_starts_on) references worker_week (worker_id, week_starts_on),
    constraint hours_entry_day_fkey foreign key (worker_id, on_day) references worker_day (worker_id, on_day),
    constraint hours_entry_minutes_possible check (minutes between 1 and 10080),
    constraint hours_entry_day_in_week check (on_day - week_starts_on between 0 and 6)
);
comment on table hours_entry is 'Minutes of workers reserved, worked and released; append-only.';
-- Minutes end once: worked or released.
create unique index hours_entry_one_end_per_assignment on hours_entry (requester_id, assignment_id) where kind <> 'reserved';
-- Serves HoursLedgerQueries.hoursEntries.
create index hours_entry_by_week on hours_entry (worker_id, week_starts_on, assignment_id);
create index hours_entry_by_day on hours_entry (worker_id, on_day);

create type return_reason as enum (
    'not_my_field', 'unclear', 'too_long', 'no_time', 'broken_content', 'conflict_of_interest', 'other'
);
comment on type return_reason is 'Why a task was given back.';

-- Why a task was given back; append-only.
create table task_return (
    requester_id   uuid           not null,
    assignment_id  uuid           not null,
    reason         return_reason  not null,
    -- Empty, or in the worker's words.
    note           text           not null,
    constraint task_return_pkey primary key (requester_id, assignment_id),
    constraint task_return_assignment_fkey
        foreign key (requester_id, assignment_id) references assignment (requester_id, assignment_id),
    constraint task_return_note_bounded check (char_length(note) <= 1000),
    constraint task_return_other_is_said check (reason <> 'other' or note <> '')
);
comment on table task_return is 'Reasons for returning tasks.';

-- What a worker has written of an answer that is not in: saved while working, or handed in too late. There again when
-- the worker leases the task again; gone with the submission.
create table answer_draft (
    requester_id  uuid         not null,
    task_id       uuid         not null,
    worker_id     uuid         not null references worker,
    answer        jsonb        not null,
    is_late       boolean      not null,
    saved_at      timestamptz  not null,
    constraint answer_draft_pkey primary key (requester_id, task_id, worker_id),
    constraint answer_draft_task_fkey foreign key (requester_id, task_id) references task (requester_id, task_id)
);
comment on table answer_draft is 'Unfinished answers of workers, and answers that came too late.';
-- Serves DraftQueries.forgetDrafts.
create index answer_draft_by_age on answer_draft (saved_at);
create index answer_draft_by_worker on answer_draft (worker_id);

-- Nobody had said how long they were at it: the time since the lease, at most the expected duration.
alter table submission add column active_seconds integer;
update submission
   set active_seconds = least(assignment.expected_minutes * 60,
                              greatest(1, ceil(extract(epoch from submission.submitted_at - assignment.leased_at))))
  from assignment
 where assignment.requester_id = submission.requester_id and assignment.assignment_id = submission.assignment_id;
alter table submission
    alter column active_seconds set not null,
    add constraint submission_active_seconds_possible check (active_seconds between 1 and 7776000);

-- Quality and payouts ---------------------------------------------------------

-- A batch whose work took so long that an hour of it came to less than the floor. Append-only.
create table pay_floor_flag (
    requester_id    uuid         not null,
    flag_id         uuid         not null,
    batch_id        uuid         not null,
    pay_floor_id    uuid         not null references pay_floor,
    -- How many answers were looked at, and the median of their active time.
    answers         integer      not null,
    median_seconds  integer      not null,
    -- What an hour of the least paid of them came to, and what it had to.
    hourly_minor    bigint       not null,
    floor_minor     bigint       not null,
    -- What an assignment accepted in full is owed so that the median comes to the floor.
    owed_minor      bigint       not null,
    flagged_at      timestamptz  not null,
    constraint pay_floor_flag_pkey primary key (requester_id, flag_id),
    constraint pay_floor_flag_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint pay_floor_flag_answers_possible check (answers between 1 and 200),
    constraint pay_floor_flag_median_possible check (median_seconds between 1 and 7776000),
    constraint pay_floor_flag_below_floor check (0 <= hourly_minor and hourly_minor < floor_minor),
    constraint pay_floor_flag_owed_positive check (owed_minor > 0)
);
comment on table pay_floor_flag is 'Batches found below the pay floor.';
create index pay_floor_flag_by_batch on pay_floor_flag (requester_id, batch_id, flag_id desc);
create index pay_floor_flag_by_floor on pay_floor_flag (pay_floor_id);

alter table payout_item add column transfer_id uuid;
update payout_item
   set transfer_id = earning.transfer_id
  from earning
 where earning.requester_id = payout_item.requester_id and earning.assignment_id = payout_item.assignment_id;
drop index payout_item_one_live_per_earning;
alter table payout_item
    drop constraint payout_item_earning_fkey,
    drop constraint payout_item_pkey,
    drop column assignment_id,
    alter column transfer_id set not null;

alter table earning
    add column batch_id  uuid,
    add column flag_id   uuid;
update earning
   set batch_id = assignment.batch_id
  from assignment
 where assignment.requester_id = earning.requester_id and assignment.assignment_id = earning.assignment_id;
alter table earning
    alter column batch_id set not null,
    drop constraint earning_pkey,
    add constraint earning_pkey primary key (requester_id, transfer_id),
    add constraint earning_one_per_flag unique nulls not distinct (requester_id, assignment_id, flag_id),
    add constraint earning_flag_fkey
        foreign key (requester_id, flag_id) references pay_floor_flag (requester_id, flag_id);
comment on table earning is 'What work is owed, and top-ups to the pay floor.';
create index earning_by_flag on earning (requester_id, flag_id);
create index earning_by_batch on earning (requester_id, batch_id, earned_at, assignment_id) where flag_id is null;

alter table payout_item
    add constraint payout_item_pkey primary key (requester_id, transfer_id, payout_line_id),
    add constraint payout_item_earning_fkey
        foreign key (requester_id, transfer_id) references earning (requester_id, transfer_id);
create unique index payout_item_one_live_per_earning on payout_item (requester_id, transfer_id) where is_live;

-- How much of a line is one worker's; what is taken from what they are owed.
create table payout_share (
    payout_share_id  uuid    primary key,
    payout_line_id   uuid    not null references payout_line,
    worker_id        uuid    not null references worker,
    amount_minor     bigint  not null,
    constraint payout_share_one_per_worker unique (payout_line_id, worker_id),
    constraint payout_share_amount_positive check (amount_minor > 0)
);
comment on table payout_share is 'Parts of payments by worker.';
create index payout_share_by_worker on payout_share (worker_id);

-- Every line of before was one worker's share, whose transfer named the line.
insert into payout_share (payout_share_id, payout_line_id, worker_id, amount_minor)
select payout_line_id, payout_line_id, worker_id, amount_minor from payout_line;
alter table payout_line alter column worker_id drop not null;
update payout_line set worker_id = null where payee_team_id is not null;
alter table payout_line
    add constraint payout_line_one_payee check (num_nonnulls(worker_id, payee_team_id) = 1);

-- What stood before, as if it had been kept from the beginning ------------------

insert into batch_price (requester_id, batch_id, task, trace, fee_bps, most_pay_minor, most_fee_minor)
select batch.requester_id, batch.batch_id,
       jsonb_build_object(
           'profession', rate.profession, 'tier', rate.tier, 'task_kind', rate.task_kind, 'region', 'any',
           'language', 'any', 'currency', batch.currency, 'expected_minutes', batch.expected_minutes,
           'items', case rate.unit when 'item' then batch.pay_minor / rate.amount_minor else 1 end,
           'hours_to_due', null, 'unsocial_hours', false, 'difficulty', 1
       ),
       jsonb_build_object('rate_id', rate.rate_id, 'pay_minor', batch.pay_minor),
       least(10000, round(batch.fee_minor * 10000.0 / batch.pay_minor)), batch.pay_minor, batch.fee_minor
  from batch join rate using (rate_id);

create temp table known_hours on commit drop as
select assignment.requester_id, assignment.assignment_id, assignment.worker_id, assignment.week_starts_on,
       (assignment.leased_at at time zone worker.time_zone)::date as on_day, assignment.expected_minutes as minutes,
       assignment.leased_at, assignment.closed_at, assignment.state
  from assignment join worker using (worker_id);

insert into worker_day (worker_id, on_day, minutes_max, committed_minutes)
select worker_id, on_day, greatest(1440, sum(minutes)),
       coalesce(sum(minutes) filter (where state not in ('expired', 'returned')), 0)
  from known_hours
 group by worker_id, on_day;

insert into hours_entry
    (requester_id, assignment_id, kind, worker_id, week_starts_on, on_day, minutes, occurred_at)
select requester_id, assignment_id, 'reserved', worker_id, week_starts_on, on_day, minutes, leased_at from known_hours
 union all
select requester_id, assignment_id,
       case when state in ('expired', 'returned') then 'released' else 'worked' end::hours_entry_kind,
       worker_id, week_starts_on, on_day, minutes, closed_at
  from known_hours
 where closed_at is not null;

-- Rights ----------------------------------------------------------------------

grant select, insert, update, delete on
    notice_preference, worker_day, hours_policy, availability_window, availability_exception, rate_card, premium_rule,
    pay_floor, batch_price, import_run, import_fault, hours_entry, task_return, answer_draft, pay_floor_flag,
    payout_share
    to guildhall_app;
revoke update, delete on hours_entry, task_return, pay_floor_flag from guildhall_app;
-- How a price came about stays as it was.
revoke update, delete on batch_price from guildhall_app;
grant update (name) on credential_evidence to guildhall_app;
