package import Store

extension Transaction {
    /// Posts one entry; see ``post(_:)``.
    package func post(_ entry: JournalEntry) async throws { try await post([entry]) }

    /// Posts entries with their transfers, all or none, in one statement.
    ///
    /// What an account holds stands in slices. The statement takes for each account any slice that nobody else has
    /// locked and that holds enough, so that those who post to one account at once do not wait for each other. Only
    /// where there is none does it wait (``makeRoom(for:)``), and try again.
    ///
    /// - Throws: ``LedgerRefusal``; then the transaction can only be rolled back.
    package func post(_ entries: [JournalEntry]) async throws {
        let entries = entries.filter { !$0.transfers.isEmpty }
        guard !entries.isEmpty else { return }
        do {
            for _ in 0..<Posting.triesMax {
                if try await insert(entries) { return }
                try await makeRoom(for: try Posting.changes(by: entries))
            }
            throw LedgerRefusal.insufficientFunds
        } catch let error as StoreError {
            throw LedgerRefusal(violating: error.violatedConstraint) ?? error as any Error
        }
    }

    /// - Returns: false when an account that keeps a balance had no free slice with enough; then nothing was posted, and
    ///   the slices that were found stay locked.
    private func insert(_ entries: [JournalEntry]) async throws -> Bool {
        let lines = entries.flatMap { entry in entry.transfers.map { (entry: entry.id, transfer: $0) } }
        let changes = try Posting.changes(by: entries)
        return try await execute(
            """
            with kept as materialized (
                select change.account_id, change.amount_minor
                  from unnest(\(changes.map(\.account))::uuid[], \(changes.map(\.amount))::bigint[])
                       as change (account_id, amount_minor)
                  join account using (account_id)
                 where owner_id is not null
            ),
            found as materialized (
                select kept.account_id, kept.amount_minor, slice.slice_no
                  from kept
                 cross join lateral (
                       select slice_no from account_slice
                        where account_slice.account_id = kept.account_id
                          and account_slice.balance_minor + kept.amount_minor >= 0
                        limit 1
                          for no key update skip locked) as slice
            ),
            complete as materialized (
                select (select count(*) from found) = (select count(*) from kept) as is_complete
            ),
            moved as (
                update account_slice
                   set balance_minor = account_slice.balance_minor + found.amount_minor
                  from found, complete
                 where complete.is_complete
                   and account_slice.account_id = found.account_id
                   and account_slice.slice_no = found.slice_no
            ),
            entry as (
                insert into journal_entry (entry_id, kind, source_id, reverses_id, reason, posted_at)
                select entry_id, kind::entry_kind, source_id, reverses_id, reason, \(instant)
                  from unnest(\(entries.map(\.id))::uuid[], \(entries.map(\.kind.rawValue))::text[],
                              \(entries.map(\.source))::uuid[], \(entries.map(\.reverses))::uuid[],
                              \(entries.map(\.reason))::text[])
                       as entry (entry_id, kind, source_id, reverses_id, reason),
                       complete
                 where complete.is_complete
            )
            insert into transfer (transfer_id, kind, debit_account_id, credit_account_id, amount_minor, currency,
                                  source_id, posted_at, entry_id)
            select transfer_id, kind::transfer_kind, debit_id, credit_id, amount_minor, currency, source_id, \(instant),
                   entry_id
              from unnest(\(lines.map(\.transfer.id))::uuid[], \(lines.map(\.transfer.kind.rawValue))::text[],
                          \(lines.map(\.transfer.debit))::uuid[], \(lines.map(\.transfer.credit))::uuid[],
                          \(lines.map(\.transfer.amount.minorUnits))::bigint[],
                          \(lines.map(\.transfer.amount.currency.code))::text[],
                          \(lines.map(\.transfer.source))::uuid[], \(lines.map(\.entry))::uuid[])
                   as line (transfer_id, kind, debit_id, credit_id, amount_minor, currency, source_id, entry_id),
                   complete
             where complete.is_complete
            """) > 0
    }

