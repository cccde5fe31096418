package import Foundation
package import Marketplace

/// A worker who may be offered work.
package struct RoutingCandidate: Hashable, Sendable {
    package let facts: WorkerFacts
    /// What is left of the week, the day and the time in which they are there, after leases and open offers; may be
    /// below zero, as offers reserve nothing.
    package let minutesLeft: Int
    package let liveLeases: Int
    /// Offers that wait for the worker's answer, of any batch.
    package let openOffers: Int
    /// By when they could answer an offer; `nil` when they are not there to answer one.
    package let window: OfferWindow?

    package init(facts: WorkerFacts, minutesLeft: Int, liveLeases: Int, openOffers: Int, window: OfferWindow?) {
        (self.facts, self.minutesLeft, self.window) = (facts, minutesLeft, window)
        (self.liveLeases, self.openOffers) = (liveLeases, openOffers)
    }
}

/// Everything that one routing round decides on, read in one snapshot. Ids differ; the order means nothing.
package struct RoutingMarket: Sendable {
    package let instant: Date
    package let batches: [RoutingBatch]
    package let candidates: [RoutingCandidate]
    package let requirements: [Requirement.ID: Requirement]
    /// Who has an open offer of what.
    package let offered: Set<RoutingPair>
    /// Who turned down or let lapse an offer of what, lately.
    package let turnedDown: Set<RoutingPair>
    /// Who has done their part of every task that is open.
    package let finished: Set<RoutingPair>
    /// Whom their team, an exclusion or a conflict of interest keeps from what.
    package let barred: Set<RoutingPair>
    /// Whose standing ask is above what which batch pays; that is all a plan knows of asks.
    package let belowAsk: Set<RoutingPair>

    package init(
        instant: Date, batches: [RoutingBatch], candidates: [RoutingCandidate],
        requirements: [Requirement.ID: Requirement], offered: Set<RoutingPair> = [],
        turnedDown: Set<RoutingPair> = [], finished: Set<RoutingPair> = [],
        barred: Set<RoutingPair> = [], belowAsk: Set<RoutingPair> = []
    ) {
        (self.instant, self.batches, self.candidates) = (instant, batches, candidates)
        (self.requirements, self.offered) = (requirements, offered)
        (self.turnedDown, self.finished) = (turnedDown, finished)
        (self.barred, self.belowAsk) = (barred, belowAsk)
    }
}
