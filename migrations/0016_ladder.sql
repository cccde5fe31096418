-- Why work was offered or not; the ladder that batches climb as their deadlines near; forecast hours and their prices.

-- Why offers were made and work was not ------------------------------------------

create type unrouted_reason as enum (
    'nobody_eligible',  -- the worker does not meet what the work demands
    'barred',           -- their team, an exclusion or an interest
    'away',             -- their windows leave no time to answer, or to do the work
    'no_hours',         -- what is left of their hours is less than it takes
    'too_many',         -- they have as many leases and open offers as anybody may
    'offered',          -- they have an open offer of it
    'declined',         -- they turned it down lately, or let it lapse
    'work_done',        -- they have done their part of all that is open
    'below_ask',        -- it pays less than they ask for
    'below_price',      -- their hours are worth more elsewhere
    'outbid',           -- others brought more value for what there was
    'nothing_there'     -- there was nobody, or nothing, to look at
);
comment on type unrouted_reason is 'What keeps a worker from an offer; later ones are nearer to one.';

-- Why the scheduler chose that worker for that offer. Written with the offer, kept for 90 days.
create table offer_explanation (
    requester_id            uuid         not null,
    offer_id                uuid         not null,
    explained_at            timestamptz  not null,
    -- What the pair is worth, what that is made of, and what the worker's time would bring elsewhere; micro-units.
    value_micros            bigint       not null,
    parts                   jsonb        not null,
    hours_price_micros      bigint       not null,
    -- Who came next of those who could have had it, and what they are worth; null where nobody did.
    runner_up_id            uuid         references worker,
    runner_up_micros        bigint,
    -- How many could have had it.
    candidates              integer      not null,
    -- Of the whole plan: its value ÷ the best that is possible, at least.
    certificate_millionths  bigint       not null,
    constraint offer_explanation_pkey primary key (requester_id, offer_id),
    constraint offer_explanation_offer_fkey
        foreign key (requester_id, offer_id) references offer (requester_id, offer_id),
    constraint offer_explanation_runner_up_whole check ((runner_up_id is null) = (runner_up_micros is null)),
    constraint offer_explanation_candidates_possible
        check (candidates between (case when runner_up_id is null then 1 else 2 end) and 1000000),
    constraint offer_explanation_certificate_possible check (certificate_millionths between 0 and 1000000)
);
comment on table offer_explanation is 'Why offers were made, kept for 90 days.';
create index offer_explanation_by_runner_up on offer_explanation (runner_up_id) where runner_up_id is not null;
-- Serves ExplanationQueries.forgetExplanations.
create index offer_explanation_by_time on offer_explanation (explained_at);

-- Why slots of an open batch were not offered: the tasks of a batch are alike to the scheduler, so what is said holds
-- for each. A row stands for as long as the same was said; the newest is what holds now. Kept for 30 days.
create table routing_explanation (
    requester_id  uuid             not null,
    batch_id      uuid             not null,
    explained_at  timestamptz      not null,
    last_said_at  timestamptz      not null,
    -- Of the worker who came nearest to an offer.
    reason        unrouted_reason  not null,
    message       text             not null,
    -- How many workers each reason keeps away.
    counts        jsonb            not null,
    -- How many slots nobody is offered.
    slots_left    integer          not null,
    constraint routing_explanation_pkey primary key (requester_id, batch_id, explained_at),
    constraint routing_explanation_batch_fkey
        foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint routing_explanation_said_later check (last_said_at >= explained_at),
    constraint routing_explanation_message_bounded check (char_length(message) between 1 and 1000),
    constraint routing_explanation_slots_possible check (slots_left between 1 and 1000000)
);
comment on table routing_explanation is 'Why open work was not offered, kept for 30 days.';
-- Serves ExplanationQueries.forgetExplanations.
create index routing_explanation_by_time on routing_explanation (last_said_at);

