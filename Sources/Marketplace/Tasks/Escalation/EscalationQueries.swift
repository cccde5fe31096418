internal import Formats
package import Foundation
package import Store

extension Transaction {
    /// Open batches with a deadline before `end` and open slots, the nearest deadline first.
    ///
    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    package func endangeredBatches(
        until end: Date, after last: EndangeredBatch?, limit: Int
    ) async throws -> [EndangeredBatch] {
        try await rows(
            """
            with due as materialized (
                select batch.*, project.task_kind
                  from batch join project using (requester_id, project_id)
                 where batch.state = 'open' and batch.door <> 'bid'
                   and batch.due_at > \(instant) and batch.due_at <= \(end)
                   and (\(last?.dueAt)::timestamptz is null
                        or (batch.due_at, batch.batch_id) > (\(last?.dueAt)::timestamptz, \(last?.key.id)::uuid))
                   and \(fragment: Offering.hasOpenSlot)
                 order by batch.due_at, batch.batch_id
                 limit \(try PageLimit.checked(limit))
            )
            select due.requester_id, due.batch_id, due.door, due.requirement_id, due.due_at, due.opened_at,
                   due.priority, due.expected_minutes, due.lease_seconds, slots.open_slots, slots.open_tasks,
                   unseen.open_slots as unseen_slots,
                   (select count(*) from offer
                     where offer.requester_id = due.requester_id and offer.batch_id = due.batch_id
                       and offer.state = 'open') as open_offers,
                   least(greatest(
                       case when pace.samples >= \(ServicePace.samplesLeast)
                            then div(pace.p90_permille * due.expected_minutes * 60, 1000)
                            else due.lease_seconds end, 1), 7776000)::bigint as service_seconds,
                   coalesce((select jsonb_object_agg(kind, steps)
                               from (select kind::text, count(*) as steps from escalation_step as step
                                      where step.requester_id = due.requester_id and step.batch_id = due.batch_id
                                        and step.due_at = due.due_at
                                        and not (step.kind = 'alert' and \(fragment: ScheduleAlert.isPutOff(of: "due")))
                                      group by kind) as counted), '{}'::jsonb) as steps,
                   (select max(taken_at) from escalation_step as step
                     where step.requester_id = due.requester_id and step.batch_id = due.batch_id
                       and step.due_at = due.due_at and step.kind in ('reach', 'price')) as stepped_at
              from due
              left join service_pace as pace using (task_kind)
             cross join lateral (
                select count(*) as open_slots, count(distinct seen.task_id) as open_tasks
                  from (select slot.task_id from slot
                         where slot.requester_id = due.requester_id and slot.batch_id = due.batch_id
                           and slot.state = 'open'
                         order by slot.allotment_id, slot.slot_no, slot.task_id
                         limit \(Self.routingSlotsMax)) as seen
             ) as slots
             cross join lateral (
                select count(*) as open_slots
                  from (select from slot
                         where slot.requester_id = due.requester_id and slot.batch_id = due.batch_id
                           and slot.state = 'open'
                         order by slot.allotment_id, slot.slot_no, slot.task_id
                        offset \(Self.routingSlotsMax) limit \(Self.openSlotsMax - Self.routingSlotsMax)) as behind
             ) as unseen
             where slots.open_slots > 0
             order by due.due_at, due.batch_id
            """
        ).map(EndangeredBatch.init)
    }

    /// Those of these batches for which the price of hours is ignored, for the deadline that they have.
    package func forcedBatches(of batches: [Batch.Key]) async throws -> Set<Batch.ID> {
        let rows = try await rows(
            """
            select batch.batch_id
              from unnest(\(batches.map(\.requester))::uuid[], \(batches.map(\.id))::uuid[])
                   as asked (requester_id, batch_id)
              join batch using (requester_id, batch_id)
              join escalation_step as step
                on step.requester_id = batch.requester_id and step.batch_id = batch.batch_id
               and step.due_at = batch.due_at and step.kind = 'forced'
            """)
        return try Set(rows.map { try $0.value("batch_id", as: Batch.ID.self) })
    }

    /// Minutes of work that the forced lane took since an instant, of batches with this requirement.
    package func forcedMinutes(of requirement: Requirement.ID, since instant: Date) async throws -> Int {
        try await oneRow(
            """
            select coalesce(sum(step.open_slots * batch.expected_minutes), 0)::bigint as minutes
              from escalation_step as step join batch using (requester_id, batch_id)
             where step.kind = 'forced' and step.taken_at > \(instant) and batch.requirement_id = \(requirement)
            """)["minutes"]
    }

    /// - Returns: false when it was taken before.
    func insert(_ step: EscalationStep) async throws -> Bool {
        try await execute(
            """
            insert into escalation_step (requester_id, batch_id, due_at, kind, level, taken_at, service_p90_seconds,
                                         open_slots, facts)
            values (\(step.batch.requester), \(step.batch.id), \(step.dueAt), \(step.kind), \(step.level),
                    \(step.takenAt), \(step.serviceSeconds), \(step.openSlots), \(step.facts))
            on conflict on constraint escalation_step_pkey do nothing
            """) == 1
    }

    /// Steps that were taken for a batch, the newest first.
    func escalationSteps(
        of batch: Batch.Key, before mark: EscalationStep.Mark?, limit: Int
    ) async throws -> [EscalationStep] {
        try await rows(
            """
            select due_at, kind, level, taken_at, service_p90_seconds, open_slots, facts from escalation_step
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
               and (\(mark?.takenAt)::timestamptz is null
                    or (taken_at, kind, level, due_at)
                       < (\(mark?.takenAt)::timestamptz, \(mark?.kind)::escalation_step_kind,
                          \(mark?.level)::integer, \(mark?.dueAt)::timestamptz))
             order by taken_at desc, kind desc, level desc, due_at desc
             limit \(limit)
            """
        ).map {
            EscalationStep(
                batch: batch, dueAt: try $0["due_at"], kind: try $0["kind"], level: try $0["level"],
                takenAt: try $0["taken_at"], serviceSeconds: try $0["service_p90_seconds"],
                openSlots: try $0["open_slots"], facts: try $0["facts"])
        }
    }
}

extension EndangeredBatch {
    fileprivate init(row: Row) throws {
        let steps: JSON = try row["steps"]
        var counts: [EscalationStepKind: Int] = [:]
        for (name, count) in steps.objectValue ?? [:] {
            guard let kind = EscalationStepKind(rawValue: name), let count = count.integerValue else { continue }
            counts[kind] = Int(clamping: count)
        }
        self.init(
            key: Batch.Key(requester: try row["requester_id"], id: try row["batch_id"]), door: try row["door"],
            requirement: try row["requirement_id"], dueAt: try row["due_at"], openedAt: try row["opened_at"],
            priority: try row["priority"], expectedMinutes: try row["expected_minutes"],
            leaseSeconds: try row["lease_seconds"], openSlots: try row["open_slots"], openTasks: try row["open_tasks"],
            openOffers: try row["open_offers"], serviceSeconds: try row["service_seconds"],
            steps: counts, steppedAt: try row["stepped_at"], unseenSlots: try row["unseen_slots"])
    }
}
