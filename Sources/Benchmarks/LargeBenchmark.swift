internal import Formats
internal import Foundation
internal import Marketplace
internal import Store
internal import Synchronization

/// "The next task for me" and its neighbours on large markets: 500 requirements, 100,000 workers, a million and ten
/// million open tasks; a tenth of that by default.
struct LargeBenchmark {
    let bench: Workbench
    let isFull: Bool
    let rounds: Int
    let nextOnly: Bool

    func run() async throws {
        let sizes = (isFull ? [1_000_000, 10_000_000] : [100_000, 1_000_000]).map(LargeMarket.Size.init(tasks:))
        try checkDisk(bytes: sizes.map(\.bytes).max() ?? 0)
        var rates: [Double] = []
        for (place, size) in sizes.enumerated() {
            line(
                "Large market: \(grouped(Double(size.tasks))) open tasks, \(size.requirements) requirements, "
                    + "\(grouped(Double(size.workers))) workers, durable, median of \(rounds) rounds:"
            )
            try await bench.withEmptyMarket { connection in
                let began = ContinuousClock.now
                let large = try await fill(size, connection)
                line("  made in \(grouped((ContinuousClock.now - began).seconds)) s")
                // First, as it takes from all batches alike; the next task comes from the oldest ones.
                try await statement(large, connection)
                rates.append(try await nextTask(large, connection))
                if nextOnly { return }
                try await plans(large, connection)
                guard place == sizes.count - 1 else { return }
                try await contention(large, connection, connections: 8, goal: "0.90")
                try await contention(large, connection, connections: 32, goal: "0.70")
                try await hundred(large, connection)
                try await snapshot(large, connection)
                try await bloat(large, connection)
            }
        }
        if let small = rates.first, let whole = rates.last {
            line("  next task, rate of the larger market to the smaller: \(twoDigits(whole / small))  (goal 0.80)")
        }
    }

    private func fill(_ size: LargeMarket.Size, _ connection: String) async throws -> LargeMarket {
        let owner = Workbench.database(connection, size: 2, timeout: .seconds(7_200))
        let large = try await LargeMarket(size, in: Market(database: owner))
        await owner.shutdown()
        // A market that has run for a while: nothing is left for the background to do while it is measured.
        _ = try bench.output(of: "psql", ["-q", "-d", connection, "-c", "vacuum analyze", "-c", "checkpoint"])
        return large
    }

    private func plans(_ large: LargeMarket, _ connection: String) async throws {
        // By now there is some history: statements planned over empty tables would be planned for empty tables.
        _ = try bench.output(of: "psql", ["-q", "-d", connection, "-c", "analyze"])
        let owner = Workbench.database(connection, size: 1)
        try await PlanWatch.enable(on: owner)
        let watch = PlanWatch()
        let watched = Workbench.database(connection, size: 1) { $0.notices = watch.tap }
        let (plans, faults) = try await HotPaths(large: large).faults(
            in: Market(database: watched, keys: .generate()), watch: watch, reading: PlanWatch.Plan.withWorkers
        )
        await watched.shutdown()
        try await PlanWatch.disable(on: owner)
        await owner.shutdown()
        line("  plans of the hot statements: \(plans) looked at, \(faults.isEmpty ? "pass" : "FAIL")")
        for fault in faults { line("    \(fault)") }
    }

    // MARK: Rates

