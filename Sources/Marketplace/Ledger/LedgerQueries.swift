package import Foundation
package import Store

extension Transaction {
    /// The account of that kind, owner and currency; made if it was not there.
    package func account(_ key: AccountKey, ids: any IdentifierSource) async throws -> Account.ID {
        guard let id = try await accounts([key], ids: ids)[key] else { throw StoreError.unexpectedRowCount(0) }
        return id
    }

    /// Several accounts at once; those that were not there are made. One round trip when all are there.
    package func accounts(_ keys: [AccountKey], ids: any IdentifierSource) async throws -> [AccountKey: Account.ID] {
        var found = try await findAccounts(keys)
        let missing = Set(keys).subtracting(found.keys).sorted()
        guard !missing.isEmpty else { return found }
        try await insertAccounts(missing, ids: ids)
        found.merge(try await findAccounts(missing)) { _, new in new }
        return found
    }

    /// The accounts that exist among those asked for.
    package func findAccounts(_ keys: [AccountKey]) async throws -> [AccountKey: Account.ID] {
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
        var found: [AccountKey: Account.ID] = [:]
        for row in rows {
            let key = AccountKey(kind: try row["kind"], owner: try row["owner_id"], currency: try row["currency"])
            if wanted.contains(key) { found[key] = try row["account_id"] }
        }
        return found
    }

    private func insertAccounts(_ keys: [AccountKey], ids: any IdentifierSource) async throws {
        try await execute(
            """
            insert into account (account_id, kind, owner_id, currency, balance_minor)
            select account_id, kind::account_kind, owner_id, currency, case when owner_id is null then null else 0 end
              from unnest(\(keys.map { _ in ids.uuid(at: instant) })::uuid[], \(keys.map(\.kind.rawValue))::text[],
                          \(keys.map(\.owner))::uuid[], \(keys.map(\.currency.code))::text[])
                   as wanted (account_id, kind, owner_id, currency)
            on conflict on constraint account_one_per_owner do nothing
            """)
    }

    /// Posts transfers, all or none, in one statement: accounts that keep a balance are locked in the order of their
    /// ids and moved by what the whole set takes from them or brings them.
    ///
    /// - Throws: ``LedgerRefusal``; then the transaction can only be rolled back.
    package func post(_ transfers: [Transfer]) async throws {
        guard !transfers.isEmpty else { return }
        do {
            try await insertTransfers(transfers)
        } catch let error as StoreError {
            throw LedgerRefusal(violating: error.violatedConstraint) ?? error as any Error
        }
    }

    private func insertTransfers(_ transfers: [Transfer]) async throws {
        try await execute(
            """
            with entry as materialized (
                select * from unnest(\(transfers.map(\.id))::uuid[], \(transfers.map(\.kind.rawValue))::text[],
                                     \(transfers.map(\.debit))::uuid[], \(transfers.map(\.credit))::uuid[],
                                     \(transfers.map(\.amount.minorUnits))::bigint[],
                                     \(transfers.map(\.amount.currency.code))::text[],
                                     \(transfers.map(\.source))::uuid[])
                              as entry (transfer_id, kind, debit_id, credit_id, amount_minor, currency, source_id)
            ),
            delta as materialized (
                select account_id, sum(amount_minor)::bigint as amount_minor
                  from (select debit_id as account_id, -amount_minor as amount_minor from entry
                         union all
                        select credit_id, amount_minor from entry) as side
                 group by account_id
            ),
            locked as materialized (
                select account_id from account
                 where account_id = any(array(select account_id from delta)) and balance_minor is not null
                 order by account_id
                   for no key update
            ),
            moved as (
                update account
                   set balance_minor = account.balance_minor + delta.amount_minor
                  from locked join delta using (account_id)
                 where account.account_id = locked.account_id
            )
            insert into transfer (transfer_id, kind, debit_account_id, credit_account_id, amount_minor, currency,
                                  source_id, posted_at)
            select transfer_id, kind::transfer_kind, debit_id, credit_id, amount_minor, currency, source_id, \(instant)
              from entry
            """)
    }

    /// The transfer of that kind for that source, if it was posted.
    package func transfer(_ kind: TransferKind, source: UUID) async throws -> Transfer? {
        try await firstRow(
            """
            select transfer_id, kind, debit_account_id, credit_account_id, amount_minor, currency, source_id
              from transfer where kind = \(kind) and source_id = \(source)
            """
        ).map { row in
            Transfer(
                id: try row["transfer_id"], kind: try row["kind"], debit: try row["debit_account_id"],
                credit: try row["credit_account_id"],
                amount: try Money(row["amount_minor"], row["currency"]), source: try row["source_id"]
            )
        }
    }

    /// What an account holds, and nothing if it was never used. The platform's own accounts are summed.
    package func balance(of key: AccountKey) async throws -> Money {
        guard let id = try await findAccounts([key])[key] else { return try Money(0, key.currency) }
        let row = try await oneRow(
            """
            select coalesce(
                       balance_minor,
                       (select coalesce(sum(amount_minor), 0) from transfer where credit_account_id = account_id)
                     - (select coalesce(sum(amount_minor), 0) from transfer where debit_account_id = account_id)
                   )::bigint as balance_minor
              from account where account_id = \(id)
            """)
        return try Money(row["balance_minor"], key.currency)
    }

    /// Keeps an account's balance from changing until this transaction ends, and reads it.
    package func lockBalance(of id: Account.ID) async throws -> Int64? {
        try await firstRow(
            """
            select balance_minor from account where account_id = \(id) for no key update
            """)?["balance_minor"]
    }

    /// - Parameter before: the last line of the page before; `nil` for the newest.
    func statementLines(of id: Account.ID, before: Transfer.ID?, limit: Int) async throws -> [Row] {
        try await rows(
            """
            with line as (
                (select transfer_id, kind, credit_account_id as other_id, -amount_minor as amount_minor, currency,
                        source_id, posted_at
                   from transfer
                  where debit_account_id = \(id) and (\(before)::uuid is null or transfer_id < \(before)::uuid)
                  order by transfer_id desc limit \(limit))
                 union all
                (select transfer_id, kind, debit_account_id, amount_minor, currency, source_id, posted_at
                   from transfer
                  where credit_account_id = \(id) and (\(before)::uuid is null or transfer_id < \(before)::uuid)
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
