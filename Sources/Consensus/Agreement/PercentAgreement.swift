/// How often two workers who labelled the same item gave the same answer.
package struct PercentAgreement: Hashable, Sendable {
    /// Pairs of workers on the same item who agree.
    package let agreeingPairs: Int
    /// All pairs of workers on the same item.
    package let pairs: Int

    /// Agreeing ÷ all pairs, 0 to 1; nil when no item has two labels. Not corrected for chance.
    package var share: Double? { pairs > 0 ? Double(agreeingPairs) / Double(pairs) : nil }
}

extension Labels {
    /// Agreement over all pairs of workers within items, so that an item with more labels weighs more.
    package func percentAgreement() -> PercentAgreement {
        var (agreeing, pairs) = (0, 0)
        for item in 0..<itemCount {
            let votes = votes(on: item)
            agreeing += votes.reduce(0) { $0 + $1 * ($1 - 1) / 2 }
            let count = votes.reduce(0, +)
            pairs += count * (count - 1) / 2
        }
        return PercentAgreement(agreeingPairs: agreeing, pairs: pairs)
    }

    /// Krippendorff's alpha for nominal answers: 1 is perfect agreement, 0 what chance would give, below is worse.
    /// Labels may be missing; items with fewer than two do not count.
    ///
    /// Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, section C.
    /// - Returns: nil when it is not defined: no item has two labels, or only one answer ever occurs.
    package func krippendorffAlpha() -> Double? {
        var totals = [Int](repeating: 0, count: answerCount)
        var observed = 0.0
        for item in 0..<itemCount {
            let votes = votes(on: item)
            let count = votes.reduce(0, +)
            guard count >= 2 else { continue }
            for answer in votes.indices { totals[answer] += votes[answer] }
            let disagreeing = count * count - votes.reduce(0) { $0 + $1 * $1 }
            observed += Double(disagreeing) / Double(count - 1)
        }
        let pairable = Double(totals.reduce(0, +))
        let expected = pairable * pairable - totals.reduce(0.0) { $0 + Double($1) * Double($1) }
        guard expected > 0 else { return nil }
        return 1 - (pairable - 1) * observed / expected
    }
}
