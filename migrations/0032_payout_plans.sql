-- Payout schedules, netting, clawbacks, agencies as payees.

-- When payouts of a source fall due, by the wall clock of a zone.
create table payout_schedule (
    source         text           primary key references payout_source (name),
    rhythm         payout_rhythm  not null,
    -- Bit 0 is Monday, or the first of the month; a day that a month has not is its last one.
    days           bigint         not null,
    -- Since midnight of the wall clock.
    minute         bigint         not null,
    -- IANA.
    time_zone      text           not null,
    -- Who has earned less waits.
    minimum_minor  bigint         not null,
    -- The next one; null on demand.
    next_at        timestamptz,
    changed_by     uuid           not null references principal,
    changed_at     timestamptz    not null,
    constraint payout_schedule_days_of_rhythm check (
        case rhythm when 'on_demand' then days = 0
                    when 'weekly' then days between 1 and 127
                    else days between 1 and 2147483647 end
    ),
    constraint payout_schedule_minute_of_day check (minute between 0 and 1439),
    constraint payout_schedule_zone_bounded check (char_length(time_zone) between 1 and 64),
    constraint payout_schedule_minimum_never_negative check (minimum_minor >= 0),
    constraint payout_schedule_next_iff_rhythm check ((next_at is null) = (rhythm = 'on_demand'))
);
comment on table payout_schedule is 'When payouts fall due.';
create index payout_schedule_by_changer on payout_schedule (changed_by);
-- Serves PayoutScheduleQueries.lockDueSchedules.
create index payout_schedule_by_next on payout_schedule (next_at, source);

-- A payout that fell due, for a person to prepare. One at a time for each source, however many dates have passed.
create table payout_due (
    payout_due_id    uuid              primary key,
    source           text              not null references payout_source (name),
    -- The last date that has passed, and how many before it went by without a payout.
    due_at           timestamptz       not null,
    missed           bigint            not null,
    -- On which the bank is to pay: of the date's zone, never a Saturday or Sunday.
    pay_on           date              not null,
    minimum_minor    bigint            not null,
    opened_at        timestamptz       not null,
    state            payout_due_state  not null,
    payout_batch_id  uuid              references payout_batch,
    closed_by        uuid              references principal,
    closed_at        timestamptz,
    -- Why it was left.
    reason           text,
    constraint payout_due_missed_never_negative check (missed >= 0),
    constraint payout_due_minimum_possible check (minimum_minor >= 0),
    constraint payout_due_pays_on_weekday check (extract(isodow from pay_on) < 6),
    constraint payout_due_batch_iff_prepared check ((payout_batch_id is not null) = (state = 'prepared')),
    constraint payout_due_closed_iff_ended check (
        (closed_by is null) = (state = 'open') and (closed_at is null) = (state = 'open')
    ),
    constraint payout_due_reason_iff_skipped check ((reason is not null) = (state = 'skipped')),
    constraint payout_due_reason_bounded check (char_length(reason) between 1 and 4000)
);
comment on table payout_due is 'Payouts that fell due.';
create unique index payout_due_one_open_per_source on payout_due (source) where state = 'open';
create index payout_due_by_source on payout_due (source);
create index payout_due_by_batch on payout_due (payout_batch_id);
create index payout_due_by_closer on payout_due (closed_by);

