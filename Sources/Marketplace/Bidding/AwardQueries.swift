internal import Foundation
internal import Matching
internal import Store

extension Transaction {
    func feeBasisPoints(of batch: Batch.Key) async throws -> Int {
        try await oneRow(
            """
            select fee_bps from batch_price where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)["fee_bps"]
    }

    /// Enters awards and keeps their slots.
    func insertAwards(
        _ awards: [FreshAward], of auction: Auction, _ batch: Batch.Key, isMovedUp: Bool, acceptBy: Date
    ) async throws {
        let parts = awards.flatMap(\.parts)
        try await execute(
            """
            insert into allotment (requester_id, allotment_id, batch_id, kind, pay_minor, fee_minor)
            select \(batch.requester), allotment_id, \(batch.id), 'award', pay_minor, fee_minor
              from unnest(\(parts.map(\.allotment))::uuid[], \(parts.map(\.pay.minorUnits))::bigint[],
                          \(parts.map(\.fee.minorUnits))::bigint[]) as part (allotment_id, pay_minor, fee_minor)
            """)
        let slots = parts.flatMap { part in part.slots.map { (allotment: part.allotment, slot: $0) } }
        let changed = try await execute(
            """
            update slot set allotment_id = won.allotment_id
              from unnest(\(slots.map(\.allotment))::uuid[], \(slots.map(\.slot.task))::uuid[],
                          \(slots.map(\.slot.number))::bigint[]) as won (allotment_id, task_id, slot_no)
             where slot.requester_id = \(batch.requester) and slot.task_id = won.task_id
               and slot.slot_no = won.slot_no and slot.state = 'open' and slot.allotment_id is null
            """)
        guard changed == slots.count else { throw StoreError.unexpectedRowCount(changed) }
        let rests: [Allotment.ID?] = awards.map { $0.parts.dropFirst().first?.allotment }
        try await execute(
            """
            insert into award (requester_id, award_id, auction_id, bid_id, worker_id, state, units, total_minor,
                               is_moved_up, awarded_at, accept_by, allotment_id, rest_allotment_id)
            select \(batch.requester), award_id, \(auction.id), bid_id, worker_id, 'awarded', units, total_minor,
                   \(isMovedUp), \(instant), \(acceptBy), allotment_id, rest_allotment_id
              from unnest(\(awards.map(\.id))::uuid[], \(awards.map(\.winner.bid))::uuid[],
                          \(awards.map(\.winner.worker))::uuid[], \(awards.map(\.units))::bigint[],
                          \(awards.map(\.totalMinor))::bigint[],
                          \(awards.flatMap { $0.parts.prefix(1).map(\.allotment) })::uuid[],
                          \(rests)::uuid[])
                   as won (award_id, bid_id, worker_id, units, total_minor, allotment_id, rest_allotment_id)
            """)
        try await markAllotments(of: batch)
    }

    /// A worker's award.
    ///
    /// - Parameter lock: whether nobody else answers it until this transaction ends.
    func award(_ key: Award.Key, of worker: Worker.ID, lock: Bool) async throws -> Award? {
        let end: SQL = lock ? "for no key update of award" : ""
        return try await firstRow(
            """
            \(fragment: Award.columns)
             where award.requester_id = \(key.requester) and award.award_id = \(key.id) and award.worker_id = \(worker)
            \(fragment: end)
            """
        ).map(Award.init)
    }

    /// A worker's awards, the newest first.
    func awards(of worker: Worker.ID, before last: Award.ID?, limit: Int) async throws -> [Award] {
        try await rows(
            """
            \(fragment: Award.columns)
             where award.worker_id = \(worker) and (\(last)::uuid is null or award.award_id < \(last)::uuid)
             order by award.award_id desc
             limit \(limit)
            """
        ).map(Award.init)
    }

    /// Answers a locked award.
    ///
    /// - Parameter reason: why it lapsed.
    func answerAward(
        _ award: Award, as state: AwardState, reservedUntil: Date? = nil, because reason: LapseReason? = nil
    ) async throws {
        let changed = try await execute(
            """
            update award
               set state = \(state), answered_at = \(instant), reserved_until = \(reservedUntil),
                   lapse_reason = \(reason)
             where requester_id = \(award.auction.requester) and award_id = \(award.id) and state = 'awarded'
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// Lets the holder of an award have its slots until an instant.
    func handOver(_ award: Award, until end: Date) async throws {
        try await execute(
            """
            update allotment set holder_id = \(award.worker), held_until = \(end), ends_at = \(end)
             where requester_id = \(award.auction.requester) and allotment_id = any(\(award.allotments)::uuid[])
            """)
    }

    /// Awards that nobody has answered in time.
    func lockLateAwards(of auction: Auction, limit: Int) async throws -> [Award] {
        try await rows(
            """
            \(fragment: Award.columns)
             where award.requester_id = \(auction.requester) and award.auction_id = \(auction.id)
               and award.state = 'awarded' and award.accept_by <= \(instant)
             order by award.award_id
             limit \(limit)
               for no key update of award
            """
        ).map(Award.init)
    }

    /// Awards whose reservation is over, and of which nobody has counted what was not taken.
    func lockEndedAwards(of auction: Auction, limit: Int) async throws -> [Award] {
        try await rows(
            """
            \(fragment: Award.columns)
             where award.requester_id = \(auction.requester) and award.auction_id = \(auction.id)
               and award.state = 'accepted' and award.reserved_until <= \(instant) and award.unused_units is null
             order by award.award_id
             limit \(limit)
               for no key update of award
            """
        ).map(Award.init)
    }

    /// Counts what is not taken of an award.
    ///
    /// - Returns: in units.
    func noteUnused(of award: Award) async throws -> Int {
        try await oneRow(
            """
            with unused as materialized (
                select count(slot.task_id) as units, coalesce(sum(aside.pay_minor), 0)::bigint as minor
                  from allotment as aside
                  join slot on slot.requester_id = aside.requester_id and slot.allotment_id = aside.allotment_id
                           and slot.batch_id = aside.batch_id and slot.state = 'open'
                 where aside.requester_id = \(award.auction.requester)
                   and aside.allotment_id = any(\(award.allotments)::uuid[])
            )
            update award set unused_units = unused.units, unused_minor = unused.minor
              from unused
             where requester_id = \(award.auction.requester) and award_id = \(award.id)
            returning unused_units
            """)["unused_units"]
    }

    /// Whether nobody was looked for yet in place of an award that was given back.
    func hasUnreplaced(_ auction: Auction) async throws -> Bool {
        try await firstRow(
            """
            select from award
             where requester_id = \(auction.requester) and auction_id = \(auction.id)
               and state in ('declined', 'lapsed') and not is_replaced
             limit 1
            """) != nil
    }

    /// Auctions with awards that were not answered in time, in whose place nobody was looked for, or whose reservation
    /// is over; by id.
    func auctionsToSettle(after last: Auction.ID?, limit: Int) async throws -> [Auction.Key] {
        try await rows(
            """
            select requester_id, auction_id from (
                (select distinct requester_id, auction_id from award
                  where state = 'awarded' and accept_by <= \(instant)
                    and (\(last)::uuid is null or auction_id > \(last)::uuid)
                  order by auction_id
                  limit \(limit))
                union
                (select distinct requester_id, auction_id from award
                  where state in ('declined', 'lapsed') and not is_replaced
                    and (\(last)::uuid is null or auction_id > \(last)::uuid)
                  order by auction_id
                  limit \(limit))
                union
                (select distinct requester_id, auction_id from award
                  where state = 'accepted' and unused_units is null and reserved_until <= \(instant)
                    and (\(last)::uuid is null or auction_id > \(last)::uuid)
                  order by auction_id
                  limit \(limit))) as late
             order by auction_id
             limit \(limit)
            """
        ).map { Auction.Key(requester: try $0["requester_id"], id: try $0["auction_id"]) }
    }

    /// How awards of an auction stand: who gave any back, and how many units everybody holds.
    func standingAwards(of auction: Auction) async throws -> (gone: Set<Worker.ID>, held: [Worker.ID: Int]) {
        let rows = try await rows(
            """
            select worker_id, bool_or(state in ('declined', 'lapsed')) as is_gone,
                   coalesce(sum(units) filter (where state in ('awarded', 'accepted')), 0)::bigint as units
              from award
             where requester_id = \(auction.requester) and auction_id = \(auction.id)
             group by worker_id
            """)
        var (gone, held): (Set<Worker.ID>, [Worker.ID: Int]) = ([], [:])
        for row in rows {
            let worker: Worker.ID = try row["worker_id"]
            if try row["is_gone"] { gone.insert(worker) }
            let units: Int = try row["units"]
            if units > 0 { held[worker] = units }
        }
        return (gone, held)
    }

    /// Notes that somebody was looked for in place of all awards that were given back.
    func markReplaced(of auction: Auction) async throws {
        try await execute(
            """
            update award set is_replaced = true
             where requester_id = \(auction.requester) and auction_id = \(auction.id)
               and state in ('declined', 'lapsed') and not is_replaced
            """)
    }

    /// Tasks of a batch of which workers have a slot: taken, or kept for an award of theirs.
    func tasksHad(by workers: [Worker.ID], of batch: Batch.Key) async throws -> [Worker.ID: Set<WorkTask.ID>] {
        let rows = try await rows(
            """
            select worker_id, task_id from assignment
             where worker_id = any(\(workers)::uuid[]) and requester_id = \(batch.requester)
               and batch_id = \(batch.id) and state in ('leased', 'submitted', 'accepted', 'rejected')
             union
            select award.worker_id, slot.task_id
              from award
              join slot on slot.requester_id = award.requester_id
                       and slot.allotment_id in (award.allotment_id, award.rest_allotment_id)
             where award.worker_id = any(\(workers)::uuid[]) and award.requester_id = \(batch.requester)
               and slot.batch_id = \(batch.id)
            """)
        var had: [Worker.ID: Set<WorkTask.ID>] = [:]
        for row in rows { had[try row["worker_id"], default: []].insert(try row["task_id"]) }
        return had
    }

    /// The bids of workers in an auction.
    func bidIDs(of workers: [Worker.ID], in auction: Auction) async throws -> [Worker.ID: Bid.ID] {
        let rows = try await rows(
            """
            select worker_id, bid_id from bid
             where requester_id = \(auction.requester) and auction_id = \(auction.id)
               and worker_id = any(\(workers)::uuid[])
            """)
        return try Dictionary(
            rows.map { (try $0.value("worker_id", as: Worker.ID.self), try $0["bid_id"]) },
            uniquingKeysWith: { first, _ in first })
    }
}

extension Award {
    static let columns: SQL = """
        select award.requester_id, award.award_id, award.auction_id, auction.batch_id, award.worker_id, award.state,
               award.units, award.total_minor, auction.currency, award.is_moved_up, award.awarded_at, award.accept_by,
               award.reserved_until, award.allotment_id, award.rest_allotment_id, auction.reserved_seconds,
               bid.earliest_on::timestamp at time zone worker.time_zone as earliest_at
          from award
          join auction using (requester_id, auction_id)
          join bid using (requester_id, bid_id)
          join worker on worker.worker_id = award.worker_id
        """

    init(row: Row) throws {
        id = try row["award_id"]
        auction = Auction.Key(requester: try row["requester_id"], id: try row["auction_id"])
        batch = try row["batch_id"]
        worker = try row["worker_id"]
        state = try row["state"]
        units = try row["units"]
        total = try Money(row["total_minor"], row["currency"])
        isMovedUp = try row["is_moved_up"]
        awardedAt = try row["awarded_at"]
        acceptBy = try row["accept_by"]
        reservedUntil = try row["reserved_until"]
        let rest: Allotment.ID? = try row["rest_allotment_id"]
        allotments = [try row["allotment_id"]] + (rest.map { [$0] } ?? [])
        reservedSeconds = try row["reserved_seconds"]
        earliest = try row["earliest_at"]
    }
}

extension Transaction {
    /// The awards of an auction, in the order in which they were made.
    func awards(of auction: Auction, limit: Int) async throws -> [Award] {
        try await rows(
            """
            \(fragment: Award.columns)
             where award.requester_id = \(auction.requester) and award.auction_id = \(auction.id)
             order by award.award_id
             limit \(limit)
            """
        ).map(Award.init)
    }

    /// Awards that the stored result does not bear out: another price, more units, or of nobody who has won; of those
    /// that moved up, a price below the bid or above the ceiling. And winners of an auction that is over who have none,
    /// by their bid. 100 at most.
    func oddAwards(of auction: Auction) async throws -> [UUID] {
        try await rows(
            """
            with won as (
                select (item ->> 'worker')::uuid as worker_id, (item ->> 'units')::bigint as units,
                       (item ->> 'payment_minor')::bigint as total_minor
                  from auction
                 cross join lateral jsonb_array_elements(result -> 'winners') as item
                 where requester_id = \(auction.requester) and auction_id = \(auction.id)
            )
            select award.award_id as odd_id
              from award
              join bid using (requester_id, bid_id)
              left join won on won.worker_id = award.worker_id
             where award.requester_id = \(auction.requester) and award.auction_id = \(auction.id)
               and (award.worker_id <> bid.worker_id or bid.auction_id <> award.auction_id
                    or case when award.is_moved_up
                            then award.total_minor not between award.units * bid.amount_minor
                                                           and award.units * \(auction.ceilingMinor)::bigint
                            -- Fewer units where their tasks were withdrawn: the first ones, which carry the remainder.
                            else (award.units <= won.units
                                  and award.total_minor = award.units * (won.total_minor / won.units)
                                                          + least(award.units, won.total_minor % won.units))
                                 is not true end)
            union all
            select bid.bid_id
              from won
              join bid on bid.requester_id = \(auction.requester) and bid.auction_id = \(auction.id)
                      and bid.worker_id = won.worker_id
             where \(auction.state == .awarded)
               and not exists (select from award
                                where award.requester_id = bid.requester_id and award.bid_id = bid.bid_id)
               -- A winner has none where so many tasks were withdrawn meanwhile.
               and (select coalesce(sum(won.units), 0)
                      from won
                     where not exists (select from award
                                        where award.requester_id = \(auction.requester)
                                          and award.auction_id = \(auction.id)
                                          and award.worker_id = won.worker_id))
                   > (select count(*) from slot
                       where slot.requester_id = \(auction.requester) and slot.batch_id = \(auction.batch)
                         and slot.state = 'withdrawn')
             limit 100
            """
        ).map { try $0["odd_id"] }
    }
}
