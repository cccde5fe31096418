internal import Matching

/// S8: a cell of eight bidders, three of whom bid as a ring in three of ten auctions, cleared and screened by the real
/// modules; what the ring takes, and whether the screen sees it.
enum BidRing {
    private static let (bidders, ring, auctions) = (8, 3, 80)

    /// Auctions with the ring against the same ones without.
    static func metrics(seed: UInt64) throws -> [WeekMetric: Double] {
        let ringed = try History(seed: seed, isRinged: true)
        let clean = try History(seed: seed, isRinged: false)
        let found = Set(
            ringed.history.screened().findings.filter { $0.score >= ScreenReport.threshold }.flatMap(\.bidders))
        let members = Set((0..<UInt128(ring)).map { $0 + 1 })
        let alarms = clean.history.screened().findings.filter { $0.score >= ScreenReport.threshold }
        return [
            .ringOvercharge: Double(ringed.paid) / Double(max(clean.paid, 1)) - 1,
            .ringSeen: Double(found.intersection(members).count) / Double(ring),
            .ringFalseAlarms: Double(Set(alarms.flatMap(\.bidders)).count) / Double(bidders),
        ]
    }

    private struct History {
        let history: ScreenHistory
        /// In minor units, over all auctions.
        private(set) var paid: Int64 = 0

        init(seed: UInt64, isRinged: Bool) throws {
            var found: [ScreenedAuction] = []
            for number in 0..<auctions {
                var random = PolicyRandom(seed: seed &+ 808, subject: UInt128(number))
                let shock = 0.25 * random.normal()
                let isCoordinated = random.unit() < 0.3 && isRinged
                var costs: [Int64] = []
                for bidder in 0..<bidders {
                    var own = PolicyRandom(seed: seed &+ 809, subject: UInt128(bidder))
                    let level = 9 + 0.2 * own.normal()
                    let slope = 0.7 + 0.6 * own.unit()
                    let spread = 0.08 + 0.14 * own.unit()
                    let cost = PureMath.exp(level + slope * shock + spread * random.normal())
                    costs.append(PureMath.scaled(50, by: (cost / 50).rounded()))
                }
                var bids = costs
                if isCoordinated {
                    let chosen = number % ring
                    let high = PureMath.scaled(costs[chosen], by: 1.2 + 0.3 * random.unit())
                    for member in 0..<ring {
                        let cover = PureMath.scaled(high, by: 1.03 + 0.17 * random.unit())
                        bids[member] = member == chosen ? high : max(cover, costs[member])
                    }
                }
                // The least bid wins, and is paid the second: the sealed lane with equal qualities.
                let sorted = bids.indices.sorted { bids[$0] != bids[$1] ? bids[$0] < bids[$1] : $0 < $1 }
                paid += bids[sorted[1]]
                found.append(
                    ScreenedAuction(
                        id: UInt128(number) + 1,
                        bids: bids.indices.map {
                            ScreenedBid(
                                bidder: UInt128($0) + 1, bidMinor: bids[$0], qualityMinor: 0, isWinner: $0 == sorted[0])
                        }))
            }
            history = try ScreenHistory(auctions: found)
        }
    }
}
