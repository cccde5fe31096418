internal import Foundation
internal import Store

/// A lease whose slot is locked, as it is now.
struct HeldLease: Sendable {
    let id: Assignment.ID
    let requester: Requester.ID
    let task: WorkTask.ID
    let slot: Int
    let batch: Batch.ID
    let guideline: Guideline.ID
    let slotState: SlotState
    /// Set while leased.
    let leaseUntil: Date?
    let answerBy: Date
    let leaseSeconds: Int
    let leasedAt: Date
    let expectedMinutes: Int
    /// How many leases on the slot ended without an answer, and how many may.
    let lapses: Int
    let lapsesMax: Int

    init(row: Row) throws {
        id = try row["assignment_id"]
        requester = try row["requester_id"]
        task = try row["task_id"]
        slot = try row["slot_no"]
        batch = try row["batch_id"]
        guideline = try row["guideline_id"]
        slotState = try row["state"]
        leaseUntil = try row["lease_until"]
        answerBy = try row["answer_by"]
        leaseSeconds = try row["lease_seconds"]
        leasedAt = try row["leased_at"]
        expectedMinutes = try row["expected_minutes"]
        lapses = try row["lapses"]
        lapsesMax = try row["lapses_max"]
    }

    /// Whether the worker may still act on it.
    func isLive(at instant: Date) -> Bool {
        guard let leaseUntil, slotState == .leased else { return false }
        return instant < leaseUntil
    }

    /// How long the worker was at it, in seconds: what they say, at most the time since the lease; if they say
    /// nothing that time, at most the expected duration, since a lease that lies open overnight is no work.
    ///
    /// Rounding: the time since the lease up to a whole second.
    ///
    /// - Parameter start: of an earlier lease, for what was begun under that; `nil` for this one's.
    func activeSeconds(declared: Int?, since start: Date? = nil, at instant: Date) -> Int {
        let elapsed = instant.timeIntervalSince(start ?? leasedAt).rounded(.up)
        let sinceLease = Int(clamping: Int128(min(max(elapsed, 1), 7_776_000)))
        return min(max(declared ?? expectedMinutes * 60, 1), sinceLease)
    }
}

/// A live lease that may have lost what it rests on.
struct DoubtfulLease: Sendable {
    let id: Assignment.ID
    let token: Int64
    let worker: Worker.ID
    let requirement: Requirement.ID

    init(row: Row) throws {
        id = try row["assignment_id"]
        token = try row["lease_token"]
        worker = try row["worker_id"]
        requirement = try row["requirement_id"]
    }
}

/// A place in the order in which live leases end.
package struct LeasePlace: Hashable, Sendable {
    let leaseUntil: Date
    let id: Assignment.ID
}

/// What is doubtful of a page of live leases.
struct DoubtfulLeases: Sendable {
    let leases: [DoubtfulLease]
    /// How many were looked at, and the last of them.
    let count: Int
    let last: LeasePlace?
}

/// Why a lease cannot be used.
package enum LeaseRefusal: Refusal {
    /// It ran out, was given back, or the slot was given to somebody else.
    case leaseLost
    /// The answer is in; nothing is left to extend or give back.
    case alreadySubmitted

    package var code: String {
        switch self {
        case .leaseLost: "lease_lost"
        case .alreadySubmitted: "already_submitted"
        }
    }

    package var message: String {
        switch self {
        case .leaseLost: "The lease has ended. The task may be somebody else's by now."
        case .alreadySubmitted: "The answer was submitted."
        }
    }
}

extension Change {
    /// The worker's lease, locked and alive by the clock after the wait for the lock.
    ///
    /// - Throws: ``NotFound``; ``LeaseRefusal``.
    func liveLease(
        _ id: Assignment.ID, token: Int64, of worker: Worker.ID
    ) async throws -> (lease: HeldLease, now: Date) {
        guard let lease = try await transaction.lockLease(id, token: token, of: worker) else {
            guard let work = try await transaction.assignment(id, of: worker) else { throw NotFound("assignment") }
            throw work.state == .submitted && work.leaseToken == token
                ? LeaseRefusal.alreadySubmitted : LeaseRefusal.leaseLost
        }
        guard lease.slotState != .submitted else { throw LeaseRefusal.alreadySubmitted }
        let now = try await transaction.freshInstant()
        guard lease.isLive(at: now) else { throw LeaseRefusal.leaseLost }
        return (lease, now)
    }
}
