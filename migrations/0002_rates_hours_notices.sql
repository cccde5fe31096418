-- Rate cards, prices that rise, availability, the ledger of hours, and notices that are delivered.

-- Notices --------------------------------------------------------------------

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
update notice set due_at = created_at, state = case when delivered_at is null then 'waiting' else 'delivered' end::notice_state;
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

-- Workers --------------------------------------------------------------------

alter table worker
    add column daily_minutes_max     integer,
    add column tasks_at_once_max     integer  not null default 5,
    add column offer_notice_minutes  integer  not null default 0,
    add constraint worker_daily_minutes_possible check (daily_minutes_max between 0 and 1440),
    add constraint worker_tasks_at_once_possible check (tasks_at_once_max between 1 and 5),
    add constraint worker_offer_notice_possible check (offer_notice_minutes between 0 and 10080);

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

-- Pay rates ------------------------------------------------------------------

create type rate_card_state as enum (
    'draft',      -- prepared; binds nobody
    'approved',   -- by a second person
    'published'   -- terminal: holds while its rates are in force
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

alter table rate
    add column card_id      uuid  references rate_card,
    add column region       text,
    add column language     text,
    add column least_minor  bigint,
    add column most_minor   bigint,
    alter column in_force drop not null,
    alter column approved_by drop not null;
-- A rate of before held everywhere, in every language, and was its own band.
update rate set region = 'any', language = 'any', least_minor = amount_minor, most_minor = amount_minor;
alter table rate
    alter column region set not null,
    alter column language set not null,
    alter column least_minor set not null,
    alter column most_minor set not null,
    drop constraint rate_no_overlap,
    add constraint rate_band_holds_amount check (
        1 <= least_minor and least_minor <= amount_minor and amount_minor <= most_minor and most_minor <= 1000000000000
    ),
    add constraint rate_region_is_iso3166_or_any check (region ~ '^(any|[A-Z]{2}(-[A-Z0-9]{1,3})?)$'),
    add constraint rate_language_bounded
        check (language ~ '^[a-z]{2,8}(-[a-z0-9]{1,8})*$' and char_length(language) <= 35),
    add constraint rate_in_force_is_approved check (in_force is null or approved_by is not null),
    add constraint rate_in_force_or_of_card check (in_force is not null or card_id is not null),
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

-- Tasks ----------------------------------------------------------------------

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
    constraint batch_price_pkey primary key (requester_id, batch_id),
    constraint batch_price_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint batch_price_fee_possible check (fee_bps between 0 and 10000),
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

alter table assignment add column terms_hash bytea;
-- Of the canonical form: keys in order, no spaces. Terms are flat.
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

-- Rights ---------------------------------------------------------------------

grant select, insert, update, delete on
    notice_preference, worker_day, hours_policy, availability_window, availability_exception, rate_card, premium_rule,
    batch_price, hours_entry
    to guildhall_app;
revoke update, delete on hours_entry from guildhall_app;
-- How a price came about stays as it was.
revoke update, delete on batch_price from guildhall_app;
