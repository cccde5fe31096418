internal import Formats
internal import Foundation
package import Logging
package import Marketplace
internal import Store

/// Prices every worker's time for the days ahead, once a day. The prices are written in one transaction, so that a
/// scheduler that dies leaves those of the day before; of several at once, one's are kept.
package struct HourPriceRound: SchedulerRound {
    package let name = "hour_prices"
    package let period: Duration = .seconds(600)
    /// Bounds of what is read.
    private static let (batchesMax, kindsMax, meetingMax) = (5_000, 2_000, 5_000)
    private let market: Market
    private let actor: Principal.ID
    private let workersMax: Int
    private let scale: Double
    private let logger: Logger

    /// - Parameters:
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    ///   - workersMax: priced in one night, by id; who comes after them has no price.
    ///   - scale: what prices are multiplied by, for studies of prices that are off.
    package init(
        market: Market, by actor: Principal.ID, workersMax: Int = 100_000, scale: Double = 1, logger: Logger
    ) {
        (self.market, self.actor, self.workersMax) = (market, actor, workersMax)
        (self.scale, self.logger) = (scale, logger)
    }

    package func runOnce() async throws -> RoundOutcome {
        let read = try await market.database.read(isolation: .repeatableRead) { transaction in
            try await reading(in: transaction)
        }
        guard let read else { return RoundOutcome(counts: [:], hasMore: false) }
        let pricing = try HourPricing(read.demands, read.supply, meeting: read.meeting, scale: scale)
        let solve = PriceSolve(
            solvedOn: read.day, demands: pricing.answers, workers: pricing.tags.count,
            certificateMillionths: pricing.certificateMillionths, priceMostMicros: pricing.priceMostMicros)
        let isKept = try await KeepHourPrices(market: market)(pricing.tags, of: solve, by: actor)
        logger.info(
            "hours priced",
            metadata: [
                "answers": "\(solve.demands)", "workers": "\(solve.workers)", "kept": "\(isKept)",
                "certificate_millionths": "\(solve.certificateMillionths)",
            ])
        return RoundOutcome(counts: [.hoursPriced: isKept ? pricing.tags.count : 0], hasMore: false)
    }

    private struct Reading {
        let day: CalendarDate
        let demands: [PriceDemand]
        let supply: [PriceSupply]
        let meeting: [Requirement.ID: [Worker.ID]]
    }

    /// - Returns: `nil` where today has its prices, or nobody's hours are forecast yet.
    private func reading(in transaction: Transaction) async throws -> Reading? {
        let day = try WorkWeek.day(of: transaction.instant, timeZone: "UTC")
        guard try await transaction.newestSolve()?.solvedOn != day else { return nil }
        var supply: [PriceSupply] = []
        while supply.count < workersMax {
            let page = try await transaction.priceSupply(
                after: supply.last?.worker, limit: min(200, workersMax - supply.count))
            guard !page.isEmpty else { break }
            supply += page
        }
        guard supply.contains(where: { $0.minutes > 0 }) else { return nil }
        let demands =
            try await transaction.openAnswers(batchesMax: Self.batchesMax)
            + (try await transaction.arrivals(kindsMax: Self.kindsMax))
        var meeting: [Requirement.ID: [Worker.ID]] = [:]
        for requirement in Set(demands.map(\.requirement)) {
            meeting[requirement] = try await transaction.workersMeeting(requirement, limit: Self.meetingMax)
        }
        return Reading(day: day, demands: demands, supply: supply, meeting: meeting)
    }
}
