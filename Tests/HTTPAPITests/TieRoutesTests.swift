import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes of registration, interests, exclusions and clearances", .scratchDatabase)
struct TieRoutesTests {
    @Test("an operator registers a person, once by their key; nobody else does, and faults are told by their place")
    func registered() async throws {
        let small = try await SmallMarket()
        let ann = try await small.worker("ann")
        let (chief, worker) = (try await small.bearer(small.manager), try await small.bearer(ann))
        let person: [String: JSON] = [
            "external_key": "new", "name": "New Person", "email": "new@example.org", "country": "DE",
            "time_zone": "Europe/Berlin", "weekly_minutes_max": 600, "languages": ["de:c1"], "born_on": "1990-05-01",
        ]
        try await LiveServer.run(small.market) { server in
            func register(_ person: [String: JSON], _ key: String, _ token: String) async throws -> LiveServer.Answer {
                try await server.send("POST", "/v1/workers", token: token, key: key, json: .object(person))
            }
            #expect(try await register(person, "a", worker).status == 403)
            let made = try await register(person, "a", chief)
            #expect(made.status == 201, "\(made.body)")
            let id = try #require(made.body["worker"]?.stringValue)
            let again = try await register(person, "b", chief)
            #expect(again.status == 201 && again.body == made.body)
            let shown = try await server.send("GET", "/v1/workers/\(id)", token: chief)
            #expect(shown.body["state"] == "registered" && shown.body["name"] == "New Person", "\(shown.body)")
            var other = person
            other["external_key"] = "other"
            other["email"] = "ann@example.org"
            let taken = try await register(other, "c", chief)
            #expect(taken.status == 409 && taken.code == "email_taken", "\(taken.body)")
            other["email"] = "nowhere"
            let bad = try await register(other, "d", chief)
            #expect(bad.status == 422 && bad.body["errors"]?[0]?["pointer"] == "/email", "\(bad.body)")
        }
        #expect(try await small.ills() == [])
    }

