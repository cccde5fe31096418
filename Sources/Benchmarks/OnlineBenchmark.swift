internal import Formats
internal import Foundation
internal import Marketplace
internal import Store
internal import Synchronization

/// What the online half of quality costs: weighing answers as they come, and a full fit of a project beside a database
/// that goes on serving claims.
struct OnlineBenchmark {
    let bench: Workbench
    /// Of one project; five answers each.
    let tasks: Int
    private static let answersEach = 5
    private static let connections = 8
    private static let project = UUID.numbered(9, kind: 0xb)
    private static let batch = UUID.numbered(0xffff, kind: 0x9)
    private static let operatorID = Principal.ID(UUID.numbered(1, kind: 0xc))
    private let keys = KeyRing.generate()

    func run() async throws {
        try await bench.withClone(size: Self.connections) { database, connectionString in
            try await fill(database)
            let market = Market(database: database, keys: keys)
            // The first answers that are sealed make the requester's key.
            _ = try await SealContent(market: market)(limit: 1, by: Self.operatorID)
            line(
                "Posteriors of \(grouped(Double(tasks))) tasks with \(Self.answersEach) answers each by "
                    + "\(grouped(Double(Workbench.workerCount))) workers, durable:")
            try await weigh(market)
            let alone = try await claims(database) { try await Task.sleep(for: .seconds(10)) }
            line("  claims by 4 connections without a fit: \(Self.told(alone))")
            let fitting = Workbench.database(connectionString, size: 2)
            let start = ContinuousClock.now
            let beside = try await claims(database) {
                guard try await FitPosteriors(market: Market(database: fitting, keys: keys))() == 1 else {
                    throw BenchmarkError(reason: "nothing to fit")
                }
            }
            await fitting.shutdown()
            let took = (ContinuousClock.now - start).seconds
            let labels = grouped(Double(tasks * Self.answersEach))
            line(
                "  a full fit of \(labels) labels, read, fitted and rewritten: \(twoDigits(took)) s  "
                    + "(goal for 1,000,000: 60 s)")
            line("  claims beside it: \(Self.told(beside))")
        }
    }

    /// In pieces of a hundred tasks, each task in a transaction of its own that takes in five answers and moves five
    /// tables.
    private func weigh(_ market: Market) async throws {
        var pieces: [Double] = []
        let start = ContinuousClock.now
        while true {
            let begun = ContinuousClock.now
            let done = try await ReweighAnswers(market: market)()
            guard done > 0 else { break }
            pieces.append((ContinuousClock.now - begun).seconds * 1_000 / Double(done))
        }
        let took = (ContinuousClock.now - start).seconds
        line(
            "  weighing a task's answers: median \(twoDigits(Self.quantile(0.5, pieces))) ms, slowest hundred of a "
                + "hundred \(twoDigits(Self.quantile(0.99, pieces))) ms a task  (goal 5 for one answer); "
                + "\(twoDigits(took)) s in all")
    }

