internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// - Returns: false when the two bargain about the batch already.
    func insertDirectOffer(
        _ id: DirectOffer.ID, of batch: Batch.Key, to worker: Worker.ID, _ terms: DirectTerms
    ) async throws -> Bool {
        try await execute(
            """
            insert into direct_offer (requester_id, direct_offer_id, batch_id, worker_id, state, turn_count, quantity,
                                      ends_at, made_at)
            values (\(batch.requester), \(id), \(batch.id), \(worker), 'open', 1, \(terms.quantity), \(terms.answerBy),
                    \(instant))
            on conflict (requester_id, batch_id, worker_id) where state in ('open', 'agreed') do nothing
            """) == 1
    }

    func insertTurn(
        _ number: Int, of id: DirectOffer.ID, _ requester: Requester.ID, _ side: Bargainer, _ terms: DirectTerms,
        by actor: Principal.ID
    ) async throws {
        try await execute(
            """
            insert into direct_offer_turn (requester_id, direct_offer_id, turn_no, side, made_by, made_at, amount_minor,
                                           quantity, answer_by, deadline, conditions)
            values (\(requester), \(id), \(number), \(side), \(actor), \(instant), \(terms.pay.minorUnits),
                    \(terms.quantity), \(terms.answerBy), \(terms.deadline), \(terms.conditions))
            """)
    }

    /// Makes a turn the one that stands, of a locked, open offer.
    func advance(_ offer: DirectOffer, to turn: Int, _ terms: DirectTerms) async throws {
        try await changeOne(
            """
            update direct_offer set turn_count = \(turn), quantity = \(terms.quantity), ends_at = \(terms.answerBy)
             where requester_id = \(offer.requester) and direct_offer_id = \(offer.id)
               and state = 'open' and turn_count = \(offer.turn.number)
            """)
    }

    /// Accepts the last turn of a locked, open offer, of which so many tasks are taken at once.
    func agree(_ offer: DirectOffer, taken: Int, by actor: Principal.ID) async throws {
        try await changeOne(
            """
            update direct_offer
               set state = case when quantity = \(taken) then 'done' else 'agreed' end::direct_offer_state,
                   taken = \(taken), ends_at = \(offer.turn.terms.deadline), agreed_at = \(instant),
                   agreed_by = \(actor),
                   closed_at = case when quantity = \(taken) then \(instant)::timestamptz end,
                   closed_by = case when quantity = \(taken) then \(actor)::uuid end
             where requester_id = \(offer.requester) and direct_offer_id = \(offer.id) and state = 'open'
            """)
    }

    /// Counts tasks that were taken of a locked, agreed offer.
    func countTaken(_ count: Int, of offer: DirectOffer, by actor: Principal.ID) async throws {
        try await changeOne(
            """
            update direct_offer
               set state = case when quantity = taken + \(count) then 'done' else 'agreed' end::direct_offer_state,
                   taken = taken + \(count),
                   closed_at = case when quantity = taken + \(count) then \(instant)::timestamptz end,
                   closed_by = case when quantity = taken + \(count) then \(actor)::uuid end
             where requester_id = \(offer.requester) and direct_offer_id = \(offer.id) and state = 'agreed'
            """)
    }

    /// Ends a locked, open offer.
    func closeDirectOffer(_ offer: DirectOffer, as state: DirectOfferState, by actor: Principal.ID) async throws {
        try await changeOne(
            """
            update direct_offer set state = \(state), closed_at = \(instant), closed_by = \(actor)
             where requester_id = \(offer.requester) and direct_offer_id = \(offer.id) and state = 'open'
            """)
    }

    func insertDirectLeases(_ assignments: [Assignment], of offer: DirectOffer) async throws {
        try await execute(
            """
            insert into direct_offer_lease (requester_id, assignment_id, direct_offer_id)
            select \(offer.requester), assignment_id, \(offer.id)
              from unnest(\(assignments.map(\.id))::uuid[]) as leased (assignment_id)
            """)
    }

    /// Ends offers whose time is over; those that somebody answers right now are passed by.
    ///
    /// - Returns: as they were, so that it can be told what lapsed.
    func lapseDirectOffers(most: Int, by actor: Principal.ID) async throws -> [DirectOffer] {
        try await rows(
            """
            with late as materialized (
                select requester_id, direct_offer_id, state from direct_offer
                 where state in ('open', 'agreed') and ends_at <= \(instant)
                 order by ends_at
                 limit \(most)
                   for no key update skip locked
            ),
            lapsed as (
                update direct_offer set state = 'lapsed', closed_at = \(instant), closed_by = \(actor)
                  from late
                 where direct_offer.requester_id = late.requester_id
                   and direct_offer.direct_offer_id = late.direct_offer_id
                returning direct_offer.*
            )
            select \(fragment: DirectOffer.columns) from lapsed as direct_offer \(fragment: DirectOffer.joins)
             order by direct_offer.direct_offer_id
            """
        ).map(DirectOffer.init)
    }

    private func changeOne(_ sql: SQL) async throws {
        let changed = try await execute(sql)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }
}

