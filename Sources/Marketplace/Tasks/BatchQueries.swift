internal import Foundation
package import Store

extension Transaction {
    func batch(named name: String, in project: Project.ID, of requester: Requester.ID) async throws -> Batch.ID? {
        try await firstRow(
            """
            select batch_id from batch
             where requester_id = \(requester) and project_id = \(project) and name = \(name)
            """)?["batch_id"]
    }

    /// - Returns: false when the name was taken; then nothing was changed.
    func insertBatch(
        _ id: Batch.ID, of requester: Requester.ID, _ draft: BatchDraft, _ price: BatchPrice,
        requirement: Requirement.ID
    ) async throws -> Bool {
        let workforces = Workforce.allCases.filter(draft.workforces.contains).map(\.rawValue)
        let isNew =
            try await execute(
                """
                insert into batch (requester_id, batch_id, project_id, name, state, door, requirement_id, redundancy,
                                   pay_minor, fee_minor, currency, rate_id, budget_minor, expected_minutes,
                                   lease_seconds, answer_seconds, lapses_max, priority, created_at, workforces,
                                   worker_tasks_max, gold_bps, is_packed, due_at, redundancy_most, agreement_bps,
                                   sensitivity, error_cost_minor, answer_value_minor)
                values (\(requester), \(id), \(draft.project), \(draft.name), 'draft', \(draft.door), \(requirement),
                        \(draft.redundancy), \(price.pay.minorUnits), \(price.fee.minorUnits), \(price.pay.currency),
                        \(price.rate), \(draft.budget.minorUnits), \(draft.expectedMinutes), \(draft.leaseSeconds),
                        \(draft.answerSeconds), \(draft.lapsesMax), \(draft.priority), \(instant),
                        (\(workforces)::text[])::workforce[], \(draft.sharing.workerTasksMax),
                        \(draft.sharing.goldBasisPoints), \(draft.sharing.isPacked), \(draft.dueAt),
                        \(draft.adaptive?.most ?? draft.redundancy), \(draft.adaptive?.agreementBasisPoints),
                        \(draft.sensitivity), \(draft.adaptive?.errorCost), \(draft.answerValue))
                on conflict on constraint batch_one_per_name do nothing
                """) == 1
        if isNew { try await insertBatchPrice(of: id, requester, price, feeBasisPoints: draft.feeBasisPoints) }
        return isNew
    }

    /// A batch by its id.
    package func batch(_ id: Batch.ID, of requester: Requester.ID) async throws -> Batch? {
        try await firstRow(
            """
            \(fragment: Batch.columns) from batch where requester_id = \(requester) and batch_id = \(id)
            """
        ).map(Batch.init)
    }

    /// Keeps everybody else from changing the batch or adding to it until this transaction ends.
    package func lockBatch(_ id: Batch.ID, of requester: Requester.ID) async throws -> Batch? {
        try await firstRow(
            """
            \(fragment: Batch.columns) from batch
             where requester_id = \(requester) and batch_id = \(id)
               for no key update
            """
        ).map(Batch.init)
    }

    /// Opens a batch, pauses it or lets it go on.
    ///
    /// - Returns: false when it was no longer in `old`.
    func moveBatch(
        _ id: Batch.ID, of requester: Requester.ID, from old: BatchState, to new: BatchState
    ) async throws -> Bool {
        try await execute(
            """
            update batch
               set state = \(new),
                   opened_at = coalesce(opened_at, \(instant)),
                   reopened_at = case when state = 'paused' and \(new)::batch_state = 'open' then \(instant)
                                      else reopened_at end
             where requester_id = \(requester) and batch_id = \(id) and state = \(old)
            """) == 1
    }

