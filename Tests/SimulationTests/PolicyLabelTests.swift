import Matching
import Testing

@testable import Simulation

/// What the study of policies says of labels, luck and redundancy, on cases of which the figure is known.
@Suite("Labels, luck and redundancy of a study", .timeLimit(.minutes(10)))
struct PolicyLabelTests {
    private func belief(_ accuracy: Double) -> BetaBelief {
        BetaBelief(successes: accuracy * 1_000, failures: (1 - accuracy) * 1_000)
    }

    private func isNear(_ found: Double?, _ wanted: Double, within distance: Double = 1e-9) -> Bool {
        guard let found else { return false }
        return abs(found - wanted) < distance
    }

    /// One answer to each of many tasks.
    private func labels(believed: Double, right: Double, tasks: Int = 8_000) -> LabelTally {
        var random = PolicyRandom(seed: 11)
        var labels = LabelTally(seed: 4, tasks: tasks, skills: [belief(believed)])
        for task in 0..<tasks {
            labels.hear(task, isRight: random.unit() < right, believed: belief(believed))
        }
        return labels
    }

    // MARK: Labels

    @Test("labels of workers who are as good as believed are wrong as often as they say", arguments: [0.55, 0.8, 0.95])
    func calibrated(accuracy: Double) {
        let found = labels(believed: accuracy, right: accuracy).metrics
        #expect(isNear(found[.labelError], 1 - accuracy, within: 0.02))
        #expect(isNear(found[.calibration], 0, within: 0.02))
    }

    @Test("workers who are worse than believed, or better, make labels that promise what they do not hold")
    func uncalibrated() {
        let over = labels(believed: 0.95, right: 0.7).metrics
        #expect(isNear(over[.labelError], 0.3, within: 0.02))
        #expect(isNear(over[.calibration], 0.25, within: 0.02))
        let under = labels(believed: 0.6, right: 1).metrics
        #expect(under[.labelError] == 0)
        #expect(isNear(under[.calibration], 0.4, within: 0.01))
        let never = labels(believed: 0.9, right: 0).metrics
        #expect(never[.labelError] == 1)
        #expect(isNear(never[.calibration], 0.9, within: 0.01))
    }

    @Test("an expert outweighs two who know little, and three good ones outweigh an expert")
    func weights() {
        var labels = LabelTally(seed: 1, tasks: 3, skills: [belief(0.6), belief(0.95), belief(0.8)])
        labels.hear(0, isRight: true, believed: belief(0.95))
        for _ in 0..<2 { labels.hear(0, isRight: false, believed: belief(0.6)) }
        labels.hear(1, isRight: true, believed: belief(0.95))
        for _ in 0..<3 { labels.hear(1, isRight: false, believed: belief(0.8)) }
        // Nobody has answered the third.
        #expect(labels.outcomes.map { $0.isRight } == [true, false])
        #expect(labels.metrics[.labelError] == 0.5)
        #expect(LabelTally(seed: 1, tasks: 3, skills: []).metrics.isEmpty)
    }

    @Test("of two alike who differ neither is right more often")
    func ties() {
        var labels = LabelTally(seed: 2, tasks: 4_000, skills: [belief(0.8)])
        for task in 0..<4_000 {
            labels.hear(task, isRight: task % 2 == 0, believed: belief(0.8))
            labels.hear(task, isRight: task % 2 == 1, believed: belief(0.8))
        }
        let found = labels.metrics
        #expect(isNear(found[.labelError], 0.5, within: 0.04))
        #expect(isNear(found[.calibration], 0, within: 0.04))
    }

    @Test("who copies says what the first of the ring said, and counts as if it were their own")
    func copies() {
        var labels = LabelTally(seed: 3, tasks: 2, skills: [belief(0.8)])
        labels.hear(0, isRight: false, ring: 7, believed: belief(0.8))
        labels.hear(0, isRight: true, ring: 7, believed: belief(0.8))
        labels.hear(1, isRight: true, ring: 7, believed: belief(0.8))
        labels.hear(1, isRight: false, ring: 8, believed: belief(0.7))
        let found = labels.outcomes
        #expect(found.map { $0.isRight } == [false, true])
        #expect(found[0].confidence > 0.93 && found[1].confidence < 0.8)
    }

