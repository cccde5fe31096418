import Marketplace
import Store

/// Who judged whom, and what nobody judged.
let doctorReviewBreaks: [(check: DoctorCheck, statements: [SQL])] = [
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
]
