import Foundation
import Marketplace
import Simulation
import Store
import TestSupport

/// What the tests of the simulation share.
enum SimulationBench {
    static let samples = root + "/samples"
    static let golden = root + "/Tests/SimulationTests/Golden"

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    static func simulation(seed: UInt64 = 7, weeksMax: Int = 26) -> MarketSimulation {
        MarketSimulation(market: Scratch.market, clock: Scratch.clock, seed: seed, weeksMax: weeksMax)
    }

    /// Loads the sample market and lets it run.
    static func sample(
        seed: UInt64 = 7, payouts: @escaping PayoutSink = { _, _ in }
    ) async throws -> SimulationReport {
        _ = try await SampleMarket(market: Scratch.market, directory: samples)()
        return try await simulation(seed: seed).run(payoutFile: payouts)
    }

    /// How many rows a question counts, as `n`.
    static func count(_ sql: SQL) async throws -> Int {
        try await Scratch.database.read { try await $0.oneRow(sql)["n"] }
    }
}
