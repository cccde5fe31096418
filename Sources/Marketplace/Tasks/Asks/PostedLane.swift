/// The posted lane: work at its frozen rate, given out in the order of service.
///
/// A standing ask only takes batches away from what its worker is offered. What is left pays what it pays, and goes to
/// whom it would go, whatever the ask is: so naming one's true minimum is the best that one can do.
package enum PostedLane {
    /// Who is told.
    package enum Reader: String, Sendable, CaseIterable {
        case worker, requester
    }

    /// What the lane does, in one sentence.
    package static func sentence(for reader: Reader) -> String {
        switch reader {
        case .worker:
            "The work pays the posted price to whoever takes it; your ask only keeps work away from you that pays less "
                + "an hour, and nobody else sees it."
        case .requester:
            "You pay the posted price, frozen with each task that is taken; workers are shown the batch while it pays "
                + "at least what they want for an hour."
        }
    }
}

/// What one worker wants at least for an hour, at one instant: one amount for each currency and profession.
package struct Asks: Hashable, Sendable {
    /// An amount for an hour of a profession's work; of any work without one.
    package struct Entry: Hashable, Sendable {
        package let profession: Profession?
        package let hourly: Money

        package init(profession: Profession?, hourly: Money) {
            (self.profession, self.hourly) = (profession, hourly)
        }
    }

    package let entries: [Entry]

    /// No ask: everything passes.
    package static let nothing = Asks([])

    /// - Parameter entries: of each currency and profession one at most.
    package init(_ entries: [Entry]) { self.entries = entries }

    /// What counts for work of a profession that pays in a currency: the ask for the profession before the one for any.
    package func hourly(for profession: Profession, in currency: Currency) -> Money? {
        let found = entries.filter { $0.hourly.currency == currency }
        return (found.first { $0.profession == profession } ?? found.first { $0.profession == nil })?.hourly
    }

    /// Whether work passes: its pay for an hour is the ask or more.
    ///
    /// Rounding: none; pay × 60 is compared with the ask × the minutes, and equal passes. So neither is a worker shown
    /// work below the ask by a fraction, nor kept from work that pays it exactly.
    package func admit(pay: Money, minutes: Int, of profession: Profession) -> Bool {
        guard let asked = hourly(for: profession, in: pay.currency) else { return true }
        return Int128(pay.minorUnits) * 60 >= Int128(asked.minorUnits) * Int128(minutes)
    }
}

extension Asks {
    func admit(_ offering: Offering) -> Bool {
        admit(pay: offering.pay, minutes: offering.expectedMinutes, of: offering.profession)
    }
}

extension Offering {
    /// What it pays for an hour, by the minutes that a task is expected to take.
    ///
    /// Rounding: down to a whole minor unit, so that it is never shown as paying more than it does.
    var hourly: Money {
        get throws(MoneyError) {
            try Money(Int64(clamping: Int128(pay.minorUnits) * 60 / Int128(max(expectedMinutes, 1))), pay.currency)
        }
    }
}
