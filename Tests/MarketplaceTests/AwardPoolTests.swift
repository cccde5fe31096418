import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Slots for winners")
struct AwardPoolTests {
    /// The rule as it is said: of the tasks in the order of what is left and of their ids, the first ones.
    private struct Plain {
        var tasks: [FreeTask]

        mutating func take(_ units: Int, without had: Set<WorkTask.ID>) -> [AwardedSlot] {
            let order = tasks.indices.filter { !tasks[$0].numbers.isEmpty && !had.contains(tasks[$0].id) }.sorted {
                let (one, other) = (tasks[$0], tasks[$1])
                return one.numbers.count == other.numbers.count
                    ? one.id < other.id : one.numbers.count > other.numbers.count
            }
            return order.prefix(units).map { place in
                let task = tasks[place]
                tasks[place] = FreeTask(id: task.id, numbers: Array(task.numbers.dropFirst()))
                return AwardedSlot(task: task.id, number: task.numbers[0])
            }
        }
    }

    @Test("are those of the tasks with most left, each of another task, as a plain reading of the rule gives them")
    func plain() throws {
        var random = SplitMix64(seed: 11)
        for _ in 0..<300 {
            let tasks = (0..<Int.random(in: 0...30, using: &random)).map { number in
                let first = Int.random(in: 1...3, using: &random)
                return FreeTask(
                    id: WorkTask.ID(uuid(number)),
                    numbers: Array(first..<first + Int.random(in: 0...4, using: &random)))
            }.shuffled(using: &random)
            var (pool, plain) = (AwardPool(tasks), Plain(tasks: tasks))
            for _ in 0..<12 {
                let had = Set(tasks.map(\.id).filter { _ in Int.random(in: 0..<5, using: &random) == 0 })
                let units = Int.random(in: 0...12, using: &random)
                let taken = pool.take(units, without: had)
                #expect(taken == plain.take(units, without: had))
                #expect(Set(taken.map(\.task)).count == taken.count)
            }
        }
    }

    @Test("go to a thousand winners, each slot once")
    func many() {
        let tasks = (0..<1_000).map { FreeTask(id: WorkTask.ID(uuid($0)), numbers: [1, 2]) }
        var pool = AwardPool(tasks)
        var slots: Set<AwardedSlot> = []
        for winner in 0..<1_000 { slots.formUnion(pool.take(1 + winner % 3)) }
        #expect(slots.count == 1_999 && pool.take(2).count == 1 && pool.take(1).isEmpty)
    }

    private func uuid(_ number: Int) -> UUID { UUID(bits: UInt128(number) << 64 | 7) }
}
