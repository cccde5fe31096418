internal import Foundation

/// A batch that a worker may be given work of, as far as the order of service looks at it.
struct ServiceCandidate: Hashable, Sendable {
    let batch: Batch.Key
    let project: Project.ID
    /// The project's part of what is given out beside others of the same priority, 1 to 1,000.
    let weight: Int
    let priority: Int
    let dueAt: Date?
    let openedAt: Date
}

/// Which batch a worker who asks for work is served from.
///
/// Higher priority first. Beside each other, projects are served by lot in proportion to their weights (Waldspurger and
/// Weihl, Lottery Scheduling, OSDI 1994; drawn without replacement as Efraimidis and Spirakis, Weighted random
/// sampling, 2006), so that a project with a million tasks has no more of the workers than its weight; in a project the
/// batch due first, then the oldest. One claim in ``agingEvery`` is served by age alone, so that nothing waits for ever
/// behind what has a higher priority: the oldest batch gets at least that part of the claims of those who qualify.
package struct OrderOfService: Sendable {
    /// Of so many claims one is served by age alone; 0 for none.
    package let agingEvery: UInt64

    package static let standard = OrderOfService(agingEvery: 8)

    package init(agingEvery: UInt64) { self.agingEvery = agingEvery }

    /// Whether the claim of this draw is served by age alone.
    func isByAge(draw: UInt64) -> Bool {
        var generator = SplitMix64(seed: draw)
        return agingEvery > 0 && generator.next() % agingEvery == 0
    }

    /// - Parameter draw: uniform; equal draws give equal orders.
    func order(_ candidates: [ServiceCandidate], draw: UInt64) -> [ServiceCandidate] {
        if isByAge(draw: draw) { return candidates.sorted { $0.age < $1.age } }
        var generator = SplitMix64(seed: draw)
        _ = generator.next()
        var weights: [Project.ID: Int] = [:]
        for candidate in candidates { weights[candidate.project] = candidate.weight }
        var lots: [Project.ID: Double] = [:]
        for project in weights.keys.sorted() {
            // Exponential with the weight as its rate: the least of them is a project's with the chance of its weight.
            let uniform = (Double(generator.next() >> 11) + 0.5) / 9_007_199_254_740_992
            lots[project] = -log(uniform) / Double(max(weights[project] ?? 1, 1))
        }
        return candidates.map { ($0, lots[$0.project] ?? 0) }.sorted { left, right in
            if left.0.priority != right.0.priority { return left.0.priority > right.0.priority }
            if left.0.project != right.0.project {
                return left.1 != right.1 ? left.1 < right.1 : left.0.project < right.0.project
            }
            let (due, otherDue) = (left.0.dueAt ?? .distantFuture, right.0.dueAt ?? .distantFuture)
            return due != otherDue ? due < otherDue : left.0.age < right.0.age
        }.map(\.0)
    }
}

extension ServiceCandidate {
    fileprivate var age: (Date, Batch.ID) { (openedAt, batch.id) }
}
