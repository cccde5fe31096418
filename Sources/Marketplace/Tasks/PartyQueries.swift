package import Foundation
package import Store

extension Transaction {
    /// Writes the parties of a new project, each once.
    func insertParties(_ parties: [PartyName], of project: Project.ID, of requester: Requester.ID) async throws {
        guard !parties.isEmpty else { return }
        try await execute(
            """
            insert into project_party (requester_id, project_id, party_name, party)
            select \(requester), \(project), party_name, party
              from unnest(\(parties.map(\.name))::text[], \(parties.map(\.normalised))::text[])
                   as given (party_name, party)
            on conflict do nothing
            """)
    }

    /// Who has a part in the whole project, as compared.
    func parties(of project: Project.ID, _ requester: Requester.ID) async throws -> Set<String> {
        Set(
            try await rows(
                "select party from project_party where requester_id = \(requester) and project_id = \(project)"
            ).map { try $0["party"] })
    }

    /// Makes claims of a batch look at its tasks' parties, if it has any.
    func markTaskParties(of batch: Batch) async throws {
        try await execute(
            """
            update batch set has_task_parties = true
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and not has_task_parties
            """)
    }

    /// In which party of a project the worker has an interest in force at an instant; the first in the order of the
    /// text. The statement behind "does a conflict bar this worker from that project".
    package func conflict(
        of worker: Worker.ID, with project: Project.ID, of requester: Requester.ID, at asked: Date
    ) async throws -> String? {
        try await firstRow(
            """
            select party from project_party join interest using (party)
             where project_party.requester_id = \(requester) and project_party.project_id = \(project)
               and interest.worker_id = \(worker) and interest.in_force @> \(asked)
             order by party
             limit 1
            """)?["party"]
    }

    /// In which party of the batch's open tasks the worker has an interest, where each of those tasks has such a
    /// party; the first in the order of the text. `nil` while one open task is without.
    func conflict(of worker: Worker.ID, withAllOf offering: Offering) async throws -> String? {
        try await oneRow(
            """
            with conflict as (
                select task_party.task_id, task_party.party
                  from interest
                  join task_party using (party)
                  join task using (requester_id, task_id)
                 where interest.worker_id = \(worker) and interest.in_force @> \(instant)
                   and task.requester_id = \(offering.requester) and task.batch_id = \(offering.batch)
            )
            select case when not exists (select from slot
                                          where slot.requester_id = \(offering.requester)
                                            and slot.batch_id = \(offering.batch) and slot.state = 'open'
                                            and slot.task_id not in (select task_id from conflict))
                        then (select min(conflict.party) from conflict join slot using (task_id)
                               where slot.requester_id = \(offering.requester) and slot.state = 'open')
                   end as party
            """)["party"]
    }

    /// The same of a task's own parties.
    package func conflict(
        of worker: Worker.ID, withTask task: WorkTask.ID, of requester: Requester.ID, at asked: Date
    ) async throws -> String? {
        try await firstRow(
            """
            select party from task_party join interest using (party)
             where task_party.requester_id = \(requester) and task_party.task_id = \(task)
               and interest.worker_id = \(worker) and interest.in_force @> \(asked)
             order by party
             limit 1
            """)?["party"]
    }
}
