internal import Foundation

/// The least that an hour of work must come to, whatever its rate.
package struct PayFloor: Hashable, Sendable {
    package typealias ID = Identifier<PayFloor>
    /// Of an hour, in minor units.
    package static let hourlyMinorMax: Int64 = 100_000_000_000
    /// `nil` for any.
    package let profession: Profession?
    /// `nil` for any.
    package let tier: Tier?
    /// Of an hour.
    package let hourly: Money
    /// Of how many of a batch's newest accepted answers the median of the active time is taken, 1 to 200.
    package let medianOf: Int
    /// Where the rule comes from; 1 to 500 characters.
    package let reason: String

    /// - Throws: ``BadInput``; the first fault in the order of the parameters.
    package init(
        profession: Profession? = nil, tier: Tier? = nil, hourly: Money, medianOf: Int, reason: String
    ) throws(BadInput) {
        guard (1...Self.hourlyMinorMax).contains(hourly.minorUnits) else {
            throw BadInput("hourly_minor", "must be 1 to \(Self.hourlyMinorMax)")
        }
        guard (1...200).contains(medianOf) else { throw BadInput("median_of", "must be 1 to 200") }
        self.profession = profession
        self.tier = tier
        self.hourly = hourly
        self.medianOf = medianOf
        self.reason = try PlainText.line(reason, field: "reason", lengthMax: 500)
    }

    /// What it is for, as people read it: `lawyer/any/USD`.
    package var key: String {
        [profession?.code ?? "any", tier?.rawValue ?? "any", hourly.currency.code].joined(separator: "/")
    }
}

/// An accepted answer, as far as the floor looks at it.
package struct PaidTime: Hashable, Sendable {
    /// By the terms, for full acceptance; in minor units.
    package let pay: Int64
    /// Above zero.
    package let activeSeconds: Int

    package init(pay: Int64, activeSeconds: Int) {
        self.pay = pay
        self.activeSeconds = activeSeconds
    }
}

/// That the work of a batch took too long for what it pays.
package struct FloorShortfall: Hashable, Sendable {
    /// How many answers were looked at.
    package let answers: Int
    package let medianSeconds: Int
    /// What an hour of the least paid of them comes to, in minor units, rounded down.
    package let hourly: Int64
    /// What an assignment accepted in full is owed so that the median comes to the floor, in minor units.
    package let owed: Int64
}

extension PayFloor {
    /// Whether the least paid of the answers, at the median of their active time, falls short of the floor.
    ///
    /// Rounding: the median of an even number is rounded up to a whole second, what is owed to a whole minor unit; both
    /// in the worker's favour. Pure; the order of the answers does not matter.
    /// - Parameter answers: at most ``medianOf``.
    package func shortfall(of answers: [PaidTime]) -> FloorShortfall? {
        guard let least = answers.map(\.pay).min(), let median = Self.median(answers.map(\.activeSeconds)) else {
            return nil
        }
        let (paid, wanted) = (Int128(least) * 3_600, Int128(hourly.minorUnits) * Int128(median))
        guard median > 0, paid < wanted else { return nil }
        return FloorShortfall(
            answers: answers.count, medianSeconds: median, hourly: Int64(clamping: paid / Int128(median)),
            owed: Int64(clamping: (wanted + 3_599) / 3_600)
        )
    }

    private static func median(_ seconds: [Int]) -> Int? {
        guard !seconds.isEmpty else { return nil }
        let sorted = seconds.sorted()
        let (low, high) = (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
        return low + (high - low + 1) / 2
    }
}
