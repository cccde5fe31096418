internal import Formats
internal import Foundation
internal import Store

/// A worker who is about to take a lease: active, counted, and kept as they are until the transaction ends.
struct Claimant: Sendable {
    let worker: WorkerRow
    let bonds: WorkerBonds
    fileprivate let limits: WorkLimits
    /// What eligibility looks at; read once for a transaction.
    fileprivate let facts: WorkerFacts
    private var verdicts: [Requirement.ID: Eligibility] = [:]

    /// - Throws: ``ClaimRefusal/notAWorker``, ``ClaimRefusal/notActive(_:)``, ``ClaimRefusal/mostAtOnce(_:)``.
    init(_ actor: Principal.ID, in change: Change) async throws {
        let transaction = change.transaction
        let id = Worker.ID(actor.uuid)
        guard try await transaction.holds(actor, .worker, for: nil), let row = try await transaction.lockWorker(id)
        else { throw ClaimRefusal.notAWorker }
        guard row.state == .active else { throw ClaimRefusal.notActive(row.state) }
        guard let limits = try await transaction.workLimits(of: id) else { throw ClaimRefusal.notAWorker }
        guard try await transaction.countLeaseUp(of: id, most: limits.tasksAtOnceMax) else {
            throw ClaimRefusal.mostAtOnce(limits.tasksAtOnceMax)
        }
        guard let facts = try await transaction.workerFacts(id, at: change.instant) else {
            throw ClaimRefusal.notAWorker
        }
        (worker, self.limits) = (row, limits)
        bonds = try await transaction.workerBonds(of: id)
        self.facts = facts
    }

    /// Whether the worker meets a requirement; evaluated once for each.
    mutating func eligibility(
        for id: Requirement.ID, in transaction: Transaction
    ) async throws -> Eligibility {
        if let known = verdicts[id] { return known }
        guard let requirement = try await transaction.requirement(id) else { throw NotFound("requirement") }
        let verdict = requirement.evaluate(facts, at: transaction.instant)
        verdicts[id] = verdict
        return verdict
    }
}

extension Change {
    /// The one way to a lease, for claims and for accepted offers: eligibility, hours, then the slot, in this order.
    /// A refusal leaves the transaction as it was.
    ///
    /// - Parameter only: the one slot that will do, and its token as it stands.
    /// - Throws: ``ClaimRefusal/noWork``, ``ClaimRefusal/otherWorkforce(_:)``, ``ClaimRefusal/excluded``,
    ///   ``ClaimRefusal/conflictOfInterest(_:)``, ``ClaimRefusal/notEligible(_:)``, ``ClaimRefusal/hoursCap``,
    ///   ``ClaimRefusal/dayCap``.
    func lease(
        from offering: Offering, to claimant: inout Claimant, event: String,
        only slot: (task: WorkTask.ID, number: Int, token: Int64)? = nil
    ) async throws -> Assignment {
        guard offering.hasOpenSlot else { throw ClaimRefusal.noWork }
        if let bar = offering.bar(to: claimant.bonds) { throw bar }
        let proof: JSON
        switch try await claimant.eligibility(for: offering.requirement, in: transaction) {
        case .eligible(let eligible): proof = eligible.json
        case .ineligible(let fault): throw ClaimRefusal.notEligible(fault)
        }
        let worker = claimant.worker
        let day = try WorkWeek.day(of: instant, timeZone: worker.timeZone)
        let week = try WorkWeek.start(of: instant, timeZone: worker.timeZone)
        let minutes = offering.expectedMinutes
        switch try await transaction.commitMinutes(
            minutes, of: worker.id, on: day, weekStartsOn: week, within: claimant.limits
        ) {
        case .week: throw ClaimRefusal.hoursCap
        case .day: throw ClaimRefusal.dayCap
        case nil: break
        }
        let grant = grant(offering, to: worker, week: week, proof: proof)
        guard let assignment = try await takeSlot(grant, only: slot) else {
            try await transaction.releaseMinutes(minutes, of: worker.id, on: day, weekStartsOn: week)
            throw ClaimRefusal.noWork
        }
        try await transaction.enterReserved(grant, on: day)
        try await record(
            event, by: Principal.ID(worker.id.uuid), on: "assignment", assignment.id.uuid,
            in: .requester(offering.requester),
            facts: ["task": .string("\(assignment.task)"), "lease_token": .integer(assignment.leaseToken)]
        )
        return assignment
    }

    /// Takes a slot that nobody is taking; when there is none, waits for those that are being taken, as one of them
    /// may come back: so no slot is left while somebody qualified is sent away.
    private func takeSlot(
        _ grant: LeaseGrant, only slot: (task: WorkTask.ID, number: Int, token: Int64)?
    ) async throws -> Assignment? {
        if let slot { return try await transaction.claimSlot(grant, waits: true, only: slot) }
        if let taken = try await transaction.claimSlot(grant) { return taken }
        return try await transaction.claimSlot(grant, waits: true)
    }

    private func grant(_ offering: Offering, to worker: WorkerRow, week: CalendarDate, proof: JSON) -> LeaseGrant {
        // Whole seconds, so that the terms say exactly what the column says.
        let answerBy = Date(
            timeIntervalSince1970: (instant.timeIntervalSince1970 + Double(offering.answerSeconds)).rounded(.down)
        )
        let terms = Terms(offering: offering, answerBy: answerBy, placeOfPerformance: worker.place)
        return LeaseGrant(
            assignment: make(), requester: offering.requester, batch: offering.batch, worker: worker.id,
            leaseUntil: min(instant + TimeInterval(offering.leaseSeconds), answerBy), answerBy: answerBy,
            terms: terms.json, pay: offering.pay, fee: offering.fee, eligibility: proof, weekStartsOn: week,
            expectedMinutes: offering.expectedMinutes, guideline: offering.guideline,
            guidelineVersion: offering.guidelineVersion, checksParties: offering.hasTaskParties
        )
    }
}
