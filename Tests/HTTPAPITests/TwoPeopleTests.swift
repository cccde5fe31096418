import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

/// What two people must do, by somebody who holds the roles of both and comes with another key the second time.
@Suite("Two people over HTTP", .scratchDatabase)
struct TwoPeopleTests {
    /// The keys of somebody with both roles, and of somebody else who may do the second step.
    private struct Keys: Sendable {
        let first: String
        let second: String
        let other: String
    }

    /// A step that somebody has prepared, and another person takes.
    private struct Step {
        let path: String
        let code: String
        var body: JSON = [:]
    }

    private func finance(_ small: SmallMarket) async throws -> Keys {
        let both = try await CreatePrincipal(market: small.market)(
            .person, named: "Both", roles: [.financeMaker, .financeChecker], by: small.manager)
        return Keys(
            first: try await small.bearer(both), second: try await small.bearer(both),
            other: try await small.bearer(small.checker))
    }

    /// Whoever prepared is refused with either of their keys, and somebody else is not.
    private func take(_ step: Step, with keys: Keys, of server: LiveServer) async throws {
        for (place, token) in [keys.first, keys.second].enumerated() {
            let refused = try await server.send(
                "POST", step.path, token: token, key: "own-\(place)", json: step.body)
            #expect(refused.status == 403 && refused.code == step.code, "\(step.path): \(refused.body)")
        }
        let taken = try await server.send("POST", step.path, token: keys.other, key: "other", json: step.body)
        #expect(taken.status == 200, "\(step.path): \(taken.body)")
    }

    /// What was made by a request, by the member that names it.
    private func made(
        _ path: String, _ body: JSON, _ member: String, with token: String, of server: LiveServer
    ) async throws -> (id: String, whole: JSON) {
        let answer = try await server.send("POST", path, token: token, key: "make", json: body)
        #expect(answer.status == 201, "\(path): \(answer.body)")
        return (try #require(answer.body[member]?.stringValue), answer.body)
    }

    @Test("who prepares a voucher neither posts nor refuses it, whatever roles and keys they hold")
    func voucher() async throws {
        let small = try await SmallMarket()
        let keys = try await finance(small)
        let order: JSON = [
            "kind": "write_off", "requester": .string("\(small.requester)"), "amount_minor": 100, "currency": "USD",
            "reference": "V-1", "reason": "Goodwill.",
        ]
        let before = try await small.balance(.wallet(of: small.requester, small.usd))
        try await LiveServer.run(small.market) { server in
            let (id, _) = try await made("/v1/vouchers", order, "voucher", with: keys.first, of: server)
            let refuse = try await server.send(
                "POST", "/v1/vouchers/\(id)/refuse", token: keys.second, key: "refuse", json: [:])
            #expect(refuse.status == 403 && refuse.code == "voucher_same_person", "\(refuse.body)")
            #expect(try await small.balance(.wallet(of: small.requester, small.usd)) == before)
            try await take(Step(path: "/v1/vouchers/\(id)/post", code: "voucher_same_person"), with: keys, of: server)
            func rounding(_ minor: Int64, key: String) async throws -> Int {
                let order: JSON = [
                    "kind": "rounding_charge", "amount_minor": .integer(minor), "currency": "USD",
                    "reference": .string(key), "reason": "The bank rounds up.",
                ]
                return try await server.send("POST", "/v1/vouchers", token: keys.first, key: key, json: order).status
            }
            #expect(try await rounding(11, key: "much") == 422)
            #expect(try await rounding(10, key: "little") == 201)
        }
        #expect(try await small.balance(.wallet(of: small.requester, small.usd)) == before + 100)
        #expect(try await small.ills() == [])
    }

    @Test("who proposes a clawback or enters a tax claim decides neither; who prepares a payout does not approve it")
    func pay() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        try await small.earn(ann, small.batch(small.draft("one"), tasks: 1))
        let keys = try await finance(small)
        let earning: UUID = try await small.market.database.read {
            try await $0.oneRow("select transfer_id from earning")["transfer_id"]
        }
        try await LiveServer.run(small.market) { server in
            let mistake: JSON = [
                "worker": .string("\(ann)"), "rule": "paid_by_mistake",
                "items": [["earning": .string(earning.uuidString.lowercased()), "amount_minor": 500]],
                "reasons": "Paid twice.", "reference": "CB-1",
            ]
            let (clawback, _) = try await made("/v1/clawbacks", mistake, "clawback", with: keys.first, of: server)
            let decide = Step(
                path: "/v1/clawbacks/\(clawback)/decide", code: "clawback_same_person", body: ["take_back": false])
            try await take(decide, with: keys, of: server)
            let entered: JSON = [
                "kind": "special", "month": "2026-03", "amount_minor": 120_000, "currency": "CNY",
                "evidence": "Slip, folder 7", "reference": "TC-1",
            ]
            let (claim, _) = try await made(
                "/v1/workers/\(ann)/tax-claims", entered, "claim", with: keys.first, of: server)
            try await take(
                Step(path: "/v1/tax-claims/\(claim)/verify", code: "tax_claim_same_person"), with: keys, of: server)
            let (payout, whole) = try await made(
                "/v1/payouts", ["currency": "USD"], "payout", with: keys.first, of: server)
            let hash = try #require(whole["content_hash"])
            let approve = Step(
                path: "/v1/payouts/\(payout)/approve", code: "second_person_needed", body: ["content_hash": hash])
            try await take(approve, with: keys, of: server)
        }
        #expect(try await small.ills() == [])
    }

