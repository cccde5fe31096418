import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes that change something", .scratchDatabase)
struct WriteRoutesTests {
    private func token(of worker: Worker.ID, in market: SmallMarket) async throws -> String {
        try await IssueToken(market: market.market)(
            for: Principal.ID(worker.uuid), lifetime: 3_600, by: market.manager
        ).secret
    }

    @Test("heartbeat, draft and return want a key, and give a repeat the stored answer")
    func lease() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        _ = try await small.batch(small.draft("one"), tasks: 1)
        let work = try await small.claim(worker)
        let token = try await token(of: worker, in: small)
        try await LiveServer.run(small.market) { server in
            let requests: [(method: String, action: String, body: JSON)] = [
                ("POST", "heartbeat", ["lease_token": .integer(work.leaseToken), "seconds": 60]),
                ("PUT", "draft", ["lease_token": .integer(work.leaseToken), "answer": ["half": true]]),
                ("POST", "return", ["lease_token": .integer(work.leaseToken), "reason": "unclear"]),
            ]
            for (method, action, body) in requests {
                let path = "/v1/assignments/\(work.id)/\(action)"
                let keyless = try await server.send(method, path, token: token, json: body)
                #expect(keyless.status == 400 && keyless.code == "idempotency_key_missing", "\(action)")
                let first = try await server.send(method, path, token: token, key: "k", json: body)
                #expect(first.status == 200, "\(action): \(first.body)")
                Scratch.clock.advance(by: 1)
                let again = try await server.send(method, path, token: token, key: "k", json: body)
                #expect(again.status == 200 && again.body == first.body, "\(action)")
                #expect(again.headers["idempotent-replayed"] == "true", "\(action)")
                var other = try #require(body.objectValue)
                other["lease_token"] = 99
                let reused = try await server.send(method, path, token: token, key: "k", json: .object(other))
                #expect(reused.status == 422 && reused.code == "idempotency_key_reused", "\(action)")
            }
        }
        #expect(try await small.count("select count(*) as n from task_return") == 1)
        #expect(try await small.ills() == [])
    }

    @Test("a repeat while the first is under way, and a server that is not ready, say when to come back")
    func retryAfter() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        _ = try await small.batch(small.draft("one"), tasks: 1)
        let token = try await token(of: worker, in: small)
        try await LiveServer.run(small.market, isReady: { "Not yet." }) { server in
            let answers = try await Scratch.asOwner { transaction in
                try await transaction.execute("select from worker where worker_id = \(worker) for update")
                return try await withThrowingTaskGroup(of: LiveServer.Answer.self) { group in
                    for _ in 0..<2 {
                        group.addTask { try await server.send("POST", "/v1/claims", token: token, key: "k", json: [:]) }
                    }
                    // One waits for the worker, who is held; the other finds it under way.
                    let first = try await group.next()
                    group.cancelAll()
                    return first
                }
            }
            #expect(answers?.status == 409 && answers?.code == "request_in_flight")
            #expect(answers?.headers["retry-after"] == "1")
            let ready = try await server.send("GET", "/ready")
            #expect(ready.status == 503 && ready.headers["retry-after"] == "1")
        }
    }

    @Test("a worker lists offers, declines one and accepts another, once each")
    func offers() async throws {
        let small = try await SmallMarket()
        let (worker, other) = (try await small.lawyer("ann"), try await small.lawyer("bob"))
        var offers: [Offer.ID] = []
        for name in ["b1", "b2"] {
            let batch = try await small.batch(small.draft(name, door: .offer), tasks: 1)
            offers.append(
                try await MakeOffer(market: small.market)(
                    of: batch, from: small.requester, to: worker, reason: ["why": "secret"],
                    answerBy: Scratch.clock.now() + 600, by: small.manager))
            Scratch.clock.advance(by: 1)
        }
        let (first, second) = (offers[0], offers[1])
        let (token, theirs) = (try await token(of: worker, in: small), try await token(of: other, in: small))
        try await LiveServer.run(small.market) { server in
            let page = try await server.send("GET", "/v1/offers?limit=1", token: token)
            #expect(page.body["items"]?[0]?["offer_id"] == .string("\(second)"))
            #expect(page.body["items"]?[0]?["state"] == "open" && page.body["items"]?[0]?["reason"] == nil)
            let rest = try await server.send("GET", "/v1/offers?before=\(second)", token: token)
            #expect(rest.body["items"]?.arrayValue?.count == 1 && rest.body["next"]?.isNull == true)
            #expect(try await server.send("GET", "/v1/offers?before=x", token: token).status == 422)
            #expect(try await server.send("GET", "/v1/offers", token: theirs).body["items"] == [])
            let foreign = try await server.send(
                "POST", "/v1/offers/\(first)/accept", token: theirs, key: "k", json: [:])
            #expect(foreign.status == 404)
            for (offer, verb, status) in [(first, "decline", 200), (second, "accept", 201)] {
                let path = "/v1/offers/\(offer)/\(verb)"
                #expect(try await server.send("POST", path, token: token, json: [:]).status == 400)
                let done = try await server.send("POST", path, token: token, key: "k", json: [:])
                #expect(done.status == status)
                let again = try await server.send("POST", path, token: token, key: "k", json: [:])
                #expect(again.status == status && again.body == done.body)
                let late = try await server.send("POST", path, token: token, key: "other", json: [:])
                #expect(late.status == 409 && late.code == "offer_not_open")
            }
        }
        #expect(try await small.count("select count(*) as n from assignment") == 1)
        #expect(try await small.ills() == [])
    }

    @Test("a worker's suggestion report goes on where its page ended")
    func suggestionPages() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        let batch = try await small.batch(small.draft("one"), tasks: 0, publish: false)
        let (stream, more) = AsyncStream<TaskDraft>.makeStream()
        for source in ["a/b", "c d"] {
            more.yield(
                TaskDraft(
                    externalKey: source, payload: ["text": "x"],
                    suggestion: TaskSuggestion(source: source, version: "1", answer: ["label": "a"])))
        }
        more.finish()
        _ = try await AddTasks(market: small.market)(stream, to: batch, of: small.requester, by: small.manager)
        _ = try await PublishBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        for _ in 0..<2 { try await small.submit(small.claim(worker)) }
        let token = try await token(of: worker, in: small)
        try await LiveServer.run(small.market) { server in
            let first = try await server.send("GET", "/v1/suggestion-report?limit=1", token: token)
            #expect(first.body["items"]?[0]?["source"] == "a/b")
            #expect(first.body["next"] == ["after": "a/b", "after_version": "1"])
            let path = "/v1/suggestion-report?limit=2&after=a%2Fb&after_version=1"
            let second = try await server.send("GET", path, token: token)
            #expect(second.body["items"]?.arrayValue?.map { $0["source"] } == ["c d"])
            #expect(second.body["next"]?.isNull == true)
            #expect(
                try await server.send("GET", "/v1/suggestion-report?after=x", token: token).status == 422)
        }
    }
}
