internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// Runs a query whose rows are violations, each with its `example`; it may take ten minutes.
    func violations(_ query: SQL) async throws -> (count: Int, examples: [String]) {
        try await execute("set local statement_timeout = '10min'")
        let row = try await oneRow(
            """
            with violation as materialized (\(fragment: query))
            select (select count(*) from violation) as violations,
                   array(select example from violation order by example limit 10) as examples
            """)
        return (try row["violations"], try row["examples"])
    }

    /// Terms and their hashes in the order of the assignments, by the 2,000.
    func storedTerms(
        after last: Assignment.ID?
    ) async throws -> [(assignment: Assignment.ID, terms: JSON, hash: Digest)] {
        try await rows(
            """
            select assignment_id, terms, terms_hash from assignment
             where \(last)::uuid is null or assignment_id > \(last)::uuid
             order by assignment_id
             limit 2000
            """
        ).map { (try $0["assignment_id"], try $0["terms"], try $0["terms_hash"]) }
    }
}

extension DoctorCheck {
    /// Tasks that are closed, and those of a batch that is being resized, may have fewer.
    static let redundancyViolations: SQL = """
        select task.task_id::text as example
          from task
          join batch using (requester_id, batch_id)
          left join (select requester_id, task_id, count(*) as slots from slot
                      where state <> 'withdrawn' group by 1, 2) as slots
            using (requester_id, task_id)
          left join (select requester_id, task_id, count(*) as counted from assignment
                      where state in ('leased', 'submitted', 'accepted') group by 1, 2) as counted
            using (requester_id, task_id)
         where coalesce(slots, 0) > redundancy_most
            or counted > redundancy_most
            or (coalesce(slots, 0) < redundancy and task.state <> 'closed' and batch.resizing_to is null)
        """

    static let oneSlotPerWorkerViolations: SQL = """
        select task_id::text as example
          from assignment
         where state in ('leased', 'submitted', 'accepted', 'rejected')
         group by requester_id, task_id, worker_id
        having count(*) > 1
        """

    static let slotsAgreeViolations: SQL = """
        select slot.task_id || ' slot ' || slot.slot_no as example
          from slot
          left join assignment
            on assignment.requester_id = slot.requester_id and assignment.assignment_id = slot.assignment_id
         where slot.state in ('leased', 'submitted', 'done')
           and (assignment.task_id, assignment.slot_no, assignment.batch_id, assignment.lease_token,
                case assignment.state when 'leased' then 'leased' when 'submitted' then 'submitted'
                                      when 'accepted' then 'done' end,
                case when assignment.state = 'leased' then assignment.lease_until end)
               is distinct from
               (slot.task_id, slot.slot_no, slot.batch_id, slot.lease_token, slot.state::text, slot.lease_until)
         union all
        select assignment.assignment_id::text
          from assignment
          join slot using (requester_id, task_id, slot_no)
         where assignment.state in ('leased', 'submitted', 'accepted')
           and slot.assignment_id is distinct from assignment.assignment_id
        """

    static let batchCountViolations: SQL = """
        select batch.batch_id::text as example
          from batch
          left join (select requester_id, batch_id, count(*) as tasks from task group by 1, 2) as task
            using (requester_id, batch_id)
          left join (select requester_id, batch_id, count(*) as slots, count(*) filter (where lease_token > 0) as leases
                       from slot group by 1, 2) as slot
            using (requester_id, batch_id)
         where (batch.task_count, batch.slot_count) <> (coalesce(tasks, 0), coalesce(slots, 0))
            or (batch.state = 'draft' and leases > 0)
        """

