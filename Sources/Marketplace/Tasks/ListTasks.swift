package import Foundation
internal import Store

/// A task as its requester follows it: nothing of its content.
package struct TaskLine: Sendable {
    package let id: WorkTask.ID
    /// The requester's own name for it.
    package let externalKey: String
    package let state: TaskState
    /// In the order of their numbers.
    package let slots: [SlotLine]
}

/// Where one answer to a task stands.
package struct SlotLine: Hashable, Sendable {
    package let number: Int
    package let state: SlotState
    /// How many leases on it ended without an answer.
    package let lapses: Int
    /// Set while leased.
    package let leaseUntil: Date?
}

/// The tasks of a batch and where they stand, by pages.
package struct ListTasks: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: of the page before; `nil` for the first.
    ///   - limit: 1 to 200.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(
        of batch: Batch.ID, from requester: Requester.ID, after last: WorkTask.ID? = nil, limit: Int = 50,
        by actor: Principal.ID
    ) async throws -> [TaskLine] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            return try await transaction.taskLines(of: batch, requester, after: last, limit: limit)
        }
    }

    /// The one that the requester calls so.
    ///
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func one(
        _ externalKey: String, of batch: Batch.ID, from requester: Requester.ID, by actor: Principal.ID
    ) async throws -> TaskLine {
        try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            guard let batch = try await transaction.batch(batch, of: requester),
                let id = try await transaction.tasks(named: [externalKey], in: batch)[externalKey],
                let line = try await transaction.taskLine(id, requester)
            else { throw NotFound("task called '\(externalKey)'") }
            return line
        }
    }
}
