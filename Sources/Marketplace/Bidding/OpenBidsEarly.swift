internal import Formats
internal import Foundation
internal import Store

/// Why bids are not opened before their close. In order of precedence.
package enum EarlyOpeningRefusal: Refusal, CaseIterable {
    /// A program does not open bids early.
    case noPerson
    /// They have bid in it.
    case isBidder
    /// The auction takes no more bids.
    case closed
    /// Somebody has asked for it already.
    case alreadyProposed
    /// Nobody has asked for it.
    case notProposed
    /// Whoever asked for it cannot confirm it.
    case sameOperator

    package var code: String {
        switch self {
        case .noPerson: "opener_is_no_person"
        case .isBidder: "opener_is_bidder"
        case .closed: "auction_closed"
        case .alreadyProposed: "opening_already_proposed"
        case .notProposed: "opening_not_proposed"
        case .sameOperator: "same_operator"
        }
    }

    package var message: String {
        switch self {
        case .noPerson: "Bids are opened early by people, not by programs."
        case .isBidder: "You have bid in the auction. Somebody else must open its bids."
        case .closed: "The auction takes no more bids."
        case .alreadyProposed: "Somebody has asked for it. A second operator must confirm it."
        case .notProposed: "Nobody has asked for it. One operator must, before another confirms."
        case .sameOperator: "You asked for it. A second operator must confirm it."
        }
    }
}

/// Ends the bidding of an auction before its time, so that its bids are opened: one operator asks for it, another
/// confirms.
package struct OpenBidsEarly: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Asks for it.
    ///
    /// - Parameter reasons: 1 to 2,000 characters.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``; ``EarlyOpeningRefusal``.
    package func propose(_ auction: Auction.Key, reasons: String, by actor: Principal.ID) async throws {
        let reasons = try PlainText.lines(reasons, field: "reasons", lengthMax: 2_000)
        try await market.change { change in
            let (held, _, change) = try await change.bidsToOpen(in: auction, by: actor)
            guard try await change.transaction.insertEarlyOpening(of: auction, reasons: reasons, by: actor) else {
                throw EarlyOpeningRefusal.alreadyProposed
            }
            try await change.recordAuction(
                "early_opening_proposed", of: held, by: actor, facts: ["reasons": .string(reasons)])
        }
    }

    /// Does it, as the second person.
    ///
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``EarlyOpeningRefusal``.
    package func confirm(_ auction: Auction.Key, by actor: Principal.ID) async throws {
        try await market.change { change in
            let (held, batch, change) = try await change.bidsToOpen(in: auction, by: actor)
            guard let proposer = try await change.transaction.earlyOpeningProposer(of: auction) else {
                throw EarlyOpeningRefusal.notProposed
            }
            guard proposer != actor else { throw EarlyOpeningRefusal.sameOperator }
            try await change.transaction.confirmEarlyOpening(of: auction, by: actor)
            try await change.recordAuction(
                "early_opening_confirmed", of: held, by: actor, facts: ["proposed_by": .string("\(proposer)")])
            try await change.closeBidding(held, of: batch, by: actor)
        }
    }
}

extension Change {
    /// An auction whose bids are sealed, locked for a person who is an operator.
    fileprivate func bidsToOpen(
        in key: Auction.Key, by actor: Principal.ID
    ) async throws -> (Auction, Batch, Change) {
        try await transaction.authorize(actor, as: .operator)
        guard try await transaction.isPerson(actor) else { throw EarlyOpeningRefusal.noPerson }
        guard try await !transaction.hasBid(Worker.ID(actor.uuid), in: [key.id.uuid]) else {
            throw EarlyOpeningRefusal.isBidder
        }
        guard let (auction, batch, change) = try await lockToSettle(key) else { throw NotFound("auction") }
        guard auction.state == .open, change.instant < auction.closesAt else { throw EarlyOpeningRefusal.closed }
        return (auction, batch, change)
    }
}
