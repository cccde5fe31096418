internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

/// What the market does all day, each once, so that the plans can be looked at by which it is done.
struct HotPaths: Sendable {
    let large: LargeMarket

    /// The worker who looks at everything, and does nothing in between.
    private var reader: Worker.ID { large.hotWorker(7) }

    private var reads: [(name: String, run: @Sendable (Market) async throws -> Void)] {
        [
            (
                "what am I eligible for",
                { market in
                    for _ in 0..<8 {
                        _ = try await ListEligibleBatches(market: market)(for: reader, by: large.operatorID)
                    }
                }
            ),
            (
                "why not this batch",
                { market in
                    for batch in large.batches.prefix(8) {
                        _ = try await WhyNotEligible(market: market)(
                            reader, from: (large.requester, batch), by: large.operatorID
                        )
                    }
                }
            ),
            (
                "why no work",
                { market in _ = try await WhyNoWork(market: market)(for: reader, by: large.operatorID) }
            ),
            ("my work", { market in _ = try await MyWork(market: market)(by: Principal.ID(reader.uuid)) }),
            ("figures", { market in _ = try await MarketMetrics(market: market)() }),
            ("routing", { market in try await routing(market) }),
            ("deadlines and prices of hours", { market in try await deadlines(market) }),
        ]
    }

    private var changes: [(name: String, run: @Sendable (Market) async throws -> Void)] {
        [
            (
                "claim the next task",
                { market in
                    for number in 1...8 {
                        _ = try await ClaimTask(market: market)(by: Principal.ID(LargeMarket.worker(number).uuid))
                    }
                }
            ),
            (
                "claim of one batch, heartbeat, submit, return",
                { market in
                    for number in 10...17 {
                        let worker = Principal.ID(large.hotWorker(number).uuid)
                        let claim = ClaimTask(market: market)
                        let work = try await claim(from: (large.requester, large.hot), by: worker)
                        _ = try await Heartbeat(market: market)(work.id, token: work.leaseToken, by: worker)
                        _ = try await SubmitAnswer(market: market)(
                            [:], for: work.id, token: work.leaseToken, by: worker)
                        let other = try await claim(from: (large.requester, large.hot), by: worker)
                        try await ReturnTask(market: market)(other.id, token: other.leaseToken, .noTime, by: worker)
                    }
                }
            ),
            ("several at once, drafts, readings, reviews", { market in try await reviewing(market) }),
            ("packs, matters, gold and reservations", { market in try await sharing(market) }),
            (
                "end leases that ran out",
                { market in for _ in 0..<6 { _ = try await ExpireLeases(market: market)(by: large.operatorID) } }
            ),
            (
                "revoke leases", { market in _ = try await RevokeLeases(market: market)(by: large.operatorID) }
            ),
            (
                "seal the audit log",
                { market in for _ in 0..<6 { _ = try await SealAudit(market: market)() } }
            ),
        ]
    }

    /// Twenty tasks at once, of which each is read, drafted, handed in, read by a reviewer and accepted.
    private func reviewing(_ market: Market) async throws {
        let reviewer = try await CreatePrincipal(market: market)(
            .person, named: "Reviewer", roles: [.reviewer], by: large.operatorID)
        let worker = Principal.ID(large.hotWorker(18).uuid)
        let taken = try await ClaimTask(market: market).several(20, from: (large.requester, large.hot), by: worker)
        for work in taken {
            _ = try await ReadTask(market: market)(work.id, by: worker)
            _ = try await SaveDraft(market: market)(["note": "half"], for: work.id, token: work.leaseToken, by: worker)
            _ = try await SubmitAnswer(market: market)([:], for: work.id, token: work.leaseToken, by: worker)
            _ = try await ReviewQueue(market: market)(of: large.hot, from: large.requester, by: reviewer)
            _ = try await ReadSubmission(market: market)(work.id, of: large.requester, by: reviewer)
            _ = try await ReviewSubmission(market: market)(
                work.id, of: large.requester, .accepted, reasons: "", by: reviewer)
        }
    }

    /// A batch that is packed by matter and mixed with gold, and one with reserved tasks, each taken from.
    private func sharing(_ market: Market) async throws {
        let packed = try await large.batch(
            "packed", TaskSharing(goldBasisPoints: 1_000, isPacked: true), matters: 20, in: market)
        let reserved = try await large.batch("reserved", .plain, matters: 20, in: market)
        let holder = large.hotWorker(19)
        try await ReserveTasks(market: market)(
            (0..<40).map { "reserved-\($0)" }, of: Batch.Key(requester: large.requester, id: reserved),
            for: .workers([holder]), by: large.operatorID
        )
        for batch in [packed, reserved] {
            for worker in Array(repeating: holder, count: 12) + (200..<208).map(large.hotWorker) {
                let work = try await ClaimTask(market: market)(
                    from: (large.requester, batch), by: Principal.ID(worker.uuid))
                _ = try await SubmitAnswer(market: market)(
                    [:], for: work.id, token: work.leaseToken, by: Principal.ID(worker.uuid))
            }
        }
    }

