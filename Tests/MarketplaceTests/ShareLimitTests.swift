import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("One worker's share of a batch", .scratchDatabase)
struct ShareLimitTests {
    private func take(_ small: SmallMarket, _ worker: Worker.ID, _ batch: Batch.ID, _ count: Int) async throws {
        for _ in 0..<count { try await small.submit(small.claim(worker, batch)) }
    }

    @Test("is what the project sets; the worker is told why, in a list as at the claim")
    func explicit() async throws {
        let small = try await SmallMarket()
        let set = SetShareLimit(market: small.market)
        try await set(2_500, of: small.project, from: small.requester, by: small.manager)
        let batch = try await small.batch(small.draft("b", minutes: 5), tasks: 8)
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        try await take(small, ann, batch, 2)
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(ann, batch) } == .shareCap(2))
        #expect(
            await refusal(ClaimRefusal.self) {
                try await ClaimTask(market: small.market).several(
                    3, from: (small.requester, batch), by: Principal.ID(ann.uuid))
            }?.code == "share_cap")
        let why = try await WhyNotEligible(market: small.market)(ann, from: (small.requester, batch), by: small.manager)
        #expect(why == .refused(.shareCap(2)))
        // What was rejected is no label; the next may be.
        let works = try await ClaimTask(market: small.market).several(
            5, from: (small.requester, batch), by: Principal.ID(ben.uuid))
        #expect(works.count == 2)
        for work in works { try await small.submit(work) }
        try await small.review(works[0], .rejected)
        _ = try await small.claim(ben, batch)
        try await set(nil, of: small.project, from: small.requester, by: small.manager)
        _ = try await small.claim(ann, batch)
        await #expect(throws: BadInput.self) {
            try await set(0, of: small.project, from: small.requester, by: small.manager)
        }
        await #expect(throws: AccessRefusal.self) {
            try await set(1, of: small.project, from: small.requester, by: small.reviewer)
        }
        await #expect(throws: NotFound.self) {
            try await set(1, of: Project.ID(ann.uuid), from: small.requester, by: small.manager)
        }
        #expect(try await small.ills() == [])
    }

    @Test("counts accounts that may be one person's together, until they are found to be two people's")
    func cluster() async throws {
        let small = try await SmallMarket()
        try await SetShareLimit(market: small.market)(
            2_500, of: small.project, from: small.requester, by: small.manager)
        let batch = try await small.batch(small.draft("b", minutes: 5), tasks: 8)
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        try await take(small, ann, batch, 1)
        try await take(small, ben, batch, 1)
        try await Scratch.asOwner {
            try await $0.execute(
                """
                insert into duplicate_case (duplicate_case_id, worker_id, other_worker_id, ground, state, opened_at)
                values (gen_random_uuid(), least(\(ann)::uuid, \(ben)::uuid), greatest(\(ann)::uuid, \(ben)::uuid),
                        'identity', 'open', \(Scratch.start))
                """)
        }
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(ben, batch) } == .shareCap(2))
        let open = try #require(
            try await small.market.database.read { try await $0.duplicateCases(in: .open, after: nil, limit: 1) }.first)
        try await DecideDuplicate(market: small.market)(open.id, .differentPeople, reasons: "Twins.", by: small.manager)
        _ = try await small.claim(ben, batch)
    }

    @Test("without one of the project's own is the larger of 2 % and twice an equal share, and 20 tasks at least")
    func byDefault() async throws {
        #expect(ShareLimit(basisPoints: nil, slots: 10_000).least == 200)
        #expect(ShareLimit(basisPoints: nil, slots: 10_000).most(workers: 100) == 200)
        #expect(ShareLimit(basisPoints: nil, slots: 10_000).most(workers: 10) == 2_000)
        #expect(ShareLimit(basisPoints: nil, slots: 100).most(workers: 50) == 20)
        #expect(ShareLimit(basisPoints: 500, slots: 10).most(workers: 1) == 1)
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("b", minutes: 1), tasks: 55)
        for name in ["a", "b", "c", "d"] { try await take(small, try await small.lawyer(name), batch, 1) }
        let busy = try await small.lawyer("busy")
        // Twice a fifth of 55.
        try await take(small, busy, batch, 22)
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(busy, batch) } == .shareCap(22))
    }

    @Test("must be possible")
    func constraint() async throws {
        _ = try await SmallMarket()
        let owner = Scratch.connect(asOwner: true)
        let error = await #expect(throws: StoreError.self) {
            try await owner.transaction { try await $0.execute("update project set share_bps = 0") }
        }
        #expect(error?.violatedConstraint == "project_share_possible")
        await owner.shutdown()
    }
}
