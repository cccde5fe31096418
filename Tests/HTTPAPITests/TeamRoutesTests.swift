import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

extension SmallMarket {
    /// A token of somebody's.
    func bearer(_ id: Principal.ID) async throws -> String {
        try await IssueToken(market: market)(for: id, lifetime: 2_592_000, by: manager).secret
    }

    func bearer(_ worker: Worker.ID) async throws -> String { try await bearer(Principal.ID(worker.uuid)) }
}

@Suite("Routes of teams, exams and tiers", .scratchDatabase)
struct TeamRoutesTests {
    @Test("an agency has members and a manager, who sees its work and offers its capacity, and nobody else's")
    func agency() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let boss = try await CreatePrincipal(market: small.market)(.person, named: "Boss", roles: [], by: small.manager)
        let (chief, manager, worker) = (
            try await small.bearer(small.manager), try await small.bearer(boss), try await small.bearer(ann)
        )
        try await LiveServer.run(small.market) { server in
            var teams: [String] = []
            for key in ["a-one", "b-two"] {
                let made = try await server.send(
                    "POST", "/v1/teams", token: chief, key: key,
                    json: ["external_key": .string(key), "kind": "agency", "name": "Agency", "base": "US-NY"])
                #expect(made.status == 201, "\(made.body)")
                teams.append(try #require(made.body["team"]?.stringValue))
            }
            let (mine, other) = ("/v1/teams/\(teams[0])", "/v1/teams/\(teams[1])")
            let page = try await server.send("GET", "/v1/teams?limit=1", token: chief)
            #expect(page.body["next"] == "a-one")
            let rest = try await server.send("GET", "/v1/teams?after=a-one", token: chief)
            #expect(rest.body["items"]?[0]?["team"] == .string(teams[1]) && rest.body["next"]?.isNull == true)
            func put(_ path: String, _ key: String, _ token: String, _ json: JSON = [:]) async throws
                -> LiveServer.Answer
            {
                try await server.send("PUT", path, token: token, key: key, json: json)
            }
            #expect(try await put("\(mine)/members/\(ann)", "m", chief).status == 200)
            let twice = try await put("\(other)/members/\(ann)", "o", chief)
            #expect(twice.status == 409 && twice.code == "in_other_team")
            #expect(try await put("\(mine)/managers/\(boss)", "b", chief).status == 200)
            #expect(try await put("\(mine)/managers/\(boss)", "b2", worker).status == 403)
            let members = try await server.send("GET", "\(mine)/members", token: manager)
            #expect(members.body["items"]?[0]?["worker_key"] == "ann", "\(members.body)")
            for (path, token) in [(other, manager), (mine, worker)] {
                #expect(try await server.send("GET", "\(path)/members", token: token).status == 403)
                #expect(try await server.send("GET", "\(path)/work", token: token).status == 403)
            }
            #expect(try await put("\(mine)/capacity/lawyer", "c", manager, ["weekly_minutes": 600]).status == 200)
            let unknown = try await put("\(mine)/capacity/tailor", "d", manager, ["weekly_minutes": 600])
            #expect(unknown.status == 422 && unknown.code == "unknown_profession")
            let capacity = try await server.send("GET", "\(mine)/capacity", token: manager)
            #expect(capacity.body["items"]?[0]?["weekly_minutes"] == 600)
            _ = try await small.batch(small.draft("one"), tasks: 2)
            let work = try await small.claim(ann)
            _ = try await small.claim(ben)
            let seen = try await server.send("GET", "\(mine)/work", token: manager)
            #expect(seen.body["items"]?.arrayValue?.map { $0["assignment"] } == [.string("\(work.id)")])
            Scratch.clock.advance(by: 1)
            #expect(try await server.send("DELETE", "\(mine)/members/\(ann)", token: chief).status == 200)
            let gone = try await server.send("DELETE", "\(mine)/members/\(ann)", token: chief)
            #expect(gone.status == 409 && gone.code == "not_a_member")
            #expect(try await server.send("DELETE", "\(mine)/managers/\(boss)", token: chief).status == 200)
            #expect(try await server.send("GET", "\(mine)/members", token: manager).status == 403)
        }
        #expect(try await small.ills() == [])
    }

    @Test("staff are paid themselves, an agency may be paid in their place, to an account that is kept sealed")
    func payee() async throws {
        let market = Market(
            database: Scratch.market.database, identifiers: Scratch.here.identifiers, keys: Scratch.keys)
        let small = try await SmallMarket(market: market)
        let (chief, deputy) = (try await small.bearer(small.manager), try await small.bearer(small.second))
        try await LiveServer.run(market) { server in
            for (kind, status) in [("agency", 200), ("staff", 422)] {
                let made = try await server.send(
                    "POST", "/v1/teams", token: chief, key: kind,
                    json: ["external_key": .string(kind), "kind": .string(kind), "name": "Team", "base": "DE"])
                let path = "/v1/teams/\(made.body["team"]?.stringValue ?? "")"
                let account: JSON = [
                    "account": "DE89370400440532013000", "holder": "Team", "country": "DE", "currency": "EUR",
                ]
                for (token, isSecond) in [(chief, false), (chief, false), (deputy, true)] {
                    let changed = try await server.send(
                        "PUT", "\(path)/payee", token: token, key: "p-\(UUID())", json: ["is_payee": true])
                    #expect(changed.status == status, "\(changed.body)")
                    let kept = try await server.send(
                        "PUT", "\(path)/payout-method", token: token, key: "a-\(UUID())", json: account)
                    #expect(kept.status == status, "\(kept.body)")
                    guard status == 200 else { continue }
                    #expect(changed.body["is_payee"] == .bool(isSecond))
                    #expect(kept.body["state"] == .string(isSecond ? "kept" : "proposed"))
                    let team = try await server.send("GET", path, token: chief)
                    #expect(team.body["is_payee"] == .bool(isSecond))
                }
            }
        }
    }

