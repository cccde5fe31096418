/// How an auction is cleared.
package enum AuctionLane: String, Hashable, Sendable, CaseIterable {
    /// Second score: the best scores win, each is paid the most at which they would still have won.
    case sealed
    /// A price that falls until those who stay fit the budget; everyone staying is paid it.
    case clock
}

/// How an auction ended.
package enum AuctionOutcome: String, Hashable, Sendable, CaseIterable {
    /// Every unit was won.
    case cleared
    /// Some units were won: the others met no reserve, no budget, or no bidder.
    case partlyFilled = "partly_filled"
    /// Nobody's score was at or above the reserve.
    case reserveNotMet = "reserve_not_met"
    /// In one step of the clock all left who had stayed, and those were too many before.
    case everyoneLeft = "everyone_left"
    /// The budget does not buy one unit at the floor.
    case budgetTooSmall = "budget_too_small"
    /// Fewer than ``AuctionMarket/Bounds/biddersMin`` bidders: the posted pay stands.
    case tooFewBidders = "too_few_bidders"
}

/// What an auction came to. It depends on the market and the lane alone, never on the order of the bids.
package struct AuctionResult: Hashable, Sendable {
    /// One bidder in the result.
    package struct Standing: Hashable, Sendable {
        /// The worker.
        package let bidder: UInt128
        /// Quality less bid; decides in the sealed lane only.
        package let scoreMinor: Int64
        /// How many units were won.
        package let units: Int
        /// What all of them are paid together.
        package let paymentMinor: Int64

        /// What each unit is paid: the payment in even parts, the first ones a minor unit more where it does not come
        /// out even. Each part is at least the bid and at most the ceiling.
        package func payment(ofUnit place: Int) -> Int64 {
            AuctionResult.part(place, of: paymentMinor, units: units)
        }
    }

    /// How it was cleared.
    package let lane: AuctionLane
    /// How it ended.
    package let outcome: AuctionOutcome
    /// How many units were wanted.
    package let unitsWanted: Int
    /// How many were won.
    package let unitsFilled: Int
    /// What all units are paid together.
    package let paymentMinor: Int64
    /// Sealed lane: the score of the last unit that won; nil if none did.
    package let cutOffScoreMinor: Int64?
    /// Sealed lane: the best score of a unit that did not win though it is at or above the reserve; nil if there is
    /// none.
    package let bestLosingScoreMinor: Int64?
    /// Clock lane: what each unit is paid; nil if none was won.
    package let clearingPriceMinor: Int64?
    /// Every bidder. Sealed lane: the best score first. Clock lane: the lowest bid first. Ties by their hash.
    package let standings: [Standing]

    /// Who won, in the order of ``standings``.
    package var winners: [Standing] { standings.filter { $0.units > 0 } }

    /// The units that nobody won.
    package var unitsUnfilled: Int { unitsWanted - unitsFilled }

    /// The part of one unit, from 0, of what several are paid together; 0 for one that is not among them.
    package static func part(_ place: Int, of payment: Int64, units: Int) -> Int64 {
        guard (0..<units).contains(place) else { return 0 }
        let (even, rest) = payment.quotientAndRemainder(dividingBy: Int64(units))
        return even + (Int64(place) < rest ? 1 : 0)
    }
}

/// Units that come to a bidder because others let theirs lapse.
package struct AuctionRise: Hashable, Sendable {
    /// The worker.
    package let bidder: UInt128
    /// How many units more than they hold.
    package let units: Int
    /// What these are paid together; each part is at least the bid and at most the ceiling.
    package let paymentMinor: Int64

    /// What each of the units is paid, as ``AuctionResult/Standing/payment(ofUnit:)``.
    package func payment(ofUnit place: Int) -> Int64 { AuctionResult.part(place, of: paymentMinor, units: units) }
}
