internal import Store

/// The most a worker may take: of what they have set themselves, the platform allows, and their country and the part of
/// it where they work allow, the least.
package struct WorkLimits: Hashable, Sendable {
    /// Leases at once, all requesters together.
    package static let tasksAtOnceMost = 100
    /// Who says nothing.
    package static let tasksAtOnceUsual = 5
    /// The longest notice: a week.
    package static let noticeMinutesMost = 10_080

    /// 0 to 10,080.
    package let weeklyMinutesMax: Int
    /// 0 to 1,440, or 10,080 where nobody has set one.
    package let dailyMinutesMax: Int
    /// 1 to 100.
    package let tasksAtOnceMax: Int
    /// How many minutes before it must be answered an offer is to come: 0 to 10,080.
    package let offerNoticeMinutes: Int
    /// What policies ask over weeks and of rest; `nil` where none asks anything.
    package let bounds: HoursBounds?

    package init(
        weeklyMinutesMax: Int, dailyMinutesMax: Int, tasksAtOnceMax: Int = Self.tasksAtOnceUsual,
        offerNoticeMinutes: Int = 0, bounds: HoursBounds? = nil
    ) {
        (self.weeklyMinutesMax, self.dailyMinutesMax) = (weeklyMinutesMax, dailyMinutesMax)
        (self.tasksAtOnceMax, self.offerNoticeMinutes) = (tasksAtOnceMax, offerNoticeMinutes)
        self.bounds = bounds
    }
}

/// A cap on hours that a commitment would pass.
package enum HoursCap: String, Hashable, Sendable {
    case week, day
}

/// Minutes that a worker has committed in a week and on one of its days.
package struct CommittedHours: Hashable, Sendable {
    package let weekMinutes: Int
    package let dayMinutes: Int

    /// The cap that committing so many minutes more would be refused by.
    package func passedCap(by minutes: Int, within limits: WorkLimits) -> HoursCap? {
        guard weekMinutes <= limits.weeklyMinutesMax - minutes else { return .week }
        return dayMinutes <= limits.dailyMinutesMax - minutes ? nil : .day
    }
}
