package import Matching

/// How the price of work comes about, in one sentence for each side. The posted lane's are with it; these are the only
/// places that say it.
package enum LaneSentence: String, Sendable, CaseIterable {
    case posted, sealed, clock

    package init(_ lane: AuctionLane) {
        switch lane {
        case .sealed: self = .sealed
        case .clock: self = .clock
        }
    }

    package var forWorkers: String {
        switch self {
        case .posted: PostedLane.sentence(for: .worker)
        case .sealed:
            "You are paid the highest amount at which you would still have won; bidding lower or higher than your true "
                + "minimum can only cost you."
        case .clock:
            "The price falls in steps until the work of all who stay fits the budget, and everyone staying is paid "
                + "that one price, so stay for exactly as long as it is not below your true minimum."
        }
    }

    package var forRequesters: String {
        switch self {
        case .posted: PostedLane.sentence(for: .requester)
        case .sealed:
            "The best quality for its price wins at or above your reserve, and you pay each winner the most at which "
                + "they would still have won, never above the ceiling."
        case .clock:
            "You name a sum, and get as many units as the first price buys at which all who stay fit it; the sum is "
                + "never passed."
        }
    }

    /// What keeps truthfulness where a worker bids in several auctions at once.
    package static let waves =
        "Each auction is decided by itself, at its own close, and nothing sets auctions that need the same hours one "
        + "after another. All your live bids together are held within your free hours instead, so that winning "
        + "everything you bid for never asks for more than you give; a bid that you withdraw gives its hours back."
}
