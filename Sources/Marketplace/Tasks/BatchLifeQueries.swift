internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    func setDeadline(_ dueAt: Date?, of batch: Batch) async throws {
        try await execute(
            """
            update batch
               set due_at = \(dueAt),
                   -- A week to wait begins now, not with an opening that had a deadline.
                   reopened_at = case when \(dueAt)::timestamptz is null and opened_at is not null
                                      then greatest(opened_at, \(instant)) else reopened_at end
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)
    }

    /// How long at most the live leases of a batch may be extended.
    func latestPromise(of batch: Batch) async throws -> Date? {
        try await oneRow(
            """
            select max(assignment.answer_by) as promised
              from slot join assignment using (requester_id, assignment_id)
             where slot.requester_id = \(batch.requester) and slot.batch_id = \(batch.id) and slot.state = 'leased'
            """)["promised"]
    }

    func setPriority(_ priority: Int, of batch: Batch) async throws {
        try await execute(
            """
            update batch set priority = \(priority) where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)
    }

    func setBudget(_ budget: Money, of batch: Batch) async throws {
        try await execute(
            """
            update batch set budget_minor = \(budget.minorUnits)
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)
    }

    func archive(_ batch: Batch) async throws {
        try await execute(
            """
            update batch set state = 'archived', archived_at = \(instant)
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)
    }

    /// Ends a locked batch.
    func markClosed(_ batch: Batch, as reason: BatchClosedReason, by actor: Principal.ID) async throws {
        try await execute(
            """
            update batch
               set state = 'closed', closed_at = \(instant), closed_reason = \(reason), closed_by = \(actor)
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)
    }

    /// What a requester would say to get the same batch again.
    func draft(
        likeBatch id: Batch.ID, of requester: Requester.ID, named name: String, dueAt: Date?
    ) async throws -> BatchDraft? {
        guard let batch = try await batch(id, of: requester) else { return nil }
        let row = try await firstRow(
            """
            select batch.requirement_id, batch.lease_seconds, batch.answer_seconds, batch.lapses_max, batch.sensitivity,
                   batch.workforces::text[] as workforces, price.task, price.fee_bps, \(fragment: Escalator.columns)
              from batch join batch_price as price using (requester_id, batch_id)
             where requester_id = \(requester) and batch_id = \(id)
            """)
        guard let row else { return nil }
        guard let requirement = try await requirement(row["requirement_id"]) else { throw NotFound("requirement") }
        let task = try RateTask(json: row["task"])
        let workforces: [Workforce] = try row["workforces"]
        return BatchDraft(
            project: batch.project, name: name, door: batch.door, profession: task.profession, tier: task.tier,
            requirement: requirement, redundancy: batch.redundancy, itemsPerTask: task.items,
            feeBasisPoints: try row["fee_bps"], budget: batch.budget, expectedMinutes: batch.expectedMinutes,
            leaseSeconds: try row["lease_seconds"], answerSeconds: try row["answer_seconds"],
            lapsesMax: try row["lapses_max"], priority: batch.priority, workforces: Set(workforces),
            pricing: BatchPricing(
                region: task.region, language: task.language, hoursToDue: task.hoursToDue,
                isUnsocial: task.isUnsocial, difficulty: task.difficulty,
                escalator: try Escalator(row: row, batch.pay.currency), topUpBasisPoints: batch.topUpBasisPoints,
                ceiling: batch.door == .bid ? batch.mostPay : nil
            ),
            sharing: batch.sharing,
            adaptive: batch.agreementBasisPoints.map {
                AdaptiveRedundancy(most: batch.redundancyMost, agreementBasisPoints: $0, errorCost: batch.errorCost)
            },
            dueAt: dueAt, controlBasisPoints: batch.controlBasisPoints, sensitivity: try row["sensitivity"],
            answerValue: batch.answerValue
        )
    }
}
