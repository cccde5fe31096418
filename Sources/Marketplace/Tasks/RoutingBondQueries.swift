internal import Foundation
package import Store

extension Transaction {
    /// Which of these workers their team, an exclusion or an interest in a party of the project keeps from which of
    /// these batches: the rules of ``Offering/bar(to:)``, for many at once.
    package func routingBarred(
        from batches: [RoutingBatch], _ workers: [Worker.ID]
    ) async throws -> Set<RoutingPair> {
        guard !batches.isEmpty, !workers.isEmpty else { return [] }
        let rows = try await rows(
            """
            with asked as materialized (
                select batch.requester_id, batch.batch_id, batch.project_id, batch.workforces
                  from unnest(\(batches.map(\.requester))::uuid[], \(batches.map(\.id))::uuid[])
                       as given (requester_id, batch_id)
                  join batch using (requester_id, batch_id)
            ),
            candidate as materialized (
                select worker_id, coalesce(team.kind::text, 'crowd')::workforce as workforce
                  from unnest(\(workers)::uuid[]) as given (worker_id)
                  left join team_member using (worker_id)
                  left join team on team.team_id = team_member.team_id
                 where team_member.in_force is null or team_member.in_force @> \(instant)
            ),
            found as (
                select asked.batch_id, given.worker_id
                  from asked cross join unnest(\(workers)::uuid[]) as given (worker_id)
                  left join candidate using (worker_id)
                 where coalesce(candidate.workforce, 'crowd') <> all (asked.workforces)
                union
                select asked.batch_id, exclusion.worker_id
                  from asked join exclusion using (requester_id)
                 where exclusion.worker_id = any(\(workers)) and exclusion.in_force @> \(instant)
                union
                select asked.batch_id, interest.worker_id
                  from asked join project_party using (requester_id, project_id)
                  join interest using (party)
                 where interest.worker_id = any(\(workers)) and interest.in_force @> \(instant)
            )
            select batch_id, worker_id from found
            """)
        return try Set(rows.map { RoutingPair(batch: try $0["batch_id"], worker: try $0["worker_id"]) })
    }
}
