import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes that explain routing", .scratchDatabase)
struct ScheduleRoutesTests {
    @Test("a worker reads their own part, a requester's key counts by reason, an operator all of it; nobody else any")
    func readers() async throws {
        let small = try await SmallMarket()
        let market = small.market
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let batch = Batch.Key(
            requester: small.requester, id: try await small.batch(small.draft("b", door: .offer), tasks: 2))
        let offer = try await MakeOffer(market: market)(
            of: batch.id, from: batch.requester, to: ann, reason: [:], answerBy: Scratch.clock.now() + 600,
            explanation: OfferExplanation(
                valueMicros: 7, parts: ["quality": 7], hoursPriceMicros: 1,
                runnerUp: .init(worker: ben, valueMicros: 6), candidates: 2, certificateMillionths: 1_000_000),
            by: small.manager)
        let keep = KeepExplanations(market: market)
        for count in 1...3 {
            try await keep(
                batches: [
                    UnroutedBatch(
                        batch: batch, reason: count == 2 ? .outbid : .away,
                        message: "It takes 30 minutes; their windows leave 10.",
                        counts: UnroutedCounts([.away: count]), slotsLeft: 1)
                ],
                workers: [
                    UnroutedWorker(
                        worker: ben, reason: count == 2 ? .outbid : .away, message: "m",
                        counts: UnroutedCounts([.away: count]))
                ], by: small.manager)
            Scratch.clock.advance(by: 301)
        }
        let key = try await CreatePrincipal(market: market)(
            .key, named: "acme key", roles: [.requester], for: small.requester, by: small.manager)
        func token(_ principal: Principal.ID) async throws -> String {
            try await IssueToken(market: market)(for: principal, lifetime: 3_600, by: small.manager).secret
        }
        let (annToken, benToken) = (try await token(Principal.ID(ann.uuid)), try await token(Principal.ID(ben.uuid)))
        let (keyToken, operatorToken) = (try await token(key), try await token(small.manager))
        let path = "/v1/batches/\(batch.requester)/\(batch.id)/routing"
        try await LiveServer.run(market) { server in
            let own = try await server.send("GET", "/v1/offers/\(offer)/why", token: annToken)
            #expect(own.status == 200 && own.body["explanation"]?["parts"] == ["quality": 7])
            #expect(!own.body.canonicalText.contains("\(ben)"))
            #expect(try await server.send("GET", "/v1/offers/\(offer)/why", token: benToken).status == 404)
            let none = try await server.send("GET", "/v1/work/routing", token: annToken)
            #expect(none.status == 200 && none.body["explanation"]?.canonicalText == "null")
            let without = try await server.send("GET", "/v1/work/routing", token: benToken)
            #expect(without.body["explanation"]?["reason"] == "away")
            let counted = try await server.send("GET", path, token: keyToken)
            #expect(counted.body["items"]?[0]?["counts"] == ["no_hours": 3])
            #expect(counted.body["items"]?[0]?["message"]?.canonicalText == "null")
            #expect(try await server.send("GET", "\(path)?as=operator", token: keyToken).status == 403)
            #expect(try await server.send("GET", path, token: annToken).status == 403)
            let whole = try await server.send("GET", "\(path)?as=operator&limit=2", token: operatorToken)
            #expect(whole.body["items"]?[0]?["message"] == "It takes 30 minutes; their windows leave 10.")
            let next = try #require(whole.body["next"]?.stringValue)
            let rest = try await server.send(
                "GET", "\(path)?as=operator&limit=2&before=\(next)", token: operatorToken)
            #expect(rest.body["items"]?.arrayValue?.map { $0["counts"] } == [["away": 1]])
            #expect(rest.body["next"]?.canonicalText == "null")
            #expect(try await server.send("GET", "\(path)?as=worker", token: operatorToken).status == 422)
            #expect(try await server.send("GET", path).status == 401)
        }
    }
}
