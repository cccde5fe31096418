import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes of gold and of what a withdrawal took", .scratchDatabase)
struct GoldRoutesTests {
    private func token(of person: Principal.ID, in small: SmallMarket) async throws -> String {
        try await IssueToken(market: small.market)(for: person, lifetime: 3_600, by: small.manager).secret
    }

    private func publisher(in small: SmallMarket) async throws -> String {
        let person = try await CreatePrincipal(market: small.market)(
            .key, named: "acme", roles: [.requester], for: small.requester, by: small.manager)
        return try await token(of: person, in: small)
    }

    private func draft(_ name: String, gold: Int, in small: SmallMarket) async throws -> Batch.ID {
        let id = try await CreateBatch(market: small.market)(
            BatchDraft(
                project: small.project, name: name, profession: .lawyer, tier: .expert, requirement: .all([]),
                feeBasisPoints: 1_000, budget: try Money(50_000_000, small.usd), expectedMinutes: 1,
                leaseSeconds: 3_600, answerSeconds: 7_200, sharing: TaskSharing(goldBasisPoints: gold)),
            of: small.requester, by: small.manager)
        _ = try await AddTasks(market: small.market)(
            small.drafts((0..<5).map { "\(name)-\($0)" }), to: id, of: small.requester, by: small.manager)
        return id
    }

    /// Two tasks whose answers two people have accepted.
    private func settle(in small: SmallMarket) async throws {
        var policy = ReviewPolicy()
        policy.secondBasisPoints = 10_000
        try await SetReviewPolicy(market: small.market)(
            policy, of: small.project, from: small.requester, by: small.manager)
        let second = try await CreatePrincipal(market: small.market)(
            .person, named: "Reviewer 2", roles: [.reviewer], by: small.manager)
        let author = try await small.lawyer("author")
        let batch = try await small.batch(small.draft("old"), tasks: 2)
        for _ in 0..<2 {
            let work = try await small.claim(author, batch)
            try await small.submit(work)
            for reviewer in [small.reviewer, second] {
                _ = try await ReviewSubmission(market: small.market)(
                    work.id, of: small.requester, .accepted, reasons: "", by: reviewer)
            }
        }
    }

    @Test("a requester mints, sets canaries and sees how they did; refusals have their codes, strangers see nothing")
    func gold() async throws {
        let small = try await SmallMarket()
        try await settle(in: small)
        let (batch, plain) = (
            try await draft("new", gold: 2_000, in: small), try await draft("plain", gold: 0, in: small)
        )
        let (acme, worker) = (
            try await publisher(in: small), try await token(of: Principal.ID(small.lawyer("ann").uuid), in: small)
        )
        try await LiveServer.run(small.market) { server in
            let path = "/v1/batches/\(small.requester)/\(batch)"
            let minted = try await server.send("POST", path + "/gold", token: acme, json: ["most": 1])
            #expect(minted.body == ["added": 1, "in_batch": 1], "\(minted.body)")
            let more = try await server.send("POST", path + "/gold", token: acme, json: ["most": 10, "exposures": 2])
            #expect(more.body == ["added": 1, "in_batch": 2], "\(more.body)")
            #expect(try await server.send("POST", path + "/gold", token: acme, json: ["most": 0]).status == 422)
            #expect(try await server.send("POST", path + "/gold", token: worker, json: ["most": 1]).status == 403)
            let other = "/v1/batches/\(small.requester)/\(plain)/gold"
            let unrated = try await server.send("POST", other, token: acme, json: ["most": 1])
            #expect(unrated.status == 409 && unrated.code == "no_gold_rate")
            let canary: JSON = ["external_key": "new-0", "reasons": ["unclear", "broken_content"]]
            let set = try await server.send("POST", path + "/canaries", token: acme, key: "1", json: canary)
            #expect(set.status == 201 && set.body["gold"] != nil, "\(set.body)")
            let again = try await server.send("POST", path + "/canaries", token: acme, key: "2", json: canary)
            #expect(again.status == 409 && again.code == "already_gold")
            let odd: JSON = ["external_key": "new-1", "reasons": ["x"]]
            #expect(
                try await server.send("POST", path + "/canaries", token: acme, key: "3", json: odd).status == 422)
            let list = "/v1/gold/\(small.requester)"
            let first = try await server.send("GET", list + "?limit=2", token: acme)
            #expect(first.body["items"]?.arrayValue?.count == 2)
            let next = try #require(first.body["next"]?.stringValue)
            let rest = try await server.send("GET", list + "?after=\(next)", token: acme)
            #expect(rest.body["items"]?.arrayValue?.count == 1 && rest.body["next"]?.stringValue == nil)
            let canaries = try await server.send("GET", list + "?source=canary", token: acme)
            #expect(canaries.body["items"]?[0]?["external_key"] == "new-0")
            #expect(try await server.send("GET", list, token: worker).status == 403)
            _ = try await PublishBatch(market: small.market)(batch, of: small.requester, by: small.manager)
            let late = try await server.send("POST", path + "/gold", token: acme, json: ["most": 9])
            #expect(late.status == 409 && late.code == "batch_not_draft")
        }
        #expect(try await small.ills() == [])
    }

    @Test("a requester sees which tasks a withdrawal affected, and plans to ask again")
    func recollection() async throws {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("b"), tasks: 2)
        let ann = try await small.lawyer("ann")
        for _ in 0..<2 {
            let work = try await small.claim(ann, batch)
            try await small.submit(work)
            try await small.review(work)
        }
        let id = try await WithdrawContribution(market: small.market)(
            of: ann, from: small.project, of: small.requester, reasons: "Copied.", by: small.manager)
        let (acme, worker) = (
            try await publisher(in: small), try await token(of: Principal.ID(ann.uuid), in: small)
        )
        try await LiveServer.run(small.market) { server in
            let path = "/v1/withdrawals/\(small.requester)/\(id)"
            let tasks = try await server.send("GET", path + "/tasks", token: acme)
            #expect(tasks.body["items"]?.arrayValue?.count == 2 && tasks.body["items"]?[0]?["is_short"] == true)
            #expect(try await server.send("GET", path + "/tasks", token: worker).status == 403)
            let plan: JSON = ["batch": .string("\(batch)"), "name": "again"]
            for _ in 0..<2 {
                let made = try await server.send("POST", path + "/recollections", token: acme, json: plan)
                #expect(made.status == 200 && made.body["tasks"] == 2, "\(made.body)")
            }
            let other: JSON = ["batch": .string("\(batch)"), "name": "once more"]
            let nothing = try await server.send("POST", path + "/recollections", token: acme, json: other)
            #expect(nothing.status == 409 && nothing.code == "nothing_short", "\(nothing.body)")
            #expect(try await server.send("POST", path + "/recollections", token: worker, json: plan).status == 403)
        }
        #expect(try await small.ills() == [])
    }
}
