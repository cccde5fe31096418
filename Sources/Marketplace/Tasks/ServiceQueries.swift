package import Foundation
package import Store

extension Transaction {
    /// Open batches to claim from that demand one of these requirements, without those that the bonds bar the worker
    /// from and those that pay less than they ask for: of each requirement the first hundred, of all the first 500, by
    /// the order of service or by age alone.
    func candidates(
        meeting requirements: [Requirement.ID], to bonds: WorkerBonds, byAge: Bool, asking asks: Asks = .nothing
    ) async throws -> [ServiceCandidate] {
        guard !requirements.isEmpty else { return [] }
        return try await rows(
            Self.candidatesStatement(meeting: requirements, to: bonds, byAge: byAge, asking: asks, at: instant)
        ).map(ServiceCandidate.init)
    }

    /// The question as a statement, for looking at its plan.
    package static func candidatesStatement(
        meeting requirements: [Requirement.ID], to bonds: WorkerBonds, byAge: Bool, asking asks: Asks = .nothing,
        at instant: Date
    ) -> SQL {
        """
        \(fragment: found) from unnest(\(requirements)::uuid[]) as met (requirement_id)
         cross join lateral (
            select \(fragment: looked) from batch
             where batch.requirement_id = met.requirement_id
               and \(fragment: claimable(to: bonds, asking: asks, at: instant))
             order by \(fragment: byAge ? age("batch") : service("batch"))
             limit 100) as found
          join project on project.requester_id = found.requester_id and project.project_id = found.project_id
         order by \(fragment: byAge ? age("found") : service("found"))
         limit 500
        """
    }

    /// What is left when all of the first were in vain: batches with an open slot, the oldest first, without these.
    func candidates(
        beyond tried: [Batch.ID], meeting requirements: [Requirement.ID], to bonds: WorkerBonds, asking asks: Asks,
        limit: Int
    ) async throws -> [ServiceCandidate] {
        try await rows(
            """
            \(fragment: Self.found) from (
                select \(fragment: Self.looked) from batch
                 where batch.requirement_id = any(\(requirements)::uuid[])
                   and batch.batch_id <> all (\(tried)::uuid[])
                   and \(fragment: Self.claimable(to: bonds, asking: asks, at: instant))
                   and \(fragment: Offering.hasOpenSlot)
                 order by \(fragment: Self.age("batch"))
                 limit \(limit)) as found
              join project on project.requester_id = found.requester_id and project.project_id = found.project_id
             order by \(fragment: Self.age("found"))
            """
        ).map(ServiceCandidate.init)
    }

    private static var found: SQL {
        """
        select found.requester_id, found.batch_id, found.project_id, project.weight, found.priority, found.due_at,
               found.opened_at
        """
    }

    private static var looked: SQL {
        """
        batch.requester_id, batch.batch_id, batch.project_id, batch.priority, batch.due_at, batch.opened_at
        """
    }

    private static func service(_ table: SQL) -> SQL {
        """
        \(fragment: table).priority desc, coalesce(\(fragment: table).due_at, 'infinity'), \(fragment: age(table))
        """
    }

    private static func age(_ table: SQL) -> SQL { "\(fragment: table).opened_at, \(fragment: table).batch_id" }

    private static func claimable(to bonds: WorkerBonds, asking asks: Asks, at instant: Date) -> SQL {
        """
        batch.state = 'open' and batch.door = 'claim'
        and (batch.due_at is null or batch.due_at > \(instant))
        and \(bonds.workforce) = any (batch.workforces)
        and batch.requester_id <> all (\(Array(bonds.excludedBy))::uuid[])
        and not exists (select from project_party
                         where project_party.requester_id = batch.requester_id
                           and project_party.project_id = batch.project_id
                           and project_party.party = any (\(bonds.interests)::text[]))
        and \(fragment: asks.passes(at: instant))
        """
    }
}

extension ServiceCandidate {
    init(row: Row) throws {
        batch = Batch.Key(requester: try row["requester_id"], id: try row["batch_id"])
        project = try row["project_id"]
        weight = try row["weight"]
        priority = try row["priority"]
        dueAt = try row["due_at"]
        openedAt = try row["opened_at"]
    }
}
