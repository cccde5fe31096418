internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// Earnings of a worker by their ids, as clawbacks see them. What of one was kept before taxes and given back by an
    /// appeal is had once that is paid, and its taxes belong to the earning, too.
    func takeableEarnings(_ ids: [Transfer.ID], of worker: Worker.ID) async throws -> [TakeableEarning] {
        try await rows(
            """
            with recursive part as (
                select transfer_id as earned_id, requester_id, transfer_id
                  from earning
                 where transfer_id = any(\(ids)) and worker_id = \(worker)
                 union
                select part.earned_id, given.requester_id, given.transfer_id
                  from part
                  join clawback_item as item on item.requester_id = part.requester_id
                                            and item.transfer_id = part.transfer_id
                  join clawback on clawback.clawback_id = item.clawback_id
                  join appeal on appeal.decision_id = clawback.decision_id
                  join journal_entry as entry on entry.kind = 'remedy' and entry.source_id = appeal.appeal_id
                  join transfer as gift on gift.entry_id = entry.entry_id
                                       and gift.transfer_id is distinct from clawback.given_back_id
                  join earning as given on given.transfer_id = gift.transfer_id
            ),
            paid as (
                select part.earned_id, payout_share.payout_share_id,
                       bool_or(case when part.transfer_id = part.earned_id then payout_batch.state <> 'issued'
                                    else payout_batch.state is distinct from 'issued' end) as is_under_way
                  from part
                  left join payout_item on payout_item.requester_id = part.requester_id
                                       and payout_item.transfer_id = part.transfer_id and payout_item.is_live
                  left join payout_line on payout_line.payout_line_id = payout_item.payout_line_id
                  left join payout_batch on payout_batch.payout_batch_id = payout_line.payout_batch_id
                  left join payout_share on payout_share.payout_line_id = payout_item.payout_line_id
                                        and payout_share.worker_id = \(worker)
                 group by 1, 2
            )
            select earning.requester_id, earning.transfer_id, earning.worker_id, earning.amount_minor, earning.currency,
                   coalesce(bool_or(paid.is_under_way), false) as is_under_way,
                   -- What was given back of what was taxed before bears nothing of its payment's taxes.
                   case when exists (select from clawback where clawback.given_back_id = earning.transfer_id) then 0
                        else coalesce(sum(taxed.withheld_minor), 0) end::bigint as withheld_minor,
                   coalesce(sum(taxed.gross_minor), 0)::bigint as gross_minor
              from earning
              join paid on paid.earned_id = earning.transfer_id
              left join lateral (
                  select sum(withholding.withheld_minor) as withheld_minor,
                         sum(withholding.gross_minor) as gross_minor
                    from withholding
                   where withholding.payout_share_id = paid.payout_share_id) as taxed on true
             where earning.transfer_id = any(\(ids)) and earning.worker_id = \(worker)
             group by earning.requester_id, earning.transfer_id
             order by earning.transfer_id
            """
        ).map { row in
            TakeableEarning(
                requester: try row["requester_id"], transfer: try row["transfer_id"], worker: try row["worker_id"],
                amount: try Money(row["amount_minor"], row["currency"]), withheldMinor: try row["withheld_minor"],
                grossMinor: try row["gross_minor"], isUnderWay: try row["is_under_way"])
        }
    }

    /// - Returns: false when a clawback has that id already.
    func insertClawback(
        _ id: Clawback.ID, _ rule: ClawbackRule, of worker: Worker.ID, _ amount: Money, reasons: String,
        by proposer: Principal.ID
    ) async throws -> Bool {
        try await execute(
            """
            insert into clawback (clawback_id, worker_id, currency, rule, amount_minor, claim_minor, reasons, state,
                                  proposed_by, proposed_at)
            values (\(id), \(worker), \(amount.currency), \(rule), \(amount.minorUnits), \(amount.minorUnits),
                    \(reasons), 'proposed', \(proposer), \(instant))
            on conflict on constraint clawback_pkey do nothing
            """) == 1
    }

    /// - Throws: ``ClawbackRefusal/takenBack``.
    func insertClawbackItems(
        _ items: [(id: UUID, earning: TakeableEarning, minor: Int64)], of clawback: Clawback.ID
    ) async throws {
        do {
            try await execute(
                """
                insert into clawback_item (clawback_item_id, clawback_id, requester_id, transfer_id, amount_minor,
                                           is_live)
                select item_id, \(clawback), requester_id, transfer_id, amount_minor, true
                  from unnest(\(items.map(\.id))::uuid[], \(items.map(\.earning.requester))::uuid[],
                              \(items.map(\.earning.transfer))::uuid[], \(items.map(\.minor))::bigint[])
                       as item (item_id, requester_id, transfer_id, amount_minor)
                """)
        } catch let error as StoreError where error.violatedConstraint == "clawback_item_one_live_per_earning" {
            throw ClawbackRefusal.takenBack
        }
    }

    /// A clawback, kept from being changed, recovered or overturned until this transaction ends.
    func lockClawback(_ id: Clawback.ID) async throws -> Clawback? {
        try await execute("select from clawback where clawback_id = \(id) for no key update")
        return try await firstRow("\(fragment: Clawback.columns) where clawback_id = \(id)").map(Clawback.init)
    }

    /// Whether a clawback takes back of an earning while what an appeal has given back of it is taken back too, or the
    /// other way round, by this clawback or another: the worker has had it once. What was given back may itself have
    /// been taken back and given back.
    func takesTwice(_ id: Clawback.ID, of worker: Worker.ID) async throws -> Bool {
        try await firstRow(
            """
            with recursive taken as materialized (
                select item.clawback_id, item.transfer_id, item.is_live
                  from clawback join clawback_item as item using (clawback_id)
                 where clawback.worker_id = \(worker)
            ),
            found as materialized (
                select taken.transfer_id, gift.transfer_id as gift_id
                  from taken
                  join clawback on clawback.clawback_id = taken.clawback_id
                  join appeal on appeal.decision_id = clawback.decision_id
                  join journal_entry as entry on entry.kind = 'remedy' and entry.source_id = appeal.appeal_id
                  join transfer as gift on gift.entry_id = entry.entry_id
            ),
            gift as (
                select transfer_id, gift_id from found
                 union
                select gift.transfer_id, found.gift_id from gift join found on found.transfer_id = gift.gift_id
            )
            select from gift
              join taken as earned on earned.transfer_id = gift.transfer_id and earned.is_live
              join taken as given on given.transfer_id = gift.gift_id and given.is_live
             where earned.clawback_id = \(id) or given.clawback_id = \(id)
             limit 1
            """) != nil
    }

    /// What each item moves: from the workers' debts to where the pay came from. The hold of a batch may be given back
    /// by now: then to the wallet that it came from. What earlier clawbacks of the earning have moved there stays there
    /// though they were overturned.
    func clawbackMoves(
        of id: Clawback.ID
    ) async throws -> [ClawbackMove] {
        try await rows(
            """
            select clawback_item_id, item.transfer_id, item.requester_id, item.amount_minor, transfer.currency,
                   debited.kind, transfer.amount_minor as earned_minor, coalesce(fee.amount_minor, 0) as fee_minor,
                   before.back_minor, before.fee_back_minor
              from clawback_item as item
              join transfer on transfer.transfer_id = item.transfer_id
              join account as debited on debited.account_id = transfer.debit_account_id
              left join transfer as fee on transfer.kind = 'earning' and fee.kind = 'fee'
                                       and fee.source_id = transfer.source_id
             cross join lateral (
                   select coalesce(sum(back.amount_minor) filter (where back.kind = 'clawback'), 0)::bigint
                              as back_minor,
                          coalesce(sum(back.amount_minor) filter (where back.kind = 'fee_return'), 0)::bigint
                              as fee_back_minor
                     from clawback_item as earlier
                     join transfer as back on back.kind in ('clawback', 'fee_return')
                                          and back.source_id = earlier.clawback_item_id
                    where earlier.requester_id = item.requester_id
                      and earlier.transfer_id = item.transfer_id) as before
             where item.clawback_id = \(id)
             order by clawback_item_id
            """
        ).map { row in
            let currency: Currency = try row["currency"]
            let kind: AccountKind = try row["kind"]
            let requester: Requester.ID = try row["requester_id"]
            let credit: AccountKey =
                switch kind {
                case .platformTopUps: .topUps(currency)
                case .platformRemedies: .remedies(currency)
                case .requesterWallet, .batchHold, .workerPayable, .payoutClearing, .platformFees, .bank, .taxPayable,
                    .conversion, .rounding, .writeOff, .workerReceivables:
                    .wallet(of: requester, currency)
                }
            let amount = try Money(row["amount_minor"], currency)
            let (before, feeBefore): (Int64, Int64) = (try row["back_minor"], try row["fee_back_minor"])
            let fee = ClawbackMove.part(
                of: try row["fee_minor"], for: amount.minorUnits, of: try row["earned_minor"])
            let back = max(amount.minorUnits - before, 0)
            return ClawbackMove(
                item: try row["clawback_item_id"], earning: try row["transfer_id"], requester: requester,
                credit: credit, amount: amount, back: try Money(back, currency),
                borne: try Money(amount.minorUnits - back, currency),
                fee: try Money(max(fee - feeBefore, 0), currency))
        }
    }

    func endProposal(
        _ id: Clawback.ID, as state: ClawbackState, decision: Decision.ID?, by checker: Principal.ID
    ) async throws {
        let effect = decision.map { _ in instant + Clawback.noticeSeconds }
        let changed = try await execute(
            """
            update clawback
               set state = \(state), decision_id = \(decision), effect_at = \(effect), decided_by = \(checker),
                   decided_at = \(instant)
             where clawback_id = \(id) and state = 'proposed'
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
        if decision == nil { try await endClawbackItems(of: id) }
    }

    private func endClawbackItems(of id: Clawback.ID) async throws {
        try await execute("update clawback_item set is_live = false where clawback_id = \(id) and is_live")
    }

    func noteAgreement(to id: Clawback.ID) async throws {
        try await execute("update clawback set agreed_at = \(instant) where clawback_id = \(id) and agreed_at is null")
    }

    /// The platform's claim becomes what it gives back.
    ///
    /// - Parameter earning: by which it gives back what is not taxed again.
    func overturn(_ id: Clawback.ID, givenBack: Money, by earning: Transfer.ID?) async throws {
        let changed = try await execute(
            """
            update clawback
               set state = 'overturned', claim_minor = \(givenBack.minorUnits), given_back_id = \(earning)
             where clawback_id = \(id) and state = 'decided'
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
        try await endClawbackItems(of: id)
    }

    /// What of a clawback was kept of payouts that were issued before taxes, minor units.
    func recoveredUntaxed(of id: Clawback.ID) async throws -> Int64 {
        try await oneRow(
            """
            select coalesce(sum(kept.untaxed_minor), 0)::bigint as untaxed_minor
              from clawback_recovery as kept join payout_batch using (payout_batch_id)
             where kept.clawback_id = \(id) and kept.is_live and payout_batch.state = 'issued'
            """)["untaxed_minor"]
    }

    /// For which piece of work of a clawback the worker is given back: one of which was kept before taxes, or one of
    /// which was not, if there is one, else another.
    func givenBackWork(
        of id: Clawback.ID, isTaxed: Bool
    ) async throws -> (requester: Requester.ID, work: Assignment.ID, batch: Batch.ID) {
        let row = try await oneRow(
            """
            select earning.requester_id, earning.assignment_id, earning.batch_id
              from clawback_item as item join earning using (requester_id, transfer_id)
             where item.clawback_id = \(id)
             order by exists (select from payout_item
                                join payout_share on payout_share.payout_line_id = payout_item.payout_line_id
                                                 and payout_share.worker_id = earning.worker_id
                                join clawback_recovery as kept
                                  on kept.payout_share_id = payout_share.payout_share_id
                               where payout_item.requester_id = earning.requester_id
                                 and payout_item.transfer_id = earning.transfer_id and payout_item.is_live
                                 and kept.clawback_id = item.clawback_id and kept.is_live
                                 and kept.untaxed_minor > 0) = \(isTaxed)::boolean desc,
                      item.clawback_item_id
             limit 1
            """)
        return (try row["requester_id"], try row["assignment_id"], try row["batch_id"])
    }

    /// The batches of what a clawback takes back, by id.
    func batches(of id: Clawback.ID) async throws -> [Batch.Key] {
        try await rows(
            """
            select distinct earning.batch_id, earning.requester_id
              from clawback_item join earning using (requester_id, transfer_id)
             where clawback_id = \(id)
             order by earning.batch_id
            """
        ).map { Batch.Key(requester: try $0["requester_id"], id: try $0["batch_id"]) }
    }

    /// Newest first: of a worker, or all.
    func clawbacks(
        of worker: Worker.ID?, in state: ClawbackState?, before: Clawback.ID?, limit: Int
    ) async throws -> [Clawback] {
        try await rows(
            """
            \(fragment: Clawback.columns)
             where (\(worker)::uuid is null or worker_id = \(worker)::uuid and state in ('decided', 'overturned'))
               and (\(state)::clawback_state is null or state = \(state)::clawback_state)
               and (\(before)::uuid is null
                    or (proposed_at, clawback_id)
                       < (select proposed_at, clawback_id from clawback where clawback_id = \(before)::uuid))
             order by proposed_at desc, clawback_id desc
             limit \(limit)
            """
        ).map(Clawback.init)
    }

    func clawback(by decision: Decision.ID) async throws -> Clawback.ID? {
        try await firstRow("select clawback_id from clawback where decision_id = \(decision)")?["clawback_id"]
    }
}

