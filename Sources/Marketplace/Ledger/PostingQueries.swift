package import Foundation
package import Store

extension Transaction {
    /// Posts one entry; see ``post(_:)``.
    package func post(_ entry: JournalEntry) async throws { try await post([entry]) }

    /// Posts entries with their transfers, all or none, in one statement.
    ///
    /// What a wallet or a hold has stands in slices. The statement takes for each of them any slice that nobody else
    /// has locked and that holds enough, in the order of the accounts, so that those who post to one account at once do
    /// not wait for each other. Where there is none the whole transaction is run again (``StoreError/contended``), as
    /// it may hold slices that turned out to hold too little; then it waits for a slice of each account, one after the
    /// other, before the statement (``makeRoom(for:)``). So nobody waits who holds anything that comes later, or of no
    /// use. No other account has a row that a posting changes; who takes of what workers are owed waits for others who
    /// do, and counts (``lockOwed(_:)``).
    ///
    /// - Throws: ``LedgerRefusal``; then the transaction can only be rolled back.
    package func post(_ entries: [JournalEntry]) async throws {
        let entries = entries.filter { !$0.transfers.isEmpty }
        guard !entries.isEmpty else { return }
        let changes = try Posting.changes(by: entries)
        let kept = changes.filter(\.account.kind.keepsBalance)
        do {
            try await lockOwed(changes)
            if isRepeated { for change in kept { try await makeRoom(for: change) } }
            guard let short = try await insert(entries, kept) else { return }
            guard try await holdsEnough(for: short) else { throw LedgerRefusal.insufficientFunds }
            throw StoreError.contended
        } catch let error as StoreError {
            throw LedgerRefusal(violating: error.violatedConstraint) ?? error as any Error
        }
    }

    /// Keeps others from taking of the same payables until this transaction ends, and looks whether they hold what is
    /// taken. What is owed to a worker comes from many, who append, and is taken by few.
    ///
    /// - Throws: ``LedgerRefusal/insufficientFunds``.
    private func lockOwed(_ changes: [Posting.Change]) async throws {
        let taken = changes.filter { $0.account.kind == .workerPayable && $0.amount < 0 }
        guard !taken.isEmpty else { return }
        try await execute(
            """
            select from account where account_id = any(\(taken.map(\.account.id)))
             order by account_id
               for no key update
            """)
        // By their indexes, whatever the statistics say: where most transfers debit a few accounts, a payable that was
        // never debited is taken for one of those, and all transfers would be read for each.
        _ = try await rows("select set_config('enable_seqscan', 'off', true)")
        // By a statement of its own, which sees what they have posted for whom the one before waited.
        let short = try await firstRow(
            """
            select from unnest(\(taken.map(\.account.id))::uuid[], \(taken.map(\.amount))::bigint[])
                     as taken (account_id, amount)
             where (select coalesce(sum(amount_minor), 0) from transfer where credit_account_id = taken.account_id)
                 - (select coalesce(sum(amount_minor), 0) from transfer where debit_account_id = taken.account_id)
                 + amount < 0
             limit 1
            """)
        guard short == nil else { throw LedgerRefusal.insufficientFunds }
    }

    /// Whether the account, as far as others have committed, has what is taken of it.
    private func holdsEnough(for change: Posting.Change) async throws -> Bool {
        try await oneRow(
            """
            select coalesce(sum(balance_minor), 0) + \(change.amount)::bigint >= 0 as is_enough
              from account_slice where account_id = \(change.account.id)
            """)["is_enough"]
    }

    /// - Parameter kept: the changes of accounts that keep a balance.
    /// - Returns: the first account that had no free slice with enough; then nothing was posted, and the slices found
    ///   of the accounts before it stay locked.
    private func insert(_ entries: [JournalEntry], _ kept: [Posting.Change]) async throws -> Posting.Change? {
        let row = try await oneRow(Posting.statement(entries, kept, at: instant))
        let (reached, moved): (Int, Int) = (try row["reached"], try row["moved"])
        guard reached == kept.count else { return kept[reached] }
        // Every slice that was locked has been moved, or nothing is posted.
        guard moved == reached else { throw StoreError.unexpectedRowCount(moved) }
        return nil
    }

