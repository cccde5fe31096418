package import Formats
package import Marketplace
package import Matching

/// How a bidder turns what a unit costs them into a bid.
package enum BiddingStrategy: String, Hashable, Sendable, CaseIterable {
    /// Bids the cost.
    case truthful
    /// Bids a tenth to a half more than the cost, as where bids are paid, up to the ceiling.
    case shading
    /// Bids anything from floor to ceiling.
    case random
}

/// Plays strategies in seeded markets: in each market one bidder plays every strategy in turn while all others are
/// truthful and everything else stays the same, so that only the bid makes the difference.
package struct StrategyTrial: Sendable {
    /// The lane that is played.
    package let lane: AuctionLane
    /// How many markets; 1 to ``marketsMax``.
    package let markets: Int
    /// Bidders of each; ``AuctionMarket/Bounds/biddersMin`` to ``biddersMax``.
    package let bidders: Int
    /// Tasks of each; 1 to ``tasksMax``.
    package let tasks: Int
    /// Workers that each task wants.
    package let redundancy: Int
    /// Equal seeds give equal results.
    package let seed: UInt64

    /// The most markets.
    package static let marketsMax = 1_000_000
    /// The most bidders of a market.
    package static let biddersMax = 10_000
    /// The most tasks of a market.
    package static let tasksMax = 100_000
    /// The most bids of all markets together.
    package static let bidsMax = 100_000_000

    /// - Throws: ``BadInput``.
    package init(
        lane: AuctionLane, markets: Int, bidders: Int, tasks: Int, redundancy: Int, seed: UInt64
    ) throws(BadInput) {
        func check(_ field: String, _ value: Int, _ range: ClosedRange<Int>) throws(BadInput) {
            guard range.contains(value) else {
                throw BadInput(field, "must be \(range.lowerBound) to \(range.upperBound)")
            }
        }
        try check("markets", markets, 1...Self.marketsMax)
        try check("bidders", bidders, AuctionMarket.Bounds.biddersMin...Self.biddersMax)
        try check("tasks", tasks, 1...Self.tasksMax)
        try check("redundancy", redundancy, 1...AuctionMarket.Bounds.redundancyMax)
        guard markets <= Self.bidsMax / bidders else {
            throw BadInput("markets", "times bidders must be at most \(Self.bidsMax)")
        }
        (self.lane, self.markets, self.bidders, self.tasks) = (lane, markets, bidders, tasks)
        (self.redundancy, self.seed) = (redundancy, seed)
    }

    /// Plays all markets, one after the other in constant memory.
    package func run() throws(AuctionMarketFault) -> StrategyReport {
        var tallies = BiddingStrategy.allCases.map { _ in Tally() }
        var gains = tallies
        var largest = BiddingStrategy.allCases.map { _ in Int64.min }
        for place in 0..<markets {
            var random = SplitMix64(seed: seed &+ UInt64(place) &* 0xd134_2543_de82_ef95)
            let market = try market(&random)
            let player = market.bidders[Int.random(in: 0..<bidders, using: &random)]
            var truthful = Int64(0)
            for (number, strategy) in BiddingStrategy.allCases.enumerated() {
                let bid = strategy.bid(player.bidMinor, in: market, &random)
                let result = try market.with(
                    market.bidders.map { $0.id == player.id ? player.with(bid: bid) : $0 }
                ).clear(lane)
                let standing = result.standings.first { $0.bidder == player.id }
                let utility = standing.map { $0.paymentMinor - Int64($0.units) * player.bidMinor } ?? 0
                if strategy == .truthful { truthful = utility }
                tallies[number].add(Double(utility))
                gains[number].add(Double(utility - truthful))
                largest[number] = max(largest[number], utility - truthful)
            }
        }
        return StrategyReport(
            trial: self,
            rows: BiddingStrategy.allCases.indices.map { place in
                StrategyReport.Row(
                    strategy: BiddingStrategy.allCases[place], mean: tallies[place].mean,
                    interval: tallies[place].interval, meanGain: gains[place].mean,
                    gainInterval: gains[place].interval, largestGain: largest[place]
                )
            }
        )
    }

    /// A market in which everybody bids their cost.
    private func market(_ random: inout SplitMix64) throws(AuctionMarketFault) -> AuctionMarket {
        let floor = Int64.random(in: 500...1_500, using: &random)
        let ceiling = floor + Int64.random(in: 5_000...20_000, using: &random)
        let most = Int64(tasks * redundancy) * ceiling
        var left: [AuctionMarket.Bidder] = []
        for _ in 0..<bidders {
            left.append(
                .init(
                    id: UInt128(random.next()) << 64 | UInt128(random.next()),
                    qualityMinor: Int64.random(in: 0...6_000, using: &random),
                    bidMinor: Int64.random(in: floor...ceiling, using: &random),
                    quantity: Int.random(in: 1...4, using: &random)))
        }
        return try AuctionMarket(
            id: UInt128(random.next()), seed: (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) },
            tasks: tasks, redundancy: redundancy, floorMinor: floor, ceilingMinor: ceiling,
            reserveScoreMinor: -Int64.random(in: floor...ceiling, using: &random),
            budgetMinor: min(
                AuctionMarket.Bounds.amountMax, most / 10 * Int64.random(in: 1...8, using: &random)),
            bidders: left
        )
    }
}

