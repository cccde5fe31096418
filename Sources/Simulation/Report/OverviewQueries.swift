internal import Foundation
internal import Marketplace
internal import Store

extension Transaction {
    /// For what reads whole tables.
    func allowLongReads() async throws {
        try await execute("set local statement_timeout = '10min'")
    }

    /// By external key; at most 200.
    func projectLines(_ agreement: [KnownAgreement.Owner: KnownAgreement]) async throws -> [SimulationReport.Project] {
        try await rows(
            """
            with work as (
                select batch.project_id, batch.requester_id,
                       count(*) filter (where assignment.state = 'leased') as leased,
                       count(*) filter (where assignment.state = 'submitted') as submitted,
                       count(*) filter (where assignment.state = 'accepted') as accepted,
                       count(*) filter (where assignment.state = 'rejected') as rejected,
                       count(*) filter (where assignment.state = 'expired') as expired,
                       count(*) filter (where assignment.state = 'returned') as returned,
                       count(*) filter (where review.verdict = 'accepted_in_part') as partly,
                       percentile_disc(0.5) within group (
                           order by extract(epoch from earning.earned_at - batch.opened_at)::bigint) as fill_median,
                       percentile_disc(0.9) within group (
                           order by extract(epoch from earning.earned_at - batch.opened_at)::bigint) as fill_ninetieth
                  from assignment
                  join batch using (requester_id, batch_id)
                  left join review using (requester_id, assignment_id)
                  left join earning on earning.requester_id = assignment.requester_id
                                   and earning.assignment_id = assignment.assignment_id
                                   and earning.flag_id is null and earning.bonus_id is null
                 group by 1, 2
            ),
            tasks as (
                select task.requester_id, task.project_id, count(*) filter (where batch.state = 'draft') as draft,
                       count(*) filter (where batch.state <> 'draft' and task.state = 'open') as open,
                       count(*) filter (where task.state = 'closed') as closed
                  from task join batch using (requester_id, batch_id)
                 group by 1, 2
            )
            select project.external_key, project.name, draft, open, closed, leased, submitted, accepted, rejected,
                   expired, returned, partly, fill_median, fill_ninetieth, project.project_id, project.requester_id
              from project
              left join tasks using (requester_id, project_id)
              left join work using (requester_id, project_id)
             order by project.external_key collate "C", project.requester_id
             limit 200
            """
        ).map { row in
            let owner = KnownAgreement.Owner(requester: try row["requester_id"], project: try row["project_id"])
            return try SimulationReport.Project(row: row, agreement[owner]?.basisPoints)
        }
    }

    /// Oldest first; at most 200.
    func releaseLines() async throws -> [SimulationReport.Release] {
        try await rows(
            """
            select batch.name, batch.state, batch.currency, batch.budget_minor,
                   coalesce((select sum(balance_minor) from account_slice
                              where account_slice.account_id = account.account_id), 0)::bigint as held,
                   coalesce((select sum(amount_minor) from transfer
                              where transfer.debit_account_id = account.account_id
                                and transfer.kind in ('earning', 'fee', 'top_up')), 0)::bigint as spent,
                   (select count(*) from pay_floor_flag as flag
                     where flag.requester_id = batch.requester_id and flag.batch_id = batch.batch_id) as floor_flags
              from batch
              left join account on account.kind = 'batch_hold' and account.owner_id = batch.batch_id
                               and account.currency = batch.currency
             order by batch.created_at, batch.name, batch.batch_id
             limit 200
            """
        ).map { row in
            let currency: Currency = try row["currency"]
            return SimulationReport.Release(
                name: try row["name"], state: try row["state"], budget: try Money(row["budget_minor"], currency),
                spent: try Money(row["spent"], currency), held: try Money(row["held"], currency),
                floorFlags: try row["floor_flags"]
            )
        }
    }

    /// By currency.
    func payLines() async throws -> [SimulationReport.Pay] {
        try await rows(
            """
            with currencies as (
                select distinct currency from account
            )
            select currency,
                   coalesce((select sum(amount_minor) from earning where earning.currency = c.currency), 0)::bigint
                       as earned,
                   coalesce((select sum(total_minor) from payout_batch
                              where payout_batch.currency = c.currency and state = 'issued'), 0)::bigint as paid,
                   (select count(*) from payout_batch
                     where payout_batch.currency = c.currency and state = 'issued') as payout_batches,
                   coalesce((select sum(amount_minor) from transfer
                              where transfer.currency = c.currency and kind = 'payout'), 0)::bigint as posted,
                   coalesce((select sum(amount_minor) from transfer
                              where transfer.currency = c.currency and kind = 'fee'), 0)::bigint as fees,
                   ((select coalesce(sum(amount_minor), 0)
                       from transfer join account on account_id = credit_account_id
                      where account.currency = c.currency and account.kind = 'worker_payable')
                    - (select coalesce(sum(amount_minor), 0)
                         from transfer join account on account_id = debit_account_id
                        where account.currency = c.currency and account.kind = 'worker_payable'))::bigint as owed
              from currencies as c
             order by currency
            """
        ).map { row in
            let currency: Currency = try row["currency"]
            func money(_ column: String) throws -> Money { try Money(row.value(column, as: Int64.self), currency) }
            return SimulationReport.Pay(
                earned: try money("earned"), paid: try money("paid"), posted: try money("posted"),
                owed: try money("owed"), fees: try money("fees"), payoutBatches: try row["payout_batches"]
            )
        }
    }

    /// What there is of everything else.
    func marketCounts() async throws -> (workers: Int, decisions: Int, events: Int, sealed: Int, streams: Int) {
        let row = try await oneRow(
            """
            select (select count(*) from worker) as workers, (select count(*) from decision) as decisions,
                   (select count(*) from audit_event) as events, (select count(*) from audit_seal) as sealed,
                   (select count(*) from audit_stream) as streams
            """)
        return (
            try row["workers"], try row["decisions"], try row["events"], try row["sealed"], try row["streams"]
        )
    }
}

extension SimulationReport.Project {
    init(row: Row, _ agreementBasisPoints: Int?) throws {
        func count(_ column: String) throws -> Int { try row.value(column, as: Int?.self) ?? 0 }
        key = try row["external_key"]
        name = try row["name"]
        tasks = [.draft: try count("draft"), .open: try count("open"), .closed: try count("closed")]
        assignments = [
            .leased: try count("leased"), .submitted: try count("submitted"), .accepted: try count("accepted"),
            .rejected: try count("rejected"), .expired: try count("expired"), .returned: try count("returned"),
        ]
        partly = try count("partly")
        fillMedianSeconds = try row["fill_median"]
        fillNinetiethSeconds = try row["fill_ninetieth"]
        self.agreementBasisPoints = agreementBasisPoints
    }
}
