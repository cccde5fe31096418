-- Where a bank rounds otherwise than the books, the difference has a place of its own.
alter type entry_kind add value 'rounding_charge';
alter type entry_kind add value 'rounding_credit';
alter type transfer_kind add value 'rounding_charge';
alter type transfer_kind add value 'rounding_credit';
alter type voucher_kind add value 'rounding_charge';
alter type voucher_kind add value 'rounding_credit';

-- By their names, as values that were just added cannot be used yet.
alter table voucher
    add constraint voucher_rounding_bounded check (
        kind::text not in ('rounding_charge', 'rounding_credit') or amount_minor <= 10
    );
