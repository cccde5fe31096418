package import Foundation

/// By when a worker can answer an offer, and when they are there to work from then on.
package struct OfferWindow: Hashable, Sendable {
    /// When the offer must be answered.
    package let answerBy: Date
    /// In order; `nil` for who is always there.
    fileprivate let openIntervals: [Range<Date>]?

    /// Of somebody who is always there.
    package static func always(answerBy: Date) -> OfferWindow { OfferWindow(answerBy: answerBy, openIntervals: nil) }

    package var isAlwaysOpen: Bool { openIntervals == nil }

    /// Whole minutes in which the worker is there, from the answer on.
    ///
    /// - Parameter seconds: how far to look; counted to the end of the horizon that the window was made with.
    package func openMinutes(within seconds: TimeInterval) -> Int {
        let end = answerBy + max(seconds, 0)
        guard let openIntervals else { return Int(min(max(seconds, 0), 1e9) / 60) }
        let open = openIntervals.reduce(0) { sum, interval in
            sum + max(0, min(interval.upperBound, end).timeIntervalSince(interval.lowerBound))
        }
        return Int(open / 60)
    }
}

extension Availability {
    /// How an offer that is made at an instant meets the windows.
    ///
    /// The worker has the whole time to answer while they are there, and the notice that they want: with two hours'
    /// notice, an offer may come two hours before a window begins. It never stays open longer than both together.
    ///
    /// - Parameters:
    ///   - answerSeconds: how long the worker is to have for the answer.
    ///   - horizonSeconds: for how long from the answer on open minutes can be asked for.
    /// - Returns: `nil` when the worker is not there in time.
    /// - Throws: ``BadInput`` as ``openIntervals(from:until:)``.
    package func offerWindow(
        at instant: Date, noticeMinutes: Int, answerSeconds: TimeInterval, horizonSeconds: TimeInterval
    ) throws(BadInput) -> OfferWindow? {
        let noticed = instant + TimeInterval(noticeMinutes) * 60
        guard !windows.isEmpty || !exceptions.isEmpty else {
            return .always(answerBy: max(noticed, instant + answerSeconds))
        }
        // Whole seconds, which open intervals are made of.
        let start = Date(timeIntervalSince1970: instant.timeIntervalSince1970.rounded(.down))
        let latest = start + TimeInterval(noticeMinutes) * 60 + answerSeconds
        let open = try openIntervals(from: start, until: latest + horizonSeconds)
        var left = answerSeconds
        for interval in open {
            let length = min(interval.upperBound, latest).timeIntervalSince(interval.lowerBound)
            guard length < left else {
                let answerBy = max(noticed, interval.lowerBound + left)
                return OfferWindow(
                    answerBy: answerBy,
                    openIntervals: open.filter { $0.upperBound > answerBy }
                        .map { max($0.lowerBound, answerBy)..<$0.upperBound }
                )
            }
            left -= max(length, 0)
        }
        return nil
    }
}
