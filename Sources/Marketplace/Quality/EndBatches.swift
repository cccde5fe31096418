internal import Formats
internal import Foundation
internal import Store

/// What a piece of ending batches came to.
package struct EndedBatches: Hashable, Sendable {
    package internal(set) var closed = 0
    package internal(set) var tasksWithdrawn = 0
    /// Where to go on; `nil` at the end of the batches.
    package internal(set) var last: Batch.ID?
    /// Whether to go on at once: a batch past its deadline was not withdrawn to its end.
    package internal(set) var hasMore = false
}

/// Ends batches by themselves: what is left of one past its deadline is withdrawn, and whatever has nothing left to do
/// closes, for the reason why nothing is left.
package struct EndBatches: Sendable {
    /// Batches that one piece looks at, and steps of withdrawing that it takes.
    package static let batchesMax = 50
    static let stepsMax = 10

    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded piece. Several may run at once: a batch that somebody holds is passed by.
    ///
    /// - Parameters:
    ///   - last: as the piece before returned it; `nil` begins with the first batch.
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(after last: Batch.ID? = nil, by actor: Principal.ID) async throws -> EndedBatches {
        var ended = EndedBatches()
        let (overdue, page) = try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .operator)
            return (
                try await transaction.overdueBatches(limit: Self.stepsMax),
                try await transaction.batchesInWork(after: last, limit: Self.batchesMax)
            )
        }
        var steps = 0
        for batch in overdue {
            var end: WorkTask.ID?
            repeat {
                guard steps < Self.stepsMax else {
                    ended.hasMore = true
                    break
                }
                steps += 1
                let step = try await withdraw(from: batch, after: end, by: actor)
                ended.tasksWithdrawn += step.tasks
                end = step.end
            } while end != nil
        }
        ended.hasMore = ended.hasMore || overdue.count == Self.stepsMax
        for batch in page where try await isOver(batch) {
            ended.closed += try await close(batch, by: actor) ? 1 : 0
        }
        ended.last = page.count == Self.batchesMax ? page.last?.id : nil
        return ended
    }

    private func withdraw(
        from batch: BatchInWork, after last: WorkTask.ID?, by actor: Principal.ID
    ) async throws -> (tasks: Int, end: WorkTask.ID?) {
        try await market.change { change in
            guard let held = try await change.transaction.lockBatchIfFree(batch.id, of: batch.requester),
                held.state.isInWork, let dueAt = held.dueAt, dueAt <= change.instant
            else { return (0, nil) }
            let (withdrawal, end) = try await change.withdrawStep(of: held, as: .expired, after: last, by: actor)
            return (withdrawal.tasks, end)
        }
    }

    private func isOver(_ batch: BatchInWork) async throws -> Bool {
        try await market.database.read { try await !$0.hasWorkLeft(batch) }
    }

    private func close(_ batch: BatchInWork, by actor: Principal.ID) async throws -> Bool {
        do {
            return try await market.change { change in
                guard let held = try await change.transaction.lockBatchIfFree(batch.id, of: batch.requester),
                    held.state.isInWork,
                    held.resizingTo == nil || held.closesAs == .expired || held.closesAs == .withdrawn,
                    try await !change.transaction.hasWorkLeft(batch)
                else { return false }
                _ = try await change.closeBatch(held, as: held.closesAs ?? .done, by: actor)
                return true
            }
        } catch BatchRefusal.workInFlight {
            // Something opened again between the two looks.
            return false
        }
    }
}
