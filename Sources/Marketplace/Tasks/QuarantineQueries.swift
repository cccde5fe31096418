internal import Store

extension Transaction {
    func quarantined(
        _ batch: Batch.ID, of requester: Requester.ID, after last: QuarantinedSlot?, limit: Int
    ) async throws -> [QuarantinedSlot] {
        try await rows(
            """
            select slot.task_id, slot.slot_no, task.external_key, slot.lapses,
                   array(select task_return.reason::text
                           from assignment join task_return using (requester_id, assignment_id)
                          where assignment.requester_id = slot.requester_id
                            and assignment.task_id = slot.task_id
                            and assignment.slot_no = slot.slot_no
                          limit 1000) as reasons
              from slot join task using (requester_id, task_id)
             where slot.requester_id = \(requester) and slot.batch_id = \(batch) and slot.state = 'quarantined'
               and (\(last?.task)::uuid is null
                    or (slot.task_id, slot.slot_no) > (\(last?.task)::uuid, \(last?.slot)::integer))
             order by slot.task_id, slot.slot_no
             limit \(limit)
            """
        ).map { row in
            let reasons: [ReturnReason] = try row["reasons"]
            return QuarantinedSlot(
                task: try row["task_id"], slot: try row["slot_no"], externalKey: try row["external_key"],
                lapses: try row["lapses"], reasons: reasons.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            )
        }
    }

    func releaseQuarantine(
        _ task: WorkTask.ID, slot: Int, of requester: Requester.ID
    ) async throws -> Bool {
        try await execute(
            """
            update slot set state = 'open', lapses = 0
             where requester_id = \(requester) and task_id = \(task) and slot_no = \(slot) and state = 'quarantined'
            """) == 1
    }
}
