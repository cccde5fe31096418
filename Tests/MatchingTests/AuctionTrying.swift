import Crypto
import Matching

/// Auctions cleared by trying everything, from the rules' words and nothing of the code's. For very small markets.
struct AuctionTrying {
    let market: AuctionMarket

    var wanted: Int { market.tasks * market.redundancy }

    /// The order of the hashes: places in the market's bidders, the lowest hash first.
    var byHash: [Int] {
        func bytes(_ id: UInt128) -> [UInt8] { (0..<16).map { UInt8(truncatingIfNeeded: id >> (8 * (15 - $0))) } }
        let hashes = market.bidders.map { Array(SHA256.hash(data: bytes(market.id) + bytes($0.id) + market.seed)) }
        return market.bidders.indices.sorted { hashes[$0].lexicographicallyPrecedes(hashes[$1]) }
    }

    /// Units by place: of all allocations the one with the greatest sum of score above reserve, then with the most
    /// units, then with the most for the first in the order of ties, and so on.
    func sealedUnits(bids: [Int64], order: [Int]) -> [Int] {
        let most = market.bidders.map { min($0.quantity, market.tasks) }
        let gains = zip(market.bidders, bids).map { $0.qualityMinor - $1 - market.reserveScoreMinor }
        var best: (gain: Int64, units: Int, inOrder: [Int])?
        var now = [Int](repeating: 0, count: order.count)
        func tryFrom(_ place: Int, left: Int, gain: Int64) {
            guard place < order.count else {
                let units = wanted - left
                if let best {
                    if (gain, units) < (best.gain, best.units) { return }
                    if (gain, units) == (best.gain, best.units), !best.inOrder.lexicographicallyPrecedes(now) {
                        return
                    }
                }
                best = (gain, units, now)
                return
            }
            let bidder = order[place]
            for units in 0...(gains[bidder] < 0 ? 0 : min(most[bidder], left)) {
                now[place] = units
                tryFrom(place + 1, left: left - units, gain: gain + Int64(units) * gains[bidder])
            }
            now[place] = 0
        }
        tryFrom(0, left: wanted, gain: 0)
        var units = [Int](repeating: 0, count: order.count)
        for (place, bidder) in order.enumerated() { units[bidder] = best?.inOrder[place] ?? 0 }
        return units
    }

    /// What a bidder's n-th unit is paid, from 1: the highest admissible bid at which so many units are still won, were
    /// every tie theirs. Nil if no bid wins so many.
    func sealedPrice(of bidder: Int, unit: Int, bids: [Int64]) -> Int64? {
        let order = [bidder] + byHash.filter { $0 != bidder }
        return (market.floorMinor...market.ceilingMinor).last { bid in
            var bids = bids
            bids[bidder] = bid
            return sealedUnits(bids: bids, order: order)[bidder] >= unit
        }
    }

    /// Units and payment by place.
    func sealed() -> [(units: Int, payment: Int64)] {
        let bids = market.bidders.map(\.bidMinor)
        return sealedUnits(bids: bids, order: byHash).enumerated().map { bidder, units in
            let prices = (0..<units).compactMap { sealedPrice(of: bidder, unit: $0 + 1, bids: bids) }
            return prices.count == units ? (units, prices.reduce(0, +)) : (-1, -1)
        }
    }

    /// Units by place, and the price, by walking down the clock.
    func clock(budget: Int64) -> (units: [Int], price: Int64) {
        var price = market.ceilingMinor
        while true {
            let units = market.bidders.map { $0.bidMinor <= price ? min($0.quantity, market.tasks) : 0 }
            let sum = units.reduce(0, +)
            if sum <= wanted, Int64(sum) * price <= budget { return (units, price) }
            if price == market.floorMinor { break }
            var next = price * (10_000 - Int64(market.stepBasisPoints))
            // Rounded up: the fall is rounded down.
            next = next / 10_000 + (next % 10_000 > 0 ? 1 : 0)
            price = max(market.floorMinor, min(next, price - 1))
        }
        var units = market.bidders.map { _ in 0 }
        for bidder in byHash where market.bidders[bidder].bidMinor <= price {
            let most = min(market.bidders[bidder].quantity, market.tasks)
            while units[bidder] < most, units.reduce(0, +) < wanted, Int64(units.reduce(1, +)) * price <= budget {
                units[bidder] += 1
            }
        }
        return (units, price)
    }
}

