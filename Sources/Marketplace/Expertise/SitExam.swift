package import Formats
package import Foundation
internal import Store

/// Why an exam cannot be sat. In order of precedence.
package enum SitExamRefusal: Refusal {
    /// The worker has not declared the exam's profession.
    case noProfile
    /// All attempts at this version are used up.
    case noAttemptLeft(most: Int)
    /// The last attempt is too short ago.
    case coolingDown(until: Date)

    package var code: String {
        switch self {
        case .noProfile: "no_profile"
        case .noAttemptLeft: "no_attempt_left"
        case .coolingDown: "exam_cooling_down"
        }
    }

    package var message: String {
        switch self {
        case .noProfile: "This exam is for people of a profession that you have not declared."
        case .noAttemptLeft(let most): "All \(most) attempts at this exam are used up."
        case .coolingDown(let until): "The next attempt can begin at \(until.formatted(.iso8601))."
        }
    }
}

/// One worker's try at an exam, as they see it.
package struct ExamAttempt: Hashable, Sendable {
    package typealias ID = Identifier<ExamAttempt>
    /// How long after the time limit an attempt may still come in, for what was under way on the network: 30 seconds.
    package static let graceSeconds: TimeInterval = 30

    /// What came out.
    package struct Result: Hashable, Sendable {
        /// In ten-thousandths.
        package let scoreBps: Int
        package let isPassed: Bool
        /// When the score no longer counts.
        package let expiresAt: Date
    }

    package let id: ID
    package let exam: Exam.ID
    package let key: String
    package let attemptNo: Int
    package let dueAt: Date
    /// The questions, without the key.
    package let sections: JSON
    /// `nil` while it is under way.
    package let result: Result?

    /// Times in whole seconds since 1970.
    package var json: JSON {
        [
            "attempt": .string("\(id)"), "exam": .string("\(exam)"), "key": .string(key),
            "attempt_no": .integer(Int64(attemptNo)), "due_at": second(dueAt), "sections": sections,
            "score_bps": result.map { .integer(Int64($0.scoreBps)) } ?? .null,
            "is_passed": result.map { .bool($0.isPassed) } ?? .null,
            "expires_at": result.map { second($0.expiresAt) } ?? .null,
        ]
    }

    private func second(_ instant: Date) -> JSON {
        .integer(Int64(exactly: instant.timeIntervalSince1970.rounded(.down)) ?? 0)
    }
}

/// Begins an attempt at the newest version of an exam.
package struct StartExam: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// While an attempt is under way it is the answer, so that starting twice is the same as once. One whose time has
    /// run out is counted as handed in empty first.
    ///
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``SitExamRefusal``.
    package func callAsFunction(_ key: String, by worker: Worker.ID) async throws -> ExamAttempt {
        try await market.change { change in
            let transaction = change.transaction
            let actor = Principal.ID(worker.uuid)
            try await transaction.authorize(actor, as: .worker)
            // One start at a time for each worker.
            guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            guard let exam = try await transaction.newestExam(key) else { throw NotFound("exam") }
            guard try await transaction.hasProfile(worker, in: exam.profession) else { throw SitExamRefusal.noProfile }
            if let open = try await transaction.openAttempt(of: worker, at: key) {
                if change.instant <= open.dueAt + ExamAttempt.graceSeconds { return open }
                try await change.finish(open.id, of: worker, answers: .object([:]), score: 0, by: actor)
            }
            let past = try await transaction.attempts(of: worker, at: exam.id, key: key)
            guard past.count < exam.attemptsMax else { throw SitExamRefusal.noAttemptLeft(most: exam.attemptsMax) }
            if let last = past.lastFinishedAt {
                let until = last + Double(exam.cooldownHours) * 3_600
                guard change.instant >= until else { throw SitExamRefusal.coolingDown(until: until) }
            }
            let id: ExamAttempt.ID = change.make()
            try await transaction.insertAttempt(
                id, at: exam.id, of: worker, number: past.count + 1,
                dueAt: change.instant + Double(exam.minutes) * 60
            )
            try await change.record(
                "exam_started", by: actor, on: "exam_attempt", id.uuid, in: .worker(worker),
                facts: ["key": .string(key), "attempt_no": .integer(Int64(past.count + 1))]
            )
            guard let attempt = try await transaction.attempt(id) else { throw NotFound("attempt") }
            return attempt
        }
    }
}

/// Hands an attempt in.
package struct HandInExam: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Handing in twice is the same as once: what came first counts. More than 30 seconds after the time limit the
    /// answers are not taken, and the attempt is scored as empty.
    ///
    /// - Parameter answers: `{"<question>": "<option>"}`; what is left out is wrong.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``BadInput``.
    package func callAsFunction(
        _ id: ExamAttempt.ID, answers: JSON, by worker: Worker.ID
    ) async throws -> ExamAttempt {
        try await market.change { change in
            let transaction = change.transaction
            let actor = Principal.ID(worker.uuid)
            try await transaction.authorize(actor, as: .worker)
            guard try await transaction.lockWorkerForChange(worker) != nil,
                let attempt = try await transaction.attempt(id, of: worker),
                let exam = try await transaction.exam(attempt.exam)
            else { throw NotFound("attempt") }
            if attempt.result != nil { return attempt }
            let isInTime = change.instant <= attempt.dueAt + ExamAttempt.graceSeconds
            let taken = isInTime ? try exam.checked(answers) : [:]
            try await change.finish(
                id, of: worker, answers: .object(taken.mapValues(JSON.string)), score: exam.score(taken), by: actor
            )
            guard let finished = try await transaction.attempt(id) else { throw NotFound("attempt") }
            return finished
        }
    }
}

/// Counts attempts whose time has run out as handed in empty; for the scheduler.
package struct CloseOverdueExams: Sendable {
    package static let batchMax = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// One batch.
    ///
    /// - Returns: how many were closed; fewer than `limit` when no more are overdue.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(limit: Int = batchMax, by actor: Principal.ID) async throws -> Int {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            let overdue = try await change.transaction.lockOverdueAttempts(
                before: change.instant - ExamAttempt.graceSeconds, limit: min(max(limit, 1), Self.batchMax)
            )
            for (id, worker) in overdue {
                try await change.finish(id, of: worker, answers: .object([:]), score: 0, by: actor)
            }
            return overdue.count
        }
    }
}

extension Change {
    /// Writes the score of an attempt and makes the worker's estimates anew.
    fileprivate func finish(
        _ id: ExamAttempt.ID, of worker: Worker.ID, answers: JSON, score: Int, by actor: Principal.ID
    ) async throws {
        guard try await transaction.finishAttempt(id, answers: answers, scoreBps: score) else { return }
        try await estimateSkills(of: worker)
        try await refreshEligibility(of: worker, after: [.exam, .skill])
        try await record(
            "exam_finished", by: actor, on: "exam_attempt", id.uuid, in: .worker(worker),
            facts: ["score_bps": .integer(Int64(score))]
        )
    }
}