    /// Waits, account by account in one order, for a slice that holds enough, and splits it in two where others want
    /// one too; where no slice holds enough, all are locked and put together.
    ///
    /// - Throws: ``LedgerRefusal/insufficientFunds`` when an account does not hold that much.
    private func makeRoom(for changes: [Posting.Change]) async throws {
        for change in changes {
            if try await hasRoom(for: change) { continue }
            if try await waitAndSplit(for: change) { continue }
            guard try await gather(for: change) else { throw LedgerRefusal.insufficientFunds }
        }
    }

    /// Whether the account keeps no balance, or a slice that is free, or this transaction's, holds enough.
    private func hasRoom(for change: Posting.Change) async throws -> Bool {
        let isKept =
            try await firstRow(
                "select from account where account_id = \(change.account) and owner_id is not null") != nil
        if !isKept { return true }
        return try await firstRow(
            """
            select from account_slice
             where account_id = \(change.account) and balance_minor + \(change.amount) >= 0
             limit 1
               for no key update skip locked
            """) != nil
    }

    /// - Returns: false when no slice holds enough.
    private func waitAndSplit(for change: Posting.Change) async throws -> Bool {
        guard
            let row = try await firstRow(
                """
                select slice_no, balance_minor from account_slice
                 where account_id = \(change.account) and balance_minor + \(change.amount) >= 0
                 order by random()
                 limit 1
                   for no key update
                """)
        else { return false }
        let (slice, balance): (Int, Int64) = (try row["slice_no"], try row["balance_minor"])
        // Half of what is not needed now, so that the next one finds a slice too.
        let half = (balance + min(change.amount, 0)) / 2
        try await execute(
            """
            with free as materialized (
                select number as slice_no
                  from generate_series(1, 63) as number
                 where not exists (select from account_slice
                                    where account_id = \(change.account) and slice_no = number)
                 order by random()
                 limit 1
            ),
            split as (
                insert into account_slice (account_id, slice_no, balance_minor)
                select \(change.account), slice_no, \(half) from free
                on conflict on constraint account_slice_pkey do nothing
                returning balance_minor
            )
            update account_slice
               set balance_minor = account_slice.balance_minor - split.balance_minor
              from split
             where account_id = \(change.account) and slice_no = \(slice)
            """)
        return true
    }

    /// Locks all slices of the account and puts what they hold into one.
    ///
    /// - Returns: whether that is enough.
    private func gather(for change: Posting.Change) async throws -> Bool {
        let slices = try await lockSlices(of: change.account)
        let held = slices.values.reduce(0, +)
        guard let first = slices.keys.min(), held + change.amount >= 0 else { return false }
        try await execute(
            """
            update account_slice
               set balance_minor = case when slice_no = \(first) then \(held) else 0 end
             where account_id = \(change.account) and slice_no = any(\(Array(slices.keys)))
            """)
        return true
    }
}

/// What entries come to for each account.
private enum Posting {
    /// How often a set is tried. Each time but the last has room made for it, which others can take only in accounts
    /// that had it already.
    static let triesMax = 8

    struct Change: Sendable {
        let account: Account.ID
        let amount: Int64
    }

    /// In the order of the accounts, in which everybody waits for them.
    ///
    /// - Throws: ``LedgerRefusal/balanceTooLarge`` when the sum of an account is beyond what an amount can be.
    static func changes(by entries: [JournalEntry]) throws(LedgerRefusal) -> [Change] {
        var sums: [Account.ID: Int64] = [:]
        for transfer in entries.lazy.flatMap(\.transfers) {
            for (account, amount) in [
                (transfer.debit, -transfer.amount.minorUnits), (transfer.credit, transfer.amount.minorUnits),
            ] {
                let (sum, overflow) = sums[account, default: 0].addingReportingOverflow(amount)
                guard !overflow else { throw .balanceTooLarge }
                sums[account] = sum
            }
        }
        return sums.map(Change.init).sorted { $0.account < $1.account }
    }
}
