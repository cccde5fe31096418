package import Formats
package import Foundation
package import Store

/// An open batch whose work the scheduler offers, with slots that are not on offer yet.
package struct RoutingBatch: Hashable, Sendable {
    package let requester: Requester.ID
    package let id: Batch.ID
    package let requirement: Requirement.ID
    package let expectedMinutes: Int
    /// How long a lease lasts.
    package let leaseSeconds: Int
    package let priority: Int
    /// When its answers must be there; `nil` for no deadline.
    package let dueAt: Date?
    package let openedAt: Date
    /// Open slots, as far as they were looked at: 0 to ``Transaction/routingSlotsMax``.
    package let openSlots: Int
    /// Different tasks among those slots.
    package let openTasks: Int
    /// Offers of the batch that wait for an answer.
    package let openOffers: Int

    package init(
        requester: Requester.ID, id: Batch.ID, requirement: Requirement.ID, expectedMinutes: Int, leaseSeconds: Int,
        priority: Int, dueAt: Date? = nil, openedAt: Date, openSlots: Int, openTasks: Int, openOffers: Int
    ) {
        (self.requester, self.id, self.requirement) = (requester, id, requirement)
        (self.expectedMinutes, self.leaseSeconds) = (expectedMinutes, leaseSeconds)
        (self.priority, self.dueAt, self.openedAt) = (priority, dueAt, openedAt)
        (self.openSlots, self.openTasks, self.openOffers) = (openSlots, openTasks, openOffers)
    }

    init(row: Row) throws {
        self.init(
            requester: try row["requester_id"], id: try row["batch_id"], requirement: try row["requirement_id"],
            expectedMinutes: try row["expected_minutes"], leaseSeconds: try row["lease_seconds"],
            priority: try row["priority"], dueAt: try row["due_at"], openedAt: try row["opened_at"],
            openSlots: try row["open_slots"],
            openTasks: try row["open_tasks"],
            openOffers: try row["open_offers"]
        )
    }
}

/// An active worker, as far as a routing round asks.
package struct RoutingWorker: Hashable, Sendable {
    package let id: Worker.ID
    /// IANA name.
    package let timeZone: String
    /// What they may take at most; the least of all caps.
    package let limits: WorkLimits

    init(row: Row) throws {
        id = try row["worker_id"]
        timeZone = try row["time_zone"]
        limits = WorkLimits(
            weeklyMinutesMax: try row["weekly_minutes_max"], dailyMinutesMax: try row["daily_minutes_max"],
            tasksAtOnceMax: try row["tasks_at_once_max"], offerNoticeMinutes: try row["offer_notice_minutes"]
        )
    }
}

/// What a worker is committed to already.
package struct RoutingLoad: Hashable, Sendable {
    /// Of the week asked for.
    package let committedMinutes: Int
    /// Of the day asked for.
    package let committedToday: Int
    package let liveLeases: Int
    /// Offers that wait for the worker's answer, and what they would take.
    package let openOffers: Int
    package let offeredMinutes: Int
    /// What the live leases take.
    package let leasedMinutes: Int

    init(row: Row) throws {
        committedMinutes = try row["committed_minutes"]
        committedToday = try row["committed_today"]
        liveLeases = try row["live_leases"]
        openOffers = try row["open_offers"]
        offeredMinutes = try row["offered_minutes"]
        leasedMinutes = try row["leased_minutes"]
    }
}

/// A batch and a worker.
package struct RoutingPair: Hashable, Sendable {
    package let batch: Batch.ID
    package let worker: Worker.ID

    package init(batch: Batch.ID, worker: Worker.ID) {
        (self.batch, self.worker) = (batch, worker)
    }
}

extension Transaction {
    /// How many open slots of a batch a routing round looks at.
    package static var routingSlotsMax: Int { 200 }

