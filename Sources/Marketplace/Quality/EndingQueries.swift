internal import Foundation
internal import Store

/// A batch that is open or paused.
struct BatchInWork: Sendable {
    let id: Batch.ID
    let requester: Requester.ID

    init(row: Row) throws {
        id = try row["batch_id"]
        requester = try row["requester_id"]
    }
}

extension Transaction {
    /// Batches past their deadline that may still have something to hand out, from the one that is longest overdue.
    func overdueBatches(limit: Int) async throws -> [BatchInWork] {
        try await rows(
            """
            select requester_id, batch_id from batch
             where due_at is not null and due_at <= \(instant) and state in ('open', 'paused')
               and closes_as is distinct from 'expired'
             order by due_at
             limit \(limit)
            """
        ).map(BatchInWork.init)
    }

    /// Batches in the order of their ids.
    func batchesInWork(after last: Batch.ID?, limit: Int) async throws -> [BatchInWork] {
        try await rows(
            """
            select requester_id, batch_id from batch
             where state in ('open', 'paused') and (\(last)::uuid is null or batch_id > \(last)::uuid)
             order by batch_id
             limit \(limit)
            """
        ).map(BatchInWork.init)
    }

    /// Whether anything of a batch is open, in hand, or waits for a person; what has an index of its own is asked
    /// first. Gold is given out beside other work only, so that nobody waits for it.
    func hasWorkLeft(_ batch: BatchInWork) async throws -> Bool {
        let slots: SQL = "select from slot where requester_id = \(batch.requester) and batch_id = \(batch.id)"
        return try await oneRow(
            """
            select exists (\(fragment: slots) and state = 'open' and allotment_id is null)
                or exists (select from allotment
                            where requester_id = \(batch.requester) and batch_id = \(batch.id) and kind <> 'gold'
                              and exists (select from slot
                                           where slot.requester_id = allotment.requester_id
                                             and slot.batch_id = allotment.batch_id
                                             and slot.allotment_id = allotment.allotment_id
                                             and slot.state = 'open'))
                or exists (\(fragment: slots) and state = 'quarantined')
                or exists (select from assignment
                            where requester_id = \(batch.requester) and batch_id = \(batch.id) and state = 'submitted')
                or exists (\(fragment: slots) and state = 'leased') as has_work
            """)["has_work"]
    }

    /// As ``lockBatch(_:of:)``, but passes by what somebody holds.
    func lockBatchIfFree(_ id: Batch.ID, of requester: Requester.ID) async throws -> Batch? {
        let held = try await firstRow(
            """
            select batch_id from batch
             where requester_id = \(requester) and batch_id = \(id)
               for no key update skip locked
            """)
        return held == nil ? nil : try await batch(id, of: requester)
    }
}