    @Test("a worker declares, lists and withdraws ties of their own; an operator does it for them, nobody else")
    func interests() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.worker("ann"), try await small.worker("ben"))
        let (mine, theirs) = (try await small.bearer(ann), try await small.bearer(ben))
        let (chief, reviewer) = (try await small.bearer(small.manager), try await small.bearer(small.reviewer))
        let path = "/v1/workers/\(ann)/interests"
        let tie: JSON = ["kind": "employer", "party": "Acme, Inc."]
        try await LiveServer.run(small.market) { server in
            for token in [theirs, reviewer] {
                #expect(try await server.send("POST", path, token: token, key: "a", json: tie).status == 403)
                #expect(try await server.send("GET", path, token: token).status == 403)
            }
            let made = try await server.send("POST", path, token: mine, key: "a", json: tie)
            #expect(made.status == 201 && made.body["party"] == "acme", "\(made.body)")
            let id = try #require(made.body["interest"]?.stringValue)
            let same = try await server.send("POST", path, token: chief, key: "b", json: tie)
            #expect(same.status == 201 && same.body == made.body)
            Scratch.clock.advance(by: 1)
            let second = try await server.send(
                "POST", path, token: chief, key: "c", json: ["kind": "holding", "party": "Beta Ltd"])
            let page = try await server.send("GET", path + "?limit=1", token: mine)
            #expect(page.body["items"]?[0] == second.body && page.body["next"] == second.body["interest"])
            let last = try #require(page.body["next"]?.stringValue)
            let rest = try await server.send("GET", path + "?before=\(last)", token: mine)
            #expect(rest.body["items"]?.arrayValue == [made.body] && rest.body["next"]?.isNull == true)
            for (json, place) in [
                (["kind": "friend", "party": "x"], "/kind"), (["kind": "holding", "party": "..."], "/party"),
            ] as [(JSON, JSON)] {
                let bad = try await server.send("POST", path, token: mine, key: "d", json: json)
                #expect(bad.status == 422 && bad.body["errors"]?[0]?["pointer"] == place, "\(bad.body)")
            }
            let withdraw = "\(path)/\(id)/withdraw"
            #expect(try await server.send("POST", withdraw, token: theirs, key: "e", json: [:]).status == 403)
            let ended = try await server.send("POST", withdraw, token: mine, key: "e", json: [:])
            #expect(ended.status == 200 && ended.body["ends_at"]?.stringValue != nil, "\(ended.body)")
            let twice = try await server.send("POST", withdraw, token: mine, key: "f", json: [:])
            #expect(twice.status == 409 && twice.code == "interest_withdrawn")
            let none = "\(path)/\(small.requester)/withdraw"
            #expect(try await server.send("POST", none, token: mine, key: "g", json: [:]).status == 404)
        }
        #expect(try await small.ills() == [])
    }

    @Test("a requester's person excludes a worker by a decision, and lifts it; its key decides nothing, nor a rival")
    func exclusions() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let rival = try await CreateRequester(market: small.market)(
            externalKey: "rival", name: "Rival", by: small.manager)
        func bearer(_ kind: PrincipalKind, _ name: String, for requester: Requester.ID) async throws -> String {
            try await small.bearer(
                try await CreatePrincipal(market: small.market)(
                    kind, named: name, roles: [.requester], for: requester, by: small.manager))
        }
        let (buyer, program) = (
            try await bearer(.person, "Acme's", for: small.requester),
            try await bearer(.key, "acme: key", for: small.requester)
        )
        let (other, worker) = (try await bearer(.person, "Rival's", for: rival), try await small.bearer(ann))
        let path = "/v1/exclusions/\(small.requester)"
        let wish: JSON = ["worker": .string("\(ann)"), "reason": "Shared a contract."]
        try await LiveServer.run(small.market) { server in
            for token in [other, worker] {
                #expect(try await server.send("POST", path, token: token, key: "a", json: wish).status == 403)
                #expect(try await server.send("GET", path, token: token).status == 403)
            }
            let byProgram = try await server.send("POST", path, token: program, key: "a", json: wish)
            #expect(byProgram.status == 403 && byProgram.code == "decider_is_no_person", "\(byProgram.body)")
            let made = try await server.send("POST", path, token: buyer, key: "a", json: wish)
            #expect(made.status == 201, "\(made.body)")
            let again = try await server.send("POST", path, token: buyer, key: "b", json: wish)
            #expect(again.status == 409 && again.code == "already_excluded")
            let nobody: JSON = ["worker": .string("\(rival)"), "reason": "No."]
            #expect(try await server.send("POST", path, token: buyer, key: "c", json: nobody).status == 404)
            let blank: JSON = ["worker": .string("\(ann)"), "reason": " "]
            let bad = try await server.send("POST", path, token: buyer, key: "d", json: blank)
            #expect(bad.status == 422 && bad.body["errors"]?[0]?["pointer"] == "/reason", "\(bad.body)")
            let listed = try await server.send("GET", path, token: program)
            #expect(listed.body["items"]?[0]?["exclusion"] == made.body["exclusion"], "\(listed.body)")
            #expect(listed.body["items"]?[0]?["worker_key"] == "ann")
            Scratch.clock.advance(by: 1)
            let lift = "\(path)/\(ann)"
            #expect(try await server.send("DELETE", lift, token: other).status == 403)
            #expect(try await server.send("DELETE", lift, token: buyer).body == ["state": "lifted"])
            let twice = try await server.send("DELETE", lift, token: buyer)
            #expect(twice.status == 409 && twice.code == "not_excluded")
            #expect(try await server.send("GET", path, token: buyer).body["items"] == [])
            let past = try await server.send("GET", path + "?past=true", token: buyer)
            #expect(past.body["items"]?[0]?["lifted_at"]?.stringValue != nil, "\(past.body)")
        }
        #expect(try await small.count("select count(*) as n from decision where kind = 'exclusion'") == 1)
        #expect(try await small.ills() == [])
    }

    @Test("operators clear a worker, in place of what they held, list it and end it; the worker does none of it")
    func clearances() async throws {
        let small = try await SmallMarket()
        let ann = try await small.worker("ann")
        let (chief, mine) = (try await small.bearer(small.manager), try await small.bearer(ann))
        let path = "/v1/workers/\(ann)/clearances"
        let vetted: JSON = ["level": 2, "reasons": "Vetted."]
        try await LiveServer.run(small.market) { server in
            #expect(try await server.send("POST", path, token: mine, key: "a", json: vetted).status == 403)
            #expect(try await server.send("GET", path, token: mine).status == 403)
            let made = try await server.send("POST", path, token: chief, key: "a", json: vetted)
            #expect(made.status == 201, "\(made.body)")
            let same = try await server.send("POST", path, token: chief, key: "b", json: vetted)
            #expect(same.status == 409 && same.code == "clearance_same_level")
            for (json, place) in [
                (["level": 4, "reasons": "x"], "/level"), (["level": 1, "reasons": ""], "/reasons"),
                (["level": 1, "reasons": "x", "until": "2020-01-01T00:00:00Z"], "/until"),
            ] as [(JSON, JSON)] {
                let bad = try await server.send("POST", path, token: chief, key: "c", json: json)
                #expect(bad.status == 422 && bad.body["errors"]?[0]?["pointer"] == place, "\(bad.body)")
            }
            let nobody = "/v1/workers/\(small.requester)/clearances"
            #expect(try await server.send("POST", nobody, token: chief, key: "d", json: vetted).status == 404)
            Scratch.clock.advance(by: 1)
            let higher: JSON = ["level": 3, "reasons": "Vetted again.", "until": "2030-01-01T00:00:00Z"]
            #expect(try await server.send("POST", path, token: chief, key: "e", json: higher).status == 201)
            let page = try await server.send("GET", path + "?limit=1", token: chief)
            #expect(page.body["items"]?[0]?["level"] == 3, "\(page.body)")
            #expect(page.body["items"]?[0]?["until"] == "2030-01-01T00:00:00Z")
            let last = try #require(page.body["next"]?.stringValue)
            let rest = try await server.send("GET", path + "?before=\(last)", token: chief)
            #expect(rest.body["items"]?[0]?["clearance"] == made.body["clearance"], "\(rest.body)")
            #expect(rest.body["items"]?[0]?["until"]?.stringValue != nil)
            Scratch.clock.advance(by: 1)
            let over: JSON = ["reasons": "Left the project."]
            #expect(try await server.send("POST", path + "/end", token: mine, key: "f", json: over).status == 403)
            let ended = try await server.send("POST", path + "/end", token: chief, key: "f", json: over)
            #expect(ended.status == 200, "\(ended.body)")
            let twice = try await server.send("POST", path + "/end", token: chief, key: "g", json: over)
            #expect(twice.status == 409 && twice.code == "not_cleared")
        }
        #expect(try await small.ills() == [])
    }
}
