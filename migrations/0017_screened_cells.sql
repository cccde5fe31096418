-- A finding of a screen is of one currency, as the auctions that it compares; which cells were screened when is on
-- record, so that several schedulers share the work; an erasure takes what a worker asked for, and what they wrote.

alter table screen_finding add column currency text;
update screen_finding
   set currency = coalesce(evidence ->> 'currency',
                           (select currency from auction where auction_id = any(screen_finding.auctions) limit 1));
-- Of the canonical JSON of what makes a finding the same, the currency with it.
update screen_finding
   set fingerprint = sha256(convert_to(
           '{"currency":"' || currency || '","kind":"' || kind || '","profession":"' || profession
               || '","requirement":"' || requirement_id || '","tier":"' || tier || '","workers":["'
               || array_to_string(workers, '","') || '"]}', 'UTF8'));
alter table screen_finding alter column currency set not null;
alter table screen_finding add constraint screen_finding_currency_is_iso4217 check (currency ~ '^[A-Z]{3}$');

-- When the auctions of a cell that are in one currency were last screened, by whichever scheduler.
create table screened_cell (
    requirement_id  uuid         not null references requirement,
    profession      text         not null references profession,
    tier            tier         not null,
    currency        text         not null,
    screened_at     timestamptz  not null,
    constraint screened_cell_pkey primary key (requirement_id, profession, tier, currency),
    constraint screened_cell_currency_is_iso4217 check (currency ~ '^[A-Z]{3}$')
);
comment on table screened_cell is 'When cells of auctions were last screened.';
create index screened_cell_by_profession on screened_cell (profession);

-- Rights ----------------------------------------------------------------------

grant select, insert, update, delete on screened_cell to guildhall_app;
-- An erasure takes what a worker asked for, and what they wrote; nothing else does.
grant delete on standing_ask to guildhall_app;
grant update (conditions) on direct_offer_turn to guildhall_app;
