import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace
@testable import Scheduler

/// Until it is kept who meets a new requirement, it is evaluated; what is kept of others counts as before.
@Suite("Routing while a requirement is new", .scratchDatabase)
struct RoutingNewRequirementTests {
    @Test("who is kept as meeting one is offered its work; another is evaluated on those whose facts are read")
    func plan() throws {
        let new: Requirement.ID = SmallRouting.id(1, 0xF0)
        let batches = [SmallRouting.offering(1, slots: 3), SmallRouting.offering(2, slots: 3, requirement: new)]
        let (known, read) = (SmallRouting.worker(1), SmallRouting.worker(2))
        let plain = SmallRouting.candidate(1)
        let candidates = [
            RoutingCandidate(
                known, facts: nil, tiers: plain.tiers, minutesLeft: plain.minutesLeft, liveLeases: 0, openOffers: 0,
                window: plain.window),
            SmallRouting.candidate(2), SmallRouting.candidate(3, tier: nil),
        ]
        var market = RoutingMarket(
            instant: SmallRouting.instant, batches: batches, candidates: candidates,
            requirements: [
                SmallRouting.expertLawyer: .profession(.lawyer, leastTier: .expert),
                new: .profession(.lawyer, leastTier: .specialist),
            ])
        market.kept = [SmallRouting.expertLawyer: [known]]
        let plan = try RoutingPolicy().plan(market)
        let pairs = plan.offers.map { RoutingPair(batch: $0.batch, worker: $0.worker) }
        #expect(
            Set(pairs) == [
                RoutingPair(batch: batches[0].id, worker: known), RoutingPair(batch: batches[1].id, worker: read),
            ])
        // Two others each: who lacks it, and of whom it is not known yet.
        #expect(plan.batches.map { $0.counts[.requirement] } == [2, 2])
    }

    @Test("a new requirement leaves the rest of its cell as it was")
    func round() async throws {
        let staffed = try await StaffedMarket()
        for key in ["a", "b", "c"] { _ = try await staffed.worker(key) }
        let old = try await staffed.batch("old", tasks: 3)
        Scratch.clock.advance(by: 61)
        while try await SweepEligibility(market: staffed.market)() > 0 {}
        let new = try await CreateBatch(market: staffed.market)(
            BatchDraft(
                project: staffed.project, name: "new", door: .offer, profession: .lawyer, tier: .expert,
                requirement: .all([.profession(.lawyer, leastTier: .expert), .language("en")]), redundancy: 1,
                feeBasisPoints: 1_000, budget: try Money(1_000_000, try #require(Currency("USD"))),
                expectedMinutes: 30),
            of: staffed.requester, by: staffed.manager)
        let drafts = AsyncStream<TaskDraft> { stream in
            stream.yield(TaskDraft(externalKey: "new", payload: [:], referenceAnswers: [:]))
            stream.finish()
        }
        _ = try await AddTasks(market: staffed.market)(drafts, to: new, of: staffed.requester, by: staffed.manager)
        _ = try await PublishBatch(market: staffed.market)(new, of: staffed.requester, by: staffed.manager)
        func offers(_ batch: Batch.ID) async throws -> Int {
            try await staffed.count("select count(*) as n from offer where batch_id = \(batch)")
        }
        // One at a time is evaluated.
        let routing = staffed.routing { $0.candidatesMax = 1 }
        _ = try await routing.route()
        #expect(try await offers(old) == 3)
        #expect(try await offers(new) == 1)
        #expect(try await staffed.ills() == [])
    }
}
