import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes of guidelines and of how answers are judged", .scratchDatabase)
struct GuidelineRoutesTests {
    private func buyer(_ small: SmallMarket) async throws -> String {
        try await small.bearer(
            CreatePrincipal(market: small.market)(
                .key, named: "Buyer", roles: [.requester], for: small.requester, by: small.manager))
    }

    @Test(
        "a guideline gets versions, each published as the one before was read; a project follows it, stays, and checks")
    func guideline() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        let buyer = try await buyer(small)
        let (root, stranger) = ("/v1/guidelines/\(small.requester)", try await small.bearer(worker))
        try await LiveServer.run(small.market) { server in
            let draft: JSON = ["external_key": "g", "name": "Clauses", "text": "Mark.\nAll.\n"]
            let made = try await server.send("POST", root, token: buyer, key: "a", json: draft)
            let id = try #require(made.body["guideline"]?.stringValue)
            #expect(try await server.send("GET", root, token: stranger).status == 403)
            let path = "\(root)/\(id)"
            let tag = try #require(try await server.send("GET", path, token: buyer).headers["etag"])
            func publish(_ text: String, _ match: String, key: String) async throws -> LiveServer.Answer {
                try await server.send(
                    "POST", path + "/versions", token: buyer, key: key,
                    json: ["text": .string(text), "changes": "More.", "scope": "all"], headers: ["If-Match": match])
            }
            let second = try await publish("Mark.\nExhibits, too.\n", tag, key: "b")
            #expect(second.status == 201 && second.body["version"] == 2, "\(second.body)")
            #expect(try await publish("Mark nothing.\n", tag, key: "c").status == 412)
            let same = try await publish("Mark.\nExhibits, too.\n", "*", key: "d")
            #expect(same.status == 409 && same.code == "guideline_unchanged")
            let diff = try await server.send("GET", path + "/diff?from=1&to=2", token: buyer)
            #expect(
                diff.body["items"]?.arrayValue?.map { $0["change"] } == ["kept", "removed", "added"], "\(diff.body)")
            let page = try await server.send("GET", path + "/versions?limit=1", token: buyer)
            #expect(page.body["items"]?[0]?["version"] == 2 && page.body["next"] == 2)
            let older = try await server.send("GET", path + "/versions?before=2", token: buyer)
            #expect(older.body["items"]?.arrayValue?.map { $0["version"] } == [1])
            #expect(try await server.send("GET", path + "/versions/3", token: buyer).status == 404)
            let follow = "/v1/projects/\(small.requester)/\(small.project)/guideline"
            let followed = try await server.send(
                "PUT", follow, token: buyer, key: "e", json: ["guideline": .string(id), "pin": 1])
            #expect(followed.status == 200, "\(followed.body)")
            let project = try await server.send(
                "GET", "/v1/projects/\(small.requester)/\(small.project)", token: buyer)
            #expect(project.body["guideline"] == .string(id) && project.body["guideline_pin"] == 1)
            let rechecks = try await server.send("GET", path + "/versions/2/rechecks", token: buyer)
            #expect(rechecks.body["items"] == [] && rechecks.body["listing"]?["is_complete"] == true)
        }
        #expect(try await small.ills() == [])
    }

    @Test("answers to check again are listed, and opened as a draft batch")
    func rechecks() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        let buyer = try await buyer(small)
        try await small.earn(worker, small.batch(small.draft("one"), tasks: 2), tasks: 2)
        let project = try await ListProjects(market: small.market).one(
            small.project, of: small.requester, by: small.manager)
        let path = "/v1/guidelines/\(small.requester)/\(project.guideline)"
        try await LiveServer.run(small.market) { server in
            let published = try await server.send(
                "POST", path + "/versions", token: buyer, key: "a",
                json: ["text": "Read twice.", "changes": "Twice.", "scope": "all"])
            #expect(published.body["rechecks"] == 2, "\(published.body)")
            let first = try await server.send("GET", path + "/versions/2/rechecks?limit=1", token: buyer)
            let next = try #require(first.body["next"]?.stringValue)
            let second = try await server.send("GET", path + "/versions/2/rechecks?after=\(next)", token: buyer)
            #expect(second.body["items"]?.arrayValue?.count == 1 && second.body["next"]?.isNull == true)
            let draft: JSON = [
                "project": "clauses", "name": "again", "profession": "lawyer", "tier": "expert",
                "requirement": ["all": []], "fee_bps": 1_000, "currency": "USD", "budget_minor": 1_000_000,
                "expected_minutes": 30,
            ]
            let opened = try await server.send("POST", path + "/versions/2/recheck", token: buyer, json: draft)
            #expect(opened.status == 201 && opened.body["tasks_added"] == 2, "\(opened.body)")
            let state = try await server.send("GET", path + "/versions/2/rechecks?state=in_check", token: buyer)
            #expect(state.body["items"]?.arrayValue?.count == 2)
        }
        #expect(try await small.ills() == [])
    }

    @Test("a review policy is written as a whole, only over what was read; content is kept as long as a class says")
    func policy() async throws {
        let small = try await SmallMarket()
        let (buyer, chief) = (try await buyer(small), try await small.bearer(small.manager))
        let project = "/v1/projects/\(small.requester)/\(small.project)"
        let path = project + "/review-policy"
        try await LiveServer.run(small.market) { server in
            let read = try await server.send("GET", path, token: buyer)
            #expect(read.body["second_bps"] == 0 && read.body["reworks_max"] == 2)
            let tag = try #require(read.headers["etag"])
            let blind = try await server.send("PUT", path, token: buyer, key: "a", json: ["reworks_max": 1])
            #expect(blind.status == 428)
            @Sendable func set(_ reworks: Int64, _ key: String, _ match: String) async throws -> LiveServer.Answer {
                try await server.send(
                    "PUT", path, token: buyer, key: key,
                    json: ["reworks_max": .integer(reworks), "rubric": ["style": 5]],
                    headers: ["If-Match": match])
            }
            // Many at once who have read the same: one writes.
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<5 { group.addTask { try await set(Int64(number), "k\(number)", tag).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200, 412, 412, 412, 412])
            let now = try await server.send("GET", path, token: buyer)
            #expect(now.body["rubric"] == ["style": 5] && now.body["second_bps"] == 500)
            let bad = try await server.send(
                "PUT", path, token: buyer, key: "b", json: ["rubric": ["style": 500]], headers: ["If-Match": "*"])
            #expect(bad.status == 422 && bad.body["errors"]?[0]?["pointer"] == "/rubric")
            let keeping: JSON = ["days_after_close": 30, "scope": "content"]
            let classes = "/v1/retention-classes"
            #expect(
                try await server.send("PUT", classes + "/short", token: buyer, key: "c", json: keeping).status == 403)
            #expect(
                try await server.send("PUT", classes + "/short", token: chief, key: "c", json: keeping).status == 200)
            #expect(try await server.send("GET", classes, token: chief).body["items"]?[0]?["name"] == "short")
            for (name, status) in [("none", 404), ("short", 200)] {
                let named = try await server.send(
                    "PUT", project + "/retention-class", token: buyer, key: name,
                    json: ["retention_class": .string(name)])
                #expect(named.status == status, "\(named.body)")
            }
        }
        #expect(try await small.ills() == [])
    }
}
