/// One worker's answer to one item, as codes.
package struct Label: Hashable, Sendable {
    /// The item's code, from 0.
    package let item: Int32
    /// The worker's code, from 0.
    package let worker: Int32
    /// The answer's code, from 0.
    package let answer: Int32

    /// A label; checked when it is put into ``Labels``.
    package init(item: Int32, worker: Int32, answer: Int32) {
        (self.item, self.worker, self.answer) = (item, worker, answer)
    }
}

/// The labels that workers gave to items, checked and in an order of their own, so that no result depends on the order
/// they came in. Items without labels and workers without answers are allowed. A worker who answered an item several
/// times counts as often, as in crowd-kit: see ``repeatCount``.
package struct Labels: Sendable {
    /// How many items there are: their codes are below.
    package let itemCount: Int
    /// How many workers there are: their codes are below.
    package let workerCount: Int
    /// How many different answers are possible: their codes are below; at least 1.
    package let answerCount: Int
    /// Sorted by item, then worker, then answer.
    package let all: [Label]
    /// Where each item's labels begin in ``all``, and the end.
    let offsets: [Int]
    /// Each worker's, and each answer's, turn to be there first in the order in which the labels came: 0, 1, …; those
    /// without a label last. Only ``MaceComparison`` wants it.
    let workerTurns: [Int]
    let answerTurns: [Int]

    /// The sizes that are taken; every one is inclusive.
    package enum Bounds {
        /// Items, workers and labels, each.
        package static let countMax = 50_000_000
        /// Possible answers.
        package static let answersMax = 10_000
        /// Items × answers.
        package static let cellsMax = 200_000_000
        /// Workers × answers × answers: what the tables of confusions hold.
        package static let tableCellsMax = 50_000_000
    }

    /// Checked labels.
    /// - Throws: ``LabelsFault``.
    package init(
        itemCount: Int, workerCount: Int, answerCount: Int, labels: [Label]
    ) throws(LabelsFault) {
        let counts = 0...Bounds.countMax
        guard counts.contains(itemCount), counts.contains(workerCount), counts.contains(labels.count),
            (1...Bounds.answersMax).contains(answerCount), itemCount * answerCount <= Bounds.cellsMax
        else { throw .sizeOutOfBounds }
        var sizes = [Int](repeating: 0, count: itemCount)
        for label in labels {
            guard sizes.indices.contains(Int(label.item)) else { throw .noSuchItem(label) }
            guard (0..<workerCount).contains(Int(label.worker)) else { throw .noSuchWorker(label) }
            guard (0..<answerCount).contains(Int(label.answer)) else { throw .noSuchAnswer(label) }
            sizes[Int(label.item)] += 1
        }
        (self.itemCount, self.workerCount, self.answerCount) = (itemCount, workerCount, answerCount)
        let byAnswer = countingSorted(labels, below: answerCount) { Int($0.answer) }
        let byWorker = countingSorted(byAnswer, below: workerCount) { Int($0.worker) }
        all = countingSorted(byWorker, below: itemCount) { Int($0.item) }
        offsets = sizes.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
        workerTurns = turns(labels.lazy.map { Int($0.worker) }, below: workerCount)
        answerTurns = turns(labels.lazy.map { Int($0.answer) }, below: answerCount)
    }

    /// Whether a table of confusions for each worker is not too large.
    package var hasTables: Bool { workerCount * answerCount * answerCount <= Bounds.tableCellsMax }

    /// The labels of one item; empty also for an item that does not exist.
    package func labels(of item: Int) -> ArraySlice<Label> {
        guard (0..<itemCount).contains(item) else { return [] }
        return all[offsets[item]..<offsets[item + 1]]
    }

    /// How many labels the item has.
    package func count(of item: Int) -> Int { offsets[item + 1] - offsets[item] }

    /// How often each answer was given to the item; as many numbers as there are answers.
    package func votes(on item: Int) -> [Int] {
        var votes = [Int](repeating: 0, count: answerCount)
        for label in labels(of: item) { votes[Int(label.answer)] += 1 }
        return votes
    }

    /// How many labels each worker gave.
    package func countsByWorker() -> [Int] {
        var counts = [Int](repeating: 0, count: workerCount)
        for label in all { counts[Int(label.worker)] += 1 }
        return counts
    }

    /// Labels that are not their worker's first on the item.
    package var repeatCount: Int {
        zip(all, all.dropFirst()).count { $0.item == $1.item && $0.worker == $1.worker }
    }

    /// The same items and workers with some of the labels only.
    package func filtered(_ isIncluded: (Label) -> Bool) -> Labels {
        Labels(of: self, all.filter(isIncluded))
    }

    /// The labels of items that one of these workers has answered.
    ///
    /// - Parameter kept: by worker.
    func answered(by kept: [Bool]) -> Labels {
        let isAnswered = (0..<itemCount).map { labels(of: $0).contains { kept[Int($0.worker)] } }
        return filtered { isAnswered[Int($0.item)] }
    }

    private init(of whole: Labels, _ kept: [Label]) {
        (itemCount, workerCount, answerCount) = (whole.itemCount, whole.workerCount, whole.answerCount)
        (all, workerTurns, answerTurns) = (kept, whole.workerTurns, whole.answerTurns)
        var sizes = [Int](repeating: 0, count: itemCount)
        for label in kept { sizes[Int(label.item)] += 1 }
        offsets = sizes.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    }
}

/// Stable, and linear in the number of elements and keys.
private func countingSorted<Element>(_ elements: [Element], below bound: Int, by key: (Element) -> Int) -> [Element] {
    guard let first = elements.first else { return [] }
    var places = [Int](repeating: 0, count: bound + 1)
    for element in elements { places[key(element) + 1] += 1 }
    for place in places.indices.dropFirst() { places[place] += places[place - 1] }
    var sorted = [Element](repeating: first, count: elements.count)
    for element in elements {
        sorted[places[key(element)]] = element
        places[key(element)] += 1
    }
    return sorted
}

/// Each code's turn in the order of first appearance.
private func turns(_ codes: some Sequence<Int>, below bound: Int) -> [Int] {
    var turns = [Int](repeating: -1, count: bound)
    var next = 0
    for code in codes where turns[code] < 0 {
        turns[code] = next
        next += 1
    }
    for code in turns.indices where turns[code] < 0 {
        turns[code] = next
        next += 1
    }
    return turns
}

/// Why labels were refused.
package enum LabelsFault: Error, Hashable, Sendable {
    /// A count is negative, or over ``Labels/Bounds``, or there is no possible answer.
    case sizeOutOfBounds
    /// The item's code is not below the number of items.
    case noSuchItem(Label)
    /// The worker's code is not below the number of workers.
    case noSuchWorker(Label)
    /// The answer's code is not below the number of answers.
    case noSuchAnswer(Label)
}
