internal import Foundation
internal import Store

extension Transaction {
    func taskLines(
        of batch: Batch.ID, _ requester: Requester.ID, after last: WorkTask.ID?, limit: Int
    ) async throws -> [TaskLine] {
        try await rows(
            """
            \(fragment: TaskLine.columns)
             where task.requester_id = \(requester) and task.batch_id = \(batch)
               and (\(last)::uuid is null or task.task_id > \(last)::uuid)
             order by task.task_id
             limit \(limit)
            """
        ).map(TaskLine.init)
    }

    func taskLine(_ id: WorkTask.ID, _ requester: Requester.ID) async throws -> TaskLine? {
        try await firstRow(
            """
            \(fragment: TaskLine.columns) where task.requester_id = \(requester) and task.task_id = \(id)
            """
        ).map(TaskLine.init)
    }
}

extension TaskLine {
    fileprivate static func slots(_ column: SQL) -> SQL {
        """
        array(select \(fragment: column) from slot
               where slot.requester_id = task.requester_id and slot.task_id = task.task_id
               order by slot.slot_no)
        """
    }

    fileprivate static var columns: SQL {
        """
        select task.task_id, task.external_key, task.state,
               \(fragment: slots("slot_no::bigint")) as numbers, \(fragment: slots("state::text")) as states,
               \(fragment: slots("lapses::bigint")) as lapses,
               \(fragment: slots("coalesce(extract(epoch from lease_until), 0)::bigint")) as ends
          from task
        """
    }

    fileprivate init(row: Row) throws {
        let (numbers, states): ([Int64], [SlotState]) = (try row["numbers"], try row["states"])
        let (lapses, ends): ([Int64], [Int64]) = (try row["lapses"], try row["ends"])
        guard numbers.count == states.count, numbers.count == lapses.count, numbers.count == ends.count else {
            throw StoreError.unexpectedRowCount(numbers.count)
        }
        id = try row["task_id"]
        externalKey = try row["external_key"]
        state = try row["state"]
        slots = numbers.indices.map { place in
            SlotLine(
                number: Int(numbers[place]), state: states[place], lapses: Int(lapses[place]),
                leaseUntil: ends[place] == 0 ? nil : Date(timeIntervalSince1970: Double(ends[place]))
            )
        }
    }
}
