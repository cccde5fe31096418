internal import Formats
internal import Foundation
package import Matching
internal import Store

/// What was cleared and what came of it; the same bids always make the same bytes.
package struct AuctionRecord: Sendable {
    package let market: AuctionMarket
    package let result: AuctionResult

    /// SHA-256 of both in canonical JSON, the market first.
    package var hash: Digest { Digest(of: market.json.canonicalBytes() + result.json.canonicalBytes()) }

    /// Clears a closed auction by the rules of its version.
    ///
    /// - Throws: ``AuctionMarketFault``; ``NotFound`` while the seed is sealed; ``AuctionReadingRefusal``.
    init(clearing auction: Auction, bids: [AuctionMarket.Bidder]) throws {
        guard Auction.rulesKnown.contains(auction.ruleVersion) else {
            throw AuctionReadingRefusal.rulesUnknown(auction.ruleVersion)
        }
        guard let seed = auction.seed else { throw NotFound("auction's seed") }
        market = try AuctionMarket(
            id: auction.id.uuid.bits, seed: seed, tasks: auction.tasks, redundancy: auction.redundancy,
            floorMinor: auction.floorMinor, ceilingMinor: auction.ceilingMinor,
            reserveScoreMinor: auction.reserveScoreMinor ?? -AuctionMarket.Bounds.scoreMax,
            budgetMinor: auction.budgetMinor, stepBasisPoints: auction.stepBasisPoints ?? 200, bidders: bids
        )
        result = try market.clear(auction.lane)
    }
}