    @Test("an answer is as right as its worker is, by whoever it was asked for")
    func draws() throws {
        let market = WeekMarketMaker(workers: 60, days: 7, seed: 9, scenario: .spam).market()
        func skill(of nature: WeekWorker.Nature) -> Int? {
            market.skills.firstIndex { market.workers[Int($0.worker)].nature == nature }
        }
        let (spam, honest) = (try #require(skill(of: .spammer)), try #require(skill(of: .honest)))
        for skill in [spam, honest] {
            let answers = (0..<20_000).map { market.answer(to: $0, by: skill, at: 5) }
            let right = Double(answers.count { $0.isRight }) / 20_000
            let checked = Double(answers.count { $0.isChecked }) / 20_000
            #expect(abs(right - market.accuracy(skill, at: 5)) < 0.015)
            #expect(abs(checked - WeekRun.checkedShare) < 0.015)
        }
        #expect(market.accuracy(spam, at: 5) == 0.5 && market.accuracy(honest, at: 5) > 0.6)
    }

    // MARK: Luck

    @Test("a correlation within groups does not see what lies between them, and is none where nothing varies")
    func correlation() {
        func group(_ pairs: [(Double, Double)]) -> [(first: Double, second: Double)] {
            pairs.map { (first: $0.0, second: $0.1) }
        }
        let rising = group([(1, 10), (2, 20), (3, 30)])
        let falling = group([(1, 9), (2, 5), (3, 1)])
        #expect(isNear(WeekLuck.correlation([rising]), 1))
        #expect(isNear(WeekLuck.correlation([falling]), -1))
        // Together they fall, each of them rises.
        let apart = [group([(0, 0), (1, 1)]), group([(10, -10), (11, -9)])]
        #expect(isNear(WeekLuck.correlation(apart), 1))
        let square = group([(1, 1), (1, 2), (2, 1), (2, 2)])
        #expect(isNear(WeekLuck.correlation([square]), 0))
        #expect(WeekLuck.correlation([group([(1, 5), (1, 7)])]) == nil && WeekLuck.correlation([]) == nil)
    }

    /// Six workers of one cell, there by turns in the first and in the second half of each day; all work comes in the
    /// first.
    private func market(windowTicks: Int = 48) -> WeekMarket {
        let workers = (0..<6).map { place in
            WeekWorker(
                zone: 0, windowStart: place % 2 * 48, windowTicks: windowTicks, days: 0b1111111, declaredUnits: 40,
                usableShare: 1, costShare: 0.5, readiness: 0, pace: 1, joinTick: 0, leaveTick: .max, lapseTick: .max,
                nature: .honest, ring: -1)
        }
        let skills = workers.indices.map {
            WeekSkill(worker: Int32($0), cell: 0, accuracy: 0.8, right: 80, wrong: 20)
        }
        let tasks = (0..<7).map { day in
            WeekTask(
                arrival: day * Tick.perDay + 20, deadline: day * Tick.perDay + 200, cell: 0, answers: 2, units: 3,
                value: 800_000_000, pay: 100_000_000, isUndated: false, edges: 0..<6)
        }
        let windowsBefore = workers.map { worker in
            (0..<Tick.perWeek).reduce(into: [UInt16(0)]) { before, tick in
                before.append((before.last ?? 0) + (worker.isThere(at: tick) ? 1 : 0))
            }
        }
        return WeekMarket(
            scenario: .tight, seed: 1, grants: [], days: 7, workers: workers, skills: skills, tasks: tasks, past: [],
            edges: (0..<6).map { Int32($0) }, cellCount: 1, windowsBefore: windowsBefore,
            usable: Array(repeating: 40, count: 6 * WeekMarket.weeks(days: 7)))
    }

    @Test("who is there when work comes has luck, who is not has none, and who is there always has the mean of it")
    func luck() {
        let (halves, wanted): ([Double], [Double]) = (WeekLuck.byWorker(market()), [2, 0, 2, 0, 2, 0])
        #expect(halves.count == 6 && zip(halves, wanted).allSatisfy { isNear($0, $1) })
        #expect(WeekLuck.byWorker(market(windowTicks: 96)).allSatisfy { isNear($0, 1) })
        #expect(WeekLuck.byWorker(market(windowTicks: 0)).allSatisfy { $0.isNaN })
    }

    @Test("earnings that follow luck correlate with it; those that are evened out, or only of longer hours, do not")
    func earnings() {
        let market = market()
        func found(_ works: [Int], usable: [Int] = Array(repeating: 40, count: 6)) -> Double? {
            var tally = WeekTally(market)
            for (worker, count) in works.enumerated() {
                tally.weekEnded(worker, used: 10, usable: usable[worker])
                for task in market.tasks.prefix(count) {
                    tally.finished(task, worker: worker, worth: 1, isInTime: true, at: 30)
                }
            }
            return tally.metrics(bound: 1, boundOfAll: 1, days: 7)[.luckCorrelation]
        }
        #expect(isNear(found([4, 2, 4, 2, 4, 2]), 1))
        #expect(isNear(found([2, 4, 2, 4, 2, 4]), -1))
        #expect(isNear(found([2, 2, 4, 4, 3, 3]), 0))
        // Twice the earnings of twice the hours are the same for each of them.
        #expect(found([4, 2, 4, 2, 4, 2], usable: [40, 20, 40, 20, 40, 20]) == nil)
    }

    // MARK: Redundancy

    /// Ten answers; after those that are given as sure and as right as the last of them.
    private func play(_ confidences: [Int], right: [Bool]) -> RedundancyTrial.Play {
        let steps = (0..<RedundancyTrial.most).map { place in
            RedundancyTrial.Step(
                confidence: place < confidences.count ? confidences[place] : confidences.last ?? 0,
                isRight: place < right.count ? right[place] : right.last ?? false)
        }
        return RedundancyTrial.Play(pay: 10, steps: steps)
    }

    @Test("stops with the least answers where they suffice at once, with the most where they never do")
    func stops() {
        let (sure, never) = (play([9_999], right: [true]), play([6_000], right: [false]))
        let later = play([9_900, 8_000, 9_500, 9_500, 9_999], right: [true, false, true, false, true])
        #expect(sure.answers(target: 9_950) == RedundancyTrial.least)
        #expect(never.answers(target: 9_000) == RedundancyTrial.most)
        // The first alone would suffice, but is not enough.
        #expect(later.answers(target: 9_500) == 3 && later.answers(target: 9_600) == 5)
        let total = RedundancyTrial.Total([sure, never, later]) { $0.answers(target: 9_500) }
        #expect(total.micros == 150 && total.wrong == 1 && total.items == 3)
        let fixed = RedundancyTrial.Total([sure, never, later]) { _ in RedundancyTrial.fixed }
        #expect(fixed.micros == 150 && fixed.wrong == 1)
        #expect(RedundancyTrial.Total([later]) { _ in 4 }.error == 1)
    }

    @Test("takes the least bound that is wrong no more often than the fixed number")
    func bound() {
        // Wrong after two answers, of which it is sure to 0.92; right from the third on.
        let hasty = play([8_000, 9_200, 9_999], right: [true, false, true])
        let target = RedundancyTrial.target(equalling: [hasty])
        #expect(target > 9_200 && target < 9_400)
        #expect(RedundancyTrial.target(equalling: [play([9_999], right: [true])]) == 9_000)
        // Sure of the wrong until the fixed number is in: no bound is enough, and the highest is taken.
        let misled = play([9_999], right: [false, false, false, false, true])
        #expect(RedundancyTrial.target(equalling: [misled]) == 9_950)
    }

    @Test("saves a good part of five answers at labels that are as right, by the market's own skills")
    func saving() throws {
        let market = WeekMarketMaker(workers: 100, days: 14, seed: 6, scenario: .tight).market()
        let found = RedundancyTrial.metrics(market)
        #expect(found == RedundancyTrial.metrics(market))
        let cost = try #require(found[.redundancyCost])
        let fixed = try #require(found[.redundancyErrorFixed])
        let adaptive = try #require(found[.redundancyErrorAdaptive])
        // Two of five are the least.
        #expect(cost > 0.4 && cost < 0.75)
        #expect((0.005...0.06).contains(fixed) && adaptive < fixed + 0.008)
        let small = WeekMarketMaker(workers: 10, days: 7, seed: 6, scenario: .tight, eligibleMax: 5).market()
        #expect(RedundancyTrial.metrics(small).isEmpty)
    }
}
