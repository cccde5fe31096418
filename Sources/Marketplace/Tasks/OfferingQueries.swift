internal import Foundation
internal import Store

extension Transaction {
    /// The first batch with work to claim that takes the workforce, in the order of service.
    func firstOffering(to workforce: Workforce) async throws -> Offering? {
        try await firstRow(
            """
            \(fragment: Offering.columns)
             where batch.state = 'open' and batch.door = 'claim'
               and \(workforce) = any (batch.workforces)
               and (batch.due_at is null or batch.due_at > \(instant))
               and \(fragment: Offering.hasOpenSlot)
             order by batch.priority desc, coalesce(batch.due_at, 'infinity'), batch.opened_at, batch.batch_id
             limit 1
            """
        ).map { try Offering(row: $0, at: instant) }
    }

    /// These batches, in no order; what is not there is left out.
    func offerings(_ keys: [Batch.Key]) async throws -> [Offering] {
        try await rows(
            """
            \(fragment: Offering.columns)
              join unnest(\(keys.map(\.requester))::uuid[], \(keys.map(\.id))::uuid[])
                       as wanted (requester_id, batch_id)
                on batch.requester_id = wanted.requester_id and batch.batch_id = wanted.batch_id
            """
        ).map { try Offering(row: $0, at: instant) }
    }

    /// As it is now, whatever the transaction read before.
    func batchState(of batch: Batch.Key) async throws -> BatchState? {
        try await firstRow(
            "select state from batch where requester_id = \(batch.requester) and batch_id = \(batch.id)")?["state"]
    }

    /// One batch, whatever its state.
    func offering(_ batch: Batch.ID, of requester: Requester.ID) async throws -> Offering? {
        try await firstRow(
            """
            \(fragment: Offering.columns) where batch.requester_id = \(requester) and batch.batch_id = \(batch)
            """
        ).map { try Offering(row: $0, at: instant) }
    }
}

extension Offering {
    /// Whether a batch has something to take: an open slot for anybody, or one that is set aside for somebody. Gold
    /// does not count, as it is only mixed into other work.
    ///
    /// It is asked at the end of the order in which slots are taken: what was taken, and may still be seen by a
    /// transaction from before, lies at its beginning.
    static let hasOpenSlot: SQL = """
        ((select true from slot
           where slot.requester_id = batch.requester_id and slot.batch_id = batch.batch_id
             and slot.state = 'open' and slot.allotment_id is null
           order by slot.allotment_id desc, slot.slot_no desc, slot.task_id desc
           limit 1) is not null
         or batch.has_allotments
            and exists (select from slot join allotment as aside using (requester_id, allotment_id)
                         where slot.requester_id = batch.requester_id and slot.batch_id = batch.batch_id
                           and slot.state = 'open' and slot.allotment_id is not null and aside.kind <> 'gold'))
        """

    static let columns: SQL = """
        select batch.requester_id, batch.batch_id, batch.state, batch.door, batch.requirement_id, requirement.hash,
               batch.pay_minor, batch.fee_minor, batch.currency, batch.rate_id, rate.unit, rate.profession,
               project.guideline_id,
               coalesce(project.guideline_pin, guideline.newest_version) as guideline_version,
               batch.expected_minutes, batch.lease_seconds, batch.answer_seconds, batch.priority, batch.due_at,
               batch.opened_at, batch.worker_tasks_max, batch.slot_count, project.share_bps, batch.gold_bps,
               batch.is_packed, batch.has_matters,
               batch.has_allotments, batch.project_id, project.name as project_name,
               batch.workforces::text[] as workforces, batch.has_task_parties,
               (select true from recheck_item as item
                 where item.requester_id = batch.requester_id and item.recheck_task_id is not null
                 limit 1) is not null
               or exists (select from recollected_task as asked
                           where asked.requester_id = batch.requester_id) as has_rechecks,
               exists (select from webhook_endpoint as endpoint
                        where endpoint.requester_id = batch.requester_id and endpoint.state = 'enabled') as is_told,
               array(select party from project_party
                      where project_party.requester_id = batch.requester_id
                        and project_party.project_id = batch.project_id
                      order by party) as parties,
               price.trace, price.fee_bps, \(fragment: Escalator.columns),
               \(fragment: hasOpenSlot) as has_open_slot
          from batch
          join project on project.requester_id = batch.requester_id and project.project_id = batch.project_id
          join guideline on guideline.requester_id = project.requester_id
                        and guideline.guideline_id = project.guideline_id
          join rate using (rate_id)
          join requirement using (requirement_id)
          left join batch_price as price
            on price.requester_id = batch.requester_id and price.batch_id = batch.batch_id
        """

    /// - Parameter instant: the price is of then.
    init(row: Row, at instant: Date) throws {
        let currency: Currency = try row["currency"]
        requester = try row["requester_id"]
        batch = try row["batch_id"]
        project = try row["project_id"]
        projectName = try row["project_name"]
        state = try row["state"]
        door = try row["door"]
        requirement = try row["requirement_id"]
        requirementHash = try row["hash"]
        let base = try Money(row["pay_minor"], currency)
        let opened: Date? = try row["opened_at"]
        if let escalator = try Escalator(row: row, currency), let opened {
            pay = try escalator.price(from: base, elapsed: instant.timeIntervalSince(opened))
            fee = try pay.share(basisPoints: row["fee_bps"])
            escalatedFrom = base
        } else {
            pay = base
            fee = try Money(row["fee_minor"], currency)
            escalatedFrom = nil
        }
        rateTrace = try row["trace"]
        rate = try row["rate_id"]
        unit = try row["unit"]
        profession = try row["profession"]
        guideline = try row["guideline_id"]
        guidelineVersion = try row["guideline_version"]
        expectedMinutes = try row["expected_minutes"]
        leaseSeconds = try row["lease_seconds"]
        answerSeconds = try row["answer_seconds"]
        priority = try row["priority"]
        dueAt = try row["due_at"]
        workerTasksMax = try row["worker_tasks_max"]
        shareBasisPoints = try row["share_bps"]
        slotCount = try row["slot_count"]
        goldBasisPoints = try row["gold_bps"]
        isPacked = try row["is_packed"]
        hasMatters = try row["has_matters"]
        hasAllotments = try row["has_allotments"]
        workforces = try row["workforces"]
        parties = try row["parties"]
        hasTaskParties = try row["has_task_parties"]
        hasRechecks = try row["has_rechecks"]
        openedAt = opened
        isTold = try row["is_told"]
        hasOpenSlot = try row["has_open_slot"]
    }
}
