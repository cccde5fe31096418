import Matching
import Testing

/// What follows a clearing: moving up after lapses, explaining, and how good a lane is.
@Suite("After an auction")
struct AuctionSequelTests {
    @Test(
        "whoever moves up gets what the market without the lapsed units gives", arguments: AuctionLane.allCases, 0..<3)
    func movingUp(lane: AuctionLane, part: Int) throws {
        var random = SplitMix64(state: UInt64(part) &+ 77)
        var risen = 0
        for _ in 0..<100 {
            let market = try AuctionDraw.market(most: 12, &random)
            let first = try market.clear(lane)
            var held = Dictionary(uniqueKeysWithValues: first.winners.map { ($0.bidder, $0.units) })
            var paid: [UInt128: [Int64]] = [:]
            for winner in first.winners {
                paid[winner.bidder] = (0..<winner.units).map { winner.payment(ofUnit: $0) }
            }
            var lapsed: Set<UInt128> = []
            for _ in 0..<4 {
                guard let gone = held.filter({ $0.value > 0 }).keys.sorted().randomElement(using: &random) else {
                    break
                }
                held[gone] = random.below(held[gone] ?? 1)
                paid[gone] = Array((paid[gone] ?? []).suffix(held[gone] ?? 0))
                lapsed.insert(gone)
                for rise in try market.movingUp(lane, after: lapsed, held: held) {
                    #expect(!lapsed.contains(rise.bidder) && rise.units > 0)
                    held[rise.bidder, default: 0] += rise.units
                    paid[rise.bidder, default: []] += (0..<rise.units).map { rise.payment(ofUnit: $0) }
                    risen += 1
                }
                #expect(try market.movingUp(lane, after: lapsed, held: held) == [], "not all moved up at once")
                #expect(held.values.reduce(0, +) <= market.unitsWanted)
                for (id, parts) in paid {
                    let bidder = market.bidders[try #require(market.place(of: id))]
                    #expect(parts.allSatisfy { (bidder.bidMinor...market.ceilingMinor).contains($0) })
                }
                let total = paid.values.reduce(0) { $0 + $1.reduce(0, +) }
                if lane == .clock { #expect(total <= market.budgetMinor ?? 0, "over the budget") }
            }
        }
        #expect(risen > 20)
    }

    @Test("what is said to be held and cannot be is refused")
    func heldTooMany() throws {
        let market = try sample()
        #expect(throws: AuctionMarketFault.heldTooMany(2)) { try market.movingUp(.sealed, after: [], held: [2: 1]) }
        #expect(throws: AuctionMarketFault.heldTooMany(0)) { try market.movingUp(.sealed, after: [], held: [0: 5]) }
        #expect(throws: AuctionMarketFault.noSuchBidder(9)) { try market.movingUp(.sealed, after: [9], held: [:]) }
        let rises = try market.movingUp(.sealed, after: [0], held: [1: 1])
        #expect(rises.map(\.bidder) == [1] && rises.map(\.units) == [1] && rises.map(\.paymentMinor) == [50])
    }

    @Test("an explanation has every bid, the cut-off and what each winner displaces")
    func explanation() throws {
        let found = try sample().explanation(.sealed) { "W\($0)" }
        #expect(found.rest == 0)
        #expect(
            found.lines.suffix(9).map { $0.replacing(#/ \(tie [0-9a-f]+\)/#, with: "") } == [
                "1. W0: score 0 - 10 = -10, offers 1, wins 1",
                "2. W1: score 0 - 20 = -20, offers 2, wins 1",
                "3. W2: score 0 - 50 = -50, offers 1, wins 0",
                "Cut-off: the last unit that wins has the score -20; the best that does not has -20.",
                "W0 is paid 20 for 1:",
                "  1 x 20, up to the displaced score -20: 0 - -20",
                "W1 is paid 50 for 1:",
                "  1 x 50, up to the displaced score -50: 0 - -50",
                "Cleared: 2 of 2 units, 70 paid.",
            ])
    }

    @Test("an explanation of the clock has each step in which somebody leaves")
    func clockExplanation() throws {
        let found = try sample().explanation(.clock) { "W\($0)" }
        #expect(
            found.lines.dropFirst(3).map { $0.replacing(#/ \(tie [0-9a-f]+\)/#, with: "") } == [
                "Price 100: 3 stay with 4 units, costing 400; 2 fit.",
                "(49 steps in which nobody on this page leaves)",
                "  W2 leaves before 49: bid 50, 1 units",
                "Price 49: 2 stay with 3 units, costing 147; 2 fit.",
                "(29 steps in which nobody on this page leaves)",
                "  W1 leaves before 19: bid 20, 2 units",
                "Price 19: 1 stay with 1 units, costing 19; 2 fit: it clears.",
                "  W0 stays: 1 units, paid 19",
                "Partly filled: 1 of 2 units, 19 paid.",
            ])
    }

    @Test("explanations are read in pages that have every bid once", arguments: AuctionLane.allCases)
    func pages(lane: AuctionLane) throws {
        var random = SplitMix64(state: 3)
        for _ in 0..<40 {
            let market = try AuctionDraw.market(most: 30, &random)
            var (named, rest, first) = ([String](), 1, 0)
            while rest > 0 {
                let page = try market.explanation(lane, first: first, most: 4) { "<\($0)>" }
                let bidLines = page.lines.filter { $0.wholeMatch(of: /(\d+\.| ) <\d+>.*(score|leaves|stays).*/) != nil }
                #expect(bidLines.count == min(4, market.bidders.count - first), "\(page.lines)")
                named += bidLines.compactMap { $0.firstMatch(of: /<\d+>/).map { String($0.output) } }
                (rest, first) = (page.rest, first + 4)
            }
            #expect(named.sorted() == market.bidders.map { "<\($0.id)>" }.sorted())
        }
    }

    @Test("the sealed lane has the greatest sum of scores there is")
    func sealedEfficiency() throws {
        var random = SplitMix64(state: 13)
        for _ in 0..<50 {
            let market = try AuctionDraw.market(most: 200, least: 50, &random)
            let units = market.bidders.flatMap { bidder in
                Array(repeating: bidder.qualityMinor - bidder.bidMinor, count: min(bidder.quantity, market.tasks))
            }
            let best = units.filter { $0 >= market.reserveScoreMinor }.sorted(by: >).prefix(market.unitsWanted)
            let result = try market.clear(.sealed)
            #expect(result.winners.reduce(0) { $0 + $1.scoreMinor * Int64($1.units) } == best.reduce(0, +))
            #expect(result.unitsFilled == best.count)
        }
    }

    @Test("the clock buys nearly as many units as the best price for all that knows every bid")
    func clockEfficiency() throws {
        var random = SplitMix64(state: 17)
        let small = try (0..<2_000).compactMap { _ in try share(AuctionDraw.market(most: 20, &random)) }
        let large = try (0..<500).compactMap { _ in try share(AuctionDraw.market(most: 120, least: 50, &random)) }
        let mean = large.reduce(0, +) / Double(large.count)
        let half = Double(small.count { $0 >= 0.5 }) / Double(small.count)
        #expect(small.count > 1_000 && large.count > 250)
        #expect(
            half >= 0.9, "3 to 20 bidders: \(half) have half of it, mean \(small.reduce(0, +) / Double(small.count))")
        #expect(mean >= 0.9, "50 bidders or more: \(mean) on average")
    }

    /// Units of the clock to those of the best uniform price with full information; nil where that buys none.
    private func share(_ market: AuctionMarket) throws -> Double? {
        let budget = try #require(market.budgetMinor)
        var best: Int64 = 0
        var supply: Int64 = 0
        for bidder in market.bidders.sorted(by: { $0.bidMinor < $1.bidMinor }) {
            supply += Int64(min(bidder.quantity, market.tasks))
            best = max(best, min(supply, Int64(market.unitsWanted), budget / max(1, bidder.bidMinor)))
        }
        return best == 0 ? nil : Double(try market.clear(.clock).unitsFilled) / Double(best)
    }

    /// Two units; bids of 10, 20 (two units) and 50.
    private func sample() throws -> AuctionMarket {
        try AuctionMarket(
            id: 1, seed: [UInt8](repeating: 7, count: 32), tasks: 2, floorMinor: 0, ceilingMinor: 100,
            budgetMinor: 1_000,
            bidders: [(10, 1), (20, 2), (50, 1)].enumerated().map {
                .init(id: UInt128($0.offset), qualityMinor: 0, bidMinor: $0.element.0, quantity: $0.element.1)
            }
        )
    }
}
