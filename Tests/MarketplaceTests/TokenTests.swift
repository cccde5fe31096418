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
}