    /// Revoking a credential later does not unsay that it counted.
    static let eligibilityViolations: SQL = """
        select assignment.assignment_id::text as example
          from assignment
         where coalesce(jsonb_typeof(assignment.eligibility -> 'credentials'), '') <> 'array'
            or coalesce(jsonb_typeof(assignment.eligibility -> 'tiers'), '') <> 'object'
            or exists (select from jsonb_array_elements_text(assignment.eligibility -> 'credentials') as named
                        where not exists (select from credential
                                           where credential.credential_id::text = named
                                             and credential.worker_id = assignment.worker_id
                                             and credential.verified_at <= assignment.leased_at
                                             and credential.state in ('verified', 'revoked')
                                             and (credential.expires_at is null
                                                  or credential.expires_at > assignment.leased_at)))
            or exists (select from jsonb_each_text(assignment.eligibility -> 'tiers') as named (profession, tier)
                        where not exists (select from tier_period
                                           where tier_period.worker_id = assignment.worker_id
                                             and tier_period.profession = named.profession
                                             and tier_period.tier::text = named.tier
                                             and tier_period.in_force @> assignment.leased_at))
            or (assignment.eligibility ? 'clearance'
                and not exists (select from worker_clearance
                                 where worker_clearance.worker_id = assignment.worker_id
                                   and worker_clearance.level::text = assignment.eligibility ->> 'clearance'
                                   and worker_clearance.in_force @> assignment.leased_at))
        """

    static let termsViolations: SQL = """
        select assignment_id::text as example
          from assignment
          join batch using (requester_id, batch_id)
         where (terms ->> 'pay_minor', terms ->> 'fee_minor', terms ->> 'currency', terms ->> 'rate_id',
                (terms ->> 'answer_by')::timestamptz)
               is distinct from
               (assignment.pay_minor::text, assignment.fee_minor::text, assignment.currency, batch.rate_id::text,
                assignment.answer_by)
        """

    static let reviewerViolations: SQL = """
        select review.review_id::text as example
          from review
          join assignment using (requester_id, assignment_id)
         where review.reviewer_id = assignment.worker_id or review.author_id <> assignment.worker_id
        """

    static let loadViolations: SQL = """
        select coalesce(worker_load.worker_id, live.worker_id)::text as example
          from worker_load
          full join (select worker_id, count(*) as leases from assignment where state = 'leased' group by 1) as live
            on live.worker_id = worker_load.worker_id
         where coalesce(worker_load.live_leases, 0) <> coalesce(live.leases, 0)
        """

    static let dueProcessViolations: SQL = """
        select review.review_id::text as example
          from review
          join assignment using (requester_id, assignment_id)
         where review.verdict <> 'accepted'
           and not exists (select from decision
                            where decision.decision_id = review.decision_id
                              and decision.kind = 'rejection'
                              and decision.worker_id = assignment.worker_id
                              and decision.subject_id = assignment.assignment_id)
         union all
        select worker.worker_id::text
          from worker
         where worker.state = 'suspended'
           and not exists (select from decision
                            where decision.decision_id = worker.suspension_id
                              and decision.worker_id = worker.worker_id and decision.kind = 'suspension')
         union all
        select tier_period.worker_id || ' ' || tier_period.profession
          from tier_period
          join tier_period as before
            on before.worker_id = tier_period.worker_id and before.profession = tier_period.profession
           and upper(before.in_force) = lower(tier_period.in_force)
         where tier_period.tier < before.tier
           and not exists (select from decision
                            where decision.worker_id = tier_period.worker_id and decision.kind = 'tier_loss'
                              and decision.decided_at <= lower(tier_period.in_force)
                              and decision.decided_at >= lower(before.in_force))
         union all
        select decision.decision_id::text
          from decision
          join principal on principal.principal_id = decision.decided_by
         where principal.kind <> 'person'
            or decision.decided_by = decision.worker_id
            or decision.rule = '' or decision.reasons = ''
            or decision.appeal_until <= decision.decided_at
        """

    static let auditLineViolations: SQL = """
        select audit_event.event_id::text as example
          from audit_event
          left join audit_seal using (event_id)
          left join audit_unsealed using (event_id)
         where (audit_seal.event_id is null) = (audit_unsealed.event_id is null)
        """
}