    /// Batches with more open slots than open offers, in the order of service but for the lot: higher priority
    /// first, then what is due first, then the older.
    ///
    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    package func routingBatches(after last: RoutingBatch?, limit: Int) async throws -> [RoutingBatch] {
        try await rows(
            """
            select batch.requester_id, batch.batch_id, batch.requirement_id, batch.expected_minutes,
                   batch.lease_seconds, batch.priority, batch.due_at, batch.opened_at, slots.open_slots,
                   slots.open_tasks, offers.open_offers
              from batch
             cross join lateral (
                select count(*) as open_slots, count(distinct seen.task_id) as open_tasks
                  from (select slot.task_id from slot
                         where slot.requester_id = batch.requester_id and slot.batch_id = batch.batch_id
                           and slot.state = 'open'
                         order by slot.allotment_id, slot.slot_no, slot.task_id
                         limit \(Self.routingSlotsMax)) as seen
             ) as slots
             cross join lateral (
                select count(*) as open_offers from offer
                 where offer.requester_id = batch.requester_id and offer.batch_id = batch.batch_id
                   and offer.state = 'open'
             ) as offers
             where batch.state = 'open' and batch.door = 'offer'
               and (batch.due_at is null or batch.due_at > \(instant))
               and (\(last?.id)::uuid is null
                    or batch.priority < \(last?.priority)::bigint
                    or (batch.priority = \(last?.priority)::bigint
                        and (coalesce(batch.due_at, 'infinity'), batch.opened_at, batch.batch_id)
                            > (coalesce(\(last?.dueAt)::timestamptz, 'infinity'), \(last?.openedAt)::timestamptz,
                               \(last?.id)::uuid)))
               and slots.open_slots > offers.open_offers
             order by batch.priority desc, coalesce(batch.due_at, 'infinity'), batch.opened_at, batch.batch_id
             limit \(try PageLimit.checked(limit))
            """
        ).map(RoutingBatch.init)
    }

    /// Active workers who meet one of these requirements, by id; all that are active, where it is not known yet who
    /// meets one of them.
    ///
    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    package func routingWorkers(
        meeting requirements: [Requirement.ID], after last: Worker.ID?, limit: Int
    ) async throws -> [RoutingWorker] {
        let limit = try PageLimit.checked(limit)
        let page =
            try await areKept(requirements)
            ? Self.keptCandidates(meeting: requirements, at: instant, after: last, limit: limit)
            : """
            select worker_id from worker
             where state = 'active' and (\(last)::uuid is null or worker_id > \(last)::uuid)
             order by worker_id
             limit \(limit)
            """
        return try await rows(
            """
            with page as materialized (
                select worker_id, country, time_zone, weekly_minutes_max, daily_minutes_max, tasks_at_once_max,
                       offer_notice_minutes
                  from (\(fragment: page)) as found join worker using (worker_id)
            )
            select page.worker_id, page.time_zone, page.tasks_at_once_max, page.offer_notice_minutes,
                   least(page.weekly_minutes_max, policy.weekly_minutes_max) as weekly_minutes_max,
                   coalesce(least(page.daily_minutes_max, policy.daily_minutes_max), 10080) as daily_minutes_max
              from page
             cross join lateral (
                select min(hours_policy.weekly_minutes_max) as weekly_minutes_max,
                       min(hours_policy.daily_minutes_max) as daily_minutes_max
                  from hours_policy
                 where (hours_policy.country is null or hours_policy.country = page.country)
                   and hours_policy.in_force @> \(instant)
             ) as policy
             order by page.worker_id
            """
        ).map(RoutingWorker.init)
    }

    /// Each requirement's first few come from their index.
    private static func keptCandidates(
        meeting requirements: [Requirement.ID], at instant: Date, after last: Worker.ID?, limit: Int
    ) -> SQL {
        """
        select distinct found.worker_id
          from unnest(\(requirements)::uuid[]) as demanded (requirement_id)
         cross join lateral (
            select kept.worker_id
              from worker_requirement as kept join worker using (worker_id)
             where kept.requirement_id = demanded.requirement_id
               and kept.in_force @> \(instant)
               and kept.worker_id > coalesce(\(last)::uuid, '00000000-0000-0000-0000-000000000000')
               and worker.state = 'active'
             order by kept.worker_id
             limit \(limit)) as found
         order by found.worker_id
         limit \(limit)
        """
    }

