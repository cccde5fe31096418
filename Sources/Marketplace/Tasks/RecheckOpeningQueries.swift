internal import Foundation
internal import Store

extension Transaction {
    /// Items of a project that nothing checks, in the order of tasks; of a task the one first that was accepted for
    /// the largest share.
    func openItems(
        of version: Int, _ id: Guideline.ID, in project: Project.ID, _ requester: Requester.ID,
        after last: WorkTask.ID?, limit: Int
    ) async throws -> [OpenItem] {
        try await rows(
            """
            select item.task_id, item.assignment_id, item.external_key, item.answer_version, submission.submitted_at,
                   (select max(other.checks) from recheck_item as other
                     where other.requester_id = item.requester_id and other.guideline_id = item.guideline_id
                       and other.version = item.version and other.task_id = item.task_id) as checks
              from (\(fragment: RecheckItem.rows)) as item
              join submission on submission.requester_id = item.requester_id
                             and submission.assignment_id = item.assignment_id
              join review on review.requester_id = item.requester_id and review.assignment_id = item.assignment_id
             where item.requester_id = \(requester) and item.guideline_id = \(id) and item.version = \(version)
               and item.project_id = \(project) and item.state = 'open'
               and (\(last)::uuid is null or item.task_id > \(last)::uuid)
             order by item.task_id, review.share_bps desc, item.assignment_id
             limit \(limit)
            """
        ).map(OpenItem.init)
    }

    /// Names of the parties of a task.
    func parties(of task: WorkTask.ID, _ requester: Requester.ID) async throws -> [String] {
        try await rows(
            """
            select party_name from task_party
             where requester_id = \(requester) and task_id = \(task)
             order by party
            """
        ).map { try $0["party_name"] }
    }

    /// Says of the open items of tasks which copy checks them.
    ///
    /// - Returns: how many items.
    func markOpened(
        _ copies: [RecheckCopy], by tasks: [String: WorkTask.ID], for version: Int, of id: Guideline.ID,
        _ requester: Requester.ID
    ) async throws -> Int {
        try await execute(
            """
            with open_item as (
                select task_id, assignment_id from (\(fragment: RecheckItem.rows)) as item
                 where requester_id = \(requester) and guideline_id = \(id) and version = \(version)
                   and task_id = any(\(copies.map(\.task))) and state = 'open'
            ),
            copy as (
                select * from unnest(\(copies.map(\.task)), \(copies.compactMap { tasks[$0.externalKey] }),
                                     \(copies.map(\.checks)))
                              as copy (task_id, recheck_task_id, checks)
            )
            update recheck_item
               set recheck_task_id = copy.recheck_task_id, checks = copy.checks
              from open_item join copy using (task_id)
             where recheck_item.requester_id = \(requester) and recheck_item.guideline_id = \(id)
               and recheck_item.version = \(version) and recheck_item.assignment_id = open_item.assignment_id
            """)
    }
}

extension OpenItem {
    init(row: Row) throws {
        task = try row["task_id"]
        assignment = try row["assignment_id"]
        externalKey = try row["external_key"]
        answerVersion = try row["answer_version"]
        submittedAt = try row["submitted_at"]
        checks = try row["checks"]
    }
}
