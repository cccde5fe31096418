package import Formats
internal import Foundation
internal import Store

/// A suggestion as the worker of a live lease sees it.
package struct ShownSuggestion: Hashable, Sendable {
    package let source: String
    package let version: String
    package let answer: JSON
}

/// How the answers of a worker compare with what one version of a model suggested.
package struct SuggestionReportLine: Hashable, Sendable {
    package let worker: Worker.ID
    package let source: String
    package let version: String
    /// Answers to tasks that showed the suggestion, and how many of them were handed in unchanged.
    package let shown: Int
    package let copies: Int
    /// Mean of distance to size, in ten-thousandths, rounded half away from zero; `nil` where there is no answer.
    package let meanDistanceShown: Int?
    /// The same of controls, whose workers did not see the suggestion.
    package let controls: Int
    package let meanDistanceControl: Int?

    /// Share of the shown that were handed in unchanged, in ten-thousandths, rounded down; `nil` where none was shown.
    package var copyThrough: Int? { shown == 0 ? nil : copies * 10_000 / shown }

    package var json: JSON {
        func number(_ value: Int?) -> JSON { value.map { .integer(Int64($0)) } ?? .null }
        return [
            "worker": .string("\(worker)"), "source": .string(source), "version": .string(version),
            "shown": number(shown), "copies": number(copies), "copy_through_bps": number(copyThrough),
            "mean_distance_shown_bps": number(meanDistanceShown), "controls": number(controls),
            "mean_distance_control_bps": number(meanDistanceControl),
        ]
    }
}

/// Answers against suggestions, for each worker, source and version, by pages.
package struct SuggestionReport: Sendable {
    /// Where a page ended.
    package typealias Place = (worker: Worker.ID, source: String, version: String)

    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - worker: only theirs; `nil` for everybody's.
    ///   - requester: only of their tasks; `nil` for all.
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: an operator; workers see their own.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(
        of worker: Worker.ID? = nil, for requester: Requester.ID? = nil, after last: Place? = nil, limit: Int = 50,
        by actor: Principal.ID
    ) async throws -> [SuggestionReportLine] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            if worker?.uuid != actor.uuid { try await transaction.authorize(actor, toSeeAs: .operator) }
            return try await transaction.suggestionReport(of: worker, for: requester, after: last, limit: limit)
        }
    }
}

extension Change {
    /// Records what an answer that has just been handed in is to its task's suggestion, and to versions of its
    /// guideline that were published after its lease.
    func compare(_ answer: JSON, under lease: HeldLease, by worker: Worker.ID) async throws {
        guard let given = try await transaction.givenAnswer(lease.id, lease.requester) else {
            throw NotFound("assignment")
        }
        if given.isOutdated {
            try await listForRecheck(answer, of: given.candidate, under: given.guideline, lease.requester)
        }
        guard let suggestion = try await given.suggestion?.opened(of: lease.task, lease.requester, in: self) else {
            return
        }
        let distance = AnswerDistance(between: suggestion.answer, and: answer)
        try await transaction.insertSuggestionUse(
            of: lease.id, lease.requester, by: worker, suggestion, wasShown: !given.isControl, distance
        )
    }
}
