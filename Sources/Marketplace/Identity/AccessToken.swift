internal import Formats
package import Foundation
internal import Store

/// An opaque bearer token: `gh_` and 256 random bits in hexadecimal. Only its SHA-256 is stored.
package struct AccessToken: Hashable, Sendable, CustomStringConvertible {
    /// What the client sends. Shown once.
    package let secret: String

    init() {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        secret = "gh_" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    package var description: String { "***" }
}

/// Gives a principal a new token.
package struct IssueToken: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter lifetime: seconds.
    package func callAsFunction(
        for principal: Principal.ID, lifetime: TimeInterval, by actor: Principal.ID
    ) async throws -> AccessToken {
        let token = AccessToken()
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            try await change.transaction.insertToken(
                Digest(of: token.secret), for: principal, until: change.instant + lifetime
            )
            try await change.record(
                "token_issued", by: actor, on: "principal", principal.uuid, in: .platform
            )
        }
        return token
    }
}

/// Ends tokens before their time.
package struct RevokeTokens: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// All live tokens of a principal.
    ///
    /// - Returns: how many there were.
    @discardableResult
    package func callAsFunction(of principal: Principal.ID, by actor: Principal.ID) async throws -> Int {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            let count = try await change.transaction.revokeTokens(of: principal)
            try await change.record(
                "tokens_revoked", by: actor, on: "principal", principal.uuid, in: .platform,
                facts: ["count": .integer(Int64(count))]
            )
            return count
        }
    }
}

extension Market {
    /// Who a bearer token belongs to.
    ///
    /// - Throws: ``AccessRefusal/notAuthenticated``.
    package func authenticate(token secret: String) async throws -> Principal.ID {
        guard secret.utf8.count <= 200 else { throw AccessRefusal.notAuthenticated }
        let hash = Digest(of: secret)
        guard let principal = try await database.principalID(ofToken: hash) else {
            throw AccessRefusal.notAuthenticated
        }
        return principal
    }
}
