/// What a method found out about items and workers. Posteriors, not only labels.
package struct Fit: Sendable {
    /// Which method found it.
    package let method: FitMethod
    /// The prior it was found with, as ``FitMethod/fit(_:prior:roundsMax:)`` takes it.
    package let prior: Double?
    /// How many answers are possible.
    package let answerCount: Int
    /// The probability of each answer to each item: item after item, as many numbers as there are answers; each
    /// item's add up to 1. An item without labels has the shares of the answers.
    package var posteriors: [Double]
    /// One number for each worker, 0 to 1. Of MACE: how likely they look instead of guessing; of all others: how
    /// likely they are right.
    package let skills: [Double]
    /// How common each answer is.
    package let answerShares: [Double]
    /// How many rounds it took; 0 for a method without rounds.
    package let rounds: Int
    /// Whether it ended by itself; false when it ran into its bound on rounds.
    package let isConverged: Bool

    private static let lot: UInt64 = 151

    /// How many items there are.
    package var itemCount: Int { posteriors.count / answerCount }

    /// The probability that the answer is the true one; 0 for what does not exist.
    package func posterior(item: Int, answer: Int) -> Double {
        guard (0..<answerCount).contains(answer), (0..<itemCount).contains(item) else { return 0 }
        return posteriors[item * answerCount + answer]
    }

    /// The probability of each answer to an item; empty for one that does not exist.
    package func distribution(item: Int) -> ArraySlice<Double> {
        guard (0..<itemCount).contains(item) else { return [] }
        return posteriors[item * answerCount..<(item + 1) * answerCount]
    }

    /// The likeliest answer, by lot among equals; nil for an item that does not exist. The lot depends on the item's
    /// code and on nothing else, so that every method and every run draws the same.
    ///
    /// Of the lots that could be, this is the first whose majority is as right as a majority is in expectation, within
    /// 0.2 points, on all six sets of docs/CONSENSUS.md; it cannot be told from the others by anything else.
    package func likeliest(item: Int) -> (answer: Int32, posterior: Double)? {
        let distribution = distribution(item: item)
        guard let most = distribution.max() else { return nil }
        let best = distribution.indices.filter { distribution[$0] >= most - 1e-12 }
        let drawn = best[Int(SeededRandom.mixed(UInt64(item) + Self.lot) % UInt64(best.count))]
        return (Int32(drawn - distribution.startIndex), most)
    }

    /// The likeliest answer of every item, in order.
    package func answers() -> [Int32] { (0..<itemCount).map { likeliest(item: $0)?.answer ?? 0 } }
}

/// How labels become answers.
package enum FitMethod: String, Hashable, Sendable, CaseIterable {
    /// What most workers said: ``Majority``.
    case majority
    /// One probability to be right for each worker: ``OneCoin``.
    case oneCoin = "one-coin"
    /// A table of each worker's confusions: ``DawidSkene``.
    case dawidSkene = "dawid-skene"
    /// Workers' abilities and items' difficulties: ``Glad``.
    case glad
    /// Workers who know, or guess by a habit of their own: ``Mace``.
    case mace
}

extension FitMethod {
    /// Estimates the true answers from all labels together.
    ///
    /// - Parameter prior: how many imagined labels hold a worker near the others, of one-coin and Dawid-Skene; nil is
    ///   the method's own. 0 switches it off, and makes each method do what crowd-kit 1.4.2 does.
    /// - Throws: ``LabelsFault/sizeOutOfBounds`` when the tables of the method would be too large.
    package func fit(_ labels: Labels, prior: Double? = nil, roundsMax: Int? = nil) throws(LabelsFault) -> Fit {
        switch self {
        case .majority: labels.majorityFit()
        case .oneCoin: OneCoin(prior: prior ?? OneCoin.priorByDefault, roundsMax: roundsMax ?? 100).fit(labels)
        case .dawidSkene:
            try DawidSkene(prior: prior ?? Double(labels.answerCount), roundsMax: roundsMax ?? 100).fit(labels)
        case .glad: Glad(roundsMax: roundsMax ?? 100).fit(labels)
        case .mace:
            try prior == 0
                ? Mace(roundsMax: MaceComparison.rounds, isComparison: true).fit(labels)
                : Mace(roundsMax: roundsMax ?? 500).fit(labels)
        }
    }
}
