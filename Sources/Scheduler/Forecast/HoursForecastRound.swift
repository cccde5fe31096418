internal import Formats
internal import Foundation
package import Marketplace
internal import Matching
internal import Store
internal import Synchronization

/// Forecasts each active worker's hours of the week that runs, once, from what came of their weeks before; and tests
/// the weeks that ended. Several schedulers at once write each forecast once.
package final class HoursForecastRound: SchedulerRound {
    package let name = "hours_forecast"
    package let period: Duration = .seconds(600)
    /// Parts of weeks that tell of a cell.
    private static let cellWeeks = 2_000
    private let market: Market
    private let actor: Principal.ID
    private let most: Int
    private let last = Mutex<Worker.ID?>(nil)

    /// - Parameters:
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    ///   - most: workers in one piece, 1 to 200.
    package init(market: Market, by actor: Principal.ID, most: Int = 200) {
        (self.market, self.actor, self.most) = (market, actor, most)
    }

    package func runOnce() async throws -> RoundOutcome {
        let keep = KeepForecasts(market: market)
        let (closed, tested) = try await keep.closeWeeks(by: actor)
        let (forecasts, seen) = try await market.database.read(isolation: .repeatableRead) { [most, last] transaction in
            let page = try await transaction.workersToForecast(after: last.withLock { $0 }, limit: most)
            return (try await Self.forecasts(of: page, in: transaction), page)
        }
        let made = forecasts.isEmpty ? 0 : try await keep(forecasts, by: actor)
        let isFull = seen.count == most
        last.withLock { $0 = isFull ? seen.last?.id : nil }
        return RoundOutcome(
            counts: [.hoursForecast: made, .weeksTested: tested], hasMore: isFull || closed == KeepForecasts.most)
    }

    private static func forecasts(
        of workers: [ForecastWorker], in transaction: Transaction
    ) async throws -> [WorkerForecast] {
        guard !workers.isEmpty else { return [] }
        let ids = workers.map(\.id)
        let availabilities = try await transaction.availabilities(of: ids, until: transaction.instant + 8 * 86_400)
        let past = Dictionary(grouping: try await transaction.pastHours(of: ids)) { Key($0.worker, $0.part) }
        var shares: [String: [WeekPart: Int]] = [:]
        for cell in Set(workers.map(\.cell)) {
            for part in WeekPart.allCases {
                let weeks = try await transaction.cellHours(of: cell, part, limit: cellWeeks).map(\.week)
                shares[cell, default: [:]][part] = HoursForecast.cellShare(weeks)
            }
        }
        return try workers.flatMap { worker -> [WorkerForecast] in
            // A zone that this machine does not know leaves its worker out.
            guard let availability = availabilities[worker.id],
                let monday = try WorkWeek.day(of: transaction.instant, timeZone: availability.timeZone).weekStart
            else { return [] }
            let declared = availability.declaredMinutes(inWeekOf: monday, atMost: worker.weeklyMinutesMax)
            return WeekPart.allCases.map { part in
                let minutes = declared[part] ?? 0
                let forecast = HoursForecast(
                    weeks: (past[Key(worker.id, part)] ?? []).map(\.week),
                    cellShareMillionths: shares[worker.cell]?[part] ?? HoursForecast.cellShareMillionths)
                return WorkerForecast(
                    worker: worker.id, weekStartsOn: monday, part: part, declaredMinutes: minutes,
                    alphaMilli: forecast.share.successes.milli, betaMilli: forecast.share.failures.milli,
                    meanMinutes: forecast.plannedUnits(ofDeclared: minutes / 15) * 15,
                    promisedMinutes: forecast.promisedUnits(ofDeclared: minutes / 15) * 15)
            }
        }
    }

    private struct Key: Hashable {
        let worker: Worker.ID
        let part: WeekPart

        init(_ worker: Worker.ID, _ part: WeekPart) { (self.worker, self.part) = (worker, part) }
    }
}

extension Availability {
    /// Minutes in which the worker is there, by part of the week; where they are more than the worker may work, each
    /// part less in proportion, rounded down.
    func declaredMinutes(inWeekOf monday: CalendarDate, atMost cap: Int) -> [WeekPart: Int] {
        var open: [WeekPart: Int] = [:]
        for part in WeekPart.allCases {
            open[part] = part.days.reduce(0) { sum, day in
                sum + (CalendarDate(daysSince2000: monday.daysSince2000 + day).map(openMinutes(on:)) ?? 0)
            }
        }
        let total = open.values.reduce(0, +)
        guard total > cap, total > 0 else { return open }
        return open.mapValues { $0 * max(cap, 0) / total }
    }
}

extension PastHours {
    fileprivate var week: HoursForecast.Week {
        HoursForecast.Week(declaredUnits: declaredMinutes / 15, usableUnits: workedMinutes / 15)
    }
}

extension Double {
    fileprivate var milli: Int64 { Int64(Swift.min(Swift.max(self, 0.001), 1e9) * 1_000) }
}
