internal import Foundation

/// A batch as somebody who looks for work sees it.
struct Offering: Sendable {
    let requester: Requester.ID
    let batch: Batch.ID
    let project: Project.ID
    let state: BatchState
    let door: BatchDoor
    let requirement: Requirement.ID
    let pay: Money
    let fee: Money
    let rate: PayRate.ID
    let unit: PayUnit
    let guidelineVersion: Int
    let expectedMinutes: Int
    let leaseSeconds: Int
    let answerSeconds: Int
    let priority: Int
    /// Whose work it takes.
    let workforces: [Workforce]
    /// Normalised names of the project's parties.
    let parties: [String]
    /// Whether a claim must look at the tasks' own parties.
    let hasTaskParties: Bool
    let openedAt: Date?
    /// Whether anybody could take something; not whether this worker can.
    let hasOpenSlot: Bool
}

extension Offering {
    /// What keeps a worker from the whole batch, whatever their expertise; in the order of precedence.
    func bar(to bonds: WorkerBonds) -> ClaimRefusal? {
        if !workforces.contains(bonds.workforce) { return .otherWorkforce(bonds.workforce) }
        if bonds.excludedBy.contains(requester) { return .excluded }
        return Interest.conflict(of: bonds.interests, with: parties).map(ClaimRefusal.conflictOfInterest)
    }
}
