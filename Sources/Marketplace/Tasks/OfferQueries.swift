internal import Formats
internal import Foundation
package import Store

extension Transaction {
    /// - Returns: false when the worker has an open offer of the batch.
    func insertOffer(_ offer: Offer) async throws -> Bool {
        try await execute(
            """
            insert into offer (requester_id, offer_id, batch_id, worker_id, state, reason, offered_at, answer_by)
            values (\(offer.requester), \(offer.id), \(offer.batch), \(offer.worker), 'open', \(offer.reason),
                    \(instant), \(offer.answerBy))
            on conflict (requester_id, batch_id, worker_id) where state = 'open' do nothing
            """) == 1
    }

    /// A worker's offer, kept from being answered by anybody else until this transaction ends.
    func lockOffer(_ id: Offer.ID, of worker: Worker.ID) async throws -> Offer? {
        try await firstRow(
            """
            select requester_id, offer_id, batch_id, worker_id, state, reason, answer_by
              from offer where worker_id = \(worker) and offer_id = \(id)
               for no key update
            """
        ).map(Offer.init)
    }

    /// Answers a locked, open offer.
    func closeOffer(_ offer: Offer, as state: OfferState, assignment: Assignment.ID?) async throws {
        let changed = try await execute(
            """
            update offer set state = \(state), closed_at = \(instant), assignment_id = \(assignment)
             where requester_id = \(offer.requester) and offer_id = \(offer.id) and state = 'open'
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
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
            )
            update offer set state = 'lapsed', closed_at = \(instant)
              from late
             where offer.requester_id = late.requester_id and offer.offer_id = late.offer_id
            returning offer.requester_id, offer.offer_id, offer.batch_id, offer.worker_id, offer.state, offer.reason,
                      offer.answer_by
            """
        ).map(Offer.init)
    }

    /// A worker's offers, newest first.
    package func offers(to worker: Worker.ID, before: Offer.ID? = nil, limit: Int = 20) async throws -> [Offer] {
        try await rows(
            """
            select requester_id, offer_id, batch_id, worker_id, state, reason, answer_by
              from offer
             where worker_id = \(worker) and (\(before)::uuid is null or offer_id < \(before)::uuid)
             order by offer_id desc
             limit \(try PageLimit.checked(limit))
            """
        ).map(Offer.init)
    }
}
