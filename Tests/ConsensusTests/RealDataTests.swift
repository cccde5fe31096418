import Consensus
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

    @Test("On rte agreement is that of the reference implementation")
    func agreement() throws {
        let labels = try CrowdSet("rte").labels
        #expect(labels.percentAgreement().agreeingPairs == 22_633 && labels.percentAgreement().pairs == 36_000)
        #expect(abs(try #require(labels.krippendorffAlpha()) - 0.24147876613881003) < 1e-12)
    }
}
