import Consensus
import Testing

@Suite("Signals of fraud and poisoning") struct SignalTests {
    /// 40 workers from fair to good, 60 probes that all answer and 100 items of five labels, 3 answers. Workers 1 to 3
    /// copy worker 0 with that chance.
    private static func ring(copied: Double, seed: UInt64) throws -> Labels {
        var random = SeededRandom(seed: seed)
        var labels: [Label] = []
        for item in 0..<Int32(160) {
            let truth = Int32(random.below(3))
            let chosen = item < 60 ? Array(0..<40) : (0..<40).shuffled(using: &random).prefix(5).sorted()
            var source: Int32?
            for worker in chosen {
                var answer = random.unit() < 0.6 + 0.008 * Double(worker) ? truth : Int32(random.below(3))
                if worker == 0 { source = answer }
                if (1...3).contains(worker), let source, random.unit() < copied { answer = source }
                labels.append(Label(item: item, worker: Int32(worker), answer: answer))
            }
        }
        return try Labels(itemCount: 160, workerCount: 40, answerCount: 3, labels: labels)
    }

    @Test("A ring that copies is found on shared probes, and nobody else", arguments: 1...3 as ClosedRange<UInt64>)
    func copies(seed: UInt64) throws {
        let labels = try Self.ring(copied: 0.9, seed: seed)
        let screen = CopyScreen(labels, try FitMethod.dawidSkene.fit(labels))
        #expect(screen.rings == [[0, 1, 2, 3]])
        let honest = try Self.ring(copied: 0, seed: seed)
        #expect(CopyScreen(honest, try FitMethod.dawidSkene.fit(honest)).suspicious == [])
        let pair = try #require(screen.pairs.first { $0.one == 0 && $0.other == 1 })
        #expect(pair.items >= 60 && pair.copiedShare > 0.6 && pair.deviation > 4)
    }

    @Test("Those who guess have the lowest spammer scores, and are cases; those who know are none")
    func spam() throws {
        let skills = [Double](repeating: 0, count: 8) + [Double](repeating: 0.7, count: 12)
        let world = try DrawnWorld(items: 400, each: 8, answers: 3, skills: skills, seed: 4)
        let scores = world.labels.spammerScores(try FitMethod.dawidSkene.fit(world.labels))
        #expect(scores.filter(\.isSuspicious).map(\.worker) == Array(0..<8))
        #expect(scores.allSatisfy { $0.score <= $0.upperBound + 0.05 && (0...1).contains($0.score) })
        #expect(scores == world.labels.spammerScores(try FitMethod.dawidSkene.fit(world.labels)))
    }

