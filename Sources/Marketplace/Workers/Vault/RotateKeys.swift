internal import Formats
internal import Foundation
internal import Store

/// Wraps data keys of workers, requesters and agencies, and short secrets, anew by the newest key of the ring. What is
/// sealed under them stays as it is.
///
/// A rotation is: a ring with a new key is put in place everywhere, this runs until nothing is left, then
/// ``RetireKeys`` says which keys may be destroyed. It can be cut off at any point and run again.
package struct RewrapKeys: Sendable {
    package static let batchMax = 1_000
    let market: Market
    let keys: KeyRing

    package init(market: Market, keys: KeyRing) {
        self.market = market
        self.keys = keys
    }

    /// One batch, in one transaction.
    ///
    /// - Parameter limit: 1 to 1,000.
    /// - Returns: how many were wrapped anew; 0 when all are.
    /// - Throws: ``AccessRefusal``, ``VaultRefusal``.
    package func callAsFunction(limit: Int = batchMax, by actor: Principal.ID) async throws -> Int {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            let current = keys.current
            guard try await transaction.holdWrappingKey(current.name) else {
                throw VaultRefusal.keyRetired(name: current.name)
            }
            let limit = min(max(limit, 1), Self.batchMax)
            let ofWorkers = try await transaction.lockKeysToRewrap(to: current.name, limit: limit)
            let ofRequesters = try await transaction.lockRequesterKeysToRewrap(
                to: current.name, limit: limit - ofWorkers.count)
            let ofTeams = try await transaction.lockTeamKeysToRewrap(
                to: current.name, limit: limit - ofWorkers.count - ofRequesters.count)
            let secrets = try await change.rewrapSecrets(
                with: keys, limit: limit - ofWorkers.count - ofRequesters.count - ofTeams.count)
            let count = ofWorkers.count + ofRequesters.count + ofTeams.count + secrets
            guard count > 0 else { return 0 }
            let workers: [Worker.ID] = try ofWorkers.map { try $0["worker_id"] }
            let wrapped = try zip(ofWorkers, workers).map { try rewrapped($0, of: .worker($1), with: current) }
            try await transaction.rewrap(workers, wrapped, by: current.name)
            for row in ofRequesters {
                let (requester, function): (Requester.ID, String) = (try row["requester_id"], try row["function"])
                let anew = try rewrapped(row, of: .requester(requester, function: function), with: current)
                try await transaction.rewrap(requester, function, anew, by: current.name)
            }
            for row in ofTeams {
                let team: Team.ID = try row["team_id"]
                try await transaction.rewrap(team, try rewrapped(row, of: .team(team), with: current), by: current.name)
            }
            try await change.record(
                "keys_rewrapped", by: actor, on: "principal", actor.uuid, in: .platform,
                facts: ["count": .integer(Int64(count)), "wrapping_key": .string(current.name)]
            )
            return count
        }
    }

    private func rewrapped(_ row: Row, of owner: KeyOwner, with current: KeyRing.WrappingKey) throws -> Bytes {
        let old: Bytes = try row["wrapped"]
        let key = try Envelope.unwrap(old.bytes, of: owner, by: try row["wrapping_key"], in: keys)
        return Bytes(try Envelope.wrap(key, of: owner, with: current))
    }
}

/// Retires every key of the ring but the newest, as far as nothing is wrapped by it. From then on nothing can be.
package struct RetireKeys: Sendable {
    let market: Market
    let keys: KeyRing

    package init(market: Market, keys: KeyRing) {
        self.market = market
        self.keys = keys
    }

    /// - Returns: the names of the keys that may be destroyed.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(by actor: Principal.ID) async throws -> [String] {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            var retired: [String] = []
            for name in keys.names.dropLast() where try await change.transaction.retireWrappingKey(name) {
                retired.append(name)
                try await change.record(
                    "key_retired", by: actor, on: "principal", actor.uuid, in: .platform,
                    facts: ["wrapping_key": .string(name)]
                )
            }
            return retired
        }
    }
}
