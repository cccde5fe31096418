import Foundation
import Matching

/// Histories of a cell of eight bidders, clean or with a ring of three that covers for each other in three of ten
/// auctions. Ids are drawn, so that neither an id nor a place says who is in the ring.
struct RingMarkets {
    var auctions = 80
    var bidders = 8
    var ringSize = 3
    /// Of ten auctions, in how many the ring coordinates.
    var coordinatedOfTen = 3
    /// How much the designated winner asks above cost, from and to.
    var markup = 0.2...0.5

    struct Drawn {
        let history: ScreenHistory
        /// Empty in a clean market.
        let ring: Set<UInt128>
        /// The auctions in which the ring coordinated.
        let coordinated: Set<UInt128>
    }

    /// Costs are a bidder's level times the auction's own (which each bidder follows more or less) times a rest whose
    /// spread differs by bidder and now and then is large; bids are costs in steps of 50, as people write them.
    func draw(isRinged: Bool, _ random: inout SplitMix64) throws -> Drawn {
        let ids = (0..<bidders).map { _ in UInt128(random.next()) }
        let ring = isRinged ? Array(ids.shuffled(using: &random).prefix(ringSize)) : []
        let levels = ids.map { _ in 9 + 0.2 * normal(&random) }
        let slopes = ids.map { _ in Double.random(in: 0.7...1.3, using: &random) }
        let spreads = ids.map { _ in Double.random(in: 0.08...0.22, using: &random) }
        let presence = ids.map { _ in Double.random(in: 0.65...1, using: &random) }
        let qualities = ids.map { _ in Int64.random(in: 0...2_000, using: &random) }
        let wanted = 1 + random.below(2)
        var found: [ScreenedAuction] = []
        var coordinated: Set<UInt128> = []
        var turn = random.below(ringSize)
        for _ in 0..<auctions {
            let id = UInt128(random.next())
            let shock = 0.25 * normal(&random)
            var costs: [UInt128: Double] = [:]
            for (place, bidder) in ids.enumerated() where Double.random(in: 0..<1, using: &random) < presence[place] {
                let rest = spreads[place] * normal(&random) * (random.below(20) == 0 ? 2.5 : 1)
                costs[bidder] = exp(levels[place] + slopes[place] * shock + rest)
            }
            var asks = costs
            let present = ring.filter { costs[$0] != nil }
            if present.count >= 2, random.below(10) < coordinatedOfTen {
                coordinated.insert(id)
                let designated = present[turn % present.count]
                turn += 1
                let high = (costs[designated] ?? 0) * (1 + Double.random(in: markup, using: &random))
                asks[designated] = high
                for cover in present where cover != designated {
                    let above = high * (1 + Double.random(in: 0.03...0.2, using: &random))
                    asks[cover] = max(above, costs[cover] ?? 0)
                }
            }
            found.append(auction(id, ids, asks, qualities, wanted: wanted))
        }
        return Drawn(
            history: try ScreenHistory(auctions: found), ring: Set(ring), coordinated: coordinated)
    }

    /// Who wins by the sealed lane's rule.
    private func auction(
        _ id: UInt128, _ ids: [UInt128], _ asks: [UInt128: Double], _ qualities: [Int64], wanted: Int
    ) -> ScreenedAuction {
        let bids = ids.enumerated().compactMap { place, bidder in
            asks[bidder].map { ask in
                (bidder: bidder, bid: Int64((ask / 50).rounded()) * 50, quality: qualities[place])
            }
        }
        let best = bids.sorted { $0.quality - $0.bid > $1.quality - $1.bid }.prefix(wanted).map(\.bidder)
        return ScreenedAuction(
            id: id,
            bids: bids.map {
                ScreenedBid(
                    bidder: $0.bidder, bidMinor: $0.bid, qualityMinor: $0.quality, isWinner: best.contains($0.bidder))
            })
    }

    private func normal(_ random: inout SplitMix64) -> Double {
        let radius = (-2 * log(Double.random(in: Double.leastNonzeroMagnitude...1, using: &random))).squareRoot()
        return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &random))
    }
}

/// The chance that one of the first is above one of the second, ties half: the area under the ROC curve.
func areaUnderCurve(_ positive: [Double], _ negative: [Double]) -> Double {
    let sorted = negative.sorted()
    func place(_ holds: (Double) -> Bool) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(sorted[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
    let wins = positive.reduce(0.0) { sum, value in
        sum + Double(place { $0 >= value } + place { $0 > value }) / 2
    }
    return wins / Double(max(1, positive.count * negative.count))
}
