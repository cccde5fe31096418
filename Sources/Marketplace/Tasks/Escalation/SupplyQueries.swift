internal import Foundation
package import Store

/// A worker who meets what a batch demands, as far as the ladder asks.
package struct SupplyWorker: Hashable, Sendable {
    package let id: Worker.ID
    /// What they may take at most; the least of all caps.
    package let limits: WorkLimits
    /// What the week has committed, and what open offers would take.
    package let committedMinutes: Int
    package let offeredMinutes: Int
    /// Leases and open offers.
    package let places: Int
    /// Their team, an exclusion or an interest in a party of the project keeps them from it, or they have done their
    /// part of all that is open.
    package let isOut: Bool
    /// They have an open offer of it.
    package let isOffered: Bool
    /// They turned an offer of it down, or let it lapse, since the price was raised last.
    package let wasAsked: Bool
    /// How much of the declared time they will give, in millionths; as forecast.
    package let shareMillionths: Int
    /// Minutes that they were offered in the last four weeks, this one included.
    package var minutesOffered = 0
    /// What the day that runs where they live has committed.
    package var committedToday = 0
    /// Of who was asked: whether what they did last is what better pay may mend. They let it lapse, or gave no reason,
    /// that it pays too little, or one that is not on the list.
    package var wantsMore = false
}

extension Transaction {
    /// Active workers who are kept as meeting a batch's requirement, by id.
    ///
    /// - Parameters:
    ///   - last: of the page before.
    ///   - unknownShare: the share of declared time where nothing was forecast, in millionths.
    ///   - limit: 1 to 200.
    package func supply(
        for batch: EndangeredBatch, after last: Worker.ID?, unknownShare: Int, limit: Int
    ) async throws -> [SupplyWorker] {
        try await rows(
            """
            with candidate as materialized (
                select kept.worker_id
                  from worker_requirement as kept join worker using (worker_id)
                 where kept.requirement_id = \(batch.requirement) and kept.in_force @> \(instant)
                   and kept.worker_id > coalesce(\(last)::uuid, '00000000-0000-0000-0000-000000000000')
                   and worker.state = 'active'
                 order by kept.worker_id
                 limit \(try PageLimit.checked(limit))
            ),
            asked as materialized (
                select batch.requester_id, batch.batch_id, batch.project_id, batch.workforces,
                       coalesce((select max(raised_at) from batch_raise as raise
                                  where raise.requester_id = batch.requester_id and raise.batch_id = batch.batch_id),
                                '-infinity') as raised_at
                  from batch
                 where batch.requester_id = \(batch.key.requester) and batch.batch_id = \(batch.key.id)
            )
            select worker.worker_id, worker.tasks_at_once_max, worker.offer_notice_minutes,
                   least(worker.weekly_minutes_max, policy.weekly_minutes_max) as weekly_minutes_max,
                   coalesce(least(worker.daily_minutes_max, policy.daily_minutes_max), 10080) as daily_minutes_max,
                   coalesce(week.committed_minutes, 0) as committed_minutes,
                   coalesce(today.committed_minutes, 0) as committed_today,
                   coalesce(worker_load.live_leases, 0) as live_leases, waiting.offers,
                   waiting.minutes, waiting.is_offered,
                   turned.wants_more is not null as was_asked, coalesce(turned.wants_more, false) as wants_more,
                   \(fragment: Self.isOut(at: instant)) as is_out,
                   coalesce(forecast.share_millionths, \(unknownShare))::bigint as share_millionths,
                   past.minutes as minutes_offered
              from candidate join worker using (worker_id)
             cross join asked
              left join worker_load using (worker_id)
              left join worker_week as week
                on week.worker_id = worker.worker_id
               and week.week_starts_on = date_trunc('week', \(instant)::timestamptz at time zone worker.time_zone)::date
              left join worker_day as today
                on today.worker_id = worker.worker_id
               and today.on_day = (\(instant)::timestamptz at time zone worker.time_zone)::date
              \(fragment: Self.ofEach(at: instant))
             order by worker.worker_id
            """
        ).map(SupplyWorker.init)
    }

