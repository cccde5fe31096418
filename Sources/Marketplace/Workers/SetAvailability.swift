package import Formats
internal import Foundation
internal import Store

/// What a worker sets of their availability; what is `nil` stays as it is.
package struct AvailabilitySettings: Hashable, Sendable {
    /// In the place of all there are; none means always there.
    package let windows: [AvailabilityWindow]?
    package let weeklyMinutesMax: Int?
    package let dailyMinutesMax: Int?
    /// Whether the cap of the day is taken away.
    package let clearsDailyMax: Bool
    package let tasksAtOnceMax: Int?
    package let offerNoticeMinutes: Int?

    /// - Throws: ``BadInput``; the first fault in the order of the parameters.
    package init(
        windows: [AvailabilityWindow]? = nil, weeklyMinutesMax: Int? = nil, dailyMinutesMax: Int? = nil,
        clearsDailyMax: Bool = false, tasksAtOnceMax: Int? = nil, offerNoticeMinutes: Int? = nil
    ) throws(BadInput) {
        // Which zone does not matter for whether they overlap.
        if let windows { _ = try Availability(timeZone: "UTC", windows: windows, exceptions: []) }
        try Self.check(weeklyMinutesMax, 0...10_080, "weekly_minutes_max", "0 to 10,080, the minutes of a week")
        try Self.check(dailyMinutesMax, 0...1_440, "daily_minutes_max", "0 to 1,440, the minutes of a day")
        guard !clearsDailyMax || dailyMinutesMax == nil else {
            throw BadInput("daily_minutes_max", "is set and taken away at once")
        }
        try Self.check(tasksAtOnceMax, 1...WorkLimits.tasksAtOnceMost, "tasks_at_once_max", "1 to 100")
        try Self.check(
            offerNoticeMinutes, 0...WorkLimits.noticeMinutesMost, "offer_notice_minutes",
            "0 to 10,080, the minutes of a week"
        )
        (self.windows, self.weeklyMinutesMax) = (windows, weeklyMinutesMax)
        (self.dailyMinutesMax, self.tasksAtOnceMax) = (dailyMinutesMax, tasksAtOnceMax)
        (self.clearsDailyMax, self.offerNoticeMinutes) = (clearsDailyMax, offerNoticeMinutes)
    }

    private static func check(
        _ number: Int?, _ range: ClosedRange<Int>, _ field: String, _ demand: String
    ) throws(BadInput) {
        guard let number, !range.contains(number) else { return }
        throw BadInput(field, "must be \(demand)")
    }

    fileprivate var json: JSON {
        var facts: [String: JSON] = [:]
        for (name, number) in [
            ("weekly_minutes_max", weeklyMinutesMax), ("daily_minutes_max", dailyMinutesMax),
            ("tasks_at_once_max", tasksAtOnceMax), ("offer_notice_minutes", offerNoticeMinutes),
        ] { facts[name] = number.map { .integer(Int64($0)) } }
        if clearsDailyMax { facts["daily_minutes_max"] = .null }
        facts["windows"] = windows.map { .integer(Int64($0.count)) }
        return .object(facts)
    }
}

/// A worker says when they are there in every week, and how much they take at most.
package struct SetAvailability: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// What is committed already stays so, whatever the new caps.
    ///
    /// - Parameter actor: the worker, or an operator for them.
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func callAsFunction(
        _ settings: AvailabilitySettings, of worker: Worker.ID, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await change.authorizeSelf(worker, orOperator: actor)
            guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            try await transaction.updateLimits(of: worker, settings)
            if let windows = settings.windows { try await transaction.replaceWindows(of: worker, with: windows) }
            try await change.record(
                "availability_set", by: actor, on: "worker", worker.uuid, in: .worker(worker), facts: settings.json
            )
        }
    }
}

/// Why an exception cannot be added.
package enum AvailabilityRefusal: Refusal, CaseIterable {
    /// The day has one for some of the same minutes.
    case exceptionOverlaps
    case tooMany

    package var code: String {
        switch self {
        case .exceptionOverlaps: "exception_overlaps"
        case .tooMany: "too_many_exceptions"
        }
    }

    package var message: String {
        switch self {
        case .exceptionOverlaps: "The day has an exception for some of these minutes. Clear the day first."
        case .tooMany: "There are \(Availability.exceptionsMax) exceptions to come. Clear some first."
        }
    }
}

/// A worker says that one day is not as the windows say: free where they are closed, or away.
package struct ExceptAvailability: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker, or an operator for them.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``AvailabilityRefusal``.
    package func callAsFunction(
        _ exception: AvailabilityException, of worker: Worker.ID, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await change.authorizeSelf(worker, orOperator: actor)
            guard try await transaction.lockWorkerForChange(worker) != nil,
                let present = try await transaction.availability(of: worker)
            else { throw NotFound("worker") }
            guard
                !present.exceptions.contains(where: {
                    $0.day == exception.day && $0.span.overlaps(exception.span)
                })
            else { throw AvailabilityRefusal.exceptionOverlaps }
            guard present.exceptions.count < Availability.exceptionsMax else { throw AvailabilityRefusal.tooMany }
            try await transaction.insertExceptions(of: worker, [exception])
            try await change.record(
                "availability_excepted", by: actor, on: "worker", worker.uuid, in: .worker(worker),
                facts: ["day": .string("\(exception.day)"), "kind": .string(exception.kind.rawValue)]
            )
        }
    }

    /// Takes all exceptions of a day away.
    ///
    /// - Returns: how many there were.
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func clear(_ day: CalendarDate, of worker: Worker.ID, by actor: Principal.ID) async throws -> Int {
        try await market.change { change in
            try await change.authorizeSelf(worker, orOperator: actor)
            guard try await change.transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            let count = try await change.transaction.deleteExceptions(of: worker, on: day)
            try await change.record(
                "availability_day_cleared", by: actor, on: "worker", worker.uuid, in: .worker(worker),
                facts: ["day": .string("\(day)"), "exceptions": .integer(Int64(count))]
            )
            return count
        }
    }
}

/// Shows when a worker is there and what limits them.
package struct ShowAvailability: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker, or an operator.
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func callAsFunction(
        of worker: Worker.ID, by actor: Principal.ID
    ) async throws -> (availability: Availability, limits: WorkLimits) {
        try await market.database.read { transaction in
            try await transaction.authorizeSelf(worker, orOperatorToSee: actor)
            guard let availability = try await transaction.availability(of: worker),
                let limits = try await transaction.workLimits(of: worker)
            else { throw NotFound("worker") }
            return (availability, limits)
        }
    }
}
