/// One worker's choice between two items, as codes.
package struct Comparison: Hashable, Sendable {
    /// What the worker said.
    package enum Outcome: Int, Hashable, Sendable, CaseIterable { case left, right, tie }

    /// The worker's code, from 0.
    package let worker: Int32
    /// The code of the item shown left, from 0.
    package let left: Int32
    /// The code of the item shown right; another than left.
    package let right: Int32
    /// Which is better, or neither.
    package let outcome: Outcome

    /// A comparison; checked when it is put into ``Comparisons``.
    package init(worker: Int32, left: Int32, right: Int32, outcome: Outcome) {
        (self.worker, self.left, self.right, self.outcome) = (worker, left, right, outcome)
    }
}

/// Checked comparisons in an order of their own, so that no result depends on the order they came in.
package struct Comparisons: Sendable {
    /// How many items there are: their codes are below.
    package let itemCount: Int
    /// How many workers there are: their codes are below.
    package let workerCount: Int
    /// Sorted by left, right, worker and outcome.
    package let all: [Comparison]
    /// Each item's group: items that no chain of comparisons joins are in different ones, numbered from 0.
    package let groups: [Int]

    /// Items, workers and comparisons, each, at most.
    package static let countMax = 20_000_000

    /// - Throws: ``ComparisonsFault``.
    package init(itemCount: Int, workerCount: Int, comparisons: [Comparison]) throws(ComparisonsFault) {
        let counts = 0...Self.countMax
        guard counts.contains(itemCount), counts.contains(workerCount), counts.contains(comparisons.count) else {
            throw .sizeOutOfBounds
        }
        let (items, workers) = (0..<Int32(itemCount), 0..<Int32(workerCount))
        for comparison in comparisons {
            guard items.contains(comparison.left), items.contains(comparison.right), comparison.left != comparison.right
            else { throw .badItems(comparison) }
            guard workers.contains(comparison.worker) else { throw .noSuchWorker(comparison) }
        }
        (self.itemCount, self.workerCount) = (itemCount, workerCount)
        all = comparisons.sorted {
            ($0.left, $0.right, $0.worker, $0.outcome.rawValue) < ($1.left, $1.right, $1.worker, $1.outcome.rawValue)
        }
        groups = joinedGroups(itemCount, all)
    }

    /// How many groups of items there are; scores of different groups cannot be compared.
    package var groupCount: Int { (groups.max() ?? -1) + 1 }
}

/// Why comparisons were refused.
package enum ComparisonsFault: Error, Hashable, Sendable {
    /// A count is negative, or over ``Comparisons/countMax``.
    case sizeOutOfBounds
    /// An item's code is not below the number of items, or both items are the same.
    case badItems(Comparison)
    /// The worker's code is not below the number of workers.
    case noSuchWorker(Comparison)
}

/// By union and find, each root the lowest item of its group.
private func joinedGroups(_ itemCount: Int, _ comparisons: [Comparison]) -> [Int] {
    var parents = Array(0..<itemCount)
    func root(_ item: Int) -> Int {
        var item = item
        while parents[item] != item {
            parents[item] = parents[parents[item]]
            item = parents[item]
        }
        return item
    }
    for comparison in comparisons {
        let (one, other) = (root(Int(comparison.left)), root(Int(comparison.right)))
        parents[max(one, other)] = min(one, other)
    }
    var numbers = [Int](repeating: -1, count: itemCount)
    var next = 0
    return (0..<itemCount).map { item in
        let root = root(item)
        if numbers[root] < 0 {
            numbers[root] = next
            next += 1
        }
        return numbers[root]
    }
}

/// What a method of pairwise preference found out.
package struct PairwiseFit: Sendable {
    /// One for each item, above 0; each group's add up to its share of the items, so that equal items have 1 ÷ items.
    /// The chance that i beats j, ties aside, is score i ÷ (score i + score j).
    package let scores: [Double]
    /// Of a method that knows workers: the chance, for each, that they look instead of guessing; else empty.
    package let skills: [Double]
    /// Of such a method: how often each worker who guesses says left, right and tie; else empty.
    package let habits: [[Double]]
    /// How common ties are between equal items, as Davidson's ν; 0 where the method has none.
    package let tieStrength: Double
    /// How many rounds it took.
    package let rounds: Int
    /// Whether it ended by itself; false when it ran into its bound on rounds.
    package let isConverged: Bool
}