    /// What a routing round reads; the work is claimed here, so the batches are asked about as if it were offered.
    private func routing(_ market: Market) async throws {
        try await market.database.read { transaction in
            _ = try await transaction.routingBatches(in: .lawyer, after: nil, limit: 50)
            let requirements = try await transaction.metRequirements(of: reader)
            let kept = try await transaction.routingKept(requirements, after: nil, limit: 200)
            let workers = try await transaction.routingWorkers(Array(Set(kept.values.joined()).sorted().prefix(200)))
            let instant = transaction.instant
            let weeks = try workers.map {
                (
                    worker: $0.id, startsOn: try WorkWeek.start(of: instant, timeZone: $0.timeZone),
                    day: try WorkWeek.day(of: instant, timeZone: $0.timeZone)
                )
            }
            _ = try await transaction.routingLoads(weeks)
            let batches = large.batches.prefix(50).map {
                RoutingBatch(
                    requester: large.requester, id: $0, requirement: requirements.first ?? Requirement.ID($0.uuid),
                    expectedMinutes: 1, leaseSeconds: 60, priority: 0, openedAt: instant, openSlots: 1, openTasks: 1,
                    openOffers: 0
                )
            }
            let ids = workers.map(\.id)
            let terms = try await transaction.offerTerms(of: batches)
            _ = try await transaction.routingOffers(of: batches, on: terms, to: ids)
            _ = try await transaction.routingFinished(batches, by: ids)
        }
    }

    /// What the ladder and the prices of hours read.
    private func deadlines(_ market: Market) async throws {
        try await market.database.read { transaction in
            let keys = large.batches.prefix(50).map { Batch.Key(requester: large.requester, id: $0) }
            _ = try await transaction.endangeredBatches(until: transaction.instant + 86_400, after: nil, limit: 20)
            _ = try await transaction.forcedBatches(of: keys)
            let supply = try await transaction.priceSupply(after: nil, limit: 200)
            _ = try await transaction.hourPrices(of: supply.map(\.worker))
            for requirement in try await transaction.metRequirements(of: reader).prefix(3) {
                _ = try await transaction.workersMeeting(requirement, limit: 200)
            }
        }
    }

    /// Runs everything once under watch; the market's pool has one connection.
    ///
    /// - Returns: what must not be in a plan, each with where it was, and which changes are planned anew each time.
    func faults(
        in market: Market, watch: PlanWatch, reading tables: Set<String>
    ) async throws -> (plans: Int, faults: [String]) {
        let first = try await faults(of: reads, in: market, watch: watch, reading: tables)
        let before = try await plannedAnew(in: market)
        let second = try await faults(of: changes, in: market, watch: watch, reading: tables)
        let anew = try await plannedAnew(in: market).filter { before[$0.key] != $0.value }.keys.sorted()
        let replanned = anew.map { "planned anew each time: \($0)" }
        return (first.plans + second.plans, first.faults + second.faults + replanned)
    }

    private func faults(
        of paths: [(name: String, run: @Sendable (Market) async throws -> Void)], in market: Market, watch: PlanWatch,
        reading tables: Set<String>
    ) async throws -> (plans: Int, faults: [String]) {
        var (count, found): (Int, [String]) = (0, [])
        for (name, run) in paths {
            _ = watch.take()
            try await run(market)
            let plans = watch.take()
            guard !plans.isEmpty else { throw BenchmarkError(reason: "no plan was seen of: \(name)") }
            count += plans.count
            for plan in plans {
                for fault in plan.faults(reading: tables) {
                    let query = plan.query.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                    let text = "\(name): \(fault): \(query)"
                    if !found.contains(text) { found.append(text) }
                }
            }
        }
        return (count, found)
    }

    /// What the connection has planned anew each time so far, and how often. PostgreSQL does so where a plan for any
    /// parameters looks dearer than one for those given, and planning costs more than most hot statements do.
    private func plannedAnew(in market: Market) async throws -> [String: Int] {
        try await market.database.read { transaction in
            try await transaction.rows(
                """
                select left(regexp_replace(statement, '\\s+', ' ', 'g'), 200) as statement, custom_plans
                  from pg_prepared_statements
                 where custom_plans > 5 and generic_plans = 0
                """
            ).reduce(into: [:]) { $0[try $1["statement"]] = try $1.value("custom_plans", as: Int.self) }
        }
    }
}
