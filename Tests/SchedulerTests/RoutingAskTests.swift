import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace
@testable import Scheduler

@Suite("Routing and standing asks")
struct RoutingAskTests {
    /// Which pairs an ask of so many cents an hour for each worker, and so much pay for each batch, keep apart.
    private func belowAsk(_ market: RoutingMarket, asks: [Int64], pays: [Int64]) throws -> Set<RoutingPair> {
        let usd = try #require(Currency("USD"))
        var pairs: Set<RoutingPair> = []
        for (batch, pay) in zip(market.batches, pays) {
            for (candidate, ask) in zip(market.candidates, asks) {
                let asks = Asks([Asks.Entry(profession: nil, hourly: try Money(ask, usd))])
                let passes = asks.admit(pay: try Money(pay, usd), minutes: batch.expectedMinutes, of: .lawyer)
                if !passes { pairs.insert(RoutingPair(batch: batch.id, worker: candidate.worker)) }
            }
        }
        return pairs
    }

    private func market(_ market: RoutingMarket, belowAsk: Set<RoutingPair>) -> RoutingMarket {
        RoutingMarket(
            instant: market.instant, batches: market.batches, candidates: market.candidates,
            requirements: market.requirements, offered: market.offered, turnedDown: market.turnedDown,
            finished: market.finished, barred: market.barred, belowAsk: belowAsk
        )
    }

    @Test("asks at or below the pay, whosever they are, leave the plan as it is, to the byte")
    func permuted() throws {
        var filtered = 0
        for seed in 0..<100 as Range<UInt64> {
            let base = SmallRouting.random(seed: seed)
            var generator = SplitMix64(seed: seed &+ 5_000)
            let pays = base.batches.map { _ in Int64.random(in: 1_000...9_000, using: &generator) }
            let hourly = zip(base.batches, pays).map { $1 * 60 / Int64($0.expectedMinutes) }
            let least = hourly.min() ?? 1
            let asks = base.candidates.map { _ in Int64.random(in: 1...max(least, 1), using: &generator) }
            let plain = try RoutingPolicy(liveMax: 5).plan(base).json.canonicalText
            for asks in [asks, asks.shuffled(using: &generator), asks.map { _ in max(least, 1) }] {
                let pairs = try belowAsk(base, asks: asks, pays: pays)
                #expect(pairs.isEmpty)
                let plan = try RoutingPolicy(liveMax: 5).plan(market(base, belowAsk: pairs))
                #expect(plan.json.canonicalText == plain, "seed \(seed)")
            }
            // Of those who ask more than anything pays it does not matter who asks how much.
            let most = hourly.max() ?? 1
            let above = base.candidates.indices.map { $0 % 3 == 0 ? most + 1 + Int64($0) : asks[$0] }
            let dearer = base.candidates.indices.map { $0 % 3 == 0 ? most + 1_000 - Int64($0) : asks[$0] }
            let (one, other) = (
                try belowAsk(base, asks: above, pays: pays), try belowAsk(base, asks: dearer, pays: pays)
            )
            #expect(one == other)
            #expect(
                try RoutingPolicy(liveMax: 5).plan(market(base, belowAsk: one)).json
                    == RoutingPolicy(liveMax: 5).plan(market(base, belowAsk: other)).json, "seed \(seed)")
            // And above the pay they keep pairs apart, and tell so where nothing else did before.
            let high = base.candidates.map { _ in Int64.random(in: 1...40_000, using: &generator) }
            let pairs = try belowAsk(base, asks: high, pays: pays)
            let plan = try RoutingPolicy(liveMax: 5).plan(market(base, belowAsk: pairs))
            let offered = Set(plan.offers.map { RoutingPair(batch: $0.batch, worker: $0.worker) })
            #expect(offered.isDisjoint(with: pairs), "seed \(seed)")
            filtered += plan.workers.reduce(0) { $0 + ($1.counts[.belowAsk] ?? 0) }
        }
        #expect(filtered > 100)
    }
}

