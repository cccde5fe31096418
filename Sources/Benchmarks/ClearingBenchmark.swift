internal import Formats
internal import Foundation
internal import Marketplace
internal import Matching

/// Clearing an auction of 100,000 bids over 10,000 tasks, in both lanes; reading its file apart from it.
struct ClearingBenchmark {
    let rounds: Int
    private static let bids = 100_000
    private static let tasks = 10_000

    func run() throws {
        let market = try Self.market()
        line(
            "Clearing \(grouped(Double(Self.bids))) bids over \(grouped(Double(Self.tasks))) tasks, 2 workers each; "
                + "CPU time, median of \(rounds):")
        for lane in AuctionLane.allCases {
            var filled = 0
            let times = try (0..<rounds).map { _ in
                try cpuSeconds {
                    // Anew from the bids, as the database hands them over.
                    filled = try market.with(market.bidders.reversed()).clear(lane).unitsFilled
                }
            }
            line("  \(lane.rawValue): \(twoDigits(times.median)) s, \(grouped(Double(filled))) units  (goal: under 2)")
        }
        let bytes = market.json.canonicalBytes()
        let reading = try (0..<rounds).map { _ in
            try cpuSeconds { _ = try AuctionMarket(json: JSON.parse(bytes, limits: AuctionFile.limits)) }
        }
        line("  reading its file of \(grouped(Double(bytes.count) / 1e6)) MB: \(twoDigits(reading.median)) s")
        var explained = 0
        let explaining = try cpuSeconds {
            explained = try market.explanation(.sealed, most: 1_000).lines.count
        }
        line("  explaining 1,000 of them: \(twoDigits(explaining)) s, \(grouped(Double(explained))) lines")
        line("  peak memory of all of it: \(grouped(peakMegabytes())) MB")
    }

    private static func market() throws -> AuctionMarket {
        var random = SplitMix64(seed: 4)
        let bidders = (0..<bids).map { place in
            AuctionMarket.Bidder(
                id: UInt128(random.next()) << 64 | UInt128(place), qualityMinor: Int64(random.next() % 6_000),
                bidMinor: 1_000 + Int64(random.next() % 19_001), quantity: 1 + Int(random.next() % 4))
        }
        return try AuctionMarket(
            id: 1, seed: [UInt8](repeating: 9, count: AuctionMarket.Bounds.seedBytes), tasks: tasks, redundancy: 2,
            floorMinor: 1_000, ceilingMinor: 20_000, budgetMinor: 100_000_000, bidders: bidders
        )
    }
}

/// CPU time of this process, user and system, that the work takes.
func cpuSeconds(_ work: () throws -> Void) rethrows -> Double {
    let start = processorSeconds(of: RUSAGE_SELF)
    try work()
    return processorSeconds(of: RUSAGE_SELF) - start
}

/// The most memory that this process ever held.
func peakMegabytes() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) / 1_024
}
