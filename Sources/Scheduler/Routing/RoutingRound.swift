package import Foundation
package import Logging
package import Marketplace
internal import Store
internal import Synchronization

/// What a routing round did in one cell.
package struct CellReport: Sendable {
    package let cell: Profession
    package let plan: RoutingPlan
    package let offersMade: Int
    /// Offers that the market did not allow any more, by the refusal's code.
    package let refused: [String: Int]
    /// Planned offers that were not tried, as the round is bounded; the next one plans anew.
    package let leftOver: Int
    /// Currencies, by code, that were compared at par although nothing says so.
    package let atPar: [String]
}

/// What a routing round did: each cell that this scheduler took.
package struct RoutingReport: Sendable {
    package let cells: [CellReport]
    /// Nothing was routed, as other schedulers were at every cell that was due.
    package let isBusy: Bool

    package var offersMade: Int { cells.reduce(0) { $0 + $1.offersMade } }
    package var leftOver: Int { cells.reduce(0) { $0 + $1.leftOver } }
    package var refused: [String: Int] {
        cells.reduce(into: [:]) { $0.merge($1.refused) { $0 + $1 } }
    }
    /// Of the first cell; `nil` when none was taken.
    package var plan: RoutingPlan? { cells.first?.plan }
}

/// Offers the work of open batches to the workers whom the policy chooses.
///
/// Schedulers divide the market by cell, without being told of each other: each takes cells that are due and that
/// nobody is at, one after the other, and a cell's round is one transaction (see ``RouteCell``).
package final class RoutingRound: SchedulerRound {
    /// Bounds of one round of a cell.
    package struct Limits: Sendable {
        package var batchesMax = 1_000
        /// Workers where it is kept who meets what is demanded; and where it must be worked out.
        package var keptCandidatesMax = 20_000
        package var candidatesMax = 1_000
        package var offersMax = 2_000
        /// How long a worker who is there has to answer; who wants notice has more.
        package var answerSeconds: TimeInterval = 900
        /// How long a worker who turned an offer down, or let it lapse, is not asked for the same batch again, unless
        /// it pays a twentieth more.
        package var restSeconds: TimeInterval = 86_400
        /// How long a cell is left alone after its round began: half a period, so that several schedulers together do
        /// not route it more often than one.
        package var cellRestSeconds: TimeInterval = 1

        package init() {}
    }

    package let name = "routing"
    package let period: Duration = .seconds(2)

    private let market: Market
    private let actor: Principal.ID
    private let policy: RoutingPolicy
    private let limits: Limits
    private let logger: Logger
    private let isBehind = Atomic(false)
    private let presences = PresenceBook()
    private let cursors = Mutex<[Profession: RoutingCursor]>([:])
    /// When workers were last told why they were offered nothing.
    private let told = Mutex<[Profession: ContinuousClock.Instant]>([:])
    /// Currencies at par of which the log was told, by cell.
    private let warned = Mutex<[Profession: [String]]>([:])

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
            hasMore: report.leftOver > 0 && report.offersMade > 0,
            certificateMillionths: report.cells.map(\.plan.certificateMillionths).min()
        )
    }

    /// One bounded round of each cell that is due and free.
    ///
    /// - Throws: `StoreError`; `MarketFault`; `AccessRefusal` unless the actor is an operator.
    package func route() async throws -> RoutingReport {
        let route = RouteCell(market: market)
        try await route.prepare()
        // Where planned offers were left over, they are not left to wait.
        let rest = isBehind.load(ordering: .relaxed) ? 0 : limits.cellRestSeconds
        let (now, settings) = try await market.database.read { ($0.instant, try await $0.schedulerSettings()) }
        let before = now - rest
        var reports: [CellReport] = []
        while true {
            let done = reports.map(\.cell)
            let round = try await route(except: done, routedBefore: before, by: actor) { cell, transaction in
                let planned = try await plan(cell, by: settings, in: transaction)
                return (planned, offers: planned.drafts, lateUntil: planned.lateUntil)
            }
            guard let round else { break }
            try await keepExplanations(of: round)
            reports.append(report(of: round))
        }
        isBehind.store(reports.contains { $0.leftOver > 0 }, ordering: .relaxed)
        guard reports.isEmpty else { return RoutingReport(cells: reports, isBusy: false) }
        return RoutingReport(cells: [], isBusy: try await route.due(routedBefore: before) > 0)
    }

    /// A plan, and as much of it as one round makes.
    private struct Planned: Sendable {
        let plan: RoutingPlan
        let drafts: [OfferDraft]
        let unrouted: [UnroutedBatch]
        let next: RoutingCursor
        /// Until when work past its bound has used up its share; `nil` where it took nothing.
        let lateUntil: Date?
        /// Currencies that are compared at par although nothing says so.
        let atPar: [String]
    }

    private func plan(
        _ cell: RoutingCell, by settings: SchedulerSettings, in transaction: Transaction
    ) async throws -> Planned {
        let start = cursors.withLock { $0[cell.profession] ?? RoutingCursor() }
        let read = try await RoutingReading(limits: limits, presences: presences)(
            cell.profession, after: start, in: transaction)
        var seen = read.market
        seen.known.rates = settings.rates
        let turn = LateTurn(
            seen, usedUntil: cell.lateUntil, shareMillionths: settings.lateShareMillionths)
        seen.known.lateMinutes = turn.minutes
        let plan = try policy.by(settings.weights).plan(seen)
        let drafts = plan.offers.prefix(max(limits.offersMax, 1)).map { offer in
            OfferDraft(
                Batch.Key(requester: offer.requester, id: offer.batch), to: offer.worker,
                reason: plan.reason(of: offer), answerBy: offer.answerBy,
                explanation: plan.explanation(of: offer))
        }
        return Planned(
            plan: plan, drafts: drafts, unrouted: plan.unroutedBatches(of: seen), next: read.next,
            lateUntil: turn.usedUntil(after: seen.lateMinutes(of: plan.offers.prefix(drafts.count))),
            atPar: settings.rates.atPar(of: seen.known.pay.values.lazy.map(\.currency)))
    }

    /// Of batches after each round; of workers, who are many, once a minute.
    private func keepExplanations(of round: CellRound<Planned>) async throws {
        let (cell, now) = (round.cell.profession, ContinuousClock.now)
        let isDue = told.withLock { told in
            if let last = told[cell], last + .seconds(60) > now { return false }
            told[cell] = now
            return true
        }
        try await KeepExplanations(market: market)(
            round.plan.unrouted, isDue ? round.plan.plan.unroutedWorkers : [], by: actor)
    }

    private func report(of round: CellRound<Planned>) -> CellReport {
        let planned = round.plan
        var (made, refused): (Int, [String: Int]) = (0, [:])
        for result in round.results {
            switch result {
            case .success: made += 1
            case .failure(let refusal): refused[refusal.code, default: 0] += 1
            }
        }
        let report = CellReport(
            cell: round.cell.profession, plan: planned.plan, offersMade: made, refused: refused,
            leftOver: planned.plan.offers.count - planned.drafts.count, atPar: planned.atPar)
        if report.leftOver == 0 { cursors.withLock { $0[round.cell.profession] = planned.next } }
        note(report)
        return report
    }

    /// Where currencies are compared that nothing sets against each other, the log is told once.
    private func warn(_ report: CellReport) {
        let isNew = warned.withLock { $0.updateValue(report.atPar, forKey: report.cell) ?? [] } != report.atPar
        guard isNew, !report.atPar.isEmpty else { return }
        logger.warning(
            "currencies are compared at par: set their rates with 'guildhall schedule weights set'",
            metadata: ["cell": "\(report.cell.code)", "currencies": "\(report.atPar.joined(separator: " "))"])
    }

    private func note(_ report: CellReport) {
        warn(report)
        let plan = report.plan
        guard !plan.offers.isEmpty || !plan.batches.isEmpty else { return }
        let metadata: Logger.Metadata = [
            "cell": "\(report.cell.code)", "offers": "\(report.offersMade)", "refused": "\(report.refused)",
            "batches_left": "\(plan.batches.count)", "workers_left": "\(plan.workers.count)",
            "certificate_millionths": "\(plan.certificateMillionths)", "bids": "\(plan.bids)",
            "is_settled": "\(plan.isSettled)",
        ]
        if plan.certificateMillionths < RoutingMatch.leastCertificateMillionths {
            logger.warning("routing plan is not proven good", metadata: metadata)
        } else {
            logger.info("routing plan", metadata: metadata)
        }
    }
}