@Suite("Routing rounds, standing asks and direct offers", .scratchDatabase)
struct RoutingAskRoundTests {
    /// A round's offers for a small market, with the asks of its workers in cents an hour.
    private func offers(_ asks: [Int64], in code: String = "USD") async throws -> [String] {
        try await Scratch.fresh {
            let staffed = try await StaffedMarket()
            let currency = try #require(Currency(code))
            var workers: [Worker.ID] = []
            for number in asks.indices {
                workers.append(
                    try await staffed.worker("w\(number)", tier: number % 2 == 0 ? .expert : .principal))
            }
            // 20.00 each, for 60, 40, 30 and 24 minutes.
            for (number, minutes) in [60, 40, 30, 24].enumerated() {
                _ = try await staffed.batch("b\(number)", tasks: 2, minutes: minutes, priority: number % 2)
            }
            for (worker, amount) in zip(workers, asks) {
                try await SetAsk(market: staffed.market)(Money(amount, currency), by: Principal.ID(worker.uuid))
            }
            let report = try await staffed.routing().route()
            #expect(report.refused.isEmpty)
            #expect(try await staffed.ills() == [])
            let plan = try #require(report.plan)
            let made = try await staffed.market.database.read { [workers] transaction in
                var lines: [String] = []
                for worker in workers {
                    for offer in try await transaction.offers(to: worker) {
                        lines.append("\(offer.id) \(offer.batch) \(worker) \(offer.reason.canonicalText)")
                    }
                }
                return lines
            }
            return [plan.json.canonicalText] + made
        }
    }

    @Test("asks at or below what every batch pays leave the offers as they are, to the byte")
    func permuted() async throws {
        let plain = try await offers([1, 1, 1, 1], in: "EUR")
        #expect(plan(plain, has: "below_ask") == false && plain.count > 5)
        for asks in [[1, 700, 1_400, 2_000], [2_000, 1_400, 1, 700], [2_000, 2_000, 2_000, 2_000]] as [[Int64]] {
            #expect(try await offers(asks) == plain, "\(asks)")
        }
    }

    @Test("an ask above the pay keeps the offer away, and the plan says so")
    func filtered() async throws {
        let found = try await offers([5_001, 5_001, 5_001, 5_001])
        #expect(found.count == 1 && plan(found, has: "below_ask"))
        #expect(try await offers([5_000, 5_001, 5_001, 5_001]).count > 1)
    }

    private func plan(_ lines: [String], has rule: String) -> Bool { lines.first?.contains(rule) == true }

    @Test("a rising price brings offers once it has risen to the ask")
    func rising() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w")
        _ = try await staffed.batch("b", minutes: 30)
        try await Scratch.asOwner {
            try await $0.execute(
                """
                update batch_price
                   set shape = 'steps', after_seconds = 0, interval_seconds = 60, step_minor = 100,
                       most_pay_minor = 3000
                """)
        }
        let usd = try #require(Currency("USD"))
        try await SetAsk(market: staffed.market)(Money(4_400, usd), by: Principal.ID(worker.uuid))
        let routing = staffed.routing()
        for (seconds, made) in [(0, 0), (119, 0), (1, 1)] {
            Scratch.clock.advance(by: Double(seconds))
            let report = try await routing.route()
            #expect(report.offersMade == made && report.refused.isEmpty, "after \(seconds)")
            if made == 0 { #expect(report.plan?.workers.map(\.bar.rule) == [.belowAsk]) }
        }
    }

    @Test("a round ends direct offers that nobody answered in time")
    func directOffers() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w")
        let batch = try await staffed.batch("b", door: .claim)
        let usd = try #require(Currency("USD"))
        _ = try await MakeDirectOffer(market: staffed.market)(
            of: Batch.Key(requester: staffed.requester, id: batch), to: worker,
            DirectTerms(
                pay: Money(2_000, usd), quantity: 1, answerBy: Scratch.start + 60, deadline: Scratch.start + 60),
            by: staffed.manager)
        let round = DirectOfferLapseRound(market: staffed.market, by: staffed.system)
        #expect(try await round.runOnce() == RoundOutcome(counts: [.directOffersLapsed: 0], hasMore: false))
        Scratch.clock.advance(by: 60)
        #expect(try await round.runOnce() == RoundOutcome(counts: [.directOffersLapsed: 1], hasMore: false))
        #expect(try await staffed.ills() == [])
    }
}
