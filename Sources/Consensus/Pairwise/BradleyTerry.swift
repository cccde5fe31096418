/// Scores of items by who is preferred to whom: the chance that one beats another is its share of both scores.
///
/// A tie counts as half a win of each. The prior is a number of imagined wins and as many losses of each item against
/// one of middling score; it keeps items that always won, or never, within bounds.
///
/// Source: Hunter 2004, MM algorithms for generalized Bradley-Terry models, Annals of Statistics 32(1).
package struct BradleyTerry: Sendable {
    /// Imagined wins, and losses, of each item. 0 switches it off, and makes the run crowd-kit's, which ends after two
    /// rounds (it compares its scores with themselves) and leaves ties out.
    package let prior: Double
    /// The most rounds; 1 to 100,000.
    package let roundsMax: Int

    /// A method. What is out of bounds is clamped.
    package init(prior: Double = 0.1, roundsMax: Int = 10_000) {
        self.prior = clampedPrior(prior)
        self.roundsMax = min(max(roundsMax, 1), 100_000)
    }

    /// Scores from all comparisons together. Cost: rounds × pairs.
    package func fit(_ comparisons: Comparisons) -> PairwiseFit {
        let pairs = ComparedPairs(comparisons) { prior > 0 || $0.outcome != .tie ? 1 : 0 }
        var strengths = [Double](repeating: 1, count: comparisons.itemCount)
        var (rounds, isConverged) = (0, false)
        let bound = prior > 0 ? roundsMax : 2
        while rounds < bound, !isConverged {
            rounds += 1
            isConverged = pairs.climb(&strengths, prior: prior, tieStrength: 0) < 1e-6
        }
        return PairwiseFit(
            scores: comparisons.normalized(strengths), skills: [], habits: [], tieStrength: 0, rounds: rounds,
            isConverged: isConverged
        )
    }
}

extension Comparisons {
    /// Strengths scaled so that each group's add up to its share of the items.
    func normalized(_ strengths: [Double]) -> [Double] {
        var (sums, sizes) = ([Double](repeating: 0, count: groupCount), [Double](repeating: 0, count: groupCount))
        for (item, strength) in strengths.enumerated() {
            sums[groups[item]] += strength
            sizes[groups[item]] += 1
        }
        return strengths.enumerated().map { item, strength in
            let group = groups[item]
            return strength / max(sums[group], .leastNormalMagnitude) * sizes[group] / Double(itemCount)
        }
    }
}

/// The comparisons of each pair of items added up, in weights.
struct ComparedPairs: Sendable {
    private struct Pair {
        let one: Int
        let other: Int
        var weight: Double
        var ties: Double
    }

    private var pairs: [Pair] = []
    /// Wins and half the ties of each item.
    private var wins: [Double]

    /// - Parameter weight: of a comparison; 0 leaves it out.
    init(_ comparisons: Comparisons, weight: (Comparison) -> Double) {
        wins = [Double](repeating: 0, count: comparisons.itemCount)
        var previous: (left: Int32, right: Int32)?
        for comparison in comparisons.all {
            let weight = weight(comparison)
            if previous?.left != comparison.left || previous?.right != comparison.right {
                pairs.append(Pair(one: Int(comparison.left), other: Int(comparison.right), weight: 0, ties: 0))
                previous = (comparison.left, comparison.right)
            }
            pairs[pairs.count - 1].weight += weight
            switch comparison.outcome {
            case .left: wins[Int(comparison.left)] += weight
            case .right: wins[Int(comparison.right)] += weight
            case .tie:
                pairs[pairs.count - 1].ties += weight
                wins[Int(comparison.left)] += weight / 2
                wins[Int(comparison.right)] += weight / 2
            }
        }
    }

    /// One step of the minorisation by which the likelihood can only grow.
    ///
    /// - Parameter tieStrength: Davidson's ν; 0 takes ties for half wins.
    /// - Returns: how far any strength moved, as a share of itself.
    func climb(_ strengths: inout [Double], prior: Double, tieStrength: Double) -> Double {
        var weights = strengths.map { 2 * prior / ($0 + 1) }
        for pair in pairs {
            let (one, other) = (strengths[pair.one], strengths[pair.other])
            let middle = (one * other).squareRoot()
            let share = pair.weight / (one + other + tieStrength * middle)
            guard share.isFinite else { continue }
            weights[pair.one] += share * (1 + (one > 0 ? tieStrength * middle / (2 * one) : 0))
            weights[pair.other] += share * (1 + (other > 0 ? tieStrength * middle / (2 * other) : 0))
        }
        var moved = 0.0
        for item in strengths.indices {
            let next = weights[item] > 0 ? (wins[item] + prior) / weights[item] : strengths[item]
            moved = max(moved, abs(next - strengths[item]) / max(strengths[item], 1e-12))
            strengths[item] = next
        }
        return moved
    }

    /// Davidson's ν by these strengths, with an imagined tie in two comparisons of equals.
    func tieStrength(_ strengths: [Double], last: Double) -> Double {
        var (ties, expected) = (0.5, 1 / (2 + last))
        for pair in pairs {
            let middle = (strengths[pair.one] * strengths[pair.other]).squareRoot()
            ties += pair.ties
            expected += pair.weight * middle / (strengths[pair.one] + strengths[pair.other] + last * middle)
        }
        return min(ties / expected, 1e6)
    }
}
