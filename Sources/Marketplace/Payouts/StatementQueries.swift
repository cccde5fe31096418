internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    func externalKey(of worker: Worker.ID) async throws -> String? {
        try await firstRow("select external_key from worker where worker_id = \(worker)")?["external_key"]
    }

    /// What an issued payout pays a worker: by one payment, or by two, where part of it goes to an agency.
    func paidShares(of payout: PayoutBatch.ID, _ worker: Worker.ID) async throws -> [PaidShare] {
        try await rows(
            """
            \(fragment: PaidShare.select)
             where share.worker_id = \(worker) and line.payout_batch_id = \(payout) and batch.state = 'issued'
             order by share.payout_share_id
            """
        ).map(PaidShare.init)
    }

    /// What a worker was paid on the days from one to before another, in their order.
    func paidShares(
        of worker: Worker.ID, from start: CalendarDate, to end: CalendarDate, after last: PaidShare?, limit: Int
    ) async throws -> [PaidShare] {
        try await rows(
            """
            \(fragment: PaidShare.select)
             where share.worker_id = \(worker) and batch.state = 'issued'
               and payday.paid_on >= \(start) and payday.paid_on < \(end)
               and (\(last?.paidOn)::date is null
                    or (payday.paid_on, share.payout_share_id) > (\(last?.paidOn)::date, \(last?.share)::uuid))
             order by payday.paid_on, share.payout_share_id
             limit \(limit)
            """
        ).map(PaidShare.init)
    }

    /// A payment to an agency, of a payout that was issued.
    func agencyPayment(_ line: PayoutLine.ID) async throws -> AgencyPayment? {
        try await firstRow(
            """
            select team.team_id, team.name, payout_batch_id, end_to_end_id, amount_minor, payout_line.currency,
                   issued_at, payout_line.state as line_state, reason
              from payout_line
              join payout_batch using (payout_batch_id)
              join team on team.team_id = payee_team_id
             where payout_line_id = \(line) and payout_batch.state = 'issued'
            """
        ).map { row in
            AgencyPayment(
                team: try row["team_id"], name: try row["name"], payout: try row["payout_batch_id"],
                endToEndID: try row["end_to_end_id"], amount: try Money(row["amount_minor"], row["currency"]),
                issuedAt: try row["issued_at"], standing: PaidShare.Standing(try row["line_state"]),
                reason: try row["reason"])
        }
    }

    /// What of a payment is a worker's, by transfer.
    func paidEarnings(
        of line: PayoutLine.ID, _ worker: Worker.ID, after last: UUID?, limit: Int
    ) async throws -> [PaidEarning] {
        try await rows(
            """
            select earning.transfer_id, earning.earned_at, batch.name as batch, earning.assignment_id,
                   earning.amount_minor, earning.currency,
                   case when flag_id is not null then 'top_up' when bonus_id is null then 'work'
                        when \(fragment: Self.isRemedy("earning")) then 'remedy'
                        else 'bonus' end as kind,
                   case when flag_id is null and bonus_id is null then review.share_bps end as share_bps
              from payout_item
              join earning using (requester_id, transfer_id)
              join batch on batch.requester_id = earning.requester_id and batch.batch_id = earning.batch_id
              left join review on review.requester_id = earning.requester_id
                              and review.assignment_id = earning.assignment_id
             where payout_item.payout_line_id = \(line) and earning.worker_id = \(worker)
               and (\(last)::uuid is null or earning.transfer_id > \(last)::uuid)
             order by earning.transfer_id
             limit \(limit)
            """
        ).map { row in
            PaidEarning(
                transfer: try row["transfer_id"], kind: try row["kind"], earnedAt: try row["earned_at"],
                batch: try row["batch"], assignment: try row["assignment_id"], basisPoints: try row["share_bps"],
                amount: try Money(row["amount_minor"], row["currency"])
            )
        }
    }

    /// What was withheld of a worker's part of a payment, by place.
    func withheldParts(of share: UUID) async throws -> [(ruleSet: String, amount: Money)] {
        try await rows(
            """
            select rule_set, withheld_minor, currency from withholding
             where payout_share_id = \(share) and withheld_minor > 0
             order by withholding_id
            """
        ).map { (try $0["rule_set"], try Money($0["withheld_minor"], $0["currency"])) }
    }
}

extension PaidShare {
    /// The day of payment is the one that its taxes go by; else that on which the bank is to pay; else that on which a
    /// table was issued, in UTC.
    fileprivate static let select: SQL = """
        select share.payout_share_id, share.payout_line_id, line.payout_batch_id, share.amount_minor, batch.currency,
               batch.issued_at, payday.paid_on, line.end_to_end_id, line.state, line.reason,
               coalesce((select sum(withheld_minor) from withholding
                          where withholding.payout_share_id = share.payout_share_id), 0)::bigint as withheld_minor,
               coalesce((select sum(kept.amount_minor) from clawback_recovery as kept
                          where kept.payout_share_id = share.payout_share_id), 0)::bigint as kept_minor
          from payout_share as share
          join payout_line as line using (payout_line_id)
          join payout_batch as batch using (payout_batch_id)
         cross join lateral (
             select coalesce(
                        (select min(withholding.paid_on) from withholding
                          where withholding.payout_share_id = share.payout_share_id),
                        (batch.payer ->> 'execution_on')::date,
                        (batch.issued_at at time zone 'UTC')::date) as paid_on) as payday
        """

    init(row: Row) throws {
        let currency: Currency = try row["currency"]
        share = try row["payout_share_id"]
        line = try row["payout_line_id"]
        payout = try row["payout_batch_id"]
        net = try Money(row["amount_minor"], currency)
        withheld = try Money(row["withheld_minor"], currency)
        kept = try Money(row["kept_minor"], currency)
        gross = try net.adding(withheld).adding(kept)
        endToEndID = try row["end_to_end_id"]
        issuedAt = try row["issued_at"]
        paidOn = try row["paid_on"]
        standing = Standing(try row["state"])
        reason = try row["reason"]
    }
}
