internal import Formats
internal import Foundation
package import Store

extension Transaction {
    /// A worker's offer, kept from being answered by anybody else until this transaction ends.
    func lockOffer(_ id: Offer.ID, of worker: Worker.ID) async throws -> Offer? {
        try await firstRow(
            """
            select \(fragment: Offer.columns) from offer where worker_id = \(worker) and offer_id = \(id)
               for no key update
            """
        ).map(Offer.init)
    }

    /// Answers a locked, open offer, and counts the answer.
    func closeOffer(
        _ offer: Offer, as state: OfferState, assignment: Assignment.ID? = nil, reason: DeclineReason? = nil
    ) async throws {
        let closed = try await rows(
            """
            with closed as (
                update offer
                   set state = \(state), closed_at = \(instant), assignment_id = \(assignment),
                       decline_reason = \(reason)
                 where requester_id = \(offer.requester) and offer_id = \(offer.id) and state = 'open'
                returning \(fragment: Offer.columns), offer.hour_band, offer.offered_at, offer.closed_at
            ),
            \(fragment: Self.responses)
            select * from closed
            """)
        guard closed.count == 1 else { throw StoreError.unexpectedRowCount(closed.count) }
    }

    /// After so many seconds an answer counts half for what chances are learnt from: 60 days.
    static let answerHalfLifeSeconds = 60 * 86_400

    /// In which band of pay, against the rate, an offer's pay lies: 0 under nine tenths, 2 above eleven tenths, else 1;
    /// of pay by item, which says nothing of one, 1.
    ///
    /// - Parameter table: what has `pay_minor` and `expected_minutes`, beside `rate`.
    static func payBand(of table: SQL) -> SQL {
        """
        (select case when rate.unit = 'item' then 1
                     when \(fragment: table).pay_minor * 10 < usual.pay_minor * 9 then 0
                     when \(fragment: table).pay_minor * 10 <= usual.pay_minor * 11 then 1
                     else 2 end
           from (select case rate.unit when 'hour' then rate.amount_minor * \(fragment: table).expected_minutes / 60
                                       else rate.amount_minor end as pay_minor) as usual)
        """
    }

    /// Counts the answers of `closed`, in the order of their key, so that no two that do wait for each other; what was
    /// counted before fades.
    private static var responses: SQL {
        """
        answer as (
            select closed.worker_id, rate.profession, closed.hour_band, closed.state,
                   \(fragment: payBand(of: "closed")) as pay_band,
                   greatest(extract(epoch from closed.closed_at - closed.offered_at)::float8 / 60, 0) as minutes
              from closed
              join batch using (requester_id, batch_id)
              join rate using (rate_id)
        ),
        response as (
            insert into offer_response as known (worker_id, profession, hour_band, accepted, declined, lapsed, pay_band,
                                                 faded_accepted, faded_offered, faded_delay, faded_at)
            select worker_id, profession, hour_band, count(*) filter (where state = 'accepted'),
                   count(*) filter (where state = 'declined'), count(*) filter (where state = 'lapsed'), pay_band,
                   1000 * count(*) filter (where state = 'accepted'), 1000 * count(*),
                   coalesce(round(1000 * sum(minutes) filter (where state = 'accepted')), 0)::bigint, \(.instant)
              from answer
             group by worker_id, profession, hour_band, pay_band
             order by worker_id, profession, hour_band, pay_band
            on conflict (worker_id, profession, hour_band, pay_band) do update
               set accepted = known.accepted + excluded.accepted, declined = known.declined + excluded.declined,
                   lapsed = known.lapsed + excluded.lapsed,
                   faded_accepted = \(fragment: faded("known.faded_accepted")) + excluded.faded_accepted,
                   faded_offered = \(fragment: faded("known.faded_offered")) + excluded.faded_offered,
                   faded_delay = \(fragment: faded("known.faded_delay")) + excluded.faded_delay,
                   faded_at = greatest(known.faded_at, excluded.faded_at)
        )
        """
    }

