import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Tokens and keys", .scratchDatabase)
struct TokenTests {
    @Test("a revoked token is nobody's, another principal's lives on")
    func revoked() async throws {
        let small = try await SmallMarket()
        let (one, other) = (small.maker, small.checker)
        let issue = IssueToken(market: small.market)
        let lost = try await issue(for: one, lifetime: 86_400, by: small.manager)
        let kept = try await issue(for: other, lifetime: 86_400, by: small.manager)
        #expect(try await small.market.authenticate(token: lost.secret) == one)
        #expect(try await RevokeTokens(market: small.market)(of: one, by: small.manager) == 1)
        #expect(try await RevokeTokens(market: small.market)(of: one, by: small.manager) == 0)
        await #expect(throws: AccessRefusal.notAuthenticated) {
            try await small.market.authenticate(token: lost.secret)
        }
        #expect(try await small.market.authenticate(token: kept.secret) == other)
    }

    @Test("only an operator revokes")
    func authority() async throws {
        let small = try await SmallMarket()
        await #expect(throws: AccessRefusal.roleMissing(.operator)) {
            try await RevokeTokens(market: small.market)(of: small.maker, by: small.checker)
        }
    }

    @Test("answers are forgotten after three days, in steps, and not before")
    func forgotten() async throws {
        let small = try await SmallMarket()
        let hash = Digest(of: "request")
        for number in 1...5 {
            _ = try await small.market.once(
                "key-\(number)", by: small.manager, route: "r", fingerprint: hash,
                answer: { (_: Int) in Reply(status: 200, body: .null) },
                perform: { market in try await RevokeTokens(market: market)(of: small.maker, by: small.manager) }
            )
        }
        let forget = ForgetAnswers(market: small.market)
        Scratch.clock.advance(by: ForgetAnswers.keptSeconds)
        #expect(try await forget(most: 3) == 0)
        Scratch.clock.advance(by: 1)
        #expect(try await forget(most: 3) == 3)
        #expect(try await forget(most: 3) == 2)
    }

    @Test("a token is not anybody's whose check does not fit, and is not looked up")
    func check() async throws {
        let small = try await SmallMarket()
        let token = try await IssueToken(market: small.market)(for: small.maker, lifetime: 60, by: small.manager).secret
        #expect(token.hasPrefix("gh_") && token.utf8.count == 75)
        let last: Character = token.last == "0" ? "1" : "0"
        for wrong in [String(token.dropLast()) + String(last), "gh_", "", "gh_" + String(repeating: "é", count: 36)] {
            await #expect(throws: AccessRefusal.notAuthenticated) {
                try await small.market.authenticate(token: wrong)
            }
        }
        #expect(try await small.market.authenticate(token: token) == small.maker)
    }

    @Test("a token may what its scopes say and no more")
    func scopes() async throws {
        let small = try await SmallMarket()
        let issued = try await IssueToken(market: small.market)(
            for: small.maker, lifetime: 60, name: "reader", scopes: [.read], by: small.maker)
        let caller = try await small.market.caller(token: issued.secret)
        #expect(caller.principal == small.maker && caller.scopes == [.read] && caller.door == .token(issued.id))
        try caller.demand(.read)
        #expect(throws: AccessRefusal.scopeMissing(.money)) { try caller.demand(.money) }
        await #expect(throws: BadInput.self) {
            try await IssueToken(market: small.market)(for: small.maker, lifetime: 60, scopes: [], by: small.maker)
        }
    }

    @Test("who is no operator issues, sees, rotates and revokes their own tokens only")
    func owners() async throws {
        let small = try await SmallMarket()
        let market = small.market
        let own = try await IssueToken(market: market)(for: small.maker, lifetime: 600, by: small.maker)
        await #expect(throws: AccessRefusal.roleMissing(.operator)) {
            try await IssueToken(market: market)(for: small.maker, lifetime: 60, by: small.checker)
        }
        await #expect(throws: AccessRefusal.roleMissing(.operator)) {
            try await ListTokens(market: market)(of: small.maker, by: small.checker)
        }
        await #expect(throws: NotFound.self) { try await RotateToken(market: market)(own.id, by: small.checker) }
        await #expect(throws: NotFound.self) {
            try await RotateToken(market: market)(own.id, ownOnly: true, by: small.manager)
        }
        await #expect(throws: NotFound.self) { try await RevokeTokens(market: market)(own.id, by: small.checker) }
        await #expect(throws: NotFound.self) {
            try await RevokeTokens(market: market)(own.id, ownOnly: true, by: small.manager)
        }
        try await RevokeTokens(market: market)(own.id, by: small.maker)
        try await RevokeTokens(market: market)(own.id, by: small.manager)
        await #expect(throws: AccessRefusal.notAuthenticated) { try await market.authenticate(token: own.secret) }
        let line = try #require(try await ListTokens(market: market)(of: small.maker, by: small.maker).first)
        #expect(line.id == own.id && line.revokedAt == Scratch.start)
    }

    @Test("a rotated token goes on for the overlap, its heir for as long as it was issued for")
    func rotation() async throws {
        let small = try await SmallMarket()
        let market = small.market
        let old = try await IssueToken(market: market)(
            for: small.maker, lifetime: 30 * 86_400, name: "nightly", scopes: [.read, .money], by: small.manager)
        Scratch.clock.advance(by: 86_400)
        let new = try await RotateToken(market: market)(old.id, overlap: 3_600, by: small.maker)
        #expect(new.expiresAt == Scratch.clock.now() + 30 * 86_400)
        #expect(try await market.caller(token: new.secret).scopes == [.read, .money])
        #expect(try await market.authenticate(token: old.secret) == small.maker)
        await #expect(throws: TokenRefusal.rotated) { try await RotateToken(market: market)(old.id, by: small.maker) }
        Scratch.clock.advance(by: 3_600)
        await #expect(throws: AccessRefusal.notAuthenticated) { try await market.authenticate(token: old.secret) }
        await #expect(throws: NotFound.self) { try await RotateToken(market: market)(old.id, by: small.maker) }
        let last = try await RotateToken(market: market)(new.id, overlap: 0, by: small.manager)
        await #expect(throws: AccessRefusal.notAuthenticated) { try await market.authenticate(token: new.secret) }
        let lines = try await ListTokens(market: market)(of: small.maker, by: small.maker)
        #expect(lines.map(\.id) == [last.id, new.id, old.id])
        #expect(lines.map(\.replaces) == [new.id, old.id, nil] && lines.allSatisfy { $0.name == "nightly" })
        let page = try await ListTokens(market: market)(of: small.maker, before: new.id, limit: 1, by: small.maker)
        #expect(page.map(\.id) == [old.id])
    }

    @Test("of many who rotate a token at once, one does")
    func rotationRace() async throws {
        let small = try await SmallMarket()
        let token = try await IssueToken(market: small.market)(for: small.maker, lifetime: 600, by: small.manager)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { (try? await RotateToken(market: small.market)(token.id, by: small.maker)) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(outcomes == 1)
        #expect(try await ListTokens(market: small.market)(of: small.maker, by: small.maker).count == 2)
    }

    @Test("the last use of a token is kept to ten minutes")
    func lastUse() async throws {
        let small = try await SmallMarket()
        let token = try await IssueToken(market: small.market)(for: small.maker, lifetime: 86_400, by: small.manager)
        func lastUse() async throws -> Date? {
            try await ListTokens(market: small.market)(of: small.maker, by: small.maker).first?.lastUsedAt
        }
        #expect(try await lastUse() == nil)
        for (seconds, seen) in [(0, 0), (599, 0), (2, 601), (600, 601), (1, 1_202)] {
            Scratch.clock.advance(by: TimeInterval(seconds))
            _ = try await small.market.authenticate(token: token.secret)
            #expect(try await lastUse() == Scratch.start + TimeInterval(seen))
        }
    }
}
