internal import Foundation
internal import Marketplace
internal import Matching

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
        /// When their day ends, by the wall clock where they live; `nil` where it is not known, for a day from now.
        var dayEndsAt: Date?

        /// Minutes that the day that runs has left for them, after leases and open offers; may be below zero.
        var minutesLeftToday: Int { worker.limits.dailyMinutesMax - worker.committedToday - worker.offeredMinutes }

        /// Minutes that they will give until then: as far as they are there, their share of it, within what is left of
        /// the day that runs and the caps of as many days and weeks as begin until then.
        func minutes(from start: Date, until end: Date) -> Int {
            let midnight = dayEndsAt ?? start + 86_400
            let all = minutesPresent(until: end)
            let present = minutesPresent(until: min(midnight, end))
            let today = min(present * worker.shareMillionths / 1_000_000, max(minutesLeftToday, 0))
            let days = Int((max(end.timeIntervalSince(midnight), 0) / 86_400).rounded(.up))
            let later = min(
                (all - present) * worker.shareMillionths / 1_000_000, max(worker.limits.dailyMinutesMax, 0) * days)
            let given = today + later
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
    var hands: [Hand]
    /// How offers in the batch's profession were answered.
    var acceptance = Acceptance()
    /// What their answers are worth; nobody is offered what it says nothing of.
    var worth = EscalationWorth()
    /// Who declined it on the terms of now, or was offered it on them as often as it has tasks.
    var offeredBefore: Set<Worker.ID> = []
    /// Who asks for more than it pays now, and who of them for more than it may ever pay.
    var belowAsk: Set<Worker.ID> = []
    var beyondAsk: Set<Worker.ID> = []
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
    /// - Parameters:
    ///   - answerSeconds: how long they have for the answer while they are there.
    ///   - isRaised: whether for more pay, so that those are among them whom that may win.
    func reachable(answerSeconds: TimeInterval, isRaised: Bool = false) -> [Reachable] {
        let found = hands.compactMap { hand -> Reachable? in
            guard !hand.worker.isOffered, isAskable(hand.worker) || isRaised && isWinnable(hand.worker),
                let answerBy = timeToAnswer(hand, answerSeconds: answerSeconds)
            else { return nil }
            let minutes = answerBy.timeIntervalSince(instant) / 60
            return Reachable(
                worker: hand.worker.id, answerBy: answerBy,
                chanceMillionths: acceptance.chance(of: hand.worker.id, band: hand.band, minutes: minutes))
        }
        return found.sorted { ($0.answerBy, $0.worker) < ($1.answerBy, $1.worker) }
    }

    /// Whether the market offers it to them at the pay of now, and they have not turned that down.
    private func isAskable(_ worker: SupplyWorker) -> Bool {
        !worker.wasAsked && !offeredBefore.contains(worker.id) && !belowAsk.contains(worker.id)
    }

    /// Whether more pay, within what it may pay, may win somebody: they ask for more, or turned the pay of now down.
    private func isWinnable(_ worker: SupplyWorker) -> Bool {
        !beyondAsk.contains(worker.id) && (worker.wasAsked ? worker.wantsMore : belowAsk.contains(worker.id))
    }

    /// When somebody has had the time to answer who has room for it and could then be done in time; else `nil`.
    private func timeToAnswer(_ hand: Hand, answerSeconds: TimeInterval) -> Date? {
        let latest = batch.dueAt - TimeInterval(batch.serviceSeconds)
        guard hand.worker.places < hand.worker.limits.tasksAtOnceMax, hand.minutesLeftToday >= batch.expectedMinutes,
            hand.minutes(from: instant, until: batch.dueAt) >= batch.expectedMinutes,
            let answered = hand.moment(after: answerSeconds)
        else { return nil }
        let answerBy = max(answered, instant + TimeInterval(hand.worker.limits.offerNoticeMinutes) * 60)
        return answerBy <= latest ? answerBy : nil
    }

    /// Whether better pay could win somebody: who is worth it let an offer at the pay of now lapse, or turned it down
    /// for what more may mend; or asks for more, while those who do not lack the hours; or offers are out, and with
    /// those who can still be asked there are people enough, but too few are likely to accept. Not where a raise would
    /// make somebody who can be asked now cost more than they bring, nor where it would do so to all whom it is for.
    ///
    /// - Parameters:
    ///   - reachable: who can be asked at the pay of now and is worth it.
    ///   - live: the chance of each offer that is out.
    func raiseHelps(
        _ reachable: [Reachable], live: [Int], isForced: Bool, answerSeconds: TimeInterval
    ) -> Bool {
        func bears(_ worker: Worker.ID) -> Bool { worth.pair(of: worker, isForced: isForced)?.bearsRaise ?? false }
        guard reachable.allSatisfy({ bears($0.worker) }) else { return false }
        let asked = hands.filter { hand in
            (hand.worker.isOffered || isWinnable(hand.worker)) && bears(hand.worker.id)
                && timeToAnswer(hand, answerSeconds: answerSeconds) != nil
        }
        // One who asks for more does not make it dearer for all while others have the hours for it.
        let willing = hands.filter { !belowAsk.contains($0.worker.id) && !$0.worker.wasAsked }
        let isScarce =
            willing.reduce(0) { $0 + $1.minutes(from: instant, until: batch.dueAt) }
            < batch.openAnswers * batch.expectedMinutes
        if asked.contains(where: { isWinnable($0.worker) && ($0.worker.wasAsked || isScarce) }) { return true }
        let people = live.count + reachable.count
        guard !live.isEmpty, people >= batch.openSlots, !asked.isEmpty || !reachable.isEmpty else { return false }
        let all = OfferWave(
            chances: reachable.map(\.chanceMillionths), live: live, wanted: batch.openSlots, payable: people)
        return all.chanceMillionths < OfferWave.confidenceMillionths
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
