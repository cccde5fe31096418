import Formats
import Foundation
import Matching
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
            let workers = Dictionary(uniqueKeysWithValues: market.candidates.map { ($0.worker, $0) })
            for offer in plan.offers {
                let batch = try #require(batches[offer.batch])
                let worker = try #require(workers[offer.worker])
                let requirement = try #require(market.requirements[batch.requirement])
                #expect(
                    try requirement.evaluate(#require(worker.facts), at: market.instant)
                        == .eligible(#require(offer.proof)), "seed \(seed)"
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
                    == market.candidates.map(\.worker).filter { !served.contains($0) }
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
            .offeredBefore, .belowAsk,
            nil,
        ])
    func precedence(first: RoutingRule?) throws {
        let rank = first?.rank ?? .max
        let pair = RoutingPair(batch: SmallRouting.batch(1), worker: SmallRouting.worker(1))
        func broken(_ rule: RoutingRule) -> Bool { rule.rank >= rank }
        func pairs(_ rule: RoutingRule) -> Set<RoutingPair> { broken(rule) ? [pair] : [] }
        var market = SmallRouting.market(
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
        market.offeredBefore = pairs(.offeredBefore)
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
    func valueBounds() throws {
        let usd = try #require(Currency("USD"))
        for (pay, level, age, distance) in [
            (0, 0, -1e12, 99), (1, 0, 0, 3), (1_000_000_000_000, 200, 1e12, 0), (1_000_000_000_000, 0, 1e12, 0),
        ] as [(Int64, Int, Double, Int)] {
            let batch = SmallRouting.offering(1, minutes: 10_080, ageHours: age)
            var market = SmallRouting.market([batch], [SmallRouting.candidate(1)])
            market.known.pay = [batch.id: try Money(pay, usd)]
            let pair = RoutingValue(market, weights: policy.weights).of(
                batch, market.candidates[0], level: level, tierDistance: distance)
            #expect(try (1...(1 << 40)).contains(#require(pair.micros)), "\(pay) at \(level)")
        }
    }

    @Test("an hour that is worth more elsewhere is not offered, until the work is past its bound")
    func prices() throws {
        let usd = try #require(Currency("USD"))
        for (ageHours, nightly, rule) in [
            (0, 1, nil), (0, 1_000_000_000, RoutingRule.belowPrice), (169, 1_000_000_000, nil),
        ] as [(Double, Int64, RoutingRule?)] {
            let batch = SmallRouting.offering(1, ageHours: ageHours)
            var market = SmallRouting.market([batch], [SmallRouting.candidate(1)])
            market.known.pay = [batch.id: try Money(2_000, usd)]
            market.known.prices = [SmallRouting.worker(1): HourPrice(nightlyMicros: nightly)]
            #expect(try policy.plan(market).workers.first?.bar.rule == rule, "\(nightly) after \(ageHours) hours")
        }
    }

    @Test("waits for somebody better who is likely to come in time, and for nobody else")
    func waiting() throws {
        let usd = try #require(Currency("USD"))
        let (here, away) = (SmallRouting.worker(1), SmallRouting.worker(2))
        func rule(
            dueHours: Double?, used: Int = 0, weekShare: Int = 0, _ change: (inout RoutingMarket) -> Void = { _ in }
        ) throws -> RoutingRule? {
            let batch = SmallRouting.offering(1, dueHours: dueHours)
            var market = SmallRouting.market(
                [batch],
                [
                    SmallRouting.candidate(1),
                    SmallRouting.candidate(
                        2, window: nil, committedMinutes: used, weekShareMillionths: weekShare),
                ])
            market.known.pay = [batch.id: try Money(2_000, usd)]
            market.known.skills = [
                here: RoutingSkill(meanBps: 6_000, lowBps: 5_500, evidence: 200),
                away: RoutingSkill(meanBps: 9_500, lowBps: 9_300, evidence: 200),
            ]
            market.known.prices = [here: HourPrice(nightlyMicros: 1), away: HourPrice(nightlyMicros: 1)]
            market.known.accepting = [here: 900_000, away: 900_000]
            change(&market)
            let plan = try policy.plan(market)
            #expect(plan.offers.map(\.worker) == (plan.workers.contains { $0.subject == here } ? [] : [here]))
            return plan.workers.first { $0.subject == here }?.bar.rule
        }
        let batch = SmallRouting.batch(1)
        let pair = RoutingPair(batch: batch, worker: away)
        #expect(try rule(dueHours: 140) == .waitsForBetter)
        // Who is away is not likely to come within hours; nothing is due; hours have no prices; the work is forced.
        #expect(try rule(dueHours: 4) == nil)
        #expect(try rule(dueHours: nil) == nil)
        #expect(try rule(dueHours: 140) { $0.known.prices = [:] } == nil)
        #expect(try rule(dueHours: 140) { $0.known.forced = [batch] } == nil)
        // The other has done their part, declined on these terms, seldom accepts, or is no better.
        #expect(try rule(dueHours: 140) { $0.offeredBefore = [pair] } == nil)
        #expect(try rule(dueHours: 140) { $0.known.accepting[away] = 100_000 } == nil)
        #expect(try rule(dueHours: 140) { $0.known.skills[away] = $0.known.skills[here] } == nil)
        // Their week is used up; but the next begins before the work is due.
        #expect(try rule(dueHours: 140, used: 600, weekShare: 50_000) == nil)
        #expect(try rule(dueHours: 140, used: 600, weekShare: 900_000) == .waitsForBetter)
    }

    @Test("goes by what an answer is worth to the requester, where they have said so; below its pay nobody is asked")
    func stated() throws {
        let usd = try #require(Currency("USD"))
        func plan(_ first: Int64?, _ second: Int64?) throws -> RoutingPlan {
            var market = SmallRouting.market(
                [
                    SmallRouting.offering(1, answerValue: first), SmallRouting.offering(2, answerValue: second),
                ], [SmallRouting.candidate(1, minutes: 30)])
            market.known.pay = try [1, 2].reduce(into: [:]) { $0[SmallRouting.batch($1)] = try Money(2_000, usd) }
            market.known.skills = [SmallRouting.worker(1): RoutingSkill(meanBps: 9_500, lowBps: 9_300, evidence: 200)]
            return try policy.plan(market)
        }
        #expect(try plan(20_000, 30_000).offers.map(\.batch) == [SmallRouting.batch(2)])
        #expect(try plan(30_000, 20_000).offers.map(\.batch) == [SmallRouting.batch(1)])
        // Who has not said counts as four times the pay.
        #expect(try plan(7_000, nil).offers.map(\.batch) == [SmallRouting.batch(2)])
        #expect(try plan(9_000, nil).offers.map(\.batch) == [SmallRouting.batch(1)])
        let none = try plan(2_000, 1)
        #expect(none.offers.isEmpty && none.batches.allSatisfy { $0.bar.rule == .belowPay })
    }

    @Test("a worker whose windows lie outside the time that is left is no rival, one whose lie within is")
    func presence() throws {
        let usd = try #require(Currency("USD"))
        let (here, away) = (SmallRouting.worker(1), SmallRouting.worker(2))
        func rule(_ day: Weekday) throws -> RoutingRule? {
            let batch = SmallRouting.offering(1, dueHours: 60)
            let windows = [AvailabilityWindow(day, try DaySpan("09:00-21:00"))]
            let presence = try Presence(
                Availability(timeZone: "UTC", windows: windows, exceptions: []),
                from: Presence.start(for: SmallRouting.instant))
            var market = SmallRouting.market(
                [batch],
                [SmallRouting.candidate(1), SmallRouting.candidate(2, minutes: 0, window: nil, presence: presence)])
            market.known.pay = [batch.id: try Money(2_000, usd)]
            market.known.skills = [
                here: RoutingSkill(meanBps: 6_000, lowBps: 5_500, evidence: 200),
                away: RoutingSkill(meanBps: 9_500, lowBps: 9_300, evidence: 200),
            ]
            market.known.prices = [here: HourPrice(nightlyMicros: 1), away: HourPrice(nightlyMicros: 1)]
            market.known.accepting = [here: 900_000, away: 900_000]
            return try policy.plan(market).workers.first { $0.subject == here }?.bar.rule
        }
        // It is Monday, nine in the morning.
        #expect(try rule(.tuesday) == .waitsForBetter)
        #expect(try rule(.friday) == nil)
    }

    @Test("presence is the open quarters of the windows, whatever the zone, over both changes of clocks")
    func quarters() throws {
        for zone in ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"] {
            let windows = [
                AvailabilityWindow(.sunday, try DaySpan("00:00-06:00")),
                AvailabilityWindow(.wednesday, try DaySpan("09:15-17:30")),
            ]
            let availability = try Availability(timeZone: zone, windows: windows, exceptions: [])
            for instant in ["2026-03-29T10:00:00Z", "2026-10-25T10:00:00Z", "2026-11-01T12:00:00Z"] {
                let now = try Date(instant, strategy: .iso8601)
                let start = Presence.start(for: now)
                let presence = try Presence(availability, from: start)
                let first = Date(timeIntervalSince1970: Double(start))
                for (from, hours) in [(0.0, 48.0), (30, 100), (6 * 24, 80), (11, 5 * 24)] {
                    let (one, two) = (first + from * 3_600, first + (from + hours) * 3_600)
                    let open = try availability.openIntervals(from: one, until: two)
                        .reduce(0) { $0 + $1.upperBound.timeIntervalSince($1.lowerBound) }
                    #expect(abs(Double(presence.units(from: one, until: two)) - open / 900) < 1, "\(zone) \(instant)")
                }
            }
        }
        #expect(Presence.always.units(from: SmallRouting.instant, until: SmallRouting.instant + 9_000) == 10)
        #expect(Presence.always.units(from: SmallRouting.instant, until: SmallRouting.instant - 9_000) == 0)
    }

    @Test("prefers who is known to be better, who was offered less, who knows the batch, and who is likely to accept")
    func preferences() throws {
        let usd = try #require(Currency("USD"))
        let batch = SmallRouting.offering(1)
        let (one, two) = (SmallRouting.worker(1), SmallRouting.worker(2))
        let pair = RoutingPair(batch: batch.id, worker: two)
        let changes: [(String, (inout RoutingKnowledge) -> Void)] = [
            (
                "skill",
                {
                    $0.skills = [
                        one: RoutingSkill(meanBps: 8_000, lowBps: 7_000, evidence: 50),
                        two: RoutingSkill(meanBps: 9_500, lowBps: 9_000, evidence: 50),
                    ]
                }
            ),
            (
                "the interval, not the mean",
                {
                    $0.skills = [
                        one: RoutingSkill(meanBps: 9_000, lowBps: 4_000, evidence: 5),
                        two: RoutingSkill(meanBps: 8_900, lowBps: 8_800, evidence: 500),
                    ]
                }
            ),
            ("familiarity", { $0.familiar = [pair] }), ("acceptance", { $0.accepting = [one: 100_000, two: 900_000] }),
        ]
        for (what, change) in changes {
            var market = SmallRouting.market([batch], [SmallRouting.candidate(1), SmallRouting.candidate(2)])
            market.known.pay = [batch.id: try Money(2_000, usd)]
            #expect(try policy.plan(market).offers.map(\.worker) == [one], "without \(what)")
            change(&market.known)
            #expect(try policy.plan(market).offers.map(\.worker) == [two], "\(what)")
        }
    }

    @Test("prefers who will be done in time, by their pace and by how much of the declared time they give")
    func inTime() throws {
        let usd = try #require(Currency("USD"))
        let batch = SmallRouting.offering(1, minutes: 60, ageHours: 1, dueHours: 24)
        let (one, two) = (SmallRouting.worker(1), SmallRouting.worker(2))
        for (what, slow) in [
            ("pace", RoutingForecast(paceMillionths: 3_000_000)),
            ("what they give", RoutingForecast(meanMillionths: 200_000, promisedMillionths: 50_000)),
            ("what they promise", RoutingForecast(promisedMillionths: 10_000)),
        ] {
            var market = SmallRouting.market(
                [batch], [SmallRouting.candidate(1, minutes: 120), SmallRouting.candidate(2, minutes: 120)])
            market.known.pay = [batch.id: try Money(2_000, usd)]
            #expect(try policy.plan(market).offers.map(\.worker) == [one], "without \(what)")
            market.known.forecasts = [one: slow]
            #expect(try policy.plan(market).offers.map(\.worker) == [two], "\(what)")
        }
    }

    @Test("shows the auction the best of a batch and a few that are drawn, the same for the same instant")
    func capped() throws {
        let workers = (0..<200).map { SmallRouting.candidate(UInt8($0)) }
        let plan = try RoutingPolicy(candidatesMax: 10, drawnMax: 3).plan(
            SmallRouting.market([SmallRouting.offering(1)], workers))
        #expect(plan.offers.count == 1)
        #expect(plan.workers.count == 199)
        #expect(plan.workers.allSatisfy { $0.bar.rule == .notChosen })
        #expect(plan.workers.count { $0.bar.message.hasPrefix("Enough") } == 200 - 13)
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