    @Test("who prepares a version of the rate card, or the end of one, does not approve it")
    func rates() async throws {
        let small = try await SmallMarket()
        let keys = try await finance(small)
        Scratch.clock.advance(by: 1)
        try await LiveServer.run(small.market) { server in
            let body: JSON = ["card": OneRate.card(2_500)]
            let drafted = try await server.send("POST", "/v1/rate-cards", token: keys.first, key: "a", json: body)
            let hash = try #require(drafted.body["content_hash"], "\(drafted.body)")
            let approve = Step(
                path: "/v1/rate-cards/2/approve", code: "rate_approver_is_maker", body: ["content_hash": hash])
            try await take(approve, with: keys, of: server)
            let at = Scratch.clock.now().addingTimeInterval(60).formatted(.iso8601)
            let (ending, _) = try await made(
                "/v1/rate-cards/1/endings", ["at": .string(at)], "ending", with: keys.first, of: server)
            let end = Step(path: "/v1/rate-cards/1/endings/\(ending)/approve", code: "rate_approver_is_maker")
            try await take(end, with: keys, of: server)
        }
        #expect(try await small.ills() == [])
    }

    @Test("an operator who has verified a paper does not confirm it with another key")
    func credential() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let paper = try await SubmitCredential(market: small.market)(
            CredentialSubmission(
                profession: .lawyer, kind: .barAdmission, issuer: "NJ", jurisdiction: "US-NJ", number: "NJ-1",
                issuedOn: try #require(CalendarDate(iso: "2015-01-01")), expiresOn: CalendarDate(iso: "2027-01-01")
            ),
            of: ann, by: Principal.ID(ann.uuid))
        let keys = Keys(
            first: try await small.bearer(small.manager), second: try await small.bearer(small.manager),
            other: try await small.bearer(small.second))
        try await LiveServer.run(small.market) { server in
            let verified = try await server.send(
                "POST", "/v1/credentials/\(paper)/verify", token: keys.first, key: "verify", json: [:])
            #expect(verified.status == 200, "\(verified.body)")
            try await take(
                Step(path: "/v1/credentials/\(paper)/confirm", code: "same_verifier"), with: keys, of: server)
        }
        #expect(try await small.ills() == [])
    }
}
