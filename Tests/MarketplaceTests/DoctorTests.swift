import Formats
import Foundation
import Marketplace
import Payments
import Store
import Tax
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
        // Without a form: from her is withheld.
        try await ChooseTaxRules(market: small.market)(
            TaxChoice(ruleSet: "us", residence: "US", standing: TaxStanding()), of: ann, by: small.maker)
        let prepare = PreparePayoutBatch(market: small.market)
        try await small.earn(ann, batch)
        let first = try await prepare(small.usd, by: small.maker)
        try await CancelPayoutBatch(market: small.market)(first.id, by: small.maker)
        let second = try await prepare(small.usd, by: small.maker)
        try await ApprovePayoutBatch(market: small.market)(
            second.id, contentHash: second.contentHash, by: small.checker
        )
        try await IssuePayoutBatch(market: small.market)(second.id, by: small.maker)
        let partly = try await small.claim(ben, batch)
        try await small.submit(partly)
        try await small.review(partly, .acceptedInPart(basisPoints: 5_000))
        _ = try await prepare(small.usd, by: small.maker)
        try await fallDue(small)
        try await takeBack(small, ann)
        let rejected = try await small.claim(cem, batch)
        try await small.submit(rejected)
        try await small.review(rejected, .rejected)
        // Before the floor that no price keeps.
        try await bargain(small)
        try await offer(small)
        try await keepFloor(small, ben, cem)
        try await change(small, told: ann)
        let pair = try await small.batch(small.draft("pair", redundancy: 2), tasks: 1)
        try await small.submit(small.claim(ann, pair))
        _ = try await small.claim(ben, pair)
        while try await SealAudit(market: small.market)() > 0 {}
        try await small.submit(small.claim(cem, batch))
        Scratch.clock.advance(by: 61)
        while try await SweepEligibility(market: small.market)() > 0 {}
        return small
    }

    /// Of what was paid.
    private func takeBack(_ small: SmallMarket, _ worker: Worker.ID) async throws {
        let paid: Transfer.ID = try await small.market.database.read {
            try await $0.oneRow("select transfer_id from earning where worker_id = \(worker)")["transfer_id"]
        }
        let clawback = try await ProposeClawback(market: small.market)(
            [ClawbackPart(paid)], of: worker, by: .paidByMistake, reasons: "Paid twice.", reference: "CB-1",
            by: small.maker)
        try await DecideClawback(market: small.market)(clawback.id, takeBack: true, by: small.checker)
    }

    /// A payout that fell due and was skipped.
    private func fallDue(_ small: SmallMarket) async throws {
        try await SetPayoutSource(market: small.market)(
            "main", format: .pain001v09, currency: small.usd, settings: SmallMarket.payoutSettings, by: small.checker)
        try await SchedulePayouts(market: small.market)(
            try .weekly(on: .monday, minute: 0, in: "UTC"), from: "main", by: small.checker)
        try await Scratch.asOwner {
            try await $0.execute("update payout_schedule set next_at = next_at - interval '7 days'")
        }
        _ = try await OpenDuePayouts(market: small.market)(by: small.manager)
        let due = PrepareDuePayout(market: small.market, keys: Scratch.keys)
        for open in try await due.list(by: small.maker) {
            try await due.skip(open.id, reason: "Nothing.", by: small.maker)
        }
    }

    /// Two answers to suggestions, of which one was shown, and a version of the guideline that touches them: one is
    /// being checked again.
    private func change(_ small: SmallMarket, told: Worker.ID) async throws {
        let draft = BatchDraft(
            project: small.project, name: "told", profession: .lawyer, tier: .expert,
            requirement: .profession(.lawyer, leastTier: .expert), feeBasisPoints: 1_000,
            budget: try Money(1_000_000, small.usd), expectedMinutes: 10, controlBasisPoints: 5_000
        )
        let batch = try await CreateBatch(market: small.market)(draft, of: small.requester, by: small.manager)
        let suggestion = TaskSuggestion(source: "model", version: "1", answer: ["label": "abcd"])
        let stream = AsyncStream { stream in
            for key in ["told-0", "told-1"] {
                stream.yield(TaskDraft(externalKey: key, payload: ["text": "x"], suggestion: suggestion))
            }
            stream.finish()
        }
        _ = try await AddTasks(market: small.market)(stream, to: batch, of: small.requester, by: small.manager)
        _ = try await PublishBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        for _ in 0..<2 {
            let work = try await small.claim(told, batch)
            try await small.submit(work, "told")
            try await small.review(work)
        }
        let desk = try await GuidelineDesk(small)
        try await desk.publish("Told.", .answer(pointer: "/label", values: ["told"]))
        _ = try await desk.open(2, "told again")
    }

    /// Offers: one that was accepted and worked, one that was declined, one that lapsed, one that is open.
    private func offer(_ small: SmallMarket) async throws {
        let batch = try await small.batch(small.draft("offers", door: .offer), tasks: 4)
        var offers: [(id: Offer.ID, worker: Principal.ID)] = []
        for (name, seconds) in [("gil", 600.0), ("hal", 600), ("ida", 1), ("jon", 900)] {
            let worker = try await small.lawyer(name)
            let id = try await MakeOffer(market: small.market)(
                of: batch, from: small.requester, to: worker, reason: [:],
                answerBy: Scratch.clock.now() + seconds, by: small.manager)
            offers.append((id, Principal.ID(worker.uuid)))
        }
        let work = try await AcceptOffer(market: small.market)(offers[0].id, by: offers[0].worker)
        try await small.submit(work)
        try await small.review(work)
        try await DeclineOffer(market: small.market)(offers[1].id, because: .notNow, by: offers[1].worker)
        Scratch.clock.advance(by: 1)
        #expect(try await LapseOffers(market: small.market)(by: small.manager) == 1)
    }

    /// Direct offers: one that was accepted and worked, one that the requester agreed to, one that is open.
    private func bargain(_ small: SmallMarket) async throws {
        let batch = try await small.batch(
            small.draft("deal", pricing: BargainDesk.rising(to: 3_000, small.usd)), tasks: 4)
        let key = Batch.Key(requester: small.requester, id: batch)
        let end = Scratch.clock.now() + 86_400
        var offers: [(id: DirectOffer.ID, worker: Principal.ID)] = []
        for name in ["dan", "eve", "fay"] {
            let worker = try await small.lawyer(name)
            let terms = try DirectTerms(pay: Money(2_500, small.usd), quantity: 2, answerBy: end, deadline: end)
            let id = try await MakeDirectOffer(market: small.market)(of: key, to: worker, terms, by: small.manager)
            offers.append((id, Principal.ID(worker.uuid)))
        }
        let accept = AcceptDirectOffer(market: small.market)
        for work in try await accept(offers[0].id, for: .worker, by: offers[0].worker) {
            try await small.submit(work)
            try await small.review(work)
        }
        for offer in offers.dropFirst() {
            let terms = try DirectTerms(pay: Money(2_900, small.usd), quantity: 2, answerBy: end, deadline: end)
            try await CounterDirectOffer(market: small.market)(offer.id, with: terms, for: .worker, by: offer.worker)
        }
        try await accept(offers[1].id, for: .requester(small.requester), by: small.manager)
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

    @Test("finds a market clean in which everything has happened")
    func clean() async throws {
        let findings = try await Doctor(market: busyMarket().market)()
        #expect(findings.filter { !$0.isClean }.map(\.check) == [])
        #expect(Set(findings.map(\.check.invariant)) == Set(1...18))
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
        let broken = Set((doctorBreaks + doctorBiddingBreaks + doctorScheduleBreaks).map(\.check))
        #expect(broken == Set(DoctorCheck.allCases))
    }
}
