package import Formats
package import Foundation
internal import Store

/// Why an answer is not sent back, or not handed in again.
package enum ReworkRefusal: Refusal {
    /// The project allows so many times.
    case tooOften(Int)
    /// Somebody has judged it; it is judged as it is.
    case judged
    /// It was not sent back, or the time for another version is over.
    case notOpen
    /// The answer does not look as the project wants it; the first faults, with their places.
    case invalidAnswer([JSONSchema.Fault])

    package var code: String {
        switch self {
        case .tooOften: "sent_back_too_often"
        case .judged: "judged_already"
        case .notOpen: "not_sent_back"
        case .invalidAnswer: "invalid_answer"
        }
    }

    package var message: String {
        switch self {
        case .tooOften(let most): "The answer was sent back \(most) times, which is the most. Judge it as it is."
        case .judged: "Somebody has given their opinion of this version. It cannot be sent back any more."
        case .notOpen:
            "No other version is asked for, or the time for it is over; what was handed in is judged as it is."
        case .invalidAnswer(let faults):
            "The answer is not as the project asks for: \(faults.map(\.description).joined(separator: "; "))"
        }
    }
}

/// A reviewer sends an answer back to its worker, with reasons: same worker, same terms. The assignment stays submitted
/// and its lease is not opened again. The worker has the time that was left to them when they handed in, but at least
/// what the project sets; if no other version comes until then, the one that stands is judged.
package struct SendBack: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - sheet: marks of the fields, with quotes.
    ///   - reasons: for the worker to read: what is to be done; up to 4,000 characters.
    ///   - actor: a reviewer who may judge it.
    /// - Returns: until when the worker may hand in another version.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``ReviewRefusal``; ``ReworkRefusal``.
    package func callAsFunction(
        _ id: Assignment.ID, of requester: Requester.ID, sheet: ReviewSheet = .empty, reasons: String,
        by actor: Principal.ID
    ) async throws -> Date {
        try sheet.validate()
        let reasons = try PlainText.lines(reasons, field: "reasons")
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .reviewer)
            _ = try await transaction.lockWorkersForEligibility([Worker.ID(actor.uuid)])
            let work = try await change.workToJudge(id, of: requester, by: actor)
            guard try await transaction.opinions(on: id, of: requester).isEmpty else { throw ReworkRefusal.judged }
            let policy = try await transaction.reviewPolicy(ofBatch: work.batch, requester)
            let before = try await transaction.reworks(of: id, requester)
            guard before < policy.reworksMax else { throw ReworkRefusal.tooOften(policy.reworksMax) }
            let end = try await transaction.insertRework(
                before + 1, of: work, reasons: reasons, sheet, hours: policy.reworkHours, by: actor)
            try await transaction.tell(
                Principal.ID(work.worker.uuid), kind: "work_sent_back",
                facts: [
                    "assignment": .string("\(id)"), "reasons": .string(reasons), "sheet": sheet.json,
                    "answer_until": .string(end.formatted(.iso8601)),
                ],
                id: change.make())
            try await change.record(
                "submission_sent_back", by: actor, on: "assignment", id.uuid, in: .requester(requester),
                facts: ["round": .integer(Int64(before + 1))])
            return end
        }
    }
}

/// The worker hands in another version of an answer that was sent back. The version before stays on record.
package struct HandInAgain: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// The same answer again is the same as once, also after it was taken.
    ///
    /// - Parameters:
    ///   - answer: up to 1 MiB as canonical JSON.
    ///   - activeSeconds: how long the worker was at this version, as they say, above zero; at most the time since it
    ///     was sent back. Counted on top of the time before.
    ///   - actor: the worker.
    /// - Throws: ``NotFound``; ``BadInput``; ``ReworkRefusal``; ``ContentRefusal``.
    package func callAsFunction(
        _ answer: JSON, for id: Assignment.ID, activeSeconds: Int, by actor: Principal.ID
    ) async throws -> Submission {
        guard activeSeconds > 0 else { throw BadInput("active_seconds", "must be above zero") }
        try answer.mustFit(TaskDraft.answerBytesMax, as: "answer")
        let hash = Digest(of: answer)
        let worker = Worker.ID(actor.uuid)
        return try await market.change { change in
            let transaction = change.transaction
            guard let work = try await transaction.workToSubmit(id, of: worker) else { throw NotFound("assignment") }
            let input =
                work.shape.answerNeedsInput
                ? try await change.content(of: [work.task], from: work.requester, for: .checking)[work.task] : nil
            let faults = work.shape.faults(inAnswer: answer, to: input ?? .null)
            guard faults.isEmpty else { throw ReworkRefusal.invalidAnswer(faults) }
            guard let now = try await transaction.workToReview(id, of: work.requester) else {
                throw NotFound("assignment")
            }
            let instant = try await transaction.freshInstant()
            guard now.state == .submitted, let rework = try await transaction.openRework(of: id, work.requester),
                instant < rework.answerUntil
            else {
                if let stands = try await transaction.workToSubmit(id, of: worker)?.submission, stands.hash == hash,
                    try await transaction.reworks(of: id, work.requester) > 0
                {
                    return stands
                }
                throw ReworkRefusal.notOpen
            }
            let active = min(activeSeconds, max(1, Int(clamping: Int64(instant.timeIntervalSince(rework.sentAt)))))
            let key = try await change.contentKey(of: work.requester, work.function)
            try await transaction.replaceAnswer(
                try key.seal(answer, as: .answer(to: id)), hash, of: now, active: active, at: instant)
            if let classes = AnswerClasses(work.shape) {
                try await change.weighAnswers(to: work.task, in: work.project, classes, key)
            }
            try await change.record(
                "answer_submitted_again", by: actor, on: "assignment", id.uuid, in: .requester(work.requester),
                facts: ["hash": .string(hash.hexadecimal)])
            return Submission(assignment: id, hash: hash, submittedAt: instant)
        }
    }
}

/// What was sent back to a worker and waits for another version.
package struct OpenRework: Sendable {
    package let assignment: Assignment.ID
    package let requester: Requester.ID
    package let round: Int
    package let reasons: String
    package let sheet: JSON
    package let sentAt: Date
    package let answerUntil: Date
}

/// Lists what was sent back to a worker, oldest assignment first.
package struct MyReworks: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - after: the last assignment of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        after: Assignment.ID? = nil, limit: Int = 20, by actor: Principal.ID
    ) async throws -> [OpenRework] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .worker)
            return try await transaction.openReworks(of: Worker.ID(actor.uuid), after: after, limit: limit)
        }
    }
}
