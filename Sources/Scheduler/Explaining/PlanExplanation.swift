internal import Foundation
package import Marketplace

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
        case .turnedDown: .declined
        case .finished: .workDone
        case .belowAsk: .belowAsk
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

extension KeepExplanations {
    /// Keeps what a plan says of what it leaves, by bounded pieces.
    package func callAsFunction(_ plan: RoutingPlan, of market: RoutingMarket, by actor: Principal.ID) async throws {
        var (batches, workers) = (plan.unroutedBatches(of: market)[...], plan.unroutedWorkers[...])
        while !batches.isEmpty || !workers.isEmpty {
            try await self(
                batches: Array(batches.prefix(Self.most)), workers: Array(workers.prefix(Self.most)), by: actor)
            (batches, workers) = (batches.dropFirst(Self.most), workers.dropFirst(Self.most))
        }
    }
}
