internal import Foundation

/// A batch as somebody who looks for work sees it.
struct Offering: Sendable {
    let requester: Requester.ID
    let batch: Batch.ID
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
    let openedAt: Date?
    /// Whether anybody could take something; not whether this worker can.
    let hasOpenSlot: Bool
}
