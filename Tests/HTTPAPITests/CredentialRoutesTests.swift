import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes of the catalogue, of what bears papers out, and of what was paid", .scratchDatabase)
struct CredentialRoutesTests {
    @Test("professions and kinds of papers are added by operators, once, and read by everybody, page by page")
    func catalogue() async throws {
        let small = try await SmallMarket()
        let ann = try await small.worker("ann")
        let (chief, mine) = (try await small.bearer(small.manager), try await small.bearer(ann))
        try await LiveServer.run(small.market) { server in
            func post(
                _ path: String, _ body: JSON, _ key: String, by token: String
            ) async throws -> LiveServer.Answer {
                try await server.send("POST", path, token: token, key: key, json: body)
            }
            let actuary: JSON = ["profession": "actuary", "title": "Actuary"]
            #expect(try await post("/v1/professions", actuary, "a", by: mine).status == 403)
            let made = try await post("/v1/professions", actuary, "a", by: chief)
            #expect(made.status == 201 && made.body == actuary, "\(made.body)")
            let twice = try await post("/v1/professions", actuary, "b", by: chief)
            #expect(twice.status == 409 && twice.code == "code_taken")
            let odd: JSON = ["profession": "A b", "title": "x"]
            #expect(try await post("/v1/professions", odd, "c", by: chief).status == 422)
            let fellow: JSON = [
                "kind": "fellowship", "title": "Fellowship", "profession": "actuary", "is_licence": true,
                "reverify_months": 12,
            ]
            let kind = try await post("/v1/credential-kinds", fellow, "d", by: chief)
            #expect(kind.status == 201 && kind.body == fellow, "\(kind.body)")
            let nobodys: JSON = ["kind": "other", "title": "Other", "profession": "nobody"]
            let unknown = try await post("/v1/credential-kinds", nobodys, "e", by: chief)
            #expect(unknown.status == 422 && unknown.code == "unknown_profession")
            for (path, name, wanted) in [
                ("/v1/professions", "profession", "actuary"), ("/v1/credential-kinds", "kind", "fellowship"),
            ] {
                var (found, last): ([String], String?) = ([], nil)
                repeat {
                    let more = last.map { "&after=\($0)" } ?? ""
                    let page = try await server.send("GET", "\(path)?limit=2\(more)", token: mine)
                    found += page.body["items"]?.arrayValue?.compactMap { $0[name]?.stringValue } ?? []
                    last = page.body["next"]?.stringValue
                } while last != nil
                #expect(found.contains(wanted) && Set(found).count == found.count, "\(found)")
            }
            let declared: JSON = ["profession": "actuary", "years": 4, "specialties": ["Pensions"]]
            let own = try await post("/v1/workers/\(ann)/professions", declared, "f", by: mine)
            #expect(own.status == 201 && own.body == ["profession": "actuary"], "\(own.body)")
            let other = try await post("/v1/workers/\(small.requester)/professions", declared, "g", by: mine)
            #expect(other.status == 403)
            let profile = try await server.send("GET", "/v1/workers/\(ann)/profile", token: chief)
            #expect(profile.body["professions"]?[0]?["profession"] == "actuary", "\(profile.body)")
        }
        #expect(try await small.ills() == [])
    }

