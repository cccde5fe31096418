package import Foundation
package import Store

extension Transaction {
    /// Open batches to claim from that demand one of these requirements, without those that the bonds bar the worker
    /// from and those that pay less than they ask for; of each requirement the first hundred by the order of service,
    /// of all the first 500.
    func candidates(
        meeting requirements: [Requirement.ID], to bonds: WorkerBonds, asking asks: Asks = .nothing
    ) async throws -> [ServiceCandidate] {
        guard !requirements.isEmpty else { return [] }
        return try await rows(Self.candidatesStatement(meeting: requirements, to: bonds, asking: asks, at: instant)).map
        { row in
            ServiceCandidate(
                batch: Batch.Key(requester: try row["requester_id"], id: try row["batch_id"]),
                project: try row["project_id"], weight: try row["weight"], priority: try row["priority"],
                dueAt: try row["due_at"], openedAt: try row["opened_at"]
            )
        }
    }

    /// The question as a statement, for looking at its plan.
    package static func candidatesStatement(
        meeting requirements: [Requirement.ID], to bonds: WorkerBonds, asking asks: Asks = .nothing, at instant: Date
    ) -> SQL {
        """
        select found.requester_id, found.batch_id, found.project_id, project.weight, found.priority, found.due_at,
               found.opened_at
          from unnest(\(requirements)::uuid[]) as met (requirement_id)
         cross join lateral (
            select batch.requester_id, batch.batch_id, batch.project_id, batch.priority, batch.due_at, batch.opened_at
              from batch
             where batch.requirement_id = met.requirement_id
               and batch.state = 'open' and batch.door = 'claim'
               and (batch.due_at is null or batch.due_at > \(instant))
               and \(bonds.workforce) = any (batch.workforces)
               and batch.requester_id <> all (\(Array(bonds.excludedBy))::uuid[])
               and not exists (select from project_party
                                where project_party.requester_id = batch.requester_id
                                  and project_party.project_id = batch.project_id
                                  and project_party.party = any (\(bonds.interests)::text[]))
               and \(fragment: asks.passes(at: instant))
             order by batch.priority desc, coalesce(batch.due_at, 'infinity'), batch.opened_at, batch.batch_id
             limit 100) as found
          join project on project.requester_id = found.requester_id and project.project_id = found.project_id
         order by found.priority desc, coalesce(found.due_at, 'infinity'), found.opened_at, found.batch_id
         limit 500
        """
    }
}
