internal import Foundation
internal import Store

extension Transaction {
    /// Takes cells with auctions that were cleared since an instant, and that nobody has taken for so many seconds; in
    /// the order of their requirement, profession, tier and currency. Reads what was cleared in that time.
    func takeScreenedPlaces(since: Date, every: TimeInterval, limit: Int) async throws -> [ScreenBids.Place] {
        try await rows(
            """
            with due as materialized (
                select batch.requirement_id, rate.profession, rate.tier, auction.currency
                  from auction
                  join batch on batch.requester_id = auction.requester_id and batch.batch_id = auction.batch_id
                  join rate using (rate_id)
                 where auction.state in ('awarding', 'awarded', 'unfilled') and auction.closed_at > \(since)
                   and not exists (select from screened_cell as screened
                                    where screened.requirement_id = batch.requirement_id
                                      and screened.profession = rate.profession and screened.tier = rate.tier
                                      and screened.currency = auction.currency
                                      and screened.screened_at > \(instant - every))
                 group by batch.requirement_id, rate.profession, rate.tier, auction.currency
                 order by batch.requirement_id, rate.profession, rate.tier, auction.currency
                 limit \(limit)
            )
            insert into screened_cell (requirement_id, profession, tier, currency, screened_at)
            select requirement_id, profession, tier, currency, \(instant) from due
             order by requirement_id, profession, tier, currency
            on conflict on constraint screened_cell_pkey do update set screened_at = excluded.screened_at
             where screened_cell.screened_at <= \(instant - every)
            returning requirement_id, profession, tier, currency
            """
        ).map {
            ScreenBids.Place(
                cell: ScreenCell(
                    requirement: try $0["requirement_id"], profession: try $0["profession"], tier: try $0["tier"]),
                currency: try $0["currency"])
        }
    }

    /// The bids of a cell's latest cleared auctions, in the order in which those were closed; of too many the latest.
    func clearedBids(of place: ScreenBids.Place, auctions: Int, limit: Int) async throws -> [ClearedBid] {
        try await rows(
            """
            with cleared as materialized (
                select auction.requester_id, auction.auction_id, auction.closed_at
                  from batch
                  join rate using (rate_id)
                  join auction on auction.requester_id = batch.requester_id and auction.batch_id = batch.batch_id
                 where batch.requirement_id = \(place.cell.requirement)
                   and rate.profession = \(place.cell.profession) and rate.tier = \(place.cell.tier)
                   and auction.currency = \(place.currency)
                   and auction.state in ('awarding', 'awarded', 'unfilled')
                 order by auction.closed_at desc, auction.auction_id desc
                 limit \(auctions)
            ),
            latest as materialized (
                select cleared.closed_at, bid.requester_id, bid.auction_id, bid.bid_id, bid.worker_id,
                       bid.amount_minor, bid.quality_minor
                  from cleared
                  join bid on bid.requester_id = cleared.requester_id and bid.auction_id = cleared.auction_id
                 where bid.state = 'opened'
                 order by cleared.closed_at desc, cleared.auction_id desc, bid.worker_id
                 limit \(limit)
            )
            select latest.*, won.*
              from latest
             cross join lateral (
                select coalesce(bool_or(not award.is_moved_up), false) as is_winner,
                       coalesce(sum(award.units), 0) as awarded,
                       -- What the winner was kept from does not count.
                       coalesce(sum(award.units) filter (where award.lapse_reason = 'unanswered'), 0) as lapsed,
                       coalesce(sum(award.units) filter (where award.state = 'declined'), 0) as declined,
                       coalesce(sum(award.unused_units), 0) as unused
                  from award
                 where award.requester_id = latest.requester_id and award.bid_id = latest.bid_id
             ) as won
             order by latest.closed_at, latest.auction_id, latest.worker_id
            """
        ).map {
            ClearedBid(
                auction: try $0["auction_id"], worker: try $0["worker_id"], amountMinor: try $0["amount_minor"],
                qualityMinor: try $0["quality_minor"], isWinner: try $0["is_winner"], awarded: try $0["awarded"],
                lapsed: try $0["lapsed"], declined: try $0["declined"], unused: try $0["unused"])
        }
    }

    /// Whether somebody bid in one of these auctions.
    func hasBid(_ worker: Worker.ID, in auctions: [UUID]) async throws -> Bool {
        try await firstRow(
            "select from bid where worker_id = \(worker) and auction_id = any(\(auctions)) limit 1") != nil
    }
}
