internal import Store

extension Transaction {
    /// Auctions that are over and have a round to follow, in the order of their ids.
    func auctionsToFollow(after last: Auction.ID?, limit: Int) async throws -> [Auction.Key] {
        try await rows(
            """
            select requester_id, auction_id from auction
             where rounds_left > 0 and state in ('awarded', 'unfilled')
               and (\(last)::uuid is null or auction_id > \(last)::uuid)
             order by auction_id
             limit \(limit)
            """
        ).map { Auction.Key(requester: try $0["requester_id"], id: try $0["auction_id"]) }
    }

    /// Whether every award of an auction is answered, and somebody was looked for in place of what was given back.
    func isSettled(_ auction: Auction) async throws -> Bool {
        try await firstRow(
            """
            select from award
             where requester_id = \(auction.requester) and auction_id = \(auction.id)
               and (state = 'awarded' or (state in ('declined', 'lapsed') and not is_replaced))
             limit 1
            """) == nil
    }

    /// What the awards of an auction come to that were accepted, in minor units.
    func awardedMinor(of auction: Auction) async throws -> Int64 {
        try await oneRow(
            """
            select coalesce(sum(total_minor), 0)::bigint as total from award
             where requester_id = \(auction.requester) and auction_id = \(auction.id) and state = 'accepted'
            """)["total"]
    }

    /// Notes that the next round was opened; it has the rounds that are left.
    func markFollowed(_ auction: Auction) async throws {
        try await execute(
            """
            update auction set rounds_left = 0
             where requester_id = \(auction.requester) and auction_id = \(auction.id)
            """)
    }
}
