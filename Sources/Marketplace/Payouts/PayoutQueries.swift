internal import Foundation
package import Store

/// An earning that no live payout line pays.
struct DueEarning: Sendable {
    let requester: Requester.ID
    let transfer: Transfer.ID
    let worker: Worker.ID
    let amountMinor: Int64
    /// The agency whom the worker belonged to when they earned it, if it is the payee.
    let payee: Team.ID?
    /// Whether an appeal has given it back of what was taxed before; see ``Clawback``.
    let isGivenBack: Bool
}

/// A line as the bank file shows it.
package struct NamedLine: Hashable, Sendable {
    package let line: PayoutLine
    /// Of the worker or the agency.
    package let payeeKey: String
    /// Empty where the person was erased.
    package let payeeName: String
    /// A ``PayoutLineState``.
    package let state: String
    /// Why it failed.
    package let reason: String?
    /// The payee has another account now; it is not used.
    package let isAccountChanged: Bool
}

/// A share as finance sees it.
package struct NamedShare: Hashable, Sendable {
    package let share: PayoutShare
    package let workerKey: String
    /// Empty where the person was erased.
    package let workerName: String
    /// Minor units, kept back for taxes.
    package let withheldMinor: Int64
}

extension Transaction {
    /// Earnings that wait to be paid, by worker. What is taken back waits while its recovery does.
    ///
    /// - Parameter last: of the part before.
    func dueEarnings(in currency: Currency, after last: DueEarning? = nil, limit: Int) async throws -> [DueEarning] {
        try await rows(
            """
            select earning.requester_id, earning.transfer_id, earning.worker_id, earning.amount_minor,
                   (select team.team_id from team_member join team using (team_id)
                     where team_member.worker_id = earning.worker_id and team_member.in_force @> earning.earned_at
                       and team.is_payee) as payee_team_id,
                   exists (select from clawback where given_back_id = earning.transfer_id) as is_given_back
              from earning
             where earning.currency = \(currency)
               and not exists (select from payout_item
                                where payout_item.requester_id = earning.requester_id
                                  and payout_item.transfer_id = earning.transfer_id
                                  and payout_item.is_live)
               and not exists (select from clawback_item as item join clawback using (clawback_id)
                                where item.requester_id = earning.requester_id
                                  and item.transfer_id = earning.transfer_id and item.is_live
                                  and clawback.state = 'decided'
                                  and (clawback.effect_at > \(instant)
                                       or exists (select from appeal
                                                   where appeal.decision_id = clawback.decision_id
                                                     and appeal.state = 'open')))
               and (\(last?.worker)::uuid is null
                    or (earning.worker_id, earning.requester_id, earning.transfer_id)
                       > (\(last?.worker)::uuid, \(last?.requester)::uuid, \(last?.transfer)::uuid))
             order by earning.worker_id, earning.requester_id, earning.transfer_id
             limit \(limit)
            """
        ).map { row in
            DueEarning(
                requester: try row["requester_id"], transfer: try row["transfer_id"],
                worker: try row["worker_id"], amountMinor: try row["amount_minor"],
                payee: try row["payee_team_id"], isGivenBack: try row["is_given_back"]
            )
        }
    }

    /// What is due to agencies in their people's place.
    func dueByAgency(in currency: Currency) async throws -> [(team: Team.ID, amount: Money)] {
        try await rows(
            """
            select team_id, sum(earning.amount_minor)::bigint as amount_minor
              from earning
              join team_member on team_member.worker_id = earning.worker_id
                              and team_member.in_force @> earning.earned_at
              join team using (team_id)
             where earning.currency = \(currency) and team.is_payee
               and not exists (select from payout_item
                                where payout_item.requester_id = earning.requester_id
                                  and payout_item.transfer_id = earning.transfer_id
                                  and payout_item.is_live)
             group by team_id
             order by team_id
            """
        ).map { (try $0["team_id"], try Money($0["amount_minor"], currency)) }
    }

