import Formats
import Foundation
import HTTPAPI
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Routes of cases and records", .scratchDatabase)
struct QualityRoutesTests {
    private func token(of person: Principal.ID, in small: SmallMarket) async throws -> String {
        try await IssueToken(market: small.market)(for: person, lifetime: 3_600, by: small.manager).secret
    }

    /// A case about a worker's answer to a batch, as a screen would have put it there.
    private func suspect(_ work: Assignment, _ signal: SignalKind, in small: SmallMarket) async throws -> QualityCase.ID
    {
        let suspicion = try QualitySuspicion(
            signal, scoreMilli: 5_000, workers: [work.worker], tasks: [work.task], facts: ["fast": 9])
        return try await small.market.change { change in
            let put = try await change.transaction.putEvidence(
                suspicion, in: Batch.Key(requester: work.requester, id: work.batch), id: change.make())
            let id = try #require(put).id
            try await change.record(
                "quality_case_opened", by: small.manager, on: "quality_case", id.uuid, in: .requester(work.requester))
            return id
        }
    }

    @Test("operators list, show and decide cases, once; their workers cannot see them, but the decision")
    func cases() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let work = try await small.claim(ann, small.batch(small.draft("b"), tasks: 1))
        try await small.submit(work)
        let first = try await suspect(work, .speed, in: small)
        Scratch.clock.advance(by: 1)
        let second = try await suspect(work, .gold, in: small)
        let worker = try await token(of: Principal.ID(ann.uuid), in: small)
        let operators = try await token(of: small.second, in: small)
        let path = "/v1/quality/cases"
        try await LiveServer.run(small.market) { server in
            let page = try await server.send("GET", path + "?limit=1", token: operators)
            #expect(page.body["items"]?[0]?["case"] == .string("\(first)") && page.body["next"] == .string("\(first)"))
            let rest = try await server.send("GET", path + "?after=\(first)", token: operators)
            #expect(rest.body["items"]?[0]?["signal"] == "gold" && rest.body["items"]?.arrayValue?.count == 1)
            #expect(try await server.send("GET", path, token: worker).status == 403)
            #expect(try await server.send("GET", path + "/\(first)", token: worker).status == 403)
            #expect(try await server.send("GET", path + "?state=x", token: operators).status == 422)
            #expect(try await server.send("GET", path + "/\(small.requester)", token: operators).status == 404)
            let shown = try await server.send("GET", path + "/\(first)", token: operators)
            #expect(shown.body["evidence"]?[0]?["facts"] == ["fast": 9])
            #expect(shown.body["evidence"]?[0]?["tasks"] == [.string("\(work.task)")])
            let dismiss = path + "/\(first)/dismiss"
            #expect(
                try await server.send("POST", dismiss, token: worker, key: "1", json: ["reasons": "No."]).status == 403)
            for _ in 0..<2 {
                let done = try await server.send("POST", dismiss, token: operators, key: "2", json: ["reasons": "No."])
                #expect(done.status == 200 && done.body["state"] == "dismissed")
            }
            let again = try await server.send("POST", dismiss, token: operators, key: "3", json: ["reasons": "No."])
            #expect(again.status == 409 && again.code == "case_decided")
            let uphold = path + "/\(second)/uphold"
            let other = try await server.send(
                "POST", uphold, token: operators, key: "4",
                json: ["reasons": "Yes.", "exclude": [.string("\(small.requester)")]])
            #expect(other.status == 422 && other.code == "worker_not_concerned")
            let done = try await server.send(
                "POST", uphold, token: operators, key: "5", json: ["reasons": "Yes.", "exclude": [.string("\(ann)")]])
            #expect(done.status == 200 && done.body["state"] == "upheld", "\(done.body)")
            let decisions = try await server.send("GET", "/v1/decisions", token: worker)
            #expect(decisions.body["items"]?[0]?["kind"] == "exclusion")
            #expect(!"\(decisions.body)".contains("\(small.second)"))
        }
        #expect(try await small.ills() == [])
    }

    @Test("a worker reads their own record, and gets it signed")
    func record() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        try await small.earn(ann, small.batch(small.draft("b"), tasks: 2), tasks: 2)
        let worker = try await token(of: Principal.ID(ann.uuid), in: small)
        try await LiveServer.run(small.market) { server in
            let read = try await server.send("GET", "/v1/record", token: worker)
            #expect(read.body["lines"]?[0]?["counted"]?["accepted"] == 2)
            let signed = try await server.send("GET", "/v1/record/signed", token: worker)
            let key = try #require(small.market.keys?.recordKey?.publicHexadecimal)
            #expect(try VerifyQualityRecord.check(signed.body, by: key)["worker"] == .string("\(ann)"))
            #expect(try await server.send("GET", "/v1/record", token: "x").status == 401)
            let reviewer = try await token(of: small.reviewer, in: small)
            #expect(try await server.send("GET", "/v1/record", token: reviewer).status == 404)
        }
    }
}
