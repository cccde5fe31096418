package import Store

/// What every use case works with.
package struct Market: Sendable {
    package let database: Database
    package let identifiers: any IdentifierSource
    /// Where claims found open slots; shared by all copies.
    package let hints = ServiceHints()
    /// What a module above adds to each change, in its transaction.
    var companion: (any ChangeCompanion)?

    package init(database: Database, identifiers: any IdentifierSource = RandomIdentifiers()) {
        self.database = database
        self.identifiers = identifiers
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
            let change = Change(transaction: transaction, identifiers: identifiers, marker: marker)
            try await companion?.willRun(change)
            let result = try await body(change)
            try await companion?.didRun(change, result: result)
            return result
        }
    }
}

/// Something that goes with a change, in the same transaction: before it, and after it with its result.
protocol ChangeCompanion: Sendable {
    func willRun(_ change: Change) async throws
    func didRun(_ change: Change, result: any Sendable) async throws
}
