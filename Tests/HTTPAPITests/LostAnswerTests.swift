import Formats
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Answers that show a secret, and were lost", .scratchDatabase)
struct LostAnswerTests {
    @Test("a token whose answer was lost is shown again under its key, to who comes with the same scopes, and is one")
    func lostAnswers() async throws {
        let small = try await SmallMarket()
        let issue = IssueToken(market: small.market)
        let whole = try await issue(for: small.maker, lifetime: 3_600, by: small.manager)
        let narrow = try await issue(
            for: small.maker, lifetime: 3_600, scopes: [.read, .account], by: small.manager)
        try await LiveServer.run(small.market) { server in
            func post(_ path: String, _ key: String?, _ token: String, _ body: JSON) async throws -> LiveServer.Answer {
                try await server.send("POST", path, token: token, key: key, json: body)
            }
            let body: JSON = ["name": "lost", "scopes": ["read"], "days": 1]
            let keyless = try await post("/v1/tokens", nil, whole.secret, body)
            #expect(keyless.status == 400 && keyless.code == "idempotency_key_missing")
            let rotation = "/v1/tokens/\(whole.id)/rotation"
            let calls: [(String, JSON)] = [("/v1/tokens", body), (rotation, [:])]
            for (path, body) in calls {
                let first = try await post(path, "k", whole.secret, body)
                let again = try await post(path, "k", whole.secret, body)
                #expect(first.status == 201 && again.status == 201 && again.body == first.body, "\(path)")
                #expect(again.headers["idempotent-replayed"] == "true")
                let secret = try #require(first.body["token"]?.stringValue)
                #expect(try await server.send("GET", "/v1/me", token: secret).status == 200)
                // Who may less is not shown what may more.
                let lesser = try await post(path, "k", narrow.secret, body)
                #expect(lesser.status == 422 && lesser.code == "idempotency_key_reused", "\(path)")
                let found = try await small.count(
                    "select count(*) as n from idempotency_key where answer::text like \("%\(secret)%")")
                #expect(found == 0)
            }
            #expect(try await small.count("select count(*) as n from access_token where name = 'lost'") == 1)
        }
    }
}
