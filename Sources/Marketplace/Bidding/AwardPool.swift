internal import HeapModule

/// Slots of tasks that nobody has, from which awards are served: each of its units on another task.
struct AwardPool: Sendable {
    /// The next in turn first.
    private var tasks: Heap<Place>

    /// A task with slots that are free, in the order in which tasks are served: those with most left, by id.
    private struct Place: Comparable, Sendable {
        let task: FreeTask
        /// How many of its slots are given.
        let given: Int

        private var left: Int { task.numbers.count - given }

        /// Its next slot.
        var slot: AwardedSlot { AwardedSlot(task: task.id, number: task.numbers[given]) }

        /// The task without that slot; `nil` when it was the last.
        var served: Place? { left > 1 ? Place(task: task, given: given + 1) : nil }

        static func < (one: Place, other: Place) -> Bool {
            one.left == other.left ? one.task.id < other.task.id : one.left > other.left
        }
    }

    /// Time: O(n).
    init(_ tasks: [FreeTask]) {
        self.tasks = Heap(tasks.filter { !$0.numbers.isEmpty }.map { Place(task: $0, given: 0) })
    }

    /// Takes slots of the tasks that have most of them left, so that no winner after it is left with two slots of one
    /// task: of tasks that all want as many workers, what is left differs by one slot at most.
    ///
    /// Time: O(log n) for each unit, and for each task that the winner has already.
    /// - Parameter had: tasks of which the winner has a slot.
    /// - Returns: as many as are wanted, or as there are tasks.
    mutating func take(_ units: Int, without had: Set<WorkTask.ID> = []) -> [AwardedSlot] {
        var (taken, back): ([AwardedSlot], [Place]) = ([], [])
        while taken.count < units, let next = tasks.popMin() {
            if had.contains(next.task.id) {
                back.append(next)
            } else {
                taken.append(next.slot)
                if let served = next.served { back.append(served) }
            }
        }
        tasks.insert(contentsOf: back)
        return taken
    }
}

/// A slot that an award is served with.
struct AwardedSlot: Hashable, Sendable {
    let task: WorkTask.ID
    let number: Int
}
