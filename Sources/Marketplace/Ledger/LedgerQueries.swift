package import Foundation
package import Store

extension Transaction {
    /// The account of that kind, owner and currency; made if it was not there.
    package func account(_ key: AccountKey, ids: any IdentifierSource) async throws -> Account {
        guard let found = try await accounts([key], ids: ids)[key] else { throw StoreError.unexpectedRowCount(0) }
        return found
    }

    /// Several accounts at once; those that were not there are made. One round trip when all are there.
    package func accounts(_ keys: [AccountKey], ids: any IdentifierSource) async throws -> [AccountKey: Account] {
        var found = try await findAccounts(keys)
        let missing = Set(keys).subtracting(found.keys).sorted()
        guard !missing.isEmpty else { return found }
        try await insertAccounts(missing, ids: ids)
        found.merge(try await findAccounts(missing)) { _, new in new }
        return found
    }

    /// The accounts that exist among those asked for.
    package func findAccounts(_ keys: [AccountKey]) async throws -> [AccountKey: Account] {
        let owned = keys.filter { $0.owner != nil }
        let ownerless = Set(keys.filter { $0.owner == nil }.map(\.kind.rawValue)).sorted()
        let rows = try await rows(
            """
            select account.account_id, account.kind, account.owner_id, account.currency
              from unnest(\(owned.map(\.kind.rawValue))::text[], \(owned.map(\.owner))::uuid[],
                          \(owned.map(\.currency.code))::text[]) as wanted (kind, owner_id, currency)
              join account on account.kind = wanted.kind::account_kind
                          and account.owner_id = wanted.owner_id
                          and account.currency = wanted.currency
             union all
            select account_id, kind, owner_id, currency from account
             where owner_id is null
               and kind = any(\(ownerless)::text[]::account_kind[])
            """)
        let wanted = Set(keys)
        var found: [AccountKey: Account] = [:]
        for row in rows {
            let key = AccountKey(kind: try row["kind"], owner: try row["owner_id"], currency: try row["currency"])
            if wanted.contains(key) { found[key] = Account(id: try row["account_id"], kind: key.kind) }
        }
        return found
    }

    private func insertAccounts(_ keys: [AccountKey], ids: any IdentifierSource) async throws {
        try await execute(
            """
            with made as (
                insert into account (account_id, kind, owner_id, currency)
                select account_id, kind::account_kind, owner_id, currency
                  from unnest(\(keys.map { _ in ids.uuid(at: instant) })::uuid[], \(keys.map(\.kind.rawValue))::text[],
                              \(keys.map(\.owner))::uuid[], \(keys.map(\.currency.code))::text[])
                       as wanted (account_id, kind, owner_id, currency)
                on conflict on constraint account_one_per_owner do nothing
                returning account_id, kind
            )
            insert into account_slice (account_id, slice_no, balance_minor)
            select account_id, 0, 0 from made where kind in ('requester_wallet', 'batch_hold')
            """)
    }

    /// The transfer of that kind for that source, if it was posted.
    package func transfer(_ kind: TransferKind, source: UUID) async throws -> Transfer? {
        try await firstRow(
            "\(fragment: Transfer.columns) where transfer.kind = \(kind) and source_id = \(source)"
        ).map(Transfer.init)
    }

    /// What an account holds, and nothing if it was never used. Those that keep no balance are summed from their last
    /// fold.
    package func balance(of key: AccountKey) async throws -> Money {
        guard let id = try await findAccounts([key])[key]?.id else { return try Money(0, key.currency) }
        guard key.kind.keepsBalance else {
            return try await historicalBalance(of: id, in: key.currency, through: nil)
        }
        let row = try await oneRow(
            """
            select coalesce(sum(balance_minor), 0)::bigint as balance_minor from account_slice where account_id = \(id)
            """)
        return try Money(row["balance_minor"], key.currency)
    }

    /// Keeps an account's balance from changing until this transaction ends, and reads it.
    package func lockBalance(of id: Account.ID) async throws -> Int64? {
        let slices = try await lockSlices(of: id)
        return slices.isEmpty ? nil : slices.values.reduce(0, +)
    }

    /// Locks all slices of an account, in their order.
    ///
    /// - Returns: what they hold, by number.
    func lockSlices(of id: Account.ID) async throws -> [Int: Int64] {
        var slices: [Int: Int64] = [:]
        // A slice that was split while this waited for it has left a part in one that the statement did not see.
        while true {
            let rows = try await rows(
                """
                select slice_no, balance_minor from account_slice
                 where account_id = \(id) order by slice_no for no key update
                """)
            guard rows.count > slices.count else { return slices }
            slices = [:]
            for row in rows { slices[try row["slice_no"]] = try row["balance_minor"] }
        }
    }

    /// - Parameter before: the last line of the page before; `nil` for the newest.
    func statementLines(
        of id: Account.ID, through last: UUID?, before: Transfer.ID?, limit: Int
    ) async throws -> [Row] {
        try await rows(
            """
            with line as (
                (select transfer_id, kind, credit_account_id as other_id, -amount_minor as amount_minor, currency,
                        source_id, posted_at
                   from transfer
                  where debit_account_id = \(id) and (\(before)::uuid is null or transfer_id < \(before)::uuid)
                    and (\(last)::uuid is null or transfer_id <= \(last)::uuid)
                  order by transfer_id desc limit \(limit))
                 union all
                (select transfer_id, kind, debit_account_id, amount_minor, currency, source_id, posted_at
                   from transfer
                  where credit_account_id = \(id) and (\(before)::uuid is null or transfer_id < \(before)::uuid)
                    and (\(last)::uuid is null or transfer_id <= \(last)::uuid)
                  order by transfer_id desc limit \(limit))
            )
            select line.transfer_id, line.kind, account.kind as other_kind, account.owner_id as other_owner_id,
                   line.amount_minor, line.currency, line.source_id, line.posted_at
              from line join account on account.account_id = line.other_id
             order by line.transfer_id desc
             limit \(limit)
            """)
    }
}

extension Transfer {
    static let columns: SQL = """
        select transfer_id, transfer.kind, debit_account_id, debited.kind as debit_kind, credit_account_id,
               credited.kind as credit_kind, amount_minor, transfer.currency, source_id
          from transfer
          join account as debited on debited.account_id = debit_account_id
          join account as credited on credited.account_id = credit_account_id
        """

    init(row: Row) throws {
        self.init(
            id: try row["transfer_id"], kind: try row["kind"],
            debit: Account(id: try row["debit_account_id"], kind: try row["debit_kind"]),
            credit: Account(id: try row["credit_account_id"], kind: try row["credit_kind"]),
            amount: try Money(row["amount_minor"], row["currency"]), source: try row["source_id"]
        )
    }
}
