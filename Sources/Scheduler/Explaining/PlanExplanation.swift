internal import Foundation
package import Marketplace
internal import Matching

extension RoutingRule {
    /// As it is kept for those who ask why.
    package var reason: UnroutedReason {
        switch self {
        case .requirement: .nobodyEligible
        case .barred: .barred
        case .away: .away
        case .hours: .noHours
        case .liveCap: .tooMany
        case .alreadyOffered: .offered
        case .turnedDown, .offeredBefore: .declined
        case .finished: .workDone
        case .belowAsk: .belowAsk
        case .belowPay: .belowPay
        case .belowPrice: .belowPrice
        case .waitsForBetter: .waitsForBetter
        case .notChosen: .outbid
        case .emptyMarket: .nothingThere
        }
    }
}

extension Unrouted {
    fileprivate var kept: UnroutedCounts {
        UnroutedCounts(
            counts.reduce(into: [:]) { sums, entry in sums[entry.key.reason, default: 0] += entry.value })
    }
}

extension RoutingPlan {
    /// What is kept of the batches of which slots are left.
    package func unroutedBatches(of market: RoutingMarket) -> [UnroutedBatch] {
        let known = Dictionary(market.batches.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let offered = Dictionary(grouping: offers, by: \.batch).mapValues(\.count)
        return batches.compactMap { left in
            guard let batch = known[left.subject] else { return nil }
            return UnroutedBatch(
                batch: Batch.Key(requester: batch.requester, id: batch.id), reason: left.bar.rule.reason,
                message: left.bar.message, counts: left.kept,
                slotsLeft: RoutingPolicy.wanted(batch) - (offered[batch.id] ?? 0))
        }
    }

    /// What is kept of the workers without an offer.
    package var unroutedWorkers: [UnroutedWorker] {
        workers.map {
            UnroutedWorker(
                worker: $0.subject, reason: $0.bar.rule.reason, message: $0.bar.message, counts: $0.kept)
        }
    }
}

extension RoutingPlan {
    /// What is kept of why an offer is made: the parts of the pair's value, then what the hours would bring elsewhere,
    /// what others who are likely to come would bring, what the worker's answer settles more than a usual one would,
    /// and what priority and the chance of acceptance make of the rest; together the value that the plan compared.
    package func explanation(of offer: PlannedOffer) -> OfferExplanation {
        let parts = offer.parts.named(
            upTo: offer.value, hoursPrice: offer.timePrice, continuation: offer.continuation,
            answerGain: offer.answerGain)
        return OfferExplanation(
            valueMicros: offer.value, parts: parts, hoursPriceMicros: offer.timePrice,
            runnerUp: offer.runnerUp.map { .init(worker: $0.worker, valueMicros: $0.value) },
            candidates: offer.candidates, certificateMillionths: certificateMillionths)
    }
}

extension PairValue {
    /// The parts by name, and what else makes a value of them; together the value. Continuation and gain are left out
    /// where they are nothing.
    func named(upTo value: Int64, hoursPrice: Int64, continuation: Int64, answerGain: Int64) -> [String: Int64] {
        var named = Dictionary(
            parts.map { ($0.part.rawValue, $0.micros) }, uniquingKeysWith: { first, _ in first })
        named["hours_price"] = -hoursPrice
        if continuation != 0 { named["continuation"] = -continuation }
        if answerGain != 0 { named["answer_gain"] = answerGain }
        named["priority_and_acceptance"] = value - named.values.reduce(0, +)
        return named
    }
}

extension KeepExplanations {
    /// Keeps what a plan says of what it leaves, by bounded pieces.
    func callAsFunction(_ batches: [UnroutedBatch], _ workers: [UnroutedWorker], by actor: Principal.ID) async throws {
        var (batches, workers) = (batches[...], workers[...])
        while !batches.isEmpty || !workers.isEmpty {
            try await self(
                batches: Array(batches.prefix(Self.most)), workers: Array(workers.prefix(Self.most)), by: actor)
            (batches, workers) = (batches.dropFirst(Self.most), workers.dropFirst(Self.most))
        }
    }
}
