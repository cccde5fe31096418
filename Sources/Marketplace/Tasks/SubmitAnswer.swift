package import Formats
package import Foundation
internal import Store

/// Why an answer was not taken. In order of precedence.
package enum SubmitRefusal: Refusal {
    /// Another answer is in already; the first stands.
    case otherAnswerSubmitted
    /// The lease ran out, was given back or revoked, and the slot is not there to be taken again. The text is kept.
    case leaseLost
    /// The answer does not look as the project wants it; the first faults, with their places.
    case invalidAnswer([JSONSchema.Fault])
    /// The worker no longer meets the requirement.
    case notEligible(RequirementFault)

    package var code: String {
        switch self {
        case .otherAnswerSubmitted: "other_answer_submitted"
        case .leaseLost: "lease_lost"
        case .invalidAnswer: "invalid_answer"
        case .notEligible: "not_eligible"
        }
    }

    package var message: String {
        switch self {
        case .otherAnswerSubmitted: "Another answer was submitted for this task; it stands."
        case .leaseLost:
            "The lease has ended, and the task cannot be taken again now. Your text is kept as the draft of this "
                + "assignment unless you have saved a newer one since, and will be there if the task comes back to "
                + "you. Claim other work."
        case .invalidAnswer(let faults):
            "The answer is not as the project asks for: \(faults.map(\.description).joined(separator: "; "))"
        case .notEligible(let fault): "You no longer meet what the work asks for. \(fault.message)"
        }
    }
}

/// What came back for an assignment.
package struct Submission: Hashable, Sendable {
    package let assignment: Assignment.ID
    /// Of the canonical answer.
    package let hash: Digest
    package let submittedAt: Date
}

/// A worker hands in an answer. Doing it twice is the same as once.
///
/// An answer that comes after its lease has ended is taken all the same if its slot is still free and the worker could
/// take it now: then it is submitted under a new lease, on the terms of now. Otherwise its text is kept as a draft. So
/// is that of an answer which the schema refuses when its lease is over, or whose worker is no longer eligible.
package struct SubmitAnswer: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - answer: up to 1 MiB as canonical JSON.
    ///   - activeSeconds: how long the worker was at it, as they say, above zero; more than the time since the lease
    ///     counts as that time.
    ///   - actor: the worker.
    /// - Returns: the submission; of another assignment than `id` for a late answer.
    /// - Throws: ``NotFound``; ``BadInput`` for an answer that cannot be stored; ``SubmitRefusal``;
    ///   ``ContentRefusal`` where the answer cannot be sealed, or must be checked against content that cannot be had.
    package func callAsFunction(
        _ answer: JSON, for id: Assignment.ID, token: Int64, activeSeconds: Int? = nil, by actor: Principal.ID
    ) async throws -> Submission {
        if let activeSeconds, activeSeconds < 1 { throw BadInput("active_seconds", "must be above zero") }
        try answer.mustFit(TaskDraft.answerBytesMax, as: "answer")
        let handIn = HandIn(answer: answer, hash: Digest(of: answer), activeSeconds: activeSeconds)
        do {
            return try await market.change { change in
                try await change.submit(handIn, for: id, token: token, by: Worker.ID(actor.uuid))
            }
        } catch let refusal as SubmitRefusal {
            switch refusal {
            case .otherAnswerSubmitted: break
            case .leaseLost, .notEligible: try await keep(answer, of: id, by: actor)
            case .invalidAnswer: try await keep(answer, of: id, by: actor, onlyLate: true)
            }
            throw refusal
        }
    }

    /// Outside of whatever goes with the request: a refusal stores no answer to it.
    ///
    /// - Parameter onlyLate: nothing under a live lease, whose worker is still at it.
    private func keep(
        _ answer: JSON, of id: Assignment.ID, by actor: Principal.ID, onlyLate: Bool = false
    ) async throws {
        let worker = Worker.ID(actor.uuid)
        try await Market(database: market.database, identifiers: market.identifiers, keys: market.keys).change {
            change in
            let change = try await change.afterLockingForChange(worker)
            guard let work = try await change.transaction.assignment(id, of: worker) else {
                throw NotFound("assignment")
            }
            let isLate = work.state != .leased || work.leaseUntil <= change.instant
            guard isLate || !onlyLate else { return }
            let isKept = try await change.keepUnsubmitted(answer, of: work, isLate: isLate)
            try await change.record(
                isKept ? "late_answer_kept" : "late_answer_left", by: actor, on: "assignment", id.uuid,
                in: .requester(work.requester)
            )
        }
    }
}

extension Submission {
    /// The earlier submission, if it is of the same answer.
    fileprivate func repeated(_ hash: Digest) throws(SubmitRefusal) -> Submission {
        guard self.hash == hash else { throw .otherAnswerSubmitted }
        return self
    }
}

/// What a worker hands in.
private struct HandIn: Sendable {
    let answer: JSON
    let hash: Digest
    let activeSeconds: Int?
}

