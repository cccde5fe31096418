internal import Formats
internal import Foundation
internal import Marketplace
internal import Matching
internal import Store

/// Where the next round of a cell goes on, when there are more batches or workers than one round looks at. Workers turn
/// inside, batches outside, so that every worker meets every batch.
struct RoutingCursor: Hashable, Sendable {
    var batches: RoutingBatch?
    /// Of those past their bound, which have pages of their own: each round looks at some of them, too.
    var late: RoutingBatch?
    var workers: Worker.ID?
    /// Of those on whom requirements are evaluated, a minute long for each new one. They turn by themselves where
    /// others are kept as meeting something: no kept requirement waits for them.
    var evaluated: Worker.ID?
}

/// Reads a round's market, bounded. Each statement sees what is committed then; what is made of it is looked at again
/// under locks.
struct RoutingReading: Sendable {
    static let pageSize = 200

    let limits: RoutingRound.Limits
    var presences = PresenceBook()

    /// - Returns: the market, and where to go on.
    func callAsFunction(
        _ cell: Profession, after cursor: RoutingCursor, in transaction: Transaction
    ) async throws -> (market: RoutingMarket, next: RoutingCursor) {
        let instant = transaction.instant
        try await transaction.planForWhatIsGiven()
        let bound = instant - TimeInterval(RoutingValue.usualBoundSeconds)
        let late = try await transaction.routingBatches(
            in: cell, waitingBy: bound, after: cursor.late, limit: Self.pageSize)
        let others = try await self.batches(of: cell, waitingAfter: bound, after: cursor.batches, in: transaction)
        let batches = late + others
        let requirements = Array(Set(batches.map(\.requirement)))
        let unknown = try await transaction.unknownRequirements(among: requirements)
        let known = requirements.filter { !unknown.contains($0) }
        let most = limits.keptCandidatesMax
        let kept =
            !known.isEmpty ? try await transaction.routingKept(known, after: cursor.workers, limit: most) : [:]
        let page = try await page(of: kept, evaluated: !unknown.isEmpty, after: cursor, in: transaction)
        let workers = page.workers.filter(\.isActive)
        let ids = workers.map(\.id)
        let terms = try await transaction.offerTerms(of: batches)
        let pasts = try await transaction.routingOffers(of: batches, on: terms, to: ids)
        var market = RoutingMarket(
            instant: instant, batches: batches,
            candidates: try await candidates(workers, for: batches, evaluated: page.evaluated, in: transaction),
            requirements: try await transaction.knownRequirements(requirements),
            offered: Set(pasts.filter(\.isOpen).map(\.pair)),
            turnedDown: resting(pasts, terms: terms, at: instant),
            finished: try await transaction.routingFinished(batches, by: ids).union(
                transaction.routingShareUsed(pasts.filter(\.hasAccepted).map(\.pair), of: batches)),
            barred: try await transaction.routingBarred(from: batches, ids),
            belowAsk: try await transaction.routingBelowAsk(batches.map(\.key), ids)
        )
        market.kept = kept
        market.offeredBefore = before(pasts, batches: batches)
        market.known = try await knowledge(
            pasts, of: batches, terms: terms, to: market.candidates, in: cell, transaction)
        market.known.gains = try await transaction.routingGains(of: batches, to: ids)
        market.known.forced = try await transaction.forcedBatches(of: batches.map(\.key))
        return (market, next(cursor, late: late, batches: others, page))
    }

