-- Payout runs with bank files: from which account, in which form, to which accounts, and what the bank says of them.

alter table payout_method
    add column version integer not null default 1,
    add constraint payout_method_version_positive check (version > 0);

create type payout_format as enum (
    'pain.001.001.03', 'pain.001.001.09', 'nacha-ppd', 'nacha-ccd', 'cn-csv', 'csv'
);
comment on type payout_format is 'Forms of payment files.';

-- From which account is paid, and in which form: what a bank agreed with the platform.
create table payout_source (
    name        text           primary key,
    format      payout_format  not null,
    currency    text           not null,
    -- The payer's name, address and account, and what a NACHA file needs beside.
    settings    jsonb          not null,
    changed_by  uuid           not null references principal,
    changed_at  timestamptz    not null,
    constraint payout_source_name_plain check (name ~ '^[a-z0-9][a-z0-9-]{0,49}$'),
    constraint payout_source_settings_bounded check (octet_length(settings::text) <= 8192)
);
comment on table payout_source is 'Accounts that payouts are made from.';
create index payout_source_by_changer on payout_source (changed_by);

create type payout_line_state as enum (
    'open',     -- not paid yet, as far as is known
    'settled',  -- terminal, unless it comes back: it has left the payer's account
    'failed'    -- terminal: refused by the bank, or come back; its earnings are due again
);
comment on type payout_line_state is 'What became of a payment.';

alter table payout_batch
    add column format payout_format,
    add column payer jsonb,
    add column file_hash bytea,
    add column file_bytes bigint,
    add constraint payout_batch_payer_iff_format check ((payer is null) = (format is null)),
    add constraint payout_batch_file_iff_issued check (
        (file_hash is not null) = (state = 'issued' and format is not null)
        and (file_hash is null) = (file_bytes is null)
    ),
    add constraint payout_batch_file_hash_is_sha256 check (octet_length(file_hash) = 32);

alter table payout_line
    add column sealed_account bytea,
    add column method_version integer,
    add column short_id text,
    add column state payout_line_state not null default 'open',
    add column reason text,
    add column accepted_at timestamptz,
    add column settled_at timestamptz,
    add column failed_at timestamptz,
    add column debit_entry_id uuid,
    add column credit_entry_id uuid;
-- Until now a payment left with its file.
update payout_line set state = 'settled', settled_at = payout_batch.issued_at
  from payout_batch where payout_batch.payout_batch_id = payout_line.payout_batch_id and payout_batch.state = 'issued';
alter table payout_line
    add constraint payout_line_short_id_unique unique (short_id),
    add constraint payout_line_short_id_bounded check (short_id ~ '^[0-9A-Z]{1,15}$'),
    add constraint payout_line_account_is_sealed check (octet_length(sealed_account) between 29 and 8192),
    add constraint payout_line_account_versioned check (sealed_account is null or method_version is not null),
    add constraint payout_line_settled_has_time check (state <> 'settled' or settled_at is not null),
    add constraint payout_line_failed_iff_state check ((failed_at is not null) = (state = 'failed')),
    add constraint payout_line_reason_iff_failed check ((reason is not null) = (state = 'failed')),
    add constraint payout_line_reason_bounded check (char_length(reason) between 1 and 35);
create index payout_line_open on payout_line (payout_batch_id) where state = 'open';
create index payout_line_by_debit_entry on payout_line (debit_entry_id);
create index payout_line_by_credit_entry on payout_line (credit_entry_id);

create type bank_file_kind as enum ('pain.002', 'camt.053', 'camt.054', 'nacha', 'returns_csv');
comment on type bank_file_kind is 'Files that a bank sends.';

-- A file of the bank that was taken in, once.
create table bank_import (
    bank_import_id  uuid            primary key,
    kind            bank_file_kind  not null,
    file_hash       bytea           not null,
    -- As the bank calls it; empty where it does not.
    message_id      text            not null,
    imported_by     uuid            not null references principal,
    imported_at     timestamptz     not null,
    entry_count     integer         not null,
    -- What does not add up in the file, as it was taken in all the same.
    faults          jsonb           not null,
    constraint bank_import_once unique (file_hash),
    constraint bank_import_hash_is_sha256 check (octet_length(file_hash) = 32),
    constraint bank_import_count_possible check (entry_count >= 0)
);
comment on table bank_import is 'Files of banks that were taken in.';
create index bank_import_by_importer on bank_import (imported_by);

