-- What lies between the books and the bank.

-- Statements are held against each other by their own days; what a person found out about one that does not fit is kept.
alter table bank_statement
    add column stated_on   date,
    add column resolution  text,
    add column resolved_by uuid references principal,
    add column resolved_at timestamptz,
    add constraint bank_statement_resolution_bounded check (char_length(resolution) between 1 and 4000),
    add constraint bank_statement_resolution_whole check (
        (resolution is null) = (resolved_by is null) and (resolution is null) = (resolved_at is null)
    );
create index bank_statement_by_resolver on bank_statement (resolved_by);
grant update (resolution, resolved_by, resolved_at) on bank_statement to guildhall_app;

-- What the bank keeps of a payment that comes back, or takes or gives otherwise, has a place in the books.
alter type entry_kind add value 'bank_charge';
alter type entry_kind add value 'bank_credit';
alter type transfer_kind add value 'bank_charge';
alter type transfer_kind add value 'bank_credit';
alter type voucher_kind add value 'bank_charge';
alter type voucher_kind add value 'bank_credit';