    /// Counts what came into a locked batch.
    func countIntake(tasks: Int, slots: Int, of batch: Batch) async throws {
        let changed = try await execute(
            """
            update batch set task_count = task_count + \(tasks), slot_count = slot_count + \(slots)
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// Makes a share of a new batch's tasks with suggestions stay without them.
    func keepControls(_ basisPoints: Int, seed: UUID, in id: Batch.ID, of requester: Requester.ID) async throws {
        try await execute(
            """
            update batch set control_bps = \(basisPoints), control_seed = \(seed)
             where requester_id = \(requester) and batch_id = \(id) and state = 'draft'
            """)
    }

    /// Keeps a share of the hold of a batch that opens for top-ups.
    func keepTopUpShare(_ share: Money, of batch: Batch) async throws {
        try await execute(
            """
            update batch set top_up_share_minor = \(share.minorUnits)
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and state = 'draft'
            """)
    }

    /// A requester's batches, newest first, without those that are archived unless they are asked for.
    package func batches(
        of requester: Requester.ID, before: Batch.ID? = nil, withArchived: Bool = false, limit: Int = 50
    ) async throws -> [Batch] {
        try await rows(
            """
            \(fragment: Batch.columns) from batch
             where requester_id = \(requester) and (\(before)::uuid is null or batch_id < \(before)::uuid)
               and (\(withArchived) or state <> 'archived')
             order by batch_id desc
             limit \(try PageLimit.checked(limit))
            """
        ).map(Batch.init)
    }
}

extension Batch {
    static let columns: SQL = """
        select requester_id, batch_id, project_id, name, state, door, redundancy, pay_minor, fee_minor, currency,
               budget_minor, expected_minutes, priority, opened_at, rate_id, top_up_share_minor, top_up_spent_minor,
               task_count, slot_count, worker_tasks_max, gold_bps, is_packed,
               due_at, closed_reason, closed_by, archived_at, redundancy_most, agreement_bps, closes_as, resizing_to,
               control_bps, error_cost_minor, answer_value_minor,
               coalesce((select top_up_bps from batch_price as price
                          where price.requester_id = batch.requester_id and price.batch_id = batch.batch_id),
                        0) as top_up_bps,
               greatest(coalesce((select most_pay_minor from batch_price as price
                                   where price.requester_id = batch.requester_id and price.batch_id = batch.batch_id),
                                 pay_minor), (select max(raise.pay_minor) from batch_raise as raise
                                              where raise.requester_id = batch.requester_id
                                                and raise.batch_id = batch.batch_id)) as most_pay_minor,
               greatest(coalesce((select most_fee_minor from batch_price as price
                                   where price.requester_id = batch.requester_id and price.batch_id = batch.batch_id),
                                 fee_minor), (select max(raise.fee_minor) from batch_raise as raise
                                              where raise.requester_id = batch.requester_id
                                                and raise.batch_id = batch.batch_id)) as most_fee_minor
        """

    init(row: Row) throws {
        let currency: Currency = try row["currency"]
        id = try row["batch_id"]
        requester = try row["requester_id"]
        project = try row["project_id"]
        name = try row["name"]
        state = try row["state"]
        door = try row["door"]
        redundancy = try row["redundancy"]
        redundancyMost = try row["redundancy_most"]
        agreementBasisPoints = try row["agreement_bps"]
        errorCost = try row["error_cost_minor"]
        answerValue = try row["answer_value_minor"]
        pay = try Money(row["pay_minor"], currency)
        fee = try Money(row["fee_minor"], currency)
        mostPay = try Money(row["most_pay_minor"], currency)
        mostFee = try Money(row["most_fee_minor"], currency)
        budget = try Money(row["budget_minor"], currency)
        topUpBasisPoints = try row["top_up_bps"]
        topUpShare = try Money(row["top_up_share_minor"], currency)
        topUpSpent = try Money(row["top_up_spent_minor"], currency)
        rate = try row["rate_id"]
        expectedMinutes = try row["expected_minutes"]
        priority = try row["priority"]
        openedAt = try row["opened_at"]
        taskCount = try row["task_count"]
        slotCount = try row["slot_count"]
        sharing = TaskSharing(
            workerTasksMax: try row["worker_tasks_max"], goldBasisPoints: try row["gold_bps"],
            isPacked: try row["is_packed"]
        )
        dueAt = try row["due_at"]
        closedReason = try row["closed_reason"]
        closedBy = try row["closed_by"]
        archivedAt = try row["archived_at"]
        closesAs = try row["closes_as"]
        resizingTo = try row["resizing_to"]
        controlBasisPoints = try row["control_bps"]
    }
}
