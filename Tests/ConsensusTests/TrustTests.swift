import Consensus
import Testing

@Suite("Which fit is not to be trusted") struct TrustTests {
    private static func codes(_ set: Labels, _ method: FitMethod, prior: Double? = nil) throws -> Set<String> {
        Set(set.warnings(about: try method.fit(set, prior: prior)).map(\.code))
    }

    @Test("Of labels that a method's own assumptions made, nothing is said", arguments: FitMethod.allCases, 1...4)
    func clean(method: FitMethod, seed: Int) throws {
        let world = try DrawnWorld(
            items: 300, each: 7, answers: 3, skills: (0..<15).map { 0.4 + 0.035 * Double($0) }, seed: UInt64(seed))
        #expect(try Self.codes(world.labels, method) == [])
    }

    @Test("Dawid-Skene without a prior on few labels is worse than the majority, and says so", arguments: 1...4)
    func sparse(seed: Int) throws {
        let world = try DrawnWorld(
            items: 200, each: 3, answers: 5, skills: [Double](repeating: 0.55, count: 150), seed: UInt64(seed))
        let plain = try FitMethod.dawidSkene.fit(world.labels, prior: 0)
        let votes = world.labels.majorityFit()
        #expect(world.accuracy(plain) < world.accuracy(votes) - 0.02)
        #expect(try Self.codes(world.labels, .dawidSkene, prior: 0).isSuperset(of: ["worse_than_majority"]))
    }

    /// Each class has its own experts, whom one-coin cannot tell from guessers.
    @Test("One-coin where workers mistake one answer for the other is told of", arguments: 1...3)
    func lopsided(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var (labels, truth): ([Label], [Int32: Int32]) = ([], [:])
        for item in 0..<Int32(300) {
            let right = Int32(random.below(2))
            truth[item] = right
            for worker in 0..<Int32(12) {
                // Nobody sees answer 1 well; some see it nowhere.
                let seen = right == 0 ? 0.95 : worker < 6 ? 0.25 : 0.7
                labels.append(Label(item: item, worker: worker, answer: random.unit() < seen ? right : 1 - right))
            }
        }
        let set = try Labels(itemCount: 300, workerCount: 12, answerCount: 2, labels: labels)
        let coin = CalibrationError(try FitMethod.oneCoin.fit(set), gold: truth)
        #expect(coin.confidence > coin.accuracy + 0.03)
        #expect(try Self.codes(set, .oneCoin).contains("over_confident"))
        let tables = CalibrationError(try FitMethod.dawidSkene.fit(set), gold: truth)
        #expect(tables.accuracy > coin.accuracy)
    }

    @Test("A clique that answers alike against the majority is told of", arguments: 1...3)
    func clique(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var (labels, truth): ([Label], [Int32: Int32]) = ([], [:])
        for item in 0..<Int32(300) {
            let (right, dictated) = (Int32(random.below(3)), Int32(random.below(3)))
            truth[item] = right
            for worker in 0..<Int32(5) { labels.append(Label(item: item, worker: worker, answer: dictated)) }
            for worker in 5..<Int32(13) {
                let answer = random.unit() < 0.6 ? right : Int32(random.below(3))
                labels.append(Label(item: item, worker: worker, answer: answer))
            }
        }
        let set = try Labels(itemCount: 300, workerCount: 13, answerCount: 3, labels: labels)
        let fit = try FitMethod.oneCoin.fit(set)
        #expect(CalibrationError(fit, gold: truth).accuracy < 0.5)
        #expect(try Self.codes(set, .oneCoin).isSuperset(of: ["worse_than_majority", "over_confident"]))
    }

    @Test("One-coin does not end where everybody is wrong", arguments: [0.0, 5])
    func inverted(prior: Double) throws {
        // Three of nine are worse than a guess, and answer most.
        for seed in 1...6 as ClosedRange<UInt64> {
            let skills = [-0.5, -0.5, -0.5] + [Double](repeating: 0.35, count: 6)
            var random = SeededRandom(seed: seed)
            var (labels, truth): ([Label], [Int32: Int32]) = ([], [:])
            for item in 0..<Int32(150) {
                let right = Int32(random.below(2))
                truth[item] = right
                for worker in 0..<9 where worker < 3 || random.unit() < 0.9 {
                    let isRight = random.unit() < (1 + skills[worker]) / 2
                    labels.append(Label(item: item, worker: Int32(worker), answer: isRight ? right : 1 - right))
                }
            }
            let set = try Labels(itemCount: 150, workerCount: 9, answerCount: 2, labels: labels)
            let fit = try FitMethod.oneCoin.fit(set, prior: prior)
            let accuracy = CalibrationError(fit, gold: truth).accuracy
            #expect(accuracy > 0.8, "seed \(seed): \(accuracy)")
            #expect(fit.skills.reduce(0, +) / 9 > 0.45)
        }
    }

    @Test("Known answers decide where there are enough of them")
    func byGold() throws {
        let world = try DrawnWorld(
            items: 200, each: 3, answers: 5, skills: [Double](repeating: 0.55, count: 150), seed: 1)
        let fit = try FitMethod.dawidSkene.fit(world.labels, prior: 0)
        let codes = Set(world.labels.warnings(about: fit, gold: world.truth).map(\.code))
        #expect(codes.isSuperset(of: ["worse_than_majority", "over_confident"]))
        let choice = try MethodChoice(world.labels, gold: world.truth)
        #expect(world.labels.warnings(about: choice.fit, gold: world.truth) == [])
    }

    @Test("Items with one label, and a run that was cut off, are told of; nothing ever of the majority")
    func few() throws {
        let single = try Labels(
            itemCount: 4, workerCount: 2, answerCount: 2,
            labels: [(0, 0, 0), (1, 0, 1), (2, 1, 1), (3, 1, 0), (3, 0, 0)].map(Label.init))
        #expect(try Self.codes(single, .dawidSkene).contains("single_labels"))
        let cut = try FitMethod.dawidSkene.fit(DrawnSet.labels(), roundsMax: 2)
        #expect(try DrawnSet.labels().warnings(about: cut).first == .notConverged(rounds: 2))
        #expect(single.warnings(about: single.majorityFit()) == [])
        #expect(FitWarning.singleLabels(items: 3, of: 4).description.hasPrefix("single_labels: 3 of 4 tasks"))
    }
}