    /// The statement of ``post(_:)``: one row with how many accounts that keep a balance had a free slice with enough,
    /// up to the first that had none (`reached`), and how many slices were `moved`; all is posted when both are as many
    /// as there are such accounts, and else nothing.
    ///
    /// - Returns: the statement, and that number.
    package static func postingStatement(
        _ entries: [JournalEntry], at instant: Date
    ) throws -> (statement: SQL, kept: Int) {
        let kept = try Posting.changes(by: entries).filter(\.account.kind.keepsBalance)
        return (Posting.statement(entries, kept, at: instant), kept.count)
    }

    /// Waits for a slice that holds enough, and splits it, as others want one too, so that each connection has one of
    /// its own; where no slice holds enough, all are locked and put together.
    ///
    /// - Throws: ``LedgerRefusal/insufficientFunds`` when the account does not hold that much.
    private func makeRoom(for change: Posting.Change) async throws {
        if try await waitAndSplit(for: change) { return }
        guard try await gather(for: change) else { throw LedgerRefusal.insufficientFunds }
    }

    /// - Returns: false when no slice holds enough.
    private func waitAndSplit(for change: Posting.Change) async throws -> Bool {
        guard
            let slice: Int = try await firstRow(
                """
                select slice_no from account_slice
                 where account_id = \(change.account.id) and balance_minor + \(change.amount) >= 0
                 order by random()
                 limit 1
                """)?["slice_no"]
        else { return false }
        // Whoever waits holds no slice of this account, and gives back what turns out not to be enough.
        try await execute("savepoint room")
        let balance: Int64 = try await oneRow(
            """
            select balance_minor from account_slice
             where account_id = \(change.account.id) and slice_no = \(slice)
               for no key update
            """)["balance_minor"]
        guard balance + change.amount >= 0 else {
            try await execute("rollback to savepoint room")
            return false
        }
        try await execute("release savepoint room")
        try await split(slice, of: change, balance: balance)
        return true
    }

    /// How many times the amount each part holds at least, but for the first.
    private static var postingsEach: Int64 { 16 }

    /// Leaves parts of what is not needed now in slices that are not there yet, the connection's own first: as many as
    /// leave each enough for some postings like this one, and one at least.
    private func split(_ slice: Int, of change: Posting.Change, balance: Int64) async throws {
        let (account, rest) = (change.account.id, balance + min(change.amount, 0))
        let amount = max(Int64(clamping: change.amount.magnitude), 1)
        let parts = min(max(rest / Self.postingsEach / amount, 1), 63)
        // In the order of their numbers, in which whoever else splits comes to them.
        try await execute(
            """
            with free as materialized (
                select number as slice_no
                  from generate_series(0, 63) as number
                 where not exists (select from account_slice where account_id = \(account) and slice_no = number)
                 order by number <> \(fragment: Posting.ownSlice), random()
                 limit \(parts)
            ),
            split as (
                insert into account_slice (account_id, slice_no, balance_minor)
                select \(account), slice_no, \(rest)::bigint / ((select count(*) from free) + 1)
                  from free
                 order by slice_no
                on conflict on constraint account_slice_pkey do nothing
                returning balance_minor
            )
            update account_slice
               set balance_minor = account_slice.balance_minor - (select coalesce(sum(balance_minor), 0) from split)
             where account_id = \(account) and slice_no = \(slice)
            """)
    }

    /// Locks all slices of the account and puts what they hold into one.
    ///
    /// - Returns: whether that is enough.
    private func gather(for change: Posting.Change) async throws -> Bool {
        let slices = try await lockSlices(of: change.account.id)
        let held = slices.values.reduce(0, +)
        guard let first = slices.keys.min(), held + change.amount >= 0 else { return false }
        try await execute(
            """
            update account_slice
               set balance_minor = case when slice_no = \(first) then \(held) else 0 end
             where account_id = \(change.account.id) and slice_no = any(\(Array(slices.keys)))
            """)
        return true
    }
}
