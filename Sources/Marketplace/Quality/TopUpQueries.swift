internal import Foundation
internal import Store

extension Transaction {
    /// Batches that still give work and have paid some, where a floor of their currency is in force; by id.
    func batchesToWatch(after last: Batch.ID?, limit: Int) async throws -> [(id: Batch.ID, requester: Requester.ID)] {
        try await rows(
            """
            select requester_id, batch_id from batch
             where state in ('open', 'paused')
               and (\(last)::uuid is null or batch_id > \(last)::uuid)
               and exists (select from earning
                            where earning.requester_id = batch.requester_id and earning.batch_id = batch.batch_id
                              and earning.flag_id is null and earning.bonus_id is null)
               and exists (select from pay_floor
                            where pay_floor.currency = batch.currency and pay_floor.in_force @> \(instant))
             order by batch_id
             limit \(limit)
            """
        ).map { (id: try $0["batch_id"], requester: try $0["requester_id"]) }
    }

    /// The newest accepted answers of a batch.
    func newestPaidTimes(of batch: Batch, limit: Int) async throws -> [PaidTime] {
        try await rows(
            """
            with newest as materialized (
                select requester_id, assignment_id from earning
                 where requester_id = \(batch.requester) and batch_id = \(batch.id)
                   and flag_id is null and bonus_id is null
                 order by earned_at desc, assignment_id desc
                 limit \(limit)
            )
            select assignment.pay_minor, submission.active_seconds
              from newest
              join assignment using (requester_id, assignment_id)
              join submission using (requester_id, assignment_id)
            """
        ).map { PaidTime(pay: try $0["pay_minor"], activeSeconds: try $0["active_seconds"]) }
    }

    /// Work of a batch that was paid less than the share accepted of what is owed, top-ups counted; last that whose
    /// pay was taken back by a decision that stands.
    ///
    /// Rounding: what is owed in part half up, as the earning was.
    func underpaid(in batch: Batch, owed: Int64, limit: Int) async throws -> [UnderpaidWork] {
        try await rows(
            """
            with paid as (
                select work.assignment_id, work.worker_id,
                       (\(owed)::bigint * review.share_bps + 5000) / 10000 - work.amount_minor
                       - coalesce((select sum(amount_minor) from earning as top_up
                                    where top_up.requester_id = work.requester_id
                                      and top_up.assignment_id = work.assignment_id
                                      and top_up.flag_id is not null), 0)::bigint as missing_minor,
                       exists (select from clawback_item as item join clawback using (clawback_id)
                                where item.requester_id = work.requester_id
                                  and item.transfer_id = work.transfer_id
                                  and item.is_live and clawback.state = 'decided') as is_taken_back
                  from earning as work
                  join review using (requester_id, assignment_id)
                 where work.requester_id = \(batch.requester) and work.batch_id = \(batch.id)
                   and work.flag_id is null and work.bonus_id is null
            )
            select assignment_id, worker_id, missing_minor, is_taken_back from paid
             where missing_minor > 0
             order by is_taken_back, assignment_id
             limit \(limit)
            """
        ).map { row in
            UnderpaidWork(
                assignment: try row["assignment_id"], worker: try row["worker_id"],
                missing: try Money(row["missing_minor"], batch.pay.currency),
                isTakenBack: try row["is_taken_back"]
            )
        }
    }

    /// Work of a batch of which a clawback took back, and which is paid less than the highest flag says that was the
    /// newest at some time after it was accepted.
    ///
    /// Rounding: as ``underpaid(in:owed:limit:)``.
    func missedTopUps(
        of clawback: Clawback.ID, in batch: Batch
    ) async throws -> [(flag: PayFloorFlag.ID, work: UnderpaidWork)] {
        try await rows(
            """
            with paid as (
                select flag.flag_id, work.assignment_id, work.worker_id,
                       (flag.owed_minor * review.share_bps + 5000) / 10000 - work.amount_minor
                       - coalesce((select sum(amount_minor) from earning as top_up
                                    where top_up.requester_id = work.requester_id
                                      and top_up.assignment_id = work.assignment_id
                                      and top_up.flag_id is not null), 0)::bigint as missing_minor
                  from clawback_item as item
                  join earning as work on work.requester_id = item.requester_id
                                      and work.transfer_id = item.transfer_id
                                      and work.flag_id is null and work.bonus_id is null
                  join review on review.requester_id = work.requester_id
                             and review.assignment_id = work.assignment_id
                 cross join lateral (
                       select told.flag_id, told.owed_minor
                         from pay_floor_flag as told
                        where told.requester_id = work.requester_id and told.batch_id = work.batch_id
                          and not exists (select from pay_floor_flag as later
                                           where later.requester_id = told.requester_id
                                             and later.batch_id = told.batch_id
                                             and later.flag_id > told.flag_id
                                             and later.flagged_at < work.earned_at)
                        order by told.owed_minor desc, told.flag_id desc
                        limit 1) as flag
                 where item.clawback_id = \(clawback)
                   and work.requester_id = \(batch.requester) and work.batch_id = \(batch.id)
            )
            select flag_id, assignment_id, worker_id, missing_minor from paid
             where missing_minor > 0
             order by assignment_id
            """
        ).map { row in
            (
                try row["flag_id"],
                UnderpaidWork(
                    assignment: try row["assignment_id"], worker: try row["worker_id"],
                    missing: try Money(row["missing_minor"], batch.pay.currency), isTakenBack: false)
            )
        }
    }

