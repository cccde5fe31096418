import Consensus
import Testing

/// A drawn set: 30 items, 7 workers of whom the last mostly says 0, 3 answers, of which 2 comes first.
enum DrawnSet {
    static let truth = "212201002020011001120212211211"
    static let answers = [
        "2..2.0002020.11.0..20..22.021.", ".1220.0.20.000.010112.00211...", "1122..10200001.0011200122.1221",
        "2.22.10...20.100.110.2.2211211", "2.2.0.012.001.2001..0.12211210", ".12..11220..2..1001212.2.12012",
        "000000..000.....200..1.000000.",
    ]

    static func labels(reversed: Bool = false) throws -> Labels {
        var labels: [Label] = []
        for (worker, row) in answers.enumerated() {
            for (item, digit) in row.enumerated() {
                guard let answer = digit.wholeNumberValue else { continue }
                labels.append(Label(item: Int32(item), worker: Int32(worker), answer: Int32(answer)))
            }
        }
        return try Labels(
            itemCount: 30, workerCount: 7, answerCount: 3, labels: reversed ? labels.reversed() : labels)
    }

    static func accuracy(_ fit: Fit) -> Double {
        let right = zip(fit.answers(), truth).count { Int($0) == $1.wholeNumberValue }
        return Double(right) / 30
    }
}

@Suite("Methods of consensus") struct MethodTests {
    /// Posteriors of the first items as crowd-kit 1.4.2 gives them.
    private static let crowdKit: [(method: FitMethod, tolerance: Double, posteriors: [Double])] = [
        (
            .oneCoin, 1e-6,
            [
                9.9e-05, 0.0041745, 0.9957265, 0.0025367, 0.9833603, 0.0141031, 1.57e-05, 9e-05, 0.9998943, 2.7e-05,
                0.0001549, 0.9998181, 0.6897264, 0.157668, 0.1526056, 0.0284617, 0.9566597, 0.0148786,
            ]
        ),
        (
            .dawidSkene, 1e-6,
            [
                0, 0, 1, 0.0138048, 0.9861952, 0, 0, 0, 1, 0, 0, 1, 0.7887516, 0.188783, 0.0224654, 0.0037108,
                0.9962892, 0,
            ]
        ),
        (
            .glad, 0.03,
            [
                8.82e-05, 0.001468, 0.9984438, 1.82e-05, 0.9996501, 0.0003317, 0, 0, 1, 0, 1e-07, 0.9999999, 0.9058631,
                0.0470685, 0.0470685, 0.1592457, 0.8100202, 0.0307341,
            ]
        ),
        (
            .mace, 1e-6,
            [
                0.0007535, 0.0062275, 0.9930189, 0.0111311, 0.9783758, 0.0104931, 9.39e-05, 8.85e-05, 0.9998176,
                0.0002181, 0.0002056, 0.9995763, 0.9483003, 0.0258499, 0.0258499, 0.2178363, 0.7643715, 0.0177922,
            ]
        ),
    ]

    @Test("Without a prior a method gives crowd-kit's posteriors", arguments: crowdKit.map(\.method))
    func likeCrowdKit(method: FitMethod) throws {
        let expected = try #require(Self.crowdKit.first { $0.method == method })
        let fit = try method.fit(DrawnSet.labels(), prior: 0)
        for (place, posterior) in expected.posteriors.enumerated() {
            #expect(abs(fit.posteriors[place] - posterior) <= expected.tolerance, "\(place): \(fit.posteriors[place])")
        }
    }

    /// The expected values are those of a separate implementation in numpy, with full likelihood tables.
    @Test("One-coin EM gives the posteriors and accuracies of a separate implementation")
    func oneCoin() throws {
        let fit = try OneCoin().fit(ConsensusTests.small())
        let posteriors = [
            0.963013685141, 0.027695811623, 0.009290503236, 0.006783798543, 0.98855762286, 0.004658578597,
            0.566208705553, 0.122857218571, 0.310934075876, 0.734020574828, 0.199168694777, 0.066810730394,
            0.078883203592, 0.013042954874, 0.908073841535, 0.418613659209, 0.293915446608, 0.287470894183,
        ]
        let accuracies = [0.790459826288, 0.825094827139, 0.593142285442, 0.679813901105]
        #expect(zip(fit.posteriors, posteriors).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(zip(fit.skills, accuracies).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(zip(fit.answerShares, posteriors.suffix(3)).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(fit.rounds == 21 && fit.isConverged)
        #expect((0..<6).map { fit.likeliest(item: $0)?.answer } == [0, 1, 0, 0, 2, 0])
        #expect(fit.likeliest(item: 6) == nil && fit.posterior(item: -1, answer: 0) == 0)
    }