create type bank_outcome as enum (
    'accepted',        -- the bank will pay
    'settled',         -- it has paid
    'rejected',        -- it will not pay
    'returned',        -- what was paid came back
    'repeated',        -- known before
    'unmatched',       -- no payment of ours
    'amount_differs',  -- not the amount of the payment
    'contradicts'      -- not what was known of the payment
);
comment on type bank_outcome is 'What a line of a bank file said of a payment; the last three are for a person to look at.';

-- What a bank file says, line by line.
create table bank_entry (
    bank_entry_id    uuid          primary key,
    bank_import_id   uuid          not null references bank_import,
    -- From 1, as the file has them.
    position         integer       not null,
    outcome          bank_outcome  not null,
    payout_line_id   uuid          references payout_line,
    -- All open payments of it at once.
    payout_batch_id  uuid          references payout_batch,
    end_to_end_id    text,
    account          text          not null,
    -- The bank's, by which the same booking in two files is known.
    reference        text          not null,
    amount_minor     bigint,
    currency         text,
    is_credit        boolean       not null,
    booked_on        text,
    reason           text,
    information      text          not null,
    -- What a person found out about one that did not fit.
    resolution       text,
    resolved_by      uuid          references principal,
    resolved_at      timestamptz,
    constraint bank_entry_one_per_position unique (bank_import_id, position),
    constraint bank_entry_position_positive check (position > 0),
    constraint bank_entry_amount_whole check ((amount_minor is null) = (currency is null)),
    constraint bank_entry_matched_iff_outcome check (
        outcome = 'unmatched' or num_nonnulls(payout_line_id, payout_batch_id) = 1
    ),
    constraint bank_entry_resolution_whole check (
        (resolution is null) = (resolved_by is null) and (resolution is null) = (resolved_at is null)
    ),
    constraint bank_entry_texts_bounded check (
        char_length(end_to_end_id) <= 100 and char_length(account) <= 100 and char_length(reference) <= 100
        and char_length(booked_on) <= 40 and char_length(reason) <= 35 and char_length(information) <= 1000
        and char_length(resolution) between 1 and 4000
    )
);
comment on table bank_entry is 'Lines of bank files.';
create index bank_entry_by_line on bank_entry (payout_line_id);
create index bank_entry_by_batch on bank_entry (payout_batch_id);
create index bank_entry_by_resolver on bank_entry (resolved_by);
-- Serves ReconcileQueries.openEntries.
create index bank_entry_open on bank_entry (bank_entry_id)
 where outcome in ('unmatched', 'amount_differs', 'contradicts') and resolved_at is null;

alter table payout_line
    add constraint payout_line_debit_entry_fkey foreign key (debit_entry_id) references bank_entry,
    add constraint payout_line_credit_entry_fkey foreign key (credit_entry_id) references bank_entry;

-- What statements say of the account's balance, so that one that is missing shows.
create table bank_statement (
    bank_statement_id  uuid     primary key,
    bank_import_id     uuid     not null references bank_import,
    account            text     not null,
    statement_id       text     not null,
    currency           text     not null,
    opening_minor      bigint   not null,
    closing_minor      bigint   not null,
    -- The sum of the booked entries: closing less opening, unless an entry is missing.
    booked_minor       bigint   not null,
    constraint bank_statement_texts_bounded check (char_length(account) <= 100 and char_length(statement_id) <= 100)
);
comment on table bank_statement is 'Balances that banks have stated.';
create index bank_statement_by_import on bank_statement (bank_import_id);
create index bank_statement_by_account on bank_statement (account, currency, bank_statement_id);

grant select, insert, update, delete on payout_source, bank_import, bank_entry, bank_statement to guildhall_app;
revoke update, delete on bank_import, bank_statement, bank_entry from guildhall_app;
grant update (resolution, resolved_by, resolved_at) on bank_entry to guildhall_app;
