internal import Formats
internal import Store

/// Raises the most that a batch may cost, or lowers it. Nothing is held for what it is raised by. Where it is lowered
/// below what is held and spent, tasks are withdrawn from the end until the worst case of the rest fits; the batch then
/// closes, when nothing is left of it, for its budget.
package struct ChangeBudget: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// By bounded steps, each a transaction of its own, of which the last sets the budget; doing it again goes on where
    /// it was.
    ///
    /// - Parameters:
    ///   - budget: above zero, in the batch's currency.
    ///   - actor: a publisher of the requester.
    /// - Returns: what was withdrawn.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``; ``BatchLifeRefusal``.
    package func callAsFunction(
        _ budget: Money, of id: Batch.ID, from requester: Requester.ID, by actor: Principal.ID
    ) async throws -> Withdrawal {
        guard budget.minorUnits > 0 else { throw BadInput("budget", "must be above zero") }
        var total = Withdrawal(released: try Money(0, budget.currency))
        while true {
            let (step, isDone) = try await market.change { change in
                let transaction = change.transaction
                try await transaction.authorizePublisher(actor, for: requester)
                guard let batch = try await transaction.lockBatch(id, of: requester) else { throw NotFound("batch") }
                try batch.mustNotHaveEnded()
                guard budget.currency == batch.budget.currency else {
                    throw BadInput("currency", "must be the batch's, \(batch.budget.currency.code)")
                }
                return try await change.lower(batch, to: budget, by: actor)
            }
            try total.add(step)
            if isDone { return total }
        }
    }
}

extension Change {
    /// A bounded step of making a locked batch fit a budget; sets the budget once it fits.
    ///
    /// - Throws: ``BatchLifeRefusal/budgetTooLow(least:)``.
    fileprivate func lower(
        _ batch: Batch, to budget: Money, by actor: Principal.ID
    ) async throws -> (Withdrawal, isDone: Bool) {
        var step = Withdrawal(released: try Money(0, budget.currency))
        let figures = try await transaction.holdFigures(of: batch)
        let excess = figures.committed - budget.minorUnits
        if excess <= 0 {
            guard batch.budget != budget else { return (step, true) }
            try await transaction.setBudget(budget, of: batch)
            try await record(
                "batch_budget_changed", by: actor, on: "batch", batch.id.uuid, in: .requester(batch.requester),
                facts: ["budget": .string("\(budget)")]
            )
            return (step, true)
        }
        if let number = batch.resizingTo { throw BatchLifeRefusal.resizing(to: number) }
        let least = try batch.least(figures)
        guard least <= budget.minorUnits else { throw BatchLifeRefusal.budgetTooLow(least: least) }
        // First what is held for nothing: work that cost less than its worst case, answers not asked for any more.
        let idle = min(try batch.idle(figures), excess)
        if idle > 0 {
            step.released = try Money(idle, budget.currency)
            try await move(step.released, of: batch, .release)
            try await record(
                "batch_hold_released", by: actor, on: "batch", batch.id.uuid, in: .requester(batch.requester),
                facts: ["released": .string("\(step.released)")]
            )
        }
        let one = try batch.worstCaseOfOne.minorUnits
        var missing = (excess - idle + one - 1) / one
        var tasks: [WorkTask.ID] = []
        if missing > 0 {
            for item in try await transaction.untakenTasks(of: batch, limit: tasksInStep(of: batch)) where missing > 0 {
                tasks.append(item.task)
                missing -= Int64(item.slots)
            }
            // Somebody took the last of it meanwhile.
            if idle == 0, tasks.isEmpty { throw BatchLifeRefusal.budgetTooLow(least: figures.committed) }
            try step.add(try await withdraw(tasks, of: batch, by: actor))
            try await transaction.letClose(batch, as: .budget)
        }
        return (step, false)
    }
}

extension Batch {
    /// What was spent, what is in hand at its worst, and what is kept for top-ups of that.
    fileprivate func least(_ figures: HoldFigures) throws -> Int64 {
        let share = min(
            topUpShare.minorUnits - topUpSpent.minorUnits, try topUpShare(of: figures.untaken).minorUnits
        )
        return try worstCase(of: figures.inHand).minorUnits + figures.spent + topUpShare.minorUnits
            - topUpSpent.minorUnits - share
    }

    /// What is held beyond the worst case of the slots and the share for top-ups.
    fileprivate func idle(_ figures: HoldFigures) throws -> Int64 {
        let needed = try worstCase(of: figures.untaken + figures.inHand).minorUnits
        return max(0, figures.balance - needed - (topUpShare.minorUnits - topUpSpent.minorUnits))
    }
}
