internal import Foundation

/// A worker who contradicts the others on the items with one feature (an entity, a phrase, a length), and not
/// elsewhere.
package struct TargetedBias: Hashable, Sendable {
    /// The worker's code.
    package let worker: Int32
    /// The feature's code.
    package let feature: Int32
    /// Items with the feature that the worker answered.
    package let items: Int
    /// Of them, those on which they contradict the likeliest answer by the others' labels.
    package let contradictions: Int
    /// The share that was to be expected: the greater of the worker's on other items and the others' on these.
    package let expectedShare: Double
    /// How likely so many are when nothing is the matter.
    package let chance: Double
}

extension Labels {
    /// Looks for workers who are wrong on purpose on some feature only. Each pair of a worker and a feature is a
    /// test; of those believed at most the share given is expected to be false.
    ///
    /// - Parameters:
    ///   - features: the codes of the features that each item has, item by item.
    ///   - itemsMin: items with the feature that the worker must have answered; at least 3.
    ///   - share: of false ones among those believed.
    /// - Returns: by worker, then feature.
    package func targetedBiases(
        _ fit: Fit, features: [[Int32]], itemsMin: Int = 4, share: Double = 0.05
    ) -> [TargetedBias] {
        targetedBiases(contradictions(fit), features: features, itemsMin: itemsMin, share: share)
    }

    /// The same of what ``contradictions(_:kept:)`` found.
    func targetedBiases(
        _ contradicts: [Bool?], features: [[Int32]], itemsMin: Int = 4, share: Double = 0.05
    ) -> [TargetedBias] {
        let tally = ContradictionTally(self, contradicts, features)
        let first = tally.tests(itemsMin: max(itemsMin, 3), leavingOut: [])
        let believed = FalseDiscovery.believed(first.map(\.chance), share: share).map { first[$0] }
        // Anew, without those found: several on one feature must not hide behind each other.
        let found = Set(believed.map { ContradictionTally.key($0.worker, $0.feature) })
            .union(first.filter { $0.chance < 0.001 }.map { ContradictionTally.key($0.worker, $0.feature) })
        let second = tally.tests(itemsMin: max(itemsMin, 3), leavingOut: found)
        return FalseDiscovery.believed(second.map(\.chance), share: share).map { second[$0] }
    }

    /// Of each label, whether it contradicts the likeliest answer by the item's other labels; nil where these leave it
    /// open (below 0.6).
    ///
    /// - Parameter kept: by worker, whose labels count; everybody's without.
    func contradictions(_ fit: Fit, kept: [Bool]? = nil) -> [Bool?] {
        guard hasTables else { return all.map { _ in nil } }
        let confusions = WorkerConfusions(self, fit.posteriors, prior: Double(answerCount), kept: kept)
        let logShares = fit.answerShares.map { log(max($0, probabilityMin)) }
        return (0..<itemCount).flatMap { item -> [Bool?] in
            let labels = labels(of: item)
            var whole = logShares
            let counting = labels.filter { kept?[Int($0.worker)] ?? true }
            for label in counting {
                for (answer, log) in confusions.logRow(label).enumerated() { whole[answer] += log }
            }
            return labels.map { label in
                let isCounting = kept?[Int(label.worker)] ?? true
                guard counting.count > (isCounting ? 1 : 0) else { return nil }
                var rest = whole
                if isCounting {
                    for (answer, log) in confusions.logRow(label).enumerated() { rest[answer] -= log }
                }
                _ = normalize(&rest)
                guard let most = rest.max(), most >= 0.6 else { return nil }
                return rest[Int(label.answer)] != most
            }
        }
    }
}

/// How often each worker contradicts the others: in all, on each feature, and of all workers on each feature.
private struct ContradictionTally {
    private typealias Count = (wrong: Int, all: Int)
    private var byWorker: [Int32: Count] = [:]
    private var byFeature: [Int32: Count] = [:]
    private var byBoth: [UInt64: Count] = [:]
    private var whole: Count = (0, 0)

    static func key(_ worker: Int32, _ feature: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: worker)) << 32 | UInt64(UInt32(bitPattern: feature))
    }

    init(_ labels: Labels, _ contradicts: [Bool?], _ features: [[Int32]]) {
        func add(_ wrong: Bool, _ count: inout Count) {
            count.wrong += wrong ? 1 : 0
            count.all += 1
        }
        for (label, isWrong) in zip(labels.all, contradicts) {
            guard let isWrong else { continue }
            add(isWrong, &whole)
            add(isWrong, &byWorker[label.worker, default: (0, 0)])
            for feature in Int(label.item) < features.count ? Set(features[Int(label.item)]) : [] {
                add(isWrong, &byFeature[feature, default: (0, 0)])
                add(isWrong, &byBoth[Self.key(label.worker, feature), default: (0, 0)])
            }
        }
    }

    /// One test for each worker and feature, by both.
    ///
    /// - Parameter leavingOut: pairs of a worker and a feature that tell nothing of how hard the feature is.
    func tests(itemsMin: Int, leavingOut: Set<UInt64>) -> [TargetedBias] {
        var left: [Int32: Count] = [:]
        for key in leavingOut {
            let feature = Int32(bitPattern: UInt32(key & 0xffff_ffff))
            left[feature, default: (0, 0)].wrong += byBoth[key]?.wrong ?? 0
            left[feature, default: (0, 0)].all += byBoth[key]?.all ?? 0
        }
        let usual = Double(whole.wrong + 1) / Double(whole.all + 10)
        func share(_ wrong: Int, _ all: Int) -> Double { (Double(wrong) + 10 * usual) / (Double(all) + 10) }
        return byBoth.keys.sorted().compactMap { key -> TargetedBias? in
            let (worker, feature) = (Int32(bitPattern: UInt32(key >> 32)), Int32(bitPattern: UInt32(key & 0xffff_ffff)))
            guard let both = byBoth[key], both.all >= itemsMin, let own = byWorker[worker], let all = byFeature[feature]
            else { return nil }
            var others: Count = (all.wrong - (left[feature]?.wrong ?? 0), all.all - (left[feature]?.all ?? 0))
            if !leavingOut.contains(key) { others = (others.wrong - both.wrong, others.all - both.all) }
            let expected = max(share(own.wrong - both.wrong, own.all - both.all), share(others.wrong, others.all))
            return TargetedBias(
                worker: worker, feature: feature, items: both.all, contradictions: both.wrong, expectedShare: expected,
                chance: Tail.binomial(hits: both.wrong, of: both.all, rate: expected)
            )
        }
    }
}
