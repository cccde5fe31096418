internal import Formats
internal import Store

/// Asks for more answers to each task of a batch, or for fewer. Of an adaptive batch it is the most that changes; at
/// its least the batch becomes a fixed one. Tasks that are closed stay as they are.
///
/// More: the difference is held first, then slots are added. Fewer: slots that nobody has taken are withdrawn, and what
/// was held for them goes back.
package struct ChangeRedundancy: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// By bounded steps, each a transaction of its own; doing it again goes on where it was. Until it has ended the
    /// batch says that it is being resized; another change takes its place.
    ///
    /// - Parameters:
    ///   - number: 1 to 100; for an adaptive batch not below its least.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``; ``ReservationRefusal/packed``;
    ///   ``BatchLifeRefusal``; ``BatchRefusal`` where budget or
    ///   wallet do not cover more. ``BatchLifeRefusal/moreAnswers(tasks:than:)`` may come at the end, for what was
    ///   taken meanwhile; then the batch stays as it is being resized, until the change or another one succeeds.
    package func callAsFunction(
        to number: Int, of id: Batch.ID, from requester: Requester.ID, by actor: Principal.ID
    ) async throws {
        try BatchDraft.check(number, 1...100, "redundancy")
        let isBegun = try await market.change { change in
            let batch = try await change.lockInWork(id, of: requester, by: actor)
            return try await change.beginResizing(batch, to: number, by: actor)
        }
        guard isBegun else { return }
        var last: WorkTask.ID?
        repeat {
            last = try await market.change { [last] change in
                let batch = try await change.lockInWork(id, of: requester, by: actor)
                guard try batch.isStillResizing(to: number) else { return nil }
                return try await change.resizeStep(of: batch, to: number, after: last, by: actor)
            }
        } while last != nil
        try await market.change { change in
            let batch = try await change.lockInWork(id, of: requester, by: actor)
            guard try batch.isStillResizing(to: number) else { return }
            let over = try await change.transaction.tasksKeepingMore(than: number, of: batch)
            guard over == 0 else { throw BatchLifeRefusal.moreAnswers(tasks: over, than: number) }
            try await change.transaction.endResizing(of: batch, at: number)
            try await change.record(
                "batch_redundancy_changed", by: actor, on: "batch", id.uuid, in: .requester(requester),
                facts: ["redundancy": .integer(Int64(number))]
            )
        }
    }
}

extension Batch {
    /// - Returns: false when somebody who was asked for the same has done it.
    /// - Throws: ``BatchLifeRefusal/resizing(to:)`` when another change has taken its place.
    fileprivate func isStillResizing(to number: Int) throws(BatchLifeRefusal) -> Bool {
        if resizingTo == number { return true }
        guard resizingTo == nil, redundancyMost == number else {
            throw .resizing(to: resizingTo ?? redundancyMost)
        }
        return false
    }
}

extension Change {
    /// - Returns: false when there is nothing to do.
    fileprivate func beginResizing(_ batch: Batch, to number: Int, by actor: Principal.ID) async throws -> Bool {
        guard batch.resizingTo != nil || number != batch.redundancyMost else { return false }
        if let dueAt = batch.dueAt, dueAt <= instant { throw BatchLifeRefusal.overdue }
        if batch.agreementBasisPoints != nil, number < batch.redundancy {
            throw BadInput("redundancy", "must be at least \(batch.redundancy), which the batch asks for at once")
        }
        if batch.sharing.isPacked { throw ReservationRefusal.packed }
        let over = try await transaction.tasksTakenMore(than: number, of: batch)
        guard over == 0 else { throw BatchLifeRefusal.moreAnswers(tasks: over, than: number) }
        let missing = try await transaction.missingSlots(to: number, of: batch)
        if missing > 0 { try await holdFor(missing, more: batch) }
        try await transaction.beginResizing(of: batch, to: number)
        try await record(
            "batch_resizing", by: actor, on: "batch", batch.id.uuid, in: .requester(batch.requester),
            facts: ["redundancy": .integer(Int64(number)), "missing_slots": .integer(Int64(missing))]
        )
        return true
    }

    /// Holds what is missing for more slots of a locked batch; what is held for nothing counts towards it, so that
    /// doing it again holds nothing twice.
    ///
    /// - Throws: ``BatchRefusal/overBudget(worstCase:budget:)``, ``BatchRefusal/notFunded(worstCase:)``.
    private func holdFor(_ slots: Int, more batch: Batch) async throws {
        let figures = try await transaction.holdFigures(of: batch)
        let share = try max(batch.topUpShare.minorUnits, batch.topUpShare(of: figures.kept + slots).minorUnits)
        let needed =
            try batch.worstCase(of: figures.untaken + figures.inHand + slots).minorUnits + share
            - batch.topUpSpent.minorUnits
        let lacking = needed - figures.balance
        try await transaction.raiseTopUpShare(of: batch, to: Money(share, batch.pay.currency))
        guard lacking > 0 else { return }
        guard figures.committed + lacking <= batch.budget.minorUnits else {
            throw BatchRefusal.overBudget(worstCase: figures.committed + lacking, budget: batch.budget.minorUnits)
        }
        do {
            try await move(Money(lacking, batch.pay.currency), of: batch, .hold)
        } catch LedgerRefusal.insufficientFunds {
            throw BatchRefusal.notFunded(worstCase: lacking)
        }
    }

    /// Adds the slots that tasks lack, and withdraws those that they have too many, as far as nobody has taken them.
    ///
    /// - Returns: the task to go on after; `nil` at the end.
    fileprivate func resizeStep(
        of batch: Batch, to number: Int, after last: WorkTask.ID?, by actor: Principal.ID
    ) async throws -> WorkTask.ID? {
        let limit = max(1, 5_000 / max(number, batch.redundancyMost))
        let tasks = try await transaction.lockOpenTasks(of: batch, after: last, limit: limit)
        let isAdaptive = batch.agreementBasisPoints != nil
        let added = try await transaction.addSlots(
            to: tasks, of: batch, upTo: number, as: isAdaptive ? .waiting : .open)
        if added > 0 { try await transaction.countIntake(tasks: 0, slots: added, of: batch) }
        let withdrawn = try await transaction.withdrawSurplus(of: tasks, of: batch, above: number)
        let released = try await release(withdrawn, of: batch)
        if isAdaptive, added > 0, let project = try await transaction.project(batch.project, of: batch.requester) {
            for task in try await transaction.idleTasks(among: tasks, of: batch) {
                let weighed = try await weighAnswers(to: task, in: project)
                try await askOnward(for: task, of: batch.requester, project.shape.sameAnswer, weighed, by: actor)
            }
        }
        try await transaction.closeAnswered(tasks, of: batch, least: number)
        if added > 0 || withdrawn > 0 {
            try await record(
                "batch_resized", by: actor, on: "batch", batch.id.uuid, in: .requester(batch.requester),
                facts: [
                    "added": .integer(Int64(added)), "withdrawn": .integer(Int64(withdrawn)),
                    "released": .string("\(released)"),
                ]
            )
        }
        return tasks.count < limit ? nil : tasks.last
    }
}
