internal import Foundation
internal import Store

extension Transaction {
    /// Whether everything that is known of paces was learnt before that.
    func isPaceOlder(than instant: Date) async throws -> Bool {
        try await firstRow("select from service_pace where learnt_at > \(instant) limit 1") == nil
    }

    /// Looks at the newest answers of batches in work, so many of each.
    ///
    /// - Returns: how many kinds are known.
    func learnPaces() async throws -> Int {
        try await execute(
            """
            with looked as materialized (
                select requester_id, batch_id, project_id from batch
                 where state in ('open', 'paused')
                 order by batch_id desc
                 limit \(ServicePace.batchesMax)
            ),
            answered as (
                select project.task_kind,
                       greatest(extract(epoch from submission.submitted_at - assignment.leased_at), 1)
                       / (assignment.expected_minutes * 60) as share
                  from looked
                  join project using (requester_id, project_id)
                 cross join lateral (
                    select assignment_id from earning
                     where earning.requester_id = looked.requester_id and earning.batch_id = looked.batch_id
                       and earning.flag_id is null and earning.bonus_id is null
                     order by earned_at desc, assignment_id desc
                     limit \(ServicePace.answersMax)) as newest
                  join assignment on assignment.requester_id = looked.requester_id
                                 and assignment.assignment_id = newest.assignment_id
                  join submission on submission.requester_id = looked.requester_id
                                 and submission.assignment_id = newest.assignment_id
            ),
            learnt as (
                select task_kind, count(*) as samples,
                       percentile_disc(0.9) within group (order by share) as p90
                  from answered
                 group by task_kind
            )
            insert into service_pace (task_kind, samples, p90_permille, learnt_at)
            select task_kind, samples, greatest(least(ceil(p90 * 1000), 1000000000), 1)::bigint, \(instant)
              from learnt
             order by task_kind
            on conflict (task_kind) do update
               set samples = excluded.samples, p90_permille = excluded.p90_permille, learnt_at = excluded.learnt_at
            """)
    }
}
