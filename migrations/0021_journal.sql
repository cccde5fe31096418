-- The journal: entries that say why, balances in slices, folds, vouchers.

-- The balance of an account that has an owner and must not go below zero, kept by every transfer: in one slice, or in
-- several where many post to it at once. The platform's own accounts have none, since their slices would be hot rows:
-- they are summed from their last fold.
create table account_slice (
    account_id     uuid      not null references account,
    slice_no       smallint  not null,
    balance_minor  bigint    not null,
    constraint account_slice_pkey primary key (account_id, slice_no),
    constraint account_slice_no_bounded check (slice_no between 0 and 63),
    constraint account_slice_never_negative check (balance_minor >= 0),
    constraint account_slice_balance_bounded check (balance_minor <= 1000000000000000)
) with (fillfactor = 50);
comment on table account_slice is 'Balances of accounts, in slices.';
create index account_slice_beyond_first on account_slice (account_id) where slice_no > 0;

insert into account_slice (account_id, slice_no, balance_minor)
select account_id, 0, balance_minor from account where balance_minor is not null;
alter table account drop column balance_minor;
create index account_without_owner on account (account_id) where owner_id is null;

create type entry_kind as enum (
    'funding',        -- a requester has paid in
    'hold',           -- money is set aside for a batch
    'release',        -- and given back
    'acceptance',     -- work was accepted: the worker's pay and the platform's fee
    'top_up',         -- pay was raised to the floor
    'payout',         -- what is owed is on its way
    'settlement',     -- and has left
    'withdrawal',     -- a requester has taken money out
    'bonus',          -- a requester pays more than was agreed
    'conversion',     -- a wallet's money became another currency's
    'write_off',      -- the platform gives up, or makes up for, what cannot be had
    'reversal',       -- another entry is taken back
    'payout_return',  -- a payment came back from the bank
    'withholding',    -- tax was kept back
    'remittance',     -- and was paid to its authority
    'clawback'        -- pay was taken back, by a decision
);
comment on type entry_kind is 'Why something was entered in the journal.';

-- What belongs together: transfers that were posted at once for one reason. Append-only.
create table journal_entry (
    entry_id     uuid         primary key,
    kind         entry_kind   not null,
    -- What caused it: an assignment, a batch, a payout's line or share, a voucher, a funding reference. Once per kind: the
    -- same again is not posted twice.
    source_id    uuid         not null,
    -- The entry that this one takes back, which is taken back once.
    reverses_id  uuid         references journal_entry,
    -- For people; where the source does not say it.
    reason       text,
    posted_at    timestamptz  not null,
    constraint journal_entry_one_per_source unique (kind, source_id),
    constraint journal_entry_reversed_once unique (reverses_id),
    constraint journal_entry_reversal_iff_kind check ((reverses_id is not null) = (kind = 'reversal')),
    constraint journal_entry_reason_bounded check (char_length(reason) between 1 and 4000)
);
comment on table journal_entry is 'Reasons of movements of money; append-only.';

insert into journal_entry (entry_id, kind, source_id, posted_at)
select gen_random_uuid(), kind, source_id, posted_at
  from (select case when kind in ('earning', 'fee') then 'acceptance' else kind::text end::entry_kind as kind,
               source_id, min(posted_at) as posted_at
          from transfer group by 1, 2) as cause;
alter table transfer add column entry_id uuid references journal_entry;
update transfer
   set entry_id = entry.entry_id
  from journal_entry as entry
 where entry.source_id = transfer.source_id
   and entry.kind
       = case when transfer.kind in ('earning', 'fee') then 'acceptance' else transfer.kind::text end::entry_kind;
alter table transfer alter column entry_id set not null;
drop index transfer_by_debit, transfer_by_credit;
create index transfer_by_debit on transfer (debit_account_id, currency, transfer_id) include (amount_minor);
create index transfer_by_credit on transfer (credit_account_id, currency, transfer_id) include (amount_minor);
create index transfer_by_entry on transfer (entry_id);

