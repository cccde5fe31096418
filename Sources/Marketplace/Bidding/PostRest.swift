internal import Formats
internal import Foundation
internal import Store

/// Why what auctions left of a batch cannot be posted. In order of precedence.
package enum PostRefusal: Refusal {
    /// The batch is not bid for.
    case otherDoor(BatchDoor)
    case batchNotOpen(BatchState)
    /// An auction of the batch is not over.
    case running
    /// So many awards wait for an answer, or for somebody in their place.
    case unsettled(Int)

    package var code: String {
        switch self {
        case .otherDoor: "batch_not_for_bids"
        case .batchNotOpen: "batch_not_open"
        case .running: "auction_running"
        case .unsettled: "awards_unsettled"
        }
    }

    package var message: String {
        switch self {
        case .otherDoor(let door): "The work of the batch goes by \(door.rawValue) already."
        case .batchNotOpen(let state): "The batch is \(state.rawValue) and hands out no work."
        case .running: "An auction of the batch is under way."
        case .unsettled(let count):
            "\(count) awards of the batch wait for an answer, or for somebody in their place. They lapse by themselves."
        }
    }
}

/// Hands out what auctions left of a batch at its posted rate: by claims, as where too few have bid. Nothing does it by
/// itself: the rate may be more than the reserve that nobody met. What was won stays with its winners.
package struct PostRest: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: a publisher of the requester.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``PostRefusal``.
    package func callAsFunction(of key: Batch.Key, by actor: Principal.ID) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizePublisher(actor, for: key.requester)
            guard let batch = try await transaction.lockBatch(key.id, of: key.requester) else {
                throw NotFound("batch")
            }
            guard batch.door == .bid else { throw PostRefusal.otherDoor(batch.door) }
            guard batch.state.isInWork else { throw PostRefusal.batchNotOpen(batch.state) }
            guard try await !transaction.hasRunningAuction(key) else { throw PostRefusal.running }
            let unsettled = try await transaction.unsettledAwards(of: key)
            guard unsettled == 0 else { throw PostRefusal.unsettled(unsettled) }
            try await transaction.fallBack(key)
            try await transaction.forgetRounds(of: key)
            try await change.record(
                "rest_posted", by: actor, on: "batch", batch.id.uuid, in: .requester(key.requester))
        }
    }
}

extension Change {
    /// Tells whoever opened the first auction of a batch that something of it is left and no round follows by itself;
    /// once for each auction, and for each piece of reservations that ended.
    ///
    /// - Parameter award: the last one whose reservation ended, where it is told of that.
    func tellOfRest(of auction: Auction, units: Int, by award: Award.ID? = nil) async throws {
        guard auction.roundsLeft == 0, units > 0 else { return }
        guard let opener = try await transaction.firstOpener(of: auction.batchKey) else { return }
        try await transaction.tell(
            opener, kind: "auction_rest",
            facts: [
                "auction": .string("\(auction.id)"), "requester": .string("\(auction.requester)"),
                "batch": .string("\(auction.batch)"), "units": .integer(Int64(units)),
            ],
            id: make(), dedupKey: "auction_rest/\(auction.id)" + (award.map { "/\($0)" } ?? "")
        )
    }
}
