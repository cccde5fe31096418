import Formats
import Foundation
import FoundationNetworking
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes for workers", .scratchDatabase)
struct WorkRoutesTests {
    private func token(of worker: Worker.ID, in market: SmallMarket) async throws -> String {
        try await IssueToken(market: market.market)(
            for: Principal.ID(worker.uuid), lifetime: 3_600, by: market.manager
        ).secret
    }

    @Test("a worker claims, sees the payload, submits, and sees it submitted")
    func path() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        _ = try await small.batch(small.draft("one"), tasks: 1)
        let token = try await token(of: worker, in: small)
        try await LiveServer.run(small.market) { server in
            let claimed = try await server.send("POST", "/v1/claims", token: token, key: "k1", json: [:])
            #expect(claimed.status == 201)
            #expect(claimed.headers["x-request-id"] != nil)
            let id = try #require(claimed.body["assignment_id"]?.stringValue)
            let lease = try #require(claimed.body["lease_token"])
            let work = try await server.send("GET", "/v1/work", token: token)
            #expect(work.body["items"]?[0]?.objectValue?.keys.sorted() == ["assignment", "project"])
            let task = try await server.send("GET", "/v1/work/\(id)", token: token)
            #expect(task.body["payload"] == ["text": "one-0"])
            #expect(task.body["answer_schema"] == SmallMarket.schema)
            let path = "/v1/assignments/\(id)/submission"
            let answer: JSON = ["lease_token": lease, "answer": ["label": "a"]]
            let submitted = try await server.send("POST", path, token: token, key: "k2", json: answer)
            #expect(submitted.status == 200)
            let later = try await server.send("GET", "/v1/work", token: token)
            #expect(later.body["items"]?[0]?["assignment"]?["state"] == "submitted")
            let over = try await server.send("GET", "/v1/work/\(id)", token: token)
            #expect(over.status == 409 && over.body["payload"] == nil)
        }
    }

    @Test("who gets no work is told why, batch by batch, and what would unlock it")
    func why() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        _ = try await small.batch(small.draft("one", requirement: .language("fr")), tasks: 1)
        let other = try await small.batch(small.draft("two"), tasks: 1)
        let token = try await token(of: worker, in: small)
        try await LiveServer.run(small.market) { server in
            let first = try await server.send("GET", "/v1/work/why?limit=1", token: token)
            #expect(first.status == 200 && first.body["items"]?[0]?["failing"] == "requirement_language")
            #expect(first.body["items"]?[0]?["unlock"]?["kind"] == "language")
            #expect(first.body["groups"]?.arrayValue?.count == 2)
            let next = try #require(first.body["next"]?.stringValue)
            let second = try await server.send("GET", "/v1/work/why?limit=1&after=\(next)", token: token)
            #expect(second.body["items"]?[0]?["batch_id"] == .string("\(other)"))
            #expect(second.body["items"]?[0]?["eligible"] == true && second.body["next"]?.isNull == true)
            #expect(try await server.send("GET", "/v1/work/why?limit=0", token: token).status == 422)
            #expect(try await server.send("GET", "/v1/work/why?after=x", token: token).status == 422)
            #expect(try await server.send("GET", "/v1/work/why").status == 401)
        }
    }

    @Test("figures are read without a token, in Prometheus' format")
    func metrics() async throws {
        let small = try await SmallMarket()
        _ = try await small.batch(small.draft("one"), tasks: 1)
        try await LiveServer.run(small.market) { server in
            let url = try #require(URL(string: "http://127.0.0.1:\(server.port)/metrics"))
            let (data, response) = try await LiveServer.session.answer(from: url)
            let type = (response as? HTTPURLResponse)?.value(forHTTPHeaderField: "Content-Type")
            #expect(type == "text/plain; version=0.0.4; charset=utf-8")
            #expect(String(decoding: data, as: UTF8.self).contains("\nguildhall_open_batches 1.0\n"))
        }
    }

    @Test("a suggestion comes with the work that it is for, and its worker sees what they made of it")
    func suggestion() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        let batch = try await small.batch(small.draft("one"), tasks: 0, publish: false)
        let stream = AsyncStream { stream in
            stream.yield(
                TaskDraft(
                    externalKey: "k", payload: ["text": "x"],
                    suggestion: TaskSuggestion(source: "m", version: "2", answer: ["label": "abcd"])
                ))
            stream.finish()
        }
        _ = try await AddTasks(market: small.market)(stream, to: batch, of: small.requester, by: small.manager)
        _ = try await PublishBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        let token = try await token(of: worker, in: small)
        try await LiveServer.run(small.market) { server in
            let claimed = try await server.send("POST", "/v1/claims", token: token, key: "k1", json: [:])
            let id = try #require(claimed.body["assignment_id"]?.stringValue)
            let lease = try #require(claimed.body["lease_token"])
            let work = try await server.send("GET", "/v1/work/\(id)", token: token)
            let shown: JSON = ["source": "m", "version": "2", "answer": ["label": "abcd"]]
            #expect(work.body["suggestion"] == shown)
            #expect(work.body["guideline"] == "Read and label.")
            let answer: JSON = ["lease_token": lease, "answer": ["label": "abxd"]]
            let path = "/v1/assignments/\(id)/submission"
            #expect(try await server.send("POST", path, token: token, key: "k2", json: answer).status == 200)
            let report = try await server.send("GET", "/v1/suggestion-report", token: token)
            let line = report.body["items"]?[0]
            #expect(line?["shown"] == 1 && line?["copies"] == 0 && line?["mean_distance_shown_bps"] == 2_500)
            #expect(try await server.send("GET", "/v1/suggestion-report", token: nil).status == 401)
        }
    }

    @Test("a repeated request gets the stored answer; another body under its key is refused")
    func idempotency() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        let batch = try await small.batch(small.draft("two"), tasks: 2)
        let token = try await token(of: worker, in: small)
        try await LiveServer.run(small.market) { server in
            let first = try await server.send("POST", "/v1/claims", token: token, key: "k", json: [:])
            let again = try await server.send("POST", "/v1/claims", token: token, key: "k", json: [:])
            #expect(first.status == 201 && again.status == 201)
            #expect(again.body == first.body)
            #expect(again.headers["idempotent-replayed"] == "true")
            let other: JSON = ["requester_id": .string("\(small.requester)"), "batch_id": .string("\(batch)")]
            let reused = try await server.send("POST", "/v1/claims", token: token, key: "k", json: other)
            #expect(reused.status == 422 && reused.code == "idempotency_key_reused")
        }
    }

    @Test("fifty copies of a request at once have one effect")
    func concurrentCopies() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        _ = try await small.batch(small.draft("many"), tasks: 10)
        let token = try await token(of: worker, in: small)
        try await LiveServer.run(small.market) { server in
            let answers = try await withThrowingTaskGroup(of: LiveServer.Answer.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await server.send("POST", "/v1/claims", token: token, key: "k", json: [:]) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let statuses = Set(answers.map(\.status))
            #expect(statuses.isSubset(of: [201, 409]))
            #expect(Set(answers.filter { $0.status == 201 }.map(\.body)).count == 1)
            #expect(answers.filter { $0.status == 409 }.allSatisfy { $0.code == "request_in_flight" })
            let work = try await server.send("GET", "/v1/work", token: token)
            #expect(work.body["items"]?.arrayValue?.count == 1)
        }
    }

    @Test("pages follow each other without gap or repetition")
    func pages() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        _ = try await small.batch(small.draft("five", minutes: 5), tasks: 5)
        let token = try await token(of: worker, in: small)
        for _ in 0..<5 { _ = try await small.claim(worker) }
        try await LiveServer.run(small.market) { server in
            var seen: [String] = []
            var path = "/v1/work?limit=2"
            while true {
                let page = try await server.send("GET", path, token: token)
                let items = page.body["items"]?.arrayValue ?? []
                seen += items.compactMap { $0["assignment"]?["assignment_id"]?.stringValue }
                guard let next = page.body["next"]?.stringValue else { break }
                path = "/v1/work?limit=2&before=\(next)"
            }
            #expect(seen.count == 5 && Set(seen).count == 5)
        }
    }

    @Test("a worker lists the batches that they could take work of, page by page, and asks why not another")
    func eligible() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        for name in ["b1", "b2", "b3"] { _ = try await small.batch(small.draft(name), tasks: 1) }
        let french = try await small.batch(small.draft("french", requirement: .language("fr")), tasks: 1)
        let token = try await token(of: worker, in: small)
        try await LiveServer.run(small.market) { server in
            var seen: [String] = []
            var path = "/v1/batches?limit=2"
            for _ in 0..<3 {
                let page = try await server.send("GET", path, token: token)
                seen += (page.body["items"]?.arrayValue ?? []).compactMap { $0["batch_id"]?.stringValue }
                guard let next = page.body["next"]?.stringValue else { break }
                path = "/v1/batches?limit=2&after=\(next)"
            }
            #expect(seen.count == 3 && Set(seen).count == 3)
            let first = try #require(seen.first)
            let could = try await server.send(
                "GET", "/v1/batches/\(small.requester)/\(first)/eligibility", token: token
            )
            #expect(could.status == 200 && could.body["eligible"] == true)
            let why = try await server.send(
                "GET", "/v1/batches/\(small.requester)/\(french)/eligibility", token: token
            )
            #expect(why.status == 200 && why.body["eligible"] == false && why.body["code"] == "not_eligible")
            #expect(why.body["failing"] == "requirement_language" && why.body["reason"] == "missing")
            #expect(why.body["rule"] == ["language": "fr"])
            for (path, code) in [
                ("?limit=0", "bad_input"), ("?limit=x", "bad_input"), ("?after=\(first)", "bad_input"),
                ("?after=\(small.requester)/\(small.requester)", "not_found"),
                ("/\(small.requester)/\(small.requester)/eligibility", "not_found"),
                ("/x/y/eligibility", "not_found"),
            ] {
                #expect(try await server.send("GET", "/v1/batches\(path)", token: token).code == code, "\(path)")
            }
        }
    }

    @Test("another worker's assignment does not exist")
    func foreign() async throws {
        let small = try await SmallMarket()
        let (ann, bob) = (try await small.lawyer("ann"), try await small.lawyer("bob"))
        _ = try await small.batch(small.draft("one"), tasks: 1)
        let work = try await small.claim(ann)
        let token = try await token(of: bob, in: small)
        try await LiveServer.run(small.market) { server in
            let requests: [(action: String, member: String?, value: JSON)] = [
                ("submission", "answer", ["label": "a"]), ("heartbeat", nil, .null), ("return", "reason", "unclear"),
            ]
            for (action, member, value) in requests {
                var body: [String: JSON] = ["lease_token": .integer(work.leaseToken)]
                if let member { body[member] = value }
                let answer = try await server.send(
                    "POST", "/v1/assignments/\(work.id)/\(action)", token: token, key: action, json: .object(body)
                )
                #expect(answer.status == 404 || answer.status == 409, "\(action): \(answer.status)")
            }
            let mine = try await server.send("GET", "/v1/work", token: token)
            #expect(mine.body["items"] == [])
        }
    }
}