    /// Enters what the line of an agency comes to; one that came to nothing is none.
    func finishAgencyLine(_ id: PayoutLine.ID, total: Int64) async throws {
        if total == 0 {
            try await execute("delete from payout_line where payout_line_id = \(id)")
        } else {
            try await execute("update payout_line set amount_minor = \(total) where payout_line_id = \(id)")
        }
    }

    /// A batch whose lines are to come; what it comes to is entered by ``finishPayoutBatch(_:_:)`` in the same
    /// transaction.
    ///
    /// - Parameter run: in which form its file leaves, and who pays.
    func insertPayoutBatch(
        _ id: PayoutBatch.ID, in currency: Currency, by maker: Principal.ID, run: PayoutRun? = nil
    ) async throws {
        try await execute(
            """
            insert into payout_batch (payout_batch_id, currency, state, total_minor, line_count, content_hash,
                                      prepared_by, prepared_at, format, payer)
            values (\(id), \(currency), 'prepared', 1, 1, sha256(''), \(maker), \(instant), \(run?.format),
                    \(run?.payer.json))
            """)
    }

    /// Reads what was written of a new batch, and enters what it comes to.
    ///
    /// - Throws: ``PayoutRefusal/nothingToPay`` when it has no lines.
    func finishPayoutBatch(_ id: PayoutBatch.ID, in currency: Currency) async throws -> PayoutContent {
        let content = try await payoutContent(of: id, in: currency)
        guard content.lineCount > 0 else { throw PayoutRefusal.nothingToPay }
        try await execute(
            """
            update payout_batch
               set total_minor = \(content.total.minorUnits), line_count = \(content.lineCount),
                   content_hash = \(content.hash)
             where payout_batch_id = \(id) and state = 'prepared'
            """)
        return content
    }

    /// - Parameter accounts: to which each line pays.
    func insertPayoutLines(
        _ lines: [PayoutLine], of id: PayoutBatch.ID, accounts: [PayoutLine.ID: SealedAccount] = [:]
    ) async throws {
        guard !lines.isEmpty else { return }
        try await copyIn(
            """
            copy payout_line (payout_line_id, payout_batch_id, worker_id, amount_minor, currency, end_to_end_id,
                              payee_team_id, sealed_account, method_version, short_id)
            from stdin (format binary)
            """,
            rows: lines.lazy.map { line in
                let account = accounts[line.id]
                return CopyRow([
                    line.id, id, line.payee.worker, line.amount.minorUnits, line.amount.currency, line.endToEndID,
                    line.payee.agency, account?.sealed, account.map { Int32($0.version) }, line.shortID,
                ])
            }
        )
        try await insertPayoutShares(lines)
    }

    /// What of lines that were written is whose.
    func insertPayoutShares(_ lines: [PayoutLine]) async throws {
        try await copyIn(
            "copy payout_share (payout_share_id, payout_line_id, worker_id, amount_minor) from stdin (format binary)",
            rows: lines.lazy.flatMap { line in
                line.shares.map { CopyRow([$0.id, line.id, $0.worker, $0.amount.minorUnits]) }
            }
        )
    }

    func insertPayoutItems(_ items: [(earning: DueEarning, line: PayoutLine.ID)]) async throws {
        try await copyIn(
            "copy payout_item (requester_id, transfer_id, payout_line_id, is_live) from stdin (format binary)",
            rows: items.lazy.map { CopyRow([$0.earning.requester, $0.earning.transfer, $0.line, true]) }
        )
    }

    /// A payout batch by its id.
    package func payoutBatch(_ id: PayoutBatch.ID) async throws -> PayoutBatch? {
        try await firstRow(
            """
            select payout_batch_id, state, total_minor, currency, line_count, content_hash, prepared_by, approved_by,
                   approved_at, format, payer, file_hash, file_bytes
              from payout_batch where payout_batch_id = \(id)
            """
        ).map(PayoutBatch.init)
    }

