import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("The pay floor of work whose pay was taken back", .scratchDatabase)
struct ClawbackTopUpTests {
    private func setFloor(_ small: SmallMarket, medianOf: Int) async throws {
        _ = try await SetPayFloor(market: small.market)(
            PayFloor(hourly: Money(3_000, small.usd), medianOf: medianOf, reason: "Test"), by: small.checker)
    }

    /// At 50 minutes for 20.00, so that 5.00 are missing.
    @discardableResult
    private func work(_ small: SmallMarket, _ worker: Worker.ID, _ batch: Batch.ID) async throws -> Assignment.ID {
        let work = try await small.claim(worker, batch)
        Scratch.clock.advance(by: 3_000)
        try await small.submit(work, activeSeconds: 3_000)
        try await small.review(work)
        return work.id
    }

    private func apply(_ small: SmallMarket) async throws -> Int {
        try await ApplyPayFloor(market: small.market)(by: small.manager).topUps
    }

    private func payable(_ small: SmallMarket, _ worker: Worker.ID) async throws -> Int64 {
        try await small.balance(.payable(to: worker, small.usd))
    }

    @Test("is not kept while that stands, and is again once an appeal was granted")
    func overturned() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let batch = try await small.batch(small.draft("b"), tasks: 4)
        try await setFloor(small, medianOf: 2)
        try await work(small, ann, batch)
        let desk = try await ClawbackDesk.on(small, ann)
        let part = ClawbackPart(try #require(try await desk.earnings().first))
        let (_, decision) = try await desk.taken([part])
        try await work(small, ben, batch)
        #expect(try await apply(small) == 1)
        #expect(try await payable(small, ben) == 2_500)
        #expect(try await payable(small, ann) == 2_000)
        #expect(try await apply(small) == 0)
        #expect(try await small.ills() == [])
        try await desk.answer(try await desk.appeal(decision), isOverturned: true)
        #expect(try await apply(small) == 1)
        #expect(try await payable(small, ann) == 2_500)
        #expect(try await apply(small) == 0)
        #expect(try await small.ills() == [])
    }

    @Test("is kept by the platform once an appeal was granted, if the batch has ended by then", arguments: [1, 2])
    func ended(workers: Int) async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let batch = try await small.batch(
            small.draft("b", pricing: BatchPricing(topUpBasisPoints: 2_000)), tasks: 3)
        try await setFloor(small, medianOf: 50)
        try await work(small, ann, batch)
        if workers == 2 { try await work(small, ben, batch) }
        let desk = try await ClawbackDesk.on(small, ann)
        let part = ClawbackPart(try #require(try await desk.earnings().first))
        let (_, decision) = try await desk.taken([part])
        _ = try await CloseBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        #expect(try await payable(small, ann) == 2_000)
        #expect(try await payable(small, ben) == (workers == 2 ? 2_500 : 0))
        #expect(try await small.balance(.topUps(small.usd)) == 0)
        #expect(try await small.count("select count(*) as n from pay_floor_flag") == 1)
        try await desk.answer(try await desk.appeal(decision), isOverturned: true)
        #expect(try await payable(small, ann) == 2_500)
        #expect(try await small.balance(.topUps(small.usd)) == -500)
        #expect(try await desk.debts == 0)
        #expect(try await small.ills() == [])
    }

    @Test("is found by the doctor where it was kept after that; a bonus is none of it")
    func found() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let batch = try await small.batch(small.draft("b"), tasks: 2)
        try await setFloor(small, medianOf: 1)
        let done = try await work(small, ann, batch)
        let desk = try await ClawbackDesk.on(small, ann)
        let part = ClawbackPart(try #require(try await desk.earnings().first))
        Scratch.clock.advance(by: 1)
        #expect(try await apply(small) == 1)
        let topUp = try #require(try await desk.earnings().last)
        try await PayBonus(market: small.market)(
            Money(500, small.usd), for: done, of: small.requester, reference: "B-1", reason: "Good.",
            by: small.manager)
        _ = try await desk.taken([part])
        #expect(try await small.ills() == [])
        try await Scratch.asOwner {
            try await $0.execute(
                "update earning set earned_at = earned_at + interval '1 day' where flag_id is not null")
        }
        #expect(try await small.ills() == [.topUps])
        // Taken back as well, it is set right.
        try await desk.decide(try await desk.propose([ClawbackPart(topUp)], reference: "CB-2"))
        #expect(try await small.ills() == [])
    }
}