extension Change {
    fileprivate func submit(
        _ handIn: HandIn, for id: Assignment.ID, token: Int64, by worker: Worker.ID
    ) async throws -> Submission {
        guard let work = try await transaction.workToSubmit(id, of: worker) else { throw NotFound("assignment") }
        if let earlier = work.submission { return try earlier.repeated(handIn.hash) }
        guard work.leaseToken == token else { throw SubmitRefusal.leaseLost }
        let input =
            work.shape.answerNeedsInput
            ? try await content(of: [work.task], from: work.requester, for: .checking)[work.task] : nil
        let faults = work.shape.faults(inAnswer: handIn.answer, to: input ?? .null)
        guard faults.isEmpty else { throw SubmitRefusal.invalidAnswer(faults) }
        let change = try await afterLockingForChange(worker)
        // Before the slot, as everybody does who needs both.
        if work.isAdaptive { try await transaction.lockTask(work.task, of: work.requester) }
        if work.state == .leased {
            try await change.mustStillBeEligible(worker, for: work.requirement)
            if let (lease, now) = try await change.leaseToSubmit(id, token: token, of: worker) {
                let active = lease.activeSeconds(declared: handIn.activeSeconds, at: now)
                return try await change.take(handIn, work, under: lease, activeSeconds: active, by: worker, at: now)
            }
            // Somebody else was faster: this worker's own other request, or the sweeper; or the lease has run out.
            if let earlier = try await transaction.workToSubmit(id, of: worker)?.submission {
                return try earlier.repeated(handIn.hash)
            }
        }
        return try await change.submitLate(handIn, work, for: id, token: token, by: worker)
    }

    private func take(
        _ handIn: HandIn, _ work: WorkToSubmit, under lease: HeldLease, activeSeconds: Int, by worker: Worker.ID,
        at now: Date
    ) async throws -> Submission {
        let present = try await presentKey(
            of: lease.requester, work.function, after: .handingIn(under: lease.guideline))
        let key = if let present { present } else { try await contentKey(of: lease.requester, work.function) }
        try await transaction.submit(
            try key.seal(handIn.answer, as: .answer(to: lease.id)), hash: handIn.hash, under: lease,
            activeSeconds: activeSeconds, at: now
        )
        var weighed: WeighedTask?
        if let classes = AnswerClasses(work.shape) {
            weighed = try await weighAnswers(to: lease.task, in: work.project, classes, key)
        }
        try await compare(handIn.answer, under: lease, by: worker)
        _ = try await transaction.pipeline([
            transaction.leaseCountedDown(of: worker),
            Transaction.droppedDraft(ofTask: lease.task, from: lease.requester, by: worker),
        ])
        try await record(
            "answer_submitted", by: Principal.ID(worker.uuid), on: "assignment", lease.id.uuid,
            in: .requester(lease.requester), facts: ["hash": .string(handIn.hash.hexadecimal)]
        )
        if work.isAdaptive {
            try await askOnward(
                for: work.task, of: work.requester, work.shape.sameAnswer, weighed, by: Principal.ID(worker.uuid)
            )
        }
        return Submission(assignment: lease.id, hash: handIn.hash, submittedAt: now)
    }

    /// Takes the slot again that a worker's lease ran out on, if nobody else has, and hands in under the new lease. The
    /// active time is that of the lease before, and no more than that.
    ///
    /// - Throws: ``SubmitRefusal``.
    private func submitLate(
        _ handIn: HandIn, _ work: WorkToSubmit, for id: Assignment.ID, token: Int64, by worker: Worker.ID
    ) async throws -> Submission {
        let actor = Principal.ID(worker.uuid)
        try await transaction.holdTaskStill(of: id, worker)
        if let lease = try await transaction.lockLease(id, token: token, of: worker), lease.slotState == .leased {
            try await end(lease, of: worker, by: .lapse, actor: actor)
        }
        if let earlier = try await transaction.submission(sameTaskAs: id, of: worker) {
            return try earlier.repeated(handIn.hash)
        }
        guard let before = try await transaction.assignment(id, of: worker), before.state == .expired,
            let offering = try await transaction.offering(before.batch, of: before.requester), offering.state == .open
        else { throw SubmitRefusal.leaseLost }
        do {
            let (row, change) = try await lockingForChange(worker)
            var claimant = try await Claimant(row, in: change)
            let slot = SlotChoice.One(task: before.task, number: before.slot, token: token)
            let taken = try await change.lease(from: offering, to: &claimant, event: "task_retaken", only: slot)
            guard let again = taken.first,
                let lease = try await transaction.lockLease(again.id, token: again.leaseToken, of: worker)
            else {
                throw SubmitRefusal.leaseLost
            }
            let active = lease.activeSeconds(
                declared: handIn.activeSeconds, since: before.leasedAt, at: min(instant, before.leaseUntil))
            return try await take(handIn, work, under: lease, activeSeconds: active, by: worker, at: instant)
        } catch is ClaimRefusal {
            throw SubmitRefusal.leaseLost
        }
    }

    /// A paused worker hands in what is in hand.
    private func mustStillBeEligible(_ worker: Worker.ID, for id: Requirement.ID) async throws {
        guard let (facts, requirement) = try await transaction.facts(of: worker, for: id) else {
            throw NotFound("worker")
        }
        switch requirement.evaluate(facts, at: instant, standing: [.active, .paused]) {
        case .eligible: return
        case .ineligible(let fault): throw SubmitRefusal.notEligible(fault)
        }
    }

    /// - Returns: `nil` when the lease is no longer this worker's or has run out by the clock after the wait.
    private func leaseToSubmit(
        _ id: Assignment.ID, token: Int64, of worker: Worker.ID
    ) async throws -> (HeldLease, Date)? {
        let (row, after) = try await transaction.waiting(for: Transaction.lockLease(id, token: token, of: worker))
        guard let lease = try row.map(HeldLease.init) else { return nil }
        return lease.isLive(at: after.instant) ? (lease, after.instant) : nil
    }
}
