import Marketplace
import Store

/// Who judged whom, and what nobody judged.
let doctorReviewBreaks: [(check: DoctorCheck, statements: [SQL])] = [
    (.goldCounted, ["insert into gold_item select requester_id, task_id, 'brought', 1 from task limit 1"]),
    (
        .goldCounted,
        [
            """
            insert into gold_item
            select requester_id, task_id, 'brought', 0 from assignment order by assignment_id limit 1
            """,
            "insert into gold_task select requester_id, gold_item_id, gold_item_id from gold_item",
        ]
    ),
    (
        .goldOnce,
        [
            """
            insert into gold_item
            select requester_id, task_id, 'brought', count(distinct worker_id) from assignment
             group by requester_id, task_id having count(distinct worker_id) > 1 limit 1
            """,
            "insert into gold_task select requester_id, gold_item_id, gold_item_id from gold_item",
            """
            insert into gold_exposure
            select distinct on (worker_id) requester_id, gold_item_id, worker_id, assignment_id, leased_at
              from gold_task join assignment using (requester_id, task_id)
             order by worker_id, assignment_id
            """,
            """
            insert into duplicate_case
            select gen_random_uuid(), min(worker_id::text)::uuid, max(worker_id::text)::uuid, 'identity', 'open',
                   '2020-01-01'
              from gold_exposure
            """,
        ]
    ),
    (
        .colleaguesApart,
        [
            "alter table team_member drop constraint team_member_worker_id_fkey",
            "insert into team values (gen_random_uuid(), 'x', 'staff', 'X', 'US', false, '2026-03-01')",
            """
            insert into team_member
            select gen_random_uuid(), team_id, person, tstzrange(reviewed_at, reviewed_at + interval '1 second')
              from team, review, unnest(array[author_id, reviewer_id]) as person
             where team.external_key = 'x' and review.verdict = 'rejected'
            """,
        ]
    ),
    (
        .unjudged,
        [
            """
            update review set reviewer_id = (select principal_id from principal where kind = 'system')
             where review_id = (select min(review_id::text)::uuid from review where verdict = 'accepted')
            """
        ]
    ),
    (
        .withdrawals,
        [
            """
            insert into withdrawn_contribution
            select requester_id, gen_random_uuid(), project_id, null, decision.worker_id, decision_id, decided_at
              from decision cross join (select requester_id, project_id from project limit 1) as project
             where decision.kind = 'rejection' limit 1
            """
        ]
    ),
    (
        .qualityCases,
        [
            """
            insert into quality_case
            select gen_random_uuid(), requester_id, batch_id, 'speed', array[worker_id], leased_at, 'open'
              from assignment limit 1
            """
        ]
    ),
    (
        .qualityCases,
        [
            """
            insert into quality_case
            select gen_random_uuid(), requester_id, batch_id, 'speed', array[worker_id], leased_at, 'open'
              from (select * from assignment limit 1) as one, generate_series(1, 2)
            """,
            """
            insert into quality_evidence
            select quality_case_id, sha256(''), 1, array[batch_id], '{}', opened_at from quality_case
            """,
        ]
    ),
    (
        .opinions,
        ["update opinion set asks_second = true where verdict = 'rejected'", "update review_tally set alone = 0"]
    ),
    (.tallies, ["update review_tally set judged = judged + 1"]),
    (.tallies, ["delete from review_tally"]),
    (
        .opinions,
        [
            "alter table opinion drop constraint opinion_person_is_not_author",
            "update opinion set person_id = author_id where verdict = 'rejected'",
        ]
    ),
    (
        .reworks,
        [
            """
            insert into rework (requester_id, assignment_id, round, author_id, sent_by, reasons, sheet, answer, sealed,
                                hash, active_seconds, submitted_at, sent_at, answer_until)
            select requester_id, assignment_id, 2, author_id, reviewer_id, 'x', '{}', answer, sealed, hash,
                   active_seconds, submitted_at, reviewed_at, reviewed_at + interval '1 hour'
              from review join submission using (requester_id, assignment_id)
             where verdict = 'rejected'
            """
        ]
    ),
    (
        .appeals,
        [
            "alter table appeal drop constraint appeal_answered_by_another",
            """
            insert into appeal
            select gen_random_uuid(), decision_id, worker_id, decided_by, 'x', decided_at,
                   decided_at + interval '14 days', 'upheld', decided_by, decided_at, 'x'
              from decision where kind = 'rejection' and decided_by <> worker_id limit 1
            """,
        ]
    ),
    (
        .appeals,
        [
            """
            insert into appeal
            select gen_random_uuid(), decision_id, worker_id, decided_by, 'x', decided_at,
                   decided_at + interval '14 days', 'overturned',
                   (select principal_id from principal where name = 'Second'), decided_at, 'x', '{}'
              from decision where kind = 'rejection' limit 1
            """,
            """
            update skill_outcome set basis = 'appeal'
             where assignment_id in (select subject_id from decision join appeal using (decision_id)
                                      where state = 'overturned')
            """,
        ]
    ),
]
