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
}
