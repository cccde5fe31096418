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
    }

    /// Whoever is not named is not offered it: their answer brings the requester less than the pay, or, but for the
    /// forced lane, their hours would bring more elsewhere.
    private let usual: [Worker.ID: Pair]
    private let forced: [Worker.ID: Pair]

    init(usual: [Worker.ID: Pair] = [:], forced: [Worker.ID: Pair] = [:]) {
        (self.usual, self.forced) = (usual, forced)
    }

    /// Of all candidates of a market that has this batch and what is known of them.
    init(_ batch: RoutingBatch, _ market: RoutingMarket, weights: ValueWeights) {
        let least = (market.requirements[batch.requirement] ?? .any([])).normalised.leastTiers
        func pairs(in market: RoutingMarket) -> [Worker.ID: Pair] {
            let values = RoutingValue(market, weights: weights)
            return market.candidates.reduce(into: [:]) { pairs, worker in
                let pair = values.of(
                    batch, worker, level: 0,
                    tierDistance: RoutingValue.tierDistance(of: worker.tiers, above: least))
                guard let value = pair.micros else { return }
                pairs[worker.worker] = Pair(
                    value: value,
                    parts: pair.parts.named(
                        upTo: value, hoursPrice: pair.price, continuation: 0, answerGain: pair.answerGain),
                    hoursPrice: pair.price)
            }
        }
        var lane = market
        lane.known.forced = [batch.id]
        self.init(usual: pairs(in: market), forced: pairs(in: lane))
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
