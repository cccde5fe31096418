package import Store

/// What every use case works with.
package struct Market: Sendable {
    package let database: Database
    package let identifiers: any IdentifierSource
    /// Where claims found open slots; shared by all copies.
    package let hints = ServiceHints()
    /// Cleared auctions, by the hash of their record and weighed by their bids; shared by all copies.
    let clearedAuctions = RecentValues(weightMost: 200_000)
    /// Opens and seals content; without it, whatever needs content is refused.
    package let keys: KeyRing?
    /// What a module above adds to each change, in its transaction.
    var companion: (any ChangeCompanion)?

    package init(database: Database, identifiers: any IdentifierSource = RandomIdentifiers(), keys: KeyRing? = nil) {
        self.database = database
        self.identifiers = identifiers
        self.keys = keys
    }

    /// Runs a change: one transaction that records at least one audit event.
    ///
    /// If the connection breaks while COMMIT is on its way, whether that event is there tells whether it arrived.
    package func change<Result: Sendable>(
        _ body: @Sendable (Change) async throws -> Result
    ) async throws -> Result {
        let marker = ChangeMarker()
        let isDone: @Sendable (Transaction) async throws -> Bool = { transaction in
            guard let event = marker.event else {
                throw StoreError.commitOutcomeUnknown("the change recorded no event to look for")
            }
            return try await transaction.hasAuditEvent(event)
        }
        return try await database.transaction(isDone: isDone) { transaction in
            marker.clear()
            let change = Change(transaction: transaction, identifiers: identifiers, keys: keys, marker: marker)
            try await companion?.willRun(change)
            let result = try await body(change)
            try await companion?.didRun(change, result: result)
            return result
        }
    }

    /// Runs a transaction that changes nothing but a log of its own, such as that of readings; no audit event goes with
    /// it. Where it cannot be known whether it was committed, its result is not given out.
    func log<Result: Sendable>(_ body: @Sendable (Change) async throws -> Result) async throws -> Result {
        try await database.transaction { transaction in
            try await body(
                Change(transaction: transaction, identifiers: identifiers, keys: keys, marker: ChangeMarker()))
        }
    }
}

/// Something that goes with a change, in the same transaction: before it, and after it with its result.
protocol ChangeCompanion: Sendable {
    func willRun(_ change: Change) async throws
    func didRun(_ change: Change, result: any Sendable) async throws
}
