import Consensus
import Testing

@Suite("Agreement statistics") struct AlphaTests {
    /// The expected values are those of Krippendorff 2011 and of the Python package krippendorff 0.9.
    @Test(
        "Krippendorff's example of 2011 has the published alphas",
        arguments: [
            (MeasurementLevel.nominal, 0.743421052631579), (.ordinal, 0.815_387), (.interval, 0.849_107),
            (.ratio, 0.797_405),
        ])
    func example(level: MeasurementLevel, expected: Double) throws {
        let labels = try ConsensusTests.labels(ConsensusTests.exampleC, answers: 6)
        let found = try #require(labels.krippendorffAlpha(level, values: (0..<6).map(Double.init)))
        #expect(abs(found.alpha - expected) < 1e-5, "\(found.alpha)")
        #expect(found.items == 11 && found.labels == 40 && found.interval == nil)
    }

    @Test("Alpha is that of the reference implementation, and nil where it is not defined")
    func alpha() throws {
        let small = try #require(ConsensusTests.small().krippendorffAlpha())
        #expect(abs(small.alpha - 0.0714285714285714) < 1e-12)
        #expect(try ConsensusTests.labels([[0, 1], [0, 1]], answers: 2).krippendorffAlpha()?.alpha == 1)
        let opposed = try #require(ConsensusTests.labels([[0, 1], [1, 0]], answers: 2).krippendorffAlpha())
        #expect(abs(opposed.alpha - -0.5) < 1e-12)
        #expect(try ConsensusTests.labels([[0, 0], [0, 0]], answers: 2).krippendorffAlpha() == nil)
        #expect(try ConsensusTests.labels([[0, nil], [nil, 1]], answers: 2).krippendorffAlpha() == nil)
        #expect(try ConsensusTests.small().krippendorffAlpha(.interval, values: [1]) == nil)
        #expect(try ConsensusTests.small().krippendorffAlpha(.interval, values: [1, .nan, 2]) == nil)
    }

    @Test("Only the order counts at the ordinal level, only differences at the interval one, proportions at ratio")
    func invariance() throws {
        let labels = try ConsensusTests.labels(ConsensusTests.exampleC, answers: 6)
        func alpha(_ level: MeasurementLevel, _ value: (Double) -> Double) -> Double? {
            labels.krippendorffAlpha(level, values: (0..<6).map { value(Double($0)) })?.alpha
        }
        #expect(alpha(.ordinal) { $0 } == alpha(.ordinal) { $0 * $0 * $0 - 7 })
        #expect(alpha(.interval) { $0 } == alpha(.interval) { 4 * $0 + 8 })
        #expect(alpha(.ratio) { $0 } == alpha(.ratio) { 4 * $0 })
        #expect(alpha(.interval) { $0 } != alpha(.interval) { $0 * $0 })
        #expect(alpha(.ratio) { $0 } != alpha(.ratio) { $0 + 8 })
    }

    @Test("The interval holds alpha, is the same for the same seed, and narrows with more items")
    func interval() throws {
        let labels = try DrawnSet.labels()
        let found = try #require(labels.krippendorffAlpha(draws: 400))
        let interval = try #require(found.interval)
        #expect(interval.contains(found.alpha) && interval == labels.krippendorffAlpha(draws: 400)?.interval)
        let copies = (0..<4).flatMap { copy in
            labels.all.map { Label(item: $0.item + 30 * copy, worker: $0.worker, answer: $0.answer) }
        }
        let more = try Labels(itemCount: 120, workerCount: 7, answerCount: 3, labels: copies)
        let narrow = try #require(more.krippendorffAlpha(draws: 400)?.interval)
        #expect(narrow.upperBound - narrow.lowerBound < 0.7 * (interval.upperBound - interval.lowerBound))
    }

    @Test("Cohen's kappa is that of his formula, over items that both answered once")
    func kappa() throws {
        // 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: observed 0.7, expected 0.5.
        var labels: [Label] = []
        for (item, pair)
            in (Array(repeating: (0, 0), count: 20) + Array(repeating: (0, 1), count: 5)
            + Array(repeating: (1, 0), count: 10) + Array(repeating: (1, 1), count: 15)).enumerated()
        {
            labels.append(Label(item: Int32(item), worker: 0, answer: Int32(pair.0)))
            labels.append(Label(item: Int32(item), worker: 1, answer: Int32(pair.1)))
        }
        labels.append(Label(item: 50, worker: 0, answer: 0))
        labels += [0, 1].map { Label(item: 51, worker: $0, answer: 1) } + [Label(item: 51, worker: 0, answer: 0)]
        let set = try Labels(itemCount: 52, workerCount: 3, answerCount: 2, labels: labels)
        let kappa = try #require(set.cohenKappa(0, 1))
        #expect(abs(kappa.kappa - 0.4) < 1e-12 && kappa.items == 50)
        #expect(set.cohenKappa(0, 2) == nil)
    }
}
