internal import Foundation
internal import Store

extension Transaction {
    /// Of each membership its newest assignments by their index, then the newest of those.
    func agencyWork(of team: Team.ID, before: Assignment.ID?, limit: Int) async throws -> [AgencyWorkItem] {
        try await rows(
            """
            select work.assignment_id, worker.external_key, project.name, work.state, work.leased_at, work.pay_minor,
                   work.currency
              from team_member
             cross join lateral (
                select assignment.*
                  from assignment
                 where assignment.worker_id = team_member.worker_id
                   and assignment.leased_at <@ team_member.in_force
                   and (\(before)::uuid is null or assignment.assignment_id < \(before)::uuid)
                 order by assignment.assignment_id desc
                 limit \(limit)
             ) as work
              join worker on worker.worker_id = work.worker_id
              join batch on batch.requester_id = work.requester_id and batch.batch_id = work.batch_id
              join project on project.requester_id = batch.requester_id and project.project_id = batch.project_id
             where team_member.team_id = \(team)
             order by work.assignment_id desc
             limit \(limit)
            """
        ).map { row in
            AgencyWorkItem(
                assignment: try row["assignment_id"], workerKey: try row["external_key"],
                projectName: try row["name"], state: try row["state"], leasedAt: try row["leased_at"],
                pay: try Money(row["pay_minor"], row["currency"])
            )
        }
    }
}
