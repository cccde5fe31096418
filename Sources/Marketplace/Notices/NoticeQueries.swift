package import Formats
internal import Foundation
package import Store

extension Notice {
    init(row: Row) throws {
        id = try row["notice_id"]
        recipient = try row["recipient_id"]
        kind = try row["kind"]
        facts = try row["facts"]
        createdAt = try row["created_at"]
    }
}

extension Transaction {
    /// Puts a message to somebody into the outbox; it leaves only if this transaction commits.
    ///
    /// - Parameters:
    ///   - kind: what happened, snake_case.
    ///   - facts: what the message is made of; no personal data of anybody but the recipient.
    package func tell(_ recipient: Principal.ID, kind: String, facts: JSON, id: Notice.ID) async throws {
        try await execute(
            """
            insert into notice (notice_id, recipient_id, kind, facts, created_at)
            values (\(id), \(recipient), \(kind), \(facts), \(instant))
            """)
    }

    /// The oldest notices that nobody delivers at this moment, locked until the transaction ends.
    func lockUndelivered(limit: Int) async throws -> [Notice] {
        try await rows(
            """
            select notice_id, recipient_id, kind, facts, created_at
              from notice
             where delivered_at is null
             order by notice_id
             limit \(limit)
               for update skip locked
            """
        ).map(Notice.init(row:))
    }

    func markDelivered(_ notices: [Notice.ID]) async throws {
        let changed = try await execute(
            """
            update notice set delivered_at = \(instant) where notice_id = any(\(notices)) and delivered_at is null
            """)
        guard changed == notices.count else { throw StoreError.unexpectedRowCount(changed) }
    }
}
