import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes of what routing goes by, and of the ladder's steps", .scratchDatabase, .turnLimit(minutes: 20))
struct RoutingWeightRoutesTests {
    private static let path = "/v1/routing-weights"

    @Test("weights are read by operators and auditors, set by operators as they were read, refused by their place")
    func weights() async throws {
        let small = try await SmallMarket()
        let auditor = try await CreatePrincipal(market: small.market)(
            .person, named: "Auditor", roles: [.auditor], by: small.manager)
        let tokens = (
            chief: try await small.bearer(small.manager), maker: try await small.bearer(small.maker),
            auditor: try await small.bearer(auditor)
        )
        try await LiveServer.run(small.market) { server in
            func put(_ body: JSON, _ match: String?, _ key: String) async throws -> LiveServer.Answer {
                try await server.send(
                    "PUT", Self.path, token: tokens.chief, key: key, json: body,
                    headers: match.map { ["If-Match": $0] } ?? [:])
            }
            let first = try await server.send("GET", Self.path, token: tokens.chief)
            #expect(first.status == 200 && first.body["set"]?.isNull == true, "\(first.body)")
            let names = first.body["weights"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
            #expect(names.contains("lateness"))
            let tag = try #require(first.headers["etag"])
            #expect(try await server.send("GET", Self.path, token: tokens.auditor).status == 200)
            #expect(try await server.send("GET", Self.path, token: tokens.maker).status == 403)
            let set: JSON = ["weights": ["lateness": 2_000_000, "rate_USD": 1_000_000], "reason": "Late costs more."]
            let blind = try await put(set, nil, "a")
            #expect(blind.status == 428 && blind.code == "if_match_missing")
            #expect(try await put(set, tag, "b").body == ["version": 1])
            let stale = try await put(set, tag, "c")
            #expect(stale.status == 412 && stale.code == "changed_meanwhile")
            let shown = try await server.send("GET", Self.path, token: tokens.chief)
            #expect(shown.body["rates"] == ["rate_USD": 1_000_000], "\(shown.body)")
            #expect(shown.body["set"]?["reason"] == "Late costs more." && shown.body["set"]?["version"] == 1)
            let again = try #require(shown.headers["etag"])
            for (name, value) in [("lateness", -1), ("rate_USD", 0)] as [(String, JSON)] {
                let wrong = try await put(["weights": [name: value], "reason": "Try."], again, "d-\(name)")
                #expect(wrong.status == 422 && wrong.body["errors"]?[0]?["pointer"] == .string("/weights/\(name)"))
            }
            let unknown = try await put(["weights": ["kindness": 1], "reason": "Try."], again, "e")
            #expect(unknown.status == 422 && unknown.body["errors"]?[0]?["pointer"] == "/weights", "\(unknown.body)")
            let foreign = try await server.send(
                "PUT", Self.path, token: tokens.maker, key: "f", json: set, headers: ["If-Match": "*"])
            #expect(foreign.status == 403)
            #expect(try await put(["weights": [:], "reason": "Back."], "*", "g").body == ["version": 2])
        }
        #expect(try await small.count("select count(*) as n from scheduler_policy") == 2)
        #expect(try await small.ills() == [])
    }

    @Test("prices of hours come by pages with their night; weeks that were tested are a list; for operators alone")
    func hours() async throws {
        let small = try await SmallMarket()
        let workers = [try await small.worker("ann"), try await small.worker("ben")]
        let (chief, maker) = (try await small.bearer(small.manager), try await small.bearer(small.maker))
        try await LiveServer.run(small.market) { server in
            let none = try await server.send("GET", "/v1/hour-prices", token: chief)
            #expect(none.body == ["solve": .null, "items": [], "next": .null], "\(none.body)")
            let solve = PriceSolve(
                solvedOn: try #require(CalendarDate(iso: "2026-03-02")), demands: 3, workers: 2,
                certificateMillionths: 990_000, priceMostMicros: 9)
            let tags = workers.map { HourPriceTag(worker: $0, priceMicros: 7, units: 4) }
            #expect(try await KeepHourPrices(market: small.market)(tags, of: solve, by: small.manager))
            var (found, last): ([JSON], String?) = ([], nil)
            repeat {
                let more = last.map { "&after=\($0)" } ?? ""
                let page = try await server.send("GET", "/v1/hour-prices?limit=1\(more)", token: chief)
                #expect(page.body["solve"]?["solved_on"] == "2026-03-02", "\(page.body)")
                found += page.body["items"]?.arrayValue ?? []
                last = page.body["next"]?.stringValue
            } while last != nil
            #expect(found.compactMap { $0["worker"]?.stringValue } == workers.map { "\($0)" }.sorted())
            #expect(found.allSatisfy { $0["price_micros"] == 7 && $0["units"] == 4 })
            let weeks = try await server.send("GET", "/v1/forecast-backtests?before=2026-03-02", token: chief)
            #expect(weeks.body == ["items": [], "next": .null], "\(weeks.body)")
            #expect(try await server.send("GET", "/v1/forecast-backtests?before=x", token: chief).status == 422)
            for path in ["/v1/hour-prices", "/v1/forecast-backtests"] {
                #expect(try await server.send("GET", path, token: maker).status == 403)
            }
        }
    }

    /// A batch that is offered and due in ten hours, of three tasks for 20.00 in a band of 5.00 to 50.00.
    private func endangered(_ small: SmallMarket) async throws -> Batch.Key {
        Scratch.clock.advance(by: 1)
        let line: JSON = [
            "profession": "lawyer", "tier": "expert", "task_kind": "extraction", "unit": "task", "currency": "USD",
            "amount_minor": 2_000, "least_minor": 500, "most_minor": 5_000,
        ]
        let card = try await DraftRateCard(market: small.market)(["name": "Band", "rates": [line]], by: small.maker)
        try await ApproveRateCard(market: small.market)(card.version, contentHash: card.contentHash, by: small.checker)
        try await PublishRateCard(market: small.market)(card.version, by: small.maker)
        let due = Scratch.clock.now() + 36_000
        let batch = Batch.Key(
            requester: small.requester,
            id: try await small.batch(small.draft("urgent", door: .offer, dueAt: due), tasks: 3))
        let acts: [EscalationAct] = [
            .forced, .price(try Money(2_200, small.usd)), .price(try Money(2_400, small.usd)),
        ]
        for act in acts {
            let found = try await small.market.database.read {
                try await $0.endangeredBatches(until: due, after: nil, limit: 1)
            }
            #expect(
                try await EscalateBatch(market: small.market)(
                    try #require(found.first), act, facts: ["why": "late"], by: small.manager))
        }
        return batch
    }

    @Test("a requester reads which steps were taken, page by page, and raises pay within its limits; another does not")
    func ladder() async throws {
        let small = try await SmallMarket()
        let batch = try await endangered(small)
        let other = try await CreateRequester(market: small.market)(
            externalKey: "rival", name: "Rival", by: small.manager)
        let create = CreatePrincipal(market: small.market)
        let key = try await create(
            .key, named: "acme key", roles: [.requester], for: small.requester, by: small.manager)
        let rival = try await create(.key, named: "rival key", roles: [.requester], for: other, by: small.manager)
        let (mine, theirs) = (try await small.bearer(key), try await small.bearer(rival))
        let path = "/v1/batches/\(batch.requester)/\(batch.id)"
        try await LiveServer.run(small.market) { server in
            let whole = try await server.send("GET", path + "/steps", token: mine).body["items"]?.arrayValue ?? []
            #expect(whole.map { $0["kind"] } == ["forced", "price", "price"], "\(whole)")
            var (found, last): ([JSON], String?) = ([], nil)
            repeat {
                let more = last.map { "&before=\($0)" } ?? ""
                let page = try await server.send("GET", path + "/steps?limit=1\(more)", token: mine)
                #expect(page.status == 200, "\(page.body)")
                found += page.body["items"]?.arrayValue ?? []
                last = page.body["next"]?.stringValue
            } while last != nil
            #expect(found == whole)
            #expect(try await server.send("GET", path + "/steps?before=1/2/3/4", token: mine).status == 422)
            let limits = try await server.send("GET", path + "/raise-limits", token: mine)
            #expect(limits.body["pay_minor"] == 2_400 && limits.body["band_most_minor"] == 5_000, "\(limits.body)")
            func raise(_ minor: Int64, _ key: String, by token: String) async throws -> LiveServer.Answer {
                try await server.send(
                    "POST", path + "/raises", token: token, key: key,
                    json: ["amount_minor": .integer(minor), "currency": "USD"])
            }
            for (minor, code) in [(2_400, "not_more"), (5_001, "above_band")] as [(Int64, String)] {
                let refused = try await raise(minor, code, by: mine)
                #expect(refused.status == 422 && refused.code == code, "\(refused.body)")
            }
            #expect(try await raise(2_500, "x", by: theirs).status == 403)
            for name in ["/steps", "/raise-limits"] {
                #expect(try await server.send("GET", path + name, token: theirs).status == 403)
            }
            let raised = try await raise(2_500, "y", by: mine)
            #expect(raised.status == 201 && raised.body["raise"] == 3 && raised.body["pay_minor"] == 2_500)
            #expect(try await raise(2_500, "y", by: mine).body == raised.body)
            let after = try await server.send("GET", path + "/raise-limits", token: mine)
            #expect(after.body["pay_minor"] == 2_500)
        }
        #expect(try await small.ills() == [])
    }
}
