package import Foundation

/// An answer that a version of its guideline asks to check again.
package struct RecheckItem: Sendable {
    /// Who asks.
    package let version: Int
    package let assignment: Assignment.ID
    package let task: WorkTask.ID
    /// The task's external key.
    package let externalKey: String
    package let project: Project.ID
    /// Under which it was given.
    package let answerVersion: Int
    /// What of the scope it is in.
    package let reason: String
    package let state: RecheckState
    /// The task that checks it, and its batch.
    package let recheckTask: WorkTask.ID?
    package let recheckBatch: Batch.ID?
    package let listedAt: Date
}

/// Where a re-check stands. Not stored: it follows from what became of the answer and of the task that checks it.
package enum RecheckState: String, Sendable, CaseIterable {
    /// The answer still waits for its review.
    case waiting
    /// Nothing checks it.
    case open
    /// A task of a batch checks it.
    case inCheck = "in_check"
    /// An answer to that task was accepted.
    case settled
    /// A later version lists the same answer, before anything checked it.
    case superseded
    /// The answer was rejected.
    case void
}

/// How far the list of what a version asks to check again has come.
package struct RecheckListing: Hashable, Sendable {
    package let version: Int
    /// How many items there are.
    package let listed: Int
    /// Whether all answers have been looked at.
    package let isComplete: Bool
}

/// A version that lists what it touches.
struct ListingPlace: Sendable {
    let requester: Requester.ID
    let guideline: Guideline.ID
    let version: Int
}

/// An answer that counts, given under an earlier version.
struct RecheckCandidate: Sendable {
    let assignment: Assignment.ID
    let task: WorkTask.ID
    let version: Int
    /// The project's external key.
    let project: String
}

/// An answer that a scope touches, and why.
struct TouchedAnswer: Sendable {
    let candidate: RecheckCandidate
    let reason: String
}
