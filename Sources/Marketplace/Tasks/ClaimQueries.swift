package import Foundation
package import Store

extension Transaction {
    /// Takes open slots of a batch for a worker, opens the assignments, counts the leases, commits the minutes and
    /// tells of it, in one statement: all of it for each slot, or none. Never a slot of a task that the worker has a
    /// counted assignment on, and never two slots of a task.
    ///
    /// The worker's row is locked (``lockWorkerForChange(_:)``), and whoever calls has seen that the leases and minutes
    /// of all the grant's assignments fit; constraints of `worker_load`, `worker_week` and `worker_day` bear it out.
    ///
    /// - Returns: fewer than the grant has where there are no more; empty when there is none.
    func claimSlots(_ grant: LeaseGrant, _ choice: SlotChoice = SlotChoice()) async throws -> [Assignment] {
        try await rows(Self.leaseStatement(grant, choice, at: instant)).map(Assignment.init)
            .sorted { ($0.slot, $0.task) < ($1.slot, $1.task) }
    }

    /// The lease as a statement, for measuring it outside the program.
    package static func leaseStatement(
        _ grant: LeaseGrant, _ choice: SlotChoice = SlotChoice(), at instant: Date
    ) -> SQL {
        """
        with candidate as materialized (\(fragment: candidates(for: grant, choice, at: instant))),
        chosen as (\(fragment: grant.assignments.count == 1 ? theOne : oneOfEachTask)),
        taken as (
            update slot
               set state = 'leased',
                   lease_token = slot.lease_token + 1,
                   lease_until = \(grant.leaseUntil),
                   assignment_id = slip.assignment_id
              from chosen
              join unnest(\(grant.assignments)::uuid[], \(grant.events)::uuid[])
                       with ordinality as slip (assignment_id, event_id, place) using (place)
             where slot.requester_id = chosen.requester_id
               and slot.task_id = chosen.task_id
               and slot.slot_no = chosen.slot_no
            returning slot.requester_id, slot.task_id, slot.slot_no, slot.batch_id, slot.lease_token,
                      slot.assignment_id, slip.event_id
        ),
        leased as (
            insert into assignment (requester_id, assignment_id, task_id, slot_no, batch_id, worker_id, state,
                                    lease_token, leased_at, lease_until, answer_by, terms, terms_hash, pay_minor,
                                    fee_minor, currency, eligibility, week_starts_on, expected_minutes, guideline_id,
                                    guideline_version)
            select requester_id, assignment_id, task_id, slot_no, batch_id, \(grant.worker), 'leased',
                   lease_token, \(instant), \(grant.leaseUntil), \(grant.answerBy), \(grant.terms),
                   \(grant.termsHash), \(grant.pay.minorUnits), \(grant.fee.minorUnits), \(grant.pay.currency),
                   \(grant.eligibility), \(grant.weekStartsOn), \(grant.expectedMinutes), \(grant.guideline),
                   \(grant.guidelineVersion)
              from taken
            returning requester_id, assignment_id, batch_id, task_id, slot_no, worker_id, state, lease_token, leased_at,
                      lease_until, answer_by, terms
        ),
        \(fragment: bookings(of: grant, at: instant))
        select * from leased
        """
    }

    private static var theOne: SQL { "select *, 1::bigint as place from candidate" }

    private static var oneOfEachTask: SQL {
        """
        select *, row_number() over (order by slot_no, task_id) as place
          from (select distinct on (task_id) * from candidate order by task_id, slot_no) as each
        """
    }

    /// Slots that will do, locked, in the order in which they are taken.
    ///
    /// `offset 0` keeps the planner from making a join of the look-up by (task, worker); the order is that of the one
    /// index that holds open slots only. A matter's tasks are few: they are looked up one by one.
    private static func candidates(for grant: LeaseGrant, _ choice: SlotChoice, at instant: Date) -> SQL {
        // One slot is asked for in so many words: where the limit is a parameter, a plan for any limit looks dearer
        // than planning anew each time.
        let most: SQL = grant.assignments.count == 1 ? "1" : "\(grant.assignments.count)"
        let lock: SQL = choice.waits ? "for update of slot" : "for update of slot skip locked"
        let conflict: SQL = grant.checksParties ? unconflicted(grant.worker, at: instant) : ""
        var functions: SQL = grant.checksReviews ? unreviewed(grant.worker) : ""
        if grant.checksOrigins { functions = "\(fragment: functions) \(fragment: unbound(grant.worker))" }
        return """
            select slot.requester_id, slot.task_id, slot.slot_no
              from \(fragment: choice.matter.map { slots(of: $0, grant) } ?? "slot")
             where slot.requester_id = \(grant.requester)
               and slot.batch_id = \(grant.batch)
               and slot.state = 'open'
               and (select state from batch
                     where requester_id = \(grant.requester) and batch_id = \(grant.batch)) = 'open'
               and \(fragment: place(choice, for: grant.worker, at: instant))
               and not exists (select from assignment as mine
                                where mine.requester_id = slot.requester_id
                                  and mine.task_id = slot.task_id
                                  and mine.worker_id = \(grant.worker)
                                  and mine.state in ('leased', 'submitted', 'accepted', 'rejected')
                                offset 0)
               \(fragment: conflict) \(fragment: functions)
             order by slot.allotment_id, slot.slot_no, slot.task_id
             limit \(fragment: most)
               \(fragment: lock)
            """
    }

    private static func slots(of matter: String, _ grant: LeaseGrant) -> SQL {
        """
        (select requester_id, task_id from task
          where requester_id = \(grant.requester) and batch_id = \(grant.batch) and matter = \(matter)
         offset 0) as related
        join slot using (requester_id, task_id)
        """
    }

