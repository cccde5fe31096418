package import Formats
internal import Foundation
internal import Store

/// Another person than who decided answers an appeal. If the decision does not stand, it is made up for in the same
/// transaction: pay that was refused is paid by the platform, a suspension or an exclusion ends, a tier is held again,
/// an account is open again, a refused paper in check and a revoked one verified. The judgement counts
/// as acceptance in what is known of the worker from then on.
package struct AnswerAppeal: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - isOverturned: whether the decision does not stand.
    ///   - answer: for the worker to read, 1 to 4,000 characters.
    ///   - actor: an operator who had no part in it.
    /// - Returns: what was done about it; `nil` if the decision stands.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``AppealRefusal``; ``DecisionRefusal`` for a program.
    @discardableResult
    package func callAsFunction(
        _ id: Appeal.ID, isOverturned: Bool, answer: String, by actor: Principal.ID
    ) async throws -> JSON? {
        let answer = try PlainText.lines(answer, field: "answer")
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard try await transaction.isPerson(actor) else { throw DecisionRefusal.deciderIsNoPerson }
            guard let appeal = try await transaction.lockAppeal(id) else { throw NotFound("appeal") }
            guard appeal.state == .open else { throw AppealRefusal.notOpen }
            guard appeal.decider != actor else { throw AppealRefusal.deciderAnswers }
            guard try await !transaction.hasOpinion(actor, on: appeal.subjectID) else { throw AppealRefusal.hadPart }
            guard appeal.worker.uuid != actor.uuid,
                try await !transaction.isCloseColleague(actor, of: appeal.worker)
            else { throw AppealRefusal.tooClose }
            let remedy: JSON? = if isOverturned { try await change.makeUp(for: appeal, by: actor) } else { nil }
            try await transaction.endAppeal(
                id, as: isOverturned ? .overturned : .upheld, by: actor, answer: answer, remedy: remedy)
            if isOverturned { try await change.countAgain(Assignment.ID(appeal.subjectID), appeal.kind) }
            try await transaction.tell(
                Principal.ID(appeal.worker.uuid), kind: "appeal_answered",
                facts: [
                    "appeal": .string("\(id)"), "decision": .string("\(appeal.decision)"),
                    "outcome": .string(isOverturned ? "overturned" : "upheld"), "answer": .string(answer),
                    "remedy": remedy ?? .null,
                ],
                id: change.make())
            try await change.record(
                "appeal_answered", by: actor, on: "decision", appeal.decision.uuid, in: .worker(appeal.worker),
                facts: ["appeal": .string("\(id)"), "outcome": .string(isOverturned ? "overturned" : "upheld")])
            return remedy
        }
    }
}

extension Change {
    /// An answer whose rejection did not stand counts again: in what its task's answers come to, and as right in what
    /// is known of its worker.
    fileprivate func countAgain(_ id: Assignment.ID, _ kind: DecisionKind) async throws {
        guard kind == .rejection, let requester = try await transaction.requester(of: id) else { return }
        try await transaction.markStale(taskOf: id)
        try await transaction.keepOutcomes(
            [OutcomeFound(assignment: id, basis: .appeal, right: 1_000_000, weight: 1_000_000)], of: requester)
    }

    /// - Returns: what was done; `over` where nothing is left to do.
    fileprivate func makeUp(for appeal: Appeal, by actor: Principal.ID) async throws -> JSON {
        switch appeal.kind {
        case .rejection, .paymentWithheld: return try await payAfterAll(appeal)
        case .suspension:
            guard try await transaction.isSuspended(appeal.worker, by: appeal.decision) else {
                return ["state": "over"]
            }
            try await move(appeal.worker, .reinstate, by: actor)
            return ["state": "reinstated"]
        case .tierLoss: return try await raiseAgain(appeal, by: actor)
        case .exclusion:
            guard
                let requester = try await transaction.lockWorkerForChange(appeal.worker) == nil
                    ? nil : transaction.excluder(by: appeal.decision),
                try await transaction.endExclusion(of: appeal.worker, from: requester) != nil
            else { return ["state": "over"] }
            try await refreshEligibility(of: appeal.worker, after: .exclusion)
            return ["state": "lifted", "requester": .string("\(requester)")]
        case .contributionWithdrawn:
            guard let id = try await transaction.endWithdrawn(by: appeal.decision) else { return ["state": "over"] }
            return ["state": "counted_again", "withdrawal": .string("\(id)")]
        case .clawback: return try await undoClawback(appeal, by: actor)
        case .closure: return try await reopen(appeal, by: actor)
        case .credentialRefusal:
            let state = try await undo(Credential.ID(appeal.subjectID), .reopen, by: actor)
            return ["state": state == nil ? "over" : "in_check_again"]
        case .credentialRevocation:
            let state = try await undo(Credential.ID(appeal.subjectID), .restore, by: actor)
            return ["state": state == nil ? "over" : "verified_again"]
        }
    }

