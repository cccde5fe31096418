package import Formats
package import Foundation
internal import Store

/// Answers of one worker that no longer count, by a decision.
package struct Withdrawn: Sendable {
    package typealias ID = Identifier<Withdrawn>

    package let id: ID
    package let requester: Requester.ID
    package let project: Project.ID
    /// `nil` for all of the project.
    package let batch: Batch.ID?
    package let worker: Worker.ID
    package let decision: Decision.ID
    package let withdrawnAt: Date
    /// When an appeal was granted.
    package let endedAt: Date?

    package var json: JSON {
        [
            "withdrawal": .string("\(id)"), "requester": .string("\(requester)"), "project": .string("\(project)"),
            "batch": batch.map { .string("\($0)") } ?? .null, "worker": .string("\(worker)"),
            "decision": .string("\(decision)"), "withdrawn_at": .string(withdrawnAt.formatted(.iso8601)),
            "ended_at": endedAt.map { .string($0.formatted(.iso8601)) } ?? .null,
        ]
    }
}

/// A task that lost an answer by a withdrawal.
package struct AffectedTask: Hashable, Sendable {
    package let task: WorkTask.ID
    package let externalKey: String
    package let batch: Batch.ID
    /// Answers that still count, and how many the batch wants at least.
    package let left: Int
    package let wanted: Int
    /// The copy that asks again.
    package let copy: WorkTask.ID?

    /// Whether it has fewer answers than it wants.
    package var isShort: Bool { left < wanted }

    package var json: JSON {
        [
            "task": .string("\(task)"), "external_key": .string(externalKey), "batch": .string("\(batch)"),
            "left": .integer(Int64(left)), "wanted": .integer(Int64(wanted)), "is_short": .bool(isShort),
            "copy": copy.map { .string("\($0)") } ?? .null,
        ]
    }
}

/// Why a contribution is not withdrawn. In order of precedence.
package enum WithdrawalRefusal: Refusal, CaseIterable {
    /// It is about a close colleague of whoever would decide.
    case tooClose
    /// The case that it is to rest on was not upheld, or is about somebody else.
    case caseNotUpheld
    /// The worker has no answer there that counts.
    case nothingCounts

    package var code: String {
        switch self {
        case .tooClose: "too_close_to_worker"
        case .caseNotUpheld: "case_not_upheld"
        case .nothingCounts: "nothing_counts"
        }
    }

    package var message: String {
        switch self {
        case .tooClose: "The worker is a close colleague of yours. Somebody else must decide."
        case .caseNotUpheld: "The case was not upheld, or it is not about this worker's answers there."
        case .nothingCounts: "The worker has no answers there that count."
        }
    }
}

/// Takes a worker's answers out of what a batch, or a project, gives out: a decision with reasons, which the worker is
/// told and can appeal. The answers stay stored, and what was paid or is owed for them stays so.
package struct WithdrawContribution: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - batch: `nil` for all batches of the project.
    ///   - case: an upheld case that it rests on, if one does.
    ///   - reasons: for the worker to read, 1 to 4,000 characters.
    ///   - actor: an operator, no close colleague of the worker's.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``WithdrawalRefusal``; ``DecisionRefusal``.
    package func callAsFunction(
        of worker: Worker.ID, from project: Project.ID, batch: Batch.ID? = nil, of requester: Requester.ID,
        case cause: QualityCase.ID? = nil, reasons: String, by actor: Principal.ID
    ) async throws -> Withdrawn.ID {
        let reasons = try PlainText.lines(reasons, field: "reasons")
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard try await transaction.project(project, of: requester) != nil else { throw NotFound("project") }
            if let batch {
                guard try await transaction.batch(batch, of: requester)?.project == project else {
                    throw NotFound("batch")
                }
            }
            // Two withdrawals of the same answers wait for each other here.
            guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            guard try await !transaction.isCloseColleague(actor, of: worker) else { throw WithdrawalRefusal.tooClose }
            var automated = "none"
            if let cause {
                guard let found = try await transaction.qualityCase(cause), found.state == .upheld,
                    found.requester == requester, found.workers.contains(worker), batch == nil || batch == found.batch
                else { throw WithdrawalRefusal.caseNotUpheld }
                automated = "A screen of answers (\(found.signal.rawValue)) raised the case."
            }
            let answers = try await transaction.countingAnswers(of: worker, in: project, batch, of: requester)
            guard answers > 0 else { throw WithdrawalRefusal.nothingCounts }
            let id: Withdrawn.ID = change.make()
            let decision = try await change.decide(
                .contributionWithdrawn, about: worker, subject: id.uuid, rule: "contribution_withdrawn",
                facts: [
                    "requester": .string("\(requester)"), "project": .string("\(project)"),
                    "batch": batch.map { .string("\($0)") } ?? .null, "answers": .integer(Int64(answers)),
                    "case": cause.map { .string("\($0)") } ?? .null,
                ], reasons: reasons, automated: automated, by: actor)
            try await transaction.insertWithdrawn(
                Withdrawn(
                    id: id, requester: requester, project: project, batch: batch, worker: worker, decision: decision,
                    withdrawnAt: change.instant, endedAt: nil))
            try await change.record(
                "contribution_withdrawn", by: actor, on: "withdrawal", id.uuid, in: .requester(requester),
                facts: ["worker": .string("\(worker)"), "answers": .integer(Int64(answers))])
            return id
        }
    }
}

/// Withdrawals of a requester's project, and the tasks that each has affected.
package struct ListWithdrawn: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// The oldest first.
    ///
    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: somebody of the requester, or an operator.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        of requester: Requester.ID, after last: Withdrawn.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [Withdrawn] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizeOperator(toSee: actor, orRequester: requester)
            return try await transaction.withdrawn(of: requester, after: last, limit: limit)
        }
    }

    /// Tasks that lost an answer, by id.
    ///
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``.
    package func affected(
        by id: Withdrawn.ID, of requester: Requester.ID, after last: WorkTask.ID? = nil, limit: Int = 50,
        by actor: Principal.ID
    ) async throws -> [AffectedTask] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizeOperator(toSee: actor, orRequester: requester)
            guard let withdrawn = try await transaction.withdrawn(id, of: requester) else {
                throw NotFound("withdrawal")
            }
            return try await transaction.affectedTasks(by: withdrawn, after: last, limit: limit)
        }
    }
}
