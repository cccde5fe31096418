import Foundation

@testable import Consensus

/// What the known answers alone say of workers. In a real set nobody has told who is honest, and some are not: this
/// takes no consensus, and nothing of the screens but how many false ones are borne.
extension CrowdSet {
    /// Who is right at least as often as half of the workers are, of ten known answers or more, and makes errors of
    /// their own.
    var upright: Set<Int32> {
        var counts: [Int32: (right: Int, all: Int)] = [:]
        for label in known {
            counts[label.worker, default: (0, 0)].all += 1
            if label.answer == truth[label.item] { counts[label.worker, default: (0, 0)].right += 1 }
        }
        let shares = counts.filter { $0.value.all >= 10 }.mapValues { Double($0.right) / Double($0.all) }
        let sorted = shares.values.sorted()
        guard !sorted.isEmpty else { return [] }
        let right = Set(shares.filter { $0.value >= sorted[sorted.count / 2] }.keys)
        return right.subtracting(sharers())
    }

    private var known: [Label] { labels.all.filter { truth[$0.item] ?? -1 >= 0 } }

    /// Who says the same as somebody else more often than how each errs where each answer is true explains, of 20
    /// common known answers or more.
    private func sharers() -> Set<Int32> {
        let width = labels.answerCount
        var cells: [Int32: [Double]] = [:]
        var pool = [Double](repeating: 1, count: width * width)
        for label in known {
            guard let right = truth[label.item], right >= 0 else { continue }
            let place = Int(right) * width + Int(label.answer)
            cells[label.worker, default: [Double](repeating: 0, count: width * width)][place] += 1
            pool[place] += 1
        }
        func row(_ worker: Int32, _ right: Int) -> [Double] {
            let all = pool[right * width..<(right + 1) * width].reduce(0, +)
            let own = (0..<width).map { given in
                let place = right * width + given
                return (cells[worker]?[place] ?? 0) + Double(width) * pool[place] / all
            }
            let sum = own.reduce(0, +)
            return own.map { $0 / sum }
        }
        struct Sum {
            var (items, same) = (0, 0)
            var (expected, variance) = (0.0, 0.0)
        }
        var sums: [[Int32]: Sum] = [:]
        for (item, right) in truth where right >= 0 {
            let all = labels.labels(of: Int(item))
            // The first of each: what somebody says again is no more evidence.
            let own = all.indices.filter { $0 == all.startIndex || all[$0 - 1].worker != all[$0].worker }
                .map { all[$0] }
            let rows = own.map { row($0.worker, Int(right)) }
            for one in own.indices {
                for other in own.indices.dropFirst(one + 1) where own[one].worker != own[other].worker {
                    let chance = zip(rows[one], rows[other]).reduce(0) { $0 + $1.0 * $1.1 }
                    var sum = sums[[own[one].worker, own[other].worker]] ?? Sum()
                    sum.items += 1
                    sum.same += own[one].answer == own[other].answer ? 1 : 0
                    sum.expected += chance
                    sum.variance += chance * (1 - chance)
                    sums[[own[one].worker, own[other].worker]] = sum
                }
            }
        }
        let pairs = sums.filter { $0.value.items >= 20 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        let raw = pairs.map { (Double($0.value.same) - $0.value.expected) / max($0.value.variance, 0.05).squareRoot() }
        let middle = raw.middle
        let spread = max(1, raw.map { abs($0 - middle) }.middle * 1.4826)
        let chances = raw.map { Tail.normal(($0 - max(middle, 0)) / spread) }
        return Set(FalseDiscovery.believed(chances, share: 0.01).flatMap { pairs[$0].key })
    }
}