-- Why a worker was offered nothing, as it was said last.
create table worker_explanation (
    worker_id     uuid             primary key references worker,
    explained_at  timestamptz      not null,
    reason        unrouted_reason  not null,
    message       text             not null,
    -- How many batches each reason keeps from them.
    counts        jsonb            not null,
    constraint worker_explanation_message_bounded check (char_length(message) between 1 and 1000)
);
comment on table worker_explanation is 'Why workers were offered nothing, the newest of each.';
-- Serves ExplanationQueries.forgetExplanations.
create index worker_explanation_by_time on worker_explanation (explained_at);

-- What is done as a deadline nears -------------------------------------------------

create type escalation_step_kind as enum (
    'reach',   -- more of those who meet what is demanded are asked, with more time to answer
    'price',   -- further offers pay more, within band, hold and budget
    'forced',  -- the price of hours is ignored
    'alert'    -- an operator is told, with what can be done
);
comment on type escalation_step_kind is 'Steps of the ladder that a batch climbs as its deadline nears.';

-- What further offers of a batch pay, in place of its posted price; the highest number counts. Append-only.
create table batch_raise (
    requester_id    uuid         not null,
    batch_id        uuid         not null,
    raise_no        integer      not null,
    pay_minor       bigint       not null,
    fee_minor       bigint       not null,
    -- The top of the rate's band for a task of the batch.
    band_most_minor bigint       not null,
    -- What the hold grew by, so that it covers every slot at that pay.
    held_minor      bigint       not null,
    raised_at       timestamptz  not null,
    raised_by       uuid         not null references principal,
    constraint batch_raise_pkey primary key (requester_id, batch_id, raise_no),
    constraint batch_raise_batch_fkey foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint batch_raise_number_possible check (raise_no between 1 and 100),
    constraint batch_raise_within_band check (pay_minor between 1 and band_most_minor),
    constraint batch_raise_amounts_possible
        check (fee_minor between 0 and 1000000000000 and held_minor between 0 and 1000000000000000
               and band_most_minor <= 1000000000000)
);
comment on table batch_raise is 'Better prices of batches whose deadline nears; append-only.';
create index batch_raise_by_raiser on batch_raise (raised_by);

-- An offer that pays what a raise says, in place of the posted price. Append-only.
create table offer_raise (
    requester_id  uuid     not null,
    offer_id      uuid     not null,
    batch_id      uuid     not null,
    raise_no      integer  not null,
    constraint offer_raise_pkey primary key (requester_id, offer_id),
    constraint offer_raise_offer_fkey foreign key (requester_id, offer_id) references offer (requester_id, offer_id),
    constraint offer_raise_raise_fkey
        foreign key (requester_id, batch_id, raise_no) references batch_raise (requester_id, batch_id, raise_no)
);
comment on table offer_raise is 'Offers that pay more than the posted price; append-only.';
create index offer_raise_by_raise on offer_raise (requester_id, batch_id, raise_no);

-- A step that was taken for a batch, once for a deadline: with another deadline the ladder begins anew. Append-only.
create table escalation_step (
    requester_id         uuid                  not null,
    batch_id             uuid                  not null,
    due_at               timestamptz           not null,
    kind                 escalation_step_kind  not null,
    -- Prices are raised several times; every other step is taken once.
    level                integer               not null,
    taken_at             timestamptz           not null,
    -- What it was decided on: within which nine of ten tasks are done, and how many were open.
    service_p90_seconds  integer               not null,
    open_slots           integer               not null,
    facts                jsonb                 not null,
    constraint escalation_step_pkey primary key (requester_id, batch_id, due_at, kind, level),
    constraint escalation_step_batch_fkey
        foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint escalation_step_level_possible check (level between 1 and case when kind = 'price' then 100 else 1 end),
    constraint escalation_step_before_deadline check (taken_at < due_at),
    constraint escalation_step_service_possible check (service_p90_seconds between 1 and 7776000),
    constraint escalation_step_slots_possible check (open_slots >= 1)
);
comment on table escalation_step is 'Steps that were taken as deadlines neared; append-only.';

