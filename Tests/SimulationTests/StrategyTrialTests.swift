import Formats
import Marketplace
import Matching
import Simulation
import Testing

@Suite("Strategies in auctions")
struct StrategyTrialTests {
    @Test("truth is best: no strategy gains in any market, on average others lose", arguments: AuctionLane.allCases)
    func truth(lane: AuctionLane) throws {
        for (bidders, tasks, redundancy) in [(3, 1, 1), (8, 5, 1), (20, 6, 3)] {
            let report = try StrategyTrial(
                lane: lane, markets: 400, bidders: bidders, tasks: tasks, redundancy: redundancy, seed: 11
            ).run()
            let truthful = try #require(report.rows.first { $0.strategy == .truthful })
            for row in report.rows {
                #expect(row.mean <= truthful.mean && row.largestGain <= 0, "\(report.lines)")
            }
            #expect(truthful.mean > 0 && truthful.meanGain == 0)
            #expect(report.rows.contains { $0.mean < truthful.mean }, "\(report.lines)")
        }
    }

    @Test("the same seed gives the same report, another one another")
    func seeded() throws {
        func report(_ seed: UInt64) throws -> StrategyReport {
            try StrategyTrial(lane: .sealed, markets: 50, bidders: 5, tasks: 3, redundancy: 1, seed: seed).run()
        }
        #expect(try report(3) == report(3))
        #expect(try report(3).json.canonicalBytes() == report(3).json.canonicalBytes())
        #expect(try report(3).rows != report(4).rows)
    }

    @Test("bounds are told")
    func bounds() {
        #expect(throws: BadInput.self) {
            try StrategyTrial(lane: .sealed, markets: 0, bidders: 5, tasks: 3, redundancy: 1, seed: 1)
        }
        #expect(throws: BadInput.self) {
            try StrategyTrial(lane: .sealed, markets: 1, bidders: 2, tasks: 3, redundancy: 1, seed: 1)
        }
        #expect(throws: BadInput.self) {
            try StrategyTrial(lane: .sealed, markets: 1_000_000, bidders: 10_000, tasks: 3, redundancy: 1, seed: 1)
        }
    }
}