    func knowledge(
        _ pasts: [RoutingPast], of batches: [RoutingBatch], terms: [Batch.ID: OfferTerms],
        to candidates: [RoutingCandidate], in cell: Profession, _ transaction: Transaction
    ) async throws -> RoutingKnowledge {
        let ids = candidates.map(\.worker)
        var known = RoutingKnowledge()
        known.pay = terms.mapValues(\.pay)
        known.skills = try await transaction.routingSkills(of: ids, in: cell)
        known.forecasts = try await transaction.routingForecasts(of: ids)
        known.prices = try await transaction.hourPrices(of: ids).mapValues { HourPrice(nightlyMicros: $0) }
        known.forecastErrorMillionths = RoutingWeek.forecastErrorMillionths(
            of: candidates, known.forecasts, at: transaction.instant,
            lastTested: try await transaction.hoursForecastErrorMillionths())
        known.familiar = Set(pasts.filter(\.hasAccepted).map(\.pair))
        let answers = try await transaction.routingResponses(of: ids, in: cell)
        let acceptance = Acceptance(cell: answers.cell, own: answers.own)
        known.accepting = acceptance.chances(of: candidates, at: transaction.instant)
        for batch in batches {
            guard let usual = batch.ratePay, usual > 0, let pay = known.pay[batch.id]?.minorUnits else { continue }
            let ratio = Int128(pay) * 1_000_000 / Int128(usual)
            let band = AcceptanceModel.PayBand(ratioMillionths: Int(clamping: ratio))
            if band != .usual { known.payBands[batch.id] = band }
        }
        for band in Set(known.payBands.values) {
            known.acceptingOtherwise[band] = acceptance.chances(of: candidates, at: transaction.instant, pay: band)
        }
        // Nobody is waited for where nothing is due.
        if batches.contains(where: { $0.dueAt != nil }) {
            known.usuallyAccepting = acceptance.usualMillionths(of: ids)
        }
        return known
    }

    private func batches(
        of cell: Profession, waitingAfter bound: Date, after last: RoutingBatch?, in transaction: Transaction
    ) async throws -> [RoutingBatch] {
        var found: [RoutingBatch] = []
        while found.count < limits.batchesMax {
            let limit = min(Self.pageSize, limits.batchesMax - found.count)
            let page = try await transaction.routingBatches(
                in: cell, waitingAfter: bound, after: found.last ?? last, limit: limit)
            found += page
            if page.count < limit { break }
        }
        return found
    }

    /// Whom a round looks at.
    private struct Page {
        var workers: [RoutingWorker] = []
        /// On whom of them requirements are evaluated of which it is not kept yet who meets them.
        var evaluated: Set<Worker.ID> = []
        /// The last that were looked at, where there may be more behind.
        var lastKept: Worker.ID?
        var lastEvaluated: Worker.ID?
        /// Whether nothing is kept of what this page is for.
        var isAllEvaluated = false
    }

    /// All who are kept as meeting something, and, where something must be evaluated, some of all who are active.
    private func page(
        of kept: [Requirement.ID: [Worker.ID]], evaluated: Bool, after cursor: RoutingCursor,
        in transaction: Transaction
    ) async throws -> Page {
        var page = Page()
        let found = Array(Set(kept.values.joined()).sorted().prefix(limits.keptCandidatesMax))
        if !found.isEmpty { page.workers = try await transaction.routingWorkers(found) }
        page.lastKept = found.count == limits.keptCandidatesMax ? found.last : nil
        guard evaluated else {
            page.lastEvaluated = cursor.evaluated
            return page
        }
        page.isAllEvaluated = kept.isEmpty
        let others = try await transaction.routingWorkers(after: cursor.evaluated, limit: limits.candidatesMax)
        page.lastEvaluated = others.count == limits.candidatesMax ? others.last?.id : nil
        page.evaluated = Set(others.map(\.id))
        let known = Set(found)
        page.workers += others.filter { !known.contains($0.id) }
        return page
    }

    private func next(
        _ cursor: RoutingCursor, late: [RoutingBatch], batches: [RoutingBatch], _ page: Page
    ) -> RoutingCursor {
        if page.lastKept != nil || page.isAllEvaluated && page.lastEvaluated != nil {
            return RoutingCursor(
                batches: cursor.batches, late: cursor.late, workers: page.lastKept, evaluated: page.lastEvaluated)
        }
        return RoutingCursor(
            batches: batches.count == limits.batchesMax ? batches.last : nil,
            late: late.count == Self.pageSize ? late.last : nil, workers: nil, evaluated: page.lastEvaluated)
    }

    /// Who turned down or let lapse an offer of what, lately, and for no less than a twentieth below what it pays now.
    private func resting(
        _ pasts: [RoutingPast], terms: [Batch.ID: OfferTerms], at instant: Date
    ) -> Set<RoutingPair> {
        let since = instant - limits.restSeconds
        return Set(
            pasts.filter { past in
                guard let at = past.turnedDownAt, at > since else { return false }
                guard let pay = terms[past.pair.batch]?.pay.minorUnits, let then = past.turnedDownMinor else {
                    return true
                }
                return pay - then < max(then / 20, 1)
            }.map(\.pair))
    }

