package import Formats
package import Foundation
package import Store
internal import Synchronization

/// A read-write transaction of the domain: its instant, its ids, and its duty to tell what it did.
package struct Change: Sendable {
    package let transaction: Transaction
    package let identifiers: any IdentifierSource
    let keys: KeyRing?
    let marker: ChangeMarker

    package var instant: Date { transaction.instant }

    package func make<Entity>(_ type: Entity.Type = Entity.self) -> Identifier<Entity> {
        identifiers.make(type, at: instant)
    }

    /// The same change at the instant after a wait for a lock: what is decided now is decided by the facts of now.
    package func afterWaiting() async throws -> Change {
        Change(
            transaction: try await transaction.afterWaiting(), identifiers: identifiers, keys: keys, marker: marker)
    }

    /// Says that a statement has written an audit event itself.
    package func note(_ event: AuditEvent.ID) { marker.note(event) }

    /// The same change of another transaction's instant; see ``Store/Transaction/waiting(for:)``.
    package func after(_ transaction: Transaction) -> Change {
        Change(transaction: transaction, identifiers: identifiers, keys: keys, marker: marker)
    }

    /// Writes an audit event in this transaction.
    ///
    /// - Parameters:
    ///   - action: a verb in the past, snake_case: `worker_registered`.
    ///   - subject: the kind of thing it happened to: `worker`.
    ///   - facts: what a reader needs to understand it. No personal data, no amounts of sealed bids.
    /// - Returns: its id.
    @discardableResult
    package func record(
        _ action: String, by actor: Principal.ID, on subject: String, _ subjectID: UUID, in stream: AuditStream,
        facts: JSON = .object([:])
    ) async throws -> AuditEvent.ID {
        let event = AuditEvent(
            id: make(), stream: stream, occurredAt: instant, actor: actor, action: action, subject: subject,
            subjectID: subjectID, facts: facts
        )
        try await transaction.insert(event)
        marker.note(event.id)
        return event.id
    }

    /// Writes an event of one kind for each of several things, in one statement.
    func record(
        _ action: String, by actor: Principal.ID, on subject: String, in stream: AuditStream,
        _ each: [(subject: UUID, facts: JSON)]
    ) async throws {
        let events = each.map { subjectID, facts in
            AuditEvent(
                id: make(), stream: stream, occurredAt: instant, actor: actor, action: action, subject: subject,
                subjectID: subjectID, facts: facts)
        }
        guard let first = events.first else { return }
        try await transaction.insert(events)
        marker.note(first.id)
    }
}

/// The first audit event of the attempt that is under way.
final class ChangeMarker: Sendable {
    private let first = Mutex<AuditEvent.ID?>(nil)

    var event: AuditEvent.ID? { first.withLock { $0 } }

    func clear() { first.withLock { $0 = nil } }

    func note(_ event: AuditEvent.ID) { first.withLock { $0 = $0 ?? event } }
}
