internal import Foundation
internal import Store

/// How the price of unclaimed work rises: the values of the PostgreSQL enum `escalation_shape`, in its order.
package enum EscalationShape: String, Sendable, CaseIterable, SQLEnum {
    case steps, linear
}

/// A curve along which the price of unclaimed work rises, declared with the batch.
///
/// The clock starts when the batch opens and runs on while it is paused. Whoever takes work takes the price of that
/// instant, frozen in the terms.
package struct Escalator: Hashable, Sendable {
    package let shape: EscalationShape
    /// From opening until the price begins to rise.
    package let afterSeconds: Int
    package let intervalSeconds: Int
    /// What one interval adds.
    package let step: Money
    /// The most that an assignment pays; the hold of the batch covers it.
    package let cap: Money

    /// - Throws: ``BadInput``; the first fault in the order of the parameters.
    package init(
        _ shape: EscalationShape, afterSeconds: Int, intervalSeconds: Int, step: Money, cap: Money
    ) throws(BadInput) {
        guard (0...31_536_000).contains(afterSeconds) else { throw BadInput("after_seconds", "must be 0 to 31536000") }
        guard (60...31_536_000).contains(intervalSeconds) else {
            throw BadInput("interval_seconds", "must be 60 to 31536000")
        }
        guard (1...1_000_000_000_000).contains(step.minorUnits) else { throw BadInput("step", "must be above zero") }
        guard step.currency == cap.currency, (1...1_000_000_000_000).contains(cap.minorUnits) else {
            throw BadInput("cap", "must be above zero and in the currency of the step")
        }
        self.shape = shape
        self.afterSeconds = afterSeconds
        self.intervalSeconds = intervalSeconds
        self.step = step
        self.cap = cap
    }

    /// What an assignment pays that is taken `elapsed` seconds after the opening. Never falls with time, never below
    /// `base`, never above the cap.
    ///
    /// Rounding: down to a whole minor unit along a line; steps need none.
    package func price(from base: Money, elapsed: Double) throws(MoneyError) -> Money {
        let room = cap.minorUnits - base.minorUnits
        let seconds = elapsed - Double(afterSeconds)
        guard room > 0, seconds >= 0 else { return base }
        // Beyond 10^9 seconds every curve is where it was at 10^9.
        let whole = Int128(min(seconds, 1e9))
        let rise =
            switch shape {
            case .steps: Int128(step.minorUnits) * (whole / Int128(intervalSeconds))
            case .linear: Int128(step.minorUnits) * whole / Int128(intervalSeconds)
            }
        return try base.adding(try Money(Int64(min(rise, Int128(room))), base.currency))
    }

    /// When the price is what, seconds from the opening: the beginning, then the end of every interval until the cap;
    /// at most 1,000 lines.
    package func table(from base: Money) throws(MoneyError) -> [(seconds: Int, pay: Money)] {
        var lines = [(seconds: 0, pay: base)]
        var seconds = afterSeconds
        while lines.count < 1_000, let last = lines.last, last.pay.minorUnits < cap.minorUnits {
            seconds += intervalSeconds
            lines.append((seconds, try price(from: base, elapsed: Double(seconds))))
        }
        return lines
    }
}
