internal import Formats
internal import Foundation
internal import Store

/// What a claim must know of a worker beside what their row says.
struct ClaimantReading: Sendable {
    let isWorker: Bool
    /// Whether they are or were a reviewer.
    let reviews: Bool
    let limits: WorkLimits
    let bonds: WorkerBonds
    /// What keeps work away that the worker has not named.
    let asks: Asks
    /// What eligibility looks at.
    let facts: WorkerFacts
    /// What is kept of which requirements they meet.
    let stored: (met: [Requirement.ID], unknown: [Requirement.ID])
    let liveLeases: Int
    let minutesOfDay: Int
    let minutesOfWeek: Int
}

extension Transaction {
    /// Everything about a locked worker, in one round trip; `nil` when there is no such worker.
    func claimant(_ id: Worker.ID, on day: CalendarDate, weekStartsOn monday: CalendarDate) async throws
        -> ClaimantReading?
    {
        // Whatever the statistics say: a table that was vacuumed while it was empty is no reason to read it through,
        // and one plan for all values will do, as planning costs more than any of the claim's statements.
        let answers = try await pipeline([
            """
            select set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)
            """,
            standingStatement(of: id, on: day, weekStartsOn: monday),
            Self.workLimitsStatement(of: id, at: instant),
            Self.workerBondsStatement(of: id, at: instant), Self.workerHistoriesStatement(of: [id]),
            Self.storedEligibilityStatement(of: id, at: instant), Self.asksStatement(of: id, at: instant),
        ])
        guard answers.count == 7, let standing = answers[1].first, let limits = answers[2].first,
            let bonds = answers[3].first, let history = answers[4].first
        else { return nil }
        return ClaimantReading(
            isWorker: try standing["is_worker"], reviews: try standing["reviews"], limits: try WorkLimits(row: limits),
            bonds: try WorkerBonds(row: bonds), asks: try Asks(rows: answers[6]),
            facts: try WorkerHistory(row: history).facts(at: instant),
            stored: try Self.storedEligibility(answers[5]), liveLeases: try standing["live_leases"],
            minutesOfDay: try standing["minutes_of_day"], minutesOfWeek: try standing["minutes_of_week"]
        )
    }

    private func standingStatement(
        of id: Worker.ID, on day: CalendarDate, weekStartsOn monday: CalendarDate
    ) -> SQL {
        """
        select exists (select from role_grant
                        where principal_id = \(id) and role = 'worker' and requester_id is null
                          and in_force @> \(instant)) as is_worker,
               exists (select from role_grant where principal_id = \(id) and role = 'reviewer') as reviews,
               coalesce((select live_leases from worker_load where worker_id = \(id)), 0) as live_leases,
               coalesce((select committed_minutes from worker_day
                          where worker_id = \(id) and on_day = \(day)), 0) as minutes_of_day,
               coalesce((select committed_minutes from worker_week
                          where worker_id = \(id) and week_starts_on = \(monday)), 0) as minutes_of_week
        """
    }

    /// How many tasks of a batch a worker has: in hand, answered or judged, up to `most`. An assignment's id is no
    /// older than its batch's, so that only what the worker has taken since is looked at.
    func tasksHeld(of batch: Batch.Key, by worker: Worker.ID, most: Int) async throws -> Int {
        try await oneRow(
            """
            select count(*) as held from (
                select from assignment
                 where worker_id = \(worker) and assignment_id > \(batch.id.leastOfItsInstant)
                   and requester_id = \(batch.requester) and batch_id = \(batch.id)
                   and state in ('leased', 'submitted', 'accepted', 'rejected')
                 limit \(most)) as mine
            """)["held"]
    }

    /// What the worker's newest task of a batch belongs to, if anything.
    func lastMatter(of batch: Batch.Key, by worker: Worker.ID) async throws -> String? {
        try await firstRow(
            """
            select task.matter
              from assignment join task using (requester_id, task_id)
             where assignment.worker_id = \(worker) and assignment.assignment_id > \(batch.id.leastOfItsInstant)
               and assignment.requester_id = \(batch.requester) and assignment.batch_id = \(batch.id)
             order by assignment.assignment_id desc
             limit 1
            """)?["matter"]
    }
}