    /// Opens a closed account as it was before: where it was suspended, it is open for a person to look at, as the
    /// suspension was a decision of its own. What was erased is not there to be opened.
    private func reopen(_ appeal: Appeal, by actor: Principal.ID) async throws -> JSON {
        guard let row = try await transaction.lockWorkerForChange(appeal.worker), row.state == .closed,
            try await !transaction.isErased(appeal.worker)
        else { return ["state": "over"] }
        let before = try await transaction.standing(before: appeal.decision) ?? .applicant
        let way: [Worker.Event] =
            switch before {
            case .registered, .closed: []
            case .applicant: [.apply]
            case .active: [.activate]
            case .paused: [.activate, .pause]
            case .suspended: [.apply]
            }
        for event in [.reopen] + way { try await move(appeal.worker, event, by: actor) }
        return ["state": "reopened", "was": .string(before.rawValue)]
    }

    /// Pays what the terms promised and the judgement refused: platform's remedies to worker payable, with the appeal
    /// as its source. The hold may be given back by now, and a requester cannot bar a remedy by an empty wallet.
    private func payAfterAll(_ appeal: Appeal) async throws -> JSON {
        guard let owed = try await transaction.refusedPay(of: Assignment.ID(appeal.subjectID)) else {
            return ["state": "nothing_refused"]
        }
        let platform = AccountKey.remedies(owed.amount.currency)
        let payable = AccountKey.payable(to: appeal.worker, owed.amount.currency)
        let accounts = try await transaction.accounts([platform, payable], ids: identifiers)
        guard let from = accounts[platform], let to = accounts[payable] else { throw StoreError.unexpectedRowCount(0) }
        let source = appeal.id.uuid
        let transfer = Transfer(id: make(), kind: .remedy, debit: from, credit: to, amount: owed.amount, source: source)
        try await transaction.post(
            JournalEntry(id: make(), kind: .remedy, source: source, reason: "appeal \(appeal.id)", [transfer]))
        try await transaction.insertRemedy(of: owed, transfer: transfer.id)
        return [
            "state": "paid", "amount_minor": .integer(owed.amount.minorUnits),
            "currency": .string(owed.amount.currency.code),
        ]
    }

    private func raiseAgain(_ appeal: Appeal, by actor: Principal.ID) async throws -> JSON {
        guard try await transaction.lockWorkerForChange(appeal.worker) != nil,
            let lost = try await transaction.lostTier(by: appeal.decision),
            try await transaction.tier(of: appeal.worker, in: lost.profession) ?? .generalist < lost.tier
        else { return ["state": "over"] }
        try await grant(
            TierGrant(
                lost.tier, in: lost.profession, to: appeal.worker, as: .operator,
                reasons: "The appeal against its loss was granted.", by: actor))
        return [
            "state": "held_again", "tier": .string(lost.tier.rawValue), "profession": .string(lost.profession.code),
        ]
    }
}

/// How a reviewer's opinions stand beside those of others.
package struct ReviewerRecord: Hashable, Sendable {
    package let person: Principal.ID
    package let opinions: Int
    /// Answers that a second person judged too, and of those on which both came to the same verdict.
    package let compared: Int
    package let agreed: Int
    /// Decisions of theirs that an appeal has overturned.
    package let overturned: Int
    /// What one word of theirs counts in estimates of skill, in millionths: how likely it is borne out, by what became
    /// of their newest 200; one half before the first. See ``Transaction/reviewerWeight(_:)``.
    package let weightMillionths: Int

    /// `{"person", "opinions", "compared", "agreed", "overturned", "weight_ppm"}`.
    package var json: JSON {
        [
            "person": .string("\(person)"), "opinions": .integer(Int64(opinions)),
            "compared": .integer(Int64(compared)), "agreed": .integer(Int64(agreed)),
            "overturned": .integer(Int64(overturned)), "weight_ppm": .integer(Int64(weightMillionths)),
        ]
    }
}

/// What is known of reviewers, by id.
package struct ListReviewers: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - after: the last one of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: an operator.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        after: Principal.ID? = nil, limit: Int = 20, by actor: Principal.ID
    ) async throws -> [ReviewerRecord] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.reviewerRecords(after: after, limit: limit)
        }
    }
}