    @Test("A worker who mostly says one thing is found out by every method", arguments: FitMethod.allCases)
    func skills(method: FitMethod) throws {
        let fit = try method.fit(DrawnSet.labels())
        #expect(fit.isConverged && fit.skills.count == 7)
        #expect(fit.skills.min() == fit.skills[6] && fit.skills[3] > fit.skills[5])
        #expect(DrawnSet.accuracy(fit) >= 0.8)
    }

    @Test("The order of the labels changes no bit of any result", arguments: FitMethod.allCases)
    func orderInvariance(method: FitMethod) throws {
        let one = try method.fit(DrawnSet.labels())
        let two = try method.fit(DrawnSet.labels(reversed: true))
        #expect(one.posteriors == two.posteriors && one.skills == two.skills && one.answers() == two.answers())
    }

    @Test(
        "No prior, bound or corner case gives anything but probabilities", arguments: FitMethod.allCases,
        [-5, 0, 0.5, 1e300, .infinity, .nan])
    func bounded(method: FitMethod, prior: Double) throws {
        let unanimous = try ConsensusTests.labels([[0, 0, 0], [0, 0, 0]], answers: 1)
        let nothing = try Labels(itemCount: 0, workerCount: 0, answerCount: 1, labels: [])
        let idle = try Labels(itemCount: 2, workerCount: 2, answerCount: 2, labels: [])
        let twice = try Labels(
            itemCount: 2, workerCount: 2, answerCount: 3,
            labels: [0, 0, 1, 1, 2].map { Label(item: 0, worker: 0, answer: $0) })
        for labels in [try ConsensusTests.small(), unanimous, nothing, idle, twice] {
            let fit = try method.fit(labels, prior: prior, roundsMax: prior.isNaN ? .min : 7)
            #expect(fit.rounds <= 51 && fit.skills.allSatisfy { (0...1).contains($0) })
            #expect(fit.skills.count == labels.workerCount && fit.itemCount == labels.itemCount)
            for item in 0..<labels.itemCount {
                #expect(abs(fit.distribution(item: item).reduce(0, +) - 1) < 1e-9)
            }
            _ = labels.warnings(about: fit)
        }
    }

    @Test("A worker's table of confusions that would not fit into memory is refused")
    func tooLarge() throws {
        let labels = try Labels(itemCount: 1, workerCount: 1_000, answerCount: 10_000, labels: [])
        #expect(throws: LabelsFault.sizeOutOfBounds) { try FitMethod.dawidSkene.fit(labels) }
        #expect(!labels.hasTables)
        let few = try Labels(
            itemCount: 1, workerCount: 2, answerCount: 9_000,
            labels: [Label(item: 0, worker: 0, answer: 8_999), Label(item: 0, worker: 1, answer: 8_999)])
        let fit = try FitMethod.oneCoin.fit(few)
        #expect(fit.likeliest(item: 0)?.answer == 8_999 && few.warnings(about: fit) == [])
        #expect(few.spammerScores(fit) == [] && CopyScreen(few, fit).pairs == [])
        #expect(few.targetedBiases(fit, features: [[1]]) == [])
    }

    @Test("Repeated answers of one worker to one task count each, and break nothing", arguments: FitMethod.allCases)
    func repeats(method: FitMethod) throws {
        let once = try DrawnSet.labels()
        let labels = try Labels(
            itemCount: 30, workerCount: 7, answerCount: 3, labels: once.all + once.all.filter { $0.item < 10 })
        #expect(labels.repeatCount == once.all.count { $0.item < 10 } && once.repeatCount == 0)
        #expect(DrawnSet.accuracy(try method.fit(labels)) >= 0.8)
    }
}
