import Marketplace
import Store

/// What answers come to.
let doctorPosteriorBreaks: [(check: DoctorCheck, statements: [SQL])] = [
    (
        .posteriors,
        [
            """
            insert into task_posterior (requester_id, task_id, project_id, answers, is_stale, revision, changed_at,
                                        sealed)
            select requester_id, task_id, project_id, 7, false, 1, '2026-03-02', decode(repeat('00', 40), 'hex')
              from task limit 1
            """
        ]
    ),
    (.outcomes, ["delete from skill_outcome where basis = 'judged'"]),
    (.outcomes, ["update skill_outcome set right_ppm = 7 where basis = 'judged'"]),
    (
        .stoppings,
        [
            """
            insert into stopping
            select requester_id, gen_random_uuid(), batch_id, task_id, 'posterior', 'enough', 2, 2, 3, 9900, 9800,
                   '2026-03-02', 1, decode(repeat('00', 40), 'hex')
              from task limit 1
            """
        ]
    ),
]
