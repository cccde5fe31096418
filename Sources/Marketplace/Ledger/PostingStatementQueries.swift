internal import Foundation
internal import Store

/// What entries come to for each account, and the statement that posts them.
enum Posting {
    /// Up to so many accounts and transfers a statement has a part of its own for each, which is planned as what it is;
    /// beyond that it walks along arrays.
    private static let shortMax = 8

    struct Change: Sendable {
        let account: Account
        let amount: Int64
    }

    /// In the order of the accounts, in which everybody waits for them; none of those that stay what they are.
    ///
    /// - Throws: ``LedgerRefusal/balanceTooLarge`` when the sum of an account is beyond what an amount can be.
    static func changes(by entries: [JournalEntry]) throws(LedgerRefusal) -> [Change] {
        var sums: [Account: Int64] = [:]
        for transfer in entries.lazy.flatMap(\.transfers) {
            for (account, amount) in [
                (transfer.debit, -transfer.amount.minorUnits), (transfer.credit, transfer.amount.minorUnits),
            ] {
                let (sum, overflow) = sums[account, default: 0].addingReportingOverflow(amount)
                guard !overflow else { throw .balanceTooLarge }
                sums[account] = sum
            }
        }
        return sums.filter { $0.value != 0 }.map(Change.init).sorted { $0.account.id < $1.account.id }
    }

    /// See ``Transaction/postingStatement(_:at:)``. Entries and transfers are inserted only when every slice was moved.
    static func statement(_ entries: [JournalEntry], _ kept: [Change], at instant: Date) -> SQL {
        let lines = entries.flatMap { entry in entry.transfers.map { Line(entry: entry.id, transfer: $0) } }
        let isShort = lines.count <= shortMax
        // One slice is moved or none: no need to count them for every row.
        let once: SQL = kept.count == 1 ? "cross join moved" : "where (select count(*) from moved) = \(kept.count)"
        return """
            with recursive \(fragment: moving(kept)),
            entry as (
                insert into journal_entry (entry_id, kind, source_id, reverses_id, reason, posted_at)
                select entry_id, kind, source_id, reverses_id, reason, \(instant)
                  from (\(fragment: isShort ? values(of: entries) : unnested(entries)))
                       as entry (entry_id, kind, source_id, reverses_id, reason)
                 \(fragment: once)
            ),
            line as (
                insert into transfer (transfer_id, kind, debit_account_id, credit_account_id, amount_minor, currency,
                                      source_id, posted_at, entry_id)
                select transfer_id, kind, debit_id, credit_id, amount_minor, currency, source_id, \(instant), entry_id
                  from (\(fragment: isShort ? values(of: lines) : unnested(lines)))
                       as line (transfer_id, kind, debit_id, credit_id, amount_minor, currency, source_id, entry_id)
                 \(fragment: once)
            )
            select (select count(*) from change) as reached, (select count(*) from moved) as moved
            """
    }

    /// The slices that are changed, and how they are moved.
    private static func moving(_ kept: [Change]) -> SQL {
        switch kept.count {
        case 0: "change as (select where false), moved as (select where false)"
        case 1: single(kept[0])
        case ...shortMax: chain(kept)
        default: walk(kept)
        }
    }

    /// Which slice of any account a connection begins with; see `waitAndSplit`.
    static let ownSlice: SQL = "(pg_backend_pid() % 64)::smallint"

    /// Of an account that holds enough; in a part of its own, which is run once. In any order: each locked slice that
    /// is met costs two looks into the lock table, and whoever begins at the first meets all that are locked.
    private static func freeSlice(of change: Change, where condition: SQL = "") -> SQL {
        """
        select slice_no from account_slice
         where account_id = \(change.account.id) and balance_minor + \(change.amount)::bigint >= 0
               \(fragment: condition)
         order by random()
         limit 1
           for no key update skip locked
        """
    }

    /// A free slice of the one account that holds enough, and its balance moved. The connection's own slice first, as
    /// no other connection begins with it: one row is read where all would be, and it is seldom locked.
    private static func single(_ change: Change) -> SQL {
        """
        own as materialized (
            select slice_no from account_slice
             where account_id = \(change.account.id) and slice_no = \(fragment: ownSlice)
               and balance_minor + \(change.amount)::bigint >= 0
               for no key update skip locked
        ),
        other as materialized (\(fragment: freeSlice(of: change, where: "and not exists (select from own)"))),
        change as materialized (select slice_no from own union all select slice_no from other),
        moved as (
            update account_slice
               set balance_minor = account_slice.balance_minor + \(change.amount)::bigint
              from change
             where account_slice.account_id = \(change.account.id) and account_slice.slice_no = change.slice_no
            returning account_slice.slice_no
        )
        """
    }

