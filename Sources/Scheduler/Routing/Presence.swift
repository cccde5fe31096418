package import Foundation
internal import Marketplace
internal import Synchronization

/// How long a worker is there, by their windows: some days before an instant to the end of the week after it.
package struct Presence: Hashable, Sendable {
    private static let quarter = 900
    private static let days = 16

    private let start: Int
    /// Quarters of an hour that are open before each of those since ``start``; empty where the worker is always there.
    private let before: [UInt16]

    /// Always there.
    package static let always = Presence(start: 0, before: [])

    private init(start: Int, before: [UInt16]) { (self.start, self.before) = (start, before) }

    /// - Parameter start: seconds since 1970.
    /// - Throws: ``BadInput`` for absurd instants.
    init(_ availability: Availability, from start: Int) throws(BadInput) {
        self.start = start
        guard !availability.windows.isEmpty || !availability.exceptions.isEmpty else {
            before = []
            return
        }
        let first = Date(timeIntervalSince1970: Double(start))
        let open = try availability.openIntervals(from: first, until: first + Double(Self.days) * 86_400)
        var (before, sum, place) = ([UInt16](), UInt16(0), 0)
        before.reserveCapacity(Self.days * 96 + 1)
        for tick in 0..<Self.days * 96 {
            before.append(sum)
            let middle = first + Double(tick * Self.quarter + Self.quarter / 2)
            while place < open.count, open[place].upperBound <= middle { place += 1 }
            if place < open.count, open[place].contains(middle) { sum += 1 }
        }
        before.append(sum)
        self.before = before
    }

    /// The Monday, by UTC, before the one of this week, as a beginning that serves all week and every zone.
    static func start(for instant: Date) -> Int {
        let day = Int(min(max(instant.timeIntervalSince1970, 0), 7e9)) / 86_400
        // 1970-01-01 was a Thursday; a day more, as weeks begin earlier in the east.
        return (day - (day + 3) % 7 - 1) * 86_400
    }

    /// The same as an instant: what was declared of the days since then counts for the week's windows, passed or not.
    static func begin(for instant: Date) -> Date { Date(timeIntervalSince1970: Double(start(for: instant))) }

    /// Quarters of an hour from one instant to another; what lies outside the days that are known is left out.
    package func units(from first: Date, until last: Date) -> Int {
        guard last > first else { return 0 }
        guard !before.isEmpty else {
            return Int(min(last.timeIntervalSince(first) / Double(Self.quarter), 1e6))
        }
        return count(until: last) - count(until: first)
    }

    private func count(until instant: Date) -> Int {
        let ticks = (instant.timeIntervalSince1970 - Double(start)) / Double(Self.quarter)
        let place = Int(min(max(ticks, 0), Double(before.count - 1)))
        return Int(before[place])
    }
}

/// Keeps presences of workers for as long as their availability and the week stay as they are.
final class PresenceBook: Sendable {
    /// Workers of whom so many are kept at most.
    private static let most = 100_000
    private let known = Mutex<[Worker.ID: (availability: Availability, start: Int, presence: Presence)]>([:])

    func presence(of worker: Worker.ID, _ availability: Availability, at instant: Date) throws(BadInput) -> Presence {
        let start = Presence.start(for: instant)
        let kept = known.withLock { $0[worker] }
        if let kept, kept.start == start, kept.availability == availability { return kept.presence }
        let presence = try Presence(availability, from: start)
        known.withLock { known in
            if known.count >= Self.most { known = [:] }
            known[worker] = (availability, start, presence)
        }
        return presence
    }
}
