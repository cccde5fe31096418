internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// A worker's bid in an auction.
    func bid(of worker: Worker.ID, in auction: Auction.Key) async throws -> Bid? {
        try await firstRow(
            """
            \(fragment: Bid.columns)
             where bid.requester_id = \(auction.requester) and bid.auction_id = \(auction.id)
               and bid.worker_id = \(worker)
            """
        ).map(Bid.init)
    }

    /// A worker's bids, the newest auction's first.
    func bids(of worker: Worker.ID, before last: Bid.ID?, limit: Int) async throws -> [Bid] {
        try await rows(
            """
            \(fragment: Bid.columns)
             where bid.worker_id = \(worker) and (\(last)::uuid is null or bid.bid_id < \(last)::uuid)
             order by bid.bid_id desc
             limit \(limit)
            """
        ).map(Bid.init)
    }

    /// The live bids of an auction that are not open yet.
    func sealedBids(of auction: Auction.Key, limit: Int) async throws -> [Bid] {
        try await rows(
            """
            \(fragment: Bid.columns)
             where bid.requester_id = \(auction.requester) and bid.auction_id = \(auction.id) and bid.state = 'sealed'
             order by bid.bid_id
             limit \(limit)
            """
        ).map(Bid.init)
    }

    /// The bids of an auction that were opened, by pages.
    func openedBids(of auction: Auction.Key, after last: Bid.ID?, limit: Int) async throws -> [Bid] {
        try await rows(
            """
            \(fragment: Bid.columns)
             where bid.requester_id = \(auction.requester) and bid.auction_id = \(auction.id) and bid.state = 'opened'
               and (\(last)::uuid is null or bid.bid_id > \(last)::uuid)
             order by bid.bid_id
             limit \(limit)
            """
        ).map(Bid.init)
    }

    func insertBid(
        _ id: Bid.ID, in auction: Auction.Key, of worker: Worker.ID, _ quantity: Int, minutes: Int,
        _ earliest: CalendarDate, estimate version: Int?, low: Int, qualityMinor: Int64
    ) async throws {
        try await execute(
            """
            insert into bid (requester_id, bid_id, auction_id, worker_id, state, version, quantity, minutes,
                             earliest_on, placed_at, estimate_version, low_bps, quality_minor)
            values (\(auction.requester), \(id), \(auction.id), \(worker), 'sealed', 1, \(quantity), \(minutes),
                    \(earliest), \(instant), \(version), \(low), \(qualityMinor))
            """)
    }

    /// Changes a bid, or takes it back: without a quantity it stays as it is.
    func updateBid(
        _ bid: Bid, to state: BidState, version: Int, _ quantity: Int? = nil, minutes: Int? = nil,
        _ earliest: CalendarDate? = nil
    ) async throws {
        let changed = try await execute(
            """
            update bid
               set state = \(state), version = \(version), quantity = coalesce(\(quantity), quantity),
                   minutes = coalesce(\(minutes), minutes), earliest_on = coalesce(\(earliest), earliest_on),
                   placed_at = \(instant)
             where requester_id = \(bid.auction.requester) and bid_id = \(bid.id) and state = \(bid.state)
               and version = \(bid.version)
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    func insertVersion(
        _ version: Int, of bid: Bid.ID, _ requester: Requester.ID, _ quantity: Int, _ earliest: CalendarDate,
        sealed: Bytes?, commitment: Digest?
    ) async throws {
        try await execute(
            """
            insert into bid_version (requester_id, bid_id, version, quantity, earliest_on, placed_at, sealed,
                                     commitment)
            values (\(requester), \(bid), \(version), \(quantity), \(earliest), \(instant), \(sealed), \(commitment))
            """)
    }

    /// Writes what bids say, once their auction is closed.
    func openBids(_ amounts: [(bid: Bid, amount: SealedAmount)], of auction: Auction.Key) async throws {
        guard !amounts.isEmpty else { return }
        let changed = try await execute(
            """
            update bid set state = 'opened', amount_minor = opened.amount_minor, salt = opened.salt
              from unnest(\(amounts.map(\.bid.id))::uuid[], \(amounts.map(\.amount.minorUnits))::bigint[],
                          \(amounts.map { Bytes($0.amount.salt) })::bytea[]) as opened (bid_id, amount_minor, salt)
             where bid.requester_id = \(auction.requester) and bid.bid_id = opened.bid_id and bid.state = 'sealed'
            """)
        guard changed == amounts.count else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// What was frozen of a worker when the auction opened; `nil` where the auction's default counts.
    func frozenQuality(
        of worker: Worker.ID, in auction: Auction.Key
    ) async throws -> (version: Int, lowBasisPoints: Int)? {
        try await firstRow(
            """
            select estimate_version, low_bps from auction_quality
             where requester_id = \(auction.requester) and auction_id = \(auction.id) and worker_id = \(worker)
            """
        ).map { (try $0["estimate_version"], try $0["low_bps"]) }
    }

    /// Whether a worker has or had tasks of a batch, or holds an award of it.
    func hasHadWork(of batch: Batch.Key, _ worker: Worker.ID) async throws -> Bool {
        if try await tasksHeld(of: batch, by: worker, most: 1) > 0 { return true }
        return try await firstRow(
            """
            select from award join auction using (requester_id, auction_id)
             where award.worker_id = \(worker) and award.state in ('awarded', 'accepted')
               and auction.requester_id = \(batch.requester) and auction.batch_id = \(batch.id)
             limit 1
            """) != nil
    }

    /// The minutes of a worker's live bids in other auctions, of what they have won and not taken yet, and of what they
    /// may still move up to: as long as an award of that auction waits for an answer, or for somebody in its place.
    func minutesBidFor(by worker: Worker.ID, but auction: Auction.Key) async throws -> Int {
        try await oneRow(
            """
            select (select coalesce(sum(bid.minutes), 0)
                      from bid join auction using (requester_id, auction_id)
                     where bid.worker_id = \(worker) and bid.state in ('sealed', 'opened')
                       and auction.state in ('open', 'closed', 'awarding')
                       and (bid.requester_id, bid.auction_id) <> (\(auction.requester), \(auction.id)))::bigint
                   + (select coalesce(sum(greatest(0, bid.minutes - own.units * auction.expected_minutes)), 0)
                        from bid
                        join auction using (requester_id, auction_id)
                       cross join lateral (
                            select coalesce(sum(award.units), 0) as units,
                                   coalesce(bool_or(award.state in ('declined', 'lapsed')), false) as is_gone
                              from award
                             where award.requester_id = bid.requester_id and award.bid_id = bid.bid_id) as own
                       where bid.worker_id = \(worker) and bid.state = 'opened' and auction.state = 'awarded'
                         and not own.is_gone
                         and exists (select from award
                                      where award.requester_id = bid.requester_id
                                        and award.auction_id = bid.auction_id
                                        and (award.state = 'awarded'
                                             or (award.state in ('declined', 'lapsed') and not award.is_replaced)))
                     )::bigint
                   + (select coalesce(sum(auction.expected_minutes), 0)
                        from award
                        join auction using (requester_id, auction_id)
                        join slot on slot.requester_id = award.requester_id and slot.state = 'open'
                                 and slot.allotment_id in (award.allotment_id, award.rest_allotment_id)
                       where award.worker_id = \(worker) and award.state in ('awarded', 'accepted'))::bigint as minutes
            """)["minutes"]
    }

    /// Minutes that a worker has committed on days; days without are left out.
    func committedMinutes(
        of worker: Worker.ID, from first: CalendarDate, through last: CalendarDate
    ) async throws -> [CalendarDate: Int] {
        let rows = try await rows(
            """
            select on_day, committed_minutes from worker_day
             where worker_id = \(worker) and on_day between \(first) and \(last) and committed_minutes > 0
            """)
        return try Dictionary(
            rows.map { (try $0.value("on_day", as: CalendarDate.self), try $0["committed_minutes"]) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The same by the Mondays of weeks.
    func committedWeeks(
        of worker: Worker.ID, from first: CalendarDate, through last: CalendarDate
    ) async throws -> [CalendarDate: Int] {
        let rows = try await rows(
            """
            select week_starts_on, committed_minutes from worker_week
             where worker_id = \(worker) and week_starts_on between \(first) and \(last) and committed_minutes > 0
            """)
        return try Dictionary(
            rows.map { (try $0.value("week_starts_on", as: CalendarDate.self), try $0["committed_minutes"]) },
            uniquingKeysWith: { first, _ in first }
        )
    }
}

extension Bid {
    static let columns: SQL = """
        select bid.requester_id, bid.bid_id, bid.auction_id, bid.worker_id, bid.state, bid.version, bid.quantity,
               bid.earliest_on, bid.placed_at, bid.estimate_version, bid.low_bps, bid.quality_minor, bid.amount_minor,
               bid.salt, newest.sealed, newest.commitment,
               (bid.quantity, bid.earliest_on) = (newest.quantity, newest.earliest_on) as is_as_placed
          from bid join bid_version as newest using (requester_id, bid_id, version)
        """

    init(row: Row) throws {
        id = try row["bid_id"]
        auction = Auction.Key(requester: try row["requester_id"], id: try row["auction_id"])
        worker = try row["worker_id"]
        state = try row["state"]
        version = try row["version"]
        quantity = try row["quantity"]
        earliest = try row["earliest_on"]
        placedAt = try row["placed_at"]
        estimateVersion = try row["estimate_version"]
        lowBasisPoints = try row["low_bps"]
        qualityMinor = try row["quality_minor"]
        let (amount, salt): (Int64?, Bytes?) = (try row["amount_minor"], try row["salt"])
        opened = amount.flatMap { amount in salt.map { SealedAmount(amount, salt: $0.bytes) } }
        sealed = try row["sealed"]
        commitment = try row["commitment"]
        isAsPlaced = try row["is_as_placed"]
    }
}