/// Seeded markets of every kind.
enum AuctionDraw {
    static func seed(_ random: inout SplitMix64) -> [UInt8] { (0..<32).map { _ in UInt8(random.below(256)) } }

    /// At most 7 bidders and 5 units, in a narrow range: full of ties, of bids at the reserve, floor and ceiling.
    static func small(_ random: inout SplitMix64) throws(AuctionMarketFault) -> AuctionMarket {
        let (tasks, redundancy) = [(1, 1), (2, 1), (3, 1), (5, 1), (1, 2), (2, 2), (1, 5)][random.below(7)]
        let floor = Int64(random.below(3))
        let ceiling = floor + Int64(random.below(9))
        let spread = [1, 4, 10][random.below(3)]
        return try AuctionMarket(
            id: UInt128(random.next()), seed: seed(&random), tasks: tasks, redundancy: redundancy, floorMinor: floor,
            ceilingMinor: ceiling, reserveScoreMinor: Int64(random.below(12) - 10),
            budgetMinor: Int64(random.below(40)), stepBasisPoints: [1, 200, 1_500, 5_000][random.below(4)],
            bidders: (0..<(3 + random.below(5))).map { _ in
                AuctionMarket.Bidder(
                    id: UInt128(random.next()), qualityMinor: Int64(random.below(spread)),
                    bidMinor: Int64.random(in: floor...ceiling, using: &random), quantity: 1 + random.below(4))
            }
        )
    }

    /// Realistic amounts, 3 to `most` bidders.
    static func market(most: Int, least: Int = 3, _ random: inout SplitMix64) throws(AuctionMarketFault)
        -> AuctionMarket
    {
        let tasks = 1 + random.below(most)
        let redundancy = 1 + random.below(3)
        let floor = Int64(500 + random.below(1_000))
        let ceiling = floor + Int64(1 + random.below(20_000))
        let spread = 1 + random.below(6_000)
        let grain = [1, 50, 1_000][random.below(3)]
        return try AuctionMarket(
            id: UInt128(random.next()), seed: seed(&random), tasks: tasks, redundancy: redundancy, floorMinor: floor,
            ceilingMinor: ceiling, reserveScoreMinor: Int64(random.below(20_000)) - 20_000,
            budgetMinor: Int64(random.below(tasks * redundancy + 1)) * ceiling
                / Int64(1 + random.below(3)),
            stepBasisPoints: [50, 200, 1_000][random.below(3)],
            bidders: (0..<(least + random.below(most - least + 1))).map { _ in
                let bid = floor + Int64(random.below(Int(ceiling - floor) + 1) / grain * grain)
                return AuctionMarket.Bidder(
                    id: UInt128(random.next()) << 64 | UInt128(random.next()),
                    qualityMinor: Int64(random.below(spread) / grain * grain), bidMinor: min(ceiling, bid),
                    quantity: 1 + random.below(4))
            }
        )
    }
}

extension AuctionMarket {
    /// The same market with one bid another, or without it.
    func replacing(_ id: UInt128, bid: Int64? = nil, quantity: Int? = nil, isOut: Bool = false) throws -> AuctionMarket
    {
        try with(
            bidders.compactMap { bidder in
                guard bidder.id == id else { return bidder }
                return isOut
                    ? nil
                    : Bidder(
                        id: id, qualityMinor: bidder.qualityMinor, bidMinor: bid ?? bidder.bidMinor,
                        quantity: quantity ?? bidder.quantity)
            })
    }
}

extension AuctionResult {
    func standing(of id: UInt128) -> Standing? { standings.first { $0.bidder == id } }
}