    /// A payout batch, kept from changing until this transaction ends.
    func lockPayoutBatch(_ id: PayoutBatch.ID) async throws -> PayoutBatch? {
        try await firstRow(
            """
            select payout_batch_id, state, total_minor, currency, line_count, content_hash, prepared_by, approved_by,
                   approved_at, format, payer, file_hash, file_bytes
              from payout_batch where payout_batch_id = \(id)
               for no key update
            """
        ).map(PayoutBatch.init)
    }

    /// The batch's lines with the payees' names, by line id; of a table that was issued as they were then.
    ///
    /// - Parameter after: the last line of the part before.
    func payoutLines(of id: PayoutBatch.ID, after: PayoutLine.ID?, limit: Int) async throws -> [NamedLine] {
        let rows = try await rows(
            """
            select payout_line.payout_line_id, payout_line.worker_id, payout_line.amount_minor, payout_line.currency,
                   payout_line.payee_team_id,
                   coalesce(kept.payee_key, team.external_key, worker.external_key) as payee_key,
                   coalesce(kept.payee_name, team.name, worker_person.name, '') as payee_name,
                   sha256(payout_line.sealed_account) as account_digest, payout_line.state::text as line_state,
                   payout_line.reason,
                   payout_line.method_version is distinct from
                   coalesce(
                       (select version from payout_method where payout_method.worker_id = payout_line.worker_id),
                       (select version from team_payout_method as method
                         where method.team_id = payout_line.payee_team_id))
                   and payout_line.sealed_account is not null as is_account_changed,
                   (select count(*) from payout_item
                     where payout_item.payout_line_id = payout_line.payout_line_id) as earnings
              from payout_line
              left join worker using (worker_id)
              left join worker_person using (worker_id)
              left join team on team.team_id = payout_line.payee_team_id
              left join payout_payee as kept on kept.payout_line_id = payout_line.payout_line_id
             where payout_line.payout_batch_id = \(id)
               and (\(after)::uuid is null or payout_line.payout_line_id > \(after)::uuid)
             order by payout_line.payout_line_id
             limit \(limit)
            """)
        let shares = try await payoutShares(of: rows.map { try $0["payout_line_id"] })
        return try rows.map { row in
            let id: PayoutLine.ID = try row["payout_line_id"]
            return NamedLine(
                line: PayoutLine(
                    id: id, payee: try Payee(row: row), amount: try Money(row["amount_minor"], row["currency"]),
                    earningCount: try row["earnings"], shares: shares[id] ?? [],
                    accountDigest: try row["account_digest"]
                ),
                payeeKey: try row["payee_key"], payeeName: try row["payee_name"], state: try row["line_state"],
                reason: try row["reason"], isAccountChanged: try row["is_account_changed"]
            )
        }
    }

    private func payoutShares(of lines: [PayoutLine.ID]) async throws -> [PayoutLine.ID: [PayoutShare]] {
        let rows = try await rows(
            """
            select payout_share_id, payout_line_id, payout_share.worker_id, payout_share.amount_minor, currency,
                   \(fragment: PayoutShare.kept) as kept_minor
              from payout_share join payout_line using (payout_line_id)
             where payout_line_id = any(\(lines))
             order by payout_share.worker_id
            """)
        return try Dictionary(grouping: rows) { try $0.value("payout_line_id", as: PayoutLine.ID.self) }
            .mapValues { try $0.map(PayoutShare.init(row:)) }
    }

    /// The shares of one line with the workers' names, by worker.
    ///
    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    func namedShares(of line: PayoutLine.ID, after last: Worker.ID?, limit: Int) async throws -> [NamedShare] {
        try await rows(
            """
            select payout_share_id, payout_share.worker_id, payout_share.amount_minor, currency,
                   \(fragment: PayoutShare.kept) as kept_minor,
                   (select coalesce(sum(withheld_minor), 0)::bigint from withholding
                     where withholding.payout_share_id = payout_share.payout_share_id) as withheld_minor,
                   worker.external_key, coalesce(worker_person.name, '') as name
              from payout_share
              join payout_line using (payout_line_id)
              join worker on worker.worker_id = payout_share.worker_id
              left join worker_person on worker_person.worker_id = payout_share.worker_id
             where payout_line_id = \(line)
               and (\(last)::uuid is null or payout_share.worker_id > \(last)::uuid)
             order by payout_share.worker_id
             limit \(try PageLimit.checked(limit))
            """
        ).map {
            NamedShare(
                share: try PayoutShare(row: $0), workerKey: try $0["external_key"], workerName: try $0["name"],
                withheldMinor: try $0["withheld_minor"]
            )
        }
    }

