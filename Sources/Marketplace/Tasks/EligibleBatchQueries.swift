internal import Foundation
package import Store

extension Transaction {
    /// Batches with work to claim that demand one of these, in the order of the policy. Each requirement's first few
    /// come from their index; what is sorted is at most their number times the page.
    ///
    /// - Parameters:
    ///   - requirements: each once.
    ///   - bonds: batches that they bar the worker from are left out, and those whose open tasks all do.
    ///   - asks: batches that pay less are left out.
    ///   - last: of the page before.
    func offerings(
        meeting requirements: [Requirement.ID], to bonds: WorkerBonds, asking asks: Asks, after last: Offering?,
        limit: Int
    ) async throws -> [Offering] {
        guard !requirements.isEmpty else { return [] }
        let statement = Self.statement(
            meeting: requirements, to: bonds, passing: asks.passes(at: instant), after: last, limit: limit)
        return try await rows(statement).map { try Offering(row: $0, at: instant) }
    }

    /// The first page as a statement, for looking at its plan.
    package static func eligibleBatchesStatement(
        meeting requirements: [Requirement.ID], to bonds: WorkerBonds, limit: Int
    ) -> SQL {
        statement(meeting: requirements, to: bonds, passing: "true", after: nil, limit: limit)
    }

    private static func statement(
        meeting requirements: [Requirement.ID], to bonds: WorkerBonds, passing: SQL, after last: Offering?, limit: Int
    ) -> SQL {
        """
        with candidate as materialized (
            select found.requester_id, found.batch_id, found.priority, found.due_at, found.opened_at
              from unnest(\(requirements)::uuid[]) as met (requirement_id)
             cross join lateral (
                select batch.requester_id, batch.batch_id, batch.priority, batch.due_at, batch.opened_at
                  from batch
                 where batch.requirement_id = met.requirement_id
                   and batch.state = 'open' and batch.door = 'claim'
                   and \(bonds.workforce) = any (batch.workforces)
                   and batch.requester_id <> all (\(Array(bonds.excludedBy))::uuid[])
                   and not exists (select from project_party
                                    where project_party.requester_id = batch.requester_id
                                      and project_party.project_id = batch.project_id
                                      and project_party.party = any (\(bonds.interests)::text[]))
                   and \(fragment: passing)
                   and (\(last?.batch)::uuid is null
                        or batch.priority < \(last?.priority)::bigint
                        or (batch.priority = \(last?.priority)::bigint
                            and (coalesce(batch.due_at, 'infinity'), batch.opened_at, batch.batch_id)
                                > (coalesce(\(last?.dueAt)::timestamptz, 'infinity'), \(last?.openedAt)::timestamptz,
                                   \(last?.batch)::uuid)))
                   and exists (select from slot
                                where slot.requester_id = batch.requester_id and slot.batch_id = batch.batch_id
                                  and slot.state = 'open'
                                  and (not batch.has_task_parties or \(fragment: unconflicted(bonds))))
                 order by batch.priority desc, coalesce(batch.due_at, 'infinity'), batch.opened_at, batch.batch_id
                 limit \(limit)) as found
             order by found.priority desc, coalesce(found.due_at, 'infinity'), found.opened_at, found.batch_id
             limit \(limit)
        )
        \(fragment: Offering.columns)
          join candidate on candidate.requester_id = batch.requester_id and candidate.batch_id = batch.batch_id
         order by batch.priority desc, coalesce(batch.due_at, 'infinity'), batch.opened_at, batch.batch_id
        """
    }

    /// Those of the batches that have an open slot of a task that the worker has had no part of and no interest in.
    func batchesWithOpenSlot(
        _ offerings: [Offering], for worker: Worker.ID, with bonds: WorkerBonds
    ) async throws -> Set<Batch.ID> {
        guard !offerings.isEmpty else { return [] }
        let rows = try await rows(Self.openSlotStatement(of: offerings, for: worker, with: bonds, at: instant))
        return Set(try rows.map { try $0["batch_id"] })
    }

    /// The limit keeps the planner from making one join of all: the first slot that will do ends each look-up.
    private static func openSlotStatement(
        of offerings: [Offering], for worker: Worker.ID, with bonds: WorkerBonds, at instant: Date
    ) -> SQL {
        """
        select asked.batch_id
          from unnest(\(offerings.map(\.requester))::uuid[], \(offerings.map(\.batch))::uuid[],
                      \(offerings.map(\.hasTaskParties))::boolean[],
                      \(offerings.map(\.hasAllotments))::boolean[])
               as asked (requester_id, batch_id, has_task_parties, has_allotments)
         cross join lateral (
            select from slot
             where slot.requester_id = asked.requester_id
               and slot.batch_id = asked.batch_id
               and slot.state = 'open'
               and not exists (select from assignment as mine
                                where mine.requester_id = slot.requester_id
                                  and mine.task_id = slot.task_id
                                  and mine.worker_id = \(worker)
                                  and mine.state in ('leased', 'submitted', 'accepted', 'rejected')
                                offset 0)
               and (slot.allotment_id is null
                    or asked.has_allotments
                   and exists (select from allotment as aside
                                 left join allotment_member as member using (requester_id, allotment_id)
                                where aside.requester_id = slot.requester_id
                                  and aside.allotment_id = slot.allotment_id
                                  and (aside.kind = 'pack'
                                       and (coalesce(aside.holder_id, \(worker)) = \(worker)
                                            or aside.held_until <= \(instant))
                                       or member.worker_id = \(worker)
                                       or member.team_id = \(bonds.team)::uuid)))
               and (not asked.has_task_parties or \(fragment: unconflicted(bonds)))
             limit 1) as found
        """
    }

    /// No party of the slot's task is one in which the worker has an interest.
    private static func unconflicted(_ bonds: WorkerBonds) -> SQL {
        """
        not exists (select from task_party
                     where task_party.requester_id = slot.requester_id
                       and task_party.task_id = slot.task_id
                       and task_party.party = any (\(bonds.interests)::text[])
                     offset 0)
        """
    }
}

extension Transaction {
    /// A worker as they are, without waiting for anybody.
    func workerStanding(_ id: Worker.ID) async throws -> WorkerRow? {
        try await firstRow(
            """
            select worker_id, state, weekly_minutes_max, time_zone, coalesce(place, country) as place
              from worker where worker_id = \(id)
            """
        ).map(WorkerRow.init(row:))
    }
}
