internal import Formats
internal import Foundation
internal import Store

/// A worker as a claim would look at them, read once for any number of batches. Nothing is locked or changed.
struct WorkSeeker: Sendable {
    let worker: WorkerRow
    /// What would refuse every claim.
    let refusal: ClaimRefusal?
    let limits: WorkLimits
    let bonds: WorkerBonds
    let asks: Asks
    let facts: WorkerFacts
    let hours: CommittedHours

    /// - Throws: ``NotFound`` when the worker is gone meanwhile.
    init(_ row: WorkerRow, in transaction: Transaction) async throws {
        guard let limits = try await transaction.workLimits(of: row.id),
            let facts = try await transaction.workerFacts(row.id, at: transaction.instant)
        else { throw NotFound("worker") }
        let day = try WorkWeek.day(of: transaction.instant, timeZone: row.timeZone)
        let week = try WorkWeek.start(of: transaction.instant, timeZone: row.timeZone)
        hours = try await transaction.committedHours(of: row.id, on: day, weekStartsOn: week)
        bonds = try await transaction.workerBonds(of: row.id)
        asks = try await transaction.asks(of: row.id)
        refusal =
            if try await !transaction.holds(Principal.ID(row.id.uuid), .worker, for: nil) {
                .notAWorker
            } else if row.state != .active {
                .notActive(row.state)
            } else if try await transaction.liveLeases(of: row.id) >= limits.tasksAtOnceMax {
                .mostAtOnce(limits.tasksAtOnceMax)
            } else {
                nil
            }
        (worker, self.limits, self.facts) = (row, limits, facts)
    }

    /// What refuses a claim of the batch before its tasks are looked at one by one, in the order in which ``ClaimTask``
    /// refuses; what makes the worker eligible, where nothing does.
    func prospect(of offering: Offering, demanding requirement: Requirement, at instant: Date) -> ClaimProspect {
        if let refusal { return .refused(refusal) }
        guard offering.state == .open else { return .refused(.batchNotOpen(offering.state)) }
        guard !offering.isOverdue(at: instant) else { return .refused(.overdue) }
        guard offering.hasOpenSlot else { return .refused(.noWork) }
        if let bar = offering.bar(to: bonds) { return .refused(bar) }
        switch requirement.evaluate(normal: facts, at: instant) {
        case .ineligible(let fault): return .refused(.notEligible(fault))
        case .eligible(let proof):
            switch hours.passedCap(by: offering.expectedMinutes, within: limits) {
            case .week: return .refused(.hoursCap)
            case .day: return .refused(.dayCap)
            case nil: break
            }
            if let bar = limits.bounds?.bar(offering.expectedMinutes, at: instant, timeZone: worker.timeZone) {
                return .refused(ClaimRefusal(bar))
            }
            return .eligible(proof)
        }
    }
}

extension Transaction {
    /// Those of which the worker has as many tasks as one worker may, with that number.
    private func cappedBatches(_ offerings: [Offering], for worker: Worker.ID) async throws -> [Batch.ID: Int] {
        var capped: [Batch.ID: Int] = [:]
        for offering in offerings {
            guard let cap = offering.workerTasksMax,
                try await tasksHeld(of: offering.key, by: worker, most: cap) >= cap
            else { continue }
            capped[offering.batch] = cap
        }
        return capped
    }

    /// Those of which the worker has as large a share as one worker may, with how many tasks that is.
    private func sharedOut(_ offerings: [Offering], for worker: Worker.ID) async throws -> [Batch.ID: Int] {
        var shares: [Batch.ID: Int] = [:]
        for offering in offerings {
            guard let share = try await shareLeft(of: offering, for: worker), share.left <= 0 else { continue }
            shares[offering.batch] = share.most
        }
        return shares
    }

    /// What a worker would be told who claimed work of each of these batches now, in their order; that work is only
    /// offered comes last.
    ///
    /// - Parameter byName: whether the worker names the batches, so that no ask keeps them away.
    /// - Throws: ``NotFound`` for a batch whose requirement is not there.
    func prospects(
        of seeker: WorkSeeker, from offerings: [Offering], byName: Bool = false
    ) async throws -> [ClaimProspect] {
        let requirements = try await knownRequirements(Array(Set(offerings.map(\.requirement))))
        var prospects: [ClaimProspect] = []
        for offering in offerings {
            guard let requirement = requirements[offering.requirement] else { throw NotFound("requirement") }
            prospects.append(seeker.prospect(of: offering, demanding: requirement, at: instant))
        }
        let hopeful = zip(offerings, prospects).compactMap { offering, prospect in
            if case .eligible = prospect { offering } else { nil }
        }
        let open = try await batchesWithOpenSlot(hopeful, for: seeker.worker.id, with: seeker.bonds)
        let capped = try await cappedBatches(hopeful, for: seeker.worker.id)
        let shares = try await sharedOut(hopeful, for: seeker.worker.id)
        return try zip(offerings, prospects).map { offering, prospect in
            guard case .eligible = prospect else { return prospect }
            if let cap = capped[offering.batch] { return .refused(.batchCap(cap)) }
            if let most = shares[offering.batch] { return .refused(.shareCap(most)) }
            guard open.contains(offering.batch) else { return .refused(.noWork) }
            guard byName || offering.door == .bid || seeker.asks.admit(offering) else {
                return .refused(.belowAsk(paysHourly: try offering.hourly))
            }
            switch offering.door {
            case .claim: return prospect
            case .offer: return .refused(.offeredOnly)
            case .bid: return .refused(.awardedOnly)
            }
        }
    }
}
