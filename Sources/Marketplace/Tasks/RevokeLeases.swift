internal import Formats
internal import Foundation
internal import Store

/// The scheduler ends leases whose workers no longer meet what the batch demands, since a credential has ended, a tier
/// was lost or a worker suspended: nobody goes on with work that could not be taken in. The worker is told, the slot
/// reopens, what was drafted is kept.
package struct RevokeLeases: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Looks at all live leases, a page at a time; each revocation is a transaction of its own.
    ///
    /// - Parameter page: 1 to 1,000 leases.
    /// - Returns: how many were revoked.
    package func callAsFunction(page: Int = 200, by actor: Principal.ID) async throws -> Int {
        var (revoked, last): (Int, LeasePlace?) = (0, nil)
        repeat {
            let (count, next) = try await self.page(after: last, most: page, by: actor)
            (revoked, last) = (revoked + count, next)
        } while last != nil
        return revoked
    }

    /// Looks at one page of them, from the one that ends first.
    ///
    /// - Parameters:
    ///   - last: where the page before ended; `nil` for the first.
    ///   - most: 1 to 1,000 leases.
    /// - Returns: how many were revoked, and where the next page begins; `nil` after the last.
    package func page(
        after last: LeasePlace?, most: Int = 1_000, by actor: Principal.ID
    ) async throws -> (revoked: Int, next: LeasePlace?) {
        guard (1...1_000).contains(most) else { throw BadInput("page", "must be 1 to 1,000") }
        let found = try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .operator)
            return try await transaction.doubtfulLeases(after: last, limit: most)
        }
        var revoked = 0
        for lease in found.leases where try await isUnmet(lease) {
            revoked += try await revoke(lease, by: actor) ? 1 : 0
        }
        return (revoked, found.count < most ? nil : found.last)
    }

    private func isUnmet(_ lease: DoubtfulLease) async throws -> Bool {
        try await market.database.read { try await $0.fault(of: lease) != nil }
    }

    private func revoke(_ doubtful: DoubtfulLease, by actor: Principal.ID) async throws -> Bool {
        struct StillGood: Error {}
        do {
            try await market.change { change in
                let change = try await change.afterLocking(doubtful.worker)
                let transaction = change.transaction
                try await transaction.holdTaskStill(of: doubtful.id, doubtful.worker)
                guard
                    let lease = try await transaction.lockLease(
                        doubtful.id, token: doubtful.token, of: doubtful.worker),
                    lease.slotState == .leased, let fault = try await transaction.fault(of: doubtful)
                else { throw StillGood() }
                try await change.end(
                    lease, of: doubtful.worker, by: .revoke, actor: actor, facts: ["rule": .string(fault.code)]
                )
                try await transaction.tell(
                    Principal.ID(doubtful.worker.uuid), kind: "lease_revoked",
                    facts: [
                        "assignment": .string("\(doubtful.id)"), "rule": .string(fault.code),
                        "message": .string(fault.message),
                    ],
                    id: change.make(), dedupKey: "lease_revoked:\(doubtful.id)"
                )
            }
            return true
        } catch is StillGood {
            return false
        }
    }
}

extension Transaction {
    /// What the worker of a lease no longer meets, or `nil`. Paused workers go on with what is in hand.
    fileprivate func fault(of lease: DoubtfulLease) async throws -> RequirementFault? {
        guard let facts = try await workerFacts(lease.worker, at: instant),
            let requirement = try await requirement(lease.requirement)
        else { return nil }
        return switch requirement.evaluate(facts, at: instant, standing: [.active, .paused]) {
        case .eligible: nil
        case .ineligible(let fault): fault
        }
    }
}
