internal import Formats
internal import Foundation
internal import Store

/// Why no work was given. In order of precedence.
package enum ClaimRefusal: Refusal {
    case notAWorker
    case notActive(Worker.State)
    /// The worker holds as many leases as they want to at once.
    case mostAtOnce(Int)
    /// The batch hands out no work now.
    case batchNotOpen(BatchState)
    /// The scheduler offers the work of this batch; it cannot be claimed.
    case offeredOnly
    /// Nobody has work to claim.
    case noOpenBatch
    /// All of it is taken, or this worker has done it.
    case noWork
    /// The batch does not take work from where the worker comes.
    case otherWorkforce(Workforce)
    /// The requester does not want this worker.
    case excluded
    /// The worker has an interest in this party of the project; its normalised name.
    case conflictOfInterest(String)
    case notEligible(RequirementFault)
    /// The week's hours would be passed.
    case hoursCap
    /// The day's hours would be passed.
    case dayCap

    package var code: String {
        switch self {
        case .notAWorker: "not_a_worker"
        case .notActive: "worker_not_active"
        case .mostAtOnce: "too_many_leases"
        case .batchNotOpen: "batch_not_open"
        case .offeredOnly: "batch_offered_only"
        case .noOpenBatch: "no_open_batch"
        case .noWork: "no_work"
        case .otherWorkforce: "other_workforce"
        case .excluded: "excluded"
        case .conflictOfInterest: "conflict_of_interest"
        case .notEligible: "not_eligible"
        case .hoursCap: "hours_cap"
        case .dayCap: "hours_cap_day"
        }
    }

    package var message: String {
        switch self {
        case .notAWorker: "Only a worker can take work."
        case .notActive(let state): "Your standing is '\(state.rawValue)'; only active workers can take work."
        case .mostAtOnce(let most): "You hold \(most) tasks. Submit or return one first."
        case .batchNotOpen(let state): "The batch is \(state.rawValue) and hands out no work."
        case .offeredOnly: "The work of this batch is offered; it cannot be claimed."
        case .noOpenBatch: "There is no work to claim at the moment."
        case .noWork: "All of it is taken, or you have done your part of it."
        case .otherWorkforce(let workforce): "The batch takes no work from the \(workforce.rawValue)."
        case .excluded:
            "This requester has excluded you. The decision that you were told of has the reasons and how to appeal."
        case .conflictOfInterest(let party):
            "You have declared an interest in '\(party)', which is a party of the project. Withdraw it if it has ended."
        case .notEligible(let fault): "The work asks for something that your profile does not show. \(fault.message)"
        case .hoursCap: "It would pass the hours that you have set, or may work, this week."
        case .dayCap: "It would pass the hours that you have set, or may work, today."
        }
    }
}

/// A worker takes the next task, of one batch or of any.
package struct ClaimTask: Sendable {
    /// How many leases anybody may hold; workers may want fewer.
    package static let mostAtOnce = WorkLimits.tasksAtOnceMost
    private static let pageSize = 20
    private static let pagesMax = 50

    let market: Market

    package init(market: Market) { self.market = market }

    /// Without a batch, goes through the open ones by policy (priority, then age) and takes a task of the first for
    /// which the worker is eligible and has the hours.
    ///
    /// - Parameter actor: the worker.
    /// - Throws: ``ClaimRefusal``; ``NotFound`` for a batch that is not there.
    package func callAsFunction(
        from batch: (requester: Requester.ID, id: Batch.ID)? = nil, by actor: Principal.ID
    ) async throws -> Assignment {
        try await market.change { change in
            let change = try await change.afterLocking(Worker.ID(actor.uuid))
            var claimant = try await Claimant(actor, in: change)
            if let batch {
                guard let offering = try await change.transaction.offering(batch.id, of: batch.requester) else {
                    throw NotFound("batch")
                }
                guard offering.state == .open else { throw ClaimRefusal.batchNotOpen(offering.state) }
                guard offering.door == .claim else { throw ClaimRefusal.offeredOnly }
                return try await change.lease(from: offering, to: &claimant, event: "task_claimed")
            }
            return try await change.leaseByPolicy(to: &claimant, pageSize: Self.pageSize, pagesMax: Self.pagesMax)
        }
    }
}

extension Change {
    /// Tries the open batches in the order of the policy. Of the refusals the most telling is reported: hours that are
    /// used up, then work that is taken, then the first rule that was not met.
    fileprivate func leaseByPolicy(
        to claimant: inout Claimant, pageSize: Int, pagesMax: Int
    ) async throws -> Assignment {
        var refusals: [ClaimRefusal] = []
        var last: Offering?
        let workforce = claimant.bonds.workforce
        let met = try await transaction.metRequirements(of: claimant.worker.id)
        for _ in 0..<pagesMax {
            let page = try await transaction.offerings(to: workforce, after: last, limit: pageSize, demanding: met)
            for offering in page {
                do {
                    return try await lease(from: offering, to: &claimant, event: "task_claimed")
                } catch let refusal as ClaimRefusal {
                    refusals.append(refusal)
                }
            }
            last = page.last
            if page.count < pageSize { break }
        }
        let hours = refusals.first { $0 == .hoursCap || $0 == .dayCap }
        let telling = hours ?? refusals.first { $0 == .noWork } ?? refusals.first
        if let telling { throw telling }
        // Nothing that the worker is known to meet: the first of the others tells why.
        let others = try await transaction.offerings(to: workforce, after: nil, limit: 1, demanding: nil)
        guard let first = others.first else { throw ClaimRefusal.noOpenBatch }
        return try await lease(from: first, to: &claimant, event: "task_claimed")
    }
}