    /// A free slice of each account, in their order, none of what comes after one that has no free slice: who waits
    /// holds only what comes before, so that nobody waits in a ring; and the balances moved, if there are all.
    private static func chain(_ kept: [Change]) -> SQL {
        let first = kept[0]
        var parts: SQL = "slice_1 as materialized (\(fragment: freeSlice(of: first)))"
        var changes: SQL = """
            select \(first.account.id)::uuid as account_id, slice_no, \(first.amount)::bigint as amount from slice_1
            """
        for (place, change) in kept.enumerated().dropFirst() {
            let one = freeSlice(of: change, where: "and exists (select from \(fragment: slice(place - 1)))")
            parts = "\(fragment: parts), \(fragment: slice(place)) as materialized (\(fragment: one))"
            changes = """
                \(fragment: changes) union all
                select \(change.account.id)::uuid, slice_no, \(change.amount)::bigint from \(fragment: slice(place))
                """
        }
        return """
            \(fragment: parts),
            -- Of its own, as PostgreSQL looks again at a row that was changed meanwhile: not seen through a union.
            change as materialized (\(fragment: changes)),
            \(fragment: moved(kept.count))
            """
    }

    /// Every slice that was found, moved, where there is one of each account.
    private static func moved(_ count: Int) -> SQL {
        """
        moved as (
            update account_slice
               set balance_minor = account_slice.balance_minor + change.amount
              from change
             where (select count(*) from change) = \(count)
               and account_slice.account_id = change.account_id and account_slice.slice_no = change.slice_no
            returning account_slice.slice_no
        )
        """
    }

    /// The name of the part of an account.
    private static func slice(_ place: Int) -> SQL {
        [
            "slice_1", "slice_2", "slice_3", "slice_4", "slice_5", "slice_6", "slice_7", "slice_8",
        ][place]
    }

    /// Of the next account in the walk.
    private static let nextFreeSlice: SQL = """
        select account_slice.slice_no from account_slice
         where account_slice.account_id = accounts[place + 1]
           and account_slice.balance_minor + amounts[place + 1] >= 0
         order by random()
         limit 1
           for no key update skip locked
        """

    /// The same of any number of accounts. A recursive query's parts are run once for each row, whatever the plan.
    private static func walk(_ kept: [Change]) -> SQL {
        """
        wanted as materialized (
            select \(kept.map(\.account.id))::uuid[] as accounts, \(kept.map(\.amount))::bigint[] as amounts
        ),
        walk as (
            select 0 as place, null::smallint as slice_no
             union all
            select place + 1, slice.slice_no
              from walk
             cross join wanted
             cross join lateral (\(fragment: nextFreeSlice)) as slice
             where place < cardinality(accounts)
        ),
        change as materialized (
            select accounts[place] as account_id, slice_no, amounts[place] as amount
              from walk cross join wanted where place > 0
        ),
        \(fragment: moved(kept.count))
        """
    }

    private static func values(of entries: [JournalEntry]) -> SQL {
        listed(
            entries.map {
                """
                (\($0.id)::uuid, \($0.kind)::entry_kind, \($0.source)::uuid, \($0.reverses)::uuid, \($0.reason)::text)
                """
            })
    }

    private static func values(of lines: [Line]) -> SQL {
        listed(
            lines.map {
                """
                (\($0.transfer.id)::uuid, \($0.transfer.kind)::transfer_kind, \($0.transfer.debit.id)::uuid,
                 \($0.transfer.credit.id)::uuid, \($0.transfer.amount.minorUnits)::bigint,
                 \($0.transfer.amount.currency)::text, \($0.transfer.source)::uuid, \($0.entry)::uuid)
                """
            })
    }

    private static func listed(_ rows: [SQL]) -> SQL {
        "values \(fragment: rows.dropFirst().reduce(rows[0]) { "\(fragment: $0), \(fragment: $1)" })"
    }

    private static func unnested(_ entries: [JournalEntry]) -> SQL {
        """
        select entry_id, kind::entry_kind as kind, source_id, reverses_id, reason
          from unnest(\(entries.map(\.id))::uuid[], \(entries.map(\.kind.rawValue))::text[],
                      \(entries.map(\.source))::uuid[], \(entries.map(\.reverses))::uuid[],
                      \(entries.map(\.reason))::text[])
               as entry (entry_id, kind, source_id, reverses_id, reason)
        """
    }

    private static func unnested(_ lines: [Line]) -> SQL {
        """
        select transfer_id, kind::transfer_kind as kind, debit_id, credit_id, amount_minor, currency, source_id,
               entry_id
          from unnest(\(lines.map(\.transfer.id))::uuid[], \(lines.map(\.transfer.kind.rawValue))::text[],
                      \(lines.map(\.transfer.debit.id))::uuid[], \(lines.map(\.transfer.credit.id))::uuid[],
                      \(lines.map(\.transfer.amount.minorUnits))::bigint[],
                      \(lines.map(\.transfer.amount.currency.code))::text[],
                      \(lines.map(\.transfer.source))::uuid[], \(lines.map(\.entry))::uuid[])
               as line (transfer_id, kind, debit_id, credit_id, amount_minor, currency, source_id, entry_id)
        """
    }

    /// A transfer of an entry.
    private struct Line: Sendable {
        let entry: JournalEntry.ID
        let transfer: Transfer
    }
}
