internal import Foundation
internal import Synchronization

/// Where claims of this process found open slots last, and where they found none: it saves them from walking over what
/// was taken, which the index keeps for as long as some transaction may still see it. A hint decides nothing: whoever
/// finds nothing by it looks from the beginning.
package final class ServiceHints: Sendable {
    /// A place in the order in which slots of a batch are taken.
    struct Place: Hashable, Sendable, Comparable {
        let slot: Int
        let task: UUID

        static func < (left: Place, right: Place) -> Bool {
            left.slot != right.slot
                ? left.slot < right.slot : Identifier<Place>(left.task) < Identifier<Place>(right.task)
        }
    }

    private struct Hint {
        var last: Place?
        /// When a claim has to look from the beginning again: slots may have been opened there.
        var begins: ContinuousClock.Instant
        var emptyUntil: ContinuousClock.Instant?
    }

    private static let most = 10_000
    private let hints = Mutex<[UUID: Hint]>([:])

    package init() {}

    /// After which slot to look; `nil` for the beginning.
    func start(of batch: UUID, at now: ContinuousClock.Instant) -> Place? {
        hints.withLock { hints in
            guard let hint = hints[batch], now < hint.begins else { return nil }
            return hint.last
        }
    }

    /// - Parameters:
    ///   - begun: when the claim began, if it looked from the beginning. The next that does is at least a second later,
    ///     and fifty times as long as this one took, so that a fiftieth of the time goes into it at most.
    func found(_ place: Place, of batch: UUID, lookingSince begun: ContinuousClock.Instant?) {
        let now = ContinuousClock.now
        hints.withLock { hints in
            if hints.count >= Self.most { hints = [:] }
            var hint = hints[batch] ?? Hint(begins: now + .seconds(1))
            if let begun { hint.begins = now + max(.seconds(1), (now - begun) * 50) }
            hint.last = max(hint.last ?? place, place)
            hint.emptyUntil = nil
            hints[batch] = hint
        }
    }

    /// Nothing was open: for a second the batch is tried after others.
    func foundNothing(of batch: UUID) {
        let now = ContinuousClock.now
        hints.withLock { hints in
            if hints.count >= Self.most { hints = [:] }
            hints[batch] = Hint(begins: now, emptyUntil: now + .seconds(1))
        }
    }

    /// Whether nothing was open a moment ago.
    func isEmpty(_ batch: UUID, at now: ContinuousClock.Instant) -> Bool {
        hints.withLock { hints in (hints[batch]?.emptyUntil).map { now < $0 } ?? false }
    }
}