@Suite("Bad requests", .scratchDatabase)
struct BadRequestTests {
    @Test("each bad request has its status and code, and the server lives on")
    func table() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        let token = try await IssueToken(market: small.market)(
            for: Principal.ID(worker.uuid), lifetime: 3_600, by: small.manager
        ).secret
        let path = "/v1/assignments/0190a000-0000-7000-8000-000000000000/submission"
        let deep = Array(#"{"lease_token":1,"answer":"#.utf8) + [UInt8](repeating: UInt8(ascii: "["), count: 512)
        let killer = [UInt8](repeating: UInt8(ascii: "["), count: 513)
        let rows: [(String, String, [UInt8]?, String?, Int, String)] = [
            ("POST", "/v1/claims", Array("{}".utf8), nil, 401, "not_authenticated"),
            ("POST", "/v1/claims", Array("{}".utf8), "gh_wrong", 401, "not_authenticated"),
            ("POST", path, killer, token, 400, "bad_json"),
            ("POST", path, deep, token, 400, "bad_json"),
            ("POST", path, Array("{\"a\":\"\\u0000\"}".utf8), token, 400, "bad_json"),
            ("POST", path, [0xff, 0xfe], token, 400, "bad_json"),
            ("POST", path, Array("{\"lease_token\":1e300,\"answer\":1}".utf8), token, 422, "bad_input"),
            ("POST", path, Array("{\"lease_token\":9223372036854775808}".utf8), token, 422, "bad_input"),
            ("POST", path, Array("{\"lease_token\":1}".utf8), token, 422, "bad_input"),
            ("POST", path, Array("{\"lease_token\":1,\"answer\":{}}".utf8), token, 404, "not_found"),
            ("POST", "/v1/assignments/nobody/submission", Array("{\"lease_token\":1}".utf8), token, 422, "bad_input"),
            ("POST", "/v1/claims", Array("{\"batch_id\":\"x\"}".utf8), token, 422, "bad_input"),
            ("POST", "/v1/claims", [UInt8](repeating: 0x20, count: 20_000), token, 413, "body_too_large"),
            ("GET", "/v1/work?limit=0", nil, token, 422, "bad_input"),
            ("GET", "/v1/work?limit=99999999999999999999", nil, token, 422, "bad_input"),
            ("GET", "/v1/work?before=x", nil, token, 422, "bad_input"),
            ("GET", "/v1/nothing", nil, token, 404, "no_such_path"),
        ]
        try await LiveServer.run(small.market) { server in
            for (method, path, body, token, status, code) in rows {
                let answer = try await server.send(method, path, token: token, key: "k", raw: body)
                let told = "\(answer.status) \(answer.code ?? "")"
                #expect(answer.status == status && answer.code == code, "\(method) \(path): \(told)")
            }
            let plain = try await server.send(
                "POST", "/v1/claims", token: token, key: "k", json: [:], contentType: "text/plain"
            )
            #expect(plain.status == 415)
            let keyless = try await server.send("POST", "/v1/claims", token: token, json: [:])
            #expect(keyless.code == "idempotency_key_missing")
            #expect(try await server.send("GET", "/health").status == 200)
        }
    }

