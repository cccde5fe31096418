internal import Store

extension Transaction {
    /// Auctions that are over and have a round to follow now, in the order of their ids: all of their awards are
    /// settled, and something of their batch is left.
    func auctionsToFollow(after last: Auction.ID?, limit: Int) async throws -> [Auction.Key] {
        try await rows(
            """
            select requester_id, auction_id from auction
             where rounds_left > 0 and state in ('awarded', 'unfilled')
               and (\(last)::uuid is null or auction_id > \(last)::uuid)
               and exists (select from batch
                            where batch.requester_id = auction.requester_id and batch.batch_id = auction.batch_id
                              and batch.state = 'open' and batch.door = 'bid')
               and not exists (select from award
                                where award.requester_id = auction.requester_id
                                  and award.auction_id = auction.auction_id
                                  and (award.state = 'awarded'
                                       or (award.state in ('declined', 'lapsed') and not award.is_replaced)))
               and exists (select from slot
                            where slot.requester_id = auction.requester_id and slot.batch_id = auction.batch_id
                              and slot.state = 'open' and slot.allotment_id is null)
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

    /// Whether bids on what is left of a batch are taken, or will be by themselves.
    func hasRoundToCome(_ batch: Batch.Key) async throws -> Bool {
        try await firstRow(
            """
            select from auction
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
               and (state in ('open', 'closed', 'awarding')
                    or (state in ('awarded', 'unfilled') and rounds_left > 0))
             limit 1
            """) != nil
    }

    /// What the awards of an auction come to that were accepted, in minor units; once their reservation is over, of
    /// what was taken.
    func awardedMinor(of auction: Auction) async throws -> Int64 {
        try await oneRow(
            """
            select coalesce(sum(total_minor - coalesce(unused_minor, 0)), 0)::bigint as total from award
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

    /// Awards of a batch that wait for an answer, or in whose place nobody was looked for; 1,000 at most.
    func unsettledAwards(of batch: Batch.Key) async throws -> Int {
        try await oneRow(
            """
            select count(*) as awards from (
                select from award
                  join auction using (requester_id, auction_id)
                 where auction.requester_id = \(batch.requester) and auction.batch_id = \(batch.id)
                   and (award.state = 'awarded' or (award.state in ('declined', 'lapsed') and not award.is_replaced))
                 limit 1000) as unsettled
            """)["awards"]
    }

    /// No round follows any more.
    func forgetRounds(of batch: Batch.Key) async throws {
        try await execute(
            """
            update auction set rounds_left = 0
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and rounds_left > 0
            """)
    }

    /// Who opened the first auction of a batch: later rounds are opened by the program.
    func firstOpener(of batch: Batch.Key) async throws -> Principal.ID? {
        try await firstRow(
            """
            select opened_by from auction
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
             order by round_no
             limit 1
            """)?["opened_by"]
    }
}
