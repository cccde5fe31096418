internal import Foundation
internal import Logging
internal import Marketplace
internal import Scheduler
internal import Store

/// The whole routing round of one cell, with what it reads and writes, at 100,000 open tasks and 10,000 workers of whom
/// each meets 20 of 500 requirements: the first round of a market that has nothing on offer, then those that follow.
struct RoutingBenchmark {
    let bench: Workbench
    let rounds: Int
    static let goalSeconds = 2.0

    func run() async throws {
        try await bench.withEmptyMarket { connection in
            var configuration = StoreConfiguration(connectionString: connection)
            configuration.poolSize = 2
            configuration.statementTimeout = .seconds(1_800)
            let database = Database(configuration, logger: Logger(label: "bench"))
            do {
                try await measure(Market(database: database, keys: .generate()))
            } catch {
                await database.shutdown()
                throw error
            }
            await database.shutdown()
        }
    }

    private func measure(_ market: Market) async throws {
        var size = LargeMarket.Size(tasks: 100_000)
        size.workers = 10_000
        let large = try await LargeMarket(size, in: market)
        try await market.database.transaction { transaction in
            _ = try await transaction.execute("update batch set door = 'offer', expected_minutes = 30")
            _ = try await transaction.execute("analyze")
        }
        while try await SweepEligibility(market: market)() > 0 {}
        line(
            "A routing round at \(grouped(Double(size.tasks))) open tasks and \(grouped(Double(size.workers))) workers:"
        )
        var limits = RoutingRound.Limits()
        limits.cellRestSeconds = 0
        let routing = RoutingRound(
            market: market, by: large.operatorID, limits: limits,
            logger: Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() }))
        var times: [Double] = []
        for round in 1...rounds {
            let begin = ContinuousClock.now
            let report = try await routing.route()
            let seconds = (ContinuousClock.now - begin).seconds
            times.append(seconds)
            guard report.offersMade > 0, let plan = report.plan else {
                throw BenchmarkError(reason: "no offers: \(report.refused), \(report.plan?.batches.count ?? -1)")
            }
            line(
                "  round \(round): \(twoDigits(seconds)) s, \(grouped(Double(plan.offers.count))) planned, "
                    + "\(grouped(Double(report.offersMade))) made, refused \(report.refused), certificate "
                    + "\(twoDigits(Double(plan.certificateMillionths) / 10_000)) %"
            )
        }
        line("  worst \(twoDigits(times.max() ?? 0)) s, median \(twoDigits(times.median)) s  (goal 2 s)")
        let ills = try await Doctor(market: market)().filter { !$0.isClean }.map(\.check)
        guard ills.isEmpty else { throw BenchmarkError(reason: "the doctor found \(ills)") }
    }
}
