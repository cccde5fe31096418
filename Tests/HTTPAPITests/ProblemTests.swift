import Formats
import Foundation
import FoundationNetworking
import HTTPAPI
import Marketplace
import TestSupport
import Testing

@Suite("How requests are read and refused", .scratchDatabase)
struct ProblemTests {
    private func token(of id: Principal.ID, _ small: SmallMarket) async throws -> String {
        try await IssueToken(market: small.market)(for: id, lifetime: 36_000, by: small.manager).secret
    }

    @Test("a problem has type, title, status, code, request id, and the places that are wrong")
    func places() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        let token = try await token(of: Principal.ID(worker.uuid), small)
        try await LiveServer.run(small.market) { server in
            let bad = try await server.send(
                "POST", "/v1/claims", token: token, key: "k", json: ["count": 0, "batch_id": "x", "what": 1])
            #expect(bad.status == 422 && bad.code == "bad_input")
            #expect(bad.headers["content-type"] == "application/problem+json")
            #expect(bad.body["request_id"]?.stringValue == bad.headers["x-request-id"])
            #expect(bad.body["title"] == "Unprocessable Content" && bad.body["instance"] == "/v1/claims")
            #expect(bad.body["type"] == "/docs#bad_input")
            let pointers = bad.body["errors"]?.arrayValue?.compactMap { $0["pointer"]?.stringValue }
            #expect(pointers?.sorted() == ["/batch_id", "/count", "/what"])
            for (query, name) in [
                ("limit=0", "limit"), ("limit=x", "limit"), ("limit=1&limit=2", "limit"), ("befor=x", "befor"),
                ("before=x", "before"), ("fields=nothing", "fields"), ("fields=", "fields"),
            ] {
                let refused = try await server.send("GET", "/v1/work?\(query)", token: token)
                #expect(refused.status == 422, "\(query)")
                #expect(refused.body["errors"]?[0]?["parameter"]?.stringValue == name, "\(query)")
            }
        }
    }

    @Test("an answer's faults are told by their place in the body")
    func answer() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        _ = try await small.batch(small.draft("one"), tasks: 1)
        let work = try await small.claim(worker)
        let token = try await token(of: Principal.ID(worker.uuid), small)
        try await LiveServer.run(small.market) { server in
            let refused = try await server.send(
                "POST", "/v1/assignments/\(work.id)/submission", token: token, key: "k",
                json: ["lease_token": .integer(work.leaseToken), "answer": ["label": 1]])
            #expect(refused.status == 422 && refused.code == "invalid_answer")
            #expect(refused.body["errors"]?[0]?["pointer"] == "/answer/label")
        }
    }

    @Test("unknown paths, methods, kinds and sizes of bodies have statuses and codes of their own")
    func edges() async throws {
        let small = try await SmallMarket()
        let token = try await token(of: small.manager, small)
        try await LiveServer.run(small.market) { server in
            let nowhere = try await server.send("GET", "/v1/nowhere", token: token)
            #expect(nowhere.status == 404 && nowhere.code == "no_such_path")
            for method in ["PATCH", "DELETE", "PUT", "TRACE"] {
                let other = try await server.send(method, "/v1/claims", token: token)
                #expect(other.status == 405 && other.code == "method_not_allowed", "\(method)")
                #expect(other.headers["allow"] == "POST, OPTIONS")
            }
            let options = try await server.send("OPTIONS", "/v1/offers/x/accept")
            #expect(options.status == 204 && options.headers["allow"] == "POST, OPTIONS")
            let head = try await server.send("HEAD", "/v1/people", token: token)
            #expect(head.status == 200 && head.headers["etag"] != nil && head.body == .null)
            let text = try await server.send(
                "POST", "/v1/claims", token: token, key: "k", raw: Array("{}".utf8), contentType: "text/plain")
            #expect(text.status == 415 && text.code == "unsupported_media_type")
            let large = try await server.send(
                "POST", "/v1/claims", token: token, key: "k", raw: [UInt8](repeating: 0x20, count: 17 << 10))
            #expect(large.status == 413 && large.code == "body_too_large")
            #expect(try await server.send("GET", "/health").status == 200)
        }
    }

    @Test("fields cuts each item, and what If-None-Match names is not sent again until it changes")
    func sparse() async throws {
        let small = try await SmallMarket()
        let token = try await token(of: small.manager, small)
        try await LiveServer.run(small.market) { server in
            let cut = try await server.send("GET", "/v1/people?fields=name,roles&limit=2", token: token)
            #expect(cut.status == 200)
            for item in cut.body["items"]?.arrayValue ?? [] {
                #expect(Set((item.objectValue ?? [:]).keys) == ["name", "roles"])
            }
            #expect(cut.body["next"]?.stringValue != nil)
            let whole = try await server.send("GET", "/v1/people", token: token)
            let tag = try #require(whole.headers["etag"])
            let known = ["If-None-Match": tag]
            let same = try await server.send("GET", "/v1/people", token: token, headers: known)
            #expect(same.status == 304 && same.headers["etag"] == tag)
            _ = try await CreatePrincipal(market: small.market)(
                .person, named: "New", roles: [.reviewer], by: small.manager)
            #expect(try await server.send("GET", "/v1/people", token: token, headers: known).status == 200)
        }
    }

    @Test("who asks too often waits, by key, and the rest does not")
    func rates() async throws {
        let small = try await SmallMarket()
        let (one, other) = (try await token(of: small.manager, small), try await token(of: small.second, small))
        var settings = ServerSettings()
        settings.requestsPerMinute = 3
        try await LiveServer.run(small.market, settings: settings) { server in
            for left in [2, 1, 0] {
                let answer = try await server.send("GET", "/v1/work", token: one)
                #expect(answer.status == 200)
                #expect(answer.headers["ratelimit"]?.hasPrefix("\"default\";r=\(left);t=") == true)
                #expect(answer.headers["ratelimit-policy"] == "\"default\";q=3;w=60")
            }
            let late = try await server.send("GET", "/v1/work", token: one)
            #expect(late.status == 429 && late.code == "rate_limited")
            #expect(late.headers["retry-after"].flatMap { Int($0) }.map { (1...61).contains($0) } == true)
            #expect(late.headers["ratelimit"]?.hasPrefix("\"default\";r=0;t=") == true)
            #expect(try await server.send("GET", "/v1/work", token: other).status == 200)
            // What is refused is counted, and says so.
            let bad = try await server.send("GET", "/v1/work?limit=0", token: other)
            #expect(bad.status == 422 && bad.headers["ratelimit"]?.hasPrefix("\"default\";r=1;t=") == true)
            let health = try await server.send("GET", "/health")
            #expect(health.status == 200 && health.headers["ratelimit"] == nil)
        }
    }
}
