package import Foundation
internal import Store

/// A worker says that the work goes on: the lease is extended by its length, up to the deadline of the terms.
package struct Heartbeat: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker.
    /// - Returns: when the lease now ends.
    /// - Throws: ``NotFound``; ``LeaseRefusal``.
    package func callAsFunction(
        _ id: Assignment.ID, token: Int64, by actor: Principal.ID
    ) async throws -> Date {
        try await market.change { change in
            let (lease, now) = try await change.liveLease(id, token: token, of: Worker.ID(actor.uuid))
            let end = max(min(now + TimeInterval(lease.leaseSeconds), lease.answerBy), lease.leaseUntil ?? now)
            try await change.transaction.extendLease(lease, until: end)
            try await change.record(
                "lease_extended", by: actor, on: "assignment", id.uuid, in: .requester(lease.requester)
            )
            return end
        }
    }
}

/// A worker gives a task back without an answer.
package struct ReturnTask: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker.
    /// - Throws: ``NotFound``; ``LeaseRefusal``.
    package func callAsFunction(_ id: Assignment.ID, token: Int64, by actor: Principal.ID) async throws {
        let worker = Worker.ID(actor.uuid)
        try await market.change { change in
            let (lease, _) = try await change.liveLease(id, token: token, of: worker)
            try await change.transaction.giveLeaseBack(lease)
            try await change.transaction.countLeasesDown([worker: 1])
            try await change.transaction.releaseHours(of: id, from: lease.requester)
            try await change.record(
                "task_returned", by: actor, on: "assignment", id.uuid, in: .requester(lease.requester)
            )
        }
    }
}

/// The scheduler ends leases that have run out: their slots reopen, their minutes go back.
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
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            let lapsed = try await transaction.lapseLeases(most: most)
            guard !lapsed.isEmpty else { return 0 }
            try await transaction.countLeasesDown(Dictionary(grouping: lapsed, by: \.worker).mapValues(\.count))
            for lease in lapsed.sorted(by: { $0.worker < $1.worker }) {
                try await transaction.releaseHours(of: lease.id, from: lease.requester)
                try await change.record(
                    "lease_expired", by: actor, on: "assignment", lease.id.uuid, in: .requester(lease.requester)
                )
            }
            return lapsed.count
        }
    }
}
