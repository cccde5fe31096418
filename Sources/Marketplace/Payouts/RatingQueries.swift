internal import Foundation
internal import Store

extension Transaction {
    /// Whether pay for a worker's work on a batch has left.
    func isPaid(_ worker: Worker.ID, for batch: Batch.Key) async throws -> Bool {
        try await firstRow(
            """
            select from earning
              join payout_item as item using (requester_id, transfer_id)
              join payout_line as line using (payout_line_id)
              join payout_batch as paid using (payout_batch_id)
             where earning.worker_id = \(worker) and earning.requester_id = \(batch.requester)
               and earning.batch_id = \(batch.id) and item.is_live and paid.state = 'issued'
             limit 1
            """) != nil
    }

    /// - Returns: false, with nothing changed, when there is one.
    func insertRating(_ rating: RequesterRating, of batch: Batch.Key, by worker: Worker.ID) async throws -> Bool {
        try await execute(
            """
            insert into requester_rating (requester_id, batch_id, worker_id, clarity, fairness, pay_speed, rated_at)
            values (\(batch.requester), \(batch.id), \(worker), \(rating.clarity), \(rating.fairness),
                    \(rating.paySpeed), \(instant))
            on conflict on constraint requester_rating_pkey do nothing
            """) == 1
    }

    func rating(of batch: Batch.Key, by worker: Worker.ID) async throws -> RequesterRating? {
        try await firstRow(
            """
            select clarity, fairness, pay_speed from requester_rating
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and worker_id = \(worker)
            """
        ).map {
            try RequesterRating(
                clarity: try $0["clarity"], fairness: try $0["fairness"], paySpeed: try $0["pay_speed"])
        }
    }

    /// `nil` while too few workers have rated a requester.
    func score(of requester: Requester.ID) async throws -> RequesterScore? {
        let row = try await oneRow(
            """
            with own as (
                select avg(clarity) as clarity, avg(fairness) as fairness, avg(pay_speed) as pay_speed
                  from requester_rating
                 where requester_id = \(requester)
                 group by worker_id
            )
            select count(*) as workers, \(fragment: Self.mean("clarity")), \(fragment: Self.mean("fairness")),
                   \(fragment: Self.mean("pay_speed"))
              from own
            """)
        let workers: Int = try row["workers"]
        guard workers >= RequesterScore.workersMin else { return nil }
        func mean(_ name: String) throws -> RequesterScore.Mean {
            let (milli, half): (Int, Int) = (try row[name], try row[name + "_half"])
            return RequesterScore.Mean(
                milli: milli, lowMilli: max(milli - half, 1_000), highMilli: min(milli + half, 5_000))
        }
        return RequesterScore(
            workers: workers, clarity: try mean("clarity"), fairness: try mean("fairness"),
            paySpeed: try mean("pay_speed"))
    }

    /// The mean in thousandths, and 1.96 standard errors of it. The spread is taken for half a point at least: five who
    /// agree do not make a certainty.
    private static func mean(_ column: SQL) -> SQL {
        """
        coalesce(round(avg(\(fragment: column)) * 1000), 0)::bigint as \(fragment: column),
        coalesce(round(1960 * greatest(stddev_samp(\(fragment: column)), 0.5)
                       / sqrt(greatest(count(*), 1)::numeric)), 0)::bigint as \(fragment: column)_half
        """
    }
}
