import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes of judgement", .scratchDatabase)
struct ReviewRoutesTests {
    private func token(of person: Principal.ID, in small: SmallMarket) async throws -> String {
        try await IssueToken(market: small.market)(for: person, lifetime: 3_600, by: small.manager).secret
    }

    @Test("an answer is sent back, handed in again, rejected, appealed, and paid after all")
    func whole() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let work = try await small.claim(ann, small.batch(small.draft("b"), tasks: 1))
        try await small.submit(work)
        let worker = try await token(of: Principal.ID(ann.uuid), in: small)
        let reviewer = try await token(of: small.reviewer, in: small)
        let other = try await token(of: small.second, in: small)
        let queue = "/v1/reviews/\(small.requester)/\(work.batch)"
        let item = "\(queue)/\(work.id)"
        try await LiveServer.run(small.market) { server in
            let waiting = try await server.send("GET", queue, token: reviewer)
            #expect(waiting.body["items"]?.arrayValue?.count == 1)
            #expect(!"\(waiting.body)".contains("\(ann)"))
            #expect(try await server.send("GET", queue, token: worker).status == 403)
            let read = try await server.send("GET", item, token: reviewer)
            #expect(read.body["answer"] == ["label": "a"])
            #expect(!"\(read.body)".contains("\(ann)"))
            let back = try await server.send(
                "POST", item + "/back", token: reviewer, key: "1", json: ["reasons": "More."])
            #expect(back.status == 200 && back.body["answer_until"] != nil)
            let early = try await server.send(
                "POST", item, token: reviewer, key: "2", json: ["verdict": "accepted"])
            #expect(early.status == 409 && early.code == "sent_back")
            let open = try await server.send("GET", "/v1/reworks", token: worker)
            #expect(open.body["items"]?.arrayValue?.count == 1)
            let revision: JSON = ["answer": ["label": "b"], "active_seconds": 5]
            let again = try await server.send(
                "POST", "/v1/assignments/\(work.id)/revision", token: worker, key: "3", json: revision)
            #expect(again.status == 200, "\(again.body)")
            let verdict: JSON = [
                "verdict": "rejected", "reasons": "Not so.", "rule": "not_in_the_text",
                "fields": [["field": "label", "mark": "wrong", "quote": "b"]],
            ]
            let judged = try await server.send("POST", item, token: reviewer, key: "4", json: verdict)
            #expect(judged.status == 200 && judged.body["stage"] == "final", "\(judged.body)")
            let decision = try #require(judged.body["decision"]?.stringValue)
            let mine = try await server.send("GET", "/v1/decisions", token: worker)
            #expect(mine.body["items"]?.arrayValue?.first?["rule"] == "not_in_the_text")
            #expect(!"\(mine.body)".contains("\(small.reviewer)"))
            let path = "/v1/decisions/\(decision)/appeal"
            let filed = try await server.send("POST", path, token: worker, key: "5", json: ["statement": "It is."])
            #expect(filed.status == 201)
            let foreign = try await server.send("POST", path, token: reviewer, key: "6", json: ["statement": "No."])
            #expect(foreign.status == 404)
            let appeal = try #require(filed.body["appeal"]?.stringValue)
            #expect(try await server.send("GET", "/v1/appeals", token: worker).status == 403)
            let register = try await server.send("GET", "/v1/appeals", token: other)
            #expect(register.body["items"]?.arrayValue?.count == 1)
            let answered = try await server.send(
                "POST", "/v1/appeals/\(appeal)/answer", token: other, key: "7",
                json: ["verdict": "overturned", "answer": "You are right."])
            #expect(answered.body["remedy"]?["amount_minor"] == .integer(SmallMarket.pay), "\(answered.body)")
            let figures = try await server.send("GET", "/v1/decision-statistics")
            #expect(figures.body["items"]?.arrayValue?.first?["overturned"] == 1)
            #expect(!"\(figures.body)".contains("\(ann)"))
        }
        #expect(try await small.balance(.payable(to: ann, small.usd)) == SmallMarket.pay)
        #expect(try await small.ills() == [])
    }
}
