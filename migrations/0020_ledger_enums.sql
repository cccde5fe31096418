-- Kinds of accounts and transfers that the next step uses: a value cannot be used in the step that adds it.

alter type account_kind add value 'tax_payable';
alter type account_kind add value 'conversion';
alter type account_kind add value 'rounding';
alter type account_kind add value 'write_off';
alter type transfer_kind add value 'withdrawal';
alter type transfer_kind add value 'bonus';
alter type transfer_kind add value 'conversion';
alter type transfer_kind add value 'write_off';
alter type transfer_kind add value 'reversal';
alter type transfer_kind add value 'payout_return';
alter type transfer_kind add value 'withholding';
alter type transfer_kind add value 'remittance';
alter type transfer_kind add value 'clawback';
