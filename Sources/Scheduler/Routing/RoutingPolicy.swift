internal import Foundation
internal import Marketplace
package import Matching

/// Decides who is offered what. Pure: the same market in any order gives the same plan, to the byte; ties end at ids.
package struct RoutingPolicy: Sendable {
    /// Leases and open offers that one worker may have together.
    package let liveMax: Int
    /// When the auction stops bidding.
    package let bidsMax: Int

    /// How many candidates of a batch the auction sees: the best, or twice as many as it wants workers where that is
    /// more; and so many others besides, drawn by batch, worker and instant.
    package let candidatesMax: Int
    package let drawnMax: Int
    /// What a pair's value is made of.
    package let weights: ValueWeights

    /// The scheduler's policy.
    package init(
        liveMax: Int = ClaimTask.mostAtOnce, bidsMax: Int = 20_000_000, candidatesMax: Int = 50, drawnMax: Int = 3,
        weights: ValueWeights = .ofMarket
    ) {
        (self.liveMax, self.bidsMax) = (liveMax, bidsMax)
        (self.candidatesMax, self.drawnMax, self.weights) = (candidatesMax, drawnMax, weights)
    }

    /// The same with the weights that are in force.
    func by(_ weights: ValueWeights) -> RoutingPolicy {
        RoutingPolicy(
            liveMax: liveMax, bidsMax: bidsMax, candidatesMax: candidatesMax, drawnMax: drawnMax, weights: weights)
    }

    /// Batches past their bound go first, as far as their share of hours goes: what others are worth takes nobody from
    /// them. Their hours have no price, and nobody is waited for. Beyond it they go with all others, at the price of
    /// hours.
    ///
    /// Cost: candidates × requirements, then batches × who meets what they demand, then the auction.
    ///
    /// - Throws: `MarketFault` when ids are not different or numbers are out of Matching's bounds.
    package func plan(_ market: RoutingMarket) throws -> RoutingPlan {
        let batches = market.batches.sorted { Self.precedes($0, $1) }
        let workers = market.candidates.sorted { $0.worker < $1.worker }
        var sheet = RoutingSheet(market: market, batches: batches, workers: workers, policy: self)
        sheet.fill()
        func row(_ edges: [RoutingSheet.Edge]) -> [(supply: Int, value: Int64)] {
            edges.map { (supply: $0.worker, value: $0.value) }
        }
        var first = Self.early(of: batches, in: market)
        first.later = sheet.later.mapValues(row)
        let outcome = try RoutingMatch.solve(
            batches.map { .init(id: $0.id.uuid, slots: Self.wanted($0), minutes: $0.expectedMinutes) },
            workers.map {
                .init(
                    id: $0.worker.uuid, minutes: $0.minutesLeft, tasksMax: liveMax - $0.liveLeases - $0.openOffers
                )
            },
            candidates: sheet.edges.map(row), first: first, bidsMax: bidsMax
        )
        return sheet.plan(outcome, first: first.places)
    }

    /// Work past its bound, the oldest first; and with it what is forced, and what is due before a lease of now would
    /// end.
    private static func early(of batches: [RoutingBatch], in market: RoutingMarket) -> RoutingMatch.Early {
        var early = RoutingMatch.Early()
        early.minutesMax = market.known.lateMinutes
        guard early.minutesMax > 0 else { return early }
        early.bounded = batches.indices.filter { batches[$0].isPastBound(at: market.instant) }
            .sorted { (batches[$0].waitingSince, batches[$0].id) < (batches[$1].waitingSince, batches[$1].id) }
        guard !early.bounded.isEmpty else { return early }
        let urgent = batches.indices.filter { place in
            let batch = batches[place]
            let leased = market.instant + TimeInterval(batch.leaseSeconds)
            return market.known.forced.contains(batch.id) || batch.dueAt.map { $0 <= leased } ?? false
        }
        early.places = Set(early.bounded).union(urgent)
        return early
    }

    /// The most offers of one batch in one round.
    static let offersOfBatchMax = 200

    /// How many more workers a batch wants: an open offer stands for a slot, though it reserves none.
    static func wanted(_ batch: RoutingBatch) -> Int {
        min(max(batch.openSlots - batch.openOffers, 0), offersOfBatchMax)
    }

    /// Higher priority, then older, then the lesser id.
    private static func precedes(_ left: RoutingBatch, _ right: RoutingBatch) -> Bool {
        if left.priority != right.priority { return left.priority > right.priority }
        if left.openedAt != right.openedAt { return left.openedAt < right.openedAt }
        return left.id < right.id
    }
}

extension RoutingBatch {
    /// Whether it has waited for as long as work may: until its deadline; where it has none, for a week.
    func isPastBound(at instant: Date) -> Bool {
        instant >= dueAt ?? waitingSince + TimeInterval(RoutingValue.usualBoundSeconds)
    }
}
