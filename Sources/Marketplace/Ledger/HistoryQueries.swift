package import Foundation
package import Store

extension Transaction {
    /// What an account held after a transfer and all before it: its last fold and what came after.
    ///
    /// - Parameter through: an id of a transfer, or one that could be; `nil` for all transfers.
    package func historicalBalance(of id: Account.ID, in currency: Currency, through: UUID?) async throws -> Money {
        let last = through ?? UUID.greatest
        let row = try await oneRow(
            """
            with fold as materialized (
                select through_id, balance_minor from account_fold
                 where account_id = \(id) and through_id <= \(last)
                 order by through_id desc
                 limit 1
            )
            select (coalesce((select balance_minor from fold), 0)
                 + (select coalesce(sum(amount_minor), 0) from transfer
                     where credit_account_id = \(id) and currency = \(currency)
                       and transfer_id > coalesce((select through_id from fold), \(UUID.least))
                       and transfer_id <= \(last))
                 - (select coalesce(sum(amount_minor), 0) from transfer
                     where debit_account_id = \(id) and currency = \(currency)
                       and transfer_id > coalesce((select through_id from fold), \(UUID.least))
                       and transfer_id <= \(last)))::bigint as balance_minor
            """)
        return try Money(row["balance_minor"], currency)
    }

    /// Before which instant nothing can be posted any more: no transaction of the program that has begun is as old.
    ///
    /// `pg_stat_activity` shows when the transactions of one's own role began, to the microsecond and from their first
    /// statement on; a second is taken off for clocks that were set.
    func settledInstant() async throws -> Date {
        try await oneRow(
            """
            select least(\(instant), (select min(xact_start) from pg_stat_activity
                                       where datname = current_database() and usename = current_user
                                         and pid <> pg_backend_pid()))
                   - interval '1 second' as instant
            """)["instant"]
    }

    /// The accounts whose transfers are too many to be summed each time: the platform's own, and those in slices.
    func foldedAccounts() async throws -> [(id: Account.ID, currency: Currency)] {
        try await rows(
            """
            select account_id, currency from account where owner_id is null
             union all
            select account_id, currency from account
             where account_id in (select account_id from account_slice where slice_no > 0)
             order by account_id
            """
        ).map { (try $0["account_id"], try $0["currency"]) }
    }

    /// Notes what the account held after the next transfers, once there are as many.
    ///
    /// - Parameters:
    ///   - count: how many transfers a fold is over.
    ///   - through: an id that every transfer counted is at most.
    /// - Returns: false when there are fewer.
    func fold(_ id: Account.ID, in currency: Currency, every count: Int, through: UUID) async throws -> Bool {
        try await execute(
            """
            with last as materialized (
                select coalesce((select through_id from account_fold where account_id = \(id)
                                  order by through_id desc limit 1), \(UUID.least)) as through_id
            ),
            next as materialized (
                select transfer_id
                  from ((select transfer_id from transfer
                          where credit_account_id = \(id) and currency = \(currency)
                            and transfer_id > (select through_id from last) and transfer_id <= \(through)
                          order by transfer_id limit \(count))
                         union all
                        (select transfer_id from transfer
                          where debit_account_id = \(id) and currency = \(currency)
                            and transfer_id > (select through_id from last) and transfer_id <= \(through)
                          order by transfer_id limit \(count))) as side
                 order by transfer_id
                offset \(count - 1)
                 limit 1
            )
            insert into account_fold (account_id, through_id, balance_minor)
            select \(id), next.transfer_id,
                   coalesce((select balance_minor from account_fold
                              where account_id = \(id) and account_fold.through_id = (select through_id from last)), 0)
                 + (select coalesce(sum(amount_minor), 0) from transfer
                     where credit_account_id = \(id) and currency = \(currency)
                       and transfer_id > (select through_id from last) and transfer_id <= next.transfer_id)
                 - (select coalesce(sum(amount_minor), 0) from transfer
                     where debit_account_id = \(id) and currency = \(currency)
                       and transfer_id > (select through_id from last) and transfer_id <= next.transfer_id)
              from next
            on conflict on constraint account_fold_pkey do nothing
            """) == 1
    }

    /// The entry with its transfers, in the order of their ids.
    func journalEntry(_ id: JournalEntry.ID) async throws -> JournalEntry? {
        guard
            let row = try await firstRow(
                """
                select kind, source_id, reverses_id, reason from journal_entry where entry_id = \(id)
                """)
        else { return nil }
        let transfers = try await rows(
            "\(fragment: Transfer.columns) where entry_id = \(id) order by transfer_id"
        ).map(Transfer.init)
        return JournalEntry(
            id: id, kind: try row["kind"], source: try row["source_id"], reverses: try row["reverses_id"],
            reason: try row["reason"], transfers
        )
    }

    /// The kind of the entry that a chain of reversals goes back to, and whether a voucher became it; an entry that
    /// reverses none is its own.
    func kindReversed(by id: JournalEntry.ID) async throws -> (kind: EntryKind, isByHand: Bool)? {
        try await firstRow(
            """
            with recursive chain as (
                select kind, source_id, reverses_id from journal_entry where entry_id = \(id)
                 union all
                select earlier.kind, earlier.source_id, earlier.reverses_id
                  from chain join journal_entry as earlier on earlier.entry_id = chain.reverses_id
            )
            select kind, exists (select from voucher where voucher_id = source_id) as is_by_hand
              from chain where reverses_id is null
            """
        ).map { (kind: try $0["kind"], isByHand: try $0["is_by_hand"]) }
    }

    /// What all accounts of each kind hold, by currency: the trial balance. Goes over all transfers.
    func trialBalance() async throws -> [TrialBalanceLine] {
        try await rows(
            """
            select account.kind, account.currency, count(*) as accounts,
                   sum(coalesce(debited.total, 0))::bigint as debits,
                   sum(coalesce(credited.total, 0))::bigint as credits
              from account
              left join (select debit_account_id as account_id, sum(amount_minor) as total from transfer group by 1)
                as debited using (account_id)
              left join (select credit_account_id as account_id, sum(amount_minor) as total from transfer group by 1)
                as credited using (account_id)
             group by account.kind, account.currency
             order by account.currency, account.kind
            """
        ).map { row in
            TrialBalanceLine(
                kind: try row["kind"], currency: try row["currency"], accounts: try row["accounts"],
                debits: try row["debits"], credits: try row["credits"]
            )
        }
    }
}
