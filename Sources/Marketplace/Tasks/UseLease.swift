internal import Formats
package import Foundation
internal import Store

/// A worker says that the work goes on: the lease is extended, up to the deadline of the terms.
package struct Heartbeat: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - seconds: how long it is to last from now, 1 to 7,776,000; `nil` for the batch's length of a lease. An end
    ///     that is later already stays.
    ///   - actor: the worker.
    /// - Returns: when the lease now ends.
    /// - Throws: ``BadInput``; ``NotFound``; ``LeaseRefusal``.
    package func callAsFunction(
        _ id: Assignment.ID, token: Int64, seconds: Int? = nil, by actor: Principal.ID
    ) async throws -> Date {
        if let seconds, !(1...7_776_000).contains(seconds) { throw BadInput("seconds", "must be 1 to 7776000") }
        return try await market.change { change in
            let (lease, now) = try await change.liveLease(id, token: token, of: Worker.ID(actor.uuid))
            let wanted = now + TimeInterval(seconds ?? lease.leaseSeconds)
            let end = max(min(wanted, lease.answerBy), lease.leaseUntil ?? now)
            try await change.transaction.extendLease(lease, until: end)
            try await change.record(
                "lease_extended", by: actor, on: "assignment", id.uuid, in: .requester(lease.requester)
            )
            return end
        }
    }
}

/// Why a task is given back: the values of the PostgreSQL enum `return_reason`, in its order.
package enum ReturnReason: String, Sendable, CaseIterable, SQLEnum {
    case notMyField = "not_my_field"
    case unclear
    case tooLong = "too_long"
    case noTime = "no_time"
    case brokenContent = "broken_content"
    case conflictOfInterest = "conflict_of_interest"
    case other
}

/// A worker gives a task back without an answer. What they had drafted is there again if they take it again.
package struct ReturnTask: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - note: up to 1,000 characters; needed for ``ReturnReason/other``.
    ///   - actor: the worker.
    /// - Returns: ``AssignmentState/returned``.
    /// - Throws: ``BadInput``; ``NotFound``; ``LeaseRefusal``.
    @discardableResult
    package func callAsFunction(
        _ id: Assignment.ID, token: Int64, _ reason: ReturnReason, note: String = "", by actor: Principal.ID
    ) async throws -> AssignmentState {
        try note.mustHave((reason == .other ? 1 : 0)...1_000, as: "note")
        let worker = Worker.ID(actor.uuid)
        return try await market.change { change in
            try await change.transaction.holdTaskStill(of: id, worker)
            let (lease, _) = try await change.liveLease(id, token: token, of: worker)
            try await change.end(
                lease, of: worker, by: .giveBack, actor: actor, facts: ["reason": .string(reason.rawValue)])
            try await change.transaction.insertReturn(of: lease, reason, note: note)
            return .returned
        }
    }
}

extension Change {
    /// Ends a locked lease without an answer: slot, count and minutes go back.
    func end(
        _ lease: HeldLease, of worker: Worker.ID, by event: AssignmentEvent, actor: Principal.ID,
        facts: JSON = .object([:])
    ) async throws {
        let slot = try await transaction.endLease(lease, by: event)
        try await transaction.countLeaseDown(of: worker)
        try await transaction.releaseHours(of: lease.id, from: lease.requester)
        let action =
            switch event {
            case .giveBack: "task_returned"
            case .revoke: "lease_revoked"
            case .lapse, .submit, .accept, .reject: "lease_expired"
            }
        try await record(
            action, by: actor, on: "assignment", lease.id.uuid, in: .requester(lease.requester), facts: facts
        )
        guard slot == .quarantined else { return }
        try await record("slot_quarantined", by: actor, on: "task", lease.task.uuid, in: .requester(lease.requester))
    }
}

/// The scheduler ends leases that have run out: their slots reopen or are quarantined, their minutes go back.
package struct ExpireLeases: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded transaction. Call it again at once while it returns `most`.
    ///
    /// - Parameter most: 1 to 1,000 leases.
    /// - Returns: how many ended.
    package func callAsFunction(most: Int = 200, by actor: Principal.ID) async throws -> Int {
        guard (1...1_000).contains(most) else { throw BadInput("most", "must be 1 to 1,000") }
        return try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            let events = (0..<most).map { _ in
                (lapse: change.make(AuditEvent.self), quarantine: change.make(AuditEvent.self))
            }
            let ended = try await change.transaction.lapseLeases(events, by: actor)
            if ended > 0 { change.note(events[0].lapse) }
            try await change.transaction.tellPrograms(of: events.prefix(ended).map(\.lapse))
            return ended
        }
    }
}
