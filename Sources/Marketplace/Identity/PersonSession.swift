internal import Formats
package import Foundation
internal import Store

/// How somebody showed who they are: the values of the PostgreSQL enum `sign_in_method`, in its order.
package enum SignInMethod: String, Sendable, CaseIterable, SQLEnum {
    case password, totp
    case recoveryCode = "recovery_code"
    case oidc
}

/// A person at work in a browser. It ends an hour after its last use, and twelve hours after it began.
package struct PersonSession: Hashable, Sendable {
    package typealias ID = Identifier<PersonSession>
    /// Seconds.
    package static let idleMost: TimeInterval = 3_600
    /// Seconds.
    package static let lifetime: TimeInterval = 12 * 3_600
    package let id: ID
    package let holder: Principal.ID
    package let method: SignInMethod
    package let createdAt: Date
    /// Kept to the minute.
    package let seenAt: Date
    package let endsAt: Date
    package let endedAt: Date?

    static func isWellFormed(_ secret: String) -> Bool {
        secret.hasPrefix("gs_") && secret.utf8.count == 67
    }
}

/// A session that just began.
package struct NewSession: Sendable, CustomStringConvertible {
    package let id: PersonSession.ID
    package let holder: Principal.ID
    package let method: SignInMethod
    /// What the cookie holds: `gs_` and 256 random bits in hexadecimal. Shown once.
    package let secret: String
    package let endsAt: Date

    package var description: String { "***" }
}

extension Change {
    /// Begins a session of somebody who showed who they are; the one that they came with ends.
    func beginSession(
        of holder: Principal.ID, by method: SignInMethod, secret: String, replacing old: String?
    ) async throws -> NewSession {
        let session = NewSession(
            id: make(), holder: holder, method: method, secret: secret, endsAt: instant + PersonSession.lifetime)
        try await transaction.insert(session, hash: Digest(of: secret))
        if let old { try await transaction.endSession(Digest(of: old)) }
        try await record(
            "signed_in", by: holder, on: "principal", holder.uuid, in: .platform,
            facts: ["session": .string("\(session.id)"), "method": .string(method.rawValue)]
        )
        return session
    }
}

/// Shows a person their sessions, newest first, those that ended lately included.
package struct ListSessions: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last one of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: whose sessions they are; an operator sees others'.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        of holder: Principal.ID, before: PersonSession.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [PersonSession] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            if holder != actor { try await transaction.authorize(actor, as: .operator) }
            return try await transaction.sessions(of: holder, before: before, limit: limit)
        }
    }
}

/// Ends sessions. Doing it twice is the same as once.
package struct EndSessions: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// One of them.
    ///
    /// - Parameter actor: the person themselves, or an operator.
    /// - Throws: ``NotFound`` for one that is not theirs.
    package func callAsFunction(_ id: PersonSession.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            let isOperator = try await change.transaction.holds(actor, .operator, for: nil)
            guard let holder = try await change.transaction.endSession(id), isOperator || holder == actor else {
                throw NotFound("session")
            }
            try await change.record(
                "signed_out", by: actor, on: "principal", holder.uuid, in: .platform,
                facts: ["session": .string("\(id)")])
        }
    }

    /// All of a person.
    ///
    /// - Parameter actor: the person themselves, or an operator.
    /// - Returns: how many were live.
    /// - Throws: ``AccessRefusal``; ``NotFound`` for nobody.
    @discardableResult
    package func callAsFunction(of holder: Principal.ID, by actor: Principal.ID) async throws -> Int {
        try await market.change { change in
            if holder != actor {
                try await change.transaction.authorize(actor, as: .operator)
                guard try await change.transaction.personExists(holder) else { throw NotFound("person") }
            }
            let count = try await change.transaction.endSessions(of: holder)
            try await change.record(
                "signed_out", by: actor, on: "principal", holder.uuid, in: .platform,
                facts: ["count": .integer(Int64(count))])
            return count
        }
    }
}