-- How long tasks of a kind take from lease to answer, learnt from accepted work. One row each, learnt anew every day.
create table service_pace (
    task_kind     text         primary key,
    samples       integer      not null,
    -- Nine of ten are done within that share of their expected duration, in thousandths.
    p90_permille  bigint       not null,
    learnt_at     timestamptz  not null,
    constraint service_pace_kind_well_formed check (task_kind ~ '^[a-z][a-z_]{0,39}$'),
    constraint service_pace_samples_possible check (samples between 1 and 100000),
    constraint service_pace_share_positive check (p90_permille between 1 and 1000000000)
);
comment on table service_pace is 'How long tasks of a kind take.';

create type alert_state as enum (
    'open',   -- for an operator to act on
    'closed'  -- terminal: somebody has said what was done, or nothing is left to do
);
comment on type alert_state is 'Where an alert stands.';

-- A batch that will not be done in time by what the ladder may do, with what an operator can do and what that costs.
create table schedule_alert (
    requester_id   uuid         not null,
    alert_id       uuid         not null,
    batch_id       uuid         not null,
    state          alert_state  not null,
    raised_at      timestamptz  not null,
    due_at         timestamptz  not null,
    open_slots     integer      not null,
    -- Up to three, the least bad first.
    options        jsonb        not null,
    closed_at      timestamptz,
    closed_by      uuid         references principal,
    resolution     text,
    constraint schedule_alert_pkey primary key (requester_id, alert_id),
    constraint schedule_alert_batch_fkey
        foreign key (requester_id, batch_id) references batch (requester_id, batch_id),
    constraint schedule_alert_options_named
        check (jsonb_typeof(options) = 'array' and jsonb_array_length(options) between 1 and 3),
    constraint schedule_alert_slots_possible check (open_slots >= 1),
    constraint schedule_alert_closed_iff_terminal
        check (num_nonnulls(closed_at, closed_by, resolution) = case when state = 'open' then 0 else 3 end),
    constraint schedule_alert_resolution_bounded check (char_length(resolution) between 1 and 2000)
);
comment on table schedule_alert is 'Batches that need an operator to be done in time.';
-- One at a time for a batch.
create unique index schedule_alert_one_open_per_batch
    on schedule_alert (requester_id, batch_id) where state = 'open';
create index schedule_alert_by_batch on schedule_alert (requester_id, batch_id);
create index schedule_alert_by_closer on schedule_alert (closed_by) where closed_by is not null;
-- Serves AlertQueries.alerts.
create index schedule_alert_by_state on schedule_alert (state, alert_id);

-- What workers will have time for, and what their time is worth ----------------------

create type week_part as enum ('weekdays', 'weekend');
comment on type week_part is 'Parts of a week of which hours are forecast by themselves.';

-- How many minutes of those that a worker declared for a part of a week they will work: declared × a share that is Beta
-- distributed, learnt from their weeks before. Made once for a week; what came of it is written when it is over.
create table hours_forecast (
    worker_id         uuid         not null references worker,
    -- A Monday, where the worker lives.
    week_starts_on    date         not null,
    part              week_part    not null,
    declared_minutes  integer      not null,
    -- Of the share, in thousandths.
    alpha_milli       bigint       not null,
    beta_milli        bigint       not null,
    -- What is planned with, and what is promised with: in nine of ten weeks it is at least that.
    mean_minutes      integer      not null,
    p10_minutes       integer      not null,
    made_at           timestamptz  not null,
    -- Null until the week is over; and whether the worker had work or offers in it: else it says nothing of them.
    worked_minutes    integer,
    was_asked         boolean,
    constraint hours_forecast_pkey primary key (worker_id, week_starts_on, part),
    constraint hours_forecast_starts_monday check (extract(isodow from week_starts_on) = 1),
    constraint hours_forecast_share_positive
        check (alpha_milli between 1 and 1000000000000 and beta_milli between 1 and 1000000000000),
    constraint hours_forecast_minutes_in_order check (
        0 <= p10_minutes and p10_minutes <= mean_minutes and mean_minutes <= declared_minutes
        and declared_minutes <= 10140
    ),
    constraint hours_forecast_worked_possible check (worked_minutes >= 0),
    constraint hours_forecast_over_as_a_whole check ((worked_minutes is null) = (was_asked is null))
);
comment on table hours_forecast is 'Forecast hours of workers, and what came of them; kept for 26 weeks.';
-- Serves ForecastQueries.closeWeeks.
create index hours_forecast_to_close on hours_forecast (week_starts_on, worker_id, part) where worked_minutes is null;
-- Serves ForecastQueries: what a week came to, and what is forgotten.
create index hours_forecast_by_week on hours_forecast (week_starts_on, worker_id, part);

