import Marketplace
import Store

/// A voucher of 5 minor units by two people, and the entry that was made of it.
private func entered(_ kind: SQL, _ minor: SQL, from debit: SQL, to credit: SQL) -> [SQL] {
    [
        """
        insert into account (account_id, kind, currency)
        values (gen_random_uuid(), \(fragment: debit), 'USD'), (gen_random_uuid(), \(fragment: credit), 'USD')
        on conflict do nothing
        """,
        """
        with made as (
            insert into voucher (voucher_id, kind, state, amount_minor, currency, reason, prepared_by, prepared_at,
                                 decided_by, decided_at)
            select gen_random_uuid(), \(fragment: kind), 'posted', 5, 'USD', 'x', one.principal_id, '2026-03-02',
                   other.principal_id, '2026-03-02'
              from principal as one join principal as other on one.principal_id < other.principal_id
             limit 1
            returning voucher_id
        ),
        entry as (
            insert into journal_entry (entry_id, kind, source_id, posted_at)
            select gen_random_uuid(), \(fragment: kind), voucher_id, '2026-03-02' from made
            returning entry_id, source_id, posted_at
        )
        insert into transfer (transfer_id, kind, debit_account_id, credit_account_id, amount_minor, currency,
                              source_id, posted_at, entry_id)
        select gen_random_uuid(), \(fragment: kind), debited.account_id, credited.account_id, \(fragment: minor), 'USD',
               source_id, posted_at, entry_id
          from entry
          join account as debited on debited.kind = \(fragment: debit) and debited.currency = 'USD'
          join account as credited on credited.kind = \(fragment: credit) and credited.currency = 'USD'
        """,
    ]
}

/// How the checks about the books are made to fail; see `doctorBreaks`.
let doctorLedgerBreaks: [(check: DoctorCheck, statements: [SQL])] = [
    (.balances, ["update account_slice set balance_minor = balance_minor + 1 where balance_minor > 0"]),
    (
        .balances,
        ["insert into account_slice select account_id, 0, 0 from account where kind = 'bank' limit 1"]
    ),
    (
        .balances,
        ["insert into account_slice select account_id, 0, 0 from account where kind = 'worker_payable' limit 1"]
    ),
    (
        .balances,
        [
            """
            with entry as (
                insert into journal_entry (entry_id, kind, source_id, posted_at)
                values (gen_random_uuid(), 'release', gen_random_uuid(), '2026-03-02')
                returning entry_id, source_id, posted_at
            )
            insert into transfer (transfer_id, kind, debit_account_id, credit_account_id, amount_minor, currency,
                                  source_id, posted_at, entry_id)
            select gen_random_uuid(), 'release', payable.account_id, fees.account_id, 1000000000, payable.currency,
                   source_id, posted_at, entry_id
              from entry, account as payable
              join account as fees on fees.kind = 'platform_fees' and fees.currency = payable.currency
             where payable.kind = 'worker_payable'
             limit 1
            """
        ]
    ),
    (
        .folds,
        [
            """
            insert into account_fold (account_id, through_id, balance_minor)
            select debit_account_id, transfer_id, -amount_minor - 1 from transfer where kind = 'funding'
             order by transfer_id limit 1
            """
        ]
    ),
    (.journal, ["update journal_entry set posted_at = posted_at + interval '1 second' where kind = 'funding'"]),
    (.journal, ["update transfer set kind = 'withdrawal' where kind = 'funding'"]),
    (
        .journal,
        [
            """
            insert into journal_entry (entry_id, kind, source_id, posted_at)
            values (gen_random_uuid(), 'hold', gen_random_uuid(), '2026-03-02')
            """
        ]
    ),
    (
        .vouchers,
        [
            """
            insert into voucher (voucher_id, kind, state, amount_minor, currency, reason, prepared_by, prepared_at,
                                 decided_by, decided_at)
            select gen_random_uuid(), 'remittance', 'posted', 5, 'USD', 'x', one.principal_id, '2026-03-02',
                   other.principal_id, '2026-03-02'
              from principal as one join principal as other on one.principal_id < other.principal_id
             limit 1
            """
        ]
    ),
    (.vouchers, entered("'bank_charge'", "6", from: "'write_off'", to: "'bank'")),
    (.rounding, entered("'rounding_charge'", "5", from: "'rounding'", to: "'platform_fees'")),
    (.rounding, entered("'rounding_charge'", "5", from: "'bank'", to: "'rounding'")),
]
