package import Formats
internal import Foundation
internal import Store

/// An exam as everybody may see it: what it takes, not what it asks.
package struct ExamSheet: Hashable, Sendable {
    package let id: Exam.ID
    package let key: String
    package let version: Int
    package let profession: Profession
    package let title: String
    package let minutes: Int
    package let attemptsMax: Int
    package let cooldownHours: Int
    package let passBps: Int
    package let validDays: Int

    package var json: JSON {
        [
            "exam": .string("\(id)"), "key": .string(key), "version": .integer(Int64(version)),
            "profession": .string(profession.code), "title": .string(title), "minutes": .integer(Int64(minutes)),
            "attempts_max": .integer(Int64(attemptsMax)), "cooldown_hours": .integer(Int64(cooldownHours)),
            "pass_bps": .integer(Int64(passBps)), "valid_days": .integer(Int64(validDays)),
        ]
    }
}

/// Shows the newest version of each exam, and a worker's attempts.
package struct ListExams: Sendable {
    package static let pageMax = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter key: of the last one of the page before; `nil` for the first page.
    /// - Returns: by key.
    package func callAsFunction(after key: String? = nil, limit: Int = pageMax) async throws -> [ExamSheet] {
        try await market.database.read { try await $0.exams(after: key, limit: min(max(limit, 1), Self.pageMax)) }
    }

    /// A worker's attempts, newest first.
    ///
    /// - Parameters:
    ///   - attempt: the last one of the page before; `nil` for the first page.
    ///   - actor: the worker, or an operator.
    /// - Throws: ``AccessRefusal``.
    package func attempts(
        of worker: Worker.ID, after attempt: ExamAttempt.ID? = nil, limit: Int = pageMax, by actor: Principal.ID
    ) async throws -> [ExamAttempt] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: actor.uuid == worker.uuid ? .worker : .operator)
            return try await transaction.attempts(
                of: worker, after: attempt, limit: min(max(limit, 1), Self.pageMax)
            )
        }
    }
}
