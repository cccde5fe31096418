internal import Formats
internal import Foundation
package import Logging
package import Marketplace
internal import Store

/// Prices every worker's time for the days ahead, once a day, and anew within a minute of each change of weights and
/// rates. The prices are written in one transaction, so that a scheduler that dies leaves those of the day before; of
/// several at once, one's are kept.
package struct HourPriceRound: SchedulerRound {
    package let name = "hour_prices"
    package let period: Duration = .seconds(60)
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
        let pricing = try HourPricing(read.sheet, weights: read.settings.weights, scale: scale)
        let solve = PriceSolve(
            solvedOn: read.day, demands: pricing.answers, workers: pricing.tags.count,
            certificateMillionths: pricing.certificateMillionths, priceMostMicros: pricing.priceMostMicros,
            policyVersion: read.settings.version)
        let sheet = read.sheet
        let atPar = sheet.rates.atPar(of: (sheet.open + sheet.past).lazy.map(\.pay.currency))
        if !atPar.isEmpty {
            logger.warning(
                "hours are priced with currencies at par: set their rates",
                metadata: ["currencies": "\(atPar.joined(separator: " "))"])
        }
        let isKept = try await KeepHourPrices(market: market)(pricing.tags, of: solve, by: actor)
        let metadata: Logger.Metadata = [
            "answers": "\(solve.demands)", "workers": "\(solve.workers)", "kept": "\(isKept)",
            "certificate_millionths": "\(solve.certificateMillionths)",
        ]
        if solve.certificateMillionths < RoutingMatch.leastCertificateMillionths {
            logger.warning("prices of hours are not proven good", metadata: metadata)
        } else {
            logger.info("hours priced", metadata: metadata)
        }
        return RoundOutcome(
            counts: [.hoursPriced: isKept ? pricing.tags.count : 0], hasMore: false,
            certificateMillionths: solve.certificateMillionths)
    }

    private struct Reading {
        let day: CalendarDate
        let sheet: HourPricing.Sheet
        let settings: SchedulerSettings
    }

    /// - Returns: `nil` where today has its prices by what is set now, or hours are not forecast yet.
    private func reading(in transaction: Transaction) async throws -> Reading? {
        let day = try WorkWeek.day(of: transaction.instant, timeZone: "UTC")
        let settings = try await transaction.schedulerSettings()
        if let newest = try await transaction.newestSolve(), newest.solvedOn == day,
            newest.policyVersion >= settings.version
        {
            return nil
        }
        guard let supply = try await self.supply(in: transaction) else { return nil }
        let weeks = try await transaction.weeksOfDemand()
        let demands = (
            open: try await transaction.openAnswers(batchesMax: Self.batchesMax),
            past: try await transaction.arrivals(weeks: weeks, kindsMax: Self.kindsMax)
        )
        var meeting: [Requirement.ID: [Worker.ID]] = [:]
        let all = demands.open + demands.past
        for requirement in Set(all.map(\.requirement)) {
            meeting[requirement] = try await transaction.workersMeeting(requirement, limit: Self.meetingMax)
        }
        var skills: [Profession: [Worker.ID: RoutingSkill]] = [:]
        let ids = supply.map(\.worker)
        var accepting: [Profession: [Worker.ID: Int]] = [:]
        for profession in Set(all.map(\.profession)) {
            skills[profession] = try await transaction.routingSkills(of: ids, in: profession)
            let answers = try await transaction.routingResponses(of: ids, in: profession)
            let acceptance = Acceptance(cell: answers.cell, own: answers.own)
            accepting[profession] = Dictionary(
                ids.map { ($0, acceptance.usualMillionths(of: $0)) }, uniquingKeysWith: { first, _ in first })
        }
        return Reading(
            day: day,
            sheet: HourPricing.Sheet(
                open: demands.open, past: demands.past, weeks: weeks, supply: supply, meeting: meeting, skills: skills,
                accepting: accepting, rates: settings.rates),
            settings: settings)
    }

    /// - Returns: `nil` where nobody's hours are forecast yet, or somebody's of a week that has begun: they would count
    ///   for nothing until the next night.
    private func supply(in transaction: Transaction) async throws -> [PriceSupply]? {
        var span = try PricedSpan(from: transaction.instant)
        let ahead = transaction.instant + PricedSpan.aheadSeconds
        var supply: [PriceSupply] = []
        while supply.count < workersMax {
            let page = try await transaction.priceSupply(
                after: supply.last?.worker, limit: min(200, workersMax - supply.count))
            guard !page.isEmpty else { break }
            // A zone that this machine does not know leaves its worker without a forecast, and so without hours.
            let availabilities = try await transaction.availabilities(of: page.map(\.worker), until: ahead)
            guard !page.contains(where: { $0.isAwaited && availabilities[$0.worker] != nil }) else { return nil }
            for one in page {
                supply.append(try availabilities[one.worker].map { try span.supply(one, $0) } ?? one)
            }
        }
        return supply.contains { $0.meanMinutes > 0 } ? supply : nil
    }
}
