-- What payments are taxed by, what is withheld of them, and the sums that later ones count from.

-- What a worker's payments are taxed by, since when: asked for by their tax profile, or chosen by finance. No secret: without
-- any number.
create table tax_choice (
    tax_choice_id        uuid       primary key,
    worker_id            uuid       not null references worker,
    -- A name of the catalogue of tax rules (Sources/Tax/rules.json).
    rule_set             text       not null,
    -- ISO 3166-1 alpha-2.
    residence            text       not null,
    -- The IRS form on file; null when there is none.
    form                 text,
    has_taxpayer_number  boolean    not null,
    form_signed_on       date,
    -- What a treaty allows in place of the full rate.
    treaty_bps           integer,
    chosen_by            uuid       not null references principal,
    in_force             tstzrange  not null,
    constraint tax_choice_rule_set_named check (rule_set ~ '^[a-z][a-z0-9-]{0,39}$'),
    constraint tax_choice_residence_is_code check (residence ~ '^[A-Z]{2}$'),
    constraint tax_choice_form_known check (form in ('w9', 'w8ben')),
    constraint tax_choice_treaty_possible check (treaty_bps between 0 and 10000 and form = 'w8ben' or treaty_bps is null),
    constraint tax_choice_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint tax_choice_no_overlap exclude using gist (worker_id with =, in_force with &&)
);
comment on table tax_choice is 'Effective-dated tax rules of workers.';
create index tax_choice_by_worker on tax_choice (worker_id, tax_choice_id);
create index tax_choice_by_chooser on tax_choice (chosen_by);

-- What a worker was paid under a rule set in a period, as far as that rule counts it; of payouts that were not cancelled. The
-- row is locked by whoever prepares the next one, so that no two begin from the same sum.
create table tax_sum (
    worker_id       uuid     not null references worker,
    rule_set        text     not null,
    currency        text     not null,
    -- The first day of the year or month.
    period_on       date     not null,
    counted_minor   bigint   not null,
    withheld_minor  bigint   not null,
    -- The months with income, bit 0 is January.
    months          integer  not null,
    constraint tax_sum_pkey primary key (worker_id, rule_set, currency, period_on),
    constraint tax_sum_never_negative check (counted_minor >= 0 and withheld_minor >= 0),
    constraint tax_sum_months_possible check (months between 0 and 4095)
);
comment on table tax_sum is 'Sums that cumulative taxes count from.';

-- What is withheld of a share of a payout, frozen when the payout is prepared, posted when it is issued. Append-only.
create table withholding (
    withholding_id         uuid    primary key,
    payout_batch_id        uuid    not null references payout_batch,
    payout_share_id        uuid    not null references payout_share,
    worker_id              uuid    not null references worker,
    -- Where the work was done, ISO 3166-1; null where the rule does not ask.
    place                  text,
    residence              text    not null,
    rule_set               text    not null,
    rule_set_from          date    not null,
    -- The day that counts as that of payment, and the last one on which the payout may be issued by this.
    paid_on                date    not null,
    holds_until            date    not null,
    currency               text    not null,
    gross_minor            bigint  not null,
    withheld_minor         bigint  not null,
    -- The first day of what it counts over; null where it counts by itself.
    period_on              date,
    -- What it counts from, and what of it is counted.
    counted_before_minor   bigint  not null,
    withheld_before_minor  bigint  not null,
    counted_minor          bigint  not null,
    -- The reports in which it stands.
    counts_toward          text[]  not null,
    -- Pieces of work, and what the platform took for them.
    activities             bigint  not null,
    fees_minor             bigint  not null,
    -- Step by step: what was done, by which source.
    lines                  jsonb   not null,
    constraint withholding_one_per_place unique nulls not distinct (payout_share_id, place),
    constraint withholding_sum_fkey
        foreign key (worker_id, rule_set, currency, period_on)
        references tax_sum (worker_id, rule_set, currency, period_on),
    constraint withholding_place_is_code check (place ~ '^[A-Z]{2}$'),
    constraint withholding_residence_is_code check (residence ~ '^[A-Z]{2}$'),
    constraint withholding_rule_set_named check (rule_set ~ '^[a-z][a-z0-9-]{0,39}$'),
    constraint withholding_days_in_order check (rule_set_from <= paid_on and paid_on <= holds_until),
    constraint withholding_gross_positive check (gross_minor > 0),
    constraint withholding_within_gross check (withheld_minor between 0 and gross_minor),
    constraint withholding_counted_within_gross check (counted_minor between 0 and gross_minor),
    constraint withholding_base_never_negative check (counted_before_minor >= 0 and withheld_before_minor >= 0),
    constraint withholding_work_never_negative check (activities >= 0 and fees_minor >= 0),
    constraint withholding_explained check (jsonb_typeof(lines) = 'array' and jsonb_array_length(lines) between 1 and 50)
);
comment on table withholding is 'Taxes withheld of payouts; append-only.';
create index withholding_by_batch on withholding (payout_batch_id, withholding_id);
-- Serves the sums of a period, and lists of a worker.
create index withholding_by_sum on withholding (worker_id, rule_set, currency, period_on);

-- Withholdings of payments that came back: nothing was paid, so nothing was to be withheld. Append-only.
create table withholding_reversal (
    withholding_id  uuid         primary key references withholding,
    reversed_at     timestamptz  not null
);
comment on table withholding_reversal is 'Withholdings that were taken back; append-only.';

grant select, insert, update, delete on tax_choice, tax_sum, withholding, withholding_reversal to guildhall_app;
revoke update, delete on withholding, withholding_reversal from guildhall_app;
