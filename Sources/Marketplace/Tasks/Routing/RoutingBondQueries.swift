internal import Foundation
package import Store

extension Transaction {
    /// Which of these workers an exclusion or an interest in a party of the project keeps from which of these batches:
    /// the rules of ``Offering/bar(to:)`` for many at once, but for the team, which the plan looks at. Also who has an
    /// interest in a party of each open task that they have not done, in batches with fewer open slots than were looked
    /// at.
    package func routingBarred(
        from batches: [RoutingBatch], _ workers: [Worker.ID]
    ) async throws -> Set<RoutingPair> {
        guard !batches.isEmpty, !workers.isEmpty else { return [] }
        let rows = try await rows(
            """
            with asked as materialized (
                select batch.requester_id, batch.batch_id, batch.project_id, batch.has_task_parties, given.open_tasks
                  from unnest(\(batches.map(\.requester))::uuid[], \(batches.map(\.id))::uuid[],
                              \(batches.map { $0.openSlots < Self.routingSlotsMax ? $0.openTasks : 0 })::bigint[])
                       as given (requester_id, batch_id, open_tasks)
                  join batch using (requester_id, batch_id)
            ),
            found as (
                select asked.batch_id, exclusion.worker_id
                  from asked join exclusion using (requester_id)
                 where exclusion.worker_id = any(\(workers)) and exclusion.in_force @> \(instant)
                union
                select asked.batch_id, interest.worker_id
                  from asked join project_party using (requester_id, project_id)
                  join interest using (party)
                 where interest.worker_id = any(\(workers)) and interest.in_force @> \(instant)
                union
                select asked.batch_id, shut.worker_id
                  from asked
                  join slot on slot.requester_id = asked.requester_id and slot.batch_id = asked.batch_id
                           and slot.state = 'open'
                 cross join lateral (
                    select interest.worker_id, true as is_conflict
                      from task_party join interest using (party)
                     where task_party.requester_id = slot.requester_id and task_party.task_id = slot.task_id
                       and interest.worker_id = any(\(workers)) and interest.in_force @> \(instant)
                     union all
                    select mine.worker_id, false
                      from assignment as mine
                     where mine.requester_id = slot.requester_id and mine.task_id = slot.task_id
                       and mine.worker_id = any(\(workers))
                       and mine.state in ('leased', 'submitted', 'accepted', 'rejected')
                 ) as shut
                 where asked.has_task_parties and asked.open_tasks > 0
                 group by asked.batch_id, asked.open_tasks, shut.worker_id
                having count(distinct slot.task_id) >= asked.open_tasks and bool_or(shut.is_conflict)
            )
            select batch_id, worker_id from found
            """)
        return try Set(rows.map { RoutingPair(batch: try $0["batch_id"], worker: try $0["worker_id"]) })
    }
}
