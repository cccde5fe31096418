import Foundation
import Matching
import Testing

private let isSoak = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] != nil

@Suite(.enabled(if: Oracle.isThere, "scripts/oracle.sh installs scipy and OR-tools")) struct OracleTests {
    @Test("500 dense assignments, square and not, end at the very cost that scipy finds, and prove it")
    func dense() throws {
        let costs = (0..<500).map { DenseCosts(seed: $0, sideMax: $0 < 480 ? 40 : isSoak ? 700 : 120) }
        let optima = try Oracle.optima(costs.map(\.instance))
        try #require(optima.count == costs.count)
        for (seed, (costs, optimum)) in zip(costs, optima).enumerated() {
            let solution = try costs.solved()
            try #require(solution.optimum == optimum && solution.bound == optimum, "seed \(seed)")
            try #require(costs.sum(solution.pairs) == optimum, "seed \(seed)")
        }
    }

    @Test("20 sparse markets with capacities and redundancy: 0.995 of OR-tools' optimum, and never above the bound")
    func sparse() throws {
        let scale = isSoak ? 20 : 1
        let markets = (0..<20).map {
            RandomMarket.skilled(tasks: scale * (100 + 100 * $0), workers: 10 + 8 * $0, degree: 6 + $0 % 15, seed: $0)
        }
        let optima = try Oracle.optima(markets.map(\.instance))
        try #require(optima.count == markets.count)
        for (seed, (market, optimum)) in zip(markets, optima).enumerated() {
            let near = try Matcher().propose(market.market())
            try #require(market.violation(of: near) == nil, "seed \(seed)")
            try #require(
                near.certificate.value * 1_000 >= optimum * 995, "seed \(seed): \(near.certificate), \(optimum)")
            try #require(near.certificate.value <= optimum && near.certificate.bound >= optimum, "seed \(seed)")
            guard seed < 8 else { continue }
            let exact = try Matcher(precision: .exact).propose(market.market())
            try #require(exact.certificate.value == optimum && exact.certificate.bound == optimum, "seed \(seed)")
        }
    }
}

/// Without network: what scipy and OR-tools found for the first seeds, as scripts/oracle.py printed it.
@Suite struct OptimaTests {
    static let leastCosts: [Int64] = [
        816, 1_670_304, 1_207_683, -13_252_695_523, 339_100, 423_931, -39_774_029, 1_281_015_553, 654_666,
        -14_998_142_399, 1_471_891_655, 0, -13_151_579_215, 1_745_441_253, 1, -11_015_252_223, 0, 0, -18_194,
        2_018_047, 376, -17_451_295_488, 0, 0,
    ]
    static let greatestValues: [Int64] = [
        256_976_498_000, 670_790_676_000, 1_195_270_052_000, 1_650_113_455_000, 1_653_959_633_000,
    ]

    @Test("The first dense assignments end at the costs that scipy found", arguments: leastCosts.indices)
    func dense(seed: Int) throws {
        let costs = DenseCosts(seed: seed, sideMax: 40)
        #expect(try costs.solved().optimum == Self.leastCosts[seed])
    }

    @Test("The first sparse markets end at the values that OR-tools found", arguments: greatestValues.indices)
    func sparse(seed: Int) throws {
        let market = RandomMarket.skilled(tasks: 100 + 100 * seed, workers: 10 + 8 * seed, degree: 6 + seed, seed: seed)
        #expect(try Matcher(precision: .exact).propose(market.market()).certificate.value == Self.greatestValues[seed])
    }
}

extension DenseCosts {
    /// Through the file, as `guildhall matching solve` does.
    func solved() throws -> MatchingProblem.Solution {
        var lines = MatchingFile()
        try lines.feed(Array(file.utf8))
        return try lines.finish().solve(exact: false)
    }

    /// The costs of pairs of nodes, each node at most once; nil when a node comes twice or goes short.
    func sum(_ pairs: [(left: Int, right: Int, weight: Int64)]) -> Int64? {
        let (lefts, rights) = (Set(pairs.map(\.left)), Set(pairs.map(\.right)))
        guard lefts.count == min(rows, columns), rights.count == lefts.count, pairs.count == lefts.count else {
            return nil
        }
        return pairs.reduce(0) { $0 + costs[($1.left - 1) * columns + $1.right - rows - 1] }
    }
}
