import Matching
import Testing

@Suite("Auctions")
struct AuctionRuleTests {
    private static let seed = [UInt8](repeating: 7, count: 32)

    private func market(
        tasks: Int = 2, redundancy: Int = 1, floor: Int64 = 0, ceiling: Int64 = 100, reserve: Int64 = -200,
        budget: Int64? = 1_000, step: Int = 200, _ bids: [(quality: Int64, bid: Int64, quantity: Int)]
    ) throws(AuctionMarketFault) -> AuctionMarket {
        try AuctionMarket(
            id: 1, seed: Self.seed, tasks: tasks, redundancy: redundancy, floorMinor: floor, ceilingMinor: ceiling,
            reserveScoreMinor: reserve, budgetMinor: budget, stepBasisPoints: step,
            bidders: bids.enumerated().map {
                .init(
                    id: UInt128($0.offset), qualityMinor: $0.element.quality, bidMinor: $0.element.bid,
                    quantity: $0.element.quantity)
            }
        )
    }

    @Test("the best scores win, and each is paid the most at which it would still have won")
    func secondScore() throws {
        let result = try market([(50, 30, 1), (40, 25, 1), (30, 20, 1)]).clear(.sealed)
        #expect(result.outcome == .cleared)
        #expect(result.standings.map(\.scoreMinor) == [20, 15, 10])
        #expect(result.winners.map(\.bidder) == [0, 1])
        #expect(result.winners.map(\.paymentMinor) == [40, 30])
        #expect(result.cutOffScoreMinor == 15 && result.bestLosingScoreMinor == 10)
    }

    @Test("the j-th unit of a winner takes the place of the j-th that would have won")
    func displacedUnits() throws {
        let result = try market(tasks: 3, [(0, 10, 3), (0, 20, 1), (0, 30, 1), (0, 40, 1)]).clear(.sealed)
        #expect(result.winners.map(\.units) == [3])
        #expect(result.winners.map(\.paymentMinor) == [20 + 30 + 40])
    }

    @Test("a winner who offers more than they win is not paid by their own losing units")
    func ownUnits() throws {
        let result = try market(tasks: 2, [(0, 10, 1), (0, 20, 2), (0, 50, 1)]).clear(.sealed)
        #expect(result.winners.map(\.units) == [1, 1])
        #expect(result.winners.map(\.paymentMinor) == [20, 50])
    }

    @Test("a task's units go to different workers: nobody gets more units than there are tasks")
    func redundancy() throws {
        let result = try market(tasks: 2, redundancy: 2, [(0, 10, 9), (0, 20, 1), (0, 30, 1)]).clear(.sealed)
        #expect(result.standings.map(\.units) == [2, 1, 1])
        #expect(result.outcome == .cleared)
    }

