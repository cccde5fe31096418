package import Foundation
package import Store

extension Transaction {
    /// Takes an open slot of the batch for the worker and opens the assignment, in one statement. Never a slot of a
    /// task that the worker has a counted assignment on.
    ///
    /// `offset 0` keeps the planner from making a join of the look-up by (task, worker); the order is that of the one
    /// index that holds open slots only.
    ///
    /// - Parameters:
    ///   - waits: false passes slots by that somebody else is taking right now; true waits for them, so that `nil`
    ///     means that every slot this worker might take is taken.
    ///   - slot: the one that will do, with its token as it stands.
    /// - Returns: `nil` when there was none.
    package func claimSlot(
        _ grant: LeaseGrant, waits: Bool = false, only slot: (task: WorkTask.ID, number: Int, token: Int64)? = nil
    ) async throws -> Assignment? {
        let only: SQL? = slot.map {
            "and slot.task_id = \($0.task) and slot.slot_no = \($0.number) and slot.lease_token = \($0.token)"
        }
        return try await firstRow(Self.claimStatement(grant, at: instant, waits: waits, only: only ?? ""))
            .map(Assignment.init)
    }

    /// The claim as a statement, for measuring it outside the program.
    package static func claimStatement(
        _ grant: LeaseGrant, at instant: Date, waits: Bool = false, only: SQL = ""
    ) -> SQL {
        let lock: SQL = waits ? "for update of slot" : "for update of slot skip locked"
        let conflict: SQL = grant.checksParties ? unconflicted(grant.worker, at: instant) : ""
        return """
            with candidate as materialized (
                select slot.requester_id, slot.task_id, slot.slot_no
                  from slot
                 where slot.requester_id = \(grant.requester)
                   and slot.batch_id = \(grant.batch)
                   and slot.state = 'open'
                   and not exists (select from assignment as mine
                                    where mine.requester_id = slot.requester_id
                                      and mine.task_id = slot.task_id
                                      and mine.worker_id = \(grant.worker)
                                      and mine.state in ('leased', 'submitted', 'accepted', 'rejected')
                                    offset 0)
                   \(fragment: conflict) \(fragment: only)
                 order by slot.slot_no, slot.task_id
                 limit 1
                   \(fragment: lock)
            ),
            taken as (
                update slot
                   set state = 'leased',
                       lease_token = slot.lease_token + 1,
                       lease_until = \(grant.leaseUntil),
                       assignment_id = \(grant.assignment)
                  from candidate
                 where slot.requester_id = candidate.requester_id
                   and slot.task_id = candidate.task_id
                   and slot.slot_no = candidate.slot_no
                returning slot.requester_id, slot.task_id, slot.slot_no, slot.batch_id, slot.lease_token
            )
            insert into assignment (requester_id, assignment_id, task_id, slot_no, batch_id, worker_id, state,
                                    lease_token, leased_at, lease_until, answer_by, terms, terms_hash, pay_minor,
                                    fee_minor, currency, eligibility, week_starts_on, expected_minutes, guideline_id,
                                    guideline_version)
            select requester_id, \(grant.assignment), task_id, slot_no, batch_id, \(grant.worker), 'leased',
                   lease_token, \(instant), \(grant.leaseUntil), \(grant.answerBy), \(grant.terms),
                   \(grant.termsHash), \(grant.pay.minorUnits), \(grant.fee.minorUnits), \(grant.pay.currency),
                   \(grant.eligibility), \(grant.weekStartsOn), \(grant.expectedMinutes), \(grant.guideline),
                   \(grant.guidelineVersion)
              from taken
            returning requester_id, assignment_id, batch_id, task_id, slot_no, worker_id, state, lease_token, leased_at,
                      lease_until, answer_by, terms
            """
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
}