    /// - Returns: claims a second.
    private func nextTask(_ large: LargeMarket, _ connection: String) async throws -> Double {
        var (rates, times): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            let load = ClaimLoad(large: large, claims: isFull ? 16_000 : 8_000, work: .next)
            let measured = try await load.run(on: connection, connections: 8)
            rates.append(measured.rate)
            times += measured.milliseconds
        }
        report("next task for me, with its lease, 8 connections", rates.median, times, goal: "p99 50 ms")
        return rates.median
    }

    /// The claim's own statement in transactions of its own, 8 connections: the store against pgbench.
    private func statement(_ large: LargeMarket, _ connection: String) async throws {
        let own = Workbench.database(connection, size: 1)
        try await ClaimLoad.makeWeeks(on: own)
        let grants = try LargeGrants(large: large)
        let script = FileManager.default.temporaryDirectory.appendingPathComponent("guildhall-large-\(getpid()).sql")
            .path
        defer { try? FileManager.default.removeItem(atPath: script) }
        try grants.pgbenchScript().write(toFile: script, atomically: true, encoding: .utf8)
        var (ours, theirs): ([Double], [Double]) = ([], [])
        let claims = isFull ? 32_000 : 2_400
        // On connections of its own each time, as pgbench is: both plan by what is known of the tables by then.
        func measured() async throws -> Double {
            let database = Workbench.database(connection, size: 8)
            let rate = try await grants.rate(on: database, atOnce: 1, count: claims)
            await database.shutdown()
            return rate
        }
        // One of each beforehand, not counted: they bring the market into memory.
        for round in 0...rounds {
            let oursFirst = round.isMultiple(of: 2)
            if oursFirst { ours.append(try await measured()) }
            theirs.append(try bench.pgbench(script, connections: 8, transactions: claims / 8, connection))
            if !oursFirst { ours.append(try await measured()) }
            if round == 0 { (ours, theirs) = ([], []) }
        }
        try await ClaimLoad.putAside(on: own)
        await own.shutdown()
        line(
            "  its statement alone, 8 connections: store \(grouped(ours.median))   pgbench \(grouped(theirs.median))   "
                + "ratio \(twoDigits(ours.median / theirs.median))  (goal 0.90)"
        )
    }

    private func contention(
        _ large: LargeMarket, _ connection: String, connections: Int, goal: String
    ) async throws {
        var (same, spread): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            let claims = isFull ? 8_000 : 4_000
            for work in [ClaimLoad.Work.spread, .hot] {
                let load = ClaimLoad(large: large, claims: claims, work: work)
                let rate = try await load.run(on: connection, connections: connections).rate
                if work == .hot { same.append(rate) } else { spread.append(rate) }
            }
        }
        line(
            "  \(connections) connections: all in one batch \(grouped(same.median)), spread \(grouped(spread.median)) "
                + "claims/s   ratio \(twoDigits(same.median / spread.median))  (goal \(goal))"
        )
    }

    /// A hundred tasks leased to one worker by one statement, against one by one.
    private func hundred(_ large: LargeMarket, _ connection: String) async throws {
        let database = Workbench.database(connection, size: 8)
        try await ClaimLoad.makeWeeks(on: database)
        var (single, together): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            let grants = try LargeGrants(large: large)
            single.append(try await grants.rate(on: database, atOnce: 1, count: isFull ? 16_000 : 4_000))
            try await ClaimLoad.putAside(on: database)
            together.append(try await grants.rate(on: database, atOnce: 100, count: isFull ? 64_000 : 16_000))
            try await ClaimLoad.putAside(on: database)
        }
        await database.shutdown()
        line(
            "  leases a hundred at once \(grouped(together.median)), one by one \(grouped(single.median)) a second   "
                + "ratio \(twoDigits(together.median / single.median))  (goal 5)"
        )
    }

    /// Claims and answers in one batch, while a snapshot is open and while none is.
    private func snapshot(_ large: LargeMarket, _ connection: String) async throws {
        let seconds = 60
        let load = ClaimLoad(large: large, claims: .max, work: .hotAnswered, seconds: seconds)
        let free = try await load.run(on: connection, connections: 8)
        let holder = Workbench.database(connection, size: 1) { $0.idleInTransactionTimeout = .seconds(600) }
        let held = try await holder.read(isolation: .repeatableRead) { transaction in
            _ = try await transaction.oneRow("select count(*) as n from requester")
            return try await load.run(on: connection, connections: 8)
        }
        await holder.shutdown()
        line(
            "  a snapshot open for \(seconds) s: \(grouped(held.rate)) against \(grouped(free.rate)) answers/s"
                + "   lost \(grouped(max(0, 1 - held.rate / free.rate) * 100)) %  (goal at most 10 %)"
        )
    }

    /// How large tables and indexes are after many claims with autovacuum on, against fresh ones: by the claim's
    /// statement, as often as a market does in an hour or more; what is leased ends after each tenth.
    private func bloat(_ large: LargeMarket, _ connection: String) async throws {
        let claims = isFull ? 1_000_000 : 100_000
        let database = Workbench.database(connection, size: 8, timeout: .seconds(3_600))
        try await ClaimLoad.makeWeeks(on: database)
        let before = try await database.relationSizes()
        let grants = try LargeGrants(large: large)
        for _ in 0..<10 {
            _ = try await grants.rate(on: database, atOnce: 1, count: claims / 10)
            try await ClaimLoad.putAside(on: database)
        }
        let after = try await database.relationSizes()
        let fresh = try await database.freshSizes()
        await database.shutdown()
        line("  after \(grouped(Double(claims))) claims and their ends, MB before, after, and rebuilt:")
        for (name, size) in after.sorted(by: { $0.key < $1.key }) {
            let (old, new) = (before[name] ?? 0, fresh[name] ?? size)
            line(
                "    \(name): \(twoDigits(old)), \(twoDigits(size)), \(twoDigits(new))   "
                    + "bloat \(twoDigits(size / max(new, 0.01)))"
            )
        }
    }

    private func report(_ what: String, _ rate: Double, _ times: [Double], goal: String) {
        let sorted = times.sorted()
        guard let last = sorted.indices.last else { return }
        line(
            "  \(what): \(grouped(rate)) a second, median \(twoDigits(sorted[last / 2])) ms, "
                + "p99 \(twoDigits(sorted[last * 99 / 100])) ms  (goal \(goal))"
        )
    }

    private func checkDisk(bytes: Int) throws {
        let facts = try FileManager.default.attributesOfFileSystem(forPath: ".")
        guard let free = (facts[.systemFreeSize] as? NSNumber)?.intValue, free > 2 * bytes else {
            throw BenchmarkError(reason: "needs \(2 * bytes / 1_000_000) MB of free disk")
        }
    }
}

