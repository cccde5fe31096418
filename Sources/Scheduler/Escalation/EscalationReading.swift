internal import Foundation
internal import Marketplace
internal import Matching
internal import Store

/// Reads who could do the work of a batch, bounded.
struct EscalationReading: Sendable {
    static let pageSize = 200
    /// How far behind its deadline a batch's supply is looked at, to say what an extension would bring.
    static let beyondSeconds: TimeInterval = 14 * 86_400

    /// Of each batch, by id.
    let workersMax: Int
    var rules = EscalationPlan.Rules()
    var presences = PresenceBook()

    /// - Returns: `nil` where the ladder does nothing: it is not kept yet who meets what is demanded, and nobody is
    ///   taken for missing who was not looked at; or there is so much slack that no rung is reached, whoever else there
    ///   is.
    func callAsFunction(_ batch: EndangeredBatch, in transaction: Transaction) async throws -> EscalationSupply? {
        guard try await transaction.areKept([batch.requirement]) else { return nil }
        try await transaction.planForWhatIsGiven()
        guard let (hands, isCut) = try await self.hands(of: batch, in: transaction) else { return nil }
        var supply = EscalationSupply(batch: batch, instant: transaction.instant, hands: hands)
        supply.isCut = isCut
        if let cell = try await transaction.profession(of: batch.key) {
            let answers = try await transaction.routingResponses(of: hands.map(\.worker.id), in: cell)
            supply.acceptance = Acceptance(cell: answers.cell, own: answers.own)
            // Work that is claimed is not offered to anybody.
            if batch.door == .offer { try await weigh(&supply, in: cell, transaction) }
        }
        supply.forcedMinutes = try await transaction.forcedMinutes(
            of: batch.requirement, since: transaction.instant - 86_400)
        return supply
    }

    /// Who could do it, by id, and whether there may be more than were looked at; `nil` as soon as those found so far
    /// leave it more slack than the ladder begins at: more hands only add to it.
    private func hands(
        of batch: EndangeredBatch, in transaction: Transaction
    ) async throws -> (found: [EscalationSupply.Hand], isCut: Bool)? {
        var found: [EscalationSupply.Hand] = []
        var (last, looked, given): (Worker.ID?, Int, Int) = (nil, 0, 0)
        let (start, end) = (transaction.instant, batch.dueAt + Self.beyondSeconds)
        while looked < workersMax {
            let limit = min(Self.pageSize, workersMax - looked)
            let page = try await transaction.supply(
                for: batch, after: last, unknownShare: HoursForecast.cellShareMillionths, limit: limit)
            guard !page.isEmpty else { return (found, false) }
            (last, looked) = (page.last?.id, looked + page.count)
            let free = page.filter { !$0.isOut }
            let availabilities = try await transaction.availabilities(
                of: free.map(\.id), since: Presence.begin(for: start), until: end)
            for worker in free {
                // A zone that this machine does not know leaves its worker out: no lease could count the hours either.
                guard let availability = availabilities[worker.id] else { continue }
                let present = try availability.openIntervals(from: start, until: end)
                let moment = try OfferMoment(start, timeZone: availability.timeZone)
                let hand = EscalationSupply.Hand(
                    worker: worker, present: present, band: moment.band, timeZone: availability.timeZone,
                    presence: try presences.presence(of: worker.id, availability, at: start),
                    dayEndsAt: start + moment.secondsLeftOfDay)
                given += hand.minutes(from: start, until: batch.dueAt)
                found.append(hand)
            }
            let slack = batch.slackSeconds(at: start, minutesGiven: given)
            if isCalm(slackSeconds: slack, serviceSeconds: batch.serviceSeconds) { return nil }
            if page.count < limit { return (found, false) }
        }
        return (found, true)
    }

    /// Whether that is more slack than any rung begins at; as ``Escalation`` reckons.
    private func isCalm(slackSeconds: Int64, serviceSeconds: Int) -> Bool {
        let most = max(rules.ladder.reachMillionths, rules.ladder.forcedMillionths)
        return Double(slackSeconds) / Double(max(serviceSeconds, 1)) * 1_000_000 >= Double(most)
    }

    /// Who of them the market would refuse an offer, and what the others are worth: by the same value as a routing
    /// round's, of the same knowledge; each accepts as likely as in the time that an offer of now gives them.
    private func weigh(
        _ supply: inout EscalationSupply, in cell: Profession, _ transaction: Transaction
    ) async throws {
        let key = supply.batch.key
        guard let batch = try await transaction.routingBatches(of: [key])[key] else { return }
        // As by a party of every open task, of which the requirement says nothing.
        let barred = try await transaction.routingBarred(from: [batch], supply.hands.map(\.worker.id))
        let out = Set(barred.map(\.worker))
        supply.hands.removeAll { out.contains($0.worker.id) }
        let ids = supply.hands.map(\.worker.id)
        guard !ids.isEmpty else { return }
        let tiers = try await transaction.routingTiers(of: ids)
        let candidates = try supply.hands.map { hand -> RoutingCandidate in
            let worker = hand.worker
            let moment = try OfferMoment(transaction.instant, timeZone: hand.timeZone)
            return RoutingCandidate(
                worker.id, facts: nil, tiers: tiers[worker.id] ?? [:], minutesOffered: worker.minutesOffered,
                weeklyMinutes: worker.limits.weeklyMinutesMax, committedMinutes: worker.committedMinutes,
                weekShareMillionths: moment.weekShareMillionths, band: hand.band,
                minutesLeft: hand.minutes(from: transaction.instant, until: supply.batch.dueAt),
                liveLeases: 0, openOffers: 0, window: nil, presence: hand.presence)
        }
        let terms = try await transaction.offerTerms(of: [batch])
        let pasts = try await transaction.routingOffers(of: [batch], on: terms, to: ids)
        var market = RoutingMarket(
            instant: transaction.instant, batches: [batch], candidates: candidates,
            requirements: try await transaction.knownRequirements([batch.requirement]))
        let reading = RoutingReading(limits: RoutingRound.Limits(), presences: presences)
        market.known = try await reading.knowledge(
            pasts, of: [batch], terms: terms, to: candidates, in: cell, transaction)
        supply.offeredBefore = Set(reading.before(pasts, batches: [batch]).map(\.worker))
        supply.belowAsk = Set(try await transaction.routingBelowAsk([key], ids).map(\.worker))
        let settings = try await transaction.schedulerSettings()
        market.known.rates = settings.rates
        market.known.gains = try await transaction.routingGains(of: [batch], to: ids)
        for one in supply.reachable(answerSeconds: rules.answerSeconds) {
            market.known.accepting[one.worker] = one.chanceMillionths
        }
        supply.worth = EscalationWorth(batch, market, weights: settings.weights, rules: rules.ladder)
    }
}
