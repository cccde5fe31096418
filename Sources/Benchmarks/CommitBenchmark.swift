internal import Formats
internal import Foundation
internal import Marketplace
internal import Store
internal import Synchronization

/// Many workers who claim and answer at once, each from several connections, while licences are revoked: leases and
/// answers a second, and whether any lease broke redundancy, distinctness, hours or eligibility.
///
/// Three in ten have minutes for ten tasks only, and tasks want three answers. What refuses a claim is counted.
struct CommitBenchmark {
    let bench: Workbench
    /// Leases and answers together.
    let commits: Int
    private static let connections = 32
    private static let shortMinutes = 10

    func run() async throws {
        try await bench.withEmptyMarket { connection in
            let database = Workbench.database(connection, size: Self.connections)
            do {
                try await measure(Market(database: database, keys: .generate()))
            } catch {
                await database.shutdown()
                throw error
            }
            await database.shutdown()
        }
    }

    private final class Progress: Sendable {
        struct Tally {
            var leased = 0
            var submitted = 0
            var refused: [String: Int] = [:]
            var commits: Int { leased + submitted }
        }

        private let state = Mutex(Tally())
        let most: Int

        init(most: Int) { self.most = most }

        var tally: Tally { state.withLock { $0 } }
        var isOver: Bool { state.withLock { $0.commits >= most } }
        func note(_ change: (inout Tally) -> Void) { state.withLock { change(&$0) } }
    }

    private func measure(_ market: Market) async throws {
        // Slots for half as many leases again, and twenty for each worker.
        var size = LargeMarket.Size(tasks: commits / 4)
        size.redundancy = 3
        size.workers = max(commits / 40, 500)
        let large = try await LargeMarket(size, in: market)
        try await market.database.transaction {
            _ = try await $0.execute(
                """
                update worker set weekly_minutes_max = \(Self.shortMinutes)
                 where right(external_key, 1) in ('0', '3', '7')
                """)
        }
        let progress = Progress(most: commits)
        let start = ContinuousClock.now
        let revoked = try await withThrowingTaskGroup(of: [Worker.ID: Date].self) { group in
            for _ in 0..<Self.connections {
                group.addTask {
                    try await work(large, market, progress)
                    return [:]
                }
            }
            group.addTask { try await revoke(large, market, progress) }
            return try await group.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
        }
        let (seconds, tally) = ((ContinuousClock.now - start).seconds, progress.tally)
        line(
            "Commits, durable, \(Self.connections) connections: \(grouped(Double(tally.leased))) leases and "
                + "\(grouped(Double(tally.submitted))) answers in \(grouped(seconds)) s, "
                + "\(grouped(Double(tally.commits) / seconds)) a second; "
                + "\(grouped(Double(revoked.count))) licences revoked meanwhile"
        )
        line("  refused: " + tally.refused.sorted { $0.key < $1.key }.map { "\($0) \($1)" }.joined(separator: ", "))
        try await judge(market, revoked)
    }

    /// Claims for anybody, and answers.
    private func work(_ large: LargeMarket, _ market: Market, _ progress: Progress) async throws {
        let claim = ClaimTask(market: market)
        while !progress.isOver {
            let number = Int.random(in: 1...large.size.workers)
            let batch =
                number.isMultiple(of: large.size.places) && Bool.random()
                ? large.hot : large.batch(for: number, Int.random(in: 0..<1_000))
            let actor = Principal.ID(LargeMarket.worker(number).uuid)
            do {
                let lease = try await claim(from: (large.requester, batch), by: actor)
                progress.note { $0.leased += 1 }
                _ = try await SubmitAnswer(market: market)([:], for: lease.id, token: lease.leaseToken, by: actor)
                progress.note { $0.submitted += 1 }
            } catch let refusal as any Refusal {
                progress.note { $0.refused[refusal.code, default: 0] += 1 }
            }
        }
    }

    /// Revokes the licence of one worker in ten, spread over the run, and says when each was done.
    private func revoke(_ large: LargeMarket, _ market: Market, _ progress: Progress) async throws -> [Worker.ID: Date]
    {
        let take = RevokeCredential(market: market)
        var revoked: [Worker.ID: Date] = [:]
        let most = large.size.workers / 10
        while !progress.isOver, revoked.count < most {
            guard progress.tally.commits * most >= revoked.count * commits else {
                try await Task.sleep(for: .milliseconds(20))
                continue
            }
            let worker = LargeMarket.worker(revoked.count * 10 + 5)
            try await take(Credential.ID(worker.uuid), reason: "The bar has withdrawn it.", by: large.operatorID)
            revoked[worker] = Date()
        }
        return revoked
    }

    private func judge(_ market: Market, _ revoked: [Worker.ID: Date]) async throws {
        let counts = try await market.database.read { transaction in
            _ = try await transaction.execute("set local statement_timeout = '30min'")
            let workers = Array(revoked.keys)
            return try await transaction.oneRow(
                """
                select (select count(*) from (
                            select from assignment where state in ('leased', 'submitted', 'accepted', 'rejected')
                             group by requester_id, task_id having count(*) > 3) as more) as redundancy,
                       (select count(*) from (
                            select from assignment where state in ('leased', 'submitted', 'accepted', 'rejected')
                             group by requester_id, task_id, worker_id having count(*) > 1) as twice) as distinctness,
                       (select count(*) from (
                            select from assignment join worker using (worker_id)
                             group by worker_id, worker.weekly_minutes_max, week_starts_on
                            having sum(assignment.expected_minutes) > worker.weekly_minutes_max) as over) as hours,
                       (select count(*)
                          from unnest(\(workers)::uuid[], \(workers.map { revoked[$0] })::timestamptz[])
                                   as gone (worker_id, done_at)
                          join assignment using (worker_id)
                         where assignment.leased_at > gone.done_at) as eligibility
                """)
        }
        let names = ["redundancy", "distinctness", "hours", "eligibility"]
        let found = try names.map { ($0, try counts.value($0, as: Int64.self)) }
        line("  violations: " + found.map { "\($0) \($1)" }.joined(separator: ", "))
        let ills = try await Doctor(market: market)().filter { !$0.isClean }.map(\.check)
        line("  the doctor found: " + (ills.isEmpty ? "nothing" : "\(ills)"))
        guard ills.isEmpty, found.allSatisfy({ $0.1 == 0 }) else { throw BenchmarkError(reason: "rules were broken") }
    }
}
