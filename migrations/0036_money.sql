-- Money.

-- Only wallets and holds keep a balance; what workers are owed is the sum of its transfers.
delete from account_slice using account
 where account.account_id = account_slice.account_id and account.kind = 'worker_payable';

-- What is kept of a payout because it was taken back before it was paid is not taxed. All before was kept after taxes.
alter table clawback_recovery add column untaxed_minor bigint not null default 0;
alter table clawback_recovery alter column untaxed_minor drop default;
alter table clawback_recovery
    add constraint clawback_recovery_untaxed_within_amount check (untaxed_minor between 0 and amount_minor);
