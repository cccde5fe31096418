internal import Foundation
internal import Store

extension Transaction {
    /// - Returns: false, with nothing changed, when it is under quarantine.
    func insertQuarantine(
        _ id: BatchQuarantine.ID, of batch: Batch.Key, reasons: String, by actor: Principal.ID
    ) async throws -> Bool {
        try await execute(
            """
            insert into batch_quarantine (requester_id, quarantine_id, batch_id, reasons, ordered_by, ordered_at)
            values (\(batch.requester), \(id), \(batch.id), \(reasons), \(actor), \(instant))
            on conflict (requester_id, batch_id) where lifted_at is null do nothing
            """) == 1
    }

    func liftQuarantine(
        of batch: Batch.Key, reasons: String, by actor: Principal.ID
    ) async throws -> BatchQuarantine.ID? {
        try await firstRow(
            """
            update batch_quarantine
               set lifted_at = greatest(\(instant), ordered_at), lifted_by = \(actor), lift_reasons = \(reasons)
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and lifted_at is null
            returning quarantine_id
            """)?["quarantine_id"]
    }

    func isQuarantined(_ batch: Batch.ID, of requester: Requester.ID) async throws -> Bool {
        try await firstRow(
            """
            select from batch_quarantine
             where requester_id = \(requester) and batch_id = \(batch) and lifted_at is null
            """) != nil
    }

    func quarantines(past: Bool, after last: BatchQuarantine.ID?, limit: Int) async throws -> [BatchQuarantine] {
        try await rows(
            """
            select requester_id, quarantine_id, batch_id, reasons, ordered_by, ordered_at, lifted_at, lift_reasons
              from batch_quarantine
             where (\(past) or lifted_at is null)
               and (\(last)::uuid is null or quarantine_id > \(last)::uuid)
             order by quarantine_id
             limit \(limit)
            """
        ).map {
            BatchQuarantine(
                id: try $0["quarantine_id"], requester: try $0["requester_id"], batch: try $0["batch_id"],
                reasons: try $0["reasons"], orderedBy: try $0["ordered_by"], orderedAt: try $0["ordered_at"],
                liftedAt: try $0["lifted_at"], liftReasons: try $0["lift_reasons"])
        }
    }
}
