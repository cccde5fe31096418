import Consensus
import Testing

/// Labels drawn from known skills: every item gets `each` labels by different workers.
struct DrawnWorld {
    let labels: Labels
    let truth: [Int32: Int32]

    /// - Parameter skills: of each worker, the chance to know; who does not throws a die.
    init(items: Int, each: Int, answers: Int, skills: [Double], seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var labels: [Label] = []
        var truth: [Int32: Int32] = [:]
        for item in 0..<Int32(items) {
            let right = Int32(random.below(answers))
            truth[item] = right
            for worker in (0..<skills.count).shuffled(using: &random).prefix(each) {
                let answer = random.unit() < skills[worker] ? right : Int32(random.below(answers))
                labels.append(Label(item: item, worker: Int32(worker), answer: answer))
            }
        }
        self.truth = truth
        self.labels = try Labels(
            itemCount: items, workerCount: skills.count, answerCount: answers, labels: labels)
    }

    func accuracy(_ fit: Fit) -> Double { CalibrationError(fit, gold: truth).accuracy }
}

@Suite("Online consensus, stopping and calibration") struct OnlineTests {
    private static func world(seed: UInt64 = 1) throws -> DrawnWorld {
        try DrawnWorld(
            items: 300, each: 8, answers: 2, skills: (0..<20).map { 0.3 + 0.03 * Double($0) }, seed: seed)
    }

    @Test("Labels taken in one by one come near to what a full fit of all finds")
    func increments() throws {
        let world = try Self.world()
        let half = world.labels.filtered { $0.item < 150 }
        var online = try OnlineConsensus(half, FitMethod.dawidSkene.fit(half), prior: 2)
        for label in world.labels.all where label.item >= 150 { online.add(label) }
        let full = try FitMethod.dawidSkene.fit(world.labels)
        for item in 150..<Int32(300) {
            let posterior = online.posterior(item: item)
            #expect(abs(posterior.reduce(0, +) - 1) < 1e-12 && online.labelCount(item: item) == 8)
            #expect(abs(posterior[0] - full.posterior(item: Int(item), answer: 0)) < 0.35)
        }
        let alike = (150..<Int32(300)).count {
            (online.posterior(item: $0)[0] > 0.5) == (full.posterior(item: Int($0), answer: 0) > 0.5)
        }
        #expect(alike >= 147)
    }

    @Test("An item and a worker that were never seen have the shares and the pooled table; nonsense changes nothing")
    func strangers() throws {
        let world = try Self.world()
        let fit = try FitMethod.dawidSkene.fit(world.labels)
        var online = try OnlineConsensus(world.labels, fit, prior: 2)
        #expect(zip(online.posterior(item: 9_999), fit.answerShares).allSatisfy { abs($0 - $1) < 1e-9 })
        let before = online.posterior(item: 7)
        #expect(online.add(Label(item: 7, worker: 3, answer: 5)) == before)
        #expect(online.add(Label(item: 7, worker: 3, answer: -1)) == before)
        #expect(online.chance(worker: 77, given: 0, truth: 0) > 0.6)
        #expect(online.add(Label(item: 9_999, worker: 77, answer: 1))[1] > 0.6)
    }

    @Test("A rule stops at its target between the least and the most, and then says so")
    func rule() {
        let rule = StoppingRule(target: 0.95, answersMin: 2, answersMax: 4)
        #expect(rule.decide(posterior: [0.01, 0.99], labelCount: 1) == .ask(worker: nil))
        #expect(rule.decide(posterior: [0.01, 0.99], labelCount: 2) == .stop(answer: 1, confidence: 0.99))
        #expect(rule.decide(posterior: [0.1, 0.9], labelCount: 3, next: 6) == .ask(worker: 6))
        #expect(rule.decide(posterior: [0.1, 0.9], labelCount: 4) == .unsettled)
        #expect(
            rule.decide(posterior: [0.1, 0.9], labelCount: 3, ceiling: 0.94) == .stop(answer: 1, confidence: 0.9))
        #expect(StoppingRule(answerCost: 1, errorCost: 50).target == 0.98)
        #expect(StoppingRule(answerCost: 1, errorCost: 0).target == 0.9)
        #expect(StoppingRule(answerCost: 0, errorCost: 5).target == 0.995)
        let clamped = StoppingRule(target: .nan, answersMin: -3, answersMax: -9)
        #expect(clamped.target == 0.99 && clamped.answersMin == 1 && clamped.answersMax == 1)
    }

    @Test("The worker is asked first whose answer is expected to settle most for its cost")
    func whom() throws {
        let world = try Self.world()
        let online = try OnlineConsensus(world.labels, FitMethod.dawidSkene.fit(world.labels), prior: 2)
        #expect(online.expectedGain(item: 9_999, worker: 19) > online.expectedGain(item: 9_999, worker: 0))
        let same = online.ranked([(0, 1), (19, 1), (10, 1)], for: 9_999)
        #expect(same == [19, 10, 0])
        #expect(online.ranked([(0, 1), (19, 100), (10, 1), (5, 0)], for: 9_999) == [10, 0, 19])
    }

    @Test("A calibration takes away what over-confident posteriors claim, and changes no answer")
    func calibration() throws {
        // Half of the items are answered by copying one worker: eight labels are worth one.
        var random = SeededRandom(seed: 9)
        var (labels, truth): ([Label], [Int32: Int32]) = ([], [:])
        for item in 0..<Int32(400) {
            let right = Int32(random.below(2))
            truth[item] = right
            let copied = random.unit() < 0.75 ? right : 1 - right
            for worker in 0..<Int32(8) {
                let own = random.unit() < 0.75 ? right : 1 - right
                labels.append(Label(item: item, worker: worker, answer: item % 2 == 0 ? copied : own))
            }
        }
        let set = try Labels(itemCount: 400, workerCount: 8, answerCount: 2, labels: labels)
        let fit = try FitMethod.oneCoin.fit(set)
        let (taught, tested) = (truth.filter { $0.key < 200 }, truth.filter { $0.key >= 200 })
        let calibration = Calibration(fit, gold: taught)
        let calibrated = calibration.applied(to: fit)
        #expect(CalibrationError(fit, gold: tested).error > 0.1)
        #expect(CalibrationError(calibrated, gold: tested).error < 0.06)
        #expect(calibrated.answers() == fit.answers())
        #expect(set.warnings(about: fit).contains { $0.code == "over_confident" })
        #expect(Calibration([]) == Calibration() && Calibration(temperature: .nan, doubt: 7).doubt == 0.5)
        #expect(Calibration().applied(to: [0.25, 0.75]).map { ($0 * 1e9).rounded() } == [0.25e9, 0.75e9])
    }

    @Test("Replayed, early stopping is as right as the majority of all labels, with half of them")
    func replay() throws {
        let world = try Self.world(seed: 5)
        let replay = try StoppingReplay(
            world.labels, gold: world.truth, method: .oneCoin, rule: StoppingRule(target: 0.98), seed: 2)
        #expect(replay.items > 100 && replay.labelsEachInAll == 8)
        #expect(replay.labelsEach < 0.7 * replay.labelsEachInAll)
        #expect(replay.accuracy >= replay.majorityAccuracy - 0.03 && replay.calibrationError < 0.07)
    }
}
