internal import Synchronization

/// Values that were worked out lately, by a digest of all that they depend on, so that they cannot be out of date.
/// Bounded: what was asked for longest ago goes first.
package final class RecentValues: Sendable {
    fileprivate struct Kept {
        let value: any Sendable
        let weight: Int
        var lastUse: Int
    }

    fileprivate struct State {
        var kept: [Digest: Kept] = [:]
        var weight = 0
        var uses = 0
    }

    private let weightMost: Int
    private let state = Mutex(State())

    /// - Parameter weightMost: of all values together.
    package init(weightMost: Int) { self.weightMost = weightMost }

    /// The value of a key, worked out where it is not kept. Two who ask at once may both work it out.
    ///
    /// - Parameter weight: of the value; one that weighs more than all may is not kept.
    func value<Value: Sendable>(
        of key: Digest, weight: (Value) -> Int, make: () async throws -> Value
    ) async throws -> Value {
        if let known = state.withLock({ $0.use(key) }) as? Value { return known }
        let made = try await make()
        let weight = weight(made)
        state.withLock { $0.keep(made, of: key, weight: weight, most: weightMost) }
        return made
    }
}

extension RecentValues.State {
    fileprivate mutating func use(_ key: Digest) -> (any Sendable)? {
        uses += 1
        kept[key]?.lastUse = uses
        return kept[key]?.value
    }

    fileprivate mutating func keep(_ value: any Sendable, of key: Digest, weight: Int, most: Int) {
        guard weight <= most else { return }
        self.weight += weight - (kept[key]?.weight ?? 0)
        kept[key] = RecentValues.Kept(value: value, weight: weight, lastUse: uses)
        while self.weight > most, let oldest = kept.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            kept[oldest.key] = nil
            self.weight -= oldest.value.weight
        }
    }
}
