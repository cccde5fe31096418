import Formats
import Foundation
import HTTPAPI
import Marketplace
import Payments
import Store
import TestSupport
import Testing

@Suite("Routes of rates, payouts, clawbacks and taxes", .scratchDatabase)
struct FinanceRoutesTests {
    private func small() async throws -> SmallMarket {
        try await SmallMarket(
            market: Market(
                database: Scratch.market.database, identifiers: Scratch.here.identifiers, keys: Scratch.keys))
    }

    @Test("a rate card takes two people, what batches would pay is compared, and a floor is the checker's")
    func rates() async throws {
        let small = try await small()
        let batch = try await small.batch(small.draft("one"), tasks: 1)
        let (maker, checker) = (try await small.bearer(small.maker), try await small.bearer(small.checker))
        let chief = try await small.bearer(small.manager)
        Scratch.clock.advance(by: 1)
        try await LiveServer.run(small.market) { server in
            let body: JSON = ["card": OneRate.card(2_500)]
            #expect(try await server.send("POST", "/v1/rate-cards", token: chief, key: "a", json: body).status == 403)
            let drafted = try await server.send("POST", "/v1/rate-cards", token: maker, key: "a", json: body)
            #expect(drafted.status == 201 && drafted.body["version"] == 2, "\(drafted.body)")
            let hash = try #require(drafted.body["content_hash"])
            let path = "/v1/rate-cards/2"
            let early = try await server.send("POST", path + "/publish", token: maker, key: "b", json: [:])
            #expect(early.status == 409 && early.code == "rate_card_wrong_state")
            let own = try await server.send(
                "POST", path + "/approve", token: maker, key: "c", json: ["content_hash": hash])
            #expect(own.status == 403)
            let other: JSON = ["content_hash": .string(String(repeating: "0", count: 64))]
            let differs = try await server.send("POST", path + "/approve", token: checker, key: "d", json: other)
            #expect(differs.status == 422 && differs.code == "rate_card_content_differs")
            for (step, token, json) in [
                ("approve", checker, ["content_hash": hash]), ("publish", maker, [:]),
            ] as [(String, String, JSON)] {
                let done = try await server.send("POST", "\(path)/\(step)", token: token, key: step, json: json)
                #expect(done.status == 200, "\(done.body)")
            }
            let listed = try await server.send("GET", "/v1/rate-cards?limit=1", token: maker)
            #expect(listed.body["items"]?[0]?["state"] == "published" && listed.body["next"] == 2)
            let older = try await server.send("GET", "/v1/rate-cards?before=2", token: maker)
            #expect(older.body["items"]?.arrayValue?.map { $0["version"] } == [1])
            let compared = try await server.send("GET", "/v1/rate-card-comparison?from=1&to=2", token: checker)
            #expect(compared.body["items"]?[0]?["batch"] == .string("\(batch)"), "\(compared.body)")
            #expect(
                compared.body["items"]?[0]?["old_minor"] == 2_000 && compared.body["items"]?[0]?["new_minor"] == 2_500)
            let floor: JSON = ["hourly_minor": 1_600, "currency": "USD", "profession": "lawyer", "reason": "Policy 4"]
            #expect(try await server.send("POST", "/v1/pay-floors", token: maker, key: "e", json: floor).status == 403)
            let set = try await server.send("POST", "/v1/pay-floors", token: checker, key: "e", json: floor)
            #expect(set.status == 201, "\(set.body)")
            let floors = try await server.send("GET", "/v1/pay-floors", token: chief)
            #expect(floors.body["items"]?[0]?["median_of"] == 20)
        }
        #expect(try await small.ills() == [])
    }

    @Test("the end of a rate card is prepared by one person and approved by another, once, as it was prepared")
    func endings() async throws {
        let small = try await small()
        let both = try await CreatePrincipal(market: small.market)(
            .person, named: "Both", roles: [.financeMaker, .financeChecker], by: small.manager)
        let (maker, checker) = (try await small.bearer(small.maker), try await small.bearer(small.checker))
        let (alone, chief) = (try await small.bearer(both), try await small.bearer(small.manager))
        Scratch.clock.advance(by: 1)
        try await LiveServer.run(small.market) { server in
            let path = "/v1/rate-cards/1/endings"
            let at = Scratch.clock.now().addingTimeInterval(60).formatted(.iso8601)
            let end: JSON = ["at": .string(at)]
            #expect(try await server.send("POST", path, token: checker, key: "a", json: end).status == 403)
            let past = try await server.send("POST", path, token: maker, key: "a", json: ["at": "2026-01-01T00:00:00Z"])
            #expect(past.status == 422 && past.code == "rate_in_the_past")
            let prepared = try await server.send("POST", path, token: maker, key: "b", json: end)
            #expect(prepared.status == 201 && prepared.body["at"] == .string(at), "\(prepared.body)")
            let again = try await server.send("POST", path, token: maker, key: "b", json: end)
            #expect(again.body == prepared.body)
            #expect(try await server.send("GET", path, token: chief).status == 403)
            let open = try await server.send("GET", path, token: checker)
            let waiting = try #require(open.body["items"]?[0])
            #expect(waiting["ending"] == prepared.body["ending"] && waiting["at"] == .string(at), "\(waiting)")
            #expect(waiting["is_open"] == true && waiting["prepared_by"] == .string("\(small.maker)"))
            #expect(try await server.send("GET", "/v1/rate-cards/2/endings", token: maker).status == 404)
            let own = try await server.send("POST", path, token: alone, key: "c", json: end)
            let owned = try #require(own.body["ending"]?.stringValue, "\(own.body)")
            let same = try await server.send("POST", "\(path)/\(owned)/approve", token: alone, key: "d", json: [:])
            #expect(same.status == 403 && same.code == "rate_approver_is_maker", "\(same.body)")
            let id = try #require(prepared.body["ending"]?.stringValue)
            let other = "/v1/rate-cards/2/endings/\(id)/approve"
            #expect(try await server.send("POST", other, token: checker, key: "f", json: [:]).status == 404)
            let before = try await server.send("GET", "/v1/rate-cards", token: maker)
            #expect(before.body["items"]?[0]?["until"]?.isNull == true)
            let approve = "\(path)/\(id)/approve"
            #expect(try await server.send("POST", approve, token: maker, key: "e", json: [:]).status == 403)
            let ended = try await server.send("POST", approve, token: checker, key: "f", json: [:])
            #expect(ended.status == 200 && ended.body == ["state": "ended", "at": .string(at)], "\(ended.body)")
            let twice = try await server.send("POST", approve, token: checker, key: "g", json: [:])
            #expect(twice.status == 409 && twice.code == "rate_card_not_in_force")
            let after = try await server.send("GET", "/v1/rate-cards", token: maker)
            #expect(after.body["items"]?[0]?["until"] == .string(at))
            let over = try await server.send("GET", path, token: maker)
            #expect(over.body["items"]?.arrayValue?.map { $0["is_open"] } == [false, false], "\(over.body)")
        }
        #expect(try await small.ills() == [])
    }

    @Test("a task's rate by a card comes with its trace, and neither is kept")
    func resolution() async throws {
        let small = try await small()
        let token = try await small.bearer(small.maker)
        var card = OneRate.card(2_500).objectValue ?? [:]
        card["in_force"] = ["from": "2026-01-01T00:00:00Z", "until": .null]
        let task: JSON = [
            "profession": "lawyer", "tier": "expert", "task_kind": "extraction", "currency": "USD",
            "expected_minutes": 30,
        ]
        let asked: JSON = ["card": .object(card), "task": task, "at": "2026-03-02T09:00:00Z"]
        let early: JSON = ["card": .object(card), "task": task, "at": "2025-03-02T09:00:00Z"]
        try await LiveServer.run(small.market) { server in
            let told = try await server.send("POST", "/v1/rate-resolutions", token: token, json: asked)
            #expect(told.status == 200 && told.body["resolution"]?["pay_minor"] == 2_500, "\(told.body)")
            let none = try await server.send("POST", "/v1/rate-resolutions", token: token, json: early)
            #expect(none.body["resolution"]?["no_rate"] != nil, "\(none.body)")
        }
        #expect(try await small.count("select count(*) as n from rate_card") == 1)
    }

    @Test("payouts are listed by state, and a payment's shares; schedules open dates")
    func payouts() async throws {
        let small = try await small()
        let worker = try await small.lawyer("ann")
        try await small.earn(worker, small.batch(small.draft("one"), tasks: 2), tasks: 2)
        let (maker, checker) = (try await small.bearer(small.maker), try await small.bearer(small.checker))
        let token = try await small.bearer(worker)
        try await SetPayoutSource(market: small.market)(
            "main", format: .pain001v09, currency: small.usd, settings: SmallMarket.payoutSettings, by: small.checker)
        try await LiveServer.run(small.market) { server in
            let prepared = try await server.send(
                "POST", "/v1/payouts", token: maker, key: "a", json: ["currency": "USD"])
            let id = try #require(prepared.body["payout"]?.stringValue)
            #expect(try await server.send("GET", "/v1/payouts/\(id)", token: checker).body == prepared.body)
            #expect(try await server.send("GET", "/v1/payouts", token: token).status == 403)
            for (state, count) in [("prepared", 1), ("issued", 0)] {
                let found = try await server.send("GET", "/v1/payouts?state=\(state)", token: checker)
                #expect(found.body["items"]?.arrayValue?.count == count, "\(state)")
            }
            let lines = try await server.send("GET", "/v1/payouts/\(id)/lines", token: maker)
            let line = try #require(lines.body["items"]?[0]?["line"]?.stringValue)
            let shares = try await server.send("GET", "/v1/payout-lines/\(line)/shares", token: maker)
            #expect(shares.body["items"]?[0]?["net_minor"] == 4_000, "\(shares.body)")
            let path = "/v1/payout-schedules/main"
            let weekly: JSON = ["weekly": "fri", "minute": 1_080, "time_zone": "Europe/Berlin"]
            #expect(try await server.send("PUT", path, token: maker, key: "b", json: weekly).status == 403)
            let set = try await server.send("PUT", path, token: checker, key: "b", json: weekly)
            #expect(set.status == 200 && set.body["next_at"]?.stringValue != nil, "\(set.body)")
            let both: JSON = ["weekly": "fri", "monthly": [1]]
            #expect(try await server.send("PUT", path, token: checker, key: "c", json: both).status == 422)
            let listed = try await server.send("GET", "/v1/payout-schedules", token: maker)
            #expect(listed.body["items"]?[0]?["next"]?.arrayValue?.count == 3)
            let currency = try #require(listed.body["items"]?[0]?["currency"]?.stringValue)
            #expect(currency.count == 3)
            Scratch.clock.advance(by: 8 * 86_400)
            #expect(try await OpenDuePayouts(market: small.market)(by: small.manager) == 1)
            let due = try await server.send("GET", "/v1/payouts-due?state=open", token: maker)
            let opened = try #require(due.body["items"]?[0]?["due"]?.stringValue)
            #expect(due.body["items"]?[0]?["currency"] == .string(currency))
            let skip = "/v1/payouts-due/\(opened)/skip"
            let skipped = try await server.send("POST", skip, token: maker, key: "d", json: ["reason": "Holiday."])
            #expect(skipped.status == 200, "\(skipped.body)")
            let twice = try await server.send("POST", skip, token: maker, key: "e", json: ["reason": "Holiday."])
            #expect(twice.status == 409 && twice.code == "payout_due_closed")
        }
        #expect(try await small.ills() == [])
    }

    @Test("pay is taken back by two people, and only its worker sees it beside finance, once it was decided")
    func clawback() async throws {
        let small = try await small()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        try await small.earn(ann, small.batch(small.draft("one"), tasks: 1))
        let (maker, checker) = (try await small.bearer(small.maker), try await small.bearer(small.checker))
        let (mine, theirs) = (try await small.bearer(ann), try await small.bearer(ben))
        let earning: UUID = try await small.market.database.read {
            try await $0.oneRow("select transfer_id from earning")["transfer_id"]
        }
        try await LiveServer.run(small.market) { server in
            let draft: JSON = [
                "worker": .string("\(ann)"), "rule": "paid_by_mistake",
                "items": [["earning": .string(earning.uuidString.lowercased()), "amount_minor": 500]],
                "reasons": "Paid twice.", "reference": "CB-1",
            ]
            let made = try await server.send("POST", "/v1/clawbacks", token: maker, key: "a", json: draft)
            #expect(made.status == 201 && made.body["amount_minor"] == 500, "\(made.body)")
            let id = try #require(made.body["clawback"]?.stringValue)
            let own = "/v1/workers/\(ann)/clawbacks"
            #expect(try await server.send("GET", own, token: mine).body["items"] == [])
            #expect(try await server.send("GET", own, token: theirs).status == 403)
            let decide = "/v1/clawbacks/\(id)/decide"
            let alone = try await server.send("POST", decide, token: maker, key: "b", json: ["take_back": true])
            #expect(alone.status == 403)
            let decided = try await server.send("POST", decide, token: checker, key: "b", json: ["take_back": true])
            #expect(decided.status == 200 && decided.body["decision"]?.stringValue != nil, "\(decided.body)")
            let twice = try await server.send("POST", decide, token: checker, key: "c", json: ["take_back": false])
            #expect(twice.status == 409 && twice.code == "clawback_not_proposed")
            #expect(try await server.send("GET", own, token: mine).body["items"]?[0]?["state"] == "decided")
            let agree = "/v1/clawbacks/\(id)/agree"
            #expect(try await server.send("POST", agree, token: theirs, key: "d", json: [:]).status == 404)
            #expect(try await server.send("POST", agree, token: mine, key: "d", json: [:]).status == 200)
            let listed = try await server.send("GET", "/v1/clawbacks?state=decided", token: maker)
            #expect(listed.body["items"]?[0]?["agreed_at"]?.stringValue != nil)
        }
        #expect(try await small.ills() == [])
    }

    @Test("finance chooses rules and enters claims, another verifies, and a report has its rows; a worker reads theirs")
    func taxes() async throws {
        let small = try await small()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let (maker, checker) = (try await small.bearer(small.maker), try await small.bearer(small.checker))
        let (mine, theirs) = (try await small.bearer(ann), try await small.bearer(ben))
        let root = "/v1/workers/\(ann)"
        try await LiveServer.run(small.market) { server in
            let choice: JSON = ["rules": "us", "residence": "DE", "form": "w8ben", "treaty_bps": 0]
            let choices = root + "/tax-choices"
            #expect(try await server.send("POST", choices, token: mine, key: "a", json: choice).status == 403)
            let chosen = try await server.send("POST", choices, token: maker, key: "a", json: choice)
            #expect(chosen.status == 201, "\(chosen.body)")
            let bad: JSON = ["rules": "moon", "residence": "DE"]
            let refused = try await server.send("POST", choices, token: maker, key: "b", json: bad)
            #expect(refused.status == 422 && refused.body["errors"]?[0]?["pointer"] == "/rules")
            #expect(try await server.send("GET", choices, token: mine).body["items"]?[0]?["form"] == "w8ben")
            #expect(try await server.send("GET", choices, token: theirs).status == 403)
            let claim: JSON = [
                "kind": "special", "month": "2026-03", "amount_minor": 120_000, "currency": "CNY",
                "evidence": "Slip, folder 7", "reference": "TC-1",
            ]
            let entered = try await server.send("POST", root + "/tax-claims", token: maker, key: "c", json: claim)
            let id = try #require(entered.body["claim"]?.stringValue)
            let verify = "/v1/tax-claims/\(id)/verify"
            #expect(try await server.send("POST", verify, token: maker, key: "d", json: [:]).status == 403)
            #expect(try await server.send("POST", verify, token: checker, key: "d", json: [:]).status == 200)
            let twice = try await server.send("POST", verify, token: checker, key: "e", json: [:])
            #expect(twice.status == 409 && twice.code == "tax_claim_ended")
            let listed = try await server.send("GET", root + "/tax-claims", token: mine)
            #expect(listed.body["items"]?[0]?["verified_by"]?.stringValue != nil)
            let eu: JSON = ["rules": "eu", "source": "DAC7, section 2 PStTG"]
            #expect(
                try await server.send("PUT", "/v1/tax-defaults/DE", token: checker, key: "f", json: eu).status == 200)
            #expect(try await server.send("GET", "/v1/tax-defaults", token: maker).body["items"]?[0]?["rules"] == "eu")
            let profile: JSON = ["residence": "US", "taxpayer_number": "123-45-6789", "form": "w9"]
            let kept = try await server.send("PUT", root + "/tax-profile", token: mine, key: "g", json: profile)
            #expect(kept.status == 200, "\(kept.body)")
            #expect(
                try await server.send("PUT", root + "/tax-profile", token: theirs, key: "g", json: profile).status
                    == 403)
            #expect(try await server.send("GET", root + "/withholdings", token: mine).body["items"] == [])
            #expect(try await server.send("GET", "/v1/tax-reports/dac7", token: maker).status == 422)
            let report = try await server.send("GET", "/v1/tax-reports/dac7?year=2026", token: maker)
            #expect(report.status == 200 && report.headers["content-type"]?.hasPrefix("text/csv") == true)
            #expect(try await server.send("GET", "/v1/tax-reports/dac7?year=2026", token: mine).status == 403)
        }
        #expect(try await small.ills() == [])
    }
}
