package import Foundation
internal import Synchronization

/// A source of the present instant. In production a transaction takes PostgreSQL's clock; tests and simulations hand
/// the ``Database`` one of these in its place.
package protocol WallClock: Sendable {
    func now() -> Date
}

/// A clock that stands still until it is moved.
package final class ManualClock: WallClock {
    private let instant: Mutex<Date>

    package init(at instant: Date) {
        self.instant = Mutex(instant)
    }

    package func now() -> Date {
        instant.withLock { $0 }
    }

    package func advance(by seconds: TimeInterval) {
        instant.withLock { $0 += seconds }
    }

    package func set(to instant: Date) {
        self.instant.withLock { $0 = instant }
    }
}
