internal import Foundation
internal import Payments
internal import Store

/// An account that a line pays to, sealed under its payee's key.
struct SealedAccount: Sendable {
    let sealed: Bytes
    let version: Int
}

/// Where a worker or an agency is paid, sealed, with what decides whether they are paid there now.
struct StoredMethod: Sendable {
    let payee: Payee
    let sealed: Bytes
    let wrapped: Bytes
    let wrappingKey: String
    let changedAt: Date
    let version: Int
    /// How a bank has corrected exactly this account; else why the last payment to it failed.
    let failedFor: String?
}

/// A line with what its payment is written from.
struct RunLine: Sendable {
    let id: PayoutLine.ID
    let payee: Payee
    let amount: Money
    let endToEndID: String
    let shortID: String
    let sealed: Bytes
    /// `nil` when the payee was erased.
    let wrapped: Bytes?
    let wrappingKey: String?
}

/// A share with the account that it is owed on.
struct OwedShare: Sendable {
    let account: Account
    let share: PayoutShare
}

extension Transaction {
    /// - Throws: ``PayoutRefusal/personNeeded`` when the principal is a program.
    func requirePerson(_ principal: Principal.ID) async throws {
        let person = try await firstRow(
            "select from principal where principal_id = \(principal) and kind = 'person'")
        guard person != nil else { throw PayoutRefusal.personNeeded }
    }

    func upsert(_ source: PayoutSource, by actor: Principal.ID) async throws {
        try await execute(
            """
            insert into payout_source (name, format, currency, settings, changed_by, changed_at)
            values (\(source.name), \(source.format), \(source.currency), \(source.payer.json), \(actor), \(instant))
            on conflict (name) do update
               set format = excluded.format, currency = excluded.currency, settings = excluded.settings,
                   changed_by = excluded.changed_by, changed_at = excluded.changed_at
            """)
    }

    /// All of them, by name; there are as many as the platform has accounts.
    func payoutSources() async throws -> [PayoutSource] {
        try await rows("select name, format, currency, settings from payout_source order by name limit 1000")
            .map(PayoutSource.init)
    }

    /// Keeps everybody else from changing it until this transaction ends.
    package func lockPayoutSource(_ name: String) async throws {
        try await execute("select from payout_source where name = \(name) for no key update")
    }

    func payoutSource(_ name: String) async throws -> PayoutSource? {
        try await firstRow("select name, format, currency, settings from payout_source where name = \(name)")
            .map(PayoutSource.init)
    }

    /// Where those of the workers are paid who have said it.
    func storedMethods(of workers: [Worker.ID]) async throws -> [StoredMethod] {
        try await rows(
            """
            with corrected as materialized (\(fragment: Self.corrected))
            select method.worker_id, method.sealed, method.changed_at, method.version, worker_key.wrapping_key,
                   worker_key.wrapped, coalesce(told.reason, failed.reason) as reason
              from payout_method as method
              join worker_key using (worker_id)
              left join lateral (
                  select reason from payout_line
                   where payout_line.worker_id = method.worker_id and state = 'failed'
                     and method_version = method.version
                   order by failed_at desc limit 1) as failed on true
              left join lateral (
                  select reason from corrected
                   where corrected.worker_id = method.worker_id and corrected.method_version = method.version
                   limit 1) as told on true
             where method.worker_id = any(\(workers))
            """
        ).map { row in
            StoredMethod(
                payee: .worker(try row["worker_id"]), sealed: try row["sealed"], wrapped: try row["wrapped"],
                wrappingKey: try row["wrapping_key"], changedAt: try row["changed_at"], version: try row["version"],
                failedFor: try row["reason"])
        }
    }

    /// Accounts that a bank has corrected, by the code, until a person has found out that they are right.
    private static let corrected: SQL = """
        select payout_line.worker_id, payout_line.payee_team_id, payout_line.method_version, bank_entry.reason
          from bank_entry
          join bank_import using (bank_import_id)
          join payout_line on payout_line.payout_line_id = bank_entry.payout_line_id
         where bank_entry.outcome = 'contradicts' and bank_entry.resolved_at is null
           and bank_entry.reason like 'C__' and bank_import.kind = 'nacha'
        """

