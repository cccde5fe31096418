internal import Foundation
internal import Store

extension Transaction {
    /// Auctions that were cleared, in the order of requester and id: those of the last days, and the part of all others
    /// whose day it is; or all.
    func clearedAuctions(after last: Auction.Key?, isFull: Bool, limit: Int) async throws -> [Auction] {
        let since = instant - Double(AuctionCheck.daysBack) * 86_400
        let turn = Int64(AuctionCheck.turnDays)
        let day = Int64((instant.timeIntervalSince1970 / 86_400).rounded(.down))
        return try await rows(
            """
            \(fragment: Auction.columns)
             where state in ('awarding', 'awarded', 'fallen_back', 'unfilled')
               and (\(last?.id)::uuid is null
                    or (requester_id, auction_id) > (\(last?.requester)::uuid, \(last?.id)::uuid))
               and (\(isFull) or closed_at > \(since)
                    or (hashtext(auction_id::text)::bigint + 2147483648) % \(turn) = \(day % turn))
             order by requester_id, auction_id
             limit \(limit)
            """
        ).map(Auction.init)
    }
}

extension DoctorCheck {
    static let sealedBidViolations: SQL = """
        select auction.auction_id::text as example
          from auction
         where state in ('open', 'cancelled')
           and exists (select from bid
                        where bid.requester_id = auction.requester_id and bid.auction_id = auction.auction_id
                          and bid.state = 'opened')
         union all
        select auction.auction_id::text
          from auction
         where state <> 'cancelled' and closed_at < closes_at
           and not exists (select from early_opening as early
                            where early.requester_id = auction.requester_id and early.auction_id = auction.auction_id
                              and early.confirmed_at <= auction.closed_at)
         union all
        select auction.auction_id::text
          from auction
         where state in ('awarding', 'awarded', 'fallen_back', 'unfilled')
           and exists (select from bid
                        where bid.requester_id = auction.requester_id and bid.auction_id = auction.auction_id
                          and bid.state = 'sealed')
         union all
        select bid.bid_id::text
          from bid join auction using (requester_id, auction_id)
         where bid.placed_at >= auction.closes_at or bid.placed_at > auction.closed_at
        """

    static let qualityViolations: SQL = """
        select bid.bid_id::text as example
          from bid
          join auction using (requester_id, auction_id)
          left join auction_quality as frozen using (requester_id, auction_id, worker_id)
         where bid.quality_minor
               <> floor(auction.quality_value_minor::numeric * (bid.low_bps - auction.quality_baseline_bps) / 100)
            or (bid.low_bps, bid.estimate_version)
               is distinct from (coalesce(frozen.low_bps, auction.quality_default_bps), frozen.estimate_version)
         union all
        select frozen.worker_id::text
          from auction_quality as frozen
          join auction using (requester_id, auction_id)
          join skill_estimate as estimate
            on estimate.worker_id = frozen.worker_id and estimate.skill = auction.skill
           and estimate.version = frozen.estimate_version and estimate.estimated_at <= auction.opened_at
         where estimate.low_bps <> frozen.low_bps
        """
}
