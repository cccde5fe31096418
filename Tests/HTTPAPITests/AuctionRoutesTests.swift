import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes of auctions for requesters and operators, and of the doctor", .scratchDatabase)
struct AuctionRoutesTests {
    @Test("a requester opens an auction and reads its report; operators close it early by two, explain and verify it")
    func auction() async throws {
        let small = try await SmallMarket(
            market: Market(
                database: Scratch.market.database, identifiers: Scratch.here.identifiers, keys: Scratch.keys))
        let workers = [try await small.worker("ann"), try await small.worker("ben"), try await small.worker("cem")]
        let buyer = try await small.bearer(
            CreatePrincipal(market: small.market)(
                .key, named: "Buyer", roles: [.requester], for: small.requester, by: small.manager))
        let (chief, second) = (try await small.bearer(small.manager), try await small.bearer(small.second))
        let batch = try await small.batchForBids()
        let bidders = try await workers.asyncTokens(small)
        try await LiveServer.run(small.market) { server in
            let path = "/v1/batches/\(small.requester)/\(batch)/auctions"
            let closes = Scratch.clock.now().addingTimeInterval(600).formatted(.iso8601)
            let terms: JSON = ["closes_at": .string(closes), "lane": "sealed"]
            #expect(try await server.send("POST", path, token: bidders[0], key: "a", json: terms).status == 403)
            let opened = try await server.send("POST", path, token: buyer, key: "a", json: terms)
            let id = try #require(opened.body["auction"]?.stringValue, "\(opened.body)")
            let twice = try await server.send("POST", path, token: buyer, key: "b", json: terms)
            #expect(twice.status == 409 && twice.code == "auction_running")
            let auction = "/v1/auctions/\(small.requester)/\(id)"
            for (token, amount) in zip(bidders, [1_700, 1_800, 1_900] as [Int64]) {
                let bid: JSON = ["amount_minor": .integer(amount)]
                #expect(try await server.send("POST", auction + "/bid", token: token, json: bid).status == 200)
            }
            let listed = try await server.send("GET", "/v1/auctions/\(small.requester)?batch=\(batch)", token: buyer)
            #expect(listed.body["items"]?[0]?["auction"] == .string(id))
            let soon = try await server.send("GET", auction + "/report", token: buyer)
            #expect(soon.status == 409 && soon.code == "auction_not_cleared")
            let early = auction + "/early-opening"
            let asked = try await server.send("POST", early, token: chief, key: "c", json: ["reasons": "Today."])
            #expect(asked.status == 201, "\(asked.body)")
            let alone = try await server.send("POST", early + "/confirm", token: chief, key: "d", json: [:])
            #expect(alone.status == 403 && alone.code == "same_operator")
            #expect(try await server.send("POST", early + "/confirm", token: second, key: "d", json: [:]).status == 200)
            Scratch.clock.advance(by: 1)
            while try await CloseAuctions(market: small.market)(by: small.manager).hasMore {}
            let report = try await server.send("GET", auction + "/report", token: buyer)
            #expect(report.body["units_filled"] == 1, "\(report.body)")
            #expect(try await server.send("GET", auction + "/explanation", token: buyer).status == 403)
            let explained = try await server.send("GET", auction + "/explanation?limit=1", token: chief)
            #expect(explained.body["rest"] == 2, "\(explained.body)")
            let verified = try await server.send("GET", auction + "/verification", token: chief)
            #expect(verified.body["faults"] == [] && verified.body["bids"] == 3)
            let findings = try await server.send("GET", "/v1/findings", token: chief)
            #expect(findings.body["items"] == [])
        }
        #expect(try await small.ills() == [])
    }

    @Test("a requester offers a worker tasks on terms of its own, once at a time")
    func directOffer() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        let batch = try await small.batch(small.draft("one", door: .offer), tasks: 2)
        let (chief, token) = (try await small.bearer(small.manager), try await small.bearer(worker))
        try await LiveServer.run(small.market) { server in
            let path = "/v1/batches/\(small.requester)/\(batch)/direct-offers"
            let now = Scratch.clock.now()
            let terms: JSON = [
                "worker": .string("\(worker)"), "amount_minor": 2_000, "currency": "USD", "quantity": 1,
                "answer_by": .string(now.addingTimeInterval(600).formatted(.iso8601)),
                "deadline": .string(now.addingTimeInterval(6_000).formatted(.iso8601)),
            ]
            #expect(try await server.send("POST", path, token: token, key: "a", json: terms).status == 403)
            let made = try await server.send("POST", path, token: chief, key: "a", json: terms)
            let id = try #require(made.body["direct_offer"]?.stringValue, "\(made.body)")
            let twice = try await server.send("POST", path, token: chief, key: "b", json: terms)
            #expect(twice.status == 409 && twice.code == "already_offered")
            let accept = "/v1/direct-offers/\(id)/accept"
            let accepted = try await server.send("POST", accept, token: token, key: "c", json: [:])
            #expect(accepted.status == 200 && accepted.body["assignments"]?.arrayValue?.count == 1, "\(accepted.body)")
        }
        #expect(try await small.ills() == [])
    }

    @Test("the doctor tells operators of each invariant, and of one that is broken")
    func doctor() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        let (chief, token) = (try await small.bearer(small.manager), try await small.bearer(worker))
        try await small.earn(worker, small.batch(small.draft("one"), tasks: 1))
        try await LiveServer.run(small.market) { server in
            #expect(try await server.send("GET", "/v1/doctor", token: token).status == 403)
            let all = try await server.send("GET", "/v1/doctor", token: chief)
            #expect(all.body["is_clean"] == true && all.body["items"]?.arrayValue?.count == DoctorCheck.allCases.count)
            #expect(try await server.send("GET", "/v1/doctor/nonsense", token: chief).status == 404)
            let one = try await server.send("GET", "/v1/doctor/balances_are_sums", token: chief)
            #expect(one.body["outcome"] == "clean", "\(one.body)")
            _ = try await Scratch.asOwner {
                try await $0.execute(
                    "update account_slice set balance_minor = balance_minor + 1 where balance_minor > 0")
            }
            let ill = try await server.send("GET", "/v1/doctor/balances_are_sums", token: chief)
            #expect(ill.body["outcome"] == "violated" && (ill.body["count"]?.integerValue ?? 0) > 0, "\(ill.body)")
        }
    }
}

extension [Worker.ID] {
    fileprivate func asyncTokens(_ small: SmallMarket) async throws -> [String] {
        var tokens: [String] = []
        for worker in self { tokens.append(try await small.bearer(worker)) }
        return tokens
    }
}
