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
/// they came in. Items without labels and workers without answers are allowed.
package struct Labels: Sendable {
    /// How many items there are: their codes are below.
    package let itemCount: Int
    /// How many workers there are: their codes are below.
    package let workerCount: Int
    /// How many different answers are possible: their codes are below; at least 1.
    package let answerCount: Int
    /// Sorted by item, then worker.
    package let all: [Label]
    /// Where each item's labels begin in ``all``, and the end.
    let offsets: [Int]

    /// The sizes that are taken; every one is inclusive.
    package enum Bounds {
        /// Items, workers and labels, each.
        package static let countMax = 50_000_000
        /// Possible answers.
        package static let answersMax = 10_000
        /// Items × answers: what the tables of one run hold.
        package static let cellsMax = 200_000_000
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
        let sorted = labels.sorted { ($0.item, $0.worker) < ($1.item, $1.worker) }
        for (one, next) in zip(sorted, sorted.dropFirst()) where one.item == next.item && one.worker == next.worker {
            throw .labelTwice(item: one.item, worker: one.worker)
        }
        (self.itemCount, self.workerCount, self.answerCount) = (itemCount, workerCount, answerCount)
        all = sorted
        offsets = sizes.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    }

    /// The labels of one item; empty also for an item that does not exist.
    package func labels(of item: Int) -> ArraySlice<Label> {
        guard (0..<itemCount).contains(item) else { return [] }
        return all[offsets[item]..<offsets[item + 1]]
    }

    /// How many workers gave each answer to the item; as many numbers as there are answers.
    package func votes(on item: Int) -> [Int] {
        var votes = [Int](repeating: 0, count: answerCount)
        for label in labels(of: item) { votes[Int(label.answer)] += 1 }
        return votes
    }
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
    /// A worker answered an item twice.
    case labelTwice(item: Int32, worker: Int32)
}