/// What strategies came to.
package struct StrategyReport: Hashable, Sendable {
    /// One strategy; amounts in minor units for one bidder and market.
    package struct Row: Hashable, Sendable {
        /// The strategy.
        package let strategy: BiddingStrategy
        /// What was paid less what the units cost, on average.
        package let mean: Double
        /// Half the width of the 95 % interval of ``mean``; nil for one market.
        package let interval: Double?
        /// What it brought more than truth in the same market, on average.
        package let meanGain: Double
        /// Half the width of the 95 % interval of ``meanGain``.
        package let gainInterval: Double?
        /// The most it brought more than truth in any market.
        package let largestGain: Int64
    }

    /// What was played.
    package let trial: StrategyTrial
    /// The strategies in their order.
    package let rows: [Row]

    /// For programs: amounts with two decimals.
    package var json: JSON {
        func number(_ value: Double?) -> JSON { value.map { JSON.number(hundredths($0)) } ?? .null }
        return [
            "lane": .string(trial.lane.rawValue), "markets": .integer(Int64(trial.markets)),
            "bidders": .integer(Int64(trial.bidders)), "tasks": .integer(Int64(trial.tasks)),
            "redundancy": .integer(Int64(trial.redundancy)), "seed": .string("\(trial.seed)"),
            "strategies": .array(
                rows.map { row in
                    [
                        "strategy": .string(row.strategy.rawValue), "mean_utility_minor": number(row.mean),
                        "mean_utility_interval": number(row.interval), "mean_gain_minor": number(row.meanGain),
                        "mean_gain_interval": number(row.gainInterval), "largest_gain_minor": .integer(row.largestGain),
                    ]
                }),
        ]
    }

    /// For people.
    package var lines: [String] {
        let head =
            "\(trial.lane.rawValue) lane, \(trial.markets) markets of \(trial.bidders) bidders, \(trial.tasks) tasks, "
            + "\(trial.redundancy) workers each, seed \(trial.seed). Minor units for one bidder and market."
        return [head]
            + rows.map { row in
                let interval = row.interval.map { " ± \(hundredths($0))" } ?? ""
                let gain = row.gainInterval.map { " ± \(hundredths($0))" } ?? ""
                return "\(row.strategy.rawValue): mean utility \(hundredths(row.mean))\(interval); against truth "
                    + "\(hundredths(row.meanGain))\(gain), at most \(row.largestGain)"
            }
    }

    private func hundredths(_ value: Double) -> String {
        guard let whole = Int64(exactly: (value * 100).rounded()) else { return "0" }
        let (units, rest) = whole.magnitude.quotientAndRemainder(dividingBy: 100)
        return "\(whole < 0 ? "-" : "")\(units).\(rest < 10 ? "0" : "")\(rest)"
    }
}

extension StrategyTrial: Hashable {}

extension BiddingStrategy {
    fileprivate func bid(_ cost: Int64, in market: AuctionMarket, _ random: inout SplitMix64) -> Int64 {
        switch self {
        case .truthful: cost
        case .shading: min(market.ceilingMinor, cost + cost * Int64.random(in: 10...50, using: &random) / 100)
        case .random: Int64.random(in: market.floorMinor...market.ceilingMinor, using: &random)
        }
    }
}

extension AuctionMarket.Bidder {
    fileprivate func with(bid: Int64) -> AuctionMarket.Bidder {
        .init(id: id, qualityMinor: qualityMinor, bidMinor: bid, quantity: quantity)
    }
}

/// Mean and variance in one pass (Welford 1962).
private struct Tally {
    private var count = 0.0
    private(set) var mean = 0.0
    private var squares = 0.0

    mutating func add(_ value: Double) {
        count += 1
        let step = value - mean
        mean += step / count
        squares += step * (value - mean)
    }

    /// Half of the normal 95 % interval of the mean.
    var interval: Double? { count > 1 ? 1.96 * (squares / (count - 1) / count).squareRoot() : nil }
}