    private static func place(_ choice: SlotChoice, for worker: Worker.ID, at instant: Date) -> SQL {
        if let one = choice.only {
            return """
                slot.task_id = \(one.task) and slot.slot_no = \(one.number) and slot.lease_token = \(one.token)
                and \(fragment: openTo(worker, at: instant))
                """
        }
        let aside: SQL =
            if let allotment = choice.allotment { "slot.allotment_id = \(allotment)" } else {
                "slot.allotment_id is null"
            }
        guard let after = choice.after else { return aside }
        return "\(fragment: aside) and (slot.slot_no, slot.task_id) > (\(after.slot), \(after.task))"
    }

    /// The slot is not reserved, or for this worker.
    private static func openTo(_ worker: Worker.ID, at instant: Date) -> SQL {
        """
        (slot.allotment_id is null
         or exists (select from allotment as aside
                     where aside.requester_id = slot.requester_id and aside.allotment_id = slot.allotment_id
                       and (aside.kind = 'gold' or aside.kind <> 'award' and aside.holder_id = \(worker)))
         or exists (select from allotment_member as member
                     where member.requester_id = slot.requester_id and member.allotment_id = slot.allotment_id
                       and (member.worker_id = \(worker)
                            or member.team_id = (select team_id from team_member
                                                  where worker_id = \(worker) and in_force @> \(instant)))))
        """
    }

    /// Leases, hours and audit of what was taken; nothing where nothing was.
    private static func bookings(of grant: LeaseGrant, at instant: Date) -> SQL {
        let minutes = grant.expectedMinutes
        let (columns, values) = bounds(of: grant)
        return """
            load as (
                insert into worker_load (worker_id, live_leases)
                select \(grant.worker), count(*) from taken having count(*) > 0
                on conflict (worker_id) do update set live_leases = worker_load.live_leases + excluded.live_leases
            ),
            week as (
                insert into worker_week as week (worker_id, week_starts_on, minutes_max, committed_minutes)
                select \(grant.worker), \(grant.weekStartsOn), \(grant.weekMinutesMax), count(*) * \(minutes)
                  from taken having count(*) > 0
                on conflict (worker_id, week_starts_on) do update
                   set committed_minutes = week.committed_minutes + excluded.committed_minutes,
                       minutes_max = excluded.minutes_max
            ),
            day as (
                insert into worker_day as day (worker_id, on_day, minutes_max, committed_minutes)
                select \(grant.worker), \(grant.onDay), \(grant.dayMinutesMax), count(*) * \(minutes)
                  from taken having count(*) > 0
                on conflict (worker_id, on_day) do update
                   set committed_minutes = day.committed_minutes + excluded.committed_minutes,
                       minutes_max = excluded.minutes_max
            ),
            hours as (
                insert into hours_entry (requester_id, assignment_id, kind, worker_id, week_starts_on, on_day, minutes,
                                         occurred_at\(fragment: columns))
                select requester_id, assignment_id, 'reserved', \(grant.worker), \(grant.weekStartsOn), \(grant.onDay),
                       \(minutes), \(instant)\(fragment: values)
                  from taken
            ),
            event as (
                insert into audit_event (event_id, stream, occurred_at, actor_id, action, subject, subject_id, facts)
                select event_id, \(AuditStream.requester(grant.requester).description), \(instant), \(grant.worker),
                       \(grant.action), 'assignment', assignment_id,
                       jsonb_build_object('task', task_id, 'lease_token', lease_token)
                  from taken
                returning event_id, stream
            ),
            unsealed as (
                insert into audit_unsealed (event_id, stream) select event_id, stream from event
            )
            """
    }

    /// What policies ask of the hours beside caps, for the doctor; most often nothing.
    private static func bounds(of grant: LeaseGrant) -> (columns: SQL, values: SQL) {
        guard let bounds = grant.bounds else { return ("", "") }
        let window = bounds.tightestWindow
        return (
            ", rest_minutes, window_weeks, window_minutes_max",
            ", \(bounds.restMinutes)::bigint, \(window?.weeks)::bigint, \(window?.minutesMax)::bigint"
        )
    }

    /// No party of the slot's task is one in which the worker has an interest in force.
    private static func unconflicted(_ worker: Worker.ID, at instant: Date) -> SQL {
        """
        and not exists (select from task_party join interest using (party)
                         where task_party.requester_id = slot.requester_id
                           and task_party.task_id = slot.task_id
                           and interest.worker_id = \(worker)
                           and interest.in_force @> \(instant)
                         offset 0)
        """
    }

    /// The worker has no part in what the slot's task checks.
    private static func unbound(_ worker: Worker.ID) -> SQL {
        let part = hadPartInOrigin(Principal.ID(worker.uuid), of: "slot.requester_id", "slot.task_id")
        return "and not \(fragment: part)"
    }

    /// The worker has judged no answer to the slot's task, and read none to judge it.
    private static func unreviewed(_ worker: Worker.ID) -> SQL {
        """
        and not exists (select from assignment as judged join review using (requester_id, assignment_id)
                         where judged.requester_id = slot.requester_id
                           and judged.task_id = slot.task_id
                           and review.reviewer_id = \(worker)
                         offset 0)
        and not exists (select from content_reading as reading
                         where reading.requester_id = slot.requester_id
                           and reading.task_id = slot.task_id
                           and reading.purpose = 'review' and reading.reader_id = \(worker)
                         offset 0)
        """
    }
}
