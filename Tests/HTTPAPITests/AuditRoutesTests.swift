import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes of the audit log, and what auditors read", .scratchDatabase, .turnLimit(minutes: 20))
struct AuditRoutesTests {
    private func auditor(_ small: SmallMarket) async throws -> String {
        try await small.bearer(
            try await CreatePrincipal(market: small.market)(
                .person, named: "Auditor", roles: [.auditor], by: small.manager))
    }

    @Test("an auditor reads what operators and finance read, changes nothing, and does not have content")
    func auditors() async throws {
        let small = try await SmallMarket(
            market: Market(
                database: Scratch.market.database, identifiers: Scratch.here.identifiers, keys: Scratch.keys))
        let ann = try await small.lawyer("ann")
        let batch = try await small.batch(small.draft("one"), tasks: 1)
        try await small.submit(try await small.claim(ann, batch))
        let token = try await auditor(small)
        try await LiveServer.run(small.market) { server in
            let account = "/v1/ledger/accounts/requester_wallet?owner=\(small.requester)&currency=USD"
            for path in [
                "/v1/people", "/v1/workers?state=active", "/v1/workers/\(ann)", "/v1/workers/\(ann)/clearances",
                "/v1/requesters", "/v1/batches/\(small.requester)", "/v1/batches/\(small.requester)/\(batch)",
                "/v1/ledger/trial-balance", account, "/v1/payouts", "/v1/payout-schedules", "/v1/vouchers",
                "/v1/rate-cards", "/v1/pay-floors", "/v1/doctor/balances_are_sums", "/v1/audit-events", "/v1/appeals",
                "/v1/quality/cases", "/v1/requesters/\(small.requester)/webhooks", "/v1/teams",
            ] {
                let answer = try await server.send("GET", path, token: token)
                #expect(answer.status == 200, "\(path): \(answer.body)")
            }
            let results = "/v1/batches/\(small.requester)/\(batch)/results"
            for path in [results, "/v1/reviews/\(small.requester)/\(batch)"] {
                #expect(try await server.send("GET", path, token: token).code == "role_missing", "\(path)")
            }
            let changes: [(String, JSON)] = [
                ("/v1/workers/\(ann)/activate", [:]), ("/v1/payouts", ["currency": "USD"]),
                ("/v1/batches/\(small.requester)/\(batch)/pause", [:]),
                ("/v1/batches/\(small.requester)/\(batch)/quarantine", ["reasons": "Because."]),
            ]
            for (path, body) in changes {
                let answer = try await server.send("POST", path, token: token, key: path, json: body)
                #expect(answer.status == 403 && answer.code == "role_missing", "\(path): \(answer.body)")
            }
        }
    }

    @Test("auditors and operators read events by filter and hold the chains against them; others do not")
    func events() async throws {
        let small = try await SmallMarket()
        let token = try await auditor(small)
        let (chief, maker) = (try await small.bearer(small.manager), try await small.bearer(small.maker))
        _ = try await SealAudit(market: small.market)()
        Scratch.clock.advance(by: 1)
        let ann = try await small.worker("ann")
        let path = "/v1/audit-events"
        try await LiveServer.run(small.market) { server in
            for one in [path, "/v1/audit-verification/links", "/v1/audit-verification/events"] {
                #expect(try await server.send("GET", one, token: maker).code == "role_missing")
            }
            let found = try await server.send("GET", path + "?object=\(ann)&subject=worker", token: token)
            #expect(found.body["items"]?.arrayValue?.count == 2 && found.body["next"]?.isNull == true, "\(found.body)")
            #expect(found.body["items"]?[0]?["stream"] == .string("worker:\(ann)"))
            #expect(found.body["items"]?[0]?["position"]?.isNull == true)
            let sealed = try await server.send("GET", path + "?action=market_founded", token: chief)
            #expect(sealed.body["items"]?[0]?["position"]?.integerValue != nil)
            #expect(sealed.body["items"]?[0]?["hash"]?.stringValue?.utf8.count == 64)
            let past = try await server.send("GET", path + "?to=2026-01-01T00:00:00Z", token: token)
            #expect(past.body["items"] == [])
            let links = try await server.send("GET", "/v1/audit-verification/links?limit=1", token: token)
            #expect(links.body["checked"] == 1 && links.body["faults"] == [], "\(links.body)")
            let anchor = try #require(links.body["next"]?.stringValue)
            let rest = try await server.send(
                "GET", "/v1/audit-verification/links?limit=2000&after=\(anchor)", token: token)
            #expect(rest.body["next"]?.isNull == true && rest.body["faults"] == [], "\(rest.body)")
            let forged = String(anchor.dropLast(1)) + (anchor.hasSuffix("0") ? "1" : "0")
            let differs = try await server.send("GET", "/v1/audit-verification/links?after=\(forged)", token: token)
            #expect(differs.body["faults"]?[0]?["fault"] == "anchor_differs", "\(differs.body)")
            let bad = try await server.send("GET", "/v1/audit-verification/links?after=platform", token: token)
            #expect(bad.status == 422 && bad.code == "bad_input")
            let all = try await server.send("GET", "/v1/audit-verification/events?limit=2000", token: chief)
            #expect(all.body["faults"] == [] && all.body["next"]?.isNull == true)
        }
    }

    @Test("audit list and audit verify ask a server as they ask the database")
    func commands() async throws {
        let small = try await SmallMarket()
        let token = try await auditor(small)
        _ = try await SealAudit(market: small.market)()
        try await LiveServer.run(small.market) { server in
            let remote = RemoteProgram(port: server.port, token: token)
            let list = ["audit", "list", "--action", "requester_created"]
            let there = try await remote.json(list)
            let here = try await RemoteProgram.besideDatabase.json(list + ["--by", "Operator"])
            #expect(there["items"]?.arrayValue?.count == 1, "\(there)")
            #expect(there["items"]?[0]?["event"] == here["items"]?[0]?["event"])
            let verified = try await remote.run(["audit", "verify"])
            #expect(verified.status == 0 && verified.output.contains(" 0 faults."), "\(verified)")
            try await Scratch.asOwner { transaction in
                try await transaction.execute("set local session_replication_role = 'replica'")
                try await transaction.execute("update audit_event set action = 'x' where action = 'market_founded'")
            }
            let broken = try await remote.run(["audit", "verify"])
            #expect(broken.status == 1 && broken.output.contains("hash_differs"), "\(broken)")
        }
    }
}
