internal import Formats
package import Foundation
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
    /// Its worker has until then to hand in another version.
    case sentBack(Date)
    /// They have said what they think of it.
    case opinionGiven
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
        case .sentBack: "sent_back"
        case .opinionGiven: "opinion_given"
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
        case .sentBack(let end):
            "The answer was sent back. Its worker has until \(end.formatted(.iso8601)) to hand in another version."
        case .opinionGiven: "You have judged this answer. Somebody else must look at it now."
        case .notSubmitted(let state): "There is no answer to judge: the assignment is \(state.rawValue)."
        }
    }
}

/// A judgement of a submission.
package struct Review: Sendable {
    package typealias ID = Identifier<Review>
    /// `nil` while other people must look.
    package let id: ID?
    package let stage: ReviewStage
    /// What was earned; `nil` after a rejection, and while nothing is final.
    package let earned: Money?
    /// Set once it is final, unless everything was accepted.
    package let decision: Decision.ID?
}

/// A person who is not the author judges what came back. Once the judgement is final, what follows is done in the same
/// transaction: the earning and the fee, or the reopened slot; the decision where less than everything is paid.
///
/// It is not final where a second person must look: by a chance that grows with the risk, or because a rejection would
/// be one too many of the batch or of the worker's work by one person alone. Where two differ, a third decides.
package struct ReviewSubmission: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - said: `nil` for what follows from the marks of the fields, in a project that weighs them.
    ///   - sheet: marks, scores and the rule; kept with the opinion, and told to the worker with the decision.
    ///   - reasons: for the worker to read, up to 4,000 characters; may be empty only for full acceptance.
    ///   - actor: a reviewer.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``ReviewRefusal``; ``DecisionRefusal`` when a program
    ///   would accept less than everything.
    package func callAsFunction(
        _ id: Assignment.ID, of requester: Requester.ID, _ said: Judgement?, sheet: ReviewSheet = .empty,
        reasons: String, by actor: Principal.ID
    ) async throws -> Review {
        try said?.validate()
        try sheet.validate()
        let reasons =
            reasons.isEmpty && said ?? .accepted == .accepted ? "" : try PlainText.lines(reasons, field: "reasons")
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .reviewer)
            // Whoever reviews and works cannot take a lease on the task meanwhile.
            _ = try await transaction.lockWorkersForEligibility([Worker.ID(actor.uuid)])
            if said != .accepted { try await transaction.lockRejections(of: id, requester) }
            let work = try await change.workToJudge(id, of: requester, by: actor)
            let policy = try await transaction.reviewPolicy(ofBatch: work.batch, requester)
            let judgement = try policy.judgement(said, by: sheet)
            guard judgement == .accepted || !reasons.isEmpty else { throw BadInput("reasons", "are missing") }
            var opinions = try await transaction.opinions(on: id, of: requester)
            guard opinions.allSatisfy({ $0.person != actor }) else { throw ReviewRefusal.opinionGiven }
            let opinion = try await change.opinion(
                judgement, reasons, sheet, on: work, after: opinions, policy, by: actor)
            try await transaction.insertOpinion(opinion, on: work)
            opinions.append(opinion)
            let (stage, decisive) = ReviewStage.after(opinions, tolerance: policy.toleranceBasisPoints)
            try await change.record(
                "submission_reviewed", by: actor, on: "assignment", id.uuid, in: .requester(requester),
                facts: [
                    "verdict": .string(judgement.verdict.rawValue),
                    "share_bps": .integer(Int64(judgement.basisPoints)), "role": .string(opinion.role.rawValue),
                    "stage": .string(stage.rawValue),
                ]
            )
            guard let decisive else { return Review(id: nil, stage: stage, earned: nil, decision: nil) }
            return try await change.close(work, by: decisive, of: opinions)
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
    /// A submission that somebody may judge now, its task held still.
    ///
    /// - Throws: ``NotFound``; ``ReviewRefusal``.
    func workToJudge(
        _ id: Assignment.ID, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> WorkToReview {
        guard let work = try await transaction.workToReview(id, of: requester) else { throw NotFound("assignment") }
        guard work.worker.uuid != actor.uuid else { throw ReviewRefusal.reviewerIsAuthor }
        guard try await !transaction.isCloseColleague(actor, of: work.worker) else {
            throw ReviewRefusal.closeColleague
        }
        if let bar = try await transaction.reviewBar(to: actor, on: work.task, of: requester) { throw bar }
        guard work.state == .submitted else { throw work.refusal }
        if let end = try await transaction.openRework(of: id, requester)?.answerUntil {
            throw ReviewRefusal.sentBack(end)
        }
        return work
    }

    fileprivate func opinion(
        _ judgement: Judgement, _ reasons: String, _ sheet: ReviewSheet, on work: WorkToReview,
        after earlier: [Opinion], _ policy: ReviewPolicy, by actor: Principal.ID
    ) async throws -> Opinion {
        guard earlier.isEmpty else {
            return Opinion(
                role: earlier.count == 1 ? .second : .adjudicator, person: actor, judgement: judgement,
                reasons: reasons, sheet: sheet, risk: 0, asksSecond: false)
        }
        let facts = try await transaction.reviewFacts(work, by: actor)
        let risk = policy.risk(facts, pay: work.pay)
        let isTooMany = judgement.isRejection && policy.isMassRejection(facts)
        return Opinion(
            role: .first, person: actor, judgement: judgement, reasons: reasons, sheet: sheet, risk: risk,
            asksSecond: isTooMany || facts.isUnsettled || ReviewPolicy.draw(work.id) < risk)
    }

    /// Ends the judgement of a submission by the opinion that counts.
    fileprivate func close(_ work: WorkToReview, by decisive: Opinion, of opinions: [Opinion]) async throws -> Review {
        let judgement = decisive.judgement
        guard let next = work.state.after(judgement.assignmentEvent),
            try await transaction.settle(work, as: next)
        else { throw ReviewRefusal.alreadyReviewed }
        try await transaction.enterWorked(work.id, of: work.requester)
        // What the answers come to before how right they were: whoever tells of the one locks in that order.
        if next == .rejected { try await transaction.markStale(work.task, work.requester) }
        try await transaction.keepOutcomes(
            [try await outcome(of: work, by: decisive, of: opinions)], of: work.requester)
        let earned = try await pay(work, judgement)
        let decision = try await decide(work, by: decisive, of: opinions)
        let review: Review.ID = make()
        try await transaction.insertReview(
            review, of: work, judgement, reasons: decisive.reasons, decision: decision, by: decisive.person)
        if next == .accepted { try await transaction.closeTaskIfDone(work.task, of: work.requester) }
        return Review(id: review, stage: .final, earned: earned, decision: decision)
    }

    /// How right an answer was found, and how much that counts: in full by several people, by one as far as their word
    /// was borne out so far.
    private func outcome(
        of work: WorkToReview, by decisive: Opinion, of opinions: [Opinion]
    ) async throws -> OutcomeFound {
        let weight = opinions.count > 1 ? 1_000_000 : try await transaction.reviewerWeight(decisive.person)
        return OutcomeFound(
            assignment: work.id, basis: .judged, right: decisive.judgement.basisPoints * 100, weight: weight)
    }

    /// Pays the share of the terms: hold to worker payable, and the same share of the fee to the platform. What is not
    /// paid stays in the hold, and goes back to the wallet when the batch is closed.
    ///
    /// Rounding: each half up to a whole minor unit (``Judgement/share(of:)``).
    func pay(_ work: WorkToReview, _ judgement: Judgement) async throws -> Money? {
        guard judgement != .rejected else { return nil }
        let (pay, fee) = (try judgement.share(of: work.pay), try judgement.share(of: work.fee))
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
        _ work: WorkToReview, by decisive: Opinion, of opinions: [Opinion]
    ) async throws -> Decision.ID? {
        let judgement = decisive.judgement
        guard judgement != .accepted else { return nil }
        let automated =
            opinions.count > 1
            ? "That a second person looks was asked for by rule or by lot. People have judged." : "none"
        return try await decide(
            .rejection, about: work.worker, subject: work.id.uuid,
            rule: decisive.sheet.rule ?? "review_\(judgement.verdict.rawValue)",
            facts: [
                "assignment": .string("\(work.id)"), "submission_hash": .string(work.submissionHash.hexadecimal),
                "share_bps": .integer(Int64(judgement.basisPoints)), "pay_minor": .integer(work.pay.minorUnits),
                "currency": .string(work.pay.currency.code), "opinions": .integer(Int64(opinions.count)),
                "sheet": decisive.sheet.json,
            ],
            reasons: decisive.reasons, automated: automated, by: decisive.person
        )
    }
}
