internal import Foundation
internal import Logging
internal import Marketplace
internal import Store

/// Workers who each meet about 20 of 500 requirements: how long "what am I eligible for" and the change of one
/// credential take, and whether a tenth of all credentials expiring at one instant changes a plan or loses somebody.
struct EligibilityBenchmark {
    static let places = 25
    static let requirementsPerPlace = 20
    static let bytesPerWorker = 12_000
    private static let operatorID = Principal.ID(.numbered(1, kind: 0x1f))
    private static let start = Date(timeIntervalSince1970: 1_772_442_000)
    private static let expiry = start + 30 * 86_400

    let bench: Workbench
    let workers: Int

    func run() async throws {
        try Self.checkDisk(bytes: workers * Self.bytesPerWorker)
        try await bench.withClone(size: 1) { _, connectionString in
            let clock = ManualClock(at: Self.start)
            func database() -> Database {
                var configuration = StoreConfiguration(connectionString: connectionString)
                configuration.poolSize = 2
                configuration.statementTimeout = .seconds(1_800)
                return Database(configuration, clock: clock, logger: Logger(label: "bench"))
            }
            let (durable, quick) = (database(), database())
            do {
                try await measure(Market(database: durable), quick: Market(database: quick), clock)
            } catch {
                await durable.shutdown()
                await quick.shutdown()
                throw error
            }
            await durable.shutdown()
            await quick.shutdown()
        }
    }

    /// - Parameter quick: the same market, not connected yet; its commits will not wait for the disk.
    private func measure(_ market: Market, quick: Market, _ clock: ManualClock) async throws {
        line("Eligibility: \(grouped(Double(workers))) workers, 500 requirements, 20 met by each.")
        try await fill(market)
        let sample = stride(from: 1, through: workers, by: workers / 2_000 + 1).map(Self.worker)
        try await compare(Array(sample.prefix(200)), market)
        report("what am I eligible for, p99 (goal 5 ms)", try await times(sample) { try await list($0, market) })
        let before = try await plan(market)
        let (first, second) = (Array(sample.prefix(500)), Array(sample.dropFirst(500).prefix(500)))
        report(
            "one credential revoked, durable, p99 (goal 10 ms)", try await times(first) { try await revoke($0, market) }
        )
        report("  a row changed, durable, for comparison, p99", try await times(second) { try await touch($0, market) })
        try await market.database.transaction {
            _ = try await $0.execute("alter database bench_run set synchronous_commit = off")
        }
        report("  one revoked, not waiting for the disk, p99", try await times(second) { try await revoke($0, quick) })
        clock.set(to: Self.expiry)
        let after = try await plan(market)
        let expired = grouped(Double(workers / 10))
        line("  \(expired) credentials expired together: plans \(before == after ? "the same" : "CHANGED")")
        report("  what am I eligible for afterwards, p99", try await times(sample) { try await list($0, market) })
        try await compare(Array(sample.suffix(400)), market)
        let (lost, left) = try await strayed(market)
        line("  workers lost: \(lost), left eligible: \(left); a sample equals evaluation from scratch")
        guard before == after else { throw BenchmarkError(reason: "the plan changed:\n\(before)\n\(after)") }
        guard lost + left == 0 else { throw BenchmarkError(reason: "what is kept is wrong") }
    }

    private static func worker(_ number: Int) -> Worker.ID { Worker.ID(.numbered(number, kind: 0x1e)) }

    private func list(_ worker: Worker.ID, _ market: Market) async throws {
        _ = try await ListEligibleBatches(market: market)(for: worker, by: Self.operatorID)
    }

    private func revoke(_ worker: Worker.ID, _ market: Market) async throws {
        let credential = Credential.ID(worker.uuid)
        _ = try await RevokeCredential(market: market)(credential, reason: "bench", by: Self.operatorID)
    }

    private func touch(_ worker: Worker.ID, _ market: Market) async throws {
        _ = try await market.database.transaction {
            try await $0.execute("update worker set tasks_at_once_max = 4 where worker_id = \(worker)")
        }
    }