    /// What is left of a sum of `known` at the instant of `excluded`.
    private static func faded(_ column: SQL) -> SQL {
        """
        round(\(fragment: column)
              * power(0.5::float8, greatest(extract(epoch from excluded.faded_at - known.faded_at)::float8, 0)
                                   / \(answerHalfLifeSeconds)::float8))::bigint
        """
    }

    /// Ends offers whose time is over; those that are being answered right now are passed by.
    func lapseOffers(most: Int) async throws -> [Offer] {
        try await rows(
            """
            with late as materialized (
                select requester_id, offer_id from offer
                 where state = 'open' and answer_by <= \(instant)
                 order by answer_by
                 limit \(most)
                   for no key update skip locked
            ),
            closed as (
                update offer set state = 'lapsed', closed_at = \(instant)
                  from late
                 where offer.requester_id = late.requester_id and offer.offer_id = late.offer_id
                returning \(fragment: Offer.columns), offer.hour_band, offer.offered_at, offer.closed_at
            ),
            \(fragment: Self.responses)
            select * from closed
            """
        ).map(Offer.init)
    }

    /// Ends the newest offers of batches that have more of them than open slots, and those to workers who have done
    /// their part of every task that is open; those that are being answered right now are passed by.
    func fillOffers(most: Int) async throws -> [Offer] {
        try await rows(
            """
            with waiting as materialized (
                select requester_id, batch_id, count(*) as offers from offer where state = 'open' group by 1, 2
            ),
            surplus as materialized (
                select waiting.requester_id, waiting.batch_id, waiting.offers - slots.open as offers
                  from waiting
                 cross join lateral (
                    select count(*) as open
                      from (select from slot
                             where slot.requester_id = waiting.requester_id and slot.batch_id = waiting.batch_id
                               and slot.state = 'open'
                             limit waiting.offers) as seen
                 ) as slots
                 where waiting.offers > slots.open
            ),
            newest as materialized (
                select last.requester_id, last.offer_id
                  from surplus
                 cross join lateral (
                    select offer.requester_id, offer.offer_id from offer
                     where offer.requester_id = surplus.requester_id and offer.batch_id = surplus.batch_id
                       and offer.state = 'open'
                     order by offer.offer_id desc
                     limit surplus.offers
                 ) as last
                 limit \(most)
            ),
            done as materialized (
                select offer.requester_id, offer.offer_id
                  from offer
                 where offer.state = 'open'
                   and not exists (
                        select from slot
                         where slot.requester_id = offer.requester_id and slot.batch_id = offer.batch_id
                           and slot.state = 'open'
                           and not exists (
                                select from assignment as own
                                 where own.requester_id = slot.requester_id and own.task_id = slot.task_id
                                   and own.worker_id = offer.worker_id
                                   and own.state in ('leased', 'submitted', 'accepted', 'rejected')))
                 limit \(most)
            ),
            chosen as materialized (
                select requester_id, offer_id
                  from offer
                  join (select * from newest union select * from done limit \(most)) as left_over
                       using (requester_id, offer_id)
                 where offer.state = 'open'
                   for no key update of offer skip locked
            )
            update offer set state = 'filled', closed_at = \(instant)
              from chosen
             where offer.requester_id = chosen.requester_id and offer.offer_id = chosen.offer_id
            returning \(fragment: Offer.columns)
            """
        ).map(Offer.init)
    }

    /// A worker's offers, newest first.
    package func offers(to worker: Worker.ID, before: Offer.ID? = nil, limit: Int = 20) async throws -> [Offer] {
        try await rows(
            """
            select \(fragment: Offer.columns)
              from offer
             where worker_id = \(worker) and (\(before)::uuid is null or offer_id < \(before)::uuid)
             order by offer_id desc
             limit \(try PageLimit.checked(limit))
            """
        ).map(Offer.init)
    }
}