-- Pay that is taken back: what of which earnings, by a decision. What the worker owes of it is a claim of the platform,
-- recovered from later payouts by parts.
create table clawback (
    clawback_id    uuid            primary key,
    worker_id      uuid            not null references worker,
    currency       text            not null,
    rule           clawback_rule   not null,
    -- In all, as its items.
    amount_minor   bigint          not null,
    -- Of which as much is recovered as can be: all; once it was overturned, what the platform had given back by then, of
    -- which a recovery may turn out to be none, as its payment came back.
    claim_minor    bigint          not null,
    -- For the worker to read.
    reasons        text            not null,
    state          clawback_state  not null,
    proposed_by    uuid            not null references principal,
    proposed_at    timestamptz     not null,
    decided_by     uuid            references principal,
    decided_at     timestamptz,
    decision_id    uuid            references decision,
    -- From when on it is recovered.
    effect_at      timestamptz,
    -- When the worker agreed to more than a part of each payout.
    agreed_at      timestamptz,
    -- The earning by which was given back what had been recovered when it was overturned.
    given_back_id  uuid            references transfer,
    constraint clawback_amount_positive check (amount_minor > 0),
    constraint clawback_claim_within_amount check (claim_minor between 0 and amount_minor),
    constraint clawback_reasons_bounded check (char_length(reasons) between 1 and 4000),
    constraint clawback_decided_by_another check (decided_by <> proposed_by),
    constraint clawback_decider_iff_ended check (
        (decided_by is null) = (state = 'proposed') and (decided_at is null) = (state = 'proposed')
    ),
    constraint clawback_decision_iff_decided check (
        (decision_id is not null) = (state in ('decided', 'overturned')) and (effect_at is null) = (decision_id is null)
    ),
    constraint clawback_effect_after_decision check (effect_at > decided_at),
    constraint clawback_agreed_to_decided check (agreed_at is null or decision_id is not null),
    constraint clawback_given_back_if_overturned check (given_back_id is null or state = 'overturned')
);
comment on table clawback is 'Pay that is taken back.';
-- Serves NettingQueries.
create index clawback_by_worker on clawback (worker_id);
create index clawback_by_proposer on clawback (proposed_by);
create index clawback_by_decider on clawback (decided_by);
create index clawback_by_decision on clawback (decision_id);
create index clawback_by_gift on clawback (given_back_id);

-- What of an earning is taken back.
create table clawback_item (
    clawback_item_id  uuid     primary key,
    clawback_id       uuid     not null references clawback,
    requester_id      uuid     not null,
    transfer_id       uuid     not null,
    amount_minor      bigint   not null,
    -- False once it was refused or overturned.
    is_live           boolean  not null,
    constraint clawback_item_earning_fkey
        foreign key (requester_id, transfer_id) references earning (requester_id, transfer_id),
    constraint clawback_item_amount_positive check (amount_minor > 0)
);
comment on table clawback_item is 'What of earnings is taken back.';
create index clawback_item_by_clawback on clawback_item (clawback_id);
create index clawback_item_by_earning on clawback_item (requester_id, transfer_id);
-- An earning is taken back once.
create unique index clawback_item_one_live_per_earning on clawback_item (requester_id, transfer_id) where is_live;

-- What of a share of a payout is kept for a clawback, after taxes.
create table clawback_recovery (
    clawback_recovery_id  uuid     primary key,
    clawback_id           uuid     not null references clawback,
    payout_batch_id       uuid     not null references payout_batch,
    payout_share_id       uuid     not null references payout_share,
    amount_minor          bigint   not null,
    -- False once its batch was cancelled, or its payment came back.
    is_live               boolean  not null,
    constraint clawback_recovery_one_per_share unique (payout_share_id, clawback_id),
    constraint clawback_recovery_amount_positive check (amount_minor > 0)
);
comment on table clawback_recovery is 'What of payouts is kept for clawbacks.';
create index clawback_recovery_by_batch on clawback_recovery (payout_batch_id, clawback_recovery_id);
create index clawback_recovery_by_clawback on clawback_recovery (clawback_id);

alter table notice
    add column address text,
    add constraint notice_address_bounded check (char_length(address) between 3 and 320);

-- Addresses that a person had before, to be told there of what a thief of their login would change after the address.
create table former_contact (
    worker_id    uuid         not null references worker,
    email        text         not null,
    replaced_at  timestamptz  not null,
    constraint former_contact_pkey primary key (worker_id, email),
    constraint former_contact_email_bounded check (char_length(email) between 3 and 320)
);
comment on table former_contact is 'Former addresses of workers.';

-- The same of agencies, which are paid in their people's place.
create table team_key (
    team_id       uuid   primary key references team,
    wrapping_key  text   not null references wrapping_key,
    wrapped       bytea  not null,
    constraint team_key_is_wrapped check (octet_length(wrapped) = 60)
);
comment on table team_key is 'Wrapped data keys of agencies.';
-- Serves VaultQueries.lockTeamKeysToRewrap.
create index team_key_by_wrapping_key on team_key (wrapping_key, team_id);

-- Where an agency is paid, sealed under its data key.
create table team_payout_method (
    team_id     uuid         primary key references team_key,
    sealed      bytea        not null,
    changed_at  timestamptz  not null,
    version     integer      not null default 1,
    constraint team_payout_method_is_sealed check (octet_length(sealed) between 29 and 8192),
    constraint team_payout_method_version_positive check (version > 0)
);
comment on table team_payout_method is 'Accounts that agencies are paid to, encrypted.';

