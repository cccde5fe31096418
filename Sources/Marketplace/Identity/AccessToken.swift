internal import Formats
package import Foundation
internal import Store

/// An opaque bearer token. Only its SHA-256 is stored.
///
/// Shape: `gh_`, 256 random bits in hexadecimal, and the first eight digits of their SHA-256, by which a scanner of
/// leaked secrets, and this program without asking the database, tell a token from what looks like one. Tokens of
/// before have no such digits.
package struct AccessToken: Hashable, Sendable, CustomStringConvertible {
    package typealias ID = Identifier<AccessToken>
    /// What the client sends. Shown once.
    package let secret: String

    init() {
        let random = Self.randomHexadecimal()
        secret = "gh_\(random)\(Self.check(of: random))"
    }

    package var description: String { "***" }

    /// Whether it could have been issued here.
    static func isWellFormed(_ secret: String) -> Bool {
        let bytes = Array(secret.utf8)
        guard bytes.starts(with: "gh_".utf8), bytes.count == 67 || bytes.count == 75 else { return false }
        let random = String(decoding: bytes[3..<67], as: UTF8.self)
        return bytes.count == 67 || bytes[67...].elementsEqual(check(of: random).utf8)
    }

    /// 256 bits of the system's generator, in 64 hexadecimal digits.
    static func randomHexadecimal() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return bytes.hexadecimal
    }

    private static func check(of random: String) -> String { String(Digest(of: random).hexadecimal.prefix(8)) }
}

/// What a token may be used for: the values of the PostgreSQL enum `token_scope`, in its order. A token never may more
/// than its holder.
package enum TokenScope: String, Sendable, CaseIterable, SQLEnum {
    case read, work, review, publish, money, operate, account
}

/// A token as it is shown: without its secret.
package struct TokenLine: Hashable, Sendable {
    package let id: AccessToken.ID
    package let holder: Principal.ID
    package let name: String
    package let scopes: Set<TokenScope>
    package let createdAt: Date
    package let expiresAt: Date
    package let revokedAt: Date?
    /// Kept to ten minutes.
    package let lastUsedAt: Date?
    /// The one that it was issued in place of.
    package let replaces: AccessToken.ID?
}

/// A token that was just issued.
package struct IssuedToken: Sendable {
    package let id: AccessToken.ID
    package let token: AccessToken
    package let expiresAt: Date
    package var secret: String { token.secret }
}

/// Gives a principal a new token.
package struct IssueToken: Sendable {
    /// Seconds.
    package static let lifetimeMost: TimeInterval = 366 * 86_400
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - lifetime: seconds, up to 366 days.
    ///   - name: what tells it from the holder's others.
    ///   - scopes: what it may be used for.
    ///   - bound: what the actor came with is for; nobody gives out more.
    ///   - actor: an operator; the holder themselves, with one of their own tokens or a session.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``.
    package func callAsFunction(
        for principal: Principal.ID, lifetime: TimeInterval, name: String = "access token",
        scopes: Set<TokenScope> = Set(TokenScope.allCases), within bound: Set<TokenScope> = Set(TokenScope.allCases),
        by actor: Principal.ID
    ) async throws -> IssuedToken {
        try scopes.check(within: bound)
        let name = try PlainText.line(name, field: "name", lengthMax: 200)
        guard !scopes.isEmpty else { throw BadInput("scopes", "must name one at least") }
        guard lifetime >= 1, lifetime <= Self.lifetimeMost else { throw BadInput("lifetime", "must be up to 366 days") }
        let token = AccessToken()
        return try await market.change { change in
            if actor != principal { try await change.transaction.authorize(actor, as: .operator) }
            guard try await change.transaction.principalExists(principal) else { throw NotFound("principal") }
            let issued = IssuedToken(id: change.make(), token: token, expiresAt: change.instant + lifetime)
            try await change.transaction.insert(
                issued, hash: Digest(of: token.secret), for: principal, name: name, scopes: scopes, replacing: nil)
            try await change.record(
                "token_issued", by: actor, on: "principal", principal.uuid, in: .platform,
                facts: ["token": .string("\(issued.id)"), "scopes": scopes.json]
            )
            return issued
        }
    }
}