    /// The same of agencies.
    func storedMethods(ofTeams teams: [Team.ID]) async throws -> [StoredMethod] {
        try await rows(
            """
            with corrected as materialized (\(fragment: Self.corrected))
            select method.team_id, method.sealed, method.changed_at, method.version, team_key.wrapping_key,
                   team_key.wrapped, coalesce(told.reason, failed.reason) as reason
              from team_payout_method as method
              join team_key using (team_id)
              left join lateral (
                  select reason from payout_line
                   where payout_line.payee_team_id = method.team_id and state = 'failed'
                     and method_version = method.version
                   order by failed_at desc limit 1) as failed on true
              left join lateral (
                  select reason from corrected
                   where corrected.payee_team_id = method.team_id and corrected.method_version = method.version
                   limit 1) as told on true
             where method.team_id = any(\(teams))
            """
        ).map { row in
            StoredMethod(
                payee: .agency(try row["team_id"]), sealed: try row["sealed"], wrapped: try row["wrapped"],
                wrappingKey: try row["wrapping_key"], changedAt: try row["changed_at"], version: try row["version"],
                failedFor: try row["reason"])
        }
    }

    /// How many payees of a batch have another account now than the one that was copied.
    func payeesWithOtherAccounts(in id: PayoutBatch.ID) async throws -> Int {
        try await oneRow(
            """
            select count(*) as changed
              from payout_line
              left join payout_method using (worker_id)
              left join team_payout_method on team_payout_method.team_id = payout_line.payee_team_id
             where payout_batch_id = \(id) and sealed_account is not null
               and coalesce(payout_method.version, team_payout_method.version)
                   is distinct from payout_line.method_version
            """)["changed"]
    }

    /// The lines of a batch that is paid by a file, in the file's order.
    ///
    /// - Parameter after: the last line of the part before.
    func runLines(of id: PayoutBatch.ID, after: PayoutLine.ID?, limit: Int) async throws -> [RunLine] {
        try await rows(
            """
            select payout_line_id, payout_line.worker_id, payee_team_id, amount_minor, currency, end_to_end_id,
                   short_id, sealed_account, coalesce(worker_key.wrapped, team_key.wrapped) as wrapped,
                   coalesce(worker_key.wrapping_key, team_key.wrapping_key) as wrapping_key
              from payout_line
              left join worker_key using (worker_id)
              left join team_key on team_key.team_id = payee_team_id
             where payout_batch_id = \(id) and (\(after)::uuid is null or payout_line_id > \(after)::uuid)
             order by payout_line_id
             limit \(limit)
            """
        ).map { row in
            RunLine(
                id: try row["payout_line_id"], payee: try Payee(row: row),
                amount: try Money(row["amount_minor"], row["currency"]), endToEndID: try row["end_to_end_id"],
                shortID: try row["short_id"], sealed: try row["sealed_account"], wrapped: try row["wrapped"],
                wrappingKey: try row["wrapping_key"])
        }
    }

    /// Shares of a batch with the accounts that they are owed on, in the order of the accounts.
    ///
    /// - Parameter last: of the part before.
    func owedShares(of id: PayoutBatch.ID, after last: OwedShare?, limit: Int) async throws -> [OwedShare] {
        try await rows(
            """
            select account_id, payout_share_id, payout_share.worker_id, payout_share.amount_minor, account.currency
              from payout_line
              join payout_share using (payout_line_id)
              join account on account.kind = 'worker_payable' and account.owner_id = payout_share.worker_id
                          and account.currency = payout_line.currency
             where payout_batch_id = \(id)
               and (\(last?.account.id)::uuid is null
                    or (account_id, payout_share_id) > (\(last?.account.id)::uuid, \(last?.share.id)::uuid))
             order by account_id, payout_share_id
             limit \(limit)
            """
        ).map { row in
            OwedShare(
                account: Account(id: try row["account_id"], kind: .workerPayable),
                share: PayoutShare(
                    id: try row["payout_share_id"], worker: try row["worker_id"],
                    amount: try Money(row["amount_minor"], row["currency"])))
        }
    }

    /// - Returns: false unless the batch is approved.
    func markRunIssued(_ id: PayoutBatch.ID, fileHash: Digest, bytes: Int) async throws -> Bool {
        try await execute(
            """
            update payout_batch
               set state = 'issued', issued_at = \(instant), file_hash = \(fileHash), file_bytes = \(bytes)
             where payout_batch_id = \(id) and state = 'approved' and format is not null
            """) == 1
    }
}

extension PayoutSource {
    fileprivate init(row: Row) throws {
        name = try row["name"]
        format = try row["format"]
        currency = try row["currency"]
        payer = try PayoutPayer(try row["settings"])
    }
}
