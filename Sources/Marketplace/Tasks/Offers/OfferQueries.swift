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
                returning \(fragment: Offer.columns), offer.hour_band
            ),
            \(fragment: Self.responses)
            select * from closed
            """)
        guard closed.count == 1 else { throw StoreError.unexpectedRowCount(closed.count) }
    }

    /// Counts the answers of `closed`, in the order of their key, so that no two that do wait for each other.
    private static var responses: SQL {
        """
        response as (
            insert into offer_response as known (worker_id, profession, hour_band, accepted, declined, lapsed)
            select closed.worker_id, rate.profession, closed.hour_band,
                   count(*) filter (where closed.state = 'accepted'), count(*) filter (where closed.state = 'declined'),
                   count(*) filter (where closed.state = 'lapsed')
              from closed
              join batch using (requester_id, batch_id)
              join rate using (rate_id)
             group by closed.worker_id, rate.profession, closed.hour_band
             order by closed.worker_id, rate.profession, closed.hour_band
            on conflict (worker_id, profession, hour_band) do update
               set accepted = known.accepted + excluded.accepted, declined = known.declined + excluded.declined,
                   lapsed = known.lapsed + excluded.lapsed
        )
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
                returning \(fragment: Offer.columns), offer.hour_band
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
