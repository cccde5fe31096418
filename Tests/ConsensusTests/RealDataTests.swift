import Consensus
import Formats
import Foundation
import Testing

/// Runs on data that is not ours to commit; see ATTRIBUTION.md in the folder that `GUILDHALL_DATA` names.
@Suite("Consensus on real data", .enabled(if: CrowdSet.folder != nil)) struct ConsensusRealDataTests {
    /// In the order of ``CrowdSet/names``: the tie-fair majority, then crowd-kit 1.4.2's accuracies (2026-11-27).
    private static let expected: [(fair: Double, oneCoin: Double, dawidSkene: Double, glad: Double, mace: Double)] = [
        (0.7598, 0.7087, 0.7658, 0.7598, 0.7538), (0.896875, 0.9250, 0.9275, 0.9250, 0.92625),
        (0.9430, 0.9460, 0.9440, 0.9460, 0.9460), (0.8533, 0.8600, 0.8400, 0.8533, 0.8567),
        (0.8822, 0.8867, 0.8300, 0.8800, 0.8900), (0.8319, 0.8623, 0.8025, 0.8304, 0.8647),
    ]

    @Test("Without a prior each method is as right as crowd-kit's, within 0.2 points", arguments: 0..<6)
    func likeCrowdKit(place: Int) throws {
        let set = try CrowdSet(CrowdSet.names[place])
        let expected = Self.expected[place]
        #expect(abs(set.majorityAccuracy() - expected.fair) < 1e-4)
        for (method, accuracy) in [
            (FitMethod.majority, expected.fair), (.oneCoin, expected.oneCoin), (.dawidSkene, expected.dawidSkene),
            (.glad, expected.glad), (.mace, expected.mace),
        ] {
            let found = set.accuracy(try method.fit(set.labels, prior: 0))
            #expect(abs(found - accuracy) <= 0.002, "\(CrowdSet.names[place]) \(method): \(found)")
        }
    }

    @Test(
        "Replayed, early stopping is as right as the majority of all labels with at most 60 % of them",
        arguments: ["rte", "sentiment_sp_amt", "weather_amt"])
    func replay(name: String) throws {
        let set = try CrowdSet(name)
        let replays = try (1...10).map {
            try StoppingReplay(
                set.labels, gold: set.truth, method: .oneCoin, rule: StoppingRule(target: 0.95, answersMax: 1_000),
                seed: UInt64($0))
        }
        func mean(_ value: (StoppingReplay) -> Double) -> Double { replays.reduce(0) { $0 + value($1) } / 10 }
        #expect(mean(\.labelsEach) <= 0.6 * mean(\.labelsEachInAll))
        #expect(mean(\.accuracy) >= mean(\.majorityAccuracy) - 0.003)
        #expect(mean(\.calibrationError) <= 0.05)
    }

    /// The expected values are those of the Python package krippendorff 0.9.
    @Test(
        "On the judgments of 27 annotators of law alpha is that of the reference implementation",
        arguments: [
            (MeasurementLevel.nominal, 0.6423892256771864), (.ordinal, 0.616139091544026),
            (.interval, 0.6171392039673718),
        ])
    func law(level: MeasurementLevel, expected: Double) throws {
        let table = try AnswerTable(
            ByteReader(path: "\(CrowdSet.folder ?? "")/echr_article6/annotations_long.csv.gz"),
            columns: ["case_id", "factor", "annotator", "ascription"])
        let (cases, factors) = (table.columns[0], table.columns[1])
        let (workers, answers) = (table.columns[2], table.columns[3])
        let labels = try Labels(
            itemCount: cases.names.count * factors.names.count, workerCount: workers.names.count,
            answerCount: answers.names.count,
            labels: table.lines.indices.map { row in
                Label(
                    item: cases.codes[row] * Int32(factors.names.count) + factors.codes[row],
                    worker: workers.codes[row], answer: answers.codes[row])
            }
        )
        let values = try answers.names.map { try #require(["-": -1.0, "0": 0, "+": 1][$0]) }
        let alpha = try #require(labels.krippendorffAlpha(level, values: values))
        #expect(workers.names.count == 27 && abs(alpha.alpha - expected) < 1e-12)
    }

    @Test("On rte agreement is that of the reference implementation")
    func agreement() throws {
        let labels = try CrowdSet("rte").labels
        #expect(labels.percentAgreement().agreeingPairs == 22_633 && labels.percentAgreement().pairs == 36_000)
        #expect(abs(try #require(labels.krippendorffAlpha()).alpha - 0.24147876613881003) < 1e-12)
    }
}
