import Marketplace
import Store

/// How the checks about content are made to fail; see `doctorBreaks`.
let doctorContentBreaks: [(check: DoctorCheck, statements: [SQL])] = [
    (
        .oneFunction,
        [
            """
            update assignment set task_id = judged.task_id
              from (select task_id from assignment join review using (requester_id, assignment_id)
                     where verdict = 'accepted' limit 1) as judged
             where assignment.state = 'rejected'
            """,
            """
            update review set reviewer_id = own.worker_id
              from assignment, assignment as own
             where review.assignment_id = assignment.assignment_id and review.verdict = 'accepted'
               and own.task_id = assignment.task_id and own.state = 'rejected'
            """,
        ]
    ),
    (
        .oneFunction,
        [
            """
            update recheck_item set recheck_task_id = later.task_id
              from assignment as given
              join assignment as later using (requester_id, worker_id)
              join batch on batch.requester_id = later.requester_id and batch.batch_id = later.batch_id
             where recheck_item.assignment_id = given.assignment_id and batch.name = 'pair'
            """
        ]
    ),
    (.contentKept, ["delete from task_content where task_id = (select min(task_id::text)::uuid from task_content)"]),
    (.contentKept, ["update project set deidentification = 'patterns'"]),
    (.answersKept, ["update submission set hash = sha256('another')"]),
    (.answersKept, ["update submission set sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1)"]),
    (.contentKept, ["update project set function = 'safety'"]),
    (.contentKept, ["delete from requester_key"]),
    (
        .contentKept,
        [
            """
            update task_content
               set sealed = null, emptied_at = '2026-03-02', emptied_by = worker_id, emptied_under = 'x'
              from assignment where assignment.task_id = task_content.task_id and assignment.state = 'leased'
            """
        ]
    ),
    (
        .readings,
        [
            """
            insert into content_reading
            select requester_id, gen_random_uuid(), 'lease', reviewer_id, task_id, null, 1, assignment_id, leased_at
              from assignment join review using (requester_id, assignment_id)
            """
        ]
    ),
    (
        .readings,
        [
            """
            insert into content_reading
            select requester_id, gen_random_uuid(), 'lease', worker_id, task_id, null, 1, assignment_id, answer_by
              from assignment where state = 'leased'
            """
        ]
    ),
    (
        .readings,
        [
            """
            insert into content_reading
            select requester_id, gen_random_uuid(), 'review', principal_id, task_id, null, 1, assignment_id, leased_at
              from assignment, principal where state = 'leased' and principal.name = 'Reviewer'
            """
        ]
    ),
    (
        .readings,
        [
            """
            insert into content_reading
            select requester_id, gen_random_uuid(), 'review', worker_id, task_id, null, 1, assignment_id,
                   leased_at + interval '1 hour'
              from assignment where state = 'submitted'
            """
        ]
    ),
    (
        .eligibility,
        ["update assignment set eligibility = eligibility || '{\"clearance\": 3}' where state = 'leased'"]
    ),
    (.clearanceAsked, ["update batch set sensitivity = 1 where name = 'pair'"]),
    (
        .safetyReviewed,
        [
            "update project set function = 'safety'",
            """
            insert into safety_content (requester_id, task_id, sealed, mark)
            select requester_id, task_id, sealed, mark from task_content
            """,
            "delete from task_content",
            """
            insert into requester_key
            select requester_id, 'safety', wrapping_key, wrapped, made_at, null from requester_key
            """,
            """
            update review set reviewer_id = principal_id, reviewed_at = reviewed_at + interval '20 days' from principal
             where principal.kind = 'system' and verdict = 'accepted'
            """,
        ]
    ),
]