/// Gives the holder of a token another one like it; the old one goes on for an overlap, so that programs can be moved
/// one after the other. Once for each token.
package struct RotateToken: Sendable {
    /// Seconds that the old one may go on for: a week.
    package static let overlapMost: TimeInterval = 7 * 86_400
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - overlap: seconds, up to a week; 0 ends the old one at once.
    ///   - bound: what the actor came with is for; nobody gets more by it.
    ///   - ownOnly: also of an operator: whoever gets the new token can act as its holder.
    ///   - actor: its holder, or an operator.
    /// - Throws: ``BadInput``; ``NotFound`` for one that is not live, or not theirs; ``AccessRefusal``;
    ///   ``TokenRefusal/rotated``.
    package func callAsFunction(
        _ id: AccessToken.ID, overlap: TimeInterval = 86_400, within bound: Set<TokenScope> = Set(TokenScope.allCases),
        ownOnly: Bool = false, by actor: Principal.ID
    ) async throws -> IssuedToken {
        guard overlap >= 0, overlap <= Self.overlapMost else { throw BadInput("overlap", "must be up to a week") }
        let token = AccessToken()
        return try await market.change { change in
            let transaction = change.transaction
            var isForOthers = false
            if !ownOnly { isForOthers = try await transaction.holds(actor, .operator, for: nil) }
            guard let old = try await transaction.lockToken(id), isForOthers || old.holder == actor,
                old.revokedAt == nil, old.expiresAt > change.instant
            else { throw NotFound("token") }
            try old.scopes.check(within: bound)
            guard try await !transaction.isReplaced(id) else { throw TokenRefusal.rotated }
            let issued = IssuedToken(
                id: change.make(), token: token,
                expiresAt: change.instant + old.expiresAt.timeIntervalSince(old.createdAt))
            try await transaction.insert(
                issued, hash: Digest(of: token.secret), for: old.holder, name: old.name, scopes: old.scopes,
                replacing: id)
            let end = min(old.expiresAt, change.instant + overlap)
            if end > change.instant {
                try await transaction.endToken(id, at: end)
            } else {
                try await transaction.revokeToken(id)
            }
            try await change.record(
                "token_rotated", by: actor, on: "principal", old.holder.uuid, in: .platform,
                facts: [
                    "token": .string("\(issued.id)"), "replaces": .string("\(id)"),
                    "overlap_seconds": .integer(Int64(overlap)),
                ]
            )
            return issued
        }
    }
}

/// Why a token is not rotated.
package enum TokenRefusal: Refusal, CaseIterable {
    case rotated

    package var code: String {
        switch self {
        case .rotated: "token_rotated"
        }
    }

    package var message: String {
        switch self {
        case .rotated: "This token was rotated before. Rotate the one that took its place."
        }
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

    /// One of them. Doing it twice is the same as once.
    ///
    /// - Parameters:
    ///   - ownOnly: also of an operator.
    ///   - actor: its holder, or an operator.
    /// - Throws: ``NotFound`` for one that is not theirs.
    package func callAsFunction(_ id: AccessToken.ID, ownOnly: Bool = false, by actor: Principal.ID) async throws {
        try await market.change { change in
            let transaction = change.transaction
            var isForOthers = false
            if !ownOnly { isForOthers = try await transaction.holds(actor, .operator, for: nil) }
            guard let token = try await transaction.lockToken(id), isForOthers || token.holder == actor else {
                throw NotFound("token")
            }
            try await transaction.revokeToken(id)
            try await change.record(
                "token_revoked", by: actor, on: "principal", token.holder.uuid, in: .platform,
                facts: ["token": .string("\(id)")]
            )
        }
    }
}

/// Shows the tokens of a principal, newest first, those that ended included.
package struct ListTokens: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last one of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: the holder, or an operator.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        of principal: Principal.ID, before: AccessToken.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [TokenLine] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            if actor != principal { try await transaction.authorize(actor, as: .operator) }
            return try await transaction.tokens(of: principal, before: before, limit: limit)
        }
    }
}

extension Set<TokenScope> {
    /// In the order of the enum.
    package var ordered: [TokenScope] { TokenScope.allCases.filter(contains) }

    /// - Throws: ``AccessRefusal/scopeMissing(_:)`` for the first that is not among these.
    func check(within bound: Set<TokenScope>) throws(AccessRefusal) {
        if let first = subtracting(bound).ordered.first { throw .scopeMissing(first) }
    }

    var json: JSON { .array(ordered.map { .string($0.rawValue) }) }
}
