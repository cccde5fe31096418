package import Foundation
package import Store

extension Transaction {
    /// Posts one entry; see ``post(_:)``.
    package func post(_ entry: JournalEntry) async throws { try await post([entry]) }

    /// Posts entries with their transfers, all or none, in one statement.
    ///
    /// What an account holds stands in slices. The statement takes for each account any slice that nobody else has
    /// locked and that holds enough, in the order of the accounts, so that those who post to one account at once do
    /// not wait for each other. Where there is none the whole transaction is run again (``StoreError/contended``), as
    /// it may hold slices that turned out to hold too little; then it waits for a slice of each account, one after the
    /// other, before the statement (``makeRoom(for:)``). So nobody waits who holds anything that comes later, or of no
    /// use.
    ///
    /// - Throws: ``LedgerRefusal``; then the transaction can only be rolled back.
    package func post(_ entries: [JournalEntry]) async throws {
        let entries = entries.filter { !$0.transfers.isEmpty }
        guard !entries.isEmpty else { return }
        let changes = try Posting.changes(by: entries)
        do {
            if isRepeated { for change in try await kept(changes) { try await makeRoom(for: change) } }
            guard let short = try await insert(entries, changes) else { return }
            guard try await holdsEnough(for: short) else { throw LedgerRefusal.insufficientFunds }
            throw StoreError.contended
        } catch let error as StoreError {
            throw LedgerRefusal(violating: error.violatedConstraint) ?? error as any Error
        }
    }

    /// Whether the account, as far as others have committed, has what is taken of it.
    private func holdsEnough(for change: Posting.Change) async throws -> Bool {
        try await oneRow(
            """
            select coalesce(sum(balance_minor), 0) + \(change.amount)::bigint >= 0 as is_enough
              from account_slice where account_id = \(change.account)
            """)["is_enough"]
    }

    /// Those of accounts that keep a balance.
    private func kept(_ changes: [Posting.Change]) async throws -> [Posting.Change] {
        let accounts: [Account.ID] = try await rows(
            """
            select distinct account_id from account_slice where account_id = any(\(changes.map(\.account)))
            """
        ).map { try $0["account_id"] }
        let kept = Set(accounts)
        return changes.filter { kept.contains($0.account) }
    }

    /// - Returns: the first account that had no free slice with enough; then nothing was posted, and the slices found
    ///   of the accounts before it stay locked.
    private func insert(_ entries: [JournalEntry], _ changes: [Posting.Change]) async throws -> Posting.Change? {
        let row = try await oneRow(Self.postingStatement(entries, changes, at: instant))
        guard try row["is_complete"] else { return changes[try row["reached"]] }
        let (kept, moved): (Int, Int) = (try row["kept"], try row["moved"])
        // Every slice that was locked has been moved, or nothing is posted.
        guard kept == moved else { throw StoreError.unexpectedRowCount(moved) }
        return nil
    }

    /// The statement of ``post(_:)``: one row, which says whether all was posted (`is_complete`), and else how many
    /// accounts had a free slice with enough before the first that had none; and how many slices are `kept`, and were
    /// `moved`, which must be as many.
    package static func postingStatement(_ entries: [JournalEntry], at instant: Date) throws -> SQL {
        postingStatement(entries, try Posting.changes(by: entries), at: instant)
    }

    private static func postingStatement(
        _ entries: [JournalEntry], _ changes: [Posting.Change], at instant: Date
    ) -> SQL {
        let lines = entries.flatMap { entry in entry.transfers.map { Posting.Line(entry: entry.id, transfer: $0) } }
        let isShort = changes.count <= Posting.shortMax && lines.count <= Posting.shortMax
        return """
            with recursive \(fragment: isShort ? Posting.chain(changes) : Posting.walk(changes)),
            entry as (
                insert into journal_entry (entry_id, kind, source_id, reverses_id, reason, posted_at)
                select entry_id, kind, source_id, reverses_id, reason, \(instant)
                  from (\(fragment: isShort ? Posting.values(of: entries) : Posting.unnested(entries))) as entry,
                       complete
                 where is_complete
            ),
            line as (
                insert into transfer (transfer_id, kind, debit_account_id, credit_account_id, amount_minor, currency,
                                      source_id, posted_at, entry_id)
                select transfer_id, kind, debit_id, credit_id, amount_minor, currency, source_id, \(instant), entry_id
                  from (\(fragment: isShort ? Posting.values(of: lines) : Posting.unnested(lines))) as line, complete
                 where is_complete
            )
            select reached, is_complete, kept, (select count(*) from moved) as moved from complete
            """
    }

