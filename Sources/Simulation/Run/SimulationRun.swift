internal import Foundation
internal import Logging
internal import Marketplace
internal import Scheduler
internal import Store

/// One run: the state between its events. Strictly one thing after the other.
final class SimulationRun {
    let market: Market
    let clock: ManualClock
    let crew: SimulationCrew
    let progress: ProgressReport
    let payouts: PayoutSink
    let batches: [Batch.ID: SimulationBatch]
    /// Professions whose work is offered, and those whose work is claimed.
    let offered: Set<Profession>
    let claimed: Set<Profession>
    let routing: RoutingRound
    private let begun: Date
    private let weeksMax: Int
    var workers: [SimulatedWorker]
    var timeline = Timeline()
    var facts: RunFacts
    var offers: [Worker.ID: Offer.ID] = [:]
    var routesAt: Date?
    private var total = 0
    /// Whether every task is closed: then nobody begins anything.
    private(set) var isWorkDone = false
    private var isOver = false
    private var sweeps = 0

    var now: Date { clock.now() }

    init(
        _ simulation: MarketSimulation, progress: @escaping ProgressReport, payouts: @escaping PayoutSink
    ) async throws {
        market = simulation.market
        clock = simulation.clock
        weeksMax = simulation.weeksMax
        self.progress = progress
        self.payouts = payouts
        begun = clock.now()
        facts = RunFacts(seed: simulation.seed)
        crew = try await SimulationCrew(of: market)
        workers = try await Self.workers(of: market, seed: simulation.seed)
        let open = try await market.database.read { try await $0.simulationBatches() }
        batches = Dictionary(open.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        offered = Set(open.filter { $0.door == .offer }.map(\.profession))
        claimed = Set(open.filter { $0.door == .claim }.map(\.profession))
        var limits = RoutingRound.Limits()
        limits.answerSeconds = 6 * 3_600
        limits.restSeconds = 2 * 3_600
        // Rounds are called for, not paced.
        limits.cellRestSeconds = 0
        routing = RoutingRound(market: market, by: crew.system, limits: limits, logger: simulation.logger)
    }

    private static func workers(of market: Market, seed: UInt64) async throws -> [SimulatedWorker] {
        let page = 200
        var found: [SimulatedWorker] = []
        while true {
            let last = found.last?.key ?? ""
            let rows = try await market.database.read { try await $0.simulationWorkers(after: last, limit: page) }
            found += rows.map { SimulatedWorker($0, seed: seed) }
            if rows.count < page { return found }
        }
    }

    func toTheEnd() async throws {
        for index in workers.indices {
            timeline.plan(.session(index), at: workers[index].nextSession(after: begun - 1))
        }
        timeline.plan(.sweep, at: begun + 3_600)
        timeline.plan(.review, at: Self.next(hour: 15, after: begun))
        timeline.plan(.payday, at: Self.next(hour: 18, onFriday: true, after: begun))
        try await countTasks()
        while !isOver, let (instant, event) = timeline.next() {
            if instant > now { clock.set(to: instant) }
            try await happen(event)
        }
        try await end()
    }

    private func happen(_ event: SimulationEvent) async throws {
        switch event {
        case .session(let index): try await beginSession(index)
        case .work(let index, let step): try await goOn(index, step)
        case .routing: try await route()
        case .sweep: try await sweep()
        case .review:
            try await reviewQueue()
            try await countTasks()
            if !isWorkDone { timeline.plan(.review, at: Self.next(hour: 15, after: now)) }
        case .payday: try await payday()
        }
    }

    /// Ends what ran out; seals six times a day.
    private func sweep() async throws {
        try await exhaust(LeaseExpiryRound(market: market, by: crew.system))
        try await exhaust(OfferLapseRound(market: market, by: crew.system))
        sweeps += 1
        if sweeps % 4 == 0 { try await exhaust(AuditSealRound(market: market)) }
        if !isWorkDone { timeline.plan(.sweep, at: now + 3_600) }
    }

    private func exhaust(_ round: some SchedulerRound) async throws {
        while try await round.runOnce().hasMore {}
    }

    private func countTasks() async throws {
        let (closed, total) = try await market.database.read { try await $0.taskProgress() }
        isWorkDone = closed == total
        progress(closed, total, "week \(Int(now.timeIntervalSince(begun) / (7 * 86_400)) + 1)")
    }

    private func payday() async throws {
        try await Payday(
            market: market, maker: crew.financeMaker, checker: crew.financeChecker, sink: payouts)(on: now)
        facts.weeks = Int((now.timeIntervalSince(begun) / (7 * 86_400)).rounded(.up))
        let unpaid = try await market.database.read { try await $0.unpaidEarnings() }
        isOver = (isWorkDone && unpaid == 0) || facts.weeks >= weeksMax
        timeline.plan(.payday, at: Self.next(hour: 18, onFriday: true, after: now))
    }

    /// What is done is closed and gives the rest of its hold back; then everything is sealed.
    private func end() async throws {
        try await exhaust(LeaseExpiryRound(market: market, by: crew.system))
        try await exhaust(OfferLapseRound(market: market, by: crew.system))
        if isWorkDone {
            for batch in batches.values.sorted(by: { $0.id < $1.id }) {
                _ = try await CloseBatch(market: market)(batch.id, of: batch.requester, by: crew.system)
            }
        }
        try await exhaust(AuditSealRound(market: market))
    }

    /// The next full hour by UTC that is that one, if wanted on a Friday.
    private static func next(hour: Double, onFriday: Bool = false, after instant: Date) -> Date {
        var day = (instant.timeIntervalSince1970 / 86_400).rounded(.down)
        while true {
            let candidate = Date(timeIntervalSince1970: day * 86_400 + hour * 3_600)
            if candidate > instant, !onFriday || Int(day + 3) % 7 == 4 { return candidate }
            day += 1
        }
    }
}