-- What an account held after a transfer and all before it, so that a balance is a short sum. Append-only.
create table account_fold (
    account_id     uuid    not null references account,
    -- The last transfer that is counted; transfers are ordered by their ids, which begin with their instant.
    through_id     uuid    not null references transfer,
    balance_minor  bigint  not null,
    constraint account_fold_pkey primary key (account_id, through_id)
);
comment on table account_fold is 'Balances at past instants; append-only.';
create index account_fold_by_transfer on account_fold (through_id);

create type voucher_kind as enum ('withdrawal', 'conversion', 'write_off', 'reversal', 'remittance');
comment on type voucher_kind is 'What finance asks to have entered.';

create type voucher_state as enum (
    'prepared',  -- by a maker
    'posted',    -- terminal: entered, by a second person
    'refused'    -- terminal
);
comment on type voucher_state is 'Where a voucher stands.';

-- An entry that a person of finance prepares and another one posts.
create table voucher (
    voucher_id       uuid           primary key,
    kind             voucher_kind   not null,
    state            voucher_state  not null,
    -- Whose wallet it is about; null for a reversal and a remittance.
    requester_id     uuid,
    -- What leaves the wallet, or the tax payable; what is credited to the wallet by a write-off. Null for a reversal.
    amount_minor     bigint,
    currency         text,
    -- What a conversion brings, and the rate that made it: units of the other currency for one of this, in
    -- hundred-millionths, with where it was published.
    to_amount_minor  bigint,
    to_currency      text,
    rate_e8          bigint,
    rate_source      text,
    -- The entry that a reversal takes back.
    reverses_id      uuid           references journal_entry,
    reason           text           not null,
    prepared_by      uuid           not null references principal,
    prepared_at      timestamptz    not null,
    decided_by       uuid           references principal,
    decided_at       timestamptz,
    constraint voucher_by_two_people check (decided_by <> prepared_by),
    constraint voucher_decided_iff_terminal check (
        (state = 'prepared') = (decided_by is null) and (decided_by is null) = (decided_at is null)
    ),
    constraint voucher_amount_iff_kind check (
        (kind = 'reversal') = (amount_minor is null) and (amount_minor is null) = (currency is null)
        and (kind = 'reversal') = (reverses_id is not null)
    ),
    constraint voucher_requester_iff_kind
        check ((requester_id is not null) = (kind in ('withdrawal', 'conversion', 'write_off'))),
    constraint voucher_rate_iff_conversion check (
        (kind = 'conversion') = (to_amount_minor is not null)
        and (kind = 'conversion') = (to_currency is not null)
        and (kind = 'conversion') = (rate_e8 is not null)
        and (kind = 'conversion') = (rate_source is not null)
    ),
    constraint voucher_amounts_positive check (
        amount_minor between 1 and 1000000000000000 and to_amount_minor between 1 and 1000000000000000 and rate_e8 > 0
    ),
    constraint voucher_reason_bounded check (char_length(reason) between 1 and 4000)
);
comment on table voucher is 'Entries that need two people.';
create index voucher_by_preparer on voucher (prepared_by);
create index voucher_by_decider on voucher (decided_by);
create index voucher_by_reversed on voucher (reverses_id);
-- An entry has one voucher at a time that wants it taken back.
create unique index voucher_one_reversal on voucher (reverses_id) where state <> 'refused';
create index voucher_prepared on voucher (voucher_id) where state = 'prepared';

alter table earning
    add column bonus_id uuid,
    drop constraint earning_one_per_flag,
    add constraint earning_one_per_flag unique nulls not distinct (requester_id, assignment_id, flag_id, bonus_id),
    add constraint earning_bonus_is_its_transfer check (bonus_id is null or bonus_id = transfer_id and flag_id is null);
drop index earning_by_batch;
create index earning_by_batch on earning (requester_id, batch_id, earned_at, assignment_id)
 where flag_id is null and bonus_id is null;

grant select, insert, update, delete on account_slice, journal_entry, account_fold, voucher to guildhall_app;
revoke update, delete on journal_entry, account_fold from guildhall_app;
revoke update, delete on voucher from guildhall_app;
grant update (state, decided_by, decided_at) on voucher to guildhall_app;