    /// Waits for a slice that holds enough, and splits it in two, as others want one too; where no slice holds enough,
    /// all are locked and put together.
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
                 where account_id = \(change.account) and balance_minor + \(change.amount) >= 0
                 order by random()
                 limit 1
                """)?["slice_no"]
        else { return false }
        // Whoever waits holds no slice of this account, and gives back what turns out not to be enough.
        try await execute("savepoint room")
        let balance: Int64 = try await oneRow(
            """
            select balance_minor from account_slice
             where account_id = \(change.account) and slice_no = \(slice)
               for no key update
            """)["balance_minor"]
        guard balance + change.amount >= 0 else {
            try await execute("rollback to savepoint room")
            return false
        }
        try await execute("release savepoint room")
        // Half of what is not needed now, so that the next one finds a slice too.
        try await split(slice, of: change.account, off: (balance + min(change.amount, 0)) / 2)
        return true
    }

    private func split(_ slice: Int, of account: Account.ID, off half: Int64) async throws {
        try await execute(
            """
            with free as materialized (
                select number as slice_no
                  from generate_series(1, 63) as number
                 where not exists (select from account_slice where account_id = \(account) and slice_no = number)
                 order by random()
                 limit 1
            ),
            split as (
                insert into account_slice (account_id, slice_no, balance_minor)
                select \(account), slice_no, \(half) from free
                on conflict on constraint account_slice_pkey do nothing
                returning balance_minor
            )
            update account_slice
               set balance_minor = account_slice.balance_minor - split.balance_minor
              from split
             where account_id = \(account) and slice_no = \(slice)
            """)
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
    /// Up to so many accounts and transfers a statement has a part of its own for each, which is planned as what it is;
    /// beyond that it walks along arrays.
    static let shortMax = 8

    /// A free slice of each account, in their order, none of one that keeps no balance; whether all had one
    /// (`complete`); and the balances moved.
    ///
    /// One account after the other, and none after one that has no free slice: who waits holds only what comes before,
    /// so that nobody waits in a ring.
    static func chain(_ changes: [Change]) -> SQL {
        var (parts, reached, moves): (SQL, SQL, SQL) = ("", "0", "")
        for (place, change) in changes.enumerated() {
            let before: SQL = place == 0 ? "true" : "exists (select from \(fragment: slice(place - 1)))"
            parts = """
                \(fragment: parts) \(fragment: slice(place)) as materialized (
                    select slice_no
                      from (select slice_no from (\(fragment: freeSlice(for: change, if: before))) as free
                             union all
                            select null
                             where \(fragment: before)
                               and not exists (select from account_slice where account_id = \(change.account))
                           ) as either
                     limit 1
                ),
                """
            reached = "\(fragment: reached) + (select count(*) from \(fragment: slice(place)))"
            let move: SQL = """
                select \(change.account)::uuid as account_id, slice_no, \(change.amount)::bigint as amount
                  from \(fragment: slice(place))
                """
            moves = place == 0 ? move : "\(fragment: moves) union all \(fragment: move)"
        }
        return """
            \(fragment: parts)
            -- Of its own, as PostgreSQL looks again at a row that was changed meanwhile: not seen through a union.
            change as materialized (\(fragment: moves)),
            complete as materialized (
                select reached, reached = \(changes.count) as is_complete, kept
                  from (select \(fragment: reached) as reached, (select count(slice_no) from change) as kept) as chain
            ),
            moved as (
                update account_slice
                   set balance_minor = account_slice.balance_minor + change.amount
                  from change, complete
                 where is_complete
                   and account_slice.account_id = change.account_id and account_slice.slice_no = change.slice_no
                returning account_slice.slice_no
            )
            """
    }

    private static func freeSlice(for change: Change, if condition: SQL) -> SQL {
        """
        select slice_no from account_slice
         where account_id = \(change.account) and balance_minor + \(change.amount)::bigint >= 0
           and \(fragment: condition)
         limit 1
           for no key update skip locked
        """
    }

    /// Of the next account in the walk.
    private static let nextFreeSlice: SQL = """
        select account_slice.slice_no from account_slice
         where account_slice.account_id = accounts[place + 1]
           and account_slice.balance_minor + amounts[place + 1] >= 0
         limit 1
           for no key update skip locked
        """

    /// The name of the part of an account.
    private static func slice(_ place: Int) -> SQL {
        [
            "slice_1", "slice_2", "slice_3", "slice_4", "slice_5", "slice_6", "slice_7", "slice_8",
        ][place]
    }

    /// The same of any number of accounts. A recursive query's parts are run once for each row, whatever the plan.
    static func walk(_ changes: [Change]) -> SQL {
        """
        change as materialized (
            select \(changes.map(\.account))::uuid[] as accounts, \(changes.map(\.amount))::bigint[] as amounts
        ),
        walk as (
            select 0 as place, null::smallint as slice_no
             union all
            select place + 1, slice.slice_no
              from walk
             cross join change
             cross join lateral (
                   select slice_no
                     from (\(fragment: nextFreeSlice)) as free
                    union all
                   select null
                    where not exists (select from account_slice where account_id = accounts[place + 1])) as slice
             where place < cardinality(accounts)
        ),
        complete as materialized (
            select reached, reached = cardinality(accounts) as is_complete, kept
              from (select max(place) as reached, count(slice_no) as kept from walk) as last cross join change
        ),
        moved as (
            update account_slice
               set balance_minor = account_slice.balance_minor + amounts[walk.place]
              from walk, change, complete
             where complete.is_complete
               and account_slice.account_id = accounts[walk.place]
               and account_slice.slice_no = walk.slice_no
            returning account_slice.slice_no
        )
        """
    }

    static func values(of entries: [JournalEntry]) -> SQL {
        union(
            entries.map {
                """
                select \($0.id)::uuid as entry_id, \($0.kind)::entry_kind as kind, \($0.source)::uuid as source_id,
                       \($0.reverses)::uuid as reverses_id, \($0.reason)::text as reason
                """
            })
    }

    static func values(of lines: [Line]) -> SQL {
        union(
            lines.map {
                """
                select \($0.transfer.id)::uuid as transfer_id, \($0.transfer.kind)::transfer_kind as kind,
                       \($0.transfer.debit)::uuid as debit_id, \($0.transfer.credit)::uuid as credit_id,
                       \($0.transfer.amount.minorUnits)::bigint as amount_minor,
                       \($0.transfer.amount.currency)::text as currency, \($0.transfer.source)::uuid as source_id,
                       \($0.entry)::uuid as entry_id
                """
            })
    }

    private static func union(_ rows: [SQL]) -> SQL {
        rows.dropFirst().reduce(rows[0]) { "\(fragment: $0) union all \(fragment: $1)" }
    }

    static func unnested(_ entries: [JournalEntry]) -> SQL {
        """
        select entry_id, kind::entry_kind as kind, source_id, reverses_id, reason
          from unnest(\(entries.map(\.id))::uuid[], \(entries.map(\.kind.rawValue))::text[],
                      \(entries.map(\.source))::uuid[], \(entries.map(\.reverses))::uuid[],
                      \(entries.map(\.reason))::text[])
               as entry (entry_id, kind, source_id, reverses_id, reason)
        """
    }

    static func unnested(_ lines: [Line]) -> SQL {
        """
        select transfer_id, kind::transfer_kind as kind, debit_id, credit_id, amount_minor, currency, source_id,
               entry_id
          from unnest(\(lines.map(\.transfer.id))::uuid[], \(lines.map(\.transfer.kind.rawValue))::text[],
                      \(lines.map(\.transfer.debit))::uuid[], \(lines.map(\.transfer.credit))::uuid[],
                      \(lines.map(\.transfer.amount.minorUnits))::bigint[],
                      \(lines.map(\.transfer.amount.currency.code))::text[],
                      \(lines.map(\.transfer.source))::uuid[], \(lines.map(\.entry))::uuid[])
               as line (transfer_id, kind, debit_id, credit_id, amount_minor, currency, source_id, entry_id)
        """
    }

    /// A transfer of an entry.
    struct Line: Sendable {
        let entry: JournalEntry.ID
        let transfer: Transfer
    }

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
