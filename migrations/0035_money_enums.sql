-- Words for money.

alter type transfer_kind add value 'fee_return';