    /// Whether something beside the requirement keeps a worker from a batch, or there is nothing of it for them.
    private static func isOut(at instant: Date) -> SQL {
        """
        coalesce(crew.workforce, 'crowd') <> all (asked.workforces)
        or exists (select from exclusion
                    where exclusion.requester_id = asked.requester_id
                      and exclusion.worker_id = worker.worker_id and exclusion.in_force @> \(instant))
        or exists (select from project_party join interest using (party)
                    where project_party.requester_id = asked.requester_id
                      and project_party.project_id = asked.project_id
                      and interest.worker_id = worker.worker_id and interest.in_force @> \(instant))
        or not exists (
             select from (select slot.task_id from slot
                           where slot.requester_id = asked.requester_id and slot.batch_id = asked.batch_id
                             and slot.state = 'open'
                           order by slot.allotment_id, slot.slot_no, slot.task_id
                           limit \(routingSlotsMax)) as seen
              where not exists (
                     select from assignment
                      where assignment.requester_id = asked.requester_id
                        and assignment.task_id = seen.task_id and assignment.worker_id = worker.worker_id
                        and assignment.state in ('leased', 'submitted', 'accepted', 'rejected')))
        """
    }

    /// A worker's team, forecast, policy of hours, offers of four weeks, open ones, and the last that they turned down.
    private static func ofEach(at instant: Date) -> SQL {
        """
         left join lateral (
           select team.kind::text::workforce as workforce
             from team_member join team using (team_id)
            where team_member.worker_id = worker.worker_id and team_member.in_force @> \(instant)
            limit 1) as crew on true
         left join lateral (
           select sum(alpha_milli) * 1000000 / sum(alpha_milli + beta_milli) as share_millionths
             from hours_forecast
            where hours_forecast.worker_id = worker.worker_id
              and hours_forecast.week_starts_on
                  = (select max(week_starts_on) from hours_forecast as newest
                      where newest.worker_id = worker.worker_id)) as forecast on true
        cross join lateral (
           select min(hours_policy.weekly_minutes_max) as weekly_minutes_max,
                  min(hours_policy.daily_minutes_max) as daily_minutes_max
             from hours_policy
            where \(fragment: hoursPolicyCovers("worker.country", "worker.place"))
              and hours_policy.in_force @> \(instant)) as policy
        cross join lateral (
           select coalesce(sum(recent.offered_minutes), 0)::bigint as minutes
             from worker_week as recent
            where recent.worker_id = worker.worker_id
              and recent.week_starts_on > (\(instant)::timestamptz at time zone 'UTC')::date - 28) as past
        cross join lateral (
           select count(*) as offers, coalesce(sum(of_batch.expected_minutes), 0) as minutes,
                  coalesce(bool_or(offer.batch_id = asked.batch_id), false) as is_offered
             from offer join batch as of_batch using (requester_id, batch_id)
            where offer.worker_id = worker.worker_id and offer.state = 'open') as waiting
         left join lateral (
           select coalesce(offer.decline_reason in ('too_low', 'other'), true) as wants_more
             from offer
            where offer.requester_id = asked.requester_id and offer.batch_id = asked.batch_id
              and offer.worker_id = worker.worker_id and offer.state in ('declined', 'lapsed')
              and offer.offered_at >= asked.raised_at
            order by offer.closed_at desc, offer.offer_id desc
            limit 1) as turned on true
        """
    }

    /// In which profession a batch is paid: its cell.
    package func profession(of batch: Batch.Key) async throws -> Profession? {
        try await rows(
            """
            select rate.profession from batch join rate using (rate_id)
             where batch.requester_id = \(batch.requester) and batch.batch_id = \(batch.id)
            """
        ).first.map { try $0["profession"] }
    }

    /// Active workers, by id.
    ///
    /// - Parameter limit: 1 to 200.
    package func activeWorkers(after last: Worker.ID?, limit: Int) async throws -> [Worker.ID] {
        try await rows(
            """
            select worker_id from worker
             where state = 'active' and (\(last)::uuid is null or worker_id > \(last)::uuid)
             order by worker_id
             limit \(try PageLimit.checked(limit))
            """
        ).map { try $0["worker_id"] }
    }
}

extension SupplyWorker {
    fileprivate init(row: Row) throws {
        let (leases, offers): (Int, Int) = (try row["live_leases"], try row["offers"])
        self.init(
            id: try row["worker_id"],
            limits: WorkLimits(
                weeklyMinutesMax: try row["weekly_minutes_max"], dailyMinutesMax: try row["daily_minutes_max"],
                tasksAtOnceMax: try row["tasks_at_once_max"], offerNoticeMinutes: try row["offer_notice_minutes"]),
            committedMinutes: try row["committed_minutes"], offeredMinutes: try row["minutes"], places: leases + offers,
            isOut: try row["is_out"], isOffered: try row["is_offered"], wasAsked: try row["was_asked"],
            shareMillionths: try row["share_millionths"], minutesOffered: try row["minutes_offered"],
            committedToday: try row["committed_today"], wantsMore: try row["wants_more"])
    }
}
