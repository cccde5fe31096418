import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes of reservations and bonuses", .scratchDatabase)
struct ReservationRoutesTests {
    /// The key of a requester's program.
    private func program(_ small: SmallMarket, _ name: String, of requester: Requester.ID) async throws -> String {
        try await small.bearer(
            try await CreatePrincipal(market: small.market)(
                .key, named: name, roles: [.requester], for: requester, by: small.manager))
    }

    private func rival(_ small: SmallMarket) async throws -> String {
        let requester = try await CreateRequester(market: small.market)(
            externalKey: "rival", name: "Rival", by: small.manager)
        return try await program(small, "rival: key", of: requester)
    }

    @Test("tasks are set aside for a worker by who publishes, listed, taken by nobody else, and let go")
    func named() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let batch = try await small.batch(small.draft("one"), tasks: 2)
        let (buyer, other) = (
            try await program(small, "acme: key", of: small.requester), try await rival(small)
        )
        let (worker, reviewer) = (try await small.bearer(ann), try await small.bearer(small.reviewer))
        let path = "/v1/batches/\(small.requester)/\(batch)/reservations"
        let wish: JSON = ["tasks": ["one-1"], "workers": [.string("\(ann)")]]
        try await LiveServer.run(small.market) { server in
            for token in [other, worker, reviewer] {
                #expect(try await server.send("POST", path, token: token, key: "a", json: wish).status == 403)
                #expect(try await server.send("GET", path, token: token).status == 403)
            }
            let made = try await server.send("POST", path, token: buyer, key: "a", json: wish)
            #expect(made.status == 201 && made.body == ["slots": 1], "\(made.body)")
            let again = try await server.send("POST", path, token: buyer, key: "a", json: wish)
            #expect(again.body == made.body && again.headers["idempotent-replayed"] == "true")
            let listed = try await server.send("GET", path, token: buyer)
            #expect(listed.body["items"]?.arrayValue?.count == 1, "\(listed.body)")
            let item = try #require(listed.body["items"]?[0])
            #expect(item["kind"] == "named" && item["open_slots"] == 1)
            #expect(item["workers"] == [.string("\(ann)")] && item["teams"] == [] && item["until"]?.isNull == true)
            _ = try await small.claim(ben, batch)
            #expect(await refusal(ClaimRefusal.self) { try await small.claim(ben, batch) } == .noWork)
            let id = try #require(item["reservation"]?.stringValue)
            #expect(try await server.send("POST", "\(path)/\(id)/end", token: other, key: "b", json: [:]).status == 403)
            let ended = try await server.send("POST", "\(path)/\(id)/end", token: buyer, key: "b", json: [:])
            #expect(ended.status == 200 && ended.body == ["slots": 1], "\(ended.body)")
            let none = "\(path)/\(small.requester)/end"
            #expect(try await server.send("POST", none, token: buyer, key: "c", json: [:]).status == 404)
            _ = try await small.claim(ben, batch)
        }
        #expect(try await small.ills() == [])
    }

    @Test("whom tasks are for is said once, as workers or a team that are there; a batch that is over has none")
    func bounds() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let team = try await CreateTeam(market: small.market)(
            TeamDraft(externalKey: "agents", kind: .agency, name: "Agents", base: "US"), by: small.manager)
        let batch = try await small.batch(small.draft("one"), tasks: 2)
        let over = try await small.batch(small.draft("two"), tasks: 1)
        _ = try await CloseBatch(market: small.market)(over, of: small.requester, by: small.manager)
        let chief = try await small.bearer(small.manager)
        let root = "/v1/batches/\(small.requester)"
        let (worker, nobody): (JSON, JSON) = (.string("\(ann)"), .string("\(small.requester)"))
        let agents: JSON = .string("\(team.id)")
        try await LiveServer.run(small.market) { server in
            func reserve(_ key: String, _ json: JSON, in batch: Batch.ID) async throws -> LiveServer.Answer {
                try await server.send("POST", "\(root)/\(batch)/reservations", token: chief, key: key, json: json)
            }
            for (json, place) in [
                (["tasks": ["one-0"]], "/workers"), (["tasks": [], "team": agents], "/tasks"),
                (["tasks": ["one-0"], "workers": [worker], "team": agents], "/team"),
                (["tasks": ["one-0"], "team": agents, "until": "2020-01-01T00:00:00Z"], "/until"),
            ] as [(JSON, JSON)] {
                let bad = try await reserve("a", json, in: batch)
                #expect(bad.status == 422 && bad.body["errors"]?[0]?["pointer"] == place, "\(bad.body)")
            }
            let unknown = try await reserve("b", ["tasks": ["one-9"], "team": agents], in: batch)
            #expect(unknown.status == 422 && unknown.code == "no_such_tasks")
            #expect(try await reserve("c", ["tasks": ["one-0"], "workers": [nobody]], in: batch).status == 404)
            let made = try await reserve("d", ["tasks": ["one-0", "one-1"], "team": agents], in: batch)
            #expect(made.status == 201 && made.body == ["slots": 2], "\(made.body)")
            let listed = try await server.send("GET", "\(root)/\(batch)/reservations", token: chief)
            #expect(listed.body["items"]?[0]?["kind"] == "group" && listed.body["items"]?[0]?["teams"] == [agents])
            let late = try await reserve("e", ["tasks": ["two-0"], "team": agents], in: over)
            #expect(late.status == 409 && late.code == "batch_over", "\(late.body)")
        }
        #expect(try await small.ills() == [])
    }

    @Test("a bonus is paid once by its reference, for accepted work, out of the wallet, by who publishes")
    func bonus() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let batch = try await small.batch(small.draft("one"), tasks: 2)
        let work = try await small.claim(ann, batch)
        try await small.submit(work)
        try await small.review(work)
        let open = try await small.claim(ann, batch)
        let (buyer, other) = (
            try await program(small, "acme: key", of: small.requester), try await rival(small)
        )
        let (worker, maker) = (try await small.bearer(ann), try await small.bearer(small.maker))
        let path = "/v1/requesters/\(small.requester)/bonuses"
        let bonus: [String: JSON] = [
            "assignment": .string("\(work.id)"), "amount_minor": 750, "currency": "USD", "reference": "B-1",
            "reason": "Found it.",
        ]
        try await LiveServer.run(small.market) { server in
            func pay(_ key: String, _ changes: [String: JSON] = [:], by token: String) async throws
                -> LiveServer.Answer
            {
                try await server.send(
                    "POST", path, token: token, key: key, json: .object(bonus.merging(changes) { $1 }))
            }
            for token in [other, worker, maker] { #expect(try await pay("a", by: token).status == 403) }
            let paid = try await pay("a", by: buyer)
            #expect(paid.status == 201 && paid.body["entry"]?.stringValue != nil, "\(paid.body)")
            #expect(try await pay("b", by: buyer).body == paid.body)
            let differs = try await pay("c", ["amount_minor": 751], by: buyer)
            #expect(differs.status == 409 && differs.code == "already_posted", "\(differs.body)")
            let early = try await pay("d", ["assignment": .string("\(open.id)"), "reference": "B-2"], by: buyer)
            #expect(early.status == 409 && early.code == "work_not_accepted", "\(early.body)")
            let large = try await pay("e", ["amount_minor": 900_000_000_000, "reference": "B-3"], by: buyer)
            #expect(large.status == 409 && large.code == "insufficient_funds", "\(large.body)")
            #expect(try await pay("f", ["assignment": .string("\(batch)")], by: buyer).status == 404)
            for (changes, place) in [
                (["amount_minor": 0], "/amount_minor"), (["currency": "EUR"], "/currency"),
                (["reference": ""], "/reference"), (["reason": " "], "/reason"),
            ] as [([String: JSON], JSON)] {
                let bad = try await pay("g", changes, by: buyer)
                #expect(bad.status == 422 && bad.body["errors"]?[0]?["pointer"] == place, "\(bad.body)")
            }
        }
        #expect(try await small.balance(.payable(to: ann, small.usd)) == 2_750)
        #expect(try await small.ills() == [])
    }
}