    @Test("an answer that does not fit the schema is refused with paths, and may be mended under the same key")
    func invalidAnswer() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        _ = try await small.batch(small.draft("one"), tasks: 1)
        let work = try await small.claim(worker)
        let token = try await IssueToken(market: small.market)(
            for: Principal.ID(worker.uuid), lifetime: 3_600, by: small.manager
        ).secret
        try await LiveServer.run(small.market) { server in
            let path = "/v1/assignments/\(work.id)/submission"
            let bad: JSON = ["lease_token": .integer(work.leaseToken), "answer": ["label": 7]]
            let refused = try await server.send("POST", path, token: token, key: "k", json: bad)
            #expect(refused.status == 422 && refused.code == "invalid_answer")
            #expect(refused.body["detail"]?.stringValue?.contains("/label") == true)
            let good: JSON = ["lease_token": .integer(work.leaseToken), "answer": ["label": "a"]]
            #expect(try await server.send("POST", path, token: token, key: "k", json: good).status == 200)
        }
    }

    @Test("readiness says why not; liveness asks nobody")
    func health() async throws {
        let small = try await SmallMarket(wallet: 0)
        try await LiveServer.run(small.market, isReady: { "The database is empty." }) { server in
            let ready = try await server.send("GET", "/ready")
            #expect(ready.status == 503 && ready.body["detail"] == "The database is empty.")
            #expect(try await server.send("GET", "/health").status == 200)
        }
    }

    @Test("an expired token is no token")
    func expired() async throws {
        let small = try await SmallMarket(wallet: 0)
        let worker = try await small.worker("ann")
        let token = try await IssueToken(market: small.market)(
            for: Principal.ID(worker.uuid), lifetime: 60, by: small.manager
        ).secret
        try await LiveServer.run(small.market) { server in
            let before = try await server.send("GET", "/v1/work", token: token)
            #expect(before.status == 200)
            Scratch.clock.advance(by: 61)
            let after = try await server.send("GET", "/v1/work", token: token)
            #expect(after.status == 401)
        }
    }
}
