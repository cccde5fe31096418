internal import Store
internal import Synchronization

extension Market {
    /// The same market, whose next change is made only if a condition holds. It is looked at in the transaction of the
    /// change, under the lock that the change itself begins with, so nothing comes between.
    ///
    /// A use case of several transactions is held against it once, in the first.
    ///
    /// - Parameters:
    ///   - allowed: throws for whoever may not read it; nothing is locked for them.
    ///   - lock: takes the lock of what is changed, as strongly as the change does.
    ///   - holds: throws unless the condition holds; whatever it reads from this market is read in the transaction.
    package func provided(
        allowed: @escaping @Sendable () async throws -> Void,
        locking lock: @escaping @Sendable (Change) async throws -> Void,
        _ holds: @escaping @Sendable () async throws -> Void
    ) -> Market {
        var market = self
        market.companion = ConditionedChange(allowed: allowed, lock: lock, holds: holds)
        return market
    }
}

/// Looks at a condition before the first change that is made with it.
private final class ConditionedChange: ChangeCompanion {
    let allowed: @Sendable () async throws -> Void
    let lock: @Sendable (Change) async throws -> Void
    let holds: @Sendable () async throws -> Void
    /// Of the change that the condition goes with; run again, it is looked at again.
    private let first = Mutex<ChangeMarker?>(nil)

    init(
        allowed: @escaping @Sendable () async throws -> Void, lock: @escaping @Sendable (Change) async throws -> Void,
        holds: @escaping @Sendable () async throws -> Void
    ) {
        (self.allowed, self.lock, self.holds) = (allowed, lock, holds)
    }

    func willRun(_ change: Change) async throws {
        let isFirst = first.withLock { first in
            first = first ?? change.marker
            return first === change.marker
        }
        guard isFirst else { return }
        try await JoinedReads.$current.withValue(change.transaction) { try await allowed() }
        try await lock(change)
        try await JoinedReads.$current.withValue(change.transaction) { try await holds() }
    }

    func didRun(_ change: Change, result: any Sendable) async throws {}
}