/// What an item of a clawback moves.
struct ClawbackMove: Sendable {
    let item: UUID
    let earning: Transfer.ID
    let requester: Requester.ID
    /// Where the pay came from.
    let credit: AccountKey
    /// In all: what goes back, and what the platform has borne.
    let amount: Money
    /// What goes back to where the pay came from: what was not given back there before. Zero or more.
    let back: Money
    /// The rest, which the platform's remedies made up for when an earlier clawback of the earning was overturned.
    let borne: Money
    /// What of the platform's fee for it goes back to the requester, less what went before.
    let fee: Money

    /// Rounding: half up.
    static func part(of fee: Int64, for amount: Int64, of earned: Int64) -> Int64 {
        guard earned > 0 else { return 0 }
        return Int64(clamping: (2 * Int128(fee) * Int128(amount) + Int128(earned)) / (2 * Int128(earned)))
    }
}

extension Clawback {
    fileprivate static let columns: SQL = """
        select clawback_id, worker_id, currency, rule, amount_minor, claim_minor, reasons, state, proposed_by,
               decision_id, effect_at, agreed_at,
               (select coalesce(sum(kept.amount_minor), 0)::bigint
                  from clawback_recovery as kept join payout_batch using (payout_batch_id)
                 where kept.clawback_id = clawback.clawback_id and kept.is_live
                   and payout_batch.state = 'issued') as recovered_minor
          from clawback
        """

    fileprivate init(row: Row) throws {
        let currency: Currency = try row["currency"]
        id = try row["clawback_id"]
        worker = try row["worker_id"]
        rule = try row["rule"]
        amount = try Money(row["amount_minor"], currency)
        claim = try Money(row["claim_minor"], currency)
        recovered = try Money(row["recovered_minor"], currency)
        reasons = try row["reasons"]
        state = try row["state"]
        proposedBy = try row["proposed_by"]
        decision = try row["decision_id"]
        effectAt = try row["effect_at"]
        agreedAt = try row["agreed_at"]
    }
}