    @Test("a worker adds documents to their own paper, once by hash; operators see leases on it and vouch again")
    func papers() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let paper = try #require(
            try await ListCredentials(market: small.market)(of: ann, by: small.manager).first?.id)
        _ = try await small.batch(small.draft("one"), tasks: 1)
        let work = try await small.claim(ann)
        let (mine, theirs) = (try await small.bearer(ann), try await small.bearer(ben))
        let chief = try await small.bearer(small.manager)
        let path = "/v1/credentials/\(paper)"
        let scan: JSON = [
            "hash": .string(Digest(of: "scan").hexadecimal), "media_type": "application/pdf", "size": 4,
            "name": "scan.pdf",
        ]
        try await LiveServer.run(small.market) { server in
            for key in ["a", "b"] {
                let added = try await server.send("POST", path + "/documents", token: mine, key: key, json: scan)
                #expect(added.status == 201 && added.body == scan, "\(added.body)")
            }
            let foreign = try await server.send("POST", path + "/documents", token: theirs, key: "c", json: scan)
            #expect(foreign.status == 403)
            for (member, value) in [("media_type", "pdf"), ("size", 0), ("hash", "00")] as [(String, JSON)] {
                let body = JSON.object((scan.objectValue ?? [:]).merging([member: value]) { $1 })
                let wrong = try await server.send(
                    "POST", path + "/documents", token: mine, key: "d-\(member)", json: body)
                #expect(wrong.status == 422 && wrong.body["errors"]?[0]?["pointer"] == .string("/\(member)"))
            }
            for token in [mine, chief] {
                let shown = try await server.send("GET", path + "/documents", token: token)
                #expect(shown.body == ["items": [scan]], "\(shown.body)")
            }
            // To another worker there is no such paper.
            #expect(try await server.send("GET", path + "/documents", token: theirs).status == 404)
            let leases = try await server.send("GET", path + "/leases", token: chief)
            #expect(leases.body["items"]?[0]?["assignment"] == .string("\(work.id)"), "\(leases.body)")
            #expect(try await server.send("GET", path + "/leases", token: mine).status == 403)
            let day: JSON = ["expires_on": "2030-01-01"]
            let again = try await server.send("POST", path + "/reverify", token: chief, key: "e", json: day)
            #expect(again.status == 200 && again.body == ["state": "verified"], "\(again.body)")
            let early = try await server.send(
                "POST", path + "/reverify", token: chief, key: "f", json: ["expires_on": "2001-01-01"])
            #expect(early.status == 422 && early.body["errors"]?[0]?["pointer"] == "/expires_on", "\(early.body)")
            #expect(try await server.send("POST", path + "/reverify", token: chief, key: "g", json: [:]).status == 422)
            _ = try await RevokeCredential(market: small.market)(paper, reason: "Struck off.", by: small.manager)
            let closed = try await server.send(
                "POST", path + "/documents", token: mine, key: "h",
                json: scan)
            #expect(closed.status == 409 && closed.code == "credential_closed", "\(closed.body)")
        }
    }

    @Test("a tier at an instant, how reviewers do, and what a payment was for are read by whom it concerns")
    func readers() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        try await small.earn(ann, small.batch(small.draft("one"), tasks: 1))
        let prepared = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        try await ApprovePayoutBatch(market: small.market)(
            prepared.id, contentHash: prepared.contentHash, by: small.checker)
        let (mine, theirs) = (try await small.bearer(ann), try await small.bearer(ben))
        let (chief, maker) = (try await small.bearer(small.manager), try await small.bearer(small.maker))
        let (before, now) = (
            (Scratch.clock.now() - 86_400).formatted(.iso8601), (Scratch.clock.now() + 1).formatted(.iso8601)
        )
        try await LiveServer.run(small.market) { server in
            let tier = "/v1/workers/\(ann)/tiers/lawyer?at="
            #expect(try await server.send("GET", tier + now, token: mine).body == ["tier": "expert"])
            #expect(try await server.send("GET", tier + before, token: chief).body == ["tier": .null])
            #expect(try await server.send("GET", tier + now, token: theirs).status == 403)
            #expect(try await server.send("GET", "/v1/workers/\(ann)/tiers/lawyer", token: mine).status == 422)
            let reviewers = try await server.send("GET", "/v1/reviewers", token: chief)
            #expect(reviewers.body["items"]?[0]?["person"] == .string("\(small.reviewer)"), "\(reviewers.body)")
            #expect(reviewers.body["items"]?[0]?["opinions"] == 1 && reviewers.body["next"]?.isNull == true)
            #expect(try await server.send("GET", "/v1/reviewers", token: mine).status == 403)
            let advice = "/v1/workers/\(ann)/remittance-advices/\(prepared.id)"
            #expect(try await server.send("GET", advice, token: mine).status == 404)
            let issued = try await server.send(
                "POST", "/v1/payouts/\(prepared.id)/issue", token: maker, key: "issue", json: [:])
            #expect(issued.status == 200, "\(issued.body)")
            for token in [mine, maker] {
                let told = try await server.send("GET", advice + "?format=csv", token: token)
                #expect(told.status == 200 && told.text.contains("work") && told.text.contains("20.00"), "\(told.text)")
            }
            for token in [theirs, chief] {
                #expect(try await server.send("GET", advice, token: token).status == 403)
            }
        }
        #expect(try await small.ills() == [])
    }
}
