/// One worker's value of one key.
package struct FieldAnswer: Hashable, Sendable {
    /// The worker's code.
    package let worker: Int32
    /// Which field.
    package let key: String
    /// What they found.
    package let value: FieldValue

    /// Parameters as the properties.
    package init(worker: Int32, key: String, value: FieldValue) {
        (self.worker, self.key, self.value) = (worker, key, value)
    }
}

/// What several workers' values of one key come to.
package struct MergedField: Hashable, Sendable {
    /// Which field.
    package let key: String
    /// The value that is nearest to all others by their workers' weights; nil when most weight left the key out.
    package let value: FieldValue?
    /// How alike the workers' values are to it, by weight, 0 to 1. One who left the key out agrees with nobody who
    /// did not.
    package let agreement: Double
    /// Whether a person must look: it is below the bound.
    package let needsAdjudication: Bool
}

/// Agreement and merge, field by field: only the keys on which workers differ go to a person.
package enum FieldMerge {
    /// - Parameters:
    ///   - answers: of one task. A worker's second value of a key counts as another voice for it.
    ///   - workers: who answered at all, so that a key left out is seen.
    ///   - weights: of a worker, above 0, such as their skill; 1 for one who is not there.
    ///   - agreementMin: below it a person decides.
    /// - Returns: by key.
    package static func merge(
        _ answers: [FieldAnswer], workers: Set<Int32>, weights: [Int32: Double] = [:], agreementMin: Double = 0.75
    ) -> [MergedField] {
        func weight(_ worker: Int32) -> Double { max(weights[worker] ?? 1, 1e-6) }
        let byKey = Dictionary(grouping: answers, by: \.key)
        return byKey.keys.sorted().map { key in
            let given = (byKey[key] ?? []).sorted { $0.worker < $1.worker }
            let silent = workers.subtracting(given.map(\.worker)).sorted().reduce(0) { $0 + weight($1) }
            let all = given.reduce(silent) { $0 + weight($1.worker) }
            var best: (value: FieldValue, support: Double)?
            for candidate in given {
                let support = given.reduce(0) { $0 + weight($1.worker) * candidate.value.likeness(to: $1.value) }
                if support > (best?.support ?? -1) + 1e-12 { best = (candidate.value, support) }
            }
            let isLeftOut = 2 * silent > all
            let agreement = (isLeftOut ? silent : best?.support ?? 0) / all
            return MergedField(
                key: key, value: isLeftOut ? nil : best?.value, agreement: agreement,
                needsAdjudication: agreement < agreementMin
            )
        }
    }
}

/// How far two workers marked the same places of a text.
package enum SpanAgreement {
    /// The harmonic mean of the shares of each one's spans that the other has too, of the same kind; 1 where neither
    /// has any.
    ///
    /// - Parameter overlapMin: of two spans, the characters in both to those in either, at least; 1 asks for the same
    ///   span. Each span is matched once, the best pairs first.
    package static func likeness(
        _ one: [(kind: String, range: Range<Int>)], _ other: [(kind: String, range: Range<Int>)],
        overlapMin: Double = 0.5
    ) -> Double {
        guard !one.isEmpty || !other.isEmpty else { return 1 }
        var pairs: [(overlap: Double, one: Int, other: Int)] = []
        for (place, span) in one.enumerated() {
            for (otherPlace, otherSpan) in other.enumerated() where span.kind == otherSpan.kind {
                let overlap = overlap(span.range, otherSpan.range)
                if overlap > 0, overlap >= overlapMin { pairs.append((overlap, place, otherPlace)) }
            }
        }
        pairs.sort { ($1.overlap, $0.one, $0.other) < ($0.overlap, $1.one, $1.other) }
        var (taken, otherTaken, matched): (Set<Int>, Set<Int>, Int) = ([], [], 0)
        for pair in pairs where !taken.contains(pair.one) && !otherTaken.contains(pair.other) {
            taken.insert(pair.one)
            otherTaken.insert(pair.other)
            matched += 1
        }
        return 2 * Double(matched) / Double(one.count + other.count)
    }

    /// Of two ranges, what is in both to what is in either.
    package static func overlap(_ one: Range<Int>, _ other: Range<Int>) -> Double {
        let both = max(min(one.upperBound, other.upperBound) - max(one.lowerBound, other.lowerBound), 0)
        let either = one.count + other.count - both
        return either > 0 ? Double(both) / Double(either) : (one == other ? 1 : 0)
    }

    /// The worker whose spans are nearest to all others' by weight, the lowest code among equals; nil of nobody.
    package static func medoid(
        _ answers: [Int32: [(kind: String, range: Range<Int>)]], weights: [Int32: Double] = [:],
        overlapMin: Double = 0.5
    ) -> (worker: Int32, agreement: Double)? {
        var best: (worker: Int32, agreement: Double)?
        for worker in answers.keys.sorted() {
            var (sum, all) = (0.0, 0.0)
            for other in answers.keys.sorted() where other != worker {
                let weight = max(weights[other] ?? 1, 1e-6)
                sum += weight * likeness(answers[worker] ?? [], answers[other] ?? [], overlapMin: overlapMin)
                all += weight
            }
            let agreement = all > 0 ? sum / all : 1
            if agreement > (best?.agreement ?? -1) + 1e-12 { best = (worker, agreement) }
        }
        return best
    }
}

/// Ratings on a scale.
package enum Ratings {
    /// The value with half of the weight on either side, the mean of the two middle ones where there are two; nil of
    /// none. What is not finite, or has no weight, is left out.
    package static func median(_ ratings: [(value: Double, weight: Double)]) -> Double? {
        let sorted = ratings.filter { $0.value.isFinite && $0.weight.isFinite && $0.weight > 0 }
            .sorted { $0.value < $1.value }
        let half = sorted.reduce(0) { $0 + $1.weight } / 2
        var sum = 0.0
        for (place, rating) in sorted.enumerated() {
            sum += rating.weight
            if sum > half * (1 + 1e-12) { return rating.value }
            if sum >= half * (1 - 1e-12), place + 1 < sorted.count {
                return (rating.value + sorted[place + 1].value) / 2
            }
        }
        return sorted.last?.value
    }
}