    func approvePayout(_ id: PayoutBatch.ID, hash: Digest, by checker: Principal.ID) async throws -> Bool {
        try await execute(
            """
            update payout_batch set state = 'approved', approved_by = \(checker), approved_at = \(instant)
             where payout_batch_id = \(id) and state = 'prepared' and content_hash = \(hash)
               and prepared_by <> \(checker)
            """) == 1
    }

    /// Settles its lines, and keeps what its payees are called.
    ///
    /// - Returns: false unless the table is approved.
    func markPayoutIssued(_ id: PayoutBatch.ID) async throws -> Bool {
        try await execute(
            """
            with issued as (
                update payout_batch set state = 'issued', issued_at = \(instant)
                 where payout_batch_id = \(id) and state = 'approved' and format is null
                returning payout_batch_id
            ),
            settled as (
                update payout_line set state = 'settled', settled_at = \(instant)
                  from issued where payout_line.payout_batch_id = issued.payout_batch_id
            ),
            called as (
                insert into payout_payee (payout_line_id, payee_key, payee_name)
                select payout_line.payout_line_id, coalesce(team.external_key, worker.external_key),
                       coalesce(team.name, worker_person.name, '')
                  from issued
                  join payout_line using (payout_batch_id)
                  left join worker using (worker_id)
                  left join worker_person using (worker_id)
                  left join team on team.team_id = payout_line.payee_team_id
            )
            select from issued
            """) == 1
    }

    /// Cancels the batch and lets its earnings be paid by another.
    func cancelPayout(_ id: PayoutBatch.ID) async throws -> Bool {
        try await execute(
            """
            update payout_item set is_live = false
             where is_live
               and payout_line_id in (select payout_line_id from payout_line where payout_batch_id = \(id))
            """)
        return try await execute(
            """
            update payout_batch set state = 'cancelled', cancelled_at = \(instant)
             where payout_batch_id = \(id) and state in ('prepared', 'approved')
            """) == 1
    }

    /// Payout batches, newest first.
    package func payoutBatches(
        in state: PayoutBatchState? = nil, before: PayoutBatch.ID? = nil, limit: Int = 50
    ) async throws -> [PayoutBatch] {
        try await rows(
            """
            select payout_batch_id, state, total_minor, currency, line_count, content_hash, prepared_by, approved_by,
                   approved_at, format, payer, file_hash, file_bytes
              from payout_batch
             where (\(state)::payout_batch_state is null or state = \(state)::payout_batch_state)
               and (\(before)::uuid is null or payout_batch_id < \(before)::uuid)
             order by payout_batch_id desc
             limit \(try PageLimit.checked(limit))
            """
        ).map(PayoutBatch.init)
    }
}

extension Payee {
    init(row: Row) throws {
        if let team: Team.ID = try row["payee_team_id"] {
            self = .agency(team)
        } else {
            self = .worker(try row["worker_id"])
        }
    }
}

extension PayoutShare {
    fileprivate init(row: Row) throws {
        id = try row["payout_share_id"]
        worker = try row["worker_id"]
        amount = try Money(row["amount_minor"], row["currency"])
        keptMinor = try row["kept_minor"]
    }

    fileprivate static let kept: SQL = """
        (select coalesce(sum(kept.amount_minor), 0)::bigint from clawback_recovery as kept
          where kept.payout_share_id = payout_share.payout_share_id)
        """
}
