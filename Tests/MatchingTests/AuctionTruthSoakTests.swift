import Foundation
import Matching
import Testing

/// What the lanes promise, for every misreport on a grid: 200 auctions in every run of the tests, 100,000 in a soak.
@Suite("Truthful bids, in a soak of auctions")
struct AuctionTruthSoakTests {
    private static let isSoak = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1"
    private static let parts = 0..<8
    private static var auctionsEach: Int { isSoak ? 12_500 : 25 }
    private static let gridCount = 50

    @Test("nobody gains by another bid or fewer units in the sealed lane", .timeLimit(.minutes(60)), arguments: parts)
    func sealed(part: Int) throws {
        var random = SplitMix64(state: UInt64(part) &* 1_000_003 &+ 7)
        var (asked, won, gained) = (0, 0, 0)
        for _ in 0..<Self.auctionsEach {
            let market = try AuctionDraw.market(most: 9, &random)
            let result = try market.clear(.sealed)
            try checkPayments(market, result)
            let alternatives = try AuctionAlternatives(market, .sealed)
            for bidder in market.bidders {
                let standing = try #require(result.standing(of: bidder.id))
                let truthful = utility(bidder, standing.units, standing.paymentMinor)
                for quantity in 1...bidder.quantity {
                    let others = try alternatives.of(bidder.id, bids: grid(market), quantity: quantity)
                    asked += others.count
                    won += others.count { $0.units > 0 }
                    gained += others.count { utility(bidder, $0.units, $0.paymentMinor) > truthful }
                }
            }
            try checkAgain(market, .sealed, &random)
        }
        #expect(gained == 0, "part \(part): \(gained) of \(asked) misreports gain")
        #expect(won > asked / 20, "hardly any misreport wins anything")
    }

    @Test("no stayer regrets, and no leaver, in the clock lane", .timeLimit(.minutes(60)), arguments: parts)
    func clock(part: Int) throws {
        var random = SplitMix64(state: UInt64(part) &* 1_000_003 &+ 11)
        var (asked, won, gained) = (0, 0, 0)
        for _ in 0..<Self.auctionsEach {
            let market = try AuctionDraw.market(most: 9, &random)
            let result = try market.clear(.clock)
            try checkPayments(market, result)
            let alternatives = try AuctionAlternatives(market, .clock)
            for bidder in market.bidders {
                let standing = try #require(result.standing(of: bidder.id))
                let truthful = utility(bidder, standing.units, standing.paymentMinor)
                let others = try alternatives.of(bidder.id, bids: grid(market))
                asked += others.count
                won += others.count { $0.units > 0 }
                gained += others.count { utility(bidder, $0.units, $0.paymentMinor) > truthful }
            }
            try checkAgain(market, .clock, &random)
        }
        #expect(gained == 0, "part \(part): \(gained) of \(asked) misreports gain")
        #expect(won > asked / 20, "hardly any misreport wins anything")
    }

    @Test("the grid would show a gain: paid what they bid, bidders gain by asking for more")
    func canFail() throws {
        var random = SplitMix64(state: 5)
        var gained = 0
        for _ in 0..<25 {
            let market = try AuctionDraw.market(most: 9, &random)
            let alternatives = try AuctionAlternatives(market, .sealed)
            for bidder in market.bidders {
                let others = try alternatives.of(bidder.id, bids: grid(market))
                gained += others.count { utility(bidder, $0.units, Int64($0.units) * $0.bidMinor) > 0 }
            }
        }
        #expect(gained > 100)
    }

    /// What a bidder keeps who told the truth in the market: the bid is what a unit costs them.
    private func utility(_ truth: AuctionMarket.Bidder, _ units: Int, _ payment: Int64) -> Int64 {
        payment - Int64(units) * truth.bidMinor
    }

    private func grid(_ market: AuctionMarket) -> [Int64] {
        let width = market.ceilingMinor - market.floorMinor
        return (0..<Int64(Self.gridCount)).map { market.floorMinor + width * $0 / Int64(Self.gridCount - 1) }
    }

    /// Every payment at least the bid and at most the ceiling, by the unit; units and money within what there is.
    private func checkPayments(_ market: AuctionMarket, _ result: AuctionResult) throws {
        var (units, payment) = (0, Int64(0))
        for standing in result.standings {
            let place = try #require(market.place(of: standing.bidder))
            let bidder = market.bidders[place]
            try #require(standing.units <= min(bidder.quantity, market.tasks))
            let parts = (0..<standing.units).map { standing.payment(ofUnit: $0) }
            try #require(parts.allSatisfy { (bidder.bidMinor...market.ceilingMinor).contains($0) }, "\(market)")
            try #require(parts.reduce(0, +) == standing.paymentMinor)
            units += standing.units
            payment += standing.paymentMinor
        }
        try #require(units == result.unitsFilled && payment == result.paymentMinor)
        try #require(units <= market.unitsWanted)
        if result.lane == .clock { try #require(payment <= market.budgetMinor ?? 0, "over the budget: \(market)") }
    }

    /// One misreport of the auction cleared anew: the alternatives say the same, and order does not matter.
    private func checkAgain(_ market: AuctionMarket, _ lane: AuctionLane, _ random: inout SplitMix64) throws {
        let bidder = market.bidders[random.below(market.bidders.count)]
        let bid = try #require(grid(market).randomElement(using: &random))
        let quantity = lane == .sealed ? 1 + random.below(bidder.quantity) : bidder.quantity
        let other = try market.replacing(bidder.id, bid: bid, quantity: quantity)
        let again = try other.clear(lane)
        let shuffled = try market.with(other.bidders.shuffled(using: &random)).clear(lane)
        try #require(shuffled == again)
        let standing = try #require(again.standing(of: bidder.id))
        let said = try AuctionAlternatives(market, lane).of(bidder.id, bids: [bid], quantity: quantity)
        try #require(said.count == 1 && said[0].bidMinor == bid)
        try #require(said[0].units == standing.units && said[0].paymentMinor == standing.paymentMinor, "\(market)")
    }
}
