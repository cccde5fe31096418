package import Foundation
package import Logging
package import Marketplace
package import Store

/// Where bank files go: the file's name, and its bytes.
package typealias PayoutSink = (_ fileName: String, _ bytes: [UInt8]) throws -> Void

/// Lets the workers, reviewers and finance of a market act under a virtual clock until all work is done and paid.
///
/// One thing happens after the other, and chance comes from a seed alone: the same seed on the same market gives the
/// same report, byte for byte, if the market's ids are seeded too (``Market/seeded(_:)``).
package struct MarketSimulation: Sendable {
    /// Monday, 2 March 2026, 09:00 UTC: when a market begins that has no later stamp.
    package static let firstMorning = Date(timeIntervalSince1970: 1_772_442_000)

    let market: Market
    let clock: ManualClock
    let seed: UInt64
    let weeksMax: Int
    let logger: Logger

    /// - Parameters:
    ///   - market: founded by ``FoundMarket``, on a database that reads the time from `clock`.
    ///   - weeksMax: after how many virtual weeks it ends with what is left, 1 to 520.
    ///   - logger: for the scheduler's rounds; silent unless one is given.
    package init(
        market: Market, clock: ManualClock, seed: UInt64, weeksMax: Int = 26,
        logger: Logger = Logger(label: "simulation", factory: { _ in SwiftLogNoOpLogHandler() })
    ) {
        self.market = market
        self.clock = clock
        self.seed = seed
        self.weeksMax = min(max(weeksMax, 1), 520)
        self.logger = logger
    }

    /// When a simulation of this market begins: ``firstMorning``, or a second after its latest stamp if that is later.
    /// A clock under which files are imported first is set to it, so that nothing happens before what it rests on.
    package static func beginning(of market: Market) async throws -> Date {
        let latest = try await market.database.read { try await $0.latestStamp() }
        guard let latest, latest >= firstMorning else { return firstMorning }
        return latest + 1
    }

    /// Runs to the end, closes the batches that are done, seals the audit log and asks the doctor.
    ///
    /// - Parameters:
    ///   - progress: told of closed tasks, of how many, and the virtual week.
    ///   - payoutFile: handed every bank file as it is issued.
    /// - Throws: ``NotFound`` for a market that was not founded; `StoreError`; what `payoutFile` throws.
    package func run(
        progress: @escaping ProgressReport = { _, _, _ in }, payoutFile: @escaping PayoutSink = { _, _ in }
    ) async throws -> SimulationReport {
        clock.set(to: try await Self.beginning(of: market))
        let run = try await SimulationRun(self, progress: progress, payouts: payoutFile)
        try await run.toTheEnd()
        return try await MarketOverview(market: market).read(run: run.facts, asksDoctor: true)
    }
}

extension Market {
    /// The same market with ids from a seed: what a run on a fresh database needs to be repeated exactly. Not for a
    /// database that such a market has written to before: at the same instant the same ids would come again.
    package func seeded(_ seed: UInt64) -> Market {
        Market(database: database, identifiers: SeededIdentifiers(seed: seed), keys: keys)
    }
}

/// The people who are needed beside the workers.
struct SimulationCrew: Sendable {
    /// Guildhall itself: runs the scheduler's rounds and closes batches.
    let system: Principal.ID
    let reviewers: [Principal.ID]
    let financeMaker: Principal.ID
    let financeChecker: Principal.ID

    init(of market: Market) async throws {
        system = try await market.systemPrincipal()
        var reviewers: [Principal.ID] = []
        for name in MarketFounders.reviewerNames { reviewers.append(try await market.person(named: name)) }
        self.reviewers = reviewers
        financeMaker = try await market.person(named: MarketFounders.makerName)
        financeChecker = try await market.person(named: MarketFounders.checkerName)
    }
}