    /// Milliseconds, sorted; the first tenth warms up and is not counted.
    private func times(
        _ workers: [Worker.ID], _ body: (Worker.ID) async throws -> Void
    ) async throws -> [Double] {
        var times: [Double] = []
        for worker in workers {
            let begin = ContinuousClock.now
            try await body(worker)
            times.append((ContinuousClock.now - begin).seconds * 1_000)
        }
        return times.dropFirst(times.count / 10).sorted()
    }

    private func report(_ what: String, _ times: [Double]) {
        guard let last = times.indices.last else { return }
        let (median, late) = (times[last / 2], times[min(times.count * 99 / 100, last)])
        line("  \(what): \(twoDigits(late)) ms   median \(twoDigits(median)) ms   of \(times.count)")
    }

    /// Of both statements behind "what am I eligible for": the first for a worker whose admission ends with the others,
    /// the second for one who meets the same as before.
    private func plan(_ market: Market) async throws -> String {
        let (ending, staying) = (Self.worker(1), Self.worker(2))
        return try await market.database.read { transaction in
            let stored = Transaction.storedEligibilityStatement(of: ending, at: transaction.instant)
            let batches = Transaction.eligibleBatchesStatement(
                meeting: try await transaction.metRequirements(of: staying).sorted(),
                to: try await transaction.workerBonds(of: staying), limit: 20
            )
            var text = ""
            for statement in [stored, batches] {
                for row in try await transaction.rows("explain (costs off) \(fragment: statement)") {
                    text += try row.value("QUERY PLAN", as: String.self).replacing(/'[^']*'/, with: "…") + "\n"
                }
            }
            return text
        }
    }

    /// Workers with a valid admission who are not eligible for all 20, and workers without who are for some.
    private func strayed(_ market: Market) async throws -> (lost: Int, left: Int) {
        try await market.database.read { transaction in
            let row = try await transaction.oneRow(
                """
                with met as (
                    select worker_id, count(*) as requirements from worker_requirement
                     where in_force @> \(transaction.instant)
                     group by worker_id
                ),
                seen as (
                    select coalesce(met.requirements, 0) as requirements,
                           credential.state = 'verified' and credential.expires_at > \(transaction.instant) as is_valid
                      from credential left join met using (worker_id)
                )
                select count(*) filter (where is_valid and requirements <> \(Self.requirementsPerPlace)) as lost,
                       count(*) filter (where not is_valid and requirements > 0) as left_over
                  from seen
                """)
            return (try row["lost"], try row["left_over"])
        }
    }

    /// What is kept against evaluation from scratch.
    private func compare(_ workers: [Worker.ID], _ market: Market) async throws {
        try await market.database.read { transaction in
            let ids = try await transaction.rows("select requirement_id from requirement_cover").map {
                try $0.value("requirement_id", as: Requirement.ID.self)
            }
            let trees = try await transaction.knownRequirements(ids)
            for facts in try await transaction.workerFacts(of: workers, at: transaction.instant) {
                let kept = Set(try await transaction.metRequirements(of: facts.worker))
                let scratch = trees.filter { _, tree in
                    if case .eligible = tree.evaluate(normal: facts, at: transaction.instant) { true } else { false }
                }
                guard kept == Set(scratch.keys) else {
                    throw BenchmarkError(reason: "worker \(facts.worker): \(kept.count) kept, \(scratch.count) true")
                }
            }
        }
    }

    private static func checkDisk(bytes: Int) throws {
        let facts = try FileManager.default.attributesOfFileSystem(forPath: ".")
        guard let free = (facts[.systemFreeSize] as? NSNumber)?.intValue, free > 2 * bytes else {
            throw BenchmarkError(reason: "needs \(2 * bytes / 1_000_000) MB of free disk")
        }
    }
}

