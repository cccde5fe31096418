/// One bid of a cleared auction, as a screen sees it.
package struct ScreenedBid: Hashable, Sendable {
    /// The worker.
    package let bidder: UInt128
    /// The bid for one unit, above zero.
    package let bidMinor: Int64
    /// The frozen worth of the worker's quality.
    package let qualityMinor: Int64
    /// Whether a unit was won.
    package let isWinner: Bool

    /// A bid; checked when the history is made.
    package init(bidder: UInt128, bidMinor: Int64, qualityMinor: Int64, isWinner: Bool) {
        (self.bidder, self.bidMinor) = (bidder, bidMinor)
        (self.qualityMinor, self.isWinner) = (qualityMinor, isWinner)
    }
}

/// A cleared auction, as a screen sees it.
package struct ScreenedAuction: Hashable, Sendable {
    /// The auction.
    package let id: UInt128
    /// Its bids, in any order.
    package let bids: [ScreenedBid]

    /// An auction; checked when the history is made.
    package init(id: UInt128, bids: [ScreenedBid]) { (self.id, self.bids) = (id, bids) }
}

/// Two workers of whom something outside of their bids says that they belong together: a device, a payee.
package struct ScreenedLink: Hashable, Sendable {
    /// The lower id.
    package let one: UInt128
    /// The higher id.
    package let other: UInt128

    /// A pair, in any order.
    package init(_ one: UInt128, _ other: UInt128) {
        (self.one, self.other) = (min(one, other), max(one, other))
    }
}

/// What a worker was awarded, and did not take.
package struct ScreenedAwards: Hashable, Sendable {
    /// The worker.
    package let bidder: UInt128
    /// Units awarded.
    package let awarded: Int
    /// Of these, let lapse.
    package let lapsed: Int
    /// Of these, declined.
    package let declined: Int
    /// Of these, accepted and not taken in their time.
    package let unused: Int

    /// Counts; checked when the history is made.
    package init(bidder: UInt128, awarded: Int, lapsed: Int, declined: Int = 0, unused: Int = 0) {
        (self.bidder, self.awarded, self.lapsed) = (bidder, awarded, lapsed)
        (self.declined, self.unused) = (declined, unused)
    }

    /// All that was not taken.
    var missed: Int { lapsed + declined + unused }
    /// Whether the counts can be.
    var isPossible: Bool {
        [awarded, lapsed, declined, unused].allSatisfy { (0...Self.unitsMax).contains($0) } && missed <= awarded
    }
    private static let unitsMax = 1_000_000_000_000
}

/// The cleared auctions of one cell (the same trade, level, place and currency), which the screens compare with each
/// other.
package struct ScreenHistory: Sendable {
    /// In the order in which they were closed.
    package let auctions: [ScreenedAuction]
    /// Pairs that belong together, by their ids.
    package let links: [ScreenedLink]
    /// Awards by worker.
    package let awards: [ScreenedAwards]

    /// The sizes up to which a screen is run.
    package enum Bounds {
        /// The most auctions: the latest are the ones to give.
        package static let auctionsMax = 2_000
        /// The most bids of all auctions together.
        package static let bidsMax = 1_000_000
        /// Of how many bidders all pairs are compared: those with the most bids.
        package static let comparedMax = 100
        /// The most links, and the most rows of awards.
        package static let rowsMax = 1_000_000
    }

    /// A checked history.
    /// - Throws: ``ScreenFault``, the first found.
    package init(
        auctions: [ScreenedAuction], links: [ScreenedLink] = [], awards: [ScreenedAwards] = []
    ) throws(ScreenFault) {
        guard auctions.count <= Bounds.auctionsMax else { throw .tooLarge }
        guard links.count <= Bounds.rowsMax, awards.count <= Bounds.rowsMax else { throw .tooLarge }
        var count = 0
        for (place, auction) in auctions.enumerated() {
            count += auction.bids.count
            guard count <= Bounds.bidsMax else { throw .tooLarge }
            guard auction.bids.allSatisfy({ (0...AuctionMarket.Bounds.amountMax).contains($0.bidMinor) }) else {
                throw .bidOutOfBounds(auction: place)
            }
            guard Set(auction.bids.map(\.bidder)).count == auction.bids.count else {
                throw .bidderTwice(auction: place)
            }
        }
        for (place, row) in awards.enumerated() where !row.isPossible {
            throw .awardsMalformed(row: place)
        }
        self.auctions = auctions.map { auction in
            ScreenedAuction(id: auction.id, bids: auction.bids.sorted { $0.bidder < $1.bidder })
        }
        self.links = Set(links).sorted { ($0.one, $0.other) < ($1.one, $1.other) }
        self.awards = awards.sorted { $0.bidder < $1.bidder }
    }

    /// The bidders whose pairs are compared: those with the most bids, by id.
    var compared: [UInt128] {
        var counts: [UInt128: Int] = [:]
        for auction in auctions {
            for bid in auction.bids { counts[bid.bidder, default: 0] += 1 }
        }
        let most = counts.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
        return most.prefix(Bounds.comparedMax).map(\.key).sorted()
    }
}

/// Why a history was refused; the places are those in the input.
package enum ScreenFault: Error, Hashable, Sendable {
    /// More auctions, bids or rows than ``ScreenHistory/Bounds`` has.
    case tooLarge
    /// A bid is below zero or too high.
    case bidOutOfBounds(auction: Int)
    /// A bidder has two bids in one auction.
    case bidderTwice(auction: Int)
    /// More was not taken than was awarded, or less than none.
    case awardsMalformed(row: Int)
}
