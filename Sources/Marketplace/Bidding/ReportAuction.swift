package import Formats
internal import Foundation
internal import Store

/// What an auction came to for its requester: what it costs against what it might have cost, and the quality to expect.
/// No single bid, and nobody's name.
package struct AuctionReport: Sendable {
    package let outcome: String
    package let unitsWanted: Int
    package let unitsFilled: Int
    /// What the winners are paid.
    package let cost: Money
    /// What the same units would have cost had each winner asked for all that the reserve, or the budget, allows.
    package let costAtReserve: Money
    /// What they would have cost at the posted rate.
    package let costAtRate: Money
    /// The mean of the winners' frozen lower bounds, each counted for its units, in ten-thousandths, rounded down;
    /// `nil` when nobody won.
    package let expectedQualityBps: Int?
    /// Units by what became of their awards.
    package let unitsAwarded: Int
    package let unitsAccepted: Int
    package let unitsGivenBack: Int
}

/// Shows a requester what an auction came to.
package struct ReportAuction: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: a publisher of the requester.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``AuctionReadingRefusal/notCleared(_:)``.
    package func callAsFunction(_ key: Auction.Key, by actor: Principal.ID) async throws -> AuctionReport {
        try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: key.requester)
            guard let auction = try await transaction.auction(key) else { throw NotFound("auction") }
            guard auction.state.isCleared else { throw AuctionReadingRefusal.notCleared(auction.state) }
            return try await transaction.report(of: auction)
        }
    }
}

/// Why what came of an auction cannot be read.
package enum AuctionReadingRefusal: Refusal {
    /// Its bids are sealed, or were never opened.
    case notCleared(AuctionState)
    /// It was cleared by rules that this program does not have.
    case rulesUnknown(Int)

    package var code: String {
        switch self {
        case .notCleared: "auction_not_cleared"
        case .rulesUnknown: "auction_rules_unknown"
        }
    }

    package var message: String {
        switch self {
        case .notCleared(let state): "The auction is \(state.rawValue); nothing of its bids can be read."
        case .rulesUnknown(let version):
            "The auction goes by version \(version) of the rules; this program has \(Auction.rulesKnown.upperBound)."
        }
    }
}

extension AuctionReport {
    package var json: JSON {
        [
            "outcome": .string(outcome), "units_wanted": .integer(Int64(unitsWanted)),
            "units_filled": .integer(Int64(unitsFilled)), "currency": .string(cost.currency.code),
            "cost_minor": .integer(cost.minorUnits), "cost_at_reserve_minor": .integer(costAtReserve.minorUnits),
            "cost_at_rate_minor": .integer(costAtRate.minorUnits),
            "expected_quality_bps": expectedQualityBps.map { .integer(Int64($0)) } ?? .null,
            "units_awarded": .integer(Int64(unitsAwarded)), "units_accepted": .integer(Int64(unitsAccepted)),
            "units_given_back": .integer(Int64(unitsGivenBack)),
        ]
    }
}
