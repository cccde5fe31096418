import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Agreements", .scratchDatabase)
struct AgreementTests {
    private func publish(
        _ small: SmallMarket, _ kind: String, _ body: String, from: Date? = nil
    ) async throws -> Agreement {
        try await PublishAgreement(market: small.market)(
            kind: kind, title: "Text", body: body, validFrom: from, by: small.manager
        )
    }

    private func accept(_ small: SmallMarket, _ agreement: Agreement, _ worker: Worker.ID) async throws -> Date {
        try await AcceptAgreement(market: small.market)(
            agreement.kind, version: agreement.version, hash: agreement.hash, by: Principal.ID(worker.uuid)
        )
    }

    private func due(_ small: SmallMarket, _ worker: Worker.ID) async throws -> [String] {
        try await DueAgreements(market: small.market)(of: worker, by: small.manager).map {
            "\($0.agreement.kind)@\($0.agreement.version)" + ($0.isCurrent ? "" : " announced")
        }
    }

    private func counts(_ small: SmallMarket, _ worker: Worker.ID, at instant: Date) async throws -> Bool {
        try await small.market.database.read { try await $0.hasAcceptedCurrent("nda", worker, at: instant) }
    }

    @Test("of a new version ask again: from its first instant, an acceptance of the old one does not count")
    func newVersionAsksAgain() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        let one = try await publish(small, "nda", "one")
        #expect(try await due(small, worker) == ["nda@1"])
        #expect(try await accept(small, one, worker) == Scratch.start)
        #expect(try await due(small, worker) == [])
        let turn = Scratch.start + 3_600
        let two = try await publish(small, "nda", "two", from: turn)
        #expect(two.version == 2)
        #expect(try await due(small, worker) == ["nda@2 announced"])
        #expect(try await counts(small, worker, at: turn - 0.001))
        #expect(try await !counts(small, worker, at: turn))
        Scratch.clock.advance(by: 3_600)
        #expect(try await due(small, worker) == ["nda@2"])
        #expect(try await accept(small, two, worker) == turn)
        #expect(try await counts(small, worker, at: turn))
        #expect(try await due(small, worker) == [])
        #expect(try await counts(small, worker, at: Scratch.start), "the past has the answer that it had")
    }

    @Test("that were announced can be accepted beforehand, and count from their first instant")
    func announced() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        let first = try await publish(small, "nda", "one", from: Scratch.start + 60)
        #expect(try await accept(small, first, worker) == Scratch.start)
        #expect(try await !counts(small, worker, at: Scratch.start))
        #expect(try await counts(small, worker, at: Scratch.start + 60))
    }

    @Test("are accepted once, with the hash of the text; a second time changes nothing")
    func idempotent() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        let one = try await publish(small, "nda", "one")
        #expect(try await publish(small, "nda", "one") == one)
        let accepted = try await accept(small, one, worker)
        Scratch.clock.advance(by: 10)
        #expect(try await accept(small, one, worker) == accepted)
        let stored: Digest = try await small.market.database.read {
            try await $0.oneRow("select hash from agreement_acceptance")["hash"]
        }
        #expect(stored == Digest(of: "one"))
        #expect(try await small.count("select count(*) as n from audit_event where action = 'agreement_accepted'") == 1)
    }

    @Test("are refused in the order of precedence")
    func refused() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        let one = try await publish(small, "nda", "one")
        Scratch.clock.advance(by: 60)
        let two = try await publish(small, "nda", "two")
        let accept = AcceptAgreement(market: small.market)
        let actor = Principal.ID(worker.uuid)
        #expect(
            await refusal(AccessRefusal.self) {
                try await accept("nda", version: 9, hash: Digest(of: "x"), by: small.manager)
            } == .roleMissing(.worker))
        #expect(
            await refusal(NotFound.self) {
                try await accept("nda", version: 9, hash: Digest(of: "x"), by: actor)
            } == NotFound("agreement"))
        #expect(
            await refusal(AgreementRefusal.self) {
                try await accept("nda", version: 1, hash: Digest(of: "x"), by: actor)
            } == .superseded(by: 2))
        #expect(
            await refusal(AgreementRefusal.self) {
                try await accept("nda", version: 2, hash: one.hash, by: actor)
            } == .otherText)
        _ = try await accept("nda", version: 2, hash: two.hash, by: actor)
        #expect(
            await refusal(AgreementRefusal.self) {
                try await accept("nda", version: 2, hash: one.hash, by: actor)
            } == .otherText, "accepted before, but not this text")
        #expect(
            await refusal(AgreementRefusal.self) {
                try await publish(small, "nda", "three", from: two.validFrom)
            } == .beginsBeforeNewest(2))
        #expect(
            await refusal(BadInput.self) {
                try await publish(small, "nda", "three", from: two.validFrom - 1)
            }?.field == "valid_from")
        #expect(await refusal(BadInput.self) { try await publish(small, "NDA", "x") }?.field == "kind")
        #expect(await refusal(BadInput.self) { try await publish(small, "nda", "") }?.field == "body")
        #expect(
            await refusal(AccessRefusal.self) {
                try await PublishAgreement(market: small.market)(kind: "nda", title: "t", body: "b", by: actor)
            } == .roleMissing(.operator))
        #expect(
            await refusal(AccessRefusal.self) {
                try await DueAgreements(market: small.market)(of: worker, by: small.maker)
            } == .roleMissing(.operator))
    }

    @Test("with a colon in their kind are asked again only of those who accepted one before")
    func guidelines() async throws {
        let small = try await SmallMarket()
        let (known, stranger) = (try await small.worker("known"), try await small.worker("stranger"))
        _ = try await accept(small, try await publish(small, "guideline:a", "one"), known)
        Scratch.clock.advance(by: 60)
        _ = try await publish(small, "guideline:a", "two")
        #expect(try await due(small, known) == ["guideline:a@2"])
        #expect(try await due(small, stranger) == [])
    }

    @Test("are listed by kind, the newest first, by pages, with their text")
    func listed() async throws {
        let small = try await SmallMarket()
        _ = try await publish(small, "nda", "one")
        _ = try await publish(small, "conduct", "be kind")
        Scratch.clock.advance(by: 60)
        _ = try await publish(small, "nda", "two")
        let list = ListAgreements(market: small.market)
        let page = try await list(limit: 2)
        #expect(page.map(\.version) == [1, 2] && page.map(\.kind) == ["conduct", "nda"])
        #expect(try await list(after: page.last, limit: 2).map(\.version) == [1])
        #expect(try await list(kind: "nda").map(\.version) == [2, 1])
        #expect(try await ReadAgreement(market: small.market)("nda").body == "two")
        #expect(try await ReadAgreement(market: small.market)("nda", version: 1).body == "one")
    }

    @Test("published at once by many make one row of versions without a gap")
    func race() async throws {
        let small = try await SmallMarket()
        let outcomes = await withTaskGroup { group in
            for index in 0..<8 {
                group.addTask {
                    await Result.of {
                        try await publish(small, "nda", "text \(index)", from: Scratch.start + Double(index))
                    }
                }
            }
            return await group.reduce(into: [Result<Agreement, any Error>]()) { $0.append($1) }
        }
        let versions = outcomes.compactMap { try? $0.get().version }.sorted()
        #expect(versions == Array(1...versions.count))
        #expect(outcomes.compactMap(\.failure).allSatisfy { $0 is AgreementRefusal })
    }
}