    func insertFlag(
        _ id: PayFloorFlag.ID, of batch: Batch, _ period: PayFloorPeriod, _ shortfall: FloorShortfall
    ) async throws {
        try await execute(
            """
            insert into pay_floor_flag (requester_id, flag_id, batch_id, pay_floor_id, answers, median_seconds,
                                        hourly_minor, floor_minor, owed_minor, flagged_at)
            values (\(batch.requester), \(id), \(batch.id), \(period.id), \(shortfall.answers),
                    \(shortfall.medianSeconds), \(shortfall.hourly), \(period.floor.hourly.minorUnits),
                    \(shortfall.owed), \(instant))
            """)
    }

    func insertTopUps(_ booked: [BookedTopUp], of batch: Batch, under flag: PayFloorFlag.ID) async throws {
        try await execute(
            """
            insert into earning (requester_id, assignment_id, batch_id, worker_id, amount_minor, currency, transfer_id,
                                 earned_at, flag_id)
            select \(batch.requester), assignment_id, \(batch.id), worker_id, amount_minor, \(batch.pay.currency),
                   transfer_id, \(instant), \(flag)
              from unnest(\(booked.map(\.work.assignment))::uuid[], \(booked.map(\.work.worker))::uuid[],
                          \(booked.map(\.work.missing.minorUnits))::bigint[], \(booked.map(\.transfer.id))::uuid[])
                   as top_up (assignment_id, worker_id, amount_minor, transfer_id)
            """)
    }

    /// What of the share kept for top-ups is left, as it is now.
    func topUpShareLeft(of batch: Batch) async throws -> Int64 {
        try await oneRow(
            """
            select top_up_share_minor - top_up_spent_minor as left_minor from batch
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)["left_minor"]
    }

    func spendTopUpShare(_ amount: Money, of batch: Batch) async throws {
        try await execute(
            """
            update batch set top_up_spent_minor = top_up_spent_minor + \(amount.minorUnits)
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and \(amount.minorUnits)::bigint > 0
            """)
    }

    /// Flags of a batch with what was paid under them, newest first.
    func flags(
        of batch: Batch.ID, _ requester: Requester.ID, before: PayFloorFlag.ID?, limit: Int
    ) async throws -> [PayFloorFlag] {
        try await rows(
            """
            select flag.flag_id, flag.pay_floor_id, flag.answers, flag.median_seconds, flag.hourly_minor,
                   flag.floor_minor, flag.owed_minor, flag.flagged_at, batch.currency, paid.amount_minor, paid.top_ups
              from pay_floor_flag as flag
              join batch using (requester_id, batch_id)
             cross join lateral (
                 select coalesce(sum(amount_minor), 0)::bigint as amount_minor, count(*) as top_ups from earning
                  where earning.requester_id = flag.requester_id and earning.flag_id = flag.flag_id) as paid
             where flag.requester_id = \(requester) and flag.batch_id = \(batch)
               and (\(before)::uuid is null or flag.flag_id < \(before)::uuid)
             order by flag.flag_id desc
             limit \(limit)
            """
        ).map(PayFloorFlag.init)
    }
}

extension PayFloorFlag {
    init(row: Row) throws {
        id = try row["flag_id"]
        floor = try row["pay_floor_id"]
        shortfall = FloorShortfall(
            answers: try row["answers"], medianSeconds: try row["median_seconds"], hourly: try row["hourly_minor"],
            owed: try row["owed_minor"]
        )
        floorMinor = try row["floor_minor"]
        flaggedAt = try row["flagged_at"]
        toppedUp = try Money(row["amount_minor"], row["currency"])
        topUps = try row["top_ups"]
    }
}
