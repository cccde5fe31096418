import Formats
import Foundation
import TestSupport
import Testing

@testable import Marketplace
@testable import Scheduler

@Suite("The routing policy")
struct RoutingPolicyTests {
    private let policy = RoutingPolicy(liveMax: 5)

    @Test("gives the same plan to the byte, in whatever order the market comes")
    func shuffles() throws {
        for seed in 0..<200 as Range<UInt64> {
            let market = SmallRouting.random(seed: seed)
            var generator = SplitMix64(seed: seed &+ 1_000)
            let shuffled = RoutingMarket(
                instant: market.instant, batches: market.batches.shuffled(using: &generator),
                candidates: market.candidates.shuffled(using: &generator), requirements: market.requirements,
                offered: market.offered, turnedDown: market.turnedDown, finished: market.finished
            )
            let plans = try [market, shuffled].map { try policy.plan($0) }
            #expect(plans[0].json.canonicalText == plans[1].json.canonicalText, "seed \(seed)")
        }
    }

    @Test("offers nothing that breaks a requirement, the hours, the live cap, or was offered, turned down or done")
    func neverBreaksARule() throws {
        var offers = 0
        for seed in 0..<500 as Range<UInt64> {
            let market = SmallRouting.random(seed: seed)
            let plan = try policy.plan(market)
            offers += plan.offers.count
            let batches = Dictionary(uniqueKeysWithValues: market.batches.map { ($0.id, $0) })
            let workers = Dictionary(uniqueKeysWithValues: market.candidates.map { ($0.facts.worker, $0) })
            for offer in plan.offers {
                let batch = try #require(batches[offer.batch])
                let worker = try #require(workers[offer.worker])
                let requirement = try #require(market.requirements[batch.requirement])
                #expect(
                    requirement.evaluate(worker.facts, at: market.instant) == .eligible(offer.proof), "seed \(seed)"
                )
                let pair = RoutingPair(batch: offer.batch, worker: offer.worker)
                #expect(
                    !market.offered.union(market.turnedDown).union(market.finished).contains(pair), "seed \(seed)"
                )
            }
            for (worker, theirs) in Dictionary(grouping: plan.offers, by: \.worker) {
                let supply = try #require(workers[worker])
                let minutes = theirs.reduce(0) { $0 + (batches[$1.batch]?.expectedMinutes ?? 0) }
                #expect(minutes <= supply.minutesLeft, "seed \(seed)")
                #expect(theirs.count + supply.liveLeases + supply.openOffers <= 5, "seed \(seed)")
                #expect(Set(theirs.map(\.batch)).count == theirs.count, "seed \(seed)")
            }
            for (batch, theirs) in Dictionary(grouping: plan.offers, by: \.batch) {
                let demand = try #require(batches[batch])
                #expect(theirs.count <= demand.openSlots - demand.openOffers, "seed \(seed)")
            }
            #expect((0...1_000_000).contains(plan.certificateMillionths), "seed \(seed)")
        }
        #expect(offers > 500)
    }

    @Test("tells every worker without an offer and every batch with slots left why, with every pair counted")
    func explainsEverything() throws {
        for seed in 0..<200 as Range<UInt64> {
            let market = SmallRouting.random(seed: seed)
            let plan = try policy.plan(market)
            let served = Set(plan.offers.map(\.worker))
            #expect(
                plan.workers.map(\.subject)
                    == market.candidates.map(\.facts.worker).filter { !served.contains($0) }
                    .sorted(), "seed \(seed)"
            )
            let offered = Dictionary(grouping: plan.offers, by: \.batch).mapValues(\.count)
            let left = market.batches.filter { offered[$0.id, default: 0] < $0.openSlots - $0.openOffers }.map(\.id)
            #expect(Set(plan.batches.map(\.subject)) == Set(left), "seed \(seed)")
            for worker in plan.workers {
                #expect(worker.counts.values.reduce(0, +) == market.batches.count, "seed \(seed)")
                #expect((worker.bar.rule == .emptyMarket) == market.batches.isEmpty, "seed \(seed)")
            }
            for batch in plan.batches {
                let pairs = batch.counts.values.reduce(0, +) + offered[batch.subject, default: 0]
                #expect(pairs == market.candidates.count, "seed \(seed)")
            }
        }
    }

    /// From the case on, every rule of the order is broken; the first must be told.
    @Test(
        "tells the first rule that keeps a worker from a batch",
        arguments: [
            RoutingRule.requirement, .barred, .away, .hours, .liveCap, .alreadyOffered, .turnedDown, .finished,
            .belowAsk,
            nil,
        ])
    func precedence(first: RoutingRule?) throws {
        let rank = first?.rank ?? .max
        let pair = RoutingPair(batch: SmallRouting.batch(1), worker: SmallRouting.worker(1))
        func broken(_ rule: RoutingRule) -> Bool { rule.rank >= rank }
        func pairs(_ rule: RoutingRule) -> Set<RoutingPair> { broken(rule) ? [pair] : [] }
        let market = SmallRouting.market(
            [SmallRouting.offering(1)],
            [
                SmallRouting.candidate(
                    1, tier: broken(.requirement) ? .specialist : .expert, minutes: broken(.hours) ? 29 : 30,
                    leases: broken(.liveCap) ? 3 : 2, offers: 2,
                    window: broken(.away) ? nil : .always(answerBy: SmallRouting.instant + 900)
                )
            ],
            offered: pairs(.alreadyOffered), turnedDown: pairs(.turnedDown), finished: pairs(.finished),
            barred: pairs(.barred), belowAsk: pairs(.belowAsk)
        )
        let plan = try policy.plan(market)
        #expect(plan.workers.first?.bar.rule == first)
        #expect(plan.batches.first?.bar == plan.workers.first?.bar)
        #expect(plan.offers.count == (first == nil ? 1 : 0))
    }

    @Test("does not spend a principal on what an expert may do")
    func keepsPrincipals() throws {
        let workers = [SmallRouting.candidate(1, tier: .principal), SmallRouting.candidate(2, tier: .expert)]
        let plan = try policy.plan(SmallRouting.market([SmallRouting.offering(1)], workers))
        #expect(plan.offers.map(\.worker) == [SmallRouting.worker(2)])
        #expect(plan.workers.map(\.bar.rule) == [.notChosen])
    }

    @Test(
        "gives scarce hours to the higher priority, then to the older batch",
        arguments: [
            (priority: 1, ageHours: 0.0), (priority: 0, ageHours: 30.0),
        ])
    func urgency(priority: Int, ageHours: Double) throws {
        let batches = [
            SmallRouting.offering(1), SmallRouting.offering(2, priority: priority, ageHours: ageHours),
        ]
        let plan = try policy.plan(SmallRouting.market(batches, [SmallRouting.candidate(1, minutes: 30)]))
        #expect(plan.offers.map(\.batch) == [SmallRouting.batch(2)])
        #expect(plan.batches.map(\.subject) == [SmallRouting.batch(1)])
        #expect(plan.batches.map(\.bar.rule) == [.notChosen])
    }

    @Test("values no pair above what the matching takes, nor at nothing")
    func valueBounds() {
        #expect(RoutingValue.micros(level: 0, age: -1e300, minutes: 1, tierDistance: 99) > 0)
        #expect(RoutingValue.micros(level: 200, age: 1e300, minutes: 10_080, tierDistance: 0) < 1 << 40)
    }

    @Test("explains a fixed market as the golden file says")
    func golden() throws {
        let market = SmallRouting.market(
            [
                SmallRouting.offering(1, minutes: 30, priority: 5, ageHours: 2, slots: 2),
                SmallRouting.offering(2, minutes: 60, ageHours: 50, slots: 1),
                SmallRouting.offering(3, minutes: 600, slots: 1),
            ],
            [
                SmallRouting.candidate(1, tier: .principal, minutes: 100),
                SmallRouting.candidate(2, minutes: 45), SmallRouting.candidate(3, tier: .specialist),
                SmallRouting.candidate(4, leases: 5), SmallRouting.candidate(5, tier: nil),
                SmallRouting.candidate(6, minutes: 90),
            ],
            turnedDown: [RoutingPair(batch: SmallRouting.batch(2), worker: SmallRouting.worker(6))]
        )
        let text = try policy.plan(market).json.prettyText + "\n"
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden/routing.json")
        if ProcessInfo.processInfo.environment["GUILDHALL_GOLDEN"] == "accept" {
            try Data(text.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text, "GUILDHALL_GOLDEN=accept rewrites it")
    }
}
