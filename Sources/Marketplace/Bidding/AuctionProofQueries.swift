internal import Foundation
internal import Matching
internal import Store

extension Transaction {
    /// All awards of an auction, in the order in which they were made.
    func awardRows(of auction: Auction) async throws -> [AwardRow] {
        try await rows(
            """
            select award_id, worker_id, state, units, total_minor, is_moved_up, awarded_at, answered_at
              from award
             where requester_id = \(auction.requester) and auction_id = \(auction.id)
             order by award_id
             limit \(2 * AuctionMarket.Bounds.biddersMax)
            """
        ).map { row in
            AwardRow(
                id: try row["award_id"], worker: try row["worker_id"], state: try row["state"],
                units: try row["units"], totalMinor: try row["total_minor"], isMovedUp: try row["is_moved_up"],
                awardedAt: try row["awarded_at"], answeredAt: try row["answered_at"])
        }
    }

    /// What the log says that an auction was opened on; `nil` where it says nothing of it, as before step 18.
    ///
    /// - Returns: whether the event is there, and its hash of the terms.
    func openingEvent(of auction: Auction) async throws -> (isThere: Bool, terms: String?) {
        let row = try await firstRow(
            """
            select facts ->> 'terms' as terms from audit_event
             where event_id between \(auction.id.leastOfItsInstant) and \(auction.id.greatestOfItsInstant)
               and action = 'auction_opened' and subject = 'auction' and subject_id = \(auction.id.uuid)
             limit 1
            """)
        return (row != nil, try row?["terms"])
    }
}
