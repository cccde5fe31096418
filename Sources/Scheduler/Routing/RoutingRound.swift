package import Foundation
package import Logging
package import Marketplace
internal import Store
internal import Synchronization

/// What a routing round did.
package struct RoutingReport: Sendable {
    /// Another scheduler was routing; nothing was looked at.
    package let isBusy: Bool
    /// `nil` when busy.
    package let plan: RoutingPlan?
    package let offersMade: Int
    /// Offers that the market did not allow any more, by the refusal's code.
    package let refused: [String: Int]
    /// Planned offers that were not tried, as the round is bounded; the next one plans anew.
    package let leftOver: Int

    static let busy = RoutingReport(isBusy: true, plan: nil, offersMade: 0, refused: [:], leftOver: 0)
}

/// Offers the work of open batches to the workers whom the policy chooses.
///
/// One scheduler routes at a time: an advisory lock is held by an otherwise idle transaction for the whole round, and
/// who finds it taken leaves the work to the other. If that connection breaks, two may route at once, and the market's
/// constraints keep each offer single. The plan is made outside any snapshot or row lock.
package final class RoutingRound: SchedulerRound {
    /// Bounds of one round.
    package struct Limits: Sendable {
        /// 1 to 200.
        package var batchesMax = 200
        package var candidatesMax = 1_000
        /// Kept so small that a round ends well before PostgreSQL ends the idle transaction that holds its lock.
        package var offersMax = 200
        /// How long a worker who is there has to answer; who wants notice has more.
        package var answerSeconds: TimeInterval = 900
        /// How long a worker who turned an offer down, or let it lapse, is not asked for the same batch again.
        package var restSeconds: TimeInterval = 86_400

        package init() {}
    }

    package let name = "routing"
    package let period: Duration = .seconds(2)
    /// Below this the log warns: the plan may be worth less than it could be.
    static let leastCertificateMillionths: Int64 = 980_000

    private let market: Market
    private let actor: Principal.ID
    private let policy: RoutingPolicy
    private let limits: Limits
    private let logger: Logger
    private let cursor = Mutex(RoutingCursor())

    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    package init(
        market: Market, by actor: Principal.ID, policy: RoutingPolicy = RoutingPolicy(), limits: Limits = Limits(),
        logger: Logger
    ) {
        (self.market, self.actor, self.policy) = (market, actor, policy)
        (self.limits, self.logger) = (limits, logger)
    }

    package func runOnce() async throws -> RoundOutcome {
        let report = try await route()
        return RoundOutcome(
            counts: [.offersMade: report.offersMade, .offersRefused: report.refused.values.reduce(0, +)],
            hasMore: report.leftOver > 0 && report.offersMade > 0
        )
    }

    /// One bounded round. Needs two connections at once.
    ///
    /// - Throws: `StoreError`; `MarketFault`; `AccessRefusal` unless the actor is an operator.
    package func route() async throws -> RoutingReport {
        // Read-only, so that it has nothing to lose when its connection breaks.
        try await market.database.read { guardian in
            guard try await guardian.tryAdvisoryLock(AdvisoryLock("scheduler", "routing")) else { return .busy }
            return try await self.routeAlone()
        }
    }

    private func routeAlone() async throws -> RoutingReport {
        let reading = RoutingReading(
            batchesMax: limits.batchesMax, candidatesMax: limits.candidatesMax, answerSeconds: limits.answerSeconds,
            restSeconds: limits.restSeconds
        )
        let start = cursor.withLock { $0 }
        let (seen, next) = try await market.database.read(isolation: .repeatableRead) {
            try await reading(after: start, in: $0)
        }
        let plan = try policy.plan(seen)
        note(plan)
        let report = try await makeOffers(plan)
        if report.leftOver == 0 { cursor.withLock { $0 = next } }
        return report
    }

    private func makeOffers(_ plan: RoutingPlan) async throws -> RoutingReport {
        let make = MakeOffer(market: market)
        var made = 0
        var refused: [String: Int] = [:]
        let due = plan.offers.prefix(max(limits.offersMax, 1))
        for offer in due {
            do {
                _ = try await make(
                    of: offer.batch, from: offer.requester, to: offer.worker, reason: plan.reason(of: offer),
                    answerBy: offer.answerBy, by: actor
                )
                made += 1
            } catch let refusal as OfferRefusal {
                refused[refusal.code, default: 0] += 1
            }
        }
        return RoutingReport(
            isBusy: false, plan: plan, offersMade: made, refused: refused, leftOver: plan.offers.count - due.count
        )
    }

    private func note(_ plan: RoutingPlan) {
        guard !plan.offers.isEmpty || !plan.batches.isEmpty else { return }
        let metadata: Logger.Metadata = [
            "offers": "\(plan.offers.count)", "batches_left": "\(plan.batches.count)",
            "workers_left": "\(plan.workers.count)", "certificate_millionths": "\(plan.certificateMillionths)",
            "bids": "\(plan.bids)", "is_settled": "\(plan.isSettled)",
        ]
        if plan.certificateMillionths < Self.leastCertificateMillionths {
            logger.warning("routing plan is not proven good", metadata: metadata)
        } else {
            logger.info("routing plan", metadata: metadata)
        }
    }
}
