internal import Formats
internal import Store

/// Where the answers to a task of an adaptive batch stand.
struct AnswersSoFar: Sendable {
    /// Submitted and accepted ones; equal for the same answer.
    let answers: [Digest]
    /// Whether somebody may still answer: a slot is open, in hand, or held back for a person.
    let isPending: Bool
    /// Whether more could be asked for.
    let hasWaiting: Bool
    let batch: Batch.ID
    let least: Int
    let most: Int
    let agreementBasisPoints: Int
    /// What one more answer costs, and what a wrong one does, in minor units.
    let answerCost: Int64
    let errorCost: Int64?
    /// What its answers are sealed under.
    let key: ContentKey?
}

extension Transaction {
    /// Keeps everybody else from deciding about a task, or from closing it, until this transaction ends.
    func lockTask(_ id: WorkTask.ID, of requester: Requester.ID) async throws {
        try await execute(
            """
            select from task where requester_id = \(requester) and task_id = \(id) for no key update
            """)
    }

    /// Slots of a task of an adaptive batch, with what was handed in for them; empty where redundancy is fixed.
    fileprivate func slotsAnswered(of task: WorkTask.ID, _ requester: Requester.ID) async throws -> [Row] {
        try await rows(
            """
            select slot.state, batch.batch_id, batch.redundancy, batch.redundancy_most, batch.agreement_bps,
                   batch.pay_minor + batch.fee_minor as answer_cost_minor, batch.error_cost_minor,
                   submission.assignment_id, submission.answer, submission.sealed
              from slot
              join batch using (requester_id, batch_id)
              left join submission on submission.requester_id = slot.requester_id
                                  and submission.assignment_id = slot.assignment_id
             where slot.requester_id = \(requester) and slot.task_id = \(task)
               and slot.state <> 'withdrawn' and batch.agreement_bps is not null
             order by slot.slot_no
            """)
    }

    /// Opens the first slot of a locked task that was not asked for yet.
    func openNextWaiting(of task: WorkTask.ID, _ requester: Requester.ID) async throws {
        try await execute(
            """
            update slot set state = 'open'
             where requester_id = \(requester) and task_id = \(task) and state = 'waiting'
               and slot_no = (select min(slot_no) from slot as next
                               where next.requester_id = \(requester) and next.task_id = \(task)
                                 and next.state = 'waiting')
            """)
    }

    func withdrawWaiting(of task: WorkTask.ID, _ requester: Requester.ID) async throws {
        try await execute(
            """
            update slot set state = 'withdrawn'
             where requester_id = \(requester) and task_id = \(task) and state = 'waiting'
            """)
    }
}

extension Change {
    /// - Returns: `nil` where redundancy is fixed.
    /// - Throws: ``ContentRefusal``, ``VaultRefusal``.
    func answersSoFar(
        to task: WorkTask.ID, of requester: Requester.ID, _ same: SameAnswer
    ) async throws -> AnswersSoFar? {
        let rows = try await transaction.slotsAnswered(of: task, requester)
        guard let first = rows.first else { return nil }
        let key = try await presentKey(ofTask: task, requester)
        let states = try rows.map { try $0.value("state", as: SlotState.self) }
        return AnswersSoFar(
            answers: try rows.compactMap { row in
                guard let id: Assignment.ID = try row["assignment_id"],
                    let stored = try StoredContent(row: row, "answer")
                else { return nil }
                return same.key(of: try stored.opened(by: key, as: .answer(to: id)))
            },
            isPending: states.contains { [.open, .leased, .quarantined].contains($0) },
            hasWaiting: states.contains(.waiting), batch: try first["batch_id"], least: try first["redundancy"],
            most: try first["redundancy_most"], agreementBasisPoints: try first["agreement_bps"],
            answerCost: try first["answer_cost_minor"], errorCost: try first["error_cost_minor"], key: key
        )
    }
}
