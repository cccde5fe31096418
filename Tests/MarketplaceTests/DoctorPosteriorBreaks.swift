import Marketplace
import Store

/// What answers come to.
let doctorPosteriorBreaks: [(check: DoctorCheck, statements: [SQL])] = [
    (
        .posteriors,
        [
            """
            insert into task_posterior (requester_id, task_id, project_id, answers, is_stale, revision, changed_at, sealed)
            select requester_id, task_id, project_id, 7, false, 1, '2026-03-02', decode(repeat('00', 40), 'hex')
              from task limit 1
            """
        ]
    )
]