    /// What workers are committed to: in one week and on one day each, and at this moment.
    ///
    /// - Parameter weeks: a Monday and a day for each worker.
    package func routingLoads(
        _ weeks: [(worker: Worker.ID, startsOn: CalendarDate, day: CalendarDate)]
    ) async throws -> [Worker.ID: RoutingLoad] {
        let rows = try await rows(
            """
            select asked.worker_id,
                   coalesce(worker_week.committed_minutes, 0) as committed_minutes,
                   coalesce(worker_day.committed_minutes, 0) as committed_today,
                   coalesce(worker_load.live_leases, 0) as live_leases,
                   offers.open_offers, offers.offered_minutes, leases.leased_minutes
              from unnest(\(weeks.map(\.worker))::uuid[], \(weeks.map { "\($0.startsOn)" })::text[],
                          \(weeks.map { "\($0.day)" })::text[]) as asked (worker_id, week_starts_on, on_day)
              left join worker_week on worker_week.worker_id = asked.worker_id
                                   and worker_week.week_starts_on = asked.week_starts_on::date
              left join worker_day on worker_day.worker_id = asked.worker_id
                                  and worker_day.on_day = asked.on_day::date
              left join worker_load on worker_load.worker_id = asked.worker_id
             cross join lateral (
                select count(*) as open_offers, coalesce(sum(batch.expected_minutes), 0) as offered_minutes
                  from offer
                  join batch using (requester_id, batch_id)
                 where offer.worker_id = asked.worker_id and offer.state = 'open'
             ) as offers
             cross join lateral (
                select coalesce(sum(assignment.expected_minutes), 0) as leased_minutes
                  from assignment
                 where assignment.worker_id = asked.worker_id and assignment.state = 'leased'
                   and worker_load.live_leases > 0
                   -- A lease ends within 90 days.
                   and assignment.week_starts_on >= asked.week_starts_on::date - 98
             ) as leases
            """)
        return try Dictionary(
            rows.map { (try $0.value("worker_id", as: Worker.ID.self), try RoutingLoad(row: $0)) },
            uniquingKeysWith: { first, _ in first }
        )
    }
}

extension Transaction {
    /// Which of these workers have an open offer of which batch (`isOpen`), or turned one down or let it lapse after
    /// `since`.
    package func routingOffers(
        of batches: [RoutingBatch], to workers: [Worker.ID], since: Date
    ) async throws -> [(pair: RoutingPair, isOpen: Bool)] {
        try await rows(
            """
            select offer.batch_id, offer.worker_id, bool_or(offer.state = 'open') as is_open
              from unnest(\(batches.map(\.requester))::uuid[], \(batches.map(\.id))::uuid[])
                   as asked (requester_id, batch_id)
              join offer using (requester_id, batch_id)
             where offer.worker_id = any(\(workers))
               and (offer.state = 'open' or (offer.state in ('declined', 'lapsed') and offer.closed_at > \(since)))
             group by offer.batch_id, offer.worker_id
            """
        ).map { (try RoutingPair(row: $0), try $0["is_open"]) }
    }

    /// Which of these workers have a counted assignment on every task of a batch that has an open slot. Of batches with
    /// more open slots than were looked at, none.
    package func routingFinished(
        _ batches: [RoutingBatch], by workers: [Worker.ID]
    ) async throws -> Set<RoutingPair> {
        let ending = batches.filter { $0.openSlots < Self.routingSlotsMax }
        guard !ending.isEmpty else { return [] }
        return try Set(
            await rows(
                """
                select asked.batch_id, mine.worker_id
                  from unnest(\(ending.map(\.requester))::uuid[], \(ending.map(\.id))::uuid[],
                              \(ending.map(\.openTasks))::bigint[]) as asked (requester_id, batch_id, open_tasks)
                 cross join lateral (
                    select distinct seen.task_id
                      from (select slot.task_id from slot
                             where slot.requester_id = asked.requester_id and slot.batch_id = asked.batch_id
                               and slot.state = 'open'
                             order by slot.allotment_id, slot.slot_no, slot.task_id
                             limit \(Self.routingSlotsMax)) as seen
                 ) as open
                 cross join lateral (
                    select assignment.worker_id from assignment
                     where assignment.requester_id = asked.requester_id and assignment.task_id = open.task_id
                       and assignment.state in ('leased', 'submitted', 'accepted', 'rejected')
                       and assignment.worker_id = any(\(workers))
                    -- A look-up for each task, never one join with all that was ever done.
                    offset 0) as mine
                 group by asked.batch_id, mine.worker_id, asked.open_tasks
                having count(*) >= asked.open_tasks
                """
            ).map(RoutingPair.init))
    }
}

extension RoutingPair {
    fileprivate init(row: Row) throws {
        batch = try row["batch_id"]
        worker = try row["worker_id"]
    }
}
