internal import Foundation
package import Store

extension Transaction {
    /// An operator's look must not become a load.
    func boundMetrics() async throws { try await execute("set local statement_timeout = '10s'") }

    /// What open batches with work demand, longest open first, and what there is of them.
    func openDemand(most: Int) async throws -> (requirements: [OpenDemand], totals: OpenTotals) {
        let rows = try await rows(Self.openDemandStatement(most: most))
        let totals = try await oneRow(
            """
            select count(*) as batches, coalesce(sum(slot_count), 0)::bigint as slots,
                   (select reltuples::float8 from pg_class where oid = 'slot_open_by_batch'::regclass) as open_slots
              from (select slot_count from batch
                     where state = 'open'
                     order by opened_at, batch_id
                     limit \(most)) as open
            """)
        let withWork = try rows.reduce(0) { $0 + (try $1.value("batches", as: Int.self)) }
        return (
            try rows.map { OpenDemand(requirement: try $0["requirement_id"], openSince: try $0["open_since"]) }
                .sorted { ($0.openSince, $0.requirement) < ($1.openSince, $1.requirement) },
            OpenTotals(
                batches: try totals["batches"], withWork: withWork, slots: try totals["slots"],
                openSlots: try totals["open_slots"]
            )
        )
    }

    /// For looking at its plan too: one look-up of a slot for each batch.
    package static func openDemandStatement(most: Int) -> SQL {
        """
        with open as materialized (
            select requester_id, batch_id, requirement_id, has_allotments,
                   greatest(opened_at, reopened_at) as open_since
              from batch
             where state = 'open'
             order by opened_at, batch_id
             limit \(most)
        )
        select batch.requirement_id, min(batch.open_since) as open_since, count(*) as batches
          from open as batch
         where \(fragment: Offering.hasOpenSlot)
         group by batch.requirement_id
        """
    }

    /// Whether one of the first workers who are kept as meeting a requirement is active, or there are more than are
    /// looked at.
    func mayHaveActiveWorker(meeting requirement: Requirement.ID, among most: Int) async throws -> Bool {
        try await firstRow(
            """
            select from (select worker_id, row_number() over (order by worker_id) as place from worker_requirement
                          where requirement_id = \(requirement) and in_force @> \(instant)
                          order by worker_id
                          limit \(most)) as kept
              join worker using (worker_id)
             where worker.state = 'active' or kept.place = \(most)
             limit 1
            """) != nil
    }

    /// Since when the workers who meet these have been idle at the longest, not before the work was open. Where more
    /// meet one than are looked at, it is a bound: since the work was open.
    func idleSince(_ demands: [OpenDemand], among most: Int) async throws -> [(since: Date, isExact: Bool)] {
        try await rows(Self.idleStatement(demands, among: most, at: instant)).map {
            (try $0["idle_since"], try $0["is_exact"])
        }
    }

    static func idleStatement(_ demands: [OpenDemand], among most: Int, at instant: Date) -> SQL {
        """
        select case when seen.kept < \(most) then seen.idle_since else asked.open_since end as idle_since,
               seen.kept < \(most) or seen.idle_since = asked.open_since as is_exact
          from unnest(\(demands.map(\.requirement))::uuid[], \(demands.map(\.openSince))::timestamptz[])
               as asked (requirement_id, open_since)
         cross join lateral (
            select count(*) as kept,
                   min(greatest(asked.open_since, worker_load.idle_since))
                       filter (where worker.state = 'active' and coalesce(worker_load.live_leases, 0) = 0) as idle_since
              from (select worker_id from worker_requirement
                     where requirement_id = asked.requirement_id and in_force @> \(instant)
                     order by worker_id
                     limit \(most)) as kept
              join worker using (worker_id)
              left join worker_load using (worker_id)) as seen
         where seen.idle_since is not null or seen.kept >= \(most)
        """
    }

    /// Live leases and quarantined slots, counted up to a bound.
    func leaseFigures(most: Int) async throws -> [MarketFigure] {
        let row = try await oneRow(
            """
            with soonest as materialized (
                select requester_id, assignment_id, lease_until from slot
                 where state = 'leased'
                 order by lease_until
                 limit 1000
            )
            select (select count(*) from (select from slot where state = 'leased' order by lease_until limit \(most))
                     as leased) as live,
                   (select count(*) from (select from slot where state = 'quarantined' limit \(most))
                     as quarantined) as quarantined,
                   coalesce((select extract(epoch from \(instant) - min(lease_until)) from soonest), 0)::float8
                       as overdue,
                   coalesce((select extract(epoch from \(instant) - min((select assignment.leased_at from assignment
                                        where assignment.requester_id = soonest.requester_id
                                          and assignment.assignment_id = soonest.assignment_id)))
                               from soonest), 0)::float8 as oldest
            """)
        let (live, quarantined): (Int, Int) = (try row["live"], try row["quarantined"])
        return [
            MarketFigure("live_leases", Double(live), "Live leases; counted up to \(most)."),
            MarketFigure(
                "oldest_lease_seconds", max(0, try row["oldest"]),
                "Age of the oldest live lease among the 1,000 that end first."
            ),
            MarketFigure(
                "lease_overdue_seconds", max(0, try row["overdue"]),
                "How long ago the live lease that ends first should have been ended; above 1 nobody ends leases."
            ),
            MarketFigure(
                "quarantined_slots", Double(quarantined),
                "Slots that wait for a person, as too many leases on them lapsed; counted up to \(most)."
            ),
        ]
    }

    /// What the server says of itself. Its clock, not the market's: it is about the server.
    func appealFigures() async throws -> [MarketFigure] {
        let (open, overdue) = try await openAppeals()
        return [
            MarketFigure("open_appeals", Double(open), "Appeals against decisions that wait for an answer."),
            MarketFigure("overdue_appeals", Double(overdue), "Those that have waited for more than 14 days."),
        ]
    }

    func serverFigures() async throws -> [MarketFigure] {
        let tables = try await rows(
            """
            select relname::text as name, n_dead_tup as dead from pg_stat_all_tables
             where schemaname = 'public' and relname in ('assignment', 'slot')
             order by relname
            """)
        let age: Double = try await oneRow(
            """
            select coalesce(extract(epoch from \(instant) - min(xact_start)), 0)::float8 as age
              from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid() and usesysid is not null
            """)["age"]
        return try tables.map {
            MarketFigure(
                "dead_tuples", Double(try $0.value("dead", as: Int.self)), label: ("table", try $0["name"]),
                "Row versions that vacuum has not taken away yet, as the server estimates them."
            )
        } + [
            MarketFigure(
                "oldest_transaction_seconds", age,
                "Age of the oldest transaction of another session; of other roles' only for a member of pg_monitor."
            )
        ]
    }
}
