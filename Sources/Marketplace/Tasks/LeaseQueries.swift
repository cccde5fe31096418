internal import Foundation
internal import Store

extension Transaction {
    /// Counts that a lease of a worker has ended.
    func countLeaseDown(of worker: Worker.ID) async throws { try await execute(leaseCountedDown(of: worker)) }

    func leaseCountedDown(of worker: Worker.ID) -> SQL {
        """
        update worker_load set live_leases = live_leases - 1, idle_since = greatest(idle_since, \(instant))
         where worker_id = \(worker)
        """
    }

    /// A lease whose slot this transaction holds locked.
    ///
    /// - Returns: `nil` when the slot is no longer this assignment's, or the token is an old one.
    func lockLease(_ id: Assignment.ID, token: Int64, of worker: Worker.ID) async throws -> HeldLease? {
        try await firstRow(Self.lockLease(id, token: token, of: worker)).map(HeldLease.init)
    }

    static func lockLease(_ id: Assignment.ID, token: Int64, of worker: Worker.ID) -> SQL {
        """
        select assignment.requester_id, assignment.assignment_id, assignment.task_id, assignment.slot_no,
               assignment.batch_id, assignment.answer_by, assignment.leased_at, assignment.expected_minutes,
               assignment.guideline_id,
               slot.state, slot.lease_until, slot.lapses, batch.lease_seconds, batch.lapses_max
          from assignment
          join slot using (requester_id, task_id, slot_no)
          join batch on batch.requester_id = assignment.requester_id and batch.batch_id = assignment.batch_id
         where assignment.worker_id = \(worker)
           and assignment.assignment_id = \(id)
           and assignment.lease_token = \(token)
           and slot.assignment_id = assignment.assignment_id
           and slot.lease_token = assignment.lease_token
           for no key update of slot
        """
    }

    /// Keeps the task of a worker's assignment from being closed until this transaction ends, so that the slot of a
    /// lease that ends does not reopen behind the back of whoever withdraws the task. Goes before the slot.
    func holdTaskStill(of id: Assignment.ID, _ worker: Worker.ID) async throws {
        try await execute(
            """
            select from assignment join task using (requester_id, task_id)
             where assignment.worker_id = \(worker) and assignment.assignment_id = \(id)
               for share of task
            """)
    }

    /// Extends a locked lease.
    func extendLease(_ lease: HeldLease, until end: Date) async throws {
        let changed = try await execute(
            """
            with extended as (
                update slot set lease_until = \(end)
                 where requester_id = \(lease.requester) and task_id = \(lease.task) and slot_no = \(lease.slot)
                   and assignment_id = \(lease.id) and state = 'leased'
                returning requester_id, assignment_id
            )
            update assignment set lease_until = \(end)
              from extended
             where assignment.requester_id = extended.requester_id
               and assignment.assignment_id = extended.assignment_id
               and assignment.state = 'leased'
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// Ends a locked lease without an answer and reopens its slot, or quarantines it, or withdraws it where the task
    /// was closed meanwhile. Its task is held still (``holdTaskStill(of:_:)``).
    ///
    /// - Parameter event: only ``AssignmentEvent/revoke`` is nobody's lapse.
    /// - Returns: where the slot went.
    func endLease(_ lease: HeldLease, by event: AssignmentEvent) async throws -> SlotState {
        guard let end = AssignmentState.leased.after(event) else { throw StoreError.unexpectedRowCount(0) }
        let lapses = lease.lapses + (event == .revoke ? 0 : 1)
        let next: SlotState = lapses < lease.lapsesMax ? .open : .quarantined
        let row = try await firstRow(
            """
            with reopened as (
                update slot
                   set state = case when task.state = 'closed' then 'withdrawn' else \(next) end::slot_state,
                       lease_until = null, assignment_id = null, lapses = \(lapses)
                  from task
                 where slot.requester_id = \(lease.requester) and slot.task_id = \(lease.task)
                   and slot.slot_no = \(lease.slot) and slot.assignment_id = \(lease.id) and slot.state = 'leased'
                   and task.requester_id = slot.requester_id and task.task_id = slot.task_id
                returning slot.requester_id, slot.state
            )
            update assignment set state = \(end), closed_at = \(instant)
              from reopened
             where assignment.requester_id = reopened.requester_id
               and assignment.assignment_id = \(lease.id)
               and assignment.state = 'leased'
            returning reopened.state
            """)
        guard let row else { throw StoreError.unexpectedRowCount(0) }
        return try row["state"]
    }

    func insertReturn(of lease: HeldLease, _ reason: ReturnReason, note: String) async throws {
        try await execute(
            """
            insert into task_return (requester_id, assignment_id, reason, note)
            values (\(lease.requester), \(lease.id), \(reason), \(note))
            """)
    }

    /// Of a page of live leases, from the one that ends first, those whose worker is suspended or not kept as eligible;
    /// a hint only.
    ///
    /// - Parameter last: of the page before.
    /// - Returns: with how many were looked at, and the last of them.
    func doubtfulLeases(after last: LeasePlace?, limit: Int) async throws -> DoubtfulLeases {
        let rows = try await rows(
            """
            with page as materialized (
                select requester_id, batch_id, lease_until, lease_token, assignment_id from slot
                 where state = 'leased'
                   and (\(last?.leaseUntil)::timestamptz is null
                        or (lease_until, assignment_id) > (\(last?.leaseUntil)::timestamptz, \(last?.id)::uuid))
                 order by lease_until, assignment_id
                 limit \(limit)
            )
            select page.lease_until, page.lease_token, page.assignment_id, assignment.worker_id, batch.requirement_id,
                   -- What is kept does not look at the standing.
                   worker.state not in ('active', 'paused')
                   or not exists (select from worker_requirement as met
                                   where met.worker_id = assignment.worker_id
                                     and met.requirement_id = batch.requirement_id
                                     and met.in_force @> \(instant)) as is_doubtful
              from page
              join assignment using (requester_id, assignment_id)
              join batch on batch.requester_id = page.requester_id and batch.batch_id = page.batch_id
              join worker using (worker_id)
             order by page.lease_until, page.assignment_id
            """)
        return DoubtfulLeases(
            leases: try rows.filter { try $0["is_doubtful"] }.map(DoubtfulLease.init), count: rows.count,
            last: try rows.last.map { LeasePlace(leaseUntil: try $0["lease_until"], id: try $0["assignment_id"]) }
        )
    }
}