extension Transaction {
    static func lockDirectOffer(_ id: DirectOffer.ID, ofWorker worker: Worker.ID) -> SQL {
        """
        select requester_id, direct_offer_id from direct_offer
         where worker_id = \(worker) and direct_offer_id = \(id)
           for no key update
        """
    }

    static func lockDirectOffer(_ id: DirectOffer.ID, of requester: Requester.ID) -> SQL {
        """
        select requester_id, direct_offer_id from direct_offer
         where requester_id = \(requester) and direct_offer_id = \(id)
           for no key update
        """
    }

    /// An offer with the turn that stands. Where it was waited for, a statement after the lock: the lock's own would
    /// look for the turn that stood before.
    func directOffer(_ id: DirectOffer.ID, of requester: Requester.ID) async throws -> DirectOffer? {
        try await firstRow(
            """
            select \(fragment: DirectOffer.columns) from direct_offer \(fragment: DirectOffer.joins)
             where direct_offer.requester_id = \(requester) and direct_offer.direct_offer_id = \(id)
            """
        ).map(DirectOffer.init)
    }

    func directOffer(_ id: DirectOffer.ID, ofWorker worker: Worker.ID) async throws -> DirectOffer? {
        try await firstRow(
            """
            select \(fragment: DirectOffer.columns) from direct_offer \(fragment: DirectOffer.joins)
             where direct_offer.worker_id = \(worker) and direct_offer.direct_offer_id = \(id)
            """
        ).map(DirectOffer.init)
    }

    /// A worker's, newest first.
    func directOffers(
        ofWorker worker: Worker.ID, before: DirectOffer.ID?, limit: Int
    ) async throws -> [DirectOffer] {
        try await rows(
            """
            select \(fragment: DirectOffer.columns) from direct_offer \(fragment: DirectOffer.joins)
             where direct_offer.worker_id = \(worker)
               and (\(before)::uuid is null or direct_offer.direct_offer_id < \(before)::uuid)
             order by direct_offer.direct_offer_id desc
             limit \(limit)
            """
        ).map(DirectOffer.init)
    }

    /// A requester's, newest first.
    func directOffers(
        of requester: Requester.ID, in batch: Batch.ID?, before: DirectOffer.ID?, limit: Int
    ) async throws -> [DirectOffer] {
        try await rows(
            """
            select \(fragment: DirectOffer.columns) from direct_offer \(fragment: DirectOffer.joins)
             where direct_offer.requester_id = \(requester)
               and (\(batch)::uuid is null or direct_offer.batch_id = \(batch)::uuid)
               and (\(before)::uuid is null or direct_offer.direct_offer_id < \(before)::uuid)
             order by direct_offer.direct_offer_id desc
             limit \(limit)
            """
        ).map(DirectOffer.init)
    }

