internal import Marketplace
internal import Matching

/// What workers' answers are worth to one batch, by the same value as a routing round's but for what priority adds,
/// which is only known among other batches.
struct EscalationWorth: Hashable, Sendable {
    /// Of one worker.
    struct Pair: Hashable, Sendable {
        /// Micro-units, as a routing round compares; above 0.
        let value: Int64
        /// What it is made of, by name; together the value.
        let parts: [String: Int64]
        /// What the worker's time would bring elsewhere, in micro-units; 0 in the forced lane.
        let hoursPrice: Int64
        /// Whether the answer would still be worth it after one more raise of the pay: not where that comes out of a
        /// value that stays as it is.
        var bearsRaise = true
    }

    /// Whoever is not named is not offered it: their answer brings the requester less than the pay, or, but for the
    /// forced lane, their hours would bring more elsewhere.
    private let usual: [Worker.ID: Pair]
    private let forced: [Worker.ID: Pair]

    init(usual: [Worker.ID: Pair] = [:], forced: [Worker.ID: Pair] = [:]) {
        (self.usual, self.forced) = (usual, forced)
    }

    /// Of all candidates of a market that has this batch and what is known of them.
    init(
        _ batch: RoutingBatch, _ market: RoutingMarket, weights: ValueWeights,
        rules: Escalation.Rules = Escalation.Rules()
    ) {
        let least = (market.requirements[batch.requirement] ?? .any([])).normalised.leastTiers
        let values = RoutingValue(market, weights: weights)
        func pairs(_ known: RoutingKnowledge) -> [Worker.ID: Pair] {
            var dearer = known
            if let pay = known.pay[batch.id],
                let more = try? Money(Escalation.stepped(pay.minorUnits, rules: rules), pay.currency)
            {
                dearer.pay[batch.id] = more
            }
            let (now, then) = (values.knowing(known), values.knowing(dearer))
            return market.candidates.reduce(into: [:]) { pairs, worker in
                let distance = RoutingValue.tierDistance(of: worker.tiers, above: least)
                let pair = now.of(batch, worker, level: 0, tierDistance: distance)
                guard let value = pair.micros else { return }
                pairs[worker.worker] = Pair(
                    value: value,
                    parts: pair.parts.named(
                        upTo: value, hoursPrice: pair.price, continuation: 0, answerGain: pair.answerGain),
                    hoursPrice: pair.price,
                    bearsRaise: then.of(batch, worker, level: 0, tierDistance: distance).micros != nil)
            }
        }
        var lane = market.known
        lane.forced = [batch.id]
        self.init(usual: pairs(market.known), forced: pairs(lane))
    }

    /// `nil` for who is not offered it.
    func pair(of worker: Worker.ID, isForced: Bool) -> Pair? { (isForced ? forced : usual)[worker] }

    /// Why each of these is offered it, of all who could be and are worth it. The certificate is of this batch alone:
    /// what those who are chosen are worth, of as many who are worth the most.
    func explanations(
        of chosen: [Worker.ID], among all: [Worker.ID], isForced: Bool
    ) -> [Worker.ID: OfferExplanation] {
        let ranked = all.compactMap { worker in
            pair(of: worker, isForced: isForced).map { (worker: worker, value: $0.value) }
        }.sorted { ($1.value, $0.worker) < ($0.value, $1.worker) }
        let named = Set(chosen)
        let next = ranked.first { !named.contains($0.worker) }
        let certificate = Certificate(
            value: ranked.filter { named.contains($0.worker) }.reduce(0) { $0 + $1.value },
            bound: ranked.prefix(named.count).reduce(0) { $0 + $1.value })
        return chosen.reduce(into: [:]) { explanations, worker in
            guard let pair = self.pair(of: worker, isForced: isForced) else { return }
            explanations[worker] = OfferExplanation(
                valueMicros: pair.value, parts: pair.parts, hoursPriceMicros: pair.hoursPrice,
                runnerUp: next.map { .init(worker: $0.worker, valueMicros: $0.value) }, candidates: ranked.count,
                certificateMillionths: certificate.ratioMillionths)
        }
    }
}
