internal import Foundation
package import Store

extension Transaction {
    /// What ties a worker at the transaction's instant. Whoever changes it holds the worker's row
    /// (``lockWorkerForChange(_:)``), so that it stays as it is while a lease is taken.
    package func workerBonds(of worker: Worker.ID) async throws -> WorkerBonds {
        let row = try await oneRow(
            """
            select coalesce((select team.kind::text
                               from team_member join team using (team_id)
                              where team_member.worker_id = \(worker) and team_member.in_force @> \(instant)),
                            'crowd') as workforce,
                   array(select requester_id from exclusion
                          where worker_id = \(worker) and in_force @> \(instant)) as excluded_by,
                   array(select distinct party from interest
                          where worker_id = \(worker) and in_force @> \(instant)
                          order by party) as interests
            """)
        let excludedBy: [Requester.ID] = try row["excluded_by"]
        return WorkerBonds(
            workforce: try row["workforce"], excludedBy: Set(excludedBy), interests: try row["interests"]
        )
    }
}
