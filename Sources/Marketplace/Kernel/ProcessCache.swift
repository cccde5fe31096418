internal import Synchronization

/// What a process has worked out once, by what it follows from: none of it can be out of date. Bounded: when it is
/// full, all of it goes and is worked out anew as needed.
final class ProcessCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let most: Int
    private let values = Mutex<[Key: Value]>([:])

    init(most: Int) { self.most = most }

    subscript(key: Key) -> Value? { values.withLock { $0[key] } }

    func among(_ keys: some Sequence<Key>) -> [Key: Value] {
        values.withLock { values in
            keys.reduce(into: [:]) { found, key in
                if let value = values[key] { found[key] = value }
            }
        }
    }

    func add(_ more: [Key: Value]) {
        values.withLock { values in
            if values.count + more.count > most { values = [:] }
            values.merge(more) { first, _ in first }
        }
    }
}
