internal import Foundation
internal import Store

extension Transaction {
    /// Whether pay is what an appeal has paid.
    ///
    /// - Parameter table: what has the earning's `bonus_id`.
    static func isRemedy(_ table: SQL) -> SQL {
        """
        exists (select from transfer as gift
                 where gift.transfer_id = \(fragment: table).bonus_id and gift.kind = 'remedy')
        """
    }

    /// What a worker did that is paid or may be, newest first: answers that wait for a verdict, and earnings.
    ///
    /// - Parameter before: the last line of the page before.
    func earningLines(of worker: Worker.ID, before: EarningLine.Mark?, limit: Int) async throws -> [EarningLine] {
        try await rows(
            """
            with line as (
                (select assignment.requester_id, assignment.assignment_id, submission.submitted_at as at,
                        assignment.assignment_id as line_id, null::uuid as transfer_id,
                        assignment.pay_minor as amount_minor, assignment.currency, null::uuid as flag_id,
                        null::uuid as bonus_id
                   from assignment
                   join submission using (requester_id, assignment_id)
                  where assignment.worker_id = \(worker) and assignment.state = 'submitted'
                    and (\(before?.at)::timestamptz is null
                         or (submission.submitted_at, assignment.assignment_id)
                            < (\(before?.at)::timestamptz, \(before?.line)::uuid))
                  order by submission.submitted_at desc, assignment.assignment_id desc
                  limit \(limit))
                 union all
                (select requester_id, assignment_id, earned_at, transfer_id, transfer_id, amount_minor, currency,
                        flag_id, bonus_id
                   from earning
                  where worker_id = \(worker)
                    and (\(before?.at)::timestamptz is null
                         or (earned_at, transfer_id) < (\(before?.at)::timestamptz, \(before?.line)::uuid))
                  order by earned_at desc, transfer_id desc
                  limit \(limit))
            )
            select line.*, batch.name as batch, assignment.terms, review.share_bps, paid.state as payout_state,
                   paid.payout_batch_id, paid.line_state, paid.settled_at,
                   \(fragment: Self.isRemedy("line")) as is_remedy
              from line
              join assignment using (requester_id, assignment_id)
              join batch on batch.requester_id = line.requester_id and batch.batch_id = assignment.batch_id
              left join review on review.requester_id = line.requester_id and review.assignment_id = line.assignment_id
              left join lateral (
                  select payout_batch.state, payout_batch.payout_batch_id, payout_line.state as line_state,
                         payout_line.settled_at
                    from payout_item
                    join payout_line using (payout_line_id)
                    join payout_batch using (payout_batch_id)
                   where payout_item.requester_id = line.requester_id and payout_item.transfer_id = line.transfer_id
                     and payout_item.is_live) as paid on true
             order by line.at desc, line.line_id desc
             limit \(limit)
            """
        ).map(EarningLine.init)
    }

    /// What a worker's work comes to in each currency.
    func earningSums(of worker: Worker.ID) async throws -> [EarningSum] {
        try await rows(
            """
            with pending as (
                select currency, sum(pay_minor)::bigint as amount_minor from assignment
                 where worker_id = \(worker) and state = 'submitted' group by currency
            ),
            earned as (
                select earning.currency,
                       coalesce(sum(earning.amount_minor) filter (where payout_batch.state = 'issued'
                                                                    and payout_line.state = 'settled'), 0)::bigint
                           as paid,
                       coalesce(sum(earning.amount_minor) filter (where payout_batch.state = 'issued'
                                                                    and payout_line.state <> 'settled'), 0)::bigint
                           as sent,
                       coalesce(sum(earning.amount_minor) filter (where payout_batch.state in ('prepared', 'approved')),
                                0)::bigint as in_payout,
                       coalesce(sum(earning.amount_minor) filter (where payout_batch.state is null), 0)::bigint as due
                  from earning
                  left join payout_item on payout_item.requester_id = earning.requester_id
                                       and payout_item.transfer_id = earning.transfer_id and payout_item.is_live
                  left join payout_line using (payout_line_id)
                  left join payout_batch using (payout_batch_id)
                 where earning.worker_id = \(worker)
                 group by earning.currency
            ),
            taxed as (
                select withholding.currency, sum(withheld_minor)::bigint as amount_minor
                  from withholding join payout_batch using (payout_batch_id)
                 where worker_id = \(worker) and payout_batch.state = 'issued'
                   and not exists (select from withholding_reversal as back
                                    where back.withholding_id = withholding.withholding_id)
                 group by 1
            ),
            netted as (
                select clawback.currency, sum(recovery.amount_minor)::bigint as amount_minor
                  from clawback_recovery as recovery
                  join clawback using (clawback_id)
                  join payout_batch using (payout_batch_id)
                 where clawback.worker_id = \(worker) and recovery.is_live and payout_batch.state = 'issued'
                 group by 1
            )
            select currency, coalesce(pending.amount_minor, 0) as pending, coalesce(earned.due, 0) as due,
                   coalesce(earned.in_payout, 0) as in_payout, coalesce(earned.sent, 0) as sent,
                   coalesce(earned.paid, 0) as paid, coalesce(taxed.amount_minor, 0) as withheld,
                   coalesce(netted.amount_minor, 0) as kept
              from pending full join earned using (currency) left join taxed using (currency)
              left join netted using (currency)
             order by currency
            """
        ).map { row in
            let currency: Currency = try row["currency"]
            func money(_ column: String) throws -> Money { try Money(row.value(column, as: Int64.self), currency) }
            return EarningSum(
                pending: try money("pending"), due: try money("due"), inPayout: try money("in_payout"),
                sent: try money("sent"), paid: try money("paid"), withheld: try money("withheld"),
                kept: try money("kept"))
        }
    }

