package import Foundation
internal import Store

/// A requester does not want a worker, and says why. Work in hand goes on; there is no new work.
package struct Exclusion: Hashable, Sendable {
    package typealias ID = Identifier<Exclusion>
    package let id: ID
    package let requester: Requester.ID
    package let worker: Worker.ID
    /// The operator's key for the worker.
    package let workerKey: String
    /// For the worker to read, 1 to 2,000 characters.
    package let reason: String
    package let begunAt: Date
    /// When it was lifted; `nil` while it is in force.
    package let liftedAt: Date?
}

/// Why a worker cannot be excluded, or an exclusion not lifted.
package enum ExclusionRefusal: Refusal, CaseIterable {
    case alreadyExcluded
    case notExcluded

    package var code: String {
        switch self {
        case .alreadyExcluded: "already_excluded"
        case .notExcluded: "not_excluded"
        }
    }

    package var message: String {
        switch self {
        case .alreadyExcluded: "The requester excludes this worker already. Lift that first to give another reason."
        case .notExcluded: "The requester does not exclude this worker."
        }
    }
}

extension Exclusion {
    init(row: Row) throws {
        id = try row["exclusion_id"]
        requester = try row["requester_id"]
        worker = try row["worker_id"]
        workerKey = try row["worker_key"]
        reason = try row["reason"]
        begunAt = try row["begun_at"]
        liftedAt = try row["lifted_at"]
    }
}
