internal import Foundation
internal import Store

extension Transaction {
    /// Batches with work to claim that take the workforce, in the order of the policy: higher priority first, then the
    /// older.
    ///
    /// - Parameters:
    ///   - last: of the page before.
    ///   - requirements: `nil` for all.
    func offerings(
        to workforce: Workforce, after last: Offering?, limit: Int, demanding requirements: [Requirement.ID]?
    ) async throws -> [Offering] {
        try await rows(
            """
            \(fragment: Offering.columns)
             where batch.state = 'open' and batch.door = 'claim'
               and (\(requirements)::uuid[] is null or batch.requirement_id = any(\(requirements)::uuid[]))
               and \(workforce) = any (batch.workforces)
               and (\(last?.batch)::uuid is null
                    or batch.priority < \(last?.priority)::bigint
                    or (batch.priority = \(last?.priority)::bigint
                        and (batch.opened_at, batch.batch_id) > (\(last?.openedAt)::timestamptz, \(last?.batch)::uuid)))
               and exists (select from slot
                            where slot.requester_id = batch.requester_id and slot.batch_id = batch.batch_id
                              and slot.state = 'open')
             order by batch.priority desc, batch.opened_at, batch.batch_id
             limit \(limit)
            """
        ).map { try Offering(row: $0, at: instant) }
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
    static let columns: SQL = """
        select batch.requester_id, batch.batch_id, batch.state, batch.door, batch.requirement_id, batch.pay_minor,
               batch.fee_minor, batch.currency, batch.rate_id, rate.unit, project.guideline_id,
               coalesce(project.guideline_pin, guideline.newest_version) as guideline_version,
               batch.expected_minutes, batch.lease_seconds, batch.answer_seconds, batch.priority, batch.opened_at,
               project_id, project.name as project_name, batch.workforces::text[] as workforces, batch.has_task_parties,
               array(select party from project_party
                      where project_party.requester_id = batch.requester_id
                        and project_party.project_id = batch.project_id
                      order by party) as parties,
               price.trace, price.fee_bps, \(fragment: Escalator.columns),
               exists (select from slot
                        where slot.requester_id = batch.requester_id and slot.batch_id = batch.batch_id
                          and slot.state = 'open') as has_open_slot
          from batch
          join project using (requester_id, project_id)
          join guideline using (requester_id, guideline_id)
          join rate using (rate_id)
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
        guideline = try row["guideline_id"]
        guidelineVersion = try row["guideline_version"]
        expectedMinutes = try row["expected_minutes"]
        leaseSeconds = try row["lease_seconds"]
        answerSeconds = try row["answer_seconds"]
        priority = try row["priority"]
        workforces = try row["workforces"]
        parties = try row["parties"]
        hasTaskParties = try row["has_task_parties"]
        openedAt = opened
        hasOpenSlot = try row["has_open_slot"]
    }
}
