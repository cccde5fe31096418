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

    @Test("what nobody won within the reserve is posted by its requester, once no auction runs, and then claimed")
    func postRest() async throws {
        let small = try await SmallMarket()
        let workers = [try await small.worker("ann"), try await small.worker("ben"), try await small.worker("cem")]
        let buyer = try await small.bearer(
            CreatePrincipal(market: small.market)(
                .key, named: "Buyer", roles: [.requester], for: small.requester, by: small.manager))
        let batch = try await small.batchForBids()
        let bidders = try await workers.asyncTokens(small)
        try await LiveServer.run(small.market) { server in
            let path = "/v1/batches/\(small.requester)/\(batch)"
            let closes = Scratch.clock.now().addingTimeInterval(600).formatted(.iso8601)
            let terms: JSON = [
                "closes_at": .string(closes), "lane": "sealed", "ceiling_minor": 2_000, "reserve_score_minor": -1_000,
            ]
            let opened = try await server.send("POST", path + "/auctions", token: buyer, key: "a", json: terms)
            let id = try #require(opened.body["auction"]?.stringValue, "\(opened.body)")
            let post = path + "/post-rest"
            let early = try await server.send("POST", post, token: buyer, key: "b", json: [:])
            #expect(early.status == 409 && early.code == "auction_running")
            for (token, amount) in zip(bidders, [1_500, 1_600, 1_700] as [Int64]) {
                let bid: JSON = ["amount_minor": .integer(amount)]
                let placed = try await server.send(
                    "POST", "/v1/auctions/\(small.requester)/\(id)/bid", token: token, json: bid)
                #expect(placed.status == 200, "\(placed.body)")
            }
            Scratch.clock.advance(by: 600)
            while try await CloseAuctions(market: small.market)(by: small.manager).hasMore {}
            #expect(try await server.send("GET", path, token: buyer).body["door"] == "bid")
            #expect(try await server.send("POST", post, token: bidders[0], key: "c", json: [:]).status == 403)
            let posted = try await server.send("POST", post, token: buyer, key: "c", json: [:])
            #expect(posted.status == 200 && posted.body["state"] == "posted", "\(posted.body)")
            #expect(try await server.send("GET", path, token: buyer).body["door"] == "claim")
            let twice = try await server.send("POST", post, token: buyer, key: "d", json: [:])
            #expect(twice.status == 409 && twice.code == "batch_not_for_bids")
        }
        let work = try await small.claim(workers[0], batch)
        #expect(work.terms["pay_minor"] == 2_000)
        #expect(try await small.ills() == [])
    }

    @Test("a finding is decided once, with reasons, by an operator whom it is not about")
    func finding() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        _ = try await small.batch(small.draft("one"), tasks: 1)
        let requirement: Requirement.ID = try await small.market.database.read {
            try await $0.oneRow("select requirement_id from batch limit 1")["requirement_id"]
        }
        let suspicion = try Suspicion(
            .rotation, in: ScreenCell(requirement: requirement, profession: .lawyer, tier: .expert), small.usd,
            scoreMilli: 2_500, workers: [ann], auctions: [Scratch.here.identifiers.uuid(at: Scratch.start)],
            evidence: ["z_milli": 2_500])
        #expect(try await ReportSuspicions(market: small.market)([suspicion], by: small.manager) == 1)
        let (chief, token) = (try await small.bearer(small.manager), try await small.bearer(ann))
        try await LiveServer.run(small.market) { server in
            let open = try await server.send("GET", "/v1/findings", token: chief)
            let id = try #require(open.body["items"]?[0]?["finding"]?.stringValue, "\(open.body)")
            let path = "/v1/findings/\(id)"
            #expect(try await server.send("GET", path, token: chief).body["evidence"] == ["z_milli": 2_500])
            #expect(try await server.send("GET", path, token: token).status == 403)
            let verdict: JSON = ["verdict": "confirm", "reasons": "They take turns."]
            let decide = path + "/decide"
            #expect(try await server.send("POST", decide, token: token, key: "a", json: verdict).status == 403)
            try await Scratch.asOwner {
                try await $0.execute(
                    """
                    insert into role_grant (role_grant_id, principal_id, role, granted_by, in_force)
                    values (gen_random_uuid(), \(Principal.ID(ann.uuid)), 'operator', \(small.manager),
                            tstzrange(\(Scratch.start), null))
                    """)
            }
            let own = try await server.send("POST", decide, token: token, key: "b", json: verdict)
            #expect(own.status == 403 && own.code == "decider_is_concerned", "\(own.body)")
            let mute: JSON = ["verdict": "confirm", "reasons": ""]
            let unreasoned = try await server.send("POST", decide, token: chief, key: "c", json: mute)
            #expect(unreasoned.status == 422 && unreasoned.body["errors"]?[0]?["pointer"] == "/reasons")
            let decided = try await server.send("POST", decide, token: chief, key: "d", json: verdict)
            #expect(decided.status == 200 && decided.body["verdict"] == "confirm", "\(decided.body)")
            let late = try await server.send("POST", decide, token: chief, key: "e", json: verdict)
            #expect(late.status == 409 && late.code == "finding_decided")
            let found = try await server.send("GET", "/v1/findings?state=confirmed", token: chief)
            #expect(found.body["items"]?[0]?["reasons"] == "They take turns.", "\(found.body)")
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
