package import Formats
package import Foundation
internal import Store

/// Parts of a week of which hours are forecast by themselves: the values of the PostgreSQL enum `week_part`, in its
/// order.
package enum WeekPart: String, Sendable, CaseIterable, SQLEnum {
    case weekdays, weekend

    /// The days from a Monday.
    package var days: Range<Int> {
        switch self {
        case .weekdays: 0..<5
        case .weekend: 5..<7
        }
    }
}

/// A part of a week that is over, of one worker who was asked for work in it.
package struct PastHours: Hashable, Sendable {
    package let worker: Worker.ID
    package let part: WeekPart
    package let declaredMinutes: Int
    package let workedMinutes: Int
    /// What offers asked for, but for those that were declined for another reason than time or filled; `nil` where the
    /// week brought none: who worked took work of their own accord, as much as they would.
    package let offeredMinutes: Int?
}

/// What a worker will have time for in a part of a week.
package struct WorkerForecast: Hashable, Sendable {
    package let worker: Worker.ID
    /// A Monday, where the worker lives.
    package let weekStartsOn: CalendarDate
    package let part: WeekPart
    package let declaredMinutes: Int
    /// Of the share of them that is worked, a Beta distribution, in thousandths.
    package let alphaMilli: Int64
    package let betaMilli: Int64
    /// What is planned with.
    package let meanMinutes: Int
    /// What is promised with: in nine of ten weeks it is at least that.
    package let promisedMinutes: Int
    /// The worker's own time for their last answers ÷ the expected, in millionths.
    package let paceMillionths: Int

    /// Numbers out of range are clamped.
    package init(
        worker: Worker.ID, weekStartsOn: CalendarDate, part: WeekPart, declaredMinutes: Int, alphaMilli: Int64,
        betaMilli: Int64, meanMinutes: Int, promisedMinutes: Int, paceMillionths: Int = 1_000_000
    ) {
        (self.worker, self.weekStartsOn, self.part) = (worker, weekStartsOn, part)
        self.declaredMinutes = min(max(declaredMinutes, 0), 10_140)
        (self.alphaMilli, self.betaMilli) = (alphaMilli.bounded, betaMilli.bounded)
        self.meanMinutes = min(max(meanMinutes, 0), self.declaredMinutes)
        self.promisedMinutes = min(max(promisedMinutes, 0), self.meanMinutes)
        self.paceMillionths = min(max(paceMillionths, 1), 100_000_000)
    }
}

extension Int64 {
    fileprivate var bounded: Int64 { Swift.min(Swift.max(self, 1), 1_000_000_000_000) }
}

/// How well a week's hours were forecast, over the parts of it in which workers were asked for any.
package struct ForecastBacktest: Hashable, Sendable {
    package let weekStartsOn: CalendarDate
    package let workers: Int
    /// As far as they were asked for.
    package let forecastMinutes: Int64
    package let workedMinutes: Int64
    /// |worked − forecast| ÷ forecast, in ten-thousandths.
    package let errorBasisPoints: Int64
    /// How many workers' promises there were, and how many were kept.
    package let promises: Int
    package let promisesKept: Int
    package let testedAt: Date

    /// `{"week", "workers", "forecast_minutes", "worked_minutes", "error_bps", "promises", "promises_kept"}`.
    package var json: JSON {
        [
            "week": .string("\(weekStartsOn)"), "workers": .integer(Int64(workers)),
            "forecast_minutes": .integer(forecastMinutes), "worked_minutes": .integer(workedMinutes),
            "error_bps": .integer(errorBasisPoints), "promises": .integer(Int64(promises)),
            "promises_kept": .integer(Int64(promisesKept)),
        ]
    }
}
