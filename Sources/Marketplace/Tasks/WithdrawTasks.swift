internal import Formats
internal import Store

/// What came of withdrawing tasks.
package struct Withdrawal: Hashable, Sendable {
    package internal(set) var tasks = 0
    /// Slots that nobody can take any more.
    package internal(set) var slots = 0
    /// What went back to the wallet.
    package internal(set) var released: Money

    mutating func add(_ other: Withdrawal) throws(MoneyError) {
        tasks += other.tasks
        slots += other.slots
        released = try released.adding(other.released)
    }
}

/// Takes tasks back: nobody gets them any more. Leases in hand go on to their end, and what comes of them is judged and
/// paid; then their slots do not open again. What was held for the rest goes back at once.
package struct WithdrawTasks: Sendable {
    /// Named in one call.
    package static let most = 1_000

    let market: Market

    package init(market: Market) { self.market = market }

    /// Tasks that are closed already stay as they are.
    ///
    /// - Parameters:
    ///   - keys: the requester's own names for the tasks, 1 to 1,000.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound`` for a batch, or a task of another batch;
    ///   ``BatchLifeRefusal/notInWork(_:)``.
    package func callAsFunction(
        _ keys: [String], of id: Batch.ID, from requester: Requester.ID, by actor: Principal.ID
    ) async throws -> Withdrawal {
        guard (1...Self.most).contains(keys.count) else { throw BadInput("tasks", "must be 1 to \(Self.most) keys") }
        return try await market.change { change in
            let batch = try await change.lockInWork(id, of: requester, by: actor)
            let known = try await change.transaction.tasks(named: keys, in: batch)
            if let missing = keys.first(where: { known[$0] == nil }) { throw NotFound("task called '\(missing)'") }
            return try await change.withdraw(Array(known.values), of: batch, by: actor)
        }
    }

    /// All tasks, by bounded steps, each a transaction of its own; doing it again goes on where it was. The batch then
    /// closes by itself when nothing is in hand.
    ///
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``BatchLifeRefusal/notInWork(_:)``.
    package func all(
        of id: Batch.ID, from requester: Requester.ID, by actor: Principal.ID
    ) async throws -> Withdrawal {
        var (total, last): (Withdrawal?, WorkTask.ID?)
        while true {
            let (step, end) = try await market.change { [last] change in
                let batch = try await change.lockInWork(id, of: requester, by: actor)
                return try await change.withdrawStep(of: batch, as: .withdrawn, after: last, by: actor)
            }
            if total == nil { total = step } else { try total?.add(step) }
            guard let end else { return total ?? step }
            last = end
        }
    }
}

extension Change {
    /// How many tasks go in one transaction, by what they may have of slots.
    func tasksInStep(of batch: Batch) -> Int { max(1, 5_000 / batch.redundancyMost) }

    /// - Throws: ``AccessRefusal``; ``NotFound``; ``BatchLifeRefusal/notInWork(_:)``.
    func lockInWork(_ id: Batch.ID, of requester: Requester.ID, by actor: Principal.ID) async throws -> Batch {
        try await transaction.authorizePublisher(actor, for: requester)
        guard let batch = try await transaction.lockBatch(id, of: requester) else { throw NotFound("batch") }
        try batch.mustBeInWork()
        return batch
    }

    /// Withdraws what is open among tasks of a locked batch, and gives back what was held for it.
    func withdraw(_ tasks: [WorkTask.ID], of batch: Batch, by actor: Principal.ID) async throws -> Withdrawal {
        let closed = try await transaction.closeOpenTasks(tasks, of: batch)
        guard !closed.isEmpty else { return Withdrawal(released: try Money(0, batch.pay.currency)) }
        let slots = try await transaction.withdrawSlots(of: closed, batch.requester)
        let released = try await release(slots, of: batch)
        try await record(
            "tasks_withdrawn", by: actor, on: "batch", batch.id.uuid, in: .requester(batch.requester),
            facts: [
                "tasks": .integer(Int64(closed.count)), "slots": .integer(Int64(slots)),
                "released": .string("\(released)"),
            ]
        )
        return Withdrawal(tasks: closed.count, slots: slots, released: released)
    }

    /// A bounded step of withdrawing all tasks of a locked batch. The last one says what the batch closes as.
    ///
    /// - Returns: with the task to go on after; `nil` at the end.
    func withdrawStep(
        of batch: Batch, as reason: BatchClosedReason, after last: WorkTask.ID?, by actor: Principal.ID
    ) async throws -> (Withdrawal, end: WorkTask.ID?) {
        let limit = tasksInStep(of: batch)
        let tasks = try await transaction.openTasks(of: batch, after: last, limit: limit)
        let withdrawal = try await withdraw(tasks, of: batch, by: actor)
        guard tasks.count < limit else { return (withdrawal, tasks.last) }
        try await transaction.letClose(batch, as: reason)
        return (withdrawal, nil)
    }
}