-- By which rules those are taxed who have chosen none, by country.
create table tax_default (
    tax_default_id  uuid       primary key,
    -- ISO 3166-1 alpha-2, of the worker, or of the agency that is paid in their place.
    country         text       not null,
    rule_set        text       not null,
    -- The law, or whose advice it is.
    source          text       not null,
    set_by          uuid       not null references principal,
    in_force        tstzrange  not null,
    constraint tax_default_country_is_code check (country ~ '^[A-Z]{2}$'),
    constraint tax_default_rule_set_named check (rule_set ~ '^[a-z][a-z0-9-]{0,39}$'),
    constraint tax_default_source_bounded check (char_length(source) between 1 and 200),
    constraint tax_default_in_force_bounded_below check (not lower_inf(in_force) and not isempty(in_force)),
    constraint tax_default_no_overlap exclude using gist (country with =, in_force with &&)
);
comment on table tax_default is 'Effective-dated tax rules of countries.';
create index tax_default_by_setter on tax_default (set_by);

-- What a worker may take off a month's income or tax, by evidence. It counts once a second person has seen that.
create table tax_claim (
    tax_claim_id  uuid            primary key,
    worker_id     uuid            not null references worker,
    kind          tax_claim_kind  not null,
    -- The first day of the month that it is for.
    month_on      date            not null,
    amount_minor  bigint          not null,
    currency      text            not null,
    -- Which paper, and where it is.
    evidence      text            not null,
    entered_by    uuid            not null references principal,
    entered_at    timestamptz     not null,
    verified_by   uuid            references principal,
    verified_at   timestamptz,
    withdrawn_by  uuid            references principal,
    withdrawn_at  timestamptz,
    constraint tax_claim_amount_positive check (amount_minor between 1 and 1000000000000000),
    constraint tax_claim_month_is_first_day check (extract(day from month_on) = 1),
    constraint tax_claim_evidence_bounded check (char_length(evidence) between 1 and 200),
    constraint tax_claim_verified_by_another check (verified_by <> entered_by and verified_by <> worker_id),
    constraint tax_claim_verification_whole check ((verified_by is null) = (verified_at is null)),
    constraint tax_claim_withdrawal_whole check ((withdrawn_by is null) = (withdrawn_at is null))
);
comment on table tax_claim is 'What workers claim against cumulative taxes.';
-- Serves TaxClaimQueries.taxClaimSums.
create index tax_claim_by_worker on tax_claim (worker_id, month_on);
create index tax_claim_by_enterer on tax_claim (entered_by);
create index tax_claim_by_verifier on tax_claim (verified_by);
create index tax_claim_by_withdrawer on tax_claim (withdrawn_by);

alter table tax_sum
    add column exempt_minor bigint not null default 0,
    add column deductions_minor bigint not null default 0,
    add column relief_minor bigint not null default 0,
    add constraint tax_sum_claims_never_negative
        check (exempt_minor >= 0 and deductions_minor >= 0 and relief_minor >= 0);
alter table withholding
    add column exempt_minor bigint not null default 0,
    add column deductions_minor bigint not null default 0,
    add column relief_minor bigint not null default 0,
    add constraint withholding_claims_possible check (
        exempt_minor between 0 and gross_minor and deductions_minor >= 0 and relief_minor >= 0
    );

grant select, insert, update, delete on payout_schedule, payout_due, clawback, clawback_item, clawback_recovery to guildhall_app;
grant select, insert, update, delete on former_contact, team_key, team_payout_method, tax_default, tax_claim to guildhall_app;
-- What is taken back, and what was kept for it, stays on record.
revoke update, delete on clawback_item, clawback_recovery from guildhall_app;
grant update (is_live) on clawback_item, clawback_recovery to guildhall_app;
revoke delete on clawback from guildhall_app;
-- What was claimed stays as it was; only who looked at it, and its end, are entered.
revoke update, delete on tax_claim from guildhall_app;
grant update (verified_by, verified_at, withdrawn_by, withdrawn_at) on tax_claim to guildhall_app;
-- What fell due stays on record.
revoke delete on payout_due, payout_schedule from guildhall_app;
