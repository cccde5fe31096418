internal import Foundation
internal import Matching
internal import Store

extension Transaction {
    func closeAuction(_ auction: Auction, to state: AuctionState, seed: [UInt8], _ supply: AuctionSupply) async throws {
        try await execute(
            """
            update auction
               set state = \(state), closed_at = \(instant), seed = \(Bytes(seed)), task_count = \(supply.tasks),
                   redundancy = \(supply.redundancy)
             where requester_id = \(auction.requester) and auction_id = \(auction.id)
            """)
    }

    /// Ends an auction without opening anything; its key is forgotten.
    func cancelAuction(_ auction: Auction) async throws {
        try await execute(
            """
            update auction
               set state = 'cancelled', closed_at = \(instant), wrapped = null, wrapping_key = null, sealed_seed = null
             where requester_id = \(auction.requester) and auction_id = \(auction.id)
            """)
    }

    /// Those of these workers who are not active.
    func inactive(among workers: [Worker.ID]) async throws -> Set<Worker.ID> {
        Set(
            try await rows(
                "select worker_id from worker where worker_id = any(\(workers)::uuid[]) and state <> 'active'"
            ).map { try $0["worker_id"] })
    }

    /// Those of these workers of whom it is kept that they meet a requirement.
    func knownToMeet(_ requirement: Requirement.ID, among workers: [Worker.ID]) async throws -> Set<Worker.ID> {
        guard try await areKept([requirement]) else { return [] }
        return Set(
            try await rows(
                """
                select worker_id from worker_requirement
                 where requirement_id = \(requirement) and worker_id = any(\(workers)::uuid[])
                   and in_force @> \(instant)
                """
            ).map { try $0["worker_id"] })
    }

    /// Takes sealed bids out, as they are: their amounts stay sealed.
    func setAside(_ bids: [Bid.ID], of auction: Auction.Key) async throws {
        let changed = try await execute(
            """
            update bid set state = 'withdrawn'
             where requester_id = \(auction.requester) and bid_id = any(\(bids)::uuid[]) and state = 'sealed'
            """)
        guard changed == bids.count else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// Every bid of an auction that binds, as it is cleared.
    func bidders(in auction: Auction) async throws -> [AuctionMarket.Bidder] {
        try await rows(
            """
            select worker_id, quality_minor, amount_minor, quantity from bid
             where requester_id = \(auction.requester) and auction_id = \(auction.id) and state = 'opened'
             order by worker_id
             limit \(AuctionMarket.Bounds.biddersMax)
            """
        ).map { row in
            let worker: Worker.ID = try row["worker_id"]
            return AuctionMarket.Bidder(
                id: worker.uuid.bits, qualityMinor: try row["quality_minor"], bidMinor: try row["amount_minor"],
                quantity: try row["quantity"]
            )
        }
    }

    /// Stores what came of an auction; its key is forgotten.
    func storeRecord(_ record: AuctionRecord, of auction: Auction, to state: AuctionState) async throws {
        try await execute(
            """
            update auction
               set state = \(state), market = \(record.market.json), result = \(record.result.json),
                   record_hash = \(record.hash), wrapped = null, wrapping_key = null, sealed_seed = null
             where requester_id = \(auction.requester) and auction_id = \(auction.id)
            """)
    }

    /// Whether what is stored of an auction is this, to the byte.
    func isStored(_ record: AuctionRecord, of auction: Auction.Key) async throws -> Bool {
        try await oneRow(
            """
            select coalesce(market = \(record.market.json) and result = \(record.result.json)
                            and record_hash = \(record.hash), false) as is_same
              from auction where requester_id = \(auction.requester) and auction_id = \(auction.id)
            """)["is_same"]
    }

    /// The work of a locked batch is claimed from now on, at its posted rate.
    func fallBack(_ batch: Batch.Key) async throws {
        try await execute(
            """
            update batch set door = 'claim'
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and door = 'bid'
            """)
    }

    /// Winners of the stored result, in its order, behind the first ones.
    func storedWinners(of auction: Auction, after count: Int, limit: Int) async throws -> [StoredWinner] {
        try await rows(
            """
            -- Read once, however many winners there are: each element is then found by its place.
            with stored as materialized (
                select result -> 'winners' as winners from auction
                 where requester_id = \(auction.requester) and auction_id = \(auction.id)
            ),
            won as materialized (
                select place, (item ->> 'worker')::uuid as worker_id, (item ->> 'units')::bigint as units,
                       (item ->> 'payment_minor')::bigint as total_minor
                  from stored
                 cross join generate_series(\(count)::integer,
                                            least(\(count) + \(limit), jsonb_array_length(winners))::integer - 1)
                            as place
                 cross join lateral (select winners -> place as item) as found
            )
            select won.worker_id, won.units, won.total_minor, bid.bid_id
              from won
              join bid on bid.requester_id = \(auction.requester) and bid.auction_id = \(auction.id)
                      and bid.worker_id = won.worker_id
             order by won.place
            """
        ).map { row in
            StoredWinner(
                worker: try row["worker_id"], bid: try row["bid_id"], units: try row["units"],
                totalMinor: try row["total_minor"]
            )
        }
    }

    func countAwards(_ written: Int, of auction: Auction, to state: AuctionState) async throws {
        try await execute(
            """
            update auction set awards_written = \(written), state = \(state)
             where requester_id = \(auction.requester) and auction_id = \(auction.id)
            """)
    }
}

/// Who has won what, as the result says.
struct StoredWinner: Hashable, Sendable {
    let worker: Worker.ID
    let bid: Bid.ID
    let units: Int
    /// For all units together, in minor units.
    let totalMinor: Int64
}
