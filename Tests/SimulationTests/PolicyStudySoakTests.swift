import Formats
import Foundation
import Matching
import Testing

@testable import Simulation

/// Small markets in every run of the tests, those that say more in a soak.
@Suite("Study of policies under soak", .serialized)
struct PolicyStudySoakTests {
    private static let isSoak = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1"

    private func study(
        _ scenarios: [PolicyScenario], _ policies: [WeekPolicy], workers: Int = 60, days: Int = 14, seeds: Int = 2
    ) throws -> PolicyStudy {
        try PolicyStudy(
            workers: workers, days: days, seed: 7, seeds: seeds, scenarios: scenarios, policies: policies)
    }

    @Test("is never below first come first served, and no policy is above the bound", .timeLimit(.minutes(30)))
    func order() async throws {
        let scenarios: [PolicyScenario] = Self.isSoak ? [.tight, .slack, .underpriced, .overpriced] : [.tight]
        let days = Self.isSoak ? 14 : 7
        let report = try await study(
            scenarios, Self.isSoak ? [.ours, .fifo, .greedy, .pull] : [.ours, .fifo],
            workers: Self.isSoak ? 60 : 24, days: days
        ).run()
        for scenario in scenarios {
            #expect(report.seeds(scenario, where: .ours, isBelow: .fifo) == 0, "\(scenario)")
        }
        for outcome in report.outcomes {
            let welfare = try #require(outcome.metrics[.welfare])
            let ofAll = try #require(outcome.metrics[.welfareOfAll])
            #expect(welfare > 0 && ofAll <= 1, "\(outcome.scenario) \(outcome.policy)")
            #expect(outcome.metrics[.capViolations] == 0)
        }
        let tight = try #require(report.estimate(.welfare, .tight, .ours))
        let first = try #require(report.estimate(.welfare, .tight, .fifo))
        #expect(tight.mean > 1.15 * first.mean)
    }

    @Test("gives the same bytes for the same seed, others for another", .timeLimit(.minutes(30)))
    func bytes() async throws {
        let study = try study([.ring], WeekPolicy.allCases, workers: Self.isSoak ? 60 : 20, days: 7)
        let (one, other) = (try await study.run(), try await study.run())
        #expect(one.json.canonicalText == other.json.canonicalText && one.csv == other.csv && one.svg == other.svg)
        #expect(one.lines == other.lines && one.lines.contains(one.caution))
        let values = one.outcomes.filter { $0.policy == .ours }.compactMap { $0.metrics[.welfare] }
        #expect(Set(values).count == 2)
    }

    @Test("loses no task and no answer, at any tick, whoever decides", arguments: [WeekPolicy.ours, .greedy, .pull])
    func conservation(policy: WeekPolicy) throws {
        for scenario in Self.isSoak ? PolicyScenario.allCases : [.shock] {
            let market = WeekMarketMaker(workers: Self.isSoak ? 40 : 20, days: 7, seed: 3, scenario: scenario).market()
            var run = WeekRun(market: market, policy: policy)
            _ = try run.run { run in
                let counts = run.counts
                try #require(counts.created == counts.done + counts.open + counts.expired)
                try #require(counts.done == run.states.count { $0 == .done })
                try #require(counts.open == run.states.count { $0 == .open })
                try #require(counts.expired == run.states.count { $0 == .expired })
                try #require(counts.created == market.tasks.count { $0.arrival <= run.tick })
                try #require(run.missing.allSatisfy { $0 >= 0 } && run.pending.allSatisfy { $0 >= 0 })
                try #require(zip(run.used, run.declared).allSatisfy { $0 <= $1 })
            }
            #expect(run.live.allSatisfy { $0 >= 0 })
        }
    }