    /// Base error 0.1; worker 0 flips eight answers on feature 0; each item has three of 50 other features.
    @Test("Eight targeted answers are found in nine of ten, and no honest worker is accused")
    func targeted() throws {
        var (found, accused) = (0, 0)
        for seed in 1...10 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            let world = try DrawnWorld(
                items: 400, each: 6, answers: 2, skills: [Double](repeating: 0.8, count: 20), seed: seed)
            let targets = Set(world.labels.all.filter { $0.worker == 0 }.shuffled(using: &random).prefix(8).map(\.item))
            let features = (0..<Int32(400)).map { item in
                (0..<3).map { _ in Int32(1 + random.below(50)) } + (targets.contains(item) ? [0] : [])
            }
            let poisoned = try Labels(
                itemCount: 400, workerCount: 20, answerCount: 2,
                labels: world.labels.all.map { label in
                    let isFlipped = label.worker == 0 && targets.contains(label.item)
                    return Label(
                        item: label.item, worker: label.worker,
                        answer: isFlipped ? 1 - (world.truth[label.item] ?? 0) : label.answer)
                })
            let fit = try FitMethod.oneCoin.fit(poisoned)
            let biases = poisoned.targetedBiases(fit, features: features)
            found += biases.contains { $0.worker == 0 && $0.feature == 0 } ? 1 : 0
            accused += Set(biases.map(\.worker)).subtracting([0]).count
        }
        #expect(found >= 9 && accused == 0, "\(found) found, \(accused) accused")
    }

    @Test("A fall of skill after 200 good answers is seen within 60, and hardly ever where there is none")
    func shift() {
        var random = SeededRandom(seed: 8)
        var (falseCases, delays) = (0, [Int]())
        for _ in 0..<300 {
            var (steady, falling) = (SkillShift(usual: 0.9), SkillShift(usual: 0.9))
            for answer in 0..<500 {
                steady.see(right: random.unit() < 0.9 ? 1 : 0)
                falling.see(right: random.unit() < (answer < 200 ? 0.9 : 0.5) ? 1 : 0)
            }
            falseCases += steady.raisedAt == nil ? 0 : 1
            if let raised = falling.raisedAt { delays.append(raised - 200) }
        }
        #expect(falseCases <= 3 && delays.count == 300 && delays.sorted()[285] <= 60)
        var odd = SkillShift(usual: .nan, fall: 7, falseShare: 0, horizon: .min)
        odd.see(right: .nan)
        #expect(odd.count == 0 && odd.bound.isFinite && odd.fallen > 0)
    }

    @Test("A test on gold decides early, with the errors that it was allowed")
    func gold() {
        let test = GoldTest()
        func outcomes(_ skill: Double) -> (fails: Double, answers: Double) {
            var random = SeededRandom(seed: 6)
            var (fails, answers) = (0, 0)
            for _ in 0..<1_000 {
                var (right, wrong) = (0, 0)
                while test.outcome(right: right, wrong: wrong) == .undecided {
                    if random.unit() < skill { right += 1 } else { wrong += 1 }
                }
                fails += test.outcome(right: right, wrong: wrong) == .fails ? 1 : 0
                answers += right + wrong
            }
            return (Double(fails) / 1_000, Double(answers) / 1_000)
        }
        #expect(outcomes(0.9).fails <= 0.015 && outcomes(0.7).fails >= 0.94)
        #expect(outcomes(0.97).answers < 20 && outcomes(0.5).answers < 15)
        #expect(GoldTest(good: .nan, bad: .nan).outcome(right: -1, wrong: .min) == .undecided)
    }

    @Test("Those who answer faster than they can read are found; slow and quick readers are not taken for them")
    func speed() {
        var random = SeededRandom(seed: 6)
        var answers: [(worker: Int32, seconds: Double, characters: Int)] = []
        var clean = answers
        for worker in 0..<Int32(40) {
            let pace = 1 + random.unit()
            for _ in 0..<40 {
                let characters = 200 + random.below(2_000)
                let usual = Double(characters) / 25 * pace * (0.5 + random.unit())
                clean.append((worker, usual, characters))
                let isFast = worker < 3 && random.unit() < 0.7
                answers.append((worker, isFast ? usual / 15 : usual, characters))
            }
        }
        let screen = SpeedScreen(answers)
        #expect(screen.isSplit && screen.suspicious.map(\.worker) == [0, 1, 2])
        #expect(SpeedScreen(clean).suspicious == [] && SpeedScreen([]).bound == 0)
        #expect(SpeedScreen([(0, .nan, 1), (0, -1, 1), (0, 1, -1)]).suspicious == [])
    }

    @Test("A worker's withdrawal recomputes every answer, and tells what must be asked about again")
    func withdrawal() throws {
        let labels = try Self.ring(copied: 1, seed: 2)
        let before = try FitMethod.dawidSkene.fit(labels)
        let rule = StoppingRule(target: 0.9, answersMin: 4)
        let after = try Withdrawal(labels, before, without: [0, 1, 2, 3], rule: rule)
        #expect(after.labels.all.allSatisfy { $0.worker > 3 })
        #expect(after.fit.posteriors == (try FitMethod.dawidSkene.fit(after.labels)).posteriors)
        #expect(after.recollected.contains { labels.count(of: Int($0)) == 5 })
        #expect(
            after.changed.allSatisfy {
                before.likeliest(item: Int($0))?.answer != after.fit.likeliest(item: Int($0))?.answer
            })
        #expect(try Withdrawal(labels, before, without: [], rule: rule).recollected == [])
        #expect(InfluenceLimit(workers: 40).share == 0.05 && InfluenceLimit(workers: 1_000).share == 0.02)
        #expect(
            InfluenceLimit(workers: 40).allows(own: 4, all: 99) && !InfluenceLimit(workers: 40).allows(own: 5, all: 99))
    }
}
