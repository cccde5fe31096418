internal import Foundation
package import Store

extension Transaction {
    /// What ties a worker at the transaction's instant. Whoever changes it holds the worker's row
    /// (``lockWorkerForChange(_:)``), so that it stays as it is while a lease is taken.
    package func workerBonds(of worker: Worker.ID) async throws -> WorkerBonds {
        try WorkerBonds(row: try await oneRow(Self.workerBondsStatement(of: worker, at: instant)))
    }

    /// The same of many workers; who is not there is not among them.
    package func workerBonds(of workers: [Worker.ID]) async throws -> [Worker.ID: WorkerBonds] {
        let rows = try await rows(
            """
            select worker.worker_id, coalesce(team.kind::text, 'crowd') as workforce, team.team_id,
                   array(select requester_id from exclusion
                          where exclusion.worker_id = worker.worker_id and in_force @> \(instant)) as excluded_by,
                   array(select distinct party from interest
                          where interest.worker_id = worker.worker_id and in_force @> \(instant)
                          order by party) as interests
              from worker
              left join team_member on team_member.worker_id = worker.worker_id
                                   and team_member.in_force @> \(instant)
              left join team on team.team_id = team_member.team_id
             where worker.worker_id = any(\(workers))
            """)
        return try Dictionary(
            rows.map { (try $0.value("worker_id", as: Worker.ID.self), try WorkerBonds(row: $0)) },
            uniquingKeysWith: { first, _ in first })
    }

    static func workerBondsStatement(of worker: Worker.ID, at instant: Date) -> SQL {
        """
        select coalesce((select team.kind::text
                           from team_member join team using (team_id)
                          where team_member.worker_id = \(worker) and team_member.in_force @> \(instant)),
                        'crowd') as workforce,
               (select team_id from team_member where worker_id = \(worker) and in_force @> \(instant)) as team_id,
               array(select requester_id from exclusion
                      where worker_id = \(worker) and in_force @> \(instant)) as excluded_by,
               array(select distinct party from interest
                      where worker_id = \(worker) and in_force @> \(instant)
                      order by party) as interests
        """
    }
}

extension WorkerBonds {
    init(row: Row) throws {
        let excludedBy: [Requester.ID] = try row["excluded_by"]
        self.init(
            workforce: try row["workforce"], team: try row["team_id"], excludedBy: Set(excludedBy),
            interests: try row["interests"]
        )
    }
}