    /// Claims one after the other by each of four connections until `work` is done; milliseconds of each.
    private func claims(
        _ database: Database, during work: @escaping @Sendable () async throws -> Void
    ) async throws -> [Double] {
        try await withThrowingTaskGroup(of: [Double].self) { group in
            let isDone = Flag()
            for number in 0..<4 {
                group.addTask { try await claim(on: database, from: number, until: isDone) }
            }
            group.addTask {
                defer { isDone.raise() }
                try await work()
                return []
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func claim(on database: Database, from number: Int, until isDone: Flag) async throws -> [Double] {
        let (identifiers, price) = (RandomIdentifiers(), try Price())
        let instant = Date(timeIntervalSince1970: 1_772_442_000)
        let end = Date(timeIntervalSince1970: 1_900_000_000)
        var (took, turn): ([Double], Int) = ([], number)
        while !isDone.isRaised {
            turn += 4
            let grant = LeaseGrant(
                assignments: [Identifier(identifiers.uuid(at: instant))],
                events: [Identifier(identifiers.uuid(at: instant))], action: "task_claimed",
                requester: Workbench.requester,
                batch: Identifier(UUID.numbered(1 + turn % Workbench.batchCount, kind: 0x9)),
                worker: Identifier(UUID.numbered(1 + turn % Workbench.workerCount, kind: 0xe)), leaseUntil: end,
                answerBy: end, terms: price.terms, pay: price.pay, fee: price.fee, eligibility: ["credentials": []],
                onDay: price.week, weekStartsOn: price.week, expectedMinutes: 1, dayMinutesMax: 1_440_000,
                weekMinutesMax: 10_080_000, guideline: Workbench.guideline, guidelineVersion: 1)
            let begun = ContinuousClock.now
            let rows = try await database.statement(Transaction.leaseStatement(grant, at: instant))
            took.append((ContinuousClock.now - begun).seconds * 1_000)
            guard rows.count == 1 else { break }
        }
        return took
    }

    private static func told(_ took: [Double]) -> String {
        "p50 \(twoDigits(quantile(0.5, took))) ms, p99 \(twoDigits(quantile(0.99, took))) ms "
            + "(\(grouped(Double(took.count))) claims)"
    }

    static func quantile(_ share: Double, _ numbers: [Double]) -> Double {
        guard !numbers.isEmpty, let place = Int(exactly: (Double(numbers.count - 1) * share).rounded()) else {
            return .nan
        }
        return numbers.sorted()[place]
    }
}

extension OnlineBenchmark {
    /// Tasks of one batch, each answered by five workers, of whom one in ten answers is wrong; nothing weighed yet. The
    /// answers are clear, as those from before answers were sealed.
    private func fill(_ database: Database) async throws {
        try await database.transaction { transaction in
            for statement in statements { _ = try await transaction.execute(statement) }
        }
        for table: SQL in ["task", "slot", "assignment", "submission", "task_posterior"] {
            try await database.transaction { _ = try await $0.execute("analyze \(fragment: table)") }
        }
    }

    private var statements: [SQL] {
        let (requester, project, batch) = (Workbench.requester, Self.project, Self.batch)
        let stem = Workbench.stem(0xe)
        return [
            """
            insert into role_grant
            select gen_random_uuid(), \(Self.operatorID), 'operator', null, \(Self.operatorID),
                   tstzrange('2026-03-02', null)
            """,
            """
            insert into project (requester_id, project_id, external_key, name, task_kind, kind_parameters, input_schema,
                                 answer_schema, created_at, guideline_id)
            select requester_id, \(project), 'labels', 'Labels', 'classification', '{"labels": ["a", "b", "c"]}', '{}',
                   '{}', created_at, guideline_id
              from project where requester_id = \(requester) limit 1
            """,
            """
            insert into batch (requester_id, batch_id, project_id, name, state, door, requirement_id, redundancy,
                               redundancy_most, pay_minor, fee_minor, currency, rate_id, budget_minor,
                               expected_minutes, lease_seconds, answer_seconds, priority, created_at, opened_at)
            select requester_id, \(batch), \(project), 'labels', 'open', 'claim', requirement_id, 5, 5, pay_minor,
                   fee_minor, currency, rate_id, budget_minor, 1, 3600, 7200, 0, created_at, opened_at
              from batch where requester_id = \(requester) limit 1
            """,
            """
            insert into task (requester_id, task_id, batch_id, project_id, external_key, state)
            select \(requester), gen_random_uuid(), \(batch), \(project), n::text, 'open'
              from generate_series(1, \(tasks)) as n
            """,
            """
            insert into slot (requester_id, task_id, slot_no, batch_id, state, lease_token, lapses, assignment_id)
            select requester_id, task_id, number, batch_id, 'submitted', 1, 0, gen_random_uuid()
              from task, generate_series(1, \(Self.answersEach)) as number
             where task.project_id = \(project)
            """,
            """
            insert into assignment (requester_id, assignment_id, task_id, slot_no, batch_id, worker_id, state,
                                    lease_token, leased_at, lease_until, answer_by, terms, terms_hash, pay_minor,
                                    fee_minor, currency, eligibility, week_starts_on, expected_minutes, guideline_id,
                                    guideline_version)
            select slot.requester_id, assignment_id, task_id, slot_no, slot.batch_id,
                   (\(stem) || lpad(to_hex(1 + (external_key::bigint * 7 + slot_no * 131)
                                               % \(Workbench.workerCount)), 8, '0'))::uuid,
                   'submitted', 1, '2026-03-02', '2026-03-03', '2026-03-04', '{}', sha256('{}'), 100, 10, 'USD', '{}',
                   date '2026-03-02', 1, \(Workbench.guideline), 1
              from slot join task using (requester_id, task_id)
             where task.project_id = \(project)
            """,
            """
            insert into submission (requester_id, assignment_id, answer, hash, submitted_at, active_seconds)
            select assignment.requester_id, assignment_id,
                   jsonb_build_object('label', (array['a', 'b', 'c'])[
                       1 + ((external_key::bigint + case when random() < 0.1 then 1 else 0 end) % 3)]),
                   sha256(assignment_id::text::bytea), '2026-03-02', 1
              from assignment join task using (requester_id, task_id)
             where task.project_id = \(project)
            """,
            """
            insert into task_posterior (requester_id, task_id, project_id, answers, is_stale, revision, changed_at)
            select requester_id, task_id, project_id, 0, true, 0, '2026-03-02' from task
             where project_id = \(project)
            """,
        ]
    }
}

/// Raised once.
private final class Flag: Sendable {
    private let state = Mutex(false)

    var isRaised: Bool { state.withLock { $0 } }

    func raise() { state.withLock { $0 = true } }
}
