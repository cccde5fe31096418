package import Formats
internal import Foundation
internal import Store

/// Answers that are wanted in the days ahead, all alike.
package struct PriceDemand: Hashable, Sendable {
    /// Whose rate is paid.
    package let profession: Profession
    package let requirement: Requirement.ID
    package let expectedMinutes: Int
    /// For one answer.
    package let pay: Money
    /// How many answers decide a task.
    package let redundancy: Int
    /// How many answers.
    package let answers: Int
    /// What a right one is worth to the requester, in minor units; `nil` where they have not said.
    package let answerValue: Int64?
}

/// A worker's week, and the one after it.
package struct PriceSupply: Hashable, Sendable {
    /// How much of a span of time a worker is there, in minutes.
    package struct Presence: Hashable, Sendable {
        /// Before what is priced ends, and in all.
        package let untilEnd: Int
        package let all: Int

        package init(untilEnd: Int, all: Int) { (self.untilEnd, self.all) = (untilEnd, all) }
    }

    package let worker: Worker.ID
    package let declaredMinutes: Int
    /// What is forecast of that: the mean, and what they give in nine of ten weeks.
    package let meanMinutes: Int
    package let promisedMinutes: Int
    package let committedMinutes: Int
    /// The most that they may work in a week, and what the next one has committed.
    package let weeklyMinutesMax: Int
    package let committedNextMinutes: Int
    /// Whether their week has begun and its forecast is still to come: there is one of the week before.
    package let isAwaited: Bool
    /// Of the rest of their week, and of the next one; `nil` where it is not known, and all of this week counts alone.
    package var rest: Presence?
    package var next: Presence?

    package init(
        worker: Worker.ID, declaredMinutes: Int, meanMinutes: Int, promisedMinutes: Int, committedMinutes: Int,
        weeklyMinutesMax: Int = 0, committedNextMinutes: Int = 0, isAwaited: Bool = false, rest: Presence? = nil,
        next: Presence? = nil
    ) {
        (self.worker, self.declaredMinutes, self.meanMinutes) = (worker, declaredMinutes, meanMinutes)
        (self.promisedMinutes, self.committedMinutes) = (promisedMinutes, committedMinutes)
        (self.weeklyMinutesMax, self.committedNextMinutes) = (weeklyMinutesMax, committedNextMinutes)
        (self.isAwaited, self.rest, self.next) = (isAwaited, rest, next)
    }
}

/// A quarter of an hour of a worker's time, in micro-units.
package struct HourPriceTag: Hashable, Sendable {
    package let worker: Worker.ID
    package let priceMicros: Int64
    /// The quarters of an hour that it was reckoned with.
    package let units: Int

    /// Clamped to what can be kept.
    package init(worker: Worker.ID, priceMicros: Int64, units: Int) {
        self.worker = worker
        self.priceMicros = min(max(priceMicros, 0), 1_000_000_000_000_000)
        self.units = min(max(units, 0), 676)
    }

    /// `{"worker", "price_micros", "units"}`.
    package var json: JSON {
        [
            "worker": .string("\(worker)"), "price_micros": .integer(priceMicros), "units": .integer(Int64(units)),
        ]
    }
}

/// What a night's solve came to.
package struct PriceSolve: Hashable, Sendable {
    package let solvedOn: CalendarDate
    package let demands: Int
    package let workers: Int
    package let certificateMillionths: Int64
    /// No price of the night is above this, in micro-units.
    package let priceMostMicros: Int64
    /// Of the settings that it went by (``SchedulerSettings/version``).
    package let policyVersion: Int

    package init(
        solvedOn: CalendarDate, demands: Int, workers: Int, certificateMillionths: Int64, priceMostMicros: Int64,
        policyVersion: Int = 0
    ) {
        (self.solvedOn, self.demands, self.workers) = (solvedOn, demands, workers)
        (self.certificateMillionths, self.priceMostMicros) = (certificateMillionths, priceMostMicros)
        self.policyVersion = policyVersion
    }

    /// `{"solved_on", "demands", "workers", "certificate_millionths", "price_most_micros", "policy_version"}`.
    package var json: JSON {
        [
            "solved_on": .string("\(solvedOn)"), "demands": .integer(Int64(demands)),
            "workers": .integer(Int64(workers)), "certificate_millionths": .integer(certificateMillionths),
            "price_most_micros": .integer(priceMostMicros), "policy_version": .integer(Int64(policyVersion)),
        ]
    }
}

/// Keeps the prices of a night, all or none: until they are there, those of the night before count.
package struct KeepHourPrices: Sendable {
    /// Prices in one statement.
    static let step = 1_000
    /// How long prices are kept.
    static let keptDays = 7
    let market: Market

    package init(market: Market) { self.market = market }

    /// Once for a day and a setting, however many schedulers try.
    ///
    /// - Parameters:
    ///   - tags: each worker once; prices above the solve's most are lowered to it.
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Returns: whether these are the day's prices; false where it has some by this setting or a later one.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        _ tags: [HourPriceTag], of solve: PriceSolve, by actor: Principal.ID
    ) async throws -> Bool {
        guard tags.count <= 1_000_000 else { throw BadInput("tags", "are more than 1,000,000") }
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard try await transaction.insert(solve) else { return false }
            var rest = tags.sorted { $0.worker < $1.worker }[...]
            while !rest.isEmpty {
                try await transaction.insert(Array(rest.prefix(Self.step)), of: solve)
                rest = rest.dropFirst(Self.step)
            }
            try await transaction.forgetPrices(before: solve.solvedOn, days: Self.keptDays)
            try await change.record(
                "hours_priced", by: actor, on: "price_solve", actor.uuid, in: .platform, facts: solve.json)
            return true
        }
    }
}

/// Shows the newest night's prices, by worker, by pages.
package struct ListHourPrices: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: an operator.
    /// - Returns: the solve and its page; `nil` before the first night.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        after last: Worker.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> (solve: PriceSolve, page: [HourPriceTag])? {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            guard let solve = try await transaction.newestSolve() else { return nil }
            return (solve, try await transaction.priceTags(of: solve, after: last, limit: limit))
        }
    }
}
