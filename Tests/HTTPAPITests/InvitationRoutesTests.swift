import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Who lets whom sign in, over HTTP", .scratchDatabase)
struct InvitationRoutesTests {
    private func token(of person: Principal.ID, in small: SmallMarket) async throws -> String {
        try await IssueToken(market: small.market)(for: person, lifetime: 3_600, by: small.manager).secret
    }

    @Test("one operator's key makes nobody sign in as somebody who may do more, nor hands out another's token")
    func oneOperator() async throws {
        let small = try await SmallMarket()
        let held = try await IssueToken(market: small.market)(for: small.checker, lifetime: 3_600, by: small.manager)
        let (own, other) = (try await token(of: small.manager, in: small), try await token(of: small.second, in: small))
        let worker = try await small.worker("ann")
        try await LiveServer.run(small.market) { server in
            func state(_ person: Principal.ID, _ email: String, _ token: String) async throws -> JSON? {
                try await server.send(
                    "POST", "/v1/invitations", token: token, key: UUID().uuidString,
                    json: ["person": .string("\(person)"), "email": .string(email)]
                ).body["state"]
            }
            #expect(try await state(small.checker, "mine@example.org", own) == "proposed")
            #expect(try await state(small.checker, "mine@example.org", own) == "proposed")
            // Another one has another address in mind.
            #expect(try await state(small.checker, "theirs@example.org", other) == "proposed")
            let sink = Letters()
            _ = try await DeliverNotices(market: small.market)(through: sink)
            #expect(await sink.codes.isEmpty)
            #expect(try await state(small.checker, "theirs@example.org", own) == "sent")
            // A worker who was never here is invited by one; who has a key since is not.
            #expect(try await state(Principal.ID(worker.uuid), "ann@example.org", own) == "sent")
            _ = try await IssueToken(market: small.market)(
                for: Principal.ID(worker.uuid), lifetime: 3_600, by: small.manager)
            #expect(try await state(Principal.ID(worker.uuid), "ann@example.org", own) == "proposed")
            let rotated = try await server.send(
                "POST", "/v1/tokens/\(held.id)/rotation", token: own, key: "r", json: [:])
            #expect(rotated.status == 404 && rotated.body["token"] == nil)
            // Nor ends it, whatever the audit log says of its id.
            #expect(try await server.send("DELETE", "/v1/tokens/\(held.id)", token: own).status == 404)
            #expect(try await server.send("GET", "/v1/tokens", token: held.secret).status == 200)
            #expect(try await server.send("DELETE", "/v1/tokens/\(held.id)", token: held.secret).status == 200)
        }
    }

    @Test("whoever has not got the answer to an invitation is told again that it was sent, and its letter stays good")
    func lostAnswer() async throws {
        let small = try await SmallMarket()
        let first = try await token(of: small.manager, in: small)
        let second = try await token(of: small.second, in: small)
        let body: JSON = ["person": .string("\(small.checker)"), "email": "theirs@example.org"]
        try await LiveServer.run(small.market) { server in
            func invite(_ token: String, key: String?) async throws -> LiveServer.Answer {
                try await server.send("POST", "/v1/invitations", token: token, key: key, json: body)
            }
            #expect(try await invite(first, key: nil).code == "idempotency_key_missing")
            #expect(try await invite(first, key: "k").body["state"] == "proposed")
            #expect(try await invite(second, key: "k").body["state"] == "sent")
            let again = try await invite(second, key: "k")
            #expect(again.body["state"] == "sent" && again.headers["idempotent-replayed"] == "true")
            #expect(try await small.count("select count(*) as n from sign_in_ticket where used_at is null") == 1)
            #expect(try await small.count("select count(*) as n from operator_proposal") == 0)
        }
    }
}

/// Keeps the codes of letters.
actor Letters: NoticeSink {
    private(set) var codes: [JSON] = []

    func deliver(_ letters: [Letter]) async -> [Notice.ID: LetterOutcome] {
        codes += letters.compactMap { $0.notice.facts["code"] }
        return Dictionary(letters.map { ($0.notice.id, .delivered) }, uniquingKeysWith: { first, _ in first })
    }
}