/// Whose turn it is, for several who ask at once.
final class Turn: Sendable {
    private let number: Atomic<Int>

    init(from first: Int) { number = Atomic(first) }

    /// The first of the next `count`.
    func next(_ count: Int = 1) -> Int { number.add(count, ordering: .relaxed).oldValue }
}

/// Claims by the program's use case from several connections at once.
struct ClaimLoad: Sendable {
    enum Work: Sendable {
        /// Of whatever batch comes first, of one of those that the worker meets, or all of one.
        case next, spread, hot
        /// And the answer, so that the worker is free again.
        case hotAnswered
    }

    let large: LargeMarket
    let claims: Int
    let work: Work
    var seconds = 3_600

    /// - Returns: how many a second, and how long each took.
    func run(on connection: String, connections: Int) async throws -> (rate: Double, milliseconds: [Double]) {
        let database = Workbench.database(connection, size: connections)
        // The lines of the workers' leases are drawn anew: a worker holds five at most.
        try await database.transaction { _ = try await $0.execute("update worker_load set live_leases = 0") }
        let market = Market(database: database)
        let turn = Turn(from: Int.random(in: 0..<large.size.workers))
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        let times = try await withThrowingTaskGroup(of: [Double].self) { group in
            for _ in 0..<connections {
                group.addTask {
                    var times: [Double] = []
                    while times.count < claims / connections, ContinuousClock.now < end {
                        let number = turn.next()
                        let begin = ContinuousClock.now
                        try await one(number % large.size.workers + 1, in: market)
                        times.append((ContinuousClock.now - begin).seconds * 1_000)
                    }
                    return times
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let elapsed = (ContinuousClock.now - start).seconds
        await database.shutdown()
        return (Double(times.count) / elapsed, times)
    }

    private func one(_ number: Int, in market: Market) async throws {
        let (worker, batch): (Worker.ID, Batch.ID?) =
            switch work {
            case .next: (LargeMarket.worker(number), nil)
            case .spread:
                (LargeMarket.worker(number), large.batch(for: number, number / large.size.places))
            case .hot, .hotAnswered: (large.hotWorker(number), large.hot)
            }
        let actor = Principal.ID(worker.uuid)
        let lease = try await ClaimTask(market: market)(from: batch.map { (large.requester, $0) }, by: actor)
        switch work {
        case .next, .spread, .hot: return
        case .hotAnswered:
            _ = try await SubmitAnswer(market: market)([:], for: lease.id, token: lease.leaseToken, by: actor)
        }
    }

    /// Ends what the bare statement leased: it has no hours behind it, and its worker need not be eligible.
    static func putAside(on database: Database) async throws {
        try await database.transaction { transaction in
            try await transaction.execute(
                "update assignment set state = 'revoked', closed_at = leased_at where state = 'leased'"
            )
            try await transaction.execute(
                "update slot set state = 'withdrawn', lease_until = null, assignment_id = null where state = 'leased'"
            )
            try await transaction.execute("update worker_load set live_leases = 0 where live_leases > 0")
            try await transaction.execute("update worker_day set committed_minutes = 0 where committed_minutes > 0")
            try await transaction.execute("update worker_week set committed_minutes = 0 where committed_minutes > 0")
        }
    }

    /// For claims by the bare statement: the weeks that their assignments refer to.
    static func makeWeeks(on database: Database) async throws {
        try await database.transaction {
            _ = try await $0.execute(
                """
                insert into worker_week (worker_id, week_starts_on, minutes_max, committed_minutes)
                select worker_id, date '2026-03-02', 10000, 0 from worker
                on conflict do nothing
                """)
        }
    }
}

extension Database {
    /// Megabytes of what claims write to, tables and indexes.
    fileprivate func relationSizes() async throws -> [String: Double] {
        try await read { transaction in
            try await transaction.rows(
                """
                select pg_class.relname::text as name, (pg_relation_size(pg_class.oid) / 1e6)::float8 as megabytes
                  from pg_class
                  left join pg_index on pg_index.indexrelid = pg_class.oid
                  left join pg_class as owner on owner.oid = pg_index.indrelid
                 where coalesce(owner.relname, pg_class.relname) in ('slot', 'assignment', 'worker_load')
                   and pg_class.relkind in ('r', 'i') and pg_class.relnamespace = 'public'::regnamespace
                """
            ).reduce(into: [:]) { $0[try $1["name"]] = try $1.value("megabytes", as: Double.self) }
        }
    }

    /// The same once they were written anew; afterwards there is nothing left to measure.
    fileprivate func freshSizes() async throws -> [String: Double] {
        try await transaction { transaction in
            try await transaction.execute("set local statement_timeout = '2h'")
            try await transaction.execute("cluster slot using slot_pkey")
            try await transaction.execute("cluster assignment using assignment_pkey")
            try await transaction.execute("cluster worker_load using worker_load_pkey")
        }
        return try await relationSizes()
    }
}
