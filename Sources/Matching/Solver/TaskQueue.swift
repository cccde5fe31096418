/// Those who may want to act, first in, first out, each at most once.
struct TaskQueue {
    private var ring: [Int32]
    private var isQueued: [Bool]
    private var head = 0
    private var count = 0

    init(count: Int) {
        ring = Array(repeating: 0, count: count)
        isQueued = Array(repeating: false, count: count)
    }

    var isEmpty: Bool { count == 0 }

    mutating func push(_ task: Int) {
        guard !isQueued[task] else { return }
        isQueued[task] = true
        var tail = head + count
        if tail >= ring.count { tail -= ring.count }
        ring[tail] = Int32(task)
        count += 1
    }

    mutating func pop() -> Int? {
        guard count > 0 else { return nil }
        let task = Int(ring[head])
        head += 1
        if head == ring.count { head = 0 }
        count -= 1
        isQueued[task] = false
        return task
    }

    mutating func clear() { while pop() != nil {} }

    /// Room for so many, when there was less.
    mutating func grow(to size: Int) {
        guard size > ring.count else { return }
        ring = Array(ring[head...]) + Array(ring[..<head])
        head = 0
        // By a quarter at least, so that growing one by one costs no more than that.
        let more = max(size, ring.count + ring.count / 4) - ring.count
        ring.append(contentsOf: repeatElement(0, count: more))
        isQueued.append(contentsOf: repeatElement(false, count: more))
    }
}