    @Test("where nobody stands behind, the reserve or the ceiling is paid")
    func reserveAndCeiling() throws {
        let reserve = try market(tasks: 5, reserve: -40, [(0, 10, 1), (10, 20, 1), (0, 41, 1)]).clear(.sealed)
        #expect(reserve.outcome == .partlyFilled && reserve.unitsUnfilled == 3)
        #expect(
            reserve.standings.map(\.paymentMinor) == [40, 50, 0]
                || reserve.standings.map(\.paymentMinor) == [50, 40, 0])
        let ceiling = try market(tasks: 5, [(0, 10, 1), (0, 20, 1), (900, 41, 1)]).clear(.sealed)
        #expect(ceiling.standings.map(\.paymentMinor) == [100, 100, 100])
    }

    @Test("nobody at or above the reserve: nothing is awarded")
    func reserveNotMet() throws {
        let result = try market(reserve: -9, [(0, 10, 1), (0, 10, 1), (0, 10, 1)]).clear(.sealed)
        #expect(result.outcome == .reserveNotMet && result.unitsFilled == 0 && result.cutOffScoreMinor == nil)
        let met = try market(reserve: -10, [(0, 10, 1), (0, 11, 1), (0, 11, 1)]).clear(.sealed)
        #expect(met.winners.map(\.paymentMinor) == [10])
    }

    @Test("with fewer than three bidders nothing is awarded", arguments: AuctionLane.allCases)
    func tooFew(lane: AuctionLane) throws {
        let market = try market([(0, 10, 1), (0, 20, 1)])
        let result = try market.clear(lane)
        #expect(result.outcome == .tooFewBidders && result.unitsFilled == 0 && result.paymentMinor == 0)
        #expect(result.standings.count == 2)
        #expect(try market.alternatives(of: 0, bids: [10], lane: lane).map(\.units) == [0])
        #expect(try self.market([]).clear(lane).outcome == .tooFewBidders)
    }

    @Test("ties go by the hash, whatever the order, and another seed breaks them differently")
    func ties() throws {
        var winners: Set<UInt128> = []
        for byte in UInt8(0)..<20 {
            let tied = try AuctionMarket(
                id: 1, seed: [UInt8](repeating: byte, count: 32), tasks: 1, floorMinor: 0, ceilingMinor: 9,
                bidders: (0..<4).map { .init(id: $0, qualityMinor: 0, bidMinor: 5, quantity: 1) }
            )
            let winner = try #require(try tied.clear(.sealed).winners.first)
            #expect(winner.paymentMinor == 5)
            let expected = (UInt128(0)..<4).min {
                AuctionTie(auction: 1, bidder: $0, seed: tied.seed)
                    < AuctionTie(auction: 1, bidder: $1, seed: tied.seed)
            }
            #expect(winner.bidder == expected)
            winners.insert(winner.bidder)
        }
        #expect(winners.count == 4)
    }

    @Test("the clock stops at the first price at which those who stay fit the budget")
    func clock() throws {
        let bids: [(Int64, Int64, Int)] = [(0, 10, 1), (0, 40, 1), (0, 70, 1), (0, 90, 1)]
        let result = try market(tasks: 4, budget: 200, step: 1_000, bids).clear(.clock)
        // 100, 90: 4 stay, 360 in all. 81, 73: 3 stay, 243 and 219. 66: 2 stay, 132.
        #expect(result.clearingPriceMinor == 66 && result.outcome == .partlyFilled)
        #expect(result.winners.map(\.bidder) == [0, 1] && result.paymentMinor == 132)
        let rich = try market(tasks: 4, budget: 400, bids).clear(.clock)
        #expect(rich.clearingPriceMinor == 100 && rich.outcome == .cleared)
    }

    @Test("the clock also falls until no more units are offered than wanted")
    func clockWanted() throws {
        let result = try market(tasks: 2, budget: 100_000, step: 1_000, [(0, 10, 1), (0, 40, 1), (0, 70, 1)]).clear(
            .clock)
        #expect(result.clearingPriceMinor == 66 && result.unitsFilled == 2 && result.outcome == .cleared)
    }

    @Test("at the floor those who stay take turns, each as many as fit")
    func turns() throws {
        let market = try market(tasks: 5, floor: 10, budget: 57, [(0, 10, 3), (0, 10, 3), (0, 10, 3)])
        let result = try market.clear(.clock)
        #expect(result.standings.map(\.units) == [3, 2, 0])
        #expect(result.outcome == .cleared && result.paymentMinor == 50)
        #expect(
            try self.market(floor: 10, budget: 9, [(0, 10, 3), (0, 10, 3), (0, 10, 3)]).clear(.clock).outcome
                == .budgetTooSmall)
    }

    @Test("when all who stayed leave in one step, nothing is bought")
    func everyoneLeaves() throws {
        let result = try market(tasks: 1, [(0, 99, 1), (0, 99, 1), (0, 99, 1)]).clear(.clock)
        #expect(result.outcome == .everyoneLeft && result.clearingPriceMinor == nil)
    }

    @Test("the clock lane without a budget is refused")
    func budgetMissing() throws {
        let market = try market(budget: nil, [(0, 10, 1), (0, 20, 1), (0, 30, 1)])
        #expect(throws: AuctionMarketFault.budgetMissing) { try market.clear(.clock) }
        #expect(try market.clear(.sealed).outcome == .cleared)
    }

    @Test("a market out of bounds is refused", arguments: faultyMarkets)
    func faults(fault: AuctionMarketFault, make: Remake) throws {
        #expect(throws: fault) { try make.market() }
        var sound = make
        sound = Remake()
        #expect(throws: Never.self) { try sound.market() }
    }

    @Test("the largest market there may be is cleared without overflow", arguments: AuctionLane.allCases)
    func largest(lane: AuctionLane) throws {
        let most = AuctionMarket.Bounds.amountMax
        let market = try AuctionMarket(
            id: .max, seed: Self.seed, tasks: 1_000_000, redundancy: 1, floorMinor: 0, ceilingMinor: most,
            budgetMinor: most,
            bidders: (0..<1_000).map {
                .init(
                    id: UInt128($0), qualityMinor: $0.isMultiple(of: 2) ? most : -most,
                    bidMinor: $0.isMultiple(of: 3) ? most : 0, quantity: 1_000_000)
            }
        )
        let result = try market.clear(lane)
        #expect(result.unitsFilled <= 1_000_000 && result.paymentMinor <= AuctionMarket.Bounds.totalMax)
        _ = try AuctionAlternatives(market, lane).of(0, bids: [0, most / 2, most])
        _ = try market.explanation(lane, most: 20)
    }

    private static let faultyMarkets: [(AuctionMarketFault, Remake)] = [
        (.seedMalformed, Remake(seed: [1])), (.tasksOutOfBounds, Remake(tasks: 0)),
        (.tasksOutOfBounds, Remake(tasks: 1_000_001)), (.redundancyOutOfBounds, Remake(redundancy: 0)),
        (.redundancyOutOfBounds, Remake(redundancy: 101)), (.floorOutOfBounds, Remake(floor: -1)),
        (.floorOutOfBounds, Remake(floor: .max)), (.ceilingOutOfBounds, Remake(ceiling: 4)),
        (.ceilingOutOfBounds, Remake(ceiling: .max)), (.reserveOutOfBounds, Remake(reserve: .min)),
        (.budgetOutOfBounds, Remake(budget: -1)), (.budgetOutOfBounds, Remake(budget: .max)),
        (.stepOutOfBounds, Remake(step: 0)), (.stepOutOfBounds, Remake(step: 5_001)),
        (.tooMuchMoney, Remake(tasks: 1_000_000, redundancy: 2, ceiling: 1_000_000_000_000)),
        (.qualityOutOfBounds(bidder: 1), Remake(second: .init(id: 2, qualityMinor: .min, bidMinor: 5, quantity: 1))),
        (.bidOutOfBounds(bidder: 1), Remake(second: .init(id: 2, qualityMinor: 0, bidMinor: 4, quantity: 1))),
        (.bidOutOfBounds(bidder: 1), Remake(second: .init(id: 2, qualityMinor: 0, bidMinor: 101, quantity: 1))),
        (.quantityOutOfBounds(bidder: 1), Remake(second: .init(id: 2, qualityMinor: 0, bidMinor: 5, quantity: 0))),
        (.quantityOutOfBounds(bidder: 1), Remake(second: .init(id: 2, qualityMinor: 0, bidMinor: 5, quantity: .max))),
        (.bidderTwice(bidder: 1), Remake(second: .init(id: 1, qualityMinor: 0, bidMinor: 5, quantity: 1))),
    ]

    /// A sound market of two bidders, but for what is given.
    struct Remake: Sendable {
        var seed = AuctionRuleTests.seed
        var tasks = 2
        var redundancy = 1
        var floor: Int64 = 5
        var ceiling: Int64 = 100
        var reserve: Int64 = 0
        var budget: Int64? = 100
        var step = 200
        var second = AuctionMarket.Bidder(id: 2, qualityMinor: 0, bidMinor: 5, quantity: 1)

        func market() throws(AuctionMarketFault) -> AuctionMarket {
            try AuctionMarket(
                id: 1, seed: seed, tasks: tasks, redundancy: redundancy, floorMinor: floor, ceilingMinor: ceiling,
                reserveScoreMinor: reserve, budgetMinor: budget, stepBasisPoints: step,
                bidders: [.init(id: 1, qualityMinor: 0, bidMinor: min(100, ceiling), quantity: 1), second]
            )
        }
    }
}
