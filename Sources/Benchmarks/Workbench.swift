internal import Foundation
internal import Logging
internal import MarketSchema
internal import Marketplace
internal import Store

/// A durable server with a template market on it: workers, batches, open slots. Each run works on a fresh clone.
struct Workbench {
    static let requester = Requester.ID(.numbered(1, kind: 0xa))
    static let project = UUID.numbered(1, kind: 0xb)
    static let guideline = Guideline.ID(.numbered(2, kind: 0xb))
    static let requirement = UUID.numbered(1, kind: 0xd)
    static let workerCount = 1_000
    static let batchCount = 64
    static let slotsPerBatch = 4_000

    let cluster: EmbeddedCluster.Running
    private let administration: DatabaseAdministration
    private let template = "bench_template"

    init(cluster: EmbeddedCluster.Running) async throws {
        self.cluster = cluster
        administration = DatabaseAdministration(Self.database(cluster.connectionString(database: "postgres"), size: 1))
        try await administration.drop(template)
        try await administration.create(template, template: "template0")
        let database = Self.database(cluster.connectionString(database: template), size: 1)
        try await MarketSchema.installer(for: database).apply()
        try await Self.fill(database)
        await database.shutdown()
    }

    /// A clone of the template, given to `body` with a pool of `size`.
    func withClone<Result>(size: Int, _ body: (Database, String) async throws -> Result) async throws -> Result {
        let name = "bench_run"
        try await administration.drop(name)
        try await administration.create(name, template: template)
        let connectionString = cluster.connectionString(database: name)
        let database = Self.database(connectionString, size: size)
        do {
            try await database.transaction { try await $0.execute("select pg_stat_reset()") }
            let result = try await body(database, connectionString)
            await database.shutdown()
            return result
        } catch {
            await database.shutdown()
            throw error
        }
    }

    /// A database with nothing but the schema in it, given to `body` by its connection string; dropped afterwards.
    func withEmptyMarket(_ body: (String) async throws -> Void) async throws {
        let name = "bench_large"
        try await administration.drop(name)
        try await administration.create(name, template: "template0")
        let connectionString = cluster.connectionString(database: name)
        let database = Self.database(connectionString, size: 1)
        try await MarketSchema.installer(for: database).apply()
        await database.shutdown()
        do {
            try await body(connectionString)
        } catch {
            try? await administration.drop(name)
            throw error
        }
        try await administration.drop(name)
    }

