internal import Formats
internal import Foundation
internal import Store

/// Why a submission cannot be judged. In order of precedence.
package enum ReviewRefusal: Refusal {
    /// Nobody judges their own work.
    case reviewerIsAuthor
    /// They are in one team with its author, or in the same family or employment.
    case closeColleague
    /// Nobody is in two functions on one item.
    case reviewerWorkedOnTask
    /// The task checks an answer that they gave or judged.
    case reviewerHadOriginal
    /// Their clearance is below this level, which the batch's content asks for.
    case notCleared(Int)
    /// They have an interest in this party of the project or the task; its normalised name.
    case conflictOfInterest(String)
    case alreadyReviewed
    /// There is no answer to judge.
    case notSubmitted(AssignmentState)

    package var code: String {
        switch self {
        case .reviewerIsAuthor: "reviewer_is_author"
        case .closeColleague: "close_colleague"
        case .reviewerWorkedOnTask: "reviewer_worked_on_task"
        case .reviewerHadOriginal: "reviewer_had_original"
        case .notCleared: "reviewer_not_cleared"
        case .conflictOfInterest: "conflict_of_interest"
        case .alreadyReviewed: "already_reviewed"
        case .notSubmitted: "not_submitted"
        }
    }

    package var message: String {
        switch self {
        case .reviewerIsAuthor: "You wrote this answer. Somebody else must judge it."
        case .closeColleague:
            "You are in one team with whoever wrote this answer, or have declared the same family or employer. "
                + "Somebody else must judge it."
        case .reviewerWorkedOnTask: "You had this task yourself. Somebody else must judge answers to it."
        case .reviewerHadOriginal:
            "The task checks an answer that you gave, judged or read before. Somebody else must judge this check."
        case .notCleared(let level):
            "The content is sensitive: its reviewers need clearance level \(level), as its workers do. An operator "
                + "grants it to whoever is registered as a worker."
        case .conflictOfInterest(let party):
            "You have declared an interest in '\(party)', which is a party of this work. Somebody else must judge it."
        case .alreadyReviewed: "The submission was judged."
        case .notSubmitted(let state): "There is no answer to judge: the assignment is \(state.rawValue)."
        }
    }
}

/// A judgement of a submission.
package struct Review: Sendable {
    package typealias ID = Identifier<Review>
    package let id: ID
    /// What was earned; `nil` after a rejection.
    package let earned: Money?
    /// Set unless everything was accepted.
    package let decision: Decision.ID?
}

/// A person who is not the author judges what came back. What follows is done in the same transaction: the earning
/// and the fee, or the reopened slot; the decision where less than everything is paid.
package struct ReviewSubmission: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - reasons: for the worker to read, up to 4,000 characters; may be empty only for full acceptance.
    ///   - actor: a reviewer.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``ReviewRefusal``; ``DecisionRefusal`` when a program
    ///   would accept less than everything.
    package func callAsFunction(
        _ id: Assignment.ID, of requester: Requester.ID, _ judgement: Judgement, reasons: String,
        by actor: Principal.ID
    ) async throws -> Review {
        try judgement.validate()
        let reasons = reasons.isEmpty && judgement == .accepted ? "" : try PlainText.lines(reasons, field: "reasons")
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .reviewer)
            // Whoever reviews and works cannot take a lease on the task meanwhile.
            _ = try await transaction.lockWorkersForEligibility([Worker.ID(actor.uuid)])
            guard let work = try await transaction.workToReview(id, of: requester) else { throw NotFound("assignment") }
            guard work.worker.uuid != actor.uuid else { throw ReviewRefusal.reviewerIsAuthor }
            guard try await !transaction.isCloseColleague(actor, of: work.worker) else {
                throw ReviewRefusal.closeColleague
            }
            if let bar = try await transaction.reviewBar(to: actor, on: work.task, of: requester) { throw bar }
            guard let next = work.state.after(judgement.assignmentEvent) else { throw work.refusal }
            guard try await transaction.settle(work, as: next) else { throw ReviewRefusal.alreadyReviewed }
            try await transaction.enterWorked(work.id, of: requester)
            let earned = try await change.pay(work, judgement)
            let decision = try await change.decide(work, judgement, reasons: reasons, by: actor)
            let review: Review.ID = change.make()
            try await transaction.insertReview(
                review, of: work, judgement, reasons: reasons, decision: decision, by: actor
            )
            if next == .accepted { try await transaction.closeTaskIfDone(work.task, of: requester) }
            try await change.record(
                "submission_reviewed", by: actor, on: "assignment", id.uuid, in: .requester(requester),
                facts: [
                    "verdict": .string(judgement.verdict.rawValue),
                    "share_bps": .integer(Int64(judgement.basisPoints)),
                ]
            )
            return Review(id: review, earned: earned, decision: decision)
        }
    }
}

extension WorkToReview {
    fileprivate var refusal: ReviewRefusal {
        switch state {
        case .accepted, .rejected: .alreadyReviewed
        case .leased, .submitted, .expired, .returned, .revoked: .notSubmitted(state)
        }
    }
}

extension Change {
    /// Pays the share of the terms: hold to worker payable, and the same share of the fee to the platform.
    ///
    /// Rounding: each half up to a whole minor unit (``Money/share(basisPoints:)``).
    func pay(_ work: WorkToReview, _ judgement: Judgement) async throws -> Money? {
        guard judgement != .rejected else { return nil }
        let pay = try work.pay.share(basisPoints: judgement.basisPoints)
        let fee = try work.fee.share(basisPoints: judgement.basisPoints)
        guard pay.minorUnits > 0 else { throw BadInput("share_bps", "is less than one minor unit of the pay") }
        let hold = AccountKey.hold(ofBatch: work.batch.uuid, pay.currency)
        let payable = AccountKey.payable(to: work.worker, pay.currency)
        let fees = AccountKey.fees(pay.currency)
        let accounts = try await transaction.accounts([hold, payable, fees], ids: identifiers)
        guard let from = accounts[hold], let toWorker = accounts[payable], let toPlatform = accounts[fees] else {
            throw StoreError.unexpectedRowCount(0)
        }
        let source = work.id.uuid
        let earning = Transfer(
            id: make(), kind: .earning, debit: from, credit: toWorker, amount: pay, source: source
        )
        let charge = Transfer(id: make(), kind: .fee, debit: from, credit: toPlatform, amount: fee, source: source)
        try await transaction.post(
            JournalEntry(
                id: make(), kind: .acceptance, source: source, fee.minorUnits > 0 ? [earning, charge] : [earning]))
        try await transaction.insertEarning(of: work, pay, transfer: earning.id)
        return pay
    }

    /// Whatever is not paid in full is a decision, and the worker is told of it.
    fileprivate func decide(
        _ work: WorkToReview, _ judgement: Judgement, reasons: String, by actor: Principal.ID
    ) async throws -> Decision.ID? {
        switch judgement {
        case .accepted: return nil
        case .acceptedInPart, .rejected:
            return try await decide(
                .rejection, about: work.worker, subject: work.id.uuid, rule: "review_\(judgement.verdict.rawValue)",
                facts: [
                    "assignment": .string("\(work.id)"), "submission_hash": .string(work.submissionHash.hexadecimal),
                    "share_bps": .integer(Int64(judgement.basisPoints)),
                    "pay_minor": .integer(work.pay.minorUnits), "currency": .string(work.pay.currency.code),
                ],
                reasons: reasons, by: actor
            )
        }
    }
}
