import Marketplace
import Store

/// An exam that somebody has sat twice, as its limits allow.
private let sitting: SQL = """
    with sat as (
        insert into exam
        select gen_random_uuid(), 'lawyer', 'contracts', 1, 'Contracts', '[]', '{}', 10, 2, 1, 7000, 365, '2026-03-02',
               principal_id
          from principal where name = 'Operator'
        returning exam_id
    )
    insert into exam_attempt
    select gen_random_uuid(), exam_id, (select worker_id from worker order by worker_id limit 1), number,
           '2026-03-02'::timestamptz + number * interval '2 hours',
           '2026-03-02'::timestamptz + number * interval '2 hours' + interval '10 minutes',
           '2026-03-02'::timestamptz + number * interval '2 hours' + interval '5 minutes', '{"q": "a"}', 5000,
           '2027-03-02'
      from sat, generate_series(1, 2) as number
    """

/// How each check is made to fail: the rule is broken behind the program's back, constraints dropped where they would
/// not let it happen.
let doctorBreaks: [(check: DoctorCheck, statements: [SQL])] =
    ownBreaks + doctorGuidelineBreaks + doctorContentBreaks
    + doctorIdentityBreaks + doctorBargainBreaks + doctorOfferBreaks + doctorLedgerBreaks + doctorReviewBreaks
    + doctorPosteriorBreaks + doctorPayoutBreaks + doctorHoursBreaks

