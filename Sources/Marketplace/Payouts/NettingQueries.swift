internal import Foundation
internal import Store

/// A recovery with what is posted of it.
struct PostedRecovery: Sendable {
    let id: UUID
    let clawback: Clawback.ID
    let worker: Worker.ID
    let amount: Money
    /// By which it was posted, if it was.
    let entry: JournalEntry.ID?
}

extension Transaction {
    /// What workers owe of clawbacks that are recovered now, the oldest first; kept from being changed until the
    /// transaction ends. Nothing is recovered within a week of the decision, nor while an appeal is open.
    ///
    /// One that was overturned is owed where a payment of which it had kept something came back. Of what it had kept
    /// before taxes, the pay is due again and was given back: of these two as much is kept before taxes again.
    func lockClaims(of workers: [Worker.ID], in currency: Currency) async throws -> [Worker.ID: [OpenClaim]] {
        try await execute(
            """
            select from clawback
             where worker_id = any(\(workers)) and currency = \(currency) and state in ('decided', 'overturned')
             order by clawback_id
               for no key update
            """)
        // A statement of its own: the snapshot of one that waited for a lock is older than what it waited for.
        let rows = try await rows(
            """
            select clawback_id, worker_id, agreed_at is not null as is_agreed, owed_minor, part.earnings, part.amounts,
                   case state
                       when 'decided' then owed_minor
                       -- What it gave back to be taxed, less what it has kept before taxes.
                       else greatest(claim_minor - owed.untaxed_minor
                                     - coalesce((select transfer.amount_minor from transfer
                                                  where transfer.transfer_id = given_back_id), 0), 0)
                   end as before_taxes_minor
              from clawback
             cross join lateral (
                   select claim_minor - coalesce(sum(kept.amount_minor), 0)::bigint as owed_minor,
                          coalesce(sum(kept.untaxed_minor), 0)::bigint as untaxed_minor
                     from clawback_recovery as kept
                    where kept.clawback_id = clawback.clawback_id and kept.is_live) as owed
             cross join lateral (
                   select coalesce(array_agg(pay.transfer_id order by pay.transfer_id), '{}') as earnings,
                          coalesce(array_agg(pay.amount_minor order by pay.transfer_id), '{}') as amounts
                     from (select item.transfer_id, item.amount_minor
                             from clawback_item as item
                            where item.clawback_id = clawback.clawback_id
                              and (item.is_live or clawback.state = 'overturned')
                            union all
                           select gift.transfer_id, gift.amount_minor
                             from appeal
                             join journal_entry as entry on entry.kind = 'remedy'
                                                        and entry.source_id = appeal.appeal_id
                             join transfer as gift on gift.entry_id = entry.entry_id
                            where appeal.decision_id = clawback.decision_id and clawback.state = 'overturned'
                              and gift.transfer_id is distinct from clawback.given_back_id) as pay) as part
             where worker_id = any(\(workers)) and currency = \(currency) and owed_minor > 0
               and effect_at <= \(instant)
               and (state = 'overturned'
                    or state = 'decided'
                       and not exists (select from appeal
                                        where appeal.decision_id = clawback.decision_id and appeal.state = 'open'))
             order by effect_at, clawback_id
            """)
        var found: [Worker.ID: [OpenClaim]] = [:]
        for row in rows {
            let earnings: [Transfer.ID] = try row["earnings"]
            let amounts: [Int64] = try row["amounts"]
            let claim = OpenClaim(
                id: try row["clawback_id"], worker: try row["worker_id"], owedMinor: try row["owed_minor"],
                beforeTaxesMinor: try row["before_taxes_minor"], isAgreed: try row["is_agreed"],
                items: Dictionary(zip(earnings, amounts), uniquingKeysWith: { first, _ in first }))
            found[claim.worker, default: []].append(claim)
        }
        return found
    }

    func insertRecoveries(_ recoveries: [Recovery], in batch: PayoutBatch.ID) async throws {
        guard !recoveries.isEmpty else { return }
        try await copyIn(
            """
            copy clawback_recovery (clawback_recovery_id, clawback_id, payout_batch_id, payout_share_id, amount_minor,
                                    is_live, untaxed_minor)
            from stdin (format binary)
            """,
            rows: recoveries.lazy.map {
                CopyRow([$0.id, $0.clawback, batch, $0.share, $0.minor, true, $0.untaxedMinor])
            })
    }

