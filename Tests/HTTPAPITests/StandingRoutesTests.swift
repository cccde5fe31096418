import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes of applying, closing, duplicates, agreements, payout sources and preferences", .scratchDatabase)
struct StandingRoutesTests {
    private static func person(_ key: String, email: String, languages: JSON = ["de:c1"]) -> JSON {
        [
            "external_key": .string(key), "name": "Grace Hopper", "email": .string(email), "country": "DE",
            "time_zone": "Europe/Berlin", "weekly_minutes_max": 600, "languages": languages, "born_on": "1990-05-01",
        ]
    }

    @Test("an operator lets a registered person apply, once, with a language; a stranger does not")
    func applied() async throws {
        let small = try await SmallMarket()
        let ann = try await small.worker("ann")
        let (chief, worker) = (try await small.bearer(small.manager), try await small.bearer(ann))
        try await LiveServer.run(small.market) { server in
            func registered(_ key: String, _ languages: JSON) async throws -> String {
                let made = try await server.send(
                    "POST", "/v1/workers", token: chief, key: key,
                    json: Self.person(key, email: "\(key)@example.org", languages: languages))
                let id = try #require(made.body["worker"]?.stringValue)
                return "/v1/workers/\(id)"
            }
            let path = try await registered("new", ["de:c1"])
            #expect(try await server.send("POST", path + "/apply", token: worker, key: "a", json: [:]).status == 403)
            let applied = try await server.send("POST", path + "/apply", token: chief, key: "a", json: [:])
            #expect(applied.body == ["state": "applicant"], "\(applied.body)")
            #expect(try await server.send("GET", path, token: chief).body["state"] == "applicant")
            let twice = try await server.send("POST", path + "/apply", token: chief, key: "b", json: [:])
            #expect(twice.status == 409 && twice.code == "illegal_transition")
            let own = try await server.send("POST", "/v1/workers/\(ann)/apply", token: worker, key: "c", json: [:])
            #expect(own.status == 409 && own.code == "illegal_transition")
            let mute = try await registered("mute", [])
            let silent = try await server.send("POST", mute + "/apply", token: chief, key: "d", json: [:])
            #expect(silent.status == 409 && silent.code == "no_language", "\(silent.body)")
            let nobody = "/v1/workers/\(small.requester)/apply"
            #expect(try await server.send("POST", nobody, token: chief, key: "e", json: [:]).status == 404)
        }
        #expect(try await small.ills() == [])
    }

