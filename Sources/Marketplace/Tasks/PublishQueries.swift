internal import Foundation
internal import Store

extension Transaction {
    private static var step: Int { 20_000 }

    /// Closes the tasks of a locked batch and takes back what nobody has taken of them, in bounded statements. Waits
    /// for claims that are being made. (The cast keeps the planner off the index of open slots, which is in another
    /// order.)
    func closeTasks(of batch: Batch) async throws {
        var last: WorkTask.ID?
        while true {
            let end = try await stepEnd(of: batch, after: last)
            try await execute(
                """
                update task set state = 'closed'
                 where \(fragment: Self.tasks(of: batch, after: last, upTo: end)) and state = 'open'
                """)
            try await execute(
                """
                update slot set state = 'withdrawn'
                 where \(fragment: Self.tasks(of: batch, after: last, upTo: end))
                   and state::text in ('open', 'waiting', 'quarantined')
                """)
            guard let end else { return }
            last = end
        }
    }

    /// Whether a slot of the batch may still change.
    func hasUnsettledSlots(of batch: Batch) async throws -> Bool {
        try await firstRow(
            """
            select from slot
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
               and state not in ('done', 'withdrawn')
             limit 1
            """) != nil
    }

    /// The last task of the next step, or `nil` when the step takes all that is left.
    private func stepEnd(of batch: Batch, after last: WorkTask.ID?) async throws -> WorkTask.ID? {
        try await firstRow(
            """
            select task_id from task
             where \(fragment: Self.tasks(of: batch, after: last, upTo: nil))
             order by task_id
            offset \(Self.step - 1)
             limit 1
            """)?["task_id"]
    }

    /// A range of task ids of one batch: a single scan of an index, where a join to a list of ids could, on tables
    /// whose statistics are not there yet, be planned as a scan for each id.
    private static func tasks(of batch: Batch, after last: WorkTask.ID?, upTo end: WorkTask.ID?) -> SQL {
        let whole: SQL = "requester_id = \(batch.requester) and batch_id = \(batch.id)"
        let from: SQL = if let last { "task_id > \(last)" } else { "true" }
        let to: SQL = if let end { "task_id <= \(end)" } else { "true" }
        return "\(fragment: whole) and \(fragment: from) and \(fragment: to)"
    }
}