    @Test("meets the same market whoever decides, and each scenario is what it says")
    func scenarios() {
        func market(_ scenario: PolicyScenario) -> WeekMarket {
            WeekMarketMaker(workers: 100, days: 14, seed: 1, scenario: scenario).market()
        }
        let (tight, slack) = (market(.tight), market(.slack))
        let undated = market(.undated).tasks
        let share = Double(undated.count { $0.isUndated }) / Double(undated.count)
        #expect(tight.tasks.allSatisfy { !$0.isUndated } && (0.28...0.39).contains(share))
        #expect(Set(undated.filter(\.isUndated).map(\.deadline)) == [19 * Tick.perDay - 1])
        func demand(_ market: WeekMarket) -> Double {
            // What is worth its pay for a middling expert.
            Double(
                market.tasks.reduce(0) {
                    let isWorth = Double($1.value) * (WeekMarketMaker.accuracies.mean - WeekMarket.bar) > Double($1.pay)
                    return $0 + (isWorth ? $1.answers * $1.units : 0)
                })
                // Of the two weeks in which tasks arrive.
                / Double(market.usable.enumerated().reduce(0) { $1.0 % market.weeks < 2 ? $0 + Int($1.1) : $0 })
        }
        #expect(abs(demand(tight) - 1 / 0.6) < 0.15 && abs(demand(slack) - 1 / 1.3) < 0.08)
        #expect(market(.spam).workers.count { $0.nature == .spammer } > 25)
        #expect(market(.newcomers).workers.count == 130)
        #expect(market(.ring).workers.contains { $0.ring >= 0 })
        #expect(market(.cliff).workers.count { $0.lapseTick == 7 * Tick.perDay } > 8)
        let thin = market(.thin)
        #expect(thin.skills.count { $0.cell == Int32(thin.cellCount / 3) } == 5)
        #expect(market(.shock).tasks.count > market(.outage).tasks.count - 200)
        #expect(PolicyScenario.named("s11") == [.underpriced, .overpriced] && PolicyScenario.named("S14") == nil)
        #expect(PolicyScenario.named("S1") == [.tight] && PolicyScenario.named("all")?.count == 14)
    }

    @Test("prices hours so that the proof is above what is assigned, and free hours cost nothing")
    func prices() throws {
        var sheet = WeekPrices.Sheet()
        sheet.supply = [4, 100]
        for value in [Int64(40), 30, 20, 10] {
            sheet.columns += [0]
            sheet.values += [value * 1_000_000]
            sheet.endRow(answers: 1, units: 2)
        }
        sheet.columns += [1]
        sheet.values += [5_000_000]
        sheet.endRow(answers: 1, units: 1)
        sheet.supply.append(0)
        let prices = try WeekPrices(sheet)
        // Two of the four fit: a unit is worth between half of the third and half of the second.
        #expect((9_000_000...16_000_000).contains(try #require(prices.unitPrices[0])))
        #expect(try #require(prices.unitPrices[1]) < 200_000)
        // Who has no time has no price, rather than an infinite one.
        #expect(prices.unitPrices[2] == nil)
        let bound = prices.bound { $0 }
        #expect(bound >= 75_000_000 && bound < 78_000_000)
    }

    @Test("counts nobody's answer twice, though they have hours in two weeks")
    func oneAnswerEach() throws {
        var sheet = WeekPrices.Sheet()
        // One worker with two weeks, and another who is not as good.
        sheet.supply = [4, 4, 4]
        sheet.columns = [0, 1, 2]
        sheet.values = [10_000_000, 10_000_000, 3_000_000]
        sheet.endRow(answers: 2, units: 2)
        // Work of another length, so that hours have prices.
        sheet.columns += [2]
        sheet.values += [1_000_000]
        sheet.endRow(answers: 1, units: 1)
        let prices = try WeekPrices(sheet)
        #expect((14_000_000..<14_500_000).contains(prices.bound { $0 / 2 }))
        #expect((21_000_000..<21_500_000).contains(prices.bound { $0 }))
    }