    @Test("an exam is published, sat and handed in once; its key is never shown")
    func exam() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let (chief, worker, other) = (
            try await small.bearer(small.manager), try await small.bearer(ann), try await small.bearer(ben)
        )
        let question: JSON = [
            "id": "q", "prompt": "Is it?", "options": ["a": "yes", "b": "no"], "skill": "lawyer/contracts",
        ]
        let exam: JSON = [
            "profession": "lawyer", "key": "contracts", "title": "Contracts",
            "sections": [["title": "One", "weight": 1, "questions": [question]]], "answer_key": ["q": "a"],
            "minutes": 60, "attempts_max": 1, "cooldown_hours": 0, "pass_bps": 5_000, "valid_days": 30,
        ]
        try await LiveServer.run(small.market) { server in
            #expect(try await server.send("POST", "/v1/exams", token: worker, key: "a", json: exam).status == 403)
            let made = try await server.send("POST", "/v1/exams", token: chief, key: "a", json: exam)
            #expect(made.status == 201 && made.body["version"] == 1, "\(made.body)")
            let listed = try await server.send("GET", "/v1/exams", token: worker)
            #expect(listed.body["items"]?[0]?["key"] == "contracts")
            let begun = try await server.send(
                "POST", "/v1/exams/contracts/attempts", token: worker, key: "b", json: [:])
            #expect(begun.status == 201, "\(begun.body)")
            #expect(!"\(begun.body)".contains("answer_key"))
            let id = try #require(begun.body["attempt"]?.stringValue)
            let answers: JSON = ["answers": ["q": "a"]]
            let path = "/v1/exam-attempts/\(id)/answers"
            #expect(try await server.send("POST", path, token: other, key: "c", json: answers).status == 404)
            let done = try await server.send("POST", path, token: worker, key: "c", json: answers)
            #expect(done.body["is_passed"] == true && done.body["score_bps"] == 10_000, "\(done.body)")
            let again = try await server.send(
                "POST", "/v1/exams/contracts/attempts", token: worker, key: "d", json: [:])
            #expect(again.status == 409 && again.code == "no_attempt_left")
            let attempts = "/v1/workers/\(ann)/exam-attempts"
            #expect(try await server.send("GET", attempts, token: worker).body["items"]?.arrayValue?.count == 1)
            #expect(try await server.send("GET", attempts, token: other).status == 403)
        }
        #expect(try await small.ills() == [])
    }

    @Test("a rule of a tier is published, a promotion proposed and granted, and a lower tier is a decision")
    func tiers() async throws {
        let small = try await SmallMarket()
        let ann = try await small.worker("ann")
        try await DeclareProfession(market: small.market)(
            .lawyer, years: 9, specialties: [], of: ann, by: small.manager)
        let (chief, worker) = (try await small.bearer(small.manager), try await small.bearer(ann))
        try await LiveServer.run(small.market) { server in
            let rule: JSON = ["tier": "specialist", "conditions": ["years": 0]]
            let made = try await server.send("POST", "/v1/tier-rules/lawyer", token: chief, key: "a", json: rule)
            #expect(made.status == 201, "\(made.body)")
            let blunt: JSON = ["tier": "expert", "conditions": ["years": 5]]
            let refused = try await server.send("POST", "/v1/tier-rules/lawyer", token: chief, key: "b", json: blunt)
            #expect(refused.status == 422 && refused.code == "bad_input")
            let rules = try await server.send("GET", "/v1/tier-rules/lawyer", token: worker)
            #expect(rules.body["items"]?[0]?["conditions"]?["years"] == 0)
            Scratch.clock.advance(by: 1)
            let proposed = try await server.send(
                "POST", "/v1/workers/\(ann)/tier-proposals", token: worker, key: "c", json: ["profession": "lawyer"])
            #expect(proposed.status == 201, "\(proposed.body)")
            let id = try #require(proposed.body["proposal"]?["proposal"]?.stringValue)
            #expect(try await server.send("GET", "/v1/tier-proposals", token: worker).status == 403)
            let waiting = try await server.send("GET", "/v1/tier-proposals", token: chief)
            #expect(waiting.body["items"]?[0]?["proposal"] == .string(id))
            let grant = "/v1/tier-proposals/\(id)/grant"
            let granted = try await server.send("POST", grant, token: chief, key: "d", json: [:])
            #expect(granted.status == 200, "\(granted.body)")
            let twice = try await server.send("POST", grant, token: chief, key: "e", json: [:])
            #expect(twice.status == 409 && twice.code == "illegal_transition")
            Scratch.clock.advance(by: 1)
            let lower: JSON = ["profession": "lawyer", "tier": "generalist", "reasons": "A sample was poor."]
            let path = "/v1/workers/\(ann)/tiers"
            let blank = try await server.send("POST", path, token: chief, key: "f", json: lower)
            #expect(blank.status == 422 && blank.code == "reasons_missing", "\(blank.body)")
            var named = try #require(lower.objectValue)
            named["rule"] = "quality_sample"
            #expect(try await server.send("POST", path, token: chief, key: "g", json: .object(named)).status == 200)
            let history = try await server.send("GET", path + "?limit=1", token: worker)
            #expect(history.body["items"]?[0]?["tier"] == "generalist", "\(history.body)")
            let before = try #require(history.body["next"]?.integerValue)
            let older = try await server.send("GET", path + "?before=\(before)", token: worker)
            #expect(older.body["items"]?[0]?["tier"] == "specialist", "\(older.body)")
        }
        #expect(try await small.ills() == [])
    }
}
