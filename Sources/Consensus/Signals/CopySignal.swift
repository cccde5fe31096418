internal import Foundation

/// Two workers who give the same answers more often than what each takes for what explains.
package struct CopySignal: Hashable, Sendable {
    /// The lower code of both.
    package let one: Int32
    /// The higher.
    package let other: Int32
    /// Items that both answered.
    package let items: Int
    /// How often they agreed.
    package let agreements: Int
    /// How often they would, by their confusions and the other workers' answers.
    package let expected: Double
    /// How much likelier their answers are when one copies the other: standard errors above what it would be, where
    /// those of all pairs together are 1. An answer that few would give says more than one that all do.
    package let deviation: Double

    /// About which share of the answers was copied.
    package var copiedShare: Double {
        max(Double(agreements) - expected, 0) / max(Double(items) - expected, 1)
    }
}

/// Pairs that agree too well, and the rings they form. It raises cases for people and says nothing about why: experts
/// agree because both are right, which their skill explains; what is left is copying, or one person with two accounts,
/// or two who were taught the same mistake.
package struct CopyScreen: Sendable {
    /// All pairs with common items enough, by code.
    package let pairs: [CopySignal]
    /// Those believed, at the share of false ones that was allowed.
    let believed: [CopySignal]
    /// Those of them of whose answers enough are the same to be a case.
    package let suspicious: [CopySignal]
    /// Workers whom chains of such pairs join, each ring ascending.
    package var rings: [[Int32]] { joinedRings(suspicious) }
    /// What is believed of fewer copies than these is no case: with very many common items the least likeness shows.
    private static let copiedShareMin = 0.25

    /// - Parameters:
    ///   - kept: by worker, whose labels the fit rests on; everybody's without. Everybody is compared.
    ///   - commonMin: items that a pair must have in common.
    ///   - share: of false pairs among those believed, at most in expectation.
    /// - Note: of an item with more than 60 labels only the first 60 are compared with each other; with more answers
    ///   than ``Labels/hasTables`` allows nobody is.
    package init(
        _ labels: Labels, _ fit: Fit, kept: [Bool]? = nil, commonMin: Int = 20, share: Double = 0.01
    ) {
        guard labels.hasTables else {
            (pairs, believed, suspicious) = ([], [], [])
            return
        }
        let prior = Double(labels.answerCount)
        let confusions = WorkerConfusions(labels, fit.posteriors, prior: prior, kept: kept)
        var sums: [UInt64: PairSum] = [:]
        labels.forEachPair(fit, confusions, kept: kept, labelsMax: 60) { one, other, rest in
            let key = UInt64(UInt32(one.worker)) << 32 | UInt64(UInt32(other.worker))
            sums[key, default: PairSum()].add(one, other, rest, confusions)
        }
        let kept = sums.keys.sorted().compactMap { key in sums[key].map { (key, $0) } }
            .filter { $0.1.items >= max(commonMin, 1) }
        let raw = kept.map { $0.1.evidence / max($0.1.variance, 0.05).squareRoot() }
        // What all pairs have in common (hard items, a rule misread by many) is no sign of two who copy.
        let middle = raw.middle
        let spread = max(1, raw.map { abs($0 - middle) }.middle * 1.4826)
        pairs = zip(kept, raw).map { entry, deviation in
            CopySignal(
                one: Int32(entry.0 >> 32), other: Int32(entry.0 & 0xffff_ffff), items: entry.1.items,
                agreements: entry.1.agreements, expected: entry.1.expected,
                deviation: (deviation - max(middle, 0)) / spread
            )
        }
        let all = pairs
        believed = FalseDiscovery.believed(all.map { Tail.normal($0.deviation) }, share: share).map { all[$0] }
        suspicious = believed.filter { $0.copiedShare >= Self.copiedShareMin }
    }
}

/// What speaks for copying, over the items of a pair.
private struct PairSum {
    var items = 0
    var agreements = 0
    var expected = 0.0
    /// The logarithm of how much likelier the answers are when 70 % are copied, less its mean when none is.
    var evidence = 0.0
    var variance = 0.0
    private static let copied = 0.7
    private static let doubt = 0.15

    mutating func add(_ one: Label, _ other: Label, _ rest: [Double], _ confusions: WorkerConfusions) {
        items += 1
        let isSame = one.answer == other.answer
        agreements += isSame ? 1 : 0
        var both = 0.0
        // From each of the two: how likely the other gives the answer that this one gave.
        for (first, second) in [(one, other), (other, one)] {
            var (joint, own) = (0.0, 0.0)
            for truth in rest.indices {
                // Where most err together the others' answers say less than they seem to.
                let likely = (1 - Self.doubt) * rest[truth] + Self.doubt / Double(rest.count)
                let given =
                    likely
                    * confusions.probability(worker: Int(first.worker), given: Int(first.answer), truth: truth)
                own += given
                joint +=
                    given
                    * confusions.probability(worker: Int(second.worker), given: Int(first.answer), truth: truth)
            }
            let chance = min(max(joint / max(own, 1e-300), 1e-6), 1 - 1e-6)
            let ratios = (same: log(Self.copied / chance + 1 - Self.copied), other: log(1 - Self.copied))
            evidence += ((isSame ? ratios.same : ratios.other) - chance * ratios.same - (1 - chance) * ratios.other) / 2
            both += chance * (1 - chance) * (ratios.same - ratios.other) * (ratios.same - ratios.other) / 2
            expected += chance / 2
        }
        variance += both
    }
}

/// Workers whom chains of pairs join, each ring ascending.
func joinedRings(_ pairs: [CopySignal]) -> [[Int32]] {
    var rings: [Set<Int32>] = []
    for pair in pairs {
        let touched = rings.filter { $0.contains(pair.one) || $0.contains(pair.other) }
        rings.removeAll { $0.contains(pair.one) || $0.contains(pair.other) }
        rings.append(touched.reduce(into: [pair.one, pair.other]) { $0.formUnion($1) })
    }
    return rings.map { $0.sorted() }.sorted { $0[0] < $1[0] }
}

extension [Double] {
    /// The median; 0 of none.
    var middle: Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        return count.isMultiple(of: 2) ? (sorted[count / 2 - 1] + sorted[count / 2]) / 2 : sorted[count / 2]
    }
}
