internal import Formats
internal import Foundation

/// A batch as somebody who looks for work sees it.
struct Offering: Sendable {
    let requester: Requester.ID
    let batch: Batch.ID
    let project: Project.ID
    let projectName: String
    let state: BatchState
    let door: BatchDoor
    let requirement: Requirement.ID
    /// Of the requirement's text.
    let requirementHash: Digest
    /// What an assignment pays that is taken at the instant of reading.
    var pay: Money
    var fee: Money
    /// What it paid at the opening, where it rises.
    var escalatedFrom: Money?
    /// How the price came about; see ``ResolvedRate/trace``.
    var rateTrace: JSON?
    let rate: PayRate.ID
    /// Of the rate.
    let profession: Profession
    let unit: PayUnit
    let guideline: Guideline.ID
    let guidelineVersion: Int
    let expectedMinutes: Int
    let leaseSeconds: Int
    let answerSeconds: Int
    let priority: Int
    /// When its answers must be there; `nil` for no deadline.
    let dueAt: Date?
    /// How many of its tasks one worker may have; `nil` for any number.
    let workerTasksMax: Int?
    /// How much of the batch one worker may do, in ten-thousandths; `nil` for what holds by default.
    let shareBasisPoints: Int?
    let slotCount: Int
    /// How much of what is given out is gold, in ten-thousandths.
    let goldBasisPoints: Int
    /// Whether all tasks of a matter go to one worker.
    let isPacked: Bool
    /// Whether a claim looks at matters, and at what is set aside.
    let hasMatters: Bool
    let hasAllotments: Bool
    /// Whose work it takes.
    let workforces: [Workforce]
    /// Normalised names of the project's parties.
    let parties: [String]
    /// Whether a claim must look at the tasks' own parties.
    let hasTaskParties: Bool
    /// Whether a claim must look at what its tasks check: the requester has tasks that check answers again.
    let hasRechecks: Bool
    let openedAt: Date?
    /// Whether a program of the requester's is told of anything.
    let isTold: Bool
    /// Whether anybody could take something; not whether this worker can.
    let hasOpenSlot: Bool
}

extension Offering {
    var key: Batch.Key { Batch.Key(requester: requester, id: batch) }

    /// The same work at a price of its own: within what the batch holds for a task.
    func priced(at pay: Money, fee: Money, trace: JSON) -> Offering {
        var other = self
        (other.pay, other.fee, other.escalatedFrom, other.rateTrace) = (pay, fee, nil, trace)
        return other
    }

    /// Whether its deadline has passed; the round that ends it comes seconds later.
    func isOverdue(at instant: Date) -> Bool { dueAt.map { $0 <= instant } ?? false }

    /// What keeps a worker from the whole batch, whatever their expertise; in the order of precedence.
    func bar(to bonds: WorkerBonds) -> ClaimRefusal? {
        if !workforces.contains(bonds.workforce) { return .otherWorkforce(bonds.workforce) }
        if bonds.excludedBy.contains(requester) { return .excluded }
        return Interest.conflict(of: bonds.interests, with: parties).map(ClaimRefusal.conflictOfInterest)
    }
}
