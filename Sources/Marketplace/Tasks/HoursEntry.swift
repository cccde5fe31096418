package import Formats
package import Foundation
internal import Store

/// What happened to minutes of a worker: the values of the PostgreSQL enum `hours_entry_kind`, in its order.
package enum HoursEntryKind: String, Sendable, CaseIterable, SQLEnum {
    case reserved, worked, released
}

/// A line of the ledger of hours. Minutes are reserved once for each lease, at its expected duration, and end once:
/// worked when the answer is judged, whatever the verdict; released when the lease ends without one.
package struct HoursEntry: Hashable, Sendable {
    /// Where a page ends.
    package struct Place: Hashable, Sendable {
        package let assignment: Assignment.ID
        package let kind: HoursEntryKind

        package init(assignment: Assignment.ID, kind: HoursEntryKind) {
            (self.assignment, self.kind) = (assignment, kind)
        }
    }

    package let requester: Requester.ID
    package let assignment: Assignment.ID
    package let kind: HoursEntryKind
    package let worker: Worker.ID
    /// A Monday.
    package let weekStartsOn: CalendarDate
    /// The day of the lease, by the wall clock where the worker lives.
    package let day: CalendarDate
    package let minutes: Int
    package let occurredAt: Date

    package var place: Place { Place(assignment: assignment, kind: kind) }
}

/// A worker's week: what is committed, what may be, and how it came about.
package struct HoursStatement: Sendable {
    package let weekStartsOn: CalendarDate
    package let limits: WorkLimits
    /// Reserved less released.
    package let committedMinutes: Int
    /// Of those, for work that was judged.
    package let workedMinutes: Int
    /// By day; days without are left out.
    package let committedByDay: [CalendarDate: Int]
    /// What could still be taken in the worker's own windows and under the caps.
    package let freeMinutes: Int
    package let entries: [HoursEntry]
}

/// Shows a worker's hours of one week.
package struct ShowHours: Sendable {
    package static let pageMax = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - day: any day of the week, in the worker's zone; `nil` for this week.
    ///   - last: of the page of entries before.
    ///   - actor: the worker, or an operator.
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func callAsFunction(
        of worker: Worker.ID, weekOf day: CalendarDate? = nil, after last: HoursEntry.Place? = nil,
        limit: Int = pageMax, by actor: Principal.ID
    ) async throws -> HoursStatement {
        try await market.database.read { transaction in
            try await transaction.authorizeSelf(worker, orOperatorToSee: actor)
            guard let limits = try await transaction.workLimits(of: worker),
                let availability = try await transaction.availability(of: worker)
            else { throw NotFound("worker") }
            let today = try WorkWeek.day(of: transaction.instant, timeZone: availability.timeZone)
            guard let monday = (day ?? today).weekStart else { throw BadInput("week", "is before the year 1") }
            let committed = try await transaction.committedMinutes(of: worker, weekStartsOn: monday)
            let days = try await transaction.committedMinutes(of: worker, onDaysFrom: monday)
            return HoursStatement(
                weekStartsOn: monday, limits: limits, committedMinutes: committed,
                workedMinutes: try await transaction.hoursSums(of: worker, weekStartsOn: monday)[.worked] ?? 0,
                committedByDay: days,
                freeMinutes: availability.freeMinutes(
                    inWeekOf: monday, limits: limits, committed: days, committedInWeek: committed
                ),
                entries: try await transaction.hoursEntries(
                    of: worker, weekStartsOn: monday, after: last, limit: min(max(limit, 1), Self.pageMax)
                )
            )
        }
    }
}
