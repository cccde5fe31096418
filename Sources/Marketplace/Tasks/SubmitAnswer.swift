package import Formats
package import Foundation
internal import Store

/// Why an answer was not taken. In order of precedence.
package enum SubmitRefusal: Refusal {
    /// Another answer is in already; the first stands.
    case otherAnswerSubmitted
    /// The lease ran out, was given back, or the slot was given to somebody else.
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
        case .leaseLost: "The lease has ended. The task may be somebody else's by now."
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
package struct SubmitAnswer: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - answer: up to 1 MiB as canonical JSON.
    ///   - activeSeconds: how long the worker was at it, as they say, above zero; more than the time since the lease
    ///     counts as that time.
    ///   - actor: the worker.
    /// - Throws: ``NotFound``; ``BadInput`` for an answer that cannot be stored; ``SubmitRefusal``.
    package func callAsFunction(
        _ answer: JSON, for id: Assignment.ID, token: Int64, activeSeconds: Int? = nil, by actor: Principal.ID
    ) async throws -> Submission {
        if let activeSeconds, activeSeconds < 1 { throw BadInput("active_seconds", "must be above zero") }
        try answer.mustFit(TaskDraft.answerBytesMax, as: "answer")
        let worker = Worker.ID(actor.uuid)
        let hash = Digest(of: answer)
        return try await market.change { change in
            let transaction = change.transaction
            guard let work = try await transaction.workToSubmit(id, of: worker) else { throw NotFound("assignment") }
            if let earlier = work.submission { return try earlier.repeated(hash) }
            guard work.state == .leased, work.leaseToken == token else { throw SubmitRefusal.leaseLost }
            let input = work.shape.answerNeedsInput ? try await transaction.payload(of: work.task, work.requester) : nil
            let faults = work.shape.faults(inAnswer: answer, to: input ?? .null)
            guard faults.isEmpty else { throw SubmitRefusal.invalidAnswer(faults) }
            try await change.mustStillBeEligible(worker, for: work.requirement)
            guard let (lease, now) = try await change.leaseToSubmit(id, token: token, of: worker) else {
                // Somebody else was faster: this worker's own other request, or the sweeper.
                guard let earlier = try await transaction.workToSubmit(id, of: worker)?.submission else {
                    throw SubmitRefusal.leaseLost
                }
                return try earlier.repeated(hash)
            }
            let active = lease.activeSeconds(declared: activeSeconds, at: now)
            try await transaction.submit(answer, hash: hash, under: lease, activeSeconds: active, at: now)
            try await transaction.countLeasesDown([worker: 1])
            try await change.record(
                "answer_submitted", by: actor, on: "assignment", id.uuid, in: .requester(lease.requester),
                facts: ["hash": .string(hash.hexadecimal)]
            )
            return Submission(assignment: id, hash: hash, submittedAt: now)
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

extension Change {
    /// A paused worker hands in what is in hand.
    fileprivate func mustStillBeEligible(_ worker: Worker.ID, for id: Requirement.ID) async throws {
        let now = try await afterLocking(worker).instant
        guard let facts = try await transaction.workerFacts(worker, at: now),
            let requirement = try await transaction.requirement(id)
        else { throw NotFound("worker") }
        switch requirement.evaluate(facts, at: now, standing: [.active, .paused]) {
        case .eligible: return
        case .ineligible(let fault): throw SubmitRefusal.notEligible(fault)
        }
    }

    /// - Returns: `nil` when the lease is no longer this worker's or has run out by the clock after the wait.
    fileprivate func leaseToSubmit(
        _ id: Assignment.ID, token: Int64, of worker: Worker.ID
    ) async throws -> (HeldLease, Date)? {
        guard let lease = try await transaction.lockLease(id, token: token, of: worker) else { return nil }
        let now = try await transaction.freshInstant()
        return lease.isLive(at: now) ? (lease, now) : nil
    }
}
