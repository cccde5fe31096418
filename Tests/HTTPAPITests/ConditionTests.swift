import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Changes with If-Match", .scratchDatabase)
struct ConditionTests {
    private func token(of id: Principal.ID, _ small: SmallMarket) async throws -> String {
        try await IssueToken(market: small.market)(for: id, lifetime: 36_000, by: small.manager).secret
    }

    @Test("a batch changes only as it was read; work that goes on and `fields` leave the ETag's first half alone")
    func batch() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        let batch = try await small.batch(small.draft("one"), tasks: 3)
        let token = try await token(of: small.manager, small)
        let path = "/v1/batches/\(small.requester)/\(batch)"
        try await LiveServer.run(small.market) { server in
            func priority(_ number: Int64, _ match: String?, key: String) async throws -> LiveServer.Answer {
                try await server.send(
                    "PUT", path + "/priority", token: token, key: key, json: ["priority": .integer(number)],
                    headers: match.map { ["If-Match": $0] } ?? [:])
            }
            let first = try #require(try await server.send("GET", path, token: token).headers["etag"])
            _ = try await small.claim(worker)
            let sparse = try #require(
                try await server.send("GET", path + "?fields=priority", token: token).headers["etag"])
            #expect(first.prefix(33) == sparse.prefix(33) && first != sparse)
            #expect(try await priority(5, sparse, key: "a").status == 200)
            let stale = try await priority(6, first, key: "b")
            #expect(stale.status == 412 && stale.code == "changed_meanwhile")
            // A repeat of what was done gets its answer, though what it was done to has changed by it.
            let again = try await priority(5, sparse, key: "a")
            #expect(again.status == 200 && again.headers["idempotent-replayed"] == "true")
            for match in ["W/\(first)", "x", "\"\"", "\"-\""] {
                #expect(try await priority(6, match, key: "c").status == 412, "\(match)")
            }
            #expect(try await server.send("GET", path, token: token).body["priority"] == 5)
            let now = try #require(try await server.send("GET", path, token: token).headers["etag"])
            #expect(try await priority(7, "\"0\", \(now)", key: "d").status == 200)
            #expect(try await priority(8, "*", key: "e").status == 200)
            #expect(try await priority(9, nil, key: "f").status == 200)
            // In several steps, of which the first is held against it.
            let budget: JSON = ["budget_minor": 90_000_000]
            let old = try await server.send(
                "PUT", path + "/budget", token: token, json: budget, headers: ["If-Match": now])
            #expect(old.status == 412)
            let nine = try #require(try await server.send("GET", path, token: token).headers["etag"])
            let raised = try await server.send(
                "PUT", path + "/budget", token: token, json: budget, headers: ["If-Match": nine])
            #expect(raised.status == 200, "\(raised.body)")
            let closed = try await server.send(
                "POST", path + "/pause", token: token, key: "g", json: [:], headers: ["If-Match": nine])
            #expect(closed.status == 412)
        }
        #expect(try await small.ills() == [])
    }

    @Test("of many who change what they have all read, exactly one does; the others are told")
    func race() async throws {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("one"), tasks: 1)
        let token = try await token(of: small.manager, small)
        let path = "/v1/batches/\(small.requester)/\(batch)"
        try await LiveServer.run(small.market) { server in
            for round in 0..<5 {
                let tag = try #require(try await server.send("GET", path, token: token).headers["etag"])
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 1...12 {
                        group.addTask {
                            try await server.send(
                                "PUT", path + "/priority", token: token, key: "\(round)/\(number)",
                                json: ["priority": .integer(Int64(round * 100 + number))], headers: ["If-Match": tag]
                            ).status
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(statuses.count { $0 == 200 } == 1 && statuses.count { $0 == 412 } == 11, "\(statuses)")
            }
        }
        #expect(
            try await small.count("select count(*) as n from audit_event where action = 'batch_priority_changed'") == 5)
    }

    @Test("whoever waits for a change that is under way sees it, and is refused")
    func waits() async throws {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("one"), tasks: 1)
        let token = try await token(of: small.manager, small)
        let path = "/v1/batches/\(small.requester)/\(batch)"
        try await LiveServer.run(small.market) { server in
            let tag = try #require(try await server.send("GET", path, token: token).headers["etag"])
            let answer = try await Scratch.asOwner { transaction in
                try await transaction.execute("update batch set priority = 77 where batch_id = \(batch)")
                let asked = Task {
                    try await server.send(
                        "PUT", path + "/priority", token: token, key: "k", json: ["priority": 1],
                        headers: ["If-Match": tag])
                }
                // Until it waits for the row.
                var isWaiting = false
                while !isWaiting {
                    isWaiting = try await transaction.oneRow(
                        "select exists (select from pg_locks where not granted) as is_waiting")["is_waiting"]
                }
                return asked
            }
            #expect(try await answer.value.status == 412)
            #expect(try await server.send("GET", path, token: token).body["priority"] == 77)
        }
    }

    @Test("what would write over a document must name what it was read as; where there is nothing to name it is told")
    func demanded() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        let token = try await token(of: Principal.ID(worker.uuid), small)
        let path = "/v1/workers/\(worker)/registration"
        try await LiveServer.run(small.market) { server in
            let read = try await server.send("GET", path, token: token)
            let tag = try #require(read.headers["etag"])
            var draft = try #require(read.body.objectValue)
            draft["phone"] = "+49 30 901820"
            let blind = try await server.send("PUT", path, token: token, key: "a", json: .object(draft))
            #expect(blind.status == 428 && blind.code == "if_match_missing")
            let done = try await server.send(
                "PUT", path, token: token, key: "b", json: .object(draft), headers: ["If-Match": tag])
            #expect(done.status == 200, "\(done.body)")
            let late = try await server.send(
                "PUT", path, token: token, key: "c", json: read.body, headers: ["If-Match": tag])
            #expect(late.status == 412)
            #expect(try await server.send("GET", path, token: token).body["phone"] == "+4930901820")
            let nothing = try await server.send(
                "POST", "/v1/workers/me/pause", token: token, key: "d", json: [:], headers: ["If-Match": tag])
            #expect(nothing.status == 422 && nothing.code == "bad_input")
        }
    }

    @Test("an endpoint that is told of events is changed as it was read")
    func webhook() async throws {
        let market = Market(
            database: Scratch.market.database, identifiers: Scratch.here.identifiers, keys: Scratch.keys)
        let small = try await SmallMarket(market: market)
        let token = try await token(of: small.manager, small)
        try await LiveServer.run(market) { server in
            let made = try await server.send(
                "POST", "/v1/requesters/\(small.requester)/webhooks", token: token, key: "w",
                json: ["url": "https://example.com/a"])
            let id = try #require(made.body["webhook"]?.stringValue)
            let read = try await server.send("GET", "/v1/webhooks/\(id)", token: token)
            let tag = try #require(read.headers["etag"])
            for (url, status) in [("https://example.com/b", 200), ("https://example.com/c", 412)] {
                let changed = try await server.send(
                    "PATCH", "/v1/webhooks/\(id)", token: token, json: ["url": .string(url)],
                    headers: ["If-Match": tag])
                #expect(changed.status == status, "\(changed.body)")
            }
            #expect(
                try await server.send("GET", "/v1/webhooks/\(id)", token: token).body["url"] == "https://example.com/b")
        }
    }
}
