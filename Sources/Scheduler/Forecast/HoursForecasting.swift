internal import Formats
internal import Foundation
internal import Marketplace
internal import Matching
internal import Store

/// Forecasts workers' hours of the week that runs where they live.
struct HoursForecasting: Sendable {
    /// Parts of weeks that tell of a cell, at most.
    private static let cellWeeks = 2_000

    func callAsFunction(
        _ workers: [ForecastWorker], in transaction: Transaction
    ) async throws -> [WorkerForecast] {
        guard !workers.isEmpty else { return [] }
        let ids = workers.map(\.id)
        let availabilities = try await transaction.availabilities(
            of: ids, since: Presence.begin(for: transaction.instant), until: transaction.instant + 8 * 86_400)
        let past = Dictionary(grouping: try await transaction.pastHours(of: ids)) { Key($0.worker, $0.part) }
        let paces = try await transaction.pastPaces(of: ids)
        var shares: [String: [WeekPart: Int]] = [:]
        for cell in Set(workers.map(\.cell)) {
            for part in WeekPart.allCases {
                let weeks = try await transaction.cellHours(of: cell, part, limit: Self.cellWeeks).map(\.week)
                shares[cell, default: [:]][part] = HoursForecast.cellShare(weeks)
            }
        }
        return try workers.flatMap { worker -> [WorkerForecast] in
            // A zone that this machine does not know leaves its worker out.
            guard let availability = availabilities[worker.id],
                let monday = try WorkWeek.day(of: transaction.instant, timeZone: availability.timeZone).weekStart
            else { return [] }
            let answers = paces[worker.id] ?? []
            let pace = Lateness.paceMillionths(minutes: answers.map(\.minutes), expected: answers.map(\.expected))
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
                    promisedMinutes: forecast.promisedUnits(ofDeclared: minutes / 15) * 15, paceMillionths: pace)
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
        HoursForecast.Week(
            declaredUnits: declaredMinutes / 15, usableUnits: workedMinutes / 15,
            askedUnits: offeredMinutes.map { $0 / 15 })
    }
}

extension Double {
    fileprivate var milli: Int64 { Int64(Swift.min(Swift.max(self, 0.001), 1e9) * 1_000) }
}
