import Marketplace
import Store

/// The same of reservations, guidelines, suggestions and re-checks.
let doctorGuidelineBreaks: [(check: DoctorCheck, statements: [SQL])] = [
    (
        .reservations,
        [
            """
            insert into allotment
            select requester_id, gen_random_uuid(), batch_id, 'named' from batch where name = 'pair'
            """,
            """
            insert into allotment_member
            select allotment.requester_id, allotment_id, worker_id
              from allotment, worker
             where worker_id not in (select worker_id from assignment)
             limit 1
            """,
            "update slot set allotment_id = allotment.allotment_id from allotment where state = 'leased'",
        ]
    ),
    (
        .reservations,
        [
            """
            insert into allotment
            select requester_id, gen_random_uuid(), batch_id, 'pack', 'm', 1 from batch where name = 'pair'
            """,
            "update slot set allotment_id = allotment.allotment_id from allotment where state = 'leased'",
        ]
    ),
    (
        .guidelineTold, ["update assignment set guideline_version = 9 where state = 'leased'"]
    ),
    (.guidelineTold, ["update guideline set newest_version = 1"]),
    (.guidelineTold, ["update guideline_version set body = body || '.'"]),
    (.controlsHidden, ["update suggestion_use set was_shown = true"]),
    (.controlsHidden, ["update task_suggestion set is_control = true"]),
    (.rechecks, ["delete from recheck_item"]),
    (.rechecks, ["update recheck_item set reason = 'because'"]),
    (.rechecks, ["update guideline_version set scope = '\"none\"'"]),
    (
        .rechecks,
        [
            """
            insert into recheck_item
                (requester_id, guideline_id, version, assignment_id, task_id, answer_version, reason, listed_at)
            select requester_id, guideline_id, 2, assignment_id, task_id, 1, 'has a value that is named at /label',
                   leased_at
              from assignment where state = 'leased'
            """
        ]
    ),
    (
        .rechecks,
        [
            "alter table recheck_item drop constraint recheck_item_answer_is_older",
            "update recheck_item set answer_version = 2",
        ]
    ),
]