    @Test("writes a picture, a file and figures that can be read again")
    func output() async throws {
        let report = try await study([.tight], [.ours, .hindsight], workers: 20, days: 7, seeds: 2).run()
        #expect(report.svg.hasPrefix("<svg") && report.svg.hasSuffix("</svg>\n"))
        #expect(report.svg.split(separator: "<g ").count == report.svg.split(separator: "</g>").count)
        #expect(report.estimate(.welfare, .tight, .hindsight)?.mean == 1)
        let error = try #require(report.estimate(.labelError, .tight, .ours))
        #expect((0.02...0.3).contains(error.mean))
        #expect(try #require(report.estimate(.calibration, .tight, .ours)).mean < 0.1)
        #expect((-1...1).contains(try #require(report.estimate(.luckCorrelation, .tight, .ours)).mean))
        let lines = String(decoding: report.csv, as: UTF8.self).split(whereSeparator: \.isNewline)
        #expect(lines.count > 40 && lines[0] == "scenario,seed,policy,metric,value")
        #expect(report.estimate(.filled, .slack, .ours) == nil)
        let estimate = try #require(PolicyReport.Estimate([1, 2, 3]))
        #expect(estimate.mean == 2 && abs(estimate.half - 4.303 / 3.0.squareRoot()) < 1e-9)
        #expect(FixedText.of(-1.005, digits: 1) == "-1.0" && FixedText.of(0.0996, digits: 3) == "0.100")
        #expect(FixedText.of(-0.0001, digits: 2) == "0.00" && FixedText.of(12, digits: 0) == "12")
    }

    @Test("what is granted is what it says, and more of it does not do worse")
    func grants() throws {
        func market(_ grants: WeekGrants, _ seed: UInt64 = 5) -> WeekMarket {
            WeekMarketMaker(workers: 24, days: 7, seed: seed, scenario: .slack, grants: grants).market()
        }
        #expect(market(.durations).tasks.allSatisfy { $0.units == 2 })
        #expect(market(.windows).workers.allSatisfy { worker in (0..<Tick.perWeek).allSatisfy(worker.isThere) })
        #expect(WorkerResponse.couldAccept(market(.answers), task: 0, worker: 0))
        #expect(
            WeekBeliefs(market(.skills)).skills.map(\.mean).map { PureMath.millionths($0) }
                == market([]).skills.map { PureMath.millionths($0.accuracy) })
        func welfare(_ grants: WeekGrants, _ seed: UInt64) throws -> Double {
            let market = market(grants, seed)
            var run = WeekRun(market: market, policy: .ours)
            return try run.run().worth / (try HindsightBound.value(market, .recorded))
        }
        // A market of one week and few workers may do well by chance: three of them.
        let all: WeekGrants = [.skills, .demand, .answers, .hours, .time]
        let some = try (5...7).map { try welfare([], $0) }
        let most = try (5...7).map { try welfare(all, $0) }
        #expect(most.allSatisfy { $0 > 0.95 } && some.reduce(0, +) < most.reduce(0, +))
    }

    @Test("sees the ring that bids together")
    func ring() throws {
        let metrics = try BidRing.metrics(seed: 2)
        #expect(try #require(metrics[.ringOvercharge]) > 0)
        #expect(try #require(metrics[.ringSeen]) >= 0 && (0...1).contains(metrics[.ringFalseAlarms] ?? -1))
    }

    @Test("refuses what is out of bounds")
    func bounds() {
        #expect(throws: (any Error).self) { try study([], [.ours]) }
        #expect(throws: (any Error).self) { try study([.tight], []) }
        #expect(throws: (any Error).self) { try study([.tight], [.ours], workers: 9) }
        #expect(throws: (any Error).self) { try study([.tight], [.ours], workers: .max) }
        #expect(throws: (any Error).self) { try study([.tight], [.ours], days: 6) }
        #expect(throws: (any Error).self) { try study([.tight], [.ours], seeds: 0) }
    }
}