    /// All turns, at most ``DirectTerms/turnsMax``, the first first.
    func turns(of offer: DirectOffer) async throws -> [DirectTurn] {
        try await rows(
            """
            select turn.turn_no, turn.side, turn.made_by, turn.made_at, turn.amount_minor, turn.quantity,
                   turn.answer_by, turn.deadline, turn.conditions, batch.currency
              from direct_offer_turn as turn
              join batch on batch.requester_id = turn.requester_id and batch.batch_id = \(offer.batch)
             where turn.requester_id = \(offer.requester) and turn.direct_offer_id = \(offer.id)
             order by turn.turn_no
            """
        ).map(DirectTurn.init)
    }

    /// Leases that were taken under an offer, in the order of their ids.
    func leases(of offer: DirectOffer) async throws -> [Assignment.ID] {
        try await rows(
            """
            select assignment_id from direct_offer_lease
             where requester_id = \(offer.requester) and direct_offer_id = \(offer.id)
             order by assignment_id
            """
        ).map { try $0["assignment_id"] }
    }

    /// The least and the most that a task of a batch may pay by an agreement of its own, and the platform's part of it.
    func payBounds(of offering: Offering) async throws -> PayBounds {
        let row = try await oneRow(
            """
            select price.most_pay_minor, price.fee_bps, price.task, rated.*
              from batch_price as price
             cross join (\(fragment: PayRate.columns) where rate_id = \(offering.rate)) as rated
             where price.requester_id = \(offering.requester) and price.batch_id = \(offering.batch)
            """)
        return try PayBounds(
            rate: PayRate(row: row), task: RateTask(json: row["task"]), floor: await floor(for: offering.rate)?.floor,
            most: Money(row["most_pay_minor"], offering.pay.currency), feeBasisPoints: row["fee_bps"]
        )
    }
}

extension DirectOffer {
    fileprivate static let columns: SQL = """
        direct_offer.requester_id, direct_offer.direct_offer_id, direct_offer.batch_id, direct_offer.worker_id,
        direct_offer.state, direct_offer.taken, direct_offer.ends_at, direct_offer.agreed_at, batch.currency,
        turn.turn_no, turn.side, turn.made_by, turn.made_at, turn.amount_minor, turn.quantity, turn.answer_by,
        turn.deadline, turn.conditions, publisher.made_by as publisher_id
        """

    /// The turn that stands, and the requester's last one: their turns are the odd ones.
    fileprivate static let joins: SQL = """
          join batch on batch.requester_id = direct_offer.requester_id and batch.batch_id = direct_offer.batch_id
          join direct_offer_turn as turn
            on turn.requester_id = direct_offer.requester_id and turn.direct_offer_id = direct_offer.direct_offer_id
           and turn.turn_no = direct_offer.turn_count
          join direct_offer_turn as publisher
            on publisher.requester_id = direct_offer.requester_id
           and publisher.direct_offer_id = direct_offer.direct_offer_id
           and publisher.turn_no = direct_offer.turn_count - (direct_offer.turn_count + 1) % 2
        """

    fileprivate init(row: Row) throws {
        self.init(
            id: try row["direct_offer_id"], requester: try row["requester_id"], batch: try row["batch_id"],
            worker: try row["worker_id"], state: try row["state"], turn: try DirectTurn(row: row),
            taken: try row["taken"], endsAt: try row["ends_at"], agreedAt: try row["agreed_at"],
            publisher: try row["publisher_id"]
        )
    }
}

extension DirectTurn {
    fileprivate init(row: Row) throws {
        self.init(
            number: try row["turn_no"], side: try row["side"], madeBy: try row["made_by"], madeAt: try row["made_at"],
            terms: try DirectTerms(
                pay: Money(row["amount_minor"], row["currency"]), quantity: row["quantity"],
                answerBy: row["answer_by"], deadline: row["deadline"], conditions: row["conditions"]
            )
        )
    }
}
