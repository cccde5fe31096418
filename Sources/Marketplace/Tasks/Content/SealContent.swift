internal import Formats
internal import Foundation
internal import Store

/// Seals what was taken in before it was sealed: task contents, then drafts, then answers, known answers and
/// suggestions.
///
/// By bounded batches, each a transaction; cut off at any point, it goes on where it was. Any number may run at once.
package struct SealContent: Sendable {
    package static let batchMax = 500
    let market: Market

    package init(market: Market) { self.market = market }

    /// One batch.
    ///
    /// - Parameter limit: 1 to 500 rows.
    /// - Returns: how many were sealed; 0 when all are.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``ContentRefusal``; ``VaultRefusal``.
    package func callAsFunction(limit: Int = 100, by actor: Principal.ID) async throws -> Int {
        guard (1...Self.batchMax).contains(limit) else { throw BadInput("limit", "must be 1 to \(Self.batchMax)") }
        return try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            _ = try change.contentRing
            let contents = try await change.transaction.lockUnsealedContent(limit: limit)
            if !contents.isEmpty { try await change.seal(contents) }
            let drafts = contents.isEmpty ? try await change.transaction.lockUnsealedDrafts(limit: limit) : []
            if !drafts.isEmpty { try await change.seal(drafts: drafts) }
            let answers =
                contents.isEmpty && drafts.isEmpty ? try await change.transaction.lockUnsealedAnswers(limit: limit) : []
            if !answers.isEmpty { try await change.seal(answers: answers) }
            let count = contents.count + drafts.count + answers.count
            guard count > 0 else { return 0 }
            try await change.record(
                "content_sealed", by: actor, on: "principal", actor.uuid, in: .platform,
                facts: [
                    "contents": .integer(Int64(contents.count)), "drafts": .integer(Int64(drafts.count)),
                    "answers": .integer(Int64(answers.count)),
                ]
            )
            return count
        }
    }
}

extension Change {
    fileprivate func seal(_ contents: [UnsealedContent]) async throws {
        let byRequester = Dictionary(grouping: contents, by: \.requester).sorted { $0.key < $1.key }
        for (requester, contents) in byRequester {
            let key = try await contentKey(of: requester, .functional)
            try await transaction.seal(
                contents.map(\.task), of: requester,
                contents.map { try key.seal($0.payload, as: .payload(of: $0.task)) },
                marks: contents.map { key.mark($0.digest) }
            )
        }
    }

    fileprivate func seal(drafts: [Row]) async throws {
        for row in drafts {
            let (requester, task): (Requester.ID, WorkTask.ID) = (try row["requester_id"], try row["task_id"])
            let worker: Worker.ID = try row["worker_id"]
            let key = try await contentKey(of: requester, try row["function"])
            let sealed = try key.seal(try row["answer"], as: .draft(of: task, by: worker))
            try await transaction.sealDraft(ofTask: task, from: requester, by: worker, sealed)
        }
    }

    fileprivate func seal(answers: [Row]) async throws {
        for row in answers {
            let (requester, task): (Requester.ID, WorkTask.ID) = (try row["requester_id"], try row["task_id"])
            let (key, value) = (try await contentKey(of: requester, try row["function"]), try row["value"] as JSON)
            if let assignment: Assignment.ID = try row["assignment_id"] {
                let sealed = try key.seal(value, as: .answer(to: assignment))
                if let round: Int = try row["round"] {
                    try await transaction.sealSentBack(assignment, round: round, to: requester, sealed)
                } else {
                    try await transaction.sealAnswer(assignment, to: requester, sealed)
                }
            } else if let source: String = try row["source"] {
                let sealed = try key.seal(value, as: .known(of: task, source: source))
                try await transaction.sealKnownAnswer(of: task, requester, from: source, sealed)
            } else {
                let sealed = try key.seal(value, as: .suggestion(of: task))
                try await transaction.sealSuggestion(for: task, requester, sealed)
            }
        }
    }
}