-- How well a week's hours were forecast, over the parts of it in which workers were asked for any.
create table forecast_backtest (
    week_starts_on    date         primary key,
    workers           integer      not null,
    forecast_minutes  bigint       not null,
    worked_minutes    bigint       not null,
    -- |worked − forecast| ÷ forecast, in ten-thousandths.
    error_bps         bigint       not null,
    -- How many workers' promises there were, and how many of them were kept.
    promises          integer      not null,
    promises_kept     integer      not null,
    tested_at         timestamptz  not null,
    constraint forecast_backtest_starts_monday check (extract(isodow from week_starts_on) = 1),
    constraint forecast_backtest_workers_positive check (workers >= 1),
    constraint forecast_backtest_minutes_possible
        check (forecast_minutes >= 0 and worked_minutes >= 0 and error_bps between 0 and 1000000000),
    constraint forecast_backtest_promises_possible check (promises_kept between 0 and promises and promises <= workers)
);
comment on table forecast_backtest is 'Weekly backtests of the forecast of hours.';

-- A night's solve of the days ahead. Its row is written last: prices of a day without one do not count.
create table price_solve (
    solved_on               date         primary key,
    solved_at               timestamptz  not null,
    -- Answers wanted and workers that it was solved over.
    demands                 integer      not null,
    workers                 integer      not null,
    -- Value ÷ the best that is possible, at least.
    certificate_millionths  bigint       not null,
    -- No price of the night is above this: the most that a quarter of an hour brings anywhere; micro-units.
    price_most_micros       bigint       not null,
    constraint price_solve_counts_possible check (demands >= 0 and workers >= 0),
    constraint price_solve_certificate_possible check (certificate_millionths between 0 and 1000000),
    constraint price_solve_most_possible check (price_most_micros between 0 and 1000000000000000)
);
comment on table price_solve is 'Nightly solves that priced workers'' hours.';

-- What a quarter of an hour of a worker's time would bring in the week ahead. Kept for a week.
create table hour_price (
    worker_id     uuid    not null references worker,
    solved_on     date    not null,
    price_micros  bigint  not null,
    -- The quarters of an hour that the solve reckoned with.
    units         integer not null,
    constraint hour_price_pkey primary key (worker_id, solved_on),
    constraint hour_price_not_negative check (price_micros between 0 and 1000000000000000),
    constraint hour_price_units_possible check (units between 0 and 676)
);
comment on table hour_price is 'Nightly prices of workers'' time.';
create index hour_price_by_day on hour_price (solved_on, worker_id);

-- Serves HourPriceQueries.arrivals.
create index batch_by_opening on batch (opened_at) where opened_at is not null;

-- Rights ----------------------------------------------------------------------

grant select, insert, update, delete on
    offer_explanation, routing_explanation, worker_explanation, batch_raise, offer_raise, escalation_step, service_pace,
    schedule_alert, hours_forecast, forecast_backtest, price_solve, hour_price
    to guildhall_app;
-- What was paid more, and which steps were taken, stays as it was; an alert is on record for ever.
revoke update, delete on batch_raise, offer_raise, escalation_step from guildhall_app;
revoke delete on schedule_alert, forecast_backtest from guildhall_app;
