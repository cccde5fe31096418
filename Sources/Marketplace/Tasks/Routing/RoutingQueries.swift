package import Formats
package import Foundation
package import Store

extension Transaction {
    /// Has each statement from here on planned for the lists that it is given. A plan for lists of any length takes
    /// them for ten entries, and looks through all open offers for each of ten thousand workers.
    package func planForWhatIsGiven() async throws {
        _ = try await rows("select set_config('plan_cache_mode', 'force_custom_plan', true)")
    }

    /// How many open slots of a batch a routing round looks at.
    package static var routingSlotsMax: Int { 200 }

    /// How many are counted where it is asked how much there is to do.
    package static var openSlotsMax: Int { 100_000 }

    /// Batches of a cell with more open slots than open offers, in the order of service but for the lot: higher
    /// priority first, then what is due first, then the older.
    ///
    /// - Parameters:
    ///   - bound: those without a deadline that wait since then are left out, if given.
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    package func routingBatches(
        in cell: Profession, waitingAfter bound: Date? = nil, after last: RoutingBatch?, limit: Int
    ) async throws -> [RoutingBatch] {
        try await rows(
            """
            \(fragment: Self.routingColumns)
              join rate using (rate_id)
             where batch.state = 'open' and batch.door = 'offer' and rate.profession = \(cell)
               and (batch.due_at is null or batch.due_at > \(instant))
               and (\(bound)::timestamptz is null or batch.due_at is not null
                    or coalesce(batch.reopened_at, batch.opened_at) > \(bound)::timestamptz)
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

    /// The same without a deadline that wait since then, the oldest first.
    ///
    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    package func routingBatches(
        in cell: Profession, waitingBy bound: Date, after last: RoutingBatch?, limit: Int
    ) async throws -> [RoutingBatch] {
        try await rows(
            """
            \(fragment: Self.routingColumns)
              join rate using (rate_id)
             where batch.state = 'open' and batch.door = 'offer' and rate.profession = \(cell)
               and batch.due_at is null and batch.opened_at <= \(bound)
               and coalesce(batch.reopened_at, batch.opened_at) <= \(bound)
               and (\(last?.id)::uuid is null
                    or (batch.opened_at, batch.batch_id) > (\(last?.openedAt)::timestamptz, \(last?.id)::uuid))
               and slots.open_slots > offers.open_offers
             order by batch.opened_at, batch.batch_id
             limit \(try PageLimit.checked(limit))
            """
        ).map(RoutingBatch.init)
    }

    /// The same of these batches, whatever their state.
    package func routingBatches(of keys: [Batch.Key]) async throws -> [Batch.Key: RoutingBatch] {
        let rows = try await rows(
            """
            \(fragment: Self.routingColumns)
              join unnest(\(keys.map(\.requester))::uuid[], \(keys.map(\.id))::uuid[])
                       as wanted (requester_id, batch_id)
                on batch.requester_id = wanted.requester_id and batch.batch_id = wanted.batch_id
            """)
        return try Dictionary(
            rows.map(RoutingBatch.init).map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static var routingColumns: SQL {
        """
        select batch.requester_id, batch.batch_id, batch.requirement_id, batch.expected_minutes,
               batch.lease_seconds, batch.priority, batch.due_at,
               coalesce(batch.opened_at, batch.created_at) as opened_at, batch.task_count,
               coalesce(batch.reopened_at, batch.opened_at, batch.created_at) as waiting_since,
               batch.workforces::text[] as workforces, batch.redundancy, batch.has_matters,
               batch.answer_value_minor, slots.open_slots, slots.open_tasks, offers.open_offers,
               usual.rate_pay_minor,
               batch.gold_bps > 0
               or exists (select from review_policy
                           where review_policy.requester_id = batch.requester_id
                             and review_policy.project_id = batch.project_id) as is_checked
          from batch
         cross join lateral (
            select case plain.unit when 'hour' then plain.amount_minor * batch.expected_minutes / 60
                                   when 'task' then plain.amount_minor end as rate_pay_minor
              from rate as plain where plain.rate_id = batch.rate_id
         ) as usual
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
        """
    }

    /// What these batches offer, at this instant.
    package func offerTerms(of batches: [RoutingBatch]) async throws -> [Batch.ID: OfferTerms] {
        try await Dictionary(
            raisedOfferings(batches.map(\.key)).offerings.map { ($0.batch, OfferTerms($0)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// These workers, by id, with those who are not active and take no work.
    package func routingWorkers(_ workers: [Worker.ID]) async throws -> [RoutingWorker] {
        try await routingWorkers("select unnest(\(workers)::uuid[]) as worker_id")
    }

    /// A page of all that are active, by id, where it is not known yet who meets what.
    ///
    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 20,000.
    package func routingWorkers(after last: Worker.ID?, limit: Int) async throws -> [RoutingWorker] {
        guard (1...20_000).contains(limit) else { throw BadInput("limit", "must be 1 to 20,000") }
        return try await routingWorkers(
            """
            select worker_id from worker
             where state = 'active' and (\(last)::uuid is null or worker_id > \(last)::uuid)
             order by worker_id
             limit \(limit)
            """)
    }

    private func routingWorkers(_ page: SQL) async throws -> [RoutingWorker] {
        try await rows(
            """
            with page as materialized (
                select worker_id, state, country, place, time_zone, weekly_minutes_max, daily_minutes_max,
                       tasks_at_once_max, offer_notice_minutes
                  from (\(fragment: page)) as found join worker using (worker_id)
            )
            select page.worker_id, page.state = 'active' as is_active, page.time_zone, page.tasks_at_once_max,
                   page.offer_notice_minutes,
                   least(page.weekly_minutes_max, policy.weekly_minutes_max) as weekly_minutes_max,
                   coalesce(least(page.daily_minutes_max, policy.daily_minutes_max), 10080) as daily_minutes_max,
                   \(fragment: Self.hoursBoundsColumns),
                   coalesce(team.kind::text, 'crowd') as workforce, coalesce(past.minutes, 0) as minutes_offered
              from page
             cross join lateral (
                \(fragment: Self.hoursPolicy(in: "page.country", "page.place", at: instant))) as policy
             \(fragment: Self.hoursBounds(of: "page.worker_id", in: "page.time_zone", at: instant))
              left join team_member on team_member.worker_id = page.worker_id and team_member.in_force @> \(instant)
              left join team on team.team_id = team_member.team_id
              left join (select worker_id, sum(offered_minutes)::bigint as minutes
                           from worker_week
                          where week_starts_on > (\(instant) at time zone 'UTC')::date - 28
                            and offered_minutes > 0
                          group by worker_id) as past on past.worker_id = page.worker_id
             order by page.worker_id
            """
        ).map(RoutingWorker.init)
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
                   coalesce(offers.open_offers, 0) as open_offers,
                   coalesce(offers.offered_minutes, 0) as offered_minutes, leases.leased_minutes
              from unnest(\(weeks.map(\.worker))::uuid[], \(weeks.map { "\($0.startsOn)" })::text[],
                          \(weeks.map { "\($0.day)" })::text[]) as asked (worker_id, week_starts_on, on_day)
              left join worker_week on worker_week.worker_id = asked.worker_id
                                   and worker_week.week_starts_on = asked.week_starts_on::date
              left join worker_day on worker_day.worker_id = asked.worker_id
                                  and worker_day.on_day = asked.on_day::date
              left join worker_load on worker_load.worker_id = asked.worker_id
              left join (
                select worker_id, count(*) as open_offers, sum(expected_minutes)::bigint as offered_minutes
                  from offer
                 where state = 'open' and worker_id = any(\(weeks.map(\.worker)))
                 group by worker_id
             ) as offers on offers.worker_id = asked.worker_id
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
    /// What these workers were offered of these batches: pairs with an open offer, and those
    /// that they left or turned down, with what it then paid.
    ///
    /// - Parameter terms: what the batches offer now.
    package func routingOffers(
        of batches: [RoutingBatch], on terms: [Batch.ID: OfferTerms], to workers: [Worker.ID]
    ) async throws -> [RoutingPast] {
        let known = batches.filter { terms[$0.id] != nil }
        return try await rows(
            """
            select offer.batch_id, offer.worker_id, bool_or(offer.state = 'open') as is_open,
                   \(fragment: Offer.isDeclinedAsAsked) as is_declined,
                   count(*) filter (where offer.terms_hash = asked.terms_hash) as turns,
                   bool_or(offer.state = 'accepted') as has_accepted,
                   max(offer.closed_at) filter (where offer.state in ('declined', 'lapsed')) as turned_down_at,
                   max(offer.pay_minor) filter (where offer.state in ('declined', 'lapsed')) as turned_down_minor
              from unnest(\(known.map(\.requester))::uuid[], \(known.map(\.id))::uuid[],
                          \(known.map { Bytes(terms[$0.id]?.hash.bytes ?? []) })::bytea[])
                   as asked (requester_id, batch_id, terms_hash)
              join offer using (requester_id, batch_id)
             where offer.worker_id = any(\(workers))
             group by offer.batch_id, offer.worker_id
            """
        ).map(RoutingPast.init)
    }

    /// Who meets which of these requirements, as is kept: of each the first few after a worker, by id, those included
    /// who are not active. They come from the index alone: who is active is looked up of a page, not of everybody who
    /// meets something.
    ///
    /// - Parameter limit: 1 to 20,000.
    package func routingKept(
        _ requirements: [Requirement.ID], after last: Worker.ID?, limit: Int
    ) async throws -> [Requirement.ID: [Worker.ID]] {
        guard (1...20_000).contains(limit) else { throw BadInput("limit", "must be 1 to 20,000") }
        let rows = try await rows(
            """
            select demanded.requirement_id,
                   array(select kept.worker_id
                           from worker_requirement as kept
                          where kept.requirement_id = demanded.requirement_id
                            and kept.in_force @> \(instant)
                            and kept.worker_id > coalesce(\(last)::uuid, '00000000-0000-0000-0000-000000000000')
                          order by kept.worker_id
                          limit \(limit)) as workers
              from unnest(\(requirements)::uuid[]) as demanded (requirement_id)
            """)
        return try Dictionary(
            rows.map {
                (try $0.value("requirement_id", as: Requirement.ID.self), try $0.value("workers", as: [Worker.ID].self))
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Which of these workers have a counted assignment on every task of a batch that has an open slot: looked for
    /// among those who have one on the first. Of batches with more open slots than were looked at, none.
    package func routingFinished(
        _ batches: [RoutingBatch], by workers: [Worker.ID]
    ) async throws -> Set<RoutingPair> {
        let ending = batches.filter { $0.openSlots < Self.routingSlotsMax }
        guard !ending.isEmpty else { return [] }
        let counted: SQL = "state in ('leased', 'submitted', 'accepted', 'rejected')"
        let open: SQL = """
            select slot.task_id from slot
             where slot.requester_id = asked.requester_id and slot.batch_id = asked.batch_id and slot.state = 'open'
             order by slot.allotment_id, slot.slot_no, slot.task_id
            """
        return try Set(
            await rows(
                """
                select asked.batch_id, held.worker_id
                  from unnest(\(ending.map(\.requester))::uuid[], \(ending.map(\.id))::uuid[],
                              \(ending.map(\.openTasks))::bigint[]) as asked (requester_id, batch_id, open_tasks)
                 cross join lateral (\(fragment: open) limit 1) as first
                 cross join lateral (
                    select assignment.worker_id from assignment
                     where assignment.requester_id = asked.requester_id and assignment.task_id = first.task_id
                       and assignment.\(fragment: counted) and assignment.worker_id = any(\(workers))
                    offset 0) as held
                 cross join lateral (
                    select count(distinct seen.task_id) as tasks
                      from (\(fragment: open) limit \(Self.routingSlotsMax)) as seen
                     where exists (select from assignment as mine
                                    where mine.requester_id = asked.requester_id and mine.task_id = seen.task_id
                                      and mine.worker_id = held.worker_id and mine.\(fragment: counted)
                                    -- A look-up for each task, never one join with all that was ever done.
                                    offset 0)
                 ) as done
                 where done.tasks >= asked.open_tasks
                """
            ).map(RoutingPair.init))
    }
}