    /// Runs a program to its end and returns its standard output.
    func output(of program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: cluster.binaries.program(program))
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.standardError
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchmarkError(reason: "\(program) failed") }
        return String(decoding: data, as: UTF8.self)
    }

    /// - Parameter transactions: of each connection.
    /// - Returns: transactions a second.
    func pgbench(
        _ script: String, connections: Int, transactions: Int, _ connectionString: String
    ) throws -> Double {
        let output = try output(
            of: "pgbench",
            [
                "-n", "-M", "prepared", "-c", "\(connections)", "-j", "\(min(connections, 2))", "-t", "\(transactions)",
                "-f", script, connectionString,
            ]
        )
        let found = output.split(separator: "\n").first { $0.hasPrefix("tps = ") }?.split(separator: " ")[2]
        guard let rate = found.flatMap({ Double($0) }) else { throw BenchmarkError(reason: "pgbench said nothing") }
        return rate
    }

    static func database(
        _ connectionString: String, size: Int, timeout: Duration = .seconds(300),
        _ change: (inout StoreConfiguration) -> Void = { _ in }
    ) -> Database {
        var configuration = StoreConfiguration(connectionString: connectionString)
        configuration.poolSize = size
        configuration.statementTimeout = timeout
        change(&configuration)
        return Database(configuration, logger: Logger(label: "bench"))
    }

    private static func fill(_ database: Database) async throws {
        try await database.transaction { transaction in
            try await transaction.execute(
                """
                insert into principal
                select \(UUID.numbered(1, kind: 0xc)), 'system'::principal_kind, 'bench', \(.instant)
                union all
                select (\(stem(0xe)) || lpad(to_hex(n), 8, '0'))::uuid, 'person', 'worker', \(.instant)
                  from generate_series(1, \(workerCount)) n
                """)
            try await transaction.execute(
                """
                insert into worker
                    (worker_id, external_key, state, country, time_zone, weekly_minutes_max, registered_at)
                select principal_id, principal_id::text, 'active', 'US', 'UTC', 10000, \(.instant)
                  from principal where kind = 'person'
                """)
            try await transaction.execute(
                """
                insert into worker_week (worker_id, week_starts_on, minutes_max, committed_minutes)
                select worker_id, date '2026-03-02', 10000, 0 from worker
                """)
            try await transaction.execute(
                """
                insert into requester (requester_id, external_key, name, created_at)
                values (\(requester), 'bench', 'Bench', \(.instant))
                """)
            try await transaction.execute(
                """
                insert into guideline (requester_id, guideline_id, external_key, name, newest_version, created_at)
                values (\(requester), \(guideline), 'bench', 'Bench', 1, \(.instant))
                """)
            try await transaction.execute(
                """
                insert into guideline_version (requester_id, guideline_id, version, body, body_hash, changes, scope,
                                               published_at)
                values (\(requester), \(guideline), 1, 'Do.', sha256('Do.'), 'First.', '"none"', \(.instant))
                """)
            try await transaction.execute(
                """
                insert into project (requester_id, project_id, external_key, name, task_kind, input_schema,
                                     answer_schema, created_at, guideline_id)
                values (\(requester), \(project), 'bench', 'Bench', 'extraction', '{}', '{}', \(.instant), \(guideline))
                """)
            try await transaction.execute(
                """
                insert into requirement (requirement_id, tree, hash)
                values (\(requirement), '{}', sha256('bench'))
                """)
            try await fillBatches(transaction)
            try await fillHistory(transaction)
        }
        try await database.runMaintenance()
    }

    private static func fillBatches(_ transaction: Transaction) async throws {
        let rate = UUID.numbered(1, kind: 0xf)
        let second = UUID.numbered(1, kind: 0xe)
        try await transaction.execute(
            """
            with card as (
                insert into rate_card (card_id, name, version, state, urgency_cap_bps, unsocial_cap_bps,
                                       language_cap_bps, difficulty_cap_bps, whole_cap_bps, content_hash, prepared_by,
                                       prepared_at, approved_by, in_force)
                values (\(rate), 'Bench', 1, 'published', 10000, 10000, 10000, 10000, 10000, sha256('bench'),
                        \(UUID.numbered(1, kind: 0xc)), \(.instant), \(second), tstzrange(\(.instant), null))
                returning card_id, prepared_by, approved_by, in_force
            )
            insert into rate (rate_id, card_id, profession, tier, task_kind, region, language, unit, amount_minor,
                              least_minor, most_minor, currency, in_force, prepared_by, approved_by)
            select \(rate), card_id, 'lawyer', 'expert', 'extraction', 'any', 'any', 'task', 100, 100, 100, 'USD',
                   in_force, prepared_by, approved_by
              from card
            """)
        try await transaction.execute(
            """
            insert into batch (requester_id, batch_id, project_id, name, state, door, requirement_id, redundancy,
                               pay_minor, fee_minor, currency, rate_id, budget_minor, expected_minutes, lease_seconds,
                               answer_seconds, priority, created_at, opened_at)
            select \(requester), (\(stem(0x9)) || lpad(to_hex(n), 8, '0'))::uuid, \(project), 'bench ' || n,
                   'open', 'claim', \(requirement), 1, 100, 10, 'USD', \(rate), 1000000000, 1, 3600, 7200, 0,
                   \(.instant),
                   \(.instant)
              from generate_series(1, \(batchCount)) n
            """)
        try await transaction.execute(
            """
            insert into task (requester_id, task_id, batch_id, project_id, external_key, state)
            select \(requester), gen_random_uuid(), batch_id, \(project), batch_id::text || n, 'open'
              from batch, generate_series(1, \(slotsPerBatch)) n
            """)
        try await transaction.execute(
            """
            insert into slot (requester_id, task_id, slot_no, batch_id, state, lease_token, lapses)
            select requester_id, task_id, 1, batch_id, 'open', 0, 0 from task
            """)
    }

    /// A quarter of the slots done, spread over the workers: a market that has run for a while. Statements planned over
    /// an empty table would be planned for an empty table.
    private static func fillHistory(_ transaction: Transaction) async throws {
        try await transaction.execute(
            """
            insert into assignment (requester_id, assignment_id, task_id, slot_no, batch_id, worker_id, state,
                                    lease_token, leased_at, lease_until, answer_by, terms, terms_hash, pay_minor,
                                    fee_minor, currency, eligibility, week_starts_on, expected_minutes, closed_at,
                                    guideline_id, guideline_version)
            select requester_id, gen_random_uuid(), task_id, slot_no, batch_id,
                   (\(stem(0xe)) || lpad(to_hex(1 + n % \(workerCount)), 8, '0'))::uuid, 'accepted', 1, \(.instant),
                   \(.instant) + interval '1 hour', \(.instant) + interval '2 hours', '{}', sha256('{}'), 100, 10,
                   'USD', '{}',
                   date '2026-03-02', 1, \(.instant), \(guideline), 1
              from (select slot.*, row_number() over (order by task_id) as n from slot) as slot
             where n % 4 = 0
            """)
        try await transaction.execute(
            """
            update slot
               set state = 'done', lease_token = 1, assignment_id = assignment.assignment_id
              from assignment
             where assignment.requester_id = slot.requester_id and assignment.task_id = slot.task_id
            """)
    }

    /// All but the last eight digits of a kind's numbered UUIDs, for building them in SQL.
    static func stem(_ kind: Int) -> String {
        String(UUID.numbered(1, kind: kind).uuidString.lowercased().prefix(28))
    }
}

struct BenchmarkError: Error {
    let reason: String
}

extension UUID {
    /// A UUID that can be computed in SQL as well: `000000KK-0000-7000-8000-0000NNNNNNNN`.
    static func numbered(_ value: Int, kind: Int) -> UUID {
        func hexadecimal(_ number: Int, _ width: Int) -> String {
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let text = "\(hexadecimal(kind, 8))-0000-7000-8000-\(hexadecimal(value, 12))"
        return UUID(uuidString: text) ?? UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    }
}

extension Database {
    /// Statistics for the planner, and nothing left to do in the background.
    fileprivate func runMaintenance() async throws {
        try await transaction { try await $0.execute("analyze") }
    }
}
