import Matching
import Testing

@Suite("Auctions against trying everything")
struct AuctionBruteForceTests {
    @Test("of every market of three bidders and two units: the same winners and payments", arguments: 0..<4)
    func everyMarketOfThree(kind: Int) throws {
        let (tasks, redundancy) = kind < 2 ? (2, 1) : (1, 2)
        let reserve: Int64 = kind.isMultiple(of: 2) ? -1 : -9
        // A bidder's quality, bid and quantity: 2 x 3 x 2 of them.
        var choices: [(quality: Int64, bid: Int64, quantity: Int)] = []
        for choice in 0..<12 { choices.append((Int64(choice % 2), Int64(choice / 2 % 3), choice / 6 + 1)) }
        var count = 0
        for all in 0..<(12 * 12 * 12) {
            var bidders: [AuctionMarket.Bidder] = []
            for (place, number) in [all % 12, all / 12 % 12, all / 144].enumerated() {
                let choice = choices[number]
                bidders.append(
                    AuctionMarket.Bidder(
                        id: UInt128(place), qualityMinor: choice.quality, bidMinor: choice.bid,
                        quantity: choice.quantity))
            }
            let market = try AuctionMarket(
                id: UInt128(all), seed: [UInt8](repeating: UInt8(kind), count: 32), tasks: tasks,
                redundancy: redundancy, floorMinor: 0, ceilingMinor: 2, reserveScoreMinor: reserve,
                budgetMinor: Int64(all % 5), bidders: bidders
            )
            try checkSealed(market)
            try checkClock(market)
            count += 1
        }
        #expect(count == 1_728)
    }

    @Test("of random markets of up to seven bidders and five units: the same winners and payments", arguments: 0..<4)
    func randomMarkets(part: Int) throws {
        var random = SplitMix64(state: UInt64(part) &+ 41)
        var outcomes: Set<AuctionOutcome> = []
        for _ in 0..<60 {
            let market = try AuctionDraw.small(&random)
            outcomes.insert(try checkSealed(market))
            outcomes.insert(try checkClock(market))
        }
        #expect(outcomes.isSuperset(of: [.cleared, .partlyFilled]), "the markets do not show every case: \(outcomes)")
    }

    @Test("of random markets after a lapse: the next move up at the price of the market without it", arguments: 0..<4)
    func lapses(part: Int) throws {
        var random = SplitMix64(state: UInt64(part) &+ 141)
        var rises = 0
        for _ in 0..<60 {
            let market = try AuctionDraw.small(&random)
            let winners = try market.clear(.sealed).winners
            guard let gone = winners.randomElement(using: &random) else { continue }
            let kept = random.below(gone.units)
            var held = Dictionary(uniqueKeysWithValues: winners.map { ($0.bidder, $0.units) })
            held[gone.bidder] = kept
            let without = try market.replacing(gone.bidder, quantity: max(1, kept), isOut: kept == 0)
            let trying = AuctionTrying(market: without)
            let bids = without.bidders.map(\.bidMinor)
            let units = trying.sealedUnits(bids: bids, order: trying.byHash)
            var expected: [UInt128: (Int, Int64)] = [:]
            for (place, bidder) in without.bidders.enumerated() where units[place] > held[bidder.id] ?? 0 {
                let further = ((held[bidder.id] ?? 0) + 1)...units[place]
                let prices = try further.map { unit in
                    try #require(trying.sealedPrice(of: place, unit: unit, bids: bids))
                }
                expected[bidder.id] = (further.count, prices.reduce(0, +))
            }
            let found = try market.movingUp(.sealed, after: [gone.bidder], held: held)
            #expect(found.count == expected.count, "\(market)")
            for rise in found {
                #expect(rise.units == expected[rise.bidder]?.0 && rise.paymentMinor == expected[rise.bidder]?.1)
            }
            rises += found.count
        }
        #expect(rises > 10)
    }

    @discardableResult
    private func checkSealed(_ market: AuctionMarket) throws -> AuctionOutcome {
        let result = try market.clear(.sealed)
        let expected = AuctionTrying(market: market).sealed()
        for (bidder, (units, payment)) in zip(market.bidders, expected) {
            let standing = try #require(result.standing(of: bidder.id))
            #expect(standing.units == units && standing.paymentMinor == payment, "sealed, \(bidder.id) of \(market)")
        }
        #expect(result.unitsFilled == expected.reduce(0) { $0 + $1.units })
        #expect(result.paymentMinor == expected.reduce(0) { $0 + $1.payment })
        return result.outcome
    }

    @discardableResult
    private func checkClock(_ market: AuctionMarket) throws -> AuctionOutcome {
        let result = try market.clear(.clock)
        let (units, price) = AuctionTrying(market: market).clock(budget: try #require(market.budgetMinor))
        for (bidder, units) in zip(market.bidders, units) {
            let standing = try #require(result.standing(of: bidder.id))
            #expect(
                standing.units == units && standing.paymentMinor == Int64(units) * price,
                "clock, \(bidder.id) of \(market)")
        }
        #expect(result.clearingPriceMinor == (result.unitsFilled > 0 ? price : nil))
        return result.outcome
    }
}
