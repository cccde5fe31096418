import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("The doctor", .scratchDatabase)
struct DoctorTests {
    /// Accepted, accepted in part, rejected, submitted, leased and open work; an issued, a cancelled and a prepared
    /// payout.
    private func busyMarket() async throws -> SmallMarket {
        let small = try await SmallMarket()
        let (ann, ben, cem) = (
            try await small.lawyer("ann"), try await small.lawyer("ben"), try await small.lawyer("cem")
        )
        let batch = try await small.batch(small.draft("mix", redundancy: 2), tasks: 4)
        let prepare = PreparePayoutBatch(market: small.market)
        try await small.earn(ann, batch)
        let first = try await prepare(small.usd, by: small.maker)
        try await CancelPayoutBatch(market: small.market)(first.id, by: small.maker)
        let second = try await prepare(small.usd, by: small.maker)
        try await ApprovePayoutBatch(market: small.market)(
            second.id, contentHash: second.contentHash, by: small.checker
        )
        _ = try await IssuePayoutBatch(market: small.market)(second.id, by: small.maker)
        let partly = try await small.claim(ben, batch)
        try await small.submit(partly)
        try await small.review(partly, .acceptedInPart(basisPoints: 5_000))
        _ = try await prepare(small.usd, by: small.maker)
        let rejected = try await small.claim(cem, batch)
        try await small.submit(rejected)
        try await small.review(rejected, .rejected)
        try await keepFloor(small, ben, cem)
        let pair = try await small.batch(small.draft("pair", redundancy: 2), tasks: 1)
        try await small.submit(small.claim(ann, pair))
        _ = try await small.claim(ben, pair)
        while try await SealAudit(market: small.market)() > 0 {}
        try await small.submit(small.claim(cem, batch))
        Scratch.clock.advance(by: 61)
        while try await SweepEligibility(market: small.market)() > 0 {}
        return small
    }

    /// A batch that is closed below the floor: one top-up out of its share, one from the platform.
    private func keepFloor(_ small: SmallMarket, _ ben: Worker.ID, _ cem: Worker.ID) async throws {
        let slow = try await small.batch(
            small.draft("slow", pricing: BatchPricing(topUpBasisPoints: 2_500)), tasks: 2
        )
        try await small.earn(ben, slow)
        try await small.earn(cem, slow)
        _ = try await SetPayFloor(market: small.market)(
            PayFloor(hourly: Money(10_000_000, small.usd), medianOf: 2, reason: "Test"), by: small.checker
        )
        _ = try await CloseBatch(market: small.market)(slow, of: small.requester, by: small.manager)
    }

    @Test("finds a market clean in which everything has happened, and says what it could not check")
    func clean() async throws {
        let findings = try await Doctor(market: busyMarket().market)()
        #expect(findings.filter { !$0.isClean }.map(\.check) == [])
        #expect(findings.filter { $0.outcome == .notBuilt }.map(\.check) == [.sealedBids])
        #expect(Set(findings.map(\.check.invariant)) == Set(1...14))
    }

    @Test("finds exactly the rule that was broken", arguments: doctorBreaks.indices)
    func finds(index: Int) async throws {
        let (check, statements) = doctorBreaks[index]
        let small = try await busyMarket()
        try await Scratch.asOwner { transaction in
            for statement in statements { try await transaction.execute(statement) }
        }
        #expect(try await small.ills() == [check])
    }

    @Test("has a way to break every check that is built")
    func complete() {
        #expect(Set(doctorBreaks.map(\.check)).union([.sealedBids]) == Set(DoctorCheck.allCases))
    }
}