extension EligibilityBenchmark {
    /// Everybody is a lawyer of 25 years with one admission in one of 25 places; a tenth of the admissions end at one
    /// instant. A requirement asks for a place and for some years.
    private func fill(_ market: Market) async throws {
        let trees = (0..<Self.places).flatMap { place in
            (0..<Self.requirementsPerPlace).map { years in
                Requirement.all([.jurisdiction("US-A\(place)", of: .lawyer), .years(years, of: .lawyer)])
            }
        }
        try await market.database.transaction { transaction in
            for tree in trees {
                _ = try await transaction.internRequirement(
                    tree, id: market.identifiers.make(at: transaction.instant)
                )
            }
            try await transaction.execute("update requirement_cover set stale_from = null")
            // What is generated refers to what is there; 40 million look-ups to say so would take an hour.
            try await transaction.execute("set local session_replication_role = replica")
            try await transaction.execute(
                "insert into principal values (\(Self.operatorID), 'person', 'Operator', \(Self.start))"
            )
            try await transaction.execute(
                """
                insert into role_grant values (gen_random_uuid(), \(Self.operatorID), 'operator', null,
                                               \(Self.operatorID), tstzrange(\(Self.start - 86_400), null))
                """)
            try await fillWorkers(transaction)
            try await fillWork(transaction)
        }
        // A market that has run for a while: nothing is left for the background to do while it is measured.
        let maintenance = ["-c", "vacuum analyze", "-c", "checkpoint"]
        _ = try bench.output(
            of: "psql", ["-q", "-d", bench.cluster.connectionString(database: "bench_run")] + maintenance
        )
    }

    private func fillWorkers(_ transaction: Transaction) async throws {
        try await transaction.execute(
            """
            insert into principal
            select ('0000001e-0000-7000-8000-0000' || lpad(to_hex(n), 8, '0'))::uuid, 'person', 'w' || n, \(Self.start)
              from generate_series(1, \(workers)) n
            """)
        try await transaction.execute(
            """
            insert into worker (worker_id, external_key, state, country, time_zone, weekly_minutes_max, registered_at)
            select principal_id, name, 'active', 'US', 'UTC', 2400, created_at
              from principal where name ~ '^w[0-9]+$'
            """)
        try await transaction.execute(
            """
            insert into profile (worker_id, profession, years)
            select worker_id, 'lawyer', 25 from worker where external_key ~ '^w[0-9]+$'
            """)
        try await transaction.execute(
            """
            insert into credential (credential_id, worker_id, profession, kind, issuer, jurisdiction, number, issued_on,
                                    expires_at, state, verified_at, verified_by)
            select worker_id, worker_id, 'lawyer', 'bar_admission', 'Bar',
                   'US-A' || substr(external_key, 2)::integer % \(Self.places), external_key, date '2015-01-01',
                   case when substr(external_key, 2)::integer % 10 = 1 then \(Self.expiry)
                        else timestamptz '2030-01-01 00:00:00+00' end,
                   'verified', \(Self.start), \(Self.operatorID)
              from worker where external_key ~ '^w[0-9]+$'
            """)
        try await transaction.execute(
            """
            insert into worker_requirement (worker_id, requirement_id, in_force)
            select credential.worker_id, kept.requirement_id, tstzrange(null, credential.expires_at)
              from credential
              join (select requirement_id, jsonb_path_query_first(tree, '$.all[*].jurisdiction') #>> '{}' as place
                      from requirement join requirement_cover using (requirement_id)) kept
                on kept.place = credential.jurisdiction
             order by credential.worker_id, kept.requirement_id
            """)
    }

    /// A batch with one open task for each requirement.
    private func fillWork(_ transaction: Transaction) async throws {
        try await transaction.execute(
            """
            insert into batch (requester_id, batch_id, project_id, name, state, door, requirement_id, redundancy,
                               pay_minor, fee_minor, currency, rate_id, budget_minor, expected_minutes, lease_seconds,
                               answer_seconds, priority, created_at, opened_at)
            select \(Workbench.requester), requirement_id, \(Workbench.project), 'for ' || requirement_id, 'open',
                   'claim', requirement_id, 1, 100, 10, 'USD', (select rate_id from rate limit 1), 1000000000, 1, 3600,
                   7200, 0, \(Self.start), \(Self.start)
              from requirement_cover
            """)
        try await transaction.execute(
            """
            insert into task (requester_id, task_id, batch_id, project_id, external_key, state)
            select \(Workbench.requester), requirement_id, requirement_id, \(Workbench.project),
                   'for ' || requirement_id, 'open'
              from requirement_cover
            """)
        try await transaction.execute(
            """
            insert into slot (requester_id, task_id, slot_no, batch_id, state, lease_token, lapses)
            select \(Workbench.requester), requirement_id, 1, requirement_id, 'open', 0, 0 from requirement_cover
            """)
    }
}
