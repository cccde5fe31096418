internal import Foundation
internal import Store

extension Transaction {
    /// Whether two people are too close for one to judge the other: in one team now, or with the same family or
    /// employer declared.
    func isCloseColleague(_ person: Principal.ID, of author: Worker.ID) async throws -> Bool {
        try await oneRow("select \(fragment: closeColleague(person, of: "\(author)::uuid")) as is_colleague")[
            "is_colleague"]
    }

    /// - Parameter author: an expression.
    func closeColleague(_ person: Principal.ID, of author: SQL) -> SQL {
        """
        (exists (select from team_member as own join team_member as theirs using (team_id)
                  where own.worker_id = \(person) and own.in_force @> \(instant)
                    and theirs.worker_id = \(fragment: author) and theirs.in_force @> \(instant))
         or exists (select from interest as own join interest as theirs using (party)
                     where own.worker_id = \(person) and own.in_force @> \(instant)
                       and own.kind in ('employer', 'family')
                       and theirs.worker_id = \(fragment: author) and theirs.in_force @> \(instant)
                       and theirs.kind in ('employer', 'family')))
        """
    }

    /// Submissions that came in by then and have no verdict, the oldest assignments first; none of safety projects.
    func unjudged(since latest: Date, limit: Int) async throws -> [UnjudgedWork] {
        try await rows(
            """
            select assignment.requester_id, assignment.assignment_id
              from assignment
              join submission using (requester_id, assignment_id)
              join batch on batch.requester_id = assignment.requester_id and batch.batch_id = assignment.batch_id
              join project on project.requester_id = batch.requester_id and project.project_id = batch.project_id
             where assignment.state = 'submitted' and submission.submitted_at <= \(latest)
               and project.function <> 'safety'
               and not exists (select from rework
                                where rework.requester_id = assignment.requester_id
                                  and rework.assignment_id = assignment.assignment_id
                                  and rework.answered_at is null and rework.answer_until > \(latest))
             order by assignment.assignment_id
             limit \(limit)
            """
        ).map { UnjudgedWork(id: try $0["assignment_id"], requester: try $0["requester_id"]) }
    }
}
