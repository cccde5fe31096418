internal import Foundation
internal import Store

extension Transaction {
    /// Auctions that take bids from a worker, as far as what is kept of their eligibility says.
    func openAuctions(to worker: Worker.ID, after last: Auction.ID?, limit: Int) async throws -> [Auction] {
        try await rows(
            """
            \(fragment: Auction.columns)
             where state = 'open' and closes_at > \(instant)
               and (\(last)::uuid is null or auction_id > \(last)::uuid)
               and exists (select from batch
                             join worker_requirement as met using (requirement_id)
                            where batch.requester_id = auction.requester_id and batch.batch_id = auction.batch_id
                              and met.worker_id = \(worker) and met.in_force @> \(instant))
             order by auction_id
             limit \(limit)
            """
        ).map(Auction.init)
    }

    /// How the auction of an opened bid ended, for its bidder.
    func ownOutcome(of bid: Bid) async throws -> OwnOutcome {
        let row = try await oneRow(
            """
            select result ->> 'outcome' as outcome, (result ->> 'cut_off_score_minor')::bigint as cut_off,
                   (result ->> 'clearing_price_minor')::bigint as price,
                   (select coalesce(sum(units), 0) from award
                     where award.requester_id = auction.requester_id and award.bid_id = \(bid.id))::bigint as units,
                   (select coalesce(sum(total_minor), 0) from award
                     where award.requester_id = auction.requester_id and award.bid_id = \(bid.id))::bigint as total
              from auction
             where requester_id = \(bid.auction.requester) and auction_id = \(bid.auction.id)
            """)
        return OwnOutcome(
            outcome: try row["outcome"], cutOffScoreMinor: try row["cut_off"], clearingPriceMinor: try row["price"],
            unitsWon: try row["units"], totalMinor: try row["total"]
        )
    }

    /// What a cleared auction came to, in sums.
    func report(of auction: Auction) async throws -> AuctionReport {
        let row = try await oneRow(
            """
            with won as (
                select bid.low_bps, bid.quality_minor, (item ->> 'units')::bigint as units
                  from auction
                 cross join lateral jsonb_array_elements(result -> 'winners') as item
                  join bid on bid.requester_id = auction.requester_id and bid.auction_id = auction.auction_id
                          and bid.worker_id = (item ->> 'worker')::uuid
                 where auction.requester_id = \(auction.requester) and auction.auction_id = \(auction.id)
            ),
            given as (
                select state, sum(units) as units from award
                 where requester_id = \(auction.requester) and auction_id = \(auction.id) group by state
            )
            select result ->> 'outcome' as outcome, (result ->> 'units_wanted')::bigint as wanted,
                   (result ->> 'units_filled')::bigint as filled, (result ->> 'payment_minor')::bigint as cost,
                   coalesce(auction.budget_minor,
                            (select sum(units * least(ceiling_minor, quality_minor - reserve_score_minor)) from won),
                            0)::bigint as at_reserve,
                   batch.pay_minor,
                   (select floor(sum(units * low_bps) / sum(units)) from won)::bigint as quality,
                   coalesce((select units from given where state = 'awarded'), 0)::bigint as awarded,
                   coalesce((select units from given where state = 'accepted'), 0)::bigint as accepted,
                   coalesce((select sum(units) from given where state in ('declined', 'lapsed')), 0)::bigint
                       as given_back
              from auction join batch using (requester_id, batch_id)
             where requester_id = \(auction.requester) and auction_id = \(auction.id)
            """)
        let filled: Int = try row["filled"]
        return AuctionReport(
            outcome: try row["outcome"], unitsWanted: try row["wanted"], unitsFilled: filled,
            cost: try Money(row["cost"], auction.currency),
            costAtReserve: try Money(row["at_reserve"], auction.currency),
            costAtRate: try Money(row["pay_minor"], auction.currency).multiplied(by: filled),
            expectedQualityBps: try row["quality"], unitsAwarded: try row["awarded"],
            unitsAccepted: try row["accepted"], unitsGivenBack: try row["given_back"]
        )
    }
}
