internal import Foundation
internal import Logging
internal import Marketplace
internal import Scheduler
internal import Store

/// The rounds of the program's scheduler that a ``DatabaseRun`` needs, in the order in which they are called.
struct DatabaseRounds {
    private let market: Marketplace.Market
    private let payday: Payday
    private let always: [any SchedulerRound]
    private let hourly: [any SchedulerRound]
    private let deciding: [any SchedulerRound]
    private let nightly: [any SchedulerRound]

    init(_ policy: WeekPolicy, people: DatabasePeople, market: Marketplace.Market, priceScale: Double) {
        self.market = market
        payday = Payday(
            market: market, maker: people.founders.financeMaker, checker: people.founders.financeChecker,
            sink: { _, _ in })
        let (system, silence) = (people.system, Logger(label: "study", factory: { _ in SwiftLogNoOpLogHandler() }))
        var limits = RoutingRound.Limits()
        limits.answerSeconds = 3_600
        // Rounds are called for, not paced.
        limits.cellRestSeconds = 0
        always = [
            LeaseExpiryRound(market: market, by: system), OfferLapseRound(market: market, by: system),
            OfferFillRound(market: market, by: system), EligibilityRound(market: market),
        ]
        hourly = policy == .ours ? [EscalationRound(market: market, by: system, logger: silence)] : []
        deciding =
            policy == .ours
            ? [RoutingRound(market: market, by: system, limits: limits, logger: silence)] : []
        nightly = [
            HoursForecastRound(market: market, by: system),
            HourPriceRound(market: market, by: system, scale: priceScale, logger: silence),
            BatchClosingRound(market: market, by: system), AuditSealRound(market: market),
            LedgerFoldRound(market: market),
        ]
    }

    /// What ran out is ended; every hour the ladder is climbed.
    func turn(isHour: Bool) async throws {
        for round in always { try await exhaust(round) }
        if isHour { for round in hourly { try await exhaust(round) } }
    }

    /// Offers are made.
    func decide() async throws {
        for round in deciding { try await exhaust(round) }
    }

    /// - Returns: the mean price of a quarter of an hour, in micro-units; `nil` where there are none.
    func night() async throws -> Int64? {
        for round in nightly { try await exhaust(round) }
        return try await market.database.read { try await $0.meanHourPrice() }
    }

    func pay(on instant: Date) async throws { try await payday(on: instant) }

    private func exhaust(_ round: some SchedulerRound) async throws {
        while try await round.runOnce().hasMore {}
    }
}
