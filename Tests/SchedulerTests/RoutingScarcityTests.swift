import Foundation
import Marketplace
import Matching
import Testing

@testable import Scheduler

/// Who can do what nobody else will is kept for it: what a round compares is how much more somebody brings than can
/// still be had without them.
@Suite("Routing by what others will do")
struct RoutingScarcityTests {
    private let here = SmallRouting.worker(1)
    private let rival = SmallRouting.worker(2)

    /// Two batches, of which the first pays a tenth more and only the second has no other candidate; whoever is here
    /// has time for one.
    private func plan(
        rival other: RoutingCandidate, priority: Int = 0, _ change: (inout RoutingMarket) -> Void = { _ in }
    ) throws -> RoutingPlan {
        let usd = try #require(Currency("USD"))
        let batches = [
            SmallRouting.offering(1, priority: priority, dueHours: 140), SmallRouting.offering(2, dueHours: 140),
        ]
        var market = SmallRouting.market(
            batches, [SmallRouting.candidate(1, minutes: 30), other],
            finished: [RoutingPair(batch: batches[1].id, worker: rival)])
        market.known.pay = [batches[0].id: try Money(2_200, usd), batches[1].id: try Money(2_000, usd)]
        let skill = RoutingSkill(meanBps: 9_000, lowBps: 8_800, evidence: 200)
        market.known.skills = [here: skill, rival: skill]
        market.known.prices = [here: HourPrice(nightlyMicros: 1), rival: HourPrice(nightlyMicros: 1)]
        market.known.accepting = [here: 900_000, rival: 900_000]
        change(&market)
        return try RoutingPolicy().plan(market)
    }

    private func batches(_ plan: RoutingPlan) -> [Batch.ID] {
        plan.offers.filter { $0.worker == here }.map(\.batch)
    }

    @Test("work that somebody who is away, or at work, will do as well leaves its place to work that nobody else will")
    func scarce() throws {
        let (first, second) = (SmallRouting.batch(1), SmallRouting.batch(2))
        let away = SmallRouting.candidate(2, window: nil)
        let busy = SmallRouting.candidate(2, leases: ClaimTask.mostAtOnce)
        for other in [away, busy] {
            let plan = try plan(rival: other)
            #expect(batches(plan) == [second])
            #expect(plan.offers.first?.continuation == 0)
        }
        // Nobody else is likely to come; hours have no prices; what has priority is not waited with.
        #expect(try batches(plan(rival: away) { $0.known.accepting[rival] = 10_000 }) == [first])
        #expect(try batches(plan(rival: away) { $0.known.prices = [:] }) == [first])
        #expect(try batches(plan(rival: away, priority: 1)) == [first])
    }

    @Test("the explanation says what others would have brought, and its parts are its value")
    func explained() throws {
        let plan = try plan(rival: SmallRouting.candidate(2, window: nil)) { $0.known.accepting[rival] = 10_000 }
        let offer = try #require(plan.offers.first { $0.worker == here })
        #expect(offer.continuation > 0)
        let explanation = plan.explanation(of: offer)
        #expect(explanation.parts["continuation"] == -offer.continuation)
        #expect(explanation.parts.values.reduce(0, +) == offer.value)
    }

    @Test("who seldom accepts is not waited for because they are away, and by one measure with who is there")
    func seldom() throws {
        // No answer in fifty; the cell takes half.
        let seldom = Acceptance(own: [rival: [AnswerCount(band: 1, offered: 50, accepted: 0)]])
        let chances = seldom.usualMillionths(of: [here, rival])
        #expect(chances[here] == AcceptanceModel.priorMillionths)
        #expect(try #require(chances[rival]) < 80_000)
        let away = SmallRouting.candidate(2, window: nil)
        let (first, second) = (SmallRouting.batch(1), SmallRouting.batch(2))
        func chosen(_ usually: [Worker.ID: Int]) throws -> [Batch.ID] {
            try batches(
                plan(rival: away) {
                    // Who is away has no chance for this moment.
                    $0.known.accepting = [here: 140_000]
                    $0.known.usuallyAccepting = usually
                })
        }
        #expect(try chosen(chances) == [first])
        #expect(try chosen([here: 500_000, rival: 900_000]) == [second])
        // Nothing is known of their answers: as likely as anybody, there or not.
        #expect(try chosen(Acceptance().usualMillionths(of: [here, rival])) == [second])
    }
}
