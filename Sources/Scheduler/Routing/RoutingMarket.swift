package import Foundation
package import Marketplace

/// A worker who may be offered work.
package struct RoutingCandidate: Hashable, Sendable {
    package let worker: Worker.ID
    /// What requirements are evaluated on; `nil` of whom nothing is evaluated in this round, as is kept what they meet.
    package let facts: WorkerFacts?
    package let workforce: Workforce
    package let tiers: [Profession: Tier]
    /// Minutes that they were offered in the last four weeks, and that they give in a week.
    package let minutesOffered: Int
    package let weeklyMinutes: Int
    /// Minutes that leases took of this week, and how much of the week has passed, in millionths.
    package let committedMinutes: Int
    package let weekShareMillionths: Int
    /// Which six hours of their day it is: 0 to 3.
    package let band: Int
    /// What is left of the week, the day and the time in which they are there, after leases and open offers; may be
    /// below zero, as offers reserve nothing.
    package let minutesLeft: Int
    package let liveLeases: Int
    /// Offers that wait for the worker's answer, of any batch.
    package let openOffers: Int
    /// By when they could answer an offer; `nil` when they are not there to answer one.
    package let window: OfferWindow?
    /// When they are there; `nil` where it is not known, and taken for evenly spread.
    package let presence: Presence?

    package init(
        _ worker: Worker.ID, facts: WorkerFacts?, tiers: [Profession: Tier]? = nil, workforce: Workforce = .crowd,
        minutesOffered: Int = 0, weeklyMinutes: Int = 600, committedMinutes: Int = 0, weekShareMillionths: Int = 0,
        band: Int = 1, minutesLeft: Int, liveLeases: Int, openOffers: Int,
        window: OfferWindow?, presence: Presence? = nil
    ) {
        self.tiers = tiers ?? facts?.professions.compactMapValues(\.tier) ?? [:]
        (self.committedMinutes, self.weekShareMillionths) = (committedMinutes, weekShareMillionths)
        self.band = band
        (self.worker, self.facts, self.workforce) = (worker, facts, workforce)
        (self.minutesOffered, self.weeklyMinutes) = (minutesOffered, weeklyMinutes)
        (self.minutesLeft, self.window, self.presence) = (minutesLeft, window, presence)
        (self.liveLeases, self.openOffers) = (liveLeases, openOffers)
    }
}

/// Everything that one routing round decides on, read in one snapshot. Ids differ; the order means nothing.
package struct RoutingMarket: Sendable {
    package let instant: Date
    package let batches: [RoutingBatch]
    package let candidates: [RoutingCandidate]
    package let requirements: [Requirement.ID: Requirement]
    /// Who meets a requirement, each once, where it is kept; others are evaluated on the candidates' facts.
    package var kept: [Requirement.ID: [Worker.ID]] = [:]
    /// Who has an open offer of what.
    package let offered: Set<RoutingPair>
    /// Who turned down or let lapse an offer of what, lately.
    package let turnedDown: Set<RoutingPair>
    /// Who declined what on the terms of now, or was offered it on them as often as it has tasks.
    package var offeredBefore: Set<RoutingPair> = []
    /// Who has done their part of every task that is open, or as much of the batch as one worker may.
    package let finished: Set<RoutingPair>
    /// Whom their team, an exclusion or a conflict of interest keeps from what.
    package let barred: Set<RoutingPair>
    /// Whose standing ask is above what which batch pays; that is all a plan knows of asks.
    package let belowAsk: Set<RoutingPair>
    package var known = RoutingKnowledge()

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
