internal import Foundation
internal import Store

extension Transaction {
    /// The bonus that was paid under that source.
    func bonus(_ source: UUID) async throws -> (entry: JournalEntry.ID, assignment: Assignment.ID, amount: Money)? {
        try await firstRow(
            """
            select transfer.entry_id, earning.assignment_id, transfer.amount_minor, transfer.currency
              from transfer join earning using (transfer_id)
             where transfer.kind = 'bonus' and transfer.source_id = \(source)
            """
        ).map { row in
            (
                try row["entry_id"], try row["assignment_id"],
                try Money(row["amount_minor"], row["currency"])
            )
        }
    }

    func insertBonus(of work: WorkToReview, _ amount: Money, transfer: Transfer.ID) async throws {
        try await execute(
            """
            insert into earning (requester_id, assignment_id, batch_id, worker_id, amount_minor, currency, transfer_id,
                                 earned_at, bonus_id)
            values (\(work.requester), \(work.id), \(work.batch), \(work.worker), \(amount.minorUnits),
                    \(amount.currency), \(transfer), \(instant), \(transfer))
            """)
    }
}
