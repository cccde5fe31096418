internal import Foundation
internal import Marketplace
internal import Matching
internal import Store

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

        /// Minutes that they will give until then: as far as they are there, their share of it, within the caps of as
        /// many weeks as begin until then.
        func minutes(from start: Date, until end: Date) -> Int {
            let seconds = present.reduce(0) { sum, range in
                sum + max(0, min(range.upperBound, end).timeIntervalSince(range.lowerBound))
            }
            let given = Int(min(seconds, 1e9) / 60) * worker.shareMillionths / 1_000_000
            let weeks = 1 + Int(max(end.timeIntervalSince(start), 0) / (7 * 86_400))
            let capped = worker.limits.weeklyMinutesMax * weeks - worker.committedMinutes - worker.offeredMinutes
            return max(min(given, capped), 0)
        }
    }

    let batch: EndangeredBatch
    let instant: Date
    let hands: [Hand]
    /// How offers in the batch's profession were answered.
    var acceptance = Acceptance()
    /// Whose hours would bring more elsewhere, or bring the requester less than the pay.
    var worthless: Set<Worker.ID> = []
    /// What the forced lane took of the requirement in the last day.
    var forcedMinutes = 0

    func isWorthIt(_ worker: Worker.ID) -> Bool { !worthless.contains(worker) }

    /// Whether the forced lane has room for what is open: so many millionths of a day's hours.
    func mayForce(_ share: Int) -> Bool {
        let daily = hands.reduce(0) { $0 + $1.worker.limits.weeklyMinutesMax } / 7
        let wanted = batch.openSlots * batch.expectedMinutes
        return forcedMinutes == 0 || forcedMinutes + wanted <= daily * share / 1_000_000
    }

    /// Minutes that everybody together will give until then.
    func minutes(until end: Date) -> Int {
        hands.reduce(0) { $0 + $1.minutes(from: instant, until: end) }
    }

    /// Of the time that is left, what the open work leaves when it is spread over those who can do it; 0 where it is
    /// more than they can do.
    var slackSeconds: Int64 {
        let left = max(batch.dueAt.timeIntervalSince(instant), 0)
        let (needed, given) = (Double(batch.openSlots * batch.expectedMinutes), Double(minutes(until: batch.dueAt)))
        guard given > needed else { return 0 }
        return Int64(left * (1 - needed / given))
    }

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
        let needed = batch.openSlots * batch.expectedMinutes
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

/// Reads who could do the work of a batch, bounded.
struct EscalationReading: Sendable {
    static let pageSize = 200
    /// How far behind its deadline a batch's supply is looked at, to say what an extension would bring.
    static let beyondSeconds: TimeInterval = 14 * 86_400

    let workersMax: Int

    func callAsFunction(_ batch: EndangeredBatch, in transaction: Transaction) async throws -> EscalationSupply {
        var hands: [EscalationSupply.Hand] = []
        var (last, looked): (Worker.ID?, Int) = (nil, 0)
        let end = batch.dueAt + Self.beyondSeconds
        while looked < workersMax {
            let page = try await transaction.supply(
                for: batch, after: last, unknownShare: HoursForecast.cellShareMillionths,
                limit: min(Self.pageSize, workersMax - looked))
            guard !page.isEmpty else { break }
            (last, looked) = (page.last?.id, looked + page.count)
            let free = page.filter { !$0.isOut }
            let availabilities = try await transaction.availabilities(of: free.map(\.id), until: end)
            for worker in free {
                // A zone that this machine does not know leaves its worker out: no lease could count the hours either.
                guard let availability = availabilities[worker.id] else { continue }
                let present = try availability.openIntervals(from: transaction.instant, until: end)
                let band = try OfferMoment(transaction.instant, timeZone: availability.timeZone).band
                hands.append(
                    EscalationSupply.Hand(
                        worker: worker, present: present, band: band, timeZone: availability.timeZone))
            }
        }
        var supply = EscalationSupply(batch: batch, instant: transaction.instant, hands: hands)
        if let cell = try await transaction.profession(of: batch.key) {
            let answers = try await transaction.routingResponses(of: hands.map(\.worker.id), in: cell)
            supply.acceptance = Acceptance(cell: answers.cell, own: answers.own)
            supply.worthless = try await worthless(supply, in: cell, transaction)
        }
        supply.forcedMinutes = try await transaction.forcedMinutes(
            of: batch.requirement, since: transaction.instant - 86_400)
        return supply
    }

    /// By the same value as a routing round's.
    private func worthless(
        _ supply: EscalationSupply, in cell: Profession, _ transaction: Transaction
    ) async throws -> Set<Worker.ID> {
        let (key, ids) = (supply.batch.key, supply.hands.map(\.worker.id))
        guard let batch = try await transaction.routingBatches(of: [key])[key] else { return [] }
        let candidates = try supply.hands.map { hand -> RoutingCandidate in
            let (worker, zone) = (hand.worker, hand.timeZone)
            let moment = try OfferMoment(transaction.instant, timeZone: zone)
            return RoutingCandidate(
                worker.id, facts: nil, weeklyMinutes: worker.limits.weeklyMinutesMax,
                committedMinutes: worker.committedMinutes, weekShareMillionths: moment.weekShareMillionths,
                band: hand.band,
                minutesLeft: hand.minutes(from: transaction.instant, until: batch.dueAt ?? .distantFuture),
                liveLeases: 0, openOffers: 0, window: nil)
        }
        var market = RoutingMarket(
            instant: transaction.instant, batches: [batch], candidates: candidates, requirements: [:])
        market.known.pay = try await transaction.offerTerms(of: [batch]).mapValues(\.pay)
        market.known.skills = try await transaction.routingSkills(of: ids, in: cell)
        market.known.forecasts = try await transaction.routingForecasts(of: ids)
        market.known.prices = try await transaction.hourPrices(of: ids).mapValues { HourPrice(nightlyMicros: $0) }
        market.known.forecastErrorMillionths = try await transaction.hoursForecastErrorMillionths()
        let settings = try await transaction.schedulerSettings()
        market.known.rates = settings.rates
        let values = RoutingValue(market, weights: settings.weights)
        return Set(
            candidates.filter { values.of(batch, $0, level: 0, tierDistance: 0).micros == nil }.map(\.worker))
    }
}
