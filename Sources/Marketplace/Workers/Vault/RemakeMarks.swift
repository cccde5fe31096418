internal import Formats
internal import Foundation
internal import Store

/// Makes the marks that accounts are compared by anew, with the ring's key for marks.
///
/// A mark cannot be turned into another one, so that what it is made of is read again: the person, and the payout
/// method for the purpose `marking`, which the audit log has of each. Until all are made anew, an account marked by the
/// old key and one marked by the new are not found to be equal; a case is opened when the second of them is. It can be
/// cut off at any point and run again.
package struct RemakeMarks: Sendable {
    package static let batchMax = 200
    let market: Market
    let keys: KeyRing

    package init(market: Market, keys: KeyRing) {
        self.market = market
        self.keys = keys
    }

    /// One batch, in one transaction.
    ///
    /// - Parameter limit: 1 to 200 workers.
    /// - Returns: how many were marked anew; 0 when all marks are of the ring's key.
    /// - Throws: ``AccessRefusal``, ``VaultRefusal``.
    package func callAsFunction(limit: Int = batchMax, by actor: Principal.ID) async throws -> Int {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            let workers = try await transaction.lockWorkersToRemark(
                but: keys.markKeyName, limit: min(max(limit, 1), Self.batchMax)
            )
            guard !workers.isEmpty else { return 0 }
            var found: [(worker: Worker.ID, ground: DuplicateGround, marks: [Bytes])] = []
            for worker in workers {
                if let registration = try await transaction.registration(of: worker) {
                    found.append((worker, .identity, IdentityMark.ofPerson(registration, keys)))
                }
                if try await transaction.sealed(of: worker, in: .payoutMethod) != nil {
                    let method = try PayoutMethod(
                        try await change.disclose(.payoutMethod, of: worker, for: .marking, by: actor, keys))
                    found.append((worker, .payoutAccount, [IdentityMark.ofAccount(method, keys)]))
                }
            }
            // All in one order, so that two transactions cannot wait for each other in a ring.
            let all = found.flatMap(\.marks).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
            for mark in all { try await transaction.lockMark(mark) }
            for (worker, ground, marks) in found { try await change.mark(worker, ground, marks, keys, by: actor) }
            try await transaction.deleteMarks(of: workers, but: keys.markKeyName)
            try await change.record(
                "marks_remade", by: actor, on: "principal", actor.uuid, in: .platform,
                facts: ["count": .integer(Int64(workers.count)), "mark_key": .string(keys.markKeyName)]
            )
            return workers.count
        }
    }

    /// Whether marks of another key are left.
    ///
    /// - Throws: ``AccessRefusal``.
    package func isUnderWay(by actor: Principal.ID) async throws -> Bool {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .operator)
            return try await transaction.hasMarks(but: keys.markKeyName)
        }
    }
}