private let ownBreaks: [(check: DoctorCheck, statements: [SQL])] = [
    (
        .redundancy,
        [
            """
            delete from slot
             where state = 'open'
               and not exists (select from assignment
                                where assignment.task_id = slot.task_id and assignment.slot_no = slot.slot_no)
            """,
            "alter table batch drop constraint batch_counts_possible",
            """
            update batch set slot_count = (select count(*) from slot where slot.batch_id = batch.batch_id)
            """,
        ]
    ),
    (.batchCounts, ["update batch set slot_count = slot_count + 1 where name = 'pair'"]),
    (.batchCounts, ["update batch set task_count = task_count - 1 where name = 'pair'"]),
    (
        .oneSlotPerWorker,
        [
            "drop index assignment_one_per_worker",
            """
            with pair as (
                select leased.assignment_id as leased_id, leased.worker_id as old_id, other.worker_id as new_id,
                       other.eligibility, leased.week_starts_on, leased.expected_minutes
                  from assignment as leased join assignment as other using (requester_id, task_id)
                 where leased.state = 'leased' and other.state = 'submitted'
            ),
            weeks as (
                update worker_week
                   set committed_minutes = committed_minutes
                       + case when worker_id = old_id then -expected_minutes else expected_minutes end
                  from pair
                 where worker_id in (old_id, new_id) and worker_week.week_starts_on = pair.week_starts_on
            ),
            loads as (
                update worker_load
                   set live_leases = live_leases + case when worker_id = old_id then -1 else 1 end
                  from pair where worker_id in (old_id, new_id)
            ),
            days as (
                update worker_day
                   set committed_minutes = committed_minutes
                       + case when worker_id = old_id then -expected_minutes else expected_minutes end
                  from pair where worker_id in (old_id, new_id)
            ),
            entries as (
                update hours_entry set worker_id = new_id from pair where assignment_id = leased_id
            )
            update assignment set worker_id = new_id, eligibility = pair.eligibility
              from pair where assignment_id = leased_id
            """,
        ]
    ),
    (.redundancy, ["update slot set state = 'withdrawn' where state = 'open'"]),
    (
        .handedOut,
        [
            """
            update task set state = 'closed'
              from slot where slot.task_id = task.task_id and slot.state = 'open'
            """
        ]
    ),
    (.handedOut, ["update slot set state = 'waiting' where state = 'open'"]),
    (.ending, ["update task set state = 'open' from batch where batch.batch_id = task.batch_id and name = 'slow'"]),
    (
        .ending,
        [
            "alter table batch drop constraint batch_closed_iff_terminal",
            "update batch set closed_by = null where state = 'closed'",
        ]
    ),
    (.slotsAgree, ["update assignment set lease_token = lease_token + 1 where state = 'leased'"]),
    (
        .eligibility,
        [
            """
            update assignment
               set eligibility = jsonb_insert(eligibility, '{credentials,0}', to_jsonb(assignment_id))
             where state = 'leased'
            """
        ]
    ),
    (
        .proof,
        [
            """
            update assignment set eligibility = '{"credentials": [], "tiers": {}}' where state = 'leased'
            """
        ]
    ),
    (.barred, ["update batch set workforces = '{staff}' where name = 'pair'"]),
    (
        .barred,
        [
            """
            insert into exclusion
            select gen_random_uuid(), requester_id, worker_id, 'Why.', reviewer_id,
                   tstzrange(leased_at - interval '1 day', null)
              from assignment join review using (requester_id, assignment_id)
             where assignment.state = 'rejected'
            """
        ]
    ),
    (
        .barred,
        [
            "insert into project_party select requester_id, project_id, 'Acme', 'acme' from project",
            """
            insert into interest
            select gen_random_uuid(), worker_id, 'family', 'Acme', 'acme',
                   tstzrange(leased_at - interval '1 day', leased_at + interval '1 day')
              from assignment where state = 'leased'
            """,
        ]
    ),
    (
        .barred,
        [
            """
            insert into task_party select requester_id, task_id, 'Acme', 'acme' from assignment where state = 'leased'
            """,
            """
            insert into interest
            select gen_random_uuid(), worker_id, 'family', 'Acme', 'acme', tstzrange(leased_at - interval '1 day', null)
              from assignment where state = 'leased'
            """,
        ]
    ),
    (
        .barred,
        [
            "insert into project_party select requester_id, project_id, 'Acme', 'acme' from project",
            """
            with worker_again as (
                insert into worker (worker_id, external_key, state, country, time_zone, weekly_minutes_max,
                                    registered_at)
                select principal_id, 'again', 'active', 'DE', 'Europe/Berlin', 60, created_at
                  from principal where name = 'Reviewer'
                returning worker_id
            ),
            interested as (
                insert into interest
                select gen_random_uuid(), worker_id, 'family', 'Acme', 'acme', '[2026-01-01,)' from worker_again
            ),
            week as (insert into worker_week select worker_id, '2026-03-02', 60, 0, 30 from worker_again)
            insert into offer
            select requester_id, gen_random_uuid(), batch_id, worker_id, 'open', '{}', '2026-03-02', '2026-03-03',
                   null, null, sha256('terms'), 1, 30, 100, 'USD', '2026-03-02', 1
              from batch, worker_again where name = 'pair'
            """,
        ]
    ),
    (
        .oneAtATime,
        [
            "alter table team_member drop constraint team_member_no_overlap",
            """
            with team as (
                insert into team select gen_random_uuid(), 'a', 'agency', 'A', 'DE', false, '2026-01-01'
                returning team_id
            )
            insert into team_member
            select gen_random_uuid(), team_id, worker_id, tstzrange(begun_at, null)
              from team, (select worker_id from worker limit 1) as worker,
                   (values ('2027-01-01'::timestamptz), ('2028-01-01')) as begun (begun_at)
            """,
        ]
    ),
    (
        .tierGrounds,
        [
            """
            with rule as (
                insert into tier_rule
                select gen_random_uuid(), profession, 'principal', '{}', true, in_force, decided_by from tier_period
                 limit 1
                returning tier_rule_id
            )
            update tier_period set ground = 'rule', tier_rule_id = rule.tier_rule_id from rule
            """
        ]
    ),
    (
        .tierGrounds,
        [
            """
            with rule as (
                insert into tier_rule
                select gen_random_uuid(), profession, tier, '{}', false, in_force, decided_by from tier_period
                 limit 1
                returning tier_rule_id
            )
            update tier_period set ground = 'rule', tier_rule_id = rule.tier_rule_id from rule
            """
        ]
    ),
    (
        .tierGrounds,
        ["update tier_period set decided_by = (select principal_id from principal where kind = 'system')"]
    ),
    (
        .fourEyes,
        ["update tier_period set in_force = tstzrange(lower(in_force) - interval '1 day', upper(in_force))"]
    ),
    (.examLimits, [sitting, "update exam set attempts_max = 1"]),
    (.examLimits, [sitting, "update exam set cooldown_hours = 2"]),
    (.examLimits, [sitting, "update exam set minutes = 9"]),
    (
        .examLimits,
        [sitting, "update exam_attempt set finished_at = due_at + interval '1 minute' where attempt_no = 2"]
    ),
    (.termsFrozen, ["update assignment set pay_minor = pay_minor + 1 where state = 'leased'"]),
    (.termsHash, ["update assignment set terms_hash = sha256('other') where state = 'leased'"]),
    (
        .oneEarning,
        [
            "update review set share_bps = 4000 where verdict = 'accepted_in_part'",
            "update skill_outcome set right_ppm = 400000 where right_ppm between 1 and 999999",
        ]
    ),
    (.earningPosted, ["update transfer set source_id = transfer_id where kind = 'earning'"]),
    (.topUps, ["update pay_floor_flag set owed_minor = owed_minor - 1"]),
    (.topUps, ["update submission set active_seconds = active_seconds + 1"]),
    (
        .topUpShare,
        [
            "update batch set top_up_spent_minor = top_up_spent_minor + 1 where top_up_spent_minor > 0"
        ]
    ),
    (
        .currencies,
        [
            "alter table transfer drop constraint transfer_debit_fkey, drop constraint transfer_credit_fkey",
            "update transfer set currency = 'EUR' where kind = 'funding'",
        ]
    ),
    (
        .clearing,
        [
            """
            insert into transfer (transfer_id, kind, debit_account_id, credit_account_id, amount_minor, currency,
                                  source_id, posted_at, entry_id)
            select gen_random_uuid(), 'settlement', bank.account_id, clearing.account_id, 5, 'USD', gen_random_uuid(),
                   posted_at, entry_id
              from account as bank, account as clearing, journal_entry
             where bank.kind = 'bank' and clearing.kind = 'payout_clearing' and journal_entry.kind = 'settlement'
             limit 1
            """
        ]
    ),
    (.budget, ["update batch set budget_minor = 1 where state = 'open'"]),
    (
        .holdCovers,
        [
            """
            with released as (
                insert into transfer (transfer_id, kind, debit_account_id, credit_account_id, amount_minor, currency,
                                      source_id, posted_at, entry_id)
                select gen_random_uuid(), 'hold', hold.account_id, wallet.account_id, kept.balance_minor, 'USD',
                       gen_random_uuid(), posted_at, entry_id
                  from account as hold join account_slice as kept using (account_id), account as wallet, journal_entry
                 where hold.kind = 'batch_hold' and kept.balance_minor > 0 and wallet.kind = 'requester_wallet'
                   and journal_entry.kind = 'hold'
                 limit 1
                returning debit_account_id, credit_account_id, amount_minor
            )
            update account_slice
               set balance_minor = balance_minor
                   + case when account_id = debit_account_id then -amount_minor else amount_minor end
              from released where account_id in (debit_account_id, credit_account_id)
            """
        ]
    ),
    (
        .onePayout,
        [
            "drop index payout_item_one_live_per_earning",
            "update payout_item set is_live = true where not is_live",
        ]
    ),
    (.payoutTotals, ["update payout_batch set total_minor = total_minor + 1 where state = 'prepared'"]),
    (.withholdings, ["update withholding set lines = jsonb_set(lines, '{-1,amount_minor}', '1')"]),
    (.taxSums, ["update tax_sum set withheld_minor = withheld_minor + 1"]),
    (.payoutPosted, ["update transfer set source_id = transfer_id where kind = 'payout'"]),
    (
        .twoPeople,
        [
            "alter table payout_batch drop constraint payout_batch_approved_by_second_person",
            "update payout_batch set approved_by = prepared_by where state = 'issued'",
        ]
    ),
    (
        .reviewerDiffers,
        [
            "alter table review drop constraint review_reviewer_is_not_author",
            "update review set reviewer_id = author_id where verdict = 'rejected'",
        ]
    ),
    (.hours, ["update worker_week set committed_minutes = committed_minutes + 1"]),
    (.hours, ["update worker_day set committed_minutes = committed_minutes + 1"]),
    (.hoursLedger, ["delete from hours_entry where kind = 'worked'"]),
    (
        .hoursLedger,
        [
            "update hours_entry set kind = 'released' where kind = 'worked'",
            """
            update worker_week
               set committed_minutes = (
                   select coalesce(sum(case kind when 'reserved' then minutes else -minutes end), 0)
                                          from hours_entry where hours_entry.worker_id = worker_week.worker_id)
            """,
            """
            update worker_day
               set committed_minutes = (
                   select coalesce(sum(case kind when 'reserved' then minutes else -minutes end), 0)
                                          from hours_entry where hours_entry.worker_id = worker_day.worker_id)
            """,
        ]
    ),
    (.load, ["update worker_load set live_leases = live_leases + 1"]),
    (
        .dueProcess,
        [
            "update decision set decided_by = (select principal_id from principal where kind = 'system')"
        ]
    ),
    (
        .dueProcess,
        [
            """
            update worker set state = 'suspended', suspension_id = decision_id
              from decision where decision.worker_id = worker.worker_id
            """
        ]
    ),
    (
        .dueProcess,
        [
            // Who meets what is being worked out anew, so that it is no finding of its own.
            "update requirement_cover set stale_from = '2026-01-01'",
            "update tier_period set in_force = tstzrange(lower(in_force), lower(in_force) + interval '1 minute')",
            """
            insert into tier_period (worker_id, profession, tier, in_force, decided_by, ground, reasons)
            select worker_id, profession, 'generalist', tstzrange(upper(in_force), null), decided_by, ground, reasons
              from tier_period
             limit 1
            """,
        ]
    ),
    (.auditLine, ["delete from audit_unsealed"]),
    (
        .auditChain,
        [
            "update audit_event set facts = '{\"forged\": true}' where event_id in (select event_id from audit_seal)"
        ]
    ),
    (.keptEligibility, ["delete from worker_requirement"]),
    (.keptEligibility, ["update worker_requirement set in_force = tstzrange(null, '2026-12-01')"]),
    (
        .keptEligibility,
        [
            """
            insert into worker_requirement
            select worker_id, requirement_id, tstzrange('2028-01-01', null) from worker, requirement
            """
        ]
    ),
]