    /// Keeps the clawbacks that a batch recovers from being changed, and looks whether all of it is still owed, and
    /// none was overturned since the batch was prepared.
    ///
    /// - Throws: ``PayoutRefusal/clawbackOverturned``.
    func checkRecoveries(of batch: PayoutBatch.ID) async throws {
        try await execute(
            """
            select from clawback
             where clawback_id in (select clawback_id from clawback_recovery where payout_batch_id = \(batch))
             order by clawback_id
               for no key update
            """)
        let over = try await firstRow(
            """
            select from clawback
             where clawback_id in (select clawback_id from clawback_recovery where payout_batch_id = \(batch))
               and (claim_minor < (select sum(kept.amount_minor)
                                     from clawback_recovery as kept join payout_batch using (payout_batch_id)
                                    where kept.clawback_id = clawback.clawback_id and kept.is_live
                                      and (payout_batch.state = 'issued' or payout_batch_id = \(batch)))
                    or state = 'overturned'
                       and exists (select from appeal
                                    where appeal.decision_id = clawback.decision_id
                                      and appeal.answered_at > (select prepared_at from payout_batch
                                                                 where payout_batch_id = \(batch))))
             limit 1
            """)
        guard over == nil else { throw PayoutRefusal.clawbackOverturned }
    }

    /// What is to be posted, by id.
    func recoveries(of batch: PayoutBatch.ID, after last: UUID?, limit: Int) async throws -> [PostedRecovery] {
        try await rows(
            """
            select clawback_recovery_id, clawback_id, worker_id, kept.amount_minor, currency, null::uuid as entry_id
              from clawback_recovery as kept join clawback using (clawback_id)
             where payout_batch_id = \(batch) and (\(last)::uuid is null or clawback_recovery_id > \(last)::uuid)
             order by clawback_recovery_id
             limit \(limit)
            """
        ).map(PostedRecovery.init)
    }

    /// A batch was cancelled: nothing of it is kept.
    func cancelRecoveries(of batch: PayoutBatch.ID) async throws {
        try await execute(
            "update clawback_recovery set is_live = false where payout_batch_id = \(batch) and is_live")
    }

    /// Takes down that nothing is kept of shares whose payments came back.
    ///
    /// - Returns: what is to be posted back.
    func voidRecoveries(of shares: [PayoutShare.ID]) async throws -> [PostedRecovery] {
        // Whoever overturns a clawback counts what was recovered.
        try await execute(
            """
            select from clawback
             where clawback_id in (select clawback_id from clawback_recovery where payout_share_id = any(\(shares)))
             order by clawback_id
               for no key update
            """)
        return try await rows(
            """
            with void as (
                update clawback_recovery set is_live = false
                 where payout_share_id = any(\(shares)) and is_live
                returning clawback_recovery_id, clawback_id, amount_minor
            )
            select clawback_recovery_id, clawback_id, worker_id, void.amount_minor, clawback.currency,
                   journal_entry.entry_id
              from void
              join clawback using (clawback_id)
              join journal_entry on journal_entry.kind = 'recovery'
                                and journal_entry.source_id = clawback_recovery_id
             order by clawback_recovery_id
            """
        ).map(PostedRecovery.init)
    }

    /// What is kept of a worker's part of a payment, by clawback.
    func keptParts(of share: UUID) async throws -> [(rule: String, amount: Money)] {
        try await rows(
            """
            select rule::text as rule, kept.amount_minor, currency
              from clawback_recovery as kept join clawback using (clawback_id)
             where payout_share_id = \(share)
             order by clawback_recovery_id
            """
        ).map { (try $0["rule"], try Money($0["amount_minor"], $0["currency"])) }
    }
}

extension PostedRecovery {
    fileprivate init(row: Row) throws {
        id = try row["clawback_recovery_id"]
        clawback = try row["clawback_id"]
        worker = try row["worker_id"]
        amount = try Money(row["amount_minor"], row["currency"])
        entry = try row["entry_id"]
    }
}
