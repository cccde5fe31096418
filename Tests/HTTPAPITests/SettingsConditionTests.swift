import Formats
import Foundation
import HTTPAPI
import Marketplace
import Payments
import Store
import TestSupport
import Testing

@Suite("Settings with If-Match", .scratchDatabase)
struct SettingsConditionTests {
    /// A setting that is read at one path and written at another.
    private struct Setting {
        let read: String
        var write: String?
        let token: String
        let first: JSON
        let second: JSON
    }

    private func settings(_ small: SmallMarket) async throws -> [Setting] {
        let market = small.market
        try await SetPayoutSource(market: market)(
            "main", format: .pain001v09, currency: small.usd, settings: SmallMarket.payoutSettings, by: small.checker)
        try await SchedulePayouts(market: market)(.onDemand, from: "main", by: small.checker)
        try await SetTaxDefault(market: market)("DE", ruleSet: "eu", source: "Law.", by: small.checker)
        try await SetRetentionClass(market: market)(
            RetentionClass(name: "short", daysAfterClose: 30), by: small.manager)
        let agency = try await CreateTeam(market: market)(
            TeamDraft(externalKey: "agency", kind: .agency, name: "Agency GmbH", base: "AT", isPayee: true),
            by: small.manager)
        // Another operator has named what the first change of the account names.
        try await SetTeamPayoutMethod(market: market, keys: Scratch.keys)(
            PayoutMethod(account: "DE89370400440532013000", holder: "Ann", country: "DE", currency: "EUR"),
            of: agency.id, by: small.second)
        let (chief, checker) = (try await small.bearer(small.manager), try await small.bearer(small.checker))
        let (project, team) = ("/v1/projects/\(small.requester)/\(small.project)", "/v1/teams/\(agency.id)")
        let more = try await documents(small, team: team, chief, checker)
        return [
            Setting(
                read: project + "/settings", write: project + "/weight", token: chief, first: ["weight": 2],
                second: ["weight": 3]),
            Setting(
                read: project + "/settings", write: project + "/share-limit", token: chief,
                first: ["share_bps": 500], second: ["share_bps": .null]),
            Setting(
                read: project + "/settings", write: project + "/retention-class", token: chief,
                first: ["retention_class": "short"], second: ["retention_class": .null]),
            Setting(
                read: "/v1/retention-classes/short", token: chief,
                first: ["days_after_close": 60, "scope": "content"],
                second: ["days_after_close": 90, "scope": "content"]),
            Setting(
                read: "/v1/payout-schedules/main", token: checker, first: ["weekly": "fri"],
                second: ["weekly": "fri", "minute": 60]),
            Setting(
                read: "/v1/tax-defaults/DE", token: checker, first: ["rules": "eu", "source": "Another law."],
                second: ["rules": "eu", "source": "A third one."]),
            Setting(
                read: team, write: team + "/payee", token: chief, first: ["is_payee": false],
                second: ["is_payee": true]),
        ] + more
    }

    /// What is written over as a whole.
    private func documents(
        _ small: SmallMarket, team: String, _ chief: String, _ checker: String
    ) async throws -> [Setting] {
        let project = try await ListProjects(market: small.market).one(
            small.project, of: small.requester, by: small.manager)
        let guideline = JSON.string("\(project.guideline)")
        func source(_ name: JSON) -> JSON {
            let settings = (SmallMarket.payoutSettings.objectValue ?? [:]).merging(["name": name]) { $1 }
            return ["format": "pain.001.001.09", "currency": "EUR", "settings": .object(settings)]
        }
        func account(_ iban: JSON) -> JSON {
            ["account": iban, "holder": "Ann", "country": "DE", "currency": "EUR"]
        }
        let (one, other) = (account("DE89370400440532013000"), account("DE75512108001245126199"))
        let ann = try await small.lawyer("ann")
        return [
            Setting(
                read: "/v1/payout-sources/main", token: checker, first: source("One GmbH"),
                second: source("Other GmbH")),
            Setting(
                read: "/v1/projects/\(small.requester)/\(small.project)",
                write: "/v1/projects/\(small.requester)/\(small.project)/guideline", token: chief,
                first: ["guideline": guideline, "pin": 1], second: ["guideline": guideline]),
            Setting(
                read: team + "/capacity/lawyer", token: chief, first: ["weekly_minutes": 600],
                second: ["weekly_minutes": 900]),
            Setting(read: team + "/payout-method", token: chief, first: one, second: other),
            Setting(
                read: "/v1/payout-method", token: try await small.bearer(ann), first: other, second: one),
        ]
    }

    @Test("settings, and documents that are written over as a whole, are changed as they were read")
    func guarded() async throws {
        let small = try await SmallMarket(currency: "EUR")
        let all = try await settings(small)
        try await LiveServer.run(small.market) { server in
            for (number, setting) in all.enumerated() {
                let path = setting.write ?? setting.read
                func put(_ body: JSON, _ tag: String?, _ key: String) async throws -> LiveServer.Answer {
                    Scratch.clock.advance(by: 1)
                    return try await server.send(
                        "PUT", path, token: setting.token, key: "\(number)-\(key)", json: body,
                        headers: tag.map { ["If-Match": $0] } ?? [:])
                }
                func tag() async throws -> String? {
                    try await server.send("GET", setting.read, token: setting.token).headers["etag"]
                }
                let old = try #require(try await tag(), "\(setting.read)")
                let done = try await put(setting.first, old, "a")
                #expect(done.status == 200, "\(path): \(done.body)")
                let stale = try await put(setting.second, old, "b")
                #expect(stale.status == 412 && stale.code == "changed_meanwhile", "\(path): \(stale.body)")
                let fresh = try await put(setting.second, try await tag(), "c")
                #expect(fresh.status == 200, "\(path): \(fresh.body)")
                // It may be left out: it says one thing.
                #expect(try await put(setting.first, nil, "d").status == 200, "\(path)")
            }
            let none = try await server.send(
                "PUT", "/v1/tax-defaults/FR", token: all[5].token, key: "none",
                json: ["rules": "eu", "source": "Law."], headers: ["If-Match": "*"])
            #expect(none.status == 404)
        }
        #expect(try await small.ills() == [])
    }
}