    /// What is owed to workers and has not left with a payout, by currency and how long ago it was earned.
    func agingLines() async throws -> [FinanceReport.Aging] {
        try await rows(
            """
            select earning.currency,
                   width_bucket(extract(epoch from \(instant) - earned_at) / 86400, array[7, 14, 30, 60]) as bucket,
                   count(*) as earnings, count(distinct worker_id) as workers, sum(amount_minor)::bigint as amount_minor
              from earning
             where not exists (select from payout_item join payout_line using (payout_line_id)
                                 join payout_batch using (payout_batch_id)
                                where payout_item.requester_id = earning.requester_id
                                  and payout_item.transfer_id = earning.transfer_id and payout_item.is_live
                                  and payout_batch.state = 'issued')
             group by 1, 2
             order by 1, 2
            """
        ).map { row in
            FinanceReport.Aging(
                bucket: try row["bucket"], amount: try Money(row["amount_minor"], row["currency"]),
                earnings: try row["earnings"], workers: try row["workers"])
        }
    }

    /// What workers owe of pay that was taken back, by currency.
    func receivableLines() async throws -> [FinanceReport.Receivable] {
        try await rows(
            """
            select currency, count(*) as claims, count(distinct worker_id) as workers,
                   sum(owed_minor)::bigint as owed_minor,
                   coalesce(sum(owed_minor) filter (where rests), 0)::bigint as resting_minor
              from (select currency, worker_id,
                           claim_minor - (select coalesce(sum(kept.amount_minor), 0)
                                            from clawback_recovery as kept join payout_batch using (payout_batch_id)
                                           where kept.clawback_id = clawback.clawback_id and kept.is_live
                                             and payout_batch.state = 'issued') as owed_minor,
                           effect_at > \(instant)
                           or exists (select from appeal
                                       where appeal.decision_id = clawback.decision_id and appeal.state = 'open')
                           as rests
                      from clawback where state in ('decided', 'overturned')) as claim
             where owed_minor > 0
             group by currency
             order by currency
            """
        ).map { row in
            let currency: Currency = try row["currency"]
            return FinanceReport.Receivable(
                owed: try Money(row["owed_minor"], currency), claims: try row["claims"], workers: try row["workers"],
                resting: try Money(row["resting_minor"], currency))
        }
    }

    /// What accepted work has cost within a time, by currency, less what of it was taken back within the time: under
    /// the kind of what was taken. What the platform has back that it had borne is of no item, and not counted again.
    func takeLines(from start: Date, to end: Date) async throws -> [FinanceReport.Take] {
        try await rows(
            """
            with moved as (
                select transfer.currency, paid.transfer_id as taken_id,
                       paid.amount_minor = item.amount_minor as is_whole,
                       case transfer.kind when 'clawback' then paid.kind when 'fee_return' then 'fee'
                                          else transfer.kind end as kind,
                       case when transfer.kind in ('clawback', 'fee_return') then -transfer.amount_minor
                            else transfer.amount_minor end as amount_minor
                  from transfer
                  left join clawback_item as item on transfer.kind = 'clawback'
                                                 and item.clawback_item_id = transfer.source_id
                  left join transfer as paid on paid.transfer_id = item.transfer_id
                 where transfer.kind in ('earning', 'fee', 'fee_return', 'top_up', 'bonus', 'clawback')
                   and transfer.posted_at >= \(start) and transfer.posted_at < \(end)
            )
            select currency,
                   coalesce(sum(amount_minor) filter (where kind = 'earning'), 0)::bigint as pay_minor,
                   coalesce(sum(amount_minor) filter (where kind = 'fee'), 0)::bigint as fee_minor,
                   coalesce(sum(amount_minor) filter (where kind = 'top_up'), 0)::bigint as top_up_minor,
                   coalesce(sum(amount_minor) filter (where kind = 'bonus'), 0)::bigint as bonus_minor,
                   count(*) filter (where kind = 'earning' and taken_id is null)
                   - count(distinct taken_id) filter (where kind = 'earning' and is_whole) as accepted
              from moved
             where kind in ('earning', 'fee', 'top_up', 'bonus')
             group by currency
             order by currency
            """
        ).map { row in
            let currency: Currency = try row["currency"]
            return FinanceReport.Take(
                pay: try Money(row["pay_minor"], currency), fees: try Money(row["fee_minor"], currency),
                topUps: try Money(row["top_up_minor"], currency), bonuses: try Money(row["bonus_minor"], currency),
                accepted: try row["accepted"])
        }
    }
}