    /// Who declined what on the terms of now, or was offered it on them as often as it has tasks.
    func before(_ pasts: [RoutingPast], batches: [RoutingBatch]) -> Set<RoutingPair> {
        let tasks = Dictionary(batches.map { ($0.id, $0.tasks) }, uniquingKeysWith: { first, _ in first })
        return Set(
            pasts.filter { $0.isDeclined || $0.turns >= tasks[$0.pair.batch] ?? 0 }.map(\.pair))
    }

    private func candidates(
        _ workers: [RoutingWorker], for batches: [RoutingBatch], evaluated: Set<Worker.ID>,
        in transaction: Transaction
    ) async throws -> [RoutingCandidate] {
        guard !workers.isEmpty else { return [] }
        // A zone that this machine does not know leaves its worker out: no lease could count the hours either.
        let weeks = workers.compactMap { worker in
            (try? OfferMoment(transaction.instant, timeZone: worker.timeZone)).map { (worker: worker.id, moment: $0) }
        }
        let loads = try await transaction.routingLoads(
            weeks.map { (worker: $0.worker, startsOn: $0.moment.monday, day: $0.moment.day) })
        var facts: [Worker.ID: WorkerFacts] = [:]
        let asked = workers.map(\.id).filter { evaluated.contains($0) }
        if !asked.isEmpty {
            for known in try await transaction.workerFacts(of: asked, at: transaction.instant) {
                facts[known.worker] = known
            }
        }
        let leaseMax = TimeInterval(batches.map(\.leaseSeconds).max() ?? 0)
        let times = try await times(of: workers, leaseMax: leaseMax, in: transaction)
        let tiers = try await transaction.routingTiers(of: workers.map(\.id))
        let moments = Dictionary(
            weeks.map { ($0.worker, $0.moment) }, uniquingKeysWith: { first, _ in first })
        return workers.compactMap { worker in
            guard let load = loads[worker.id], let moment = moments[worker.id],
                !evaluated.contains(worker.id) || facts[worker.id] != nil
            else { return nil }
            let (window, presence) = times[worker.id] ?? (nil, nil)
            let limits = worker.limits
            // All that is offered now is to be done in the time after one answer, beside what is at work already.
            let present = window.map { $0.isAlwaysOpen ? .max : $0.openMinutes(within: leaseMax) - load.leasedMinutes }
            let left = min(
                limits.weeklyMinutesMax - load.committedMinutes, limits.dailyMinutesMax - load.committedToday,
                present ?? 0, limits.bounds?.minutesLeft(at: transaction.instant) ?? .max
            )
            return RoutingCandidate(
                worker.id, facts: facts[worker.id], tiers: tiers[worker.id] ?? [:], workforce: worker.workforce,
                minutesOffered: worker.minutesOffered, weeklyMinutes: limits.weeklyMinutesMax,
                committedMinutes: load.committedMinutes, weekShareMillionths: moment.weekShareMillionths,
                band: moment.band,
                minutesLeft: left - load.offeredMinutes,
                // Who wants fewer tasks at once has some of the places taken from the start.
                liveLeases: load.liveLeases + WorkLimits.tasksAtOnceMost - limits.tasksAtOnceMax,
                openOffers: load.openOffers, window: window, presence: presence
            )
        }
    }

    /// When the workers could answer an offer of this instant, `nil` for those who are not there in time; and when they
    /// are there at all.
    private func times(
        of workers: [RoutingWorker], leaseMax: TimeInterval, in transaction: Transaction
    ) async throws -> [Worker.ID: (window: OfferWindow?, presence: Presence?)] {
        let horizon = limits.answerSeconds + leaseMax
        let availabilities = try await transaction.availabilities(
            of: workers.map(\.id), since: Presence.begin(for: transaction.instant),
            until: transaction.instant + TimeInterval(WorkLimits.noticeMinutesMost) * 60 + max(horizon, 14 * 86_400)
        )
        var found: [Worker.ID: (window: OfferWindow?, presence: Presence?)] = [:]
        for worker in workers {
            guard let availability = availabilities[worker.id] else { continue }
            let window = try availability.offerWindow(
                at: transaction.instant, noticeMinutes: worker.limits.offerNoticeMinutes,
                answerSeconds: limits.answerSeconds, horizonSeconds: leaseMax
            )
            let presence = try presences.presence(of: worker.id, availability, at: transaction.instant)
            found[worker.id] = (window, presence)
        }
        return found
    }
}
