internal import Foundation

/// How far each bid lies from what this bidder usually asks in such an auction, in standard deviations of that bidder.
///
/// The logarithm of a bid is taken to be the bidder's level, plus the auction's (what makes a whole auction dearer,
/// which every bidder follows at their own slope), plus a rest. Levels are medians, so that a few who bid high
/// together do not lift what all are compared with; slopes are shrunk towards 1. Rests beyond ``clip`` are cut, so
/// that no single bid makes a finding.
struct BidResiduals {
    /// By bidder, as in ``ScreenHistory/compared``, and auction; NaN where there is no bid.
    let values: [[Double]]

    /// Beyond how many deviations a rest is cut.
    static let clip = 3.0
    /// How many bids a bidder needs to have a level.
    static let bidsMin = 10
    /// How many bidders with a level an auction needs.
    static let biddersMin = 4
    private static let rounds = 6

    init(_ history: ScreenHistory, _ bidders: [UInt128]) {
        let place = Dictionary(uniqueKeysWithValues: bidders.enumerated().map { ($0.element, $0.offset) })
        var logs = bidders.map { _ in [Double](repeating: .nan, count: history.auctions.count) }
        for (auction, found) in history.auctions.enumerated() {
            for bid in found.bids {
                guard let bidder = place[bid.bidder], bid.bidMinor > 0 else { continue }
                logs[bidder][auction] = log(Double(bid.bidMinor))
            }
        }
        for bidder in logs.indices where logs[bidder].count(where: { !$0.isNaN }) < Self.bidsMin {
            logs[bidder] = logs[bidder].map { _ in .nan }
        }
        values = Self.rests(logs, auctions: history.auctions.count)
    }

    private static func rests(_ logs: [[Double]], auctions: Int) -> [[Double]] {
        var rests = logs
        var auctionLevels = [Double](repeating: 0, count: auctions)
        var slopes = [Double](repeating: 1, count: logs.count)
        for round in 0..<rounds {
            var levels = [Double](repeating: 0, count: logs.count)
            for bidder in logs.indices {
                levels[bidder] =
                    seen(logs[bidder].indices.map { logs[bidder][$0] - slopes[bidder] * auctionLevels[$0] })
                    .screenMedian
            }
            for auction in 0..<auctions {
                let column = seen(logs.indices.map { (logs[$0][auction] - levels[$0]) / slopes[$0] })
                auctionLevels[auction] = column.count >= biddersMin ? column.screenMedian : .nan
            }
            for bidder in logs.indices {
                let own = logs[bidder]
                rests[bidder] = own.indices.map { own[$0] - levels[bidder] - slopes[bidder] * auctionLevels[$0] }
                if round < rounds - 1 { slopes[bidder] = slope(own, auctionLevels, rests[bidder]) }
            }
            if round < rounds - 1 { auctionLevels = auctionLevels.map { $0.isNaN ? 0 : $0 } }
        }
        return rests.map { row in
            let deviation = max(seen(row).robustDeviation, 1e-6)
            return row.map { $0.isNaN ? .nan : min(clip, max(-clip, $0 / deviation)) }
        }
    }

    /// The least-squares slope of a bidder on the auctions' levels, shrunk towards 1 by as much as the rests weigh.
    private static func slope(_ own: [Double], _ levels: [Double], _ rests: [Double]) -> Double {
        let shared = own.indices.filter { !own[$0].isNaN && !levels[$0].isNaN }
        guard shared.count >= bidsMin else { return 1 }
        let ownMean = shared.reduce(0) { $0 + own[$1] } / Double(shared.count)
        let mean = shared.reduce(0) { $0 + levels[$1] } / Double(shared.count)
        let deviation = seen(rests).robustDeviation
        let weight = deviation * deviation * Double(shared.count) / 4
        let product = shared.reduce(weight) { $0 + (own[$1] - ownMean) * (levels[$1] - mean) }
        let square = shared.reduce(weight) { $0 + (levels[$1] - mean) * (levels[$1] - mean) }
        return square > 1e-9 ? min(3, max(1.0 / 3, product / square)) : 1
    }

    private static func seen(_ values: [Double]) -> [Double] { values.filter { !$0.isNaN } }
}