    @Test("an account is closed by a decision, or by its worker's own word, and not while tasks are held")
    func closed() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        _ = try await small.batch(small.draft("one"), tasks: 1)
        let work = try await small.claim(ann)
        let chief = try await small.bearer(small.manager)
        let (mine, theirs) = (try await small.bearer(ann), try await small.bearer(ben))
        let (path, own) = ("/v1/workers/\(ann)/close", "/v1/workers/me/close")
        let reasoned: JSON = ["rule": "shared_account", "facts": [:], "reasons": "Two people used it."]
        try await LiveServer.run(small.market) { server in
            for token in [mine, theirs] {
                #expect(try await server.send("POST", path, token: token, key: "a", json: reasoned).status == 403)
            }
            let held = try await server.send("POST", path, token: chief, key: "a", json: reasoned)
            #expect(held.status == 409 && held.code == "leases_live", "\(held.body)")
            try await ReturnTask(market: small.market)(
                work.id, token: work.leaseToken, .noTime, by: Principal.ID(ann.uuid))
            let blank = try await server.send(
                "POST", path, token: chief, key: "b", json: ["rule": "x", "facts": [:], "reasons": " "])
            #expect(blank.status == 422, "\(blank.body)")
            let closed = try await server.send("POST", path, token: chief, key: "c", json: reasoned)
            #expect(closed.status == 200 && closed.body["decision"]?.stringValue != nil, "\(closed.body)")
            #expect(try await server.send("GET", "/v1/workers/\(ann)", token: chief).body["state"] == "closed")
            let told = try await server.send("GET", "/v1/decisions", token: mine)
            #expect(told.body["items"]?[0]?["decision"] == closed.body["decision"], "\(told.body)")

            let word: JSON = ["confirm": "close"]
            #expect(try await server.send("POST", own, token: chief, key: "d", json: word).status == 403)
            let mistaken = try await server.send("POST", own, token: theirs, key: "d", json: [:])
            #expect(mistaken.status == 422 && mistaken.code == "bad_input")
            let gone = try await server.send("POST", own, token: theirs, key: "e", json: word)
            #expect(gone.body == ["state": "closed"], "\(gone.body)")
            let twice = try await server.send("POST", own, token: theirs, key: "f", json: word)
            #expect(twice.status == 409 && twice.code == "illegal_transition")
        }
        #expect(try await small.count("select count(*) as n from decision where kind = 'closure'") == 1)
        #expect(try await small.ills() == [])
    }

    @Test("operators see who may be one person twice, and decide it once; a worker sees nothing of it")
    func duplicates() async throws {
        let small = try await SmallMarket()
        let ann = try await small.worker("ann")
        let (chief, worker) = (try await small.bearer(small.manager), try await small.bearer(ann))
        let path = "/v1/duplicate-cases"
        try await LiveServer.run(small.market) { server in
            for key in ["one", "two", "three"] {
                let json = Self.person(key, email: "g+\(key)@example.org")
                let made = try await server.send("POST", "/v1/workers", token: chief, key: key, json: json)
                #expect(made.status == 201, "\(made.body)")
            }
            #expect(try await server.send("GET", path, token: worker).status == 403)
            let page = try await server.send("GET", path + "?limit=1", token: chief)
            let found = try #require(page.body["items"]?[0])
            #expect(found["state"] == "open" && found["ground"] == "identity" && found["reasons"]?.isNull == true)
            #expect(found["workers"]?.arrayValue?.count == 2)
            let last = try #require(page.body["next"]?.stringValue)
            let rest = try await server.send("GET", path + "?after=\(last)", token: chief)
            #expect(rest.body["items"]?.arrayValue?.count == 2 && rest.body["next"]?.isNull == true, "\(rest.body)")
            let decide = "\(path)/\(last)/decide"
            let finding: JSON = ["finding": "different_people", "reasons": "They are twins."]
            #expect(try await server.send("POST", decide, token: worker, key: "a", json: finding).status == 403)
            let odd = try await server.send(
                "POST", decide, token: chief, key: "a", json: ["finding": "open", "reasons": "x"])
            #expect(odd.status == 422 && odd.body["errors"]?[0]?["pointer"] == "/finding", "\(odd.body)")
            let decided = try await server.send("POST", decide, token: chief, key: "b", json: finding)
            #expect(decided.body == ["state": "different_people"], "\(decided.body)")
            let twice = try await server.send("POST", decide, token: chief, key: "c", json: finding)
            #expect(twice.status == 409 && twice.code == "illegal_transition")
            let past = try await server.send("GET", path + "?state=different_people", token: chief)
            #expect(past.body["items"]?[0]?["reasons"] == "They are twins.", "\(past.body)")
            let none = "\(path)/\(small.requester)/decide"
            #expect(try await server.send("POST", none, token: chief, key: "d", json: finding).status == 404)
        }
        #expect(try await small.ills() == [])
    }

    @Test("operators publish texts, everybody reads their versions by pages, and the newest is what a worker accepts")
    func agreements() async throws {
        let small = try await SmallMarket()
        let ann = try await small.worker("ann")
        let (chief, worker) = (try await small.bearer(small.manager), try await small.bearer(ann))
        try await LiveServer.run(small.market) { server in
            func publish(
                _ body: String, _ key: String, _ token: String, from: String? = nil
            ) async throws -> LiveServer.Answer {
                var text: [String: JSON] = ["kind": "nda", "title": "Confidentiality", "body": .string(body)]
                text["valid_from"] = from.map { .string($0) }
                return try await server.send("POST", "/v1/agreements", token: token, key: key, json: .object(text))
            }
            #expect(try await publish("Keep it.", "a", worker).status == 403)
            let first = try await publish("Keep it.", "a", chief)
            #expect(first.status == 201 && first.body["version"] == 1, "\(first.body)")
            #expect(try await publish("Keep it.", "b", chief).body == first.body)
            let past = try await publish("Keep all.", "c", chief, from: "2020-01-01T00:00:00Z")
            #expect(past.status == 422 && past.body["errors"]?[0]?["pointer"] == "/valid_from", "\(past.body)")
            let second = try await publish("Keep all.", "d", chief, from: "2030-01-01T00:00:00Z")
            #expect(second.body["version"] == 2, "\(second.body)")
            let early = try await publish("Keep none.", "e", chief)
            #expect(early.status == 409 && early.code == "agreement_begins_too_early")
            let path = "/v1/agreement-versions?kind=nda&limit=1"
            let page = try await server.send("GET", path, token: worker)
            #expect(page.body["items"]?.arrayValue == [second.body] && page.body["next"] == "nda@2", "\(page.body)")
            let rest = try await server.send("GET", path + "&after=nda@2", token: worker)
            #expect(rest.body["items"]?.arrayValue == [first.body], "\(rest.body)")
            for last in ["nda", "nda@x", "nda@9", "nda@1@1"] {
                let bad = try await server.send("GET", path + "&after=\(last)", token: worker)
                #expect(bad.status == 422 && bad.body["errors"]?[0]?["parameter"] == "after", "\(last)")
            }
            let accepted = try await server.send(
                "POST", "/v1/agreements/nda/acceptance", token: worker, key: "f",
                json: ["version": 1, "hash": first.body["hash"] ?? .null])
            #expect(accepted.status == 200, "\(accepted.body)")
        }
        #expect(try await small.ills() == [])
    }

    @Test("a finance checker says from where is paid; who prepares payouts does not, and faults are told")
    func sources() async throws {
        let small = try await SmallMarket()
        let (maker, checker) = (try await small.bearer(small.maker), try await small.bearer(small.checker))
        let chief = try await small.bearer(small.manager)
        let source: [String: JSON] = [
            "format": "pain.001.001.09", "currency": "EUR", "settings": SmallMarket.payoutSettings,
        ]
        try await LiveServer.run(small.market) { server in
            func put(
                _ name: String, _ changes: [String: JSON], _ key: String, _ token: String
            ) async throws -> LiveServer.Answer {
                try await server.send(
                    "PUT", "/v1/payout-sources/\(name)", token: token, key: key,
                    json: .object(source.merging(changes) { $1 }))
            }
            for token in [maker, chief] { #expect(try await put("main", [:], "a", token).status == 403) }
            let kept = try await put("main", [:], "a", checker)
            #expect(kept.body == ["state": "kept"], "\(kept.body)")
            let listed = try await server.send("GET", "/v1/payout-sources", token: maker)
            #expect(listed.body["items"]?[0]?["name"] == "main", "\(listed.body)")
            #expect(listed.body["items"]?[0]?["format"] == "pain.001.001.09")
            let unknown = try await put("main", ["format": "paper"], "b", checker)
            #expect(unknown.status == 422 && unknown.body["errors"]?[0]?["pointer"] == "/format", "\(unknown.body)")
            #expect(try await put("main", ["settings": ["name": "x"]], "c", checker).code == "bad_input")
            #expect(try await put("Main", [:], "d", checker).code == "bad_input")
        }
        #expect(try await small.count("select count(*) as n from payout_source") == 1)
        #expect(try await small.ills() == [])
    }

    @Test("everybody says which notices they want, but for those that reach everybody; nobody sees another's word")
    func preferences() async throws {
        let small = try await SmallMarket()
        let ann = try await small.worker("ann")
        let (mine, other) = (try await small.bearer(ann), try await small.bearer(small.maker))
        let path = "/v1/notice-preferences"
        let no: JSON = ["kind": "offer_made", "channel": "email", "is_wanted": false]
        try await LiveServer.run(small.market) { server in
            #expect(try await server.send("GET", path).status == 401)
            #expect(try await server.send("GET", path, token: mine).body["items"] == [])
            let kept = try await server.send("PUT", path, token: mine, key: "a", json: no)
            #expect(kept.body == ["state": "kept"], "\(kept.body)")
            #expect(try await server.send("GET", path, token: mine).body["items"] == [no])
            #expect(try await server.send("GET", path, token: other).body["items"] == [])
            let must: JSON = ["kind": "decision_made", "channel": "email", "is_wanted": false]
            let refused = try await server.send("PUT", path, token: mine, key: "b", json: must)
            #expect(refused.status == 409 && refused.code == "notice_mandatory", "\(refused.body)")
            let odd: JSON = ["kind": "Offer made", "channel": "email", "is_wanted": true]
            let bad = try await server.send("PUT", path, token: mine, key: "c", json: odd)
            #expect(bad.status == 422 && bad.body["errors"]?[0]?["pointer"] == "/kind", "\(bad.body)")
            let pigeon: JSON = ["kind": "offer_made", "channel": "pigeon", "is_wanted": true]
            #expect(try await server.send("PUT", path, token: mine, key: "d", json: pigeon).code == "bad_input")
        }
        #expect(try await small.ills() == [])
    }
}
