internal import Foundation
internal import Marketplace

/// Who could still do the open work of a batch until a time, and when they would answer.
struct EscalationSupply: Hashable, Sendable {
    /// A worker who could be offered it now.
    struct Reachable: Hashable, Sendable {
        let worker: Worker.ID
        /// When they have been there for as long as an answer may take.
        let answerBy: Date
        /// That they accept by then.
        let chanceMillionths: Int
    }

    /// Somebody who meets what is demanded and may have it.
    struct Hand: Hashable, Sendable {
        let worker: SupplyWorker
        /// When they are there, from now to the end of the look-ahead: in order, none touching the next.
        let present: [Range<Date>]
        /// Which six hours of their day it is: 0 to 3.
        var band = 1
        /// IANA name.
        var timeZone = "UTC"
        /// The same time as a routing round counts it; `nil` where it is not known, and taken for evenly spread.
        var presence: Presence?

        /// Minutes that they will give until then: as far as they are there, their share of it, within the caps of as
        /// many weeks as begin until then.
        func minutes(from start: Date, until end: Date) -> Int {
            let given = minutesPresent(until: end) * worker.shareMillionths / 1_000_000
            let weeks = 1 + Int(max(end.timeIntervalSince(start), 0) / (7 * 86_400))
            let capped = worker.limits.weeklyMinutesMax * weeks - worker.committedMinutes - worker.offeredMinutes
            return max(min(given, capped), 0)
        }

        /// Minutes of the day ahead that they will give, as is forecast: their share of what they declare, which is no
        /// more of the time that they are there than a week's cap is of a week of it.
        func dayMinutes(from start: Date) -> Int {
            let (day, week) = (minutesPresent(until: start + 86_400), minutesPresent(until: start + 7 * 86_400))
            let (most, cap) = (min(day, worker.limits.dailyMinutesMax), max(worker.limits.weeklyMinutesMax, 0))
            let declared = week > cap ? most * cap / week : most
            return min(
                declared * worker.shareMillionths / 1_000_000, minutes(from: start, until: start + 86_400))
        }

        private func minutesPresent(until end: Date) -> Int {
            let seconds = present.reduce(0) { sum, range in
                sum + max(0, min(range.upperBound, end).timeIntervalSince(range.lowerBound))
            }
            return Int(min(seconds, 1e9) / 60)
        }
    }

    let batch: EndangeredBatch
    let instant: Date
    let hands: [Hand]
    /// How offers in the batch's profession were answered.
    var acceptance = Acceptance()
    /// What their answers are worth; nobody is offered what it says nothing of.
    var worth = EscalationWorth()
    /// Whether as many were looked at as one round looks at, so that there may be more.
    var isCut = false
    /// What the forced lane took of the requirement in the last day.
    var forcedMinutes = 0

    /// Whether the forced lane has room for what is open: so many millionths of the hours that are forecast of a day.
    func mayForce(_ share: Int) -> Bool {
        let daily = hands.reduce(0) { $0 + $1.dayMinutes(from: instant) }
        let wanted = batch.openAnswers * batch.expectedMinutes
        return forcedMinutes == 0 || forcedMinutes + wanted <= daily * share / 1_000_000
    }

    /// Minutes that everybody together will give until then.
    func minutes(until end: Date) -> Int {
        hands.reduce(0) { $0 + $1.minutes(from: instant, until: end) }
    }

    /// Of the time that is left, what the open work leaves when it is spread over those who can do it; 0 where it is
    /// more than they can do.
    var slackSeconds: Int64 { batch.slackSeconds(at: instant, minutesGiven: minutes(until: batch.dueAt)) }

    /// Who could be offered it now and answer early enough to be done in time; the earliest first, ties by id.
    ///
    /// - Parameter answerSeconds: how long they have for the answer while they are there.
    func reachable(answerSeconds: TimeInterval) -> [Reachable] {
        let latest = batch.dueAt - TimeInterval(batch.serviceSeconds)
        let found = hands.compactMap { hand -> Reachable? in
            guard !hand.worker.isOffered, !hand.worker.wasAsked,
                hand.worker.places < hand.worker.limits.tasksAtOnceMax,
                hand.minutes(from: instant, until: batch.dueAt) >= batch.expectedMinutes,
                let answered = hand.moment(after: answerSeconds)
            else { return nil }
            let answerBy = max(answered, instant + TimeInterval(hand.worker.limits.offerNoticeMinutes) * 60)
            guard answerBy <= latest else { return nil }
            let minutes = answerBy.timeIntervalSince(instant) / 60
            return Reachable(
                worker: hand.worker.id, answerBy: answerBy,
                chanceMillionths: acceptance.chance(of: hand.worker.id, band: hand.band, minutes: minutes))
        }
        return found.sorted { ($0.answerBy, $0.worker) < ($1.answerBy, $1.worker) }
    }

    /// The first time, in steps of six hours, by which those who can do it give the open work's minutes; `nil` when not
    /// within the look-ahead.
    func doneBy(atMost end: Date) -> Date? {
        let needed = batch.openAnswers * batch.expectedMinutes
        var time = batch.dueAt
        while time <= end {
            if minutes(until: time) >= needed { return time }
            time += 6 * 3_600
        }
        return nil
    }
}

extension EscalationSupply.Hand {
    /// When they have been there for so long.
    fileprivate func moment(after seconds: TimeInterval) -> Date? {
        var left = seconds
        for range in present {
            let length = range.upperBound.timeIntervalSince(range.lowerBound)
            if length >= left { return range.lowerBound + left }
            left -= length
        }
        return nil
    }
}

extension EndangeredBatch {
    /// See ``EscalationSupply/slackSeconds``.
    ///
    /// - Parameter minutesGiven: what those who can do it give until the deadline.
    func slackSeconds(at instant: Date, minutesGiven: Int) -> Int64 {
        let left = max(dueAt.timeIntervalSince(instant), 0)
        let (needed, given) = (Double(openAnswers * expectedMinutes), Double(minutesGiven))
        guard given > needed else { return 0 }
        return Int64(left * (1 - needed / given))
    }
}
