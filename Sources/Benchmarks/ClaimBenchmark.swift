internal import Formats
internal import Foundation
internal import Marketplace
internal import Store
internal import Synchronization

/// The program's claim statement, each in a transaction of its own: through the store against pgbench running the same
/// text on the same schema with as many connections.
///
/// What differs from claim to claim (assignment, worker, batch) is bound by the store and computed in SQL for pgbench,
/// which has no UUIDs: under 1 % of the statement.
struct ClaimBenchmark {
    let bench: Workbench
    let rounds: Int
    /// Claims of one run, over all connections.
    let claims: Int
    let counts: [Int]

    func run() async throws {
        let script = FileManager.default.temporaryDirectory.appendingPathComponent("guildhall-claim-\(getpid()).sql")
            .path
        defer { try? FileManager.default.removeItem(atPath: script) }
        try pgbenchScript().write(toFile: script, atomically: true, encoding: .utf8)
        line(
            "Claim statement, durable, claims/s, median of \(rounds) rounds of \(grouped(Double(claims))) claims:"
        )
        for connections in counts {
            var (ours, theirs, ratios): ([Double], [Double], [Double]) = ([], [], [])
            let (ourCPU, theirCPU) = (processorSeconds(of: RUSAGE_SELF), processorSeconds(of: RUSAGE_CHILDREN))
            for round in 0..<rounds {
                let oursFirst = round.isMultiple(of: 2)
                if oursFirst { ours.append(try await store(connections)) }
                theirs.append(try await pgbench(connections, script))
                if !oursFirst { ours.append(try await store(connections)) }
                if let mine = ours.last, let other = theirs.last { ratios.append(mine / other) }
            }
            let goal = connections == 8 ? "  (goal 0.95)" : ""
            line(
                "  \(connections) connections: store \(grouped(ours.median))   pgbench \(grouped(theirs.median))   "
                    + "ratio \(twoDigits(ratios.median))\(goal)"
            )
            let each = 1e6 / Double(rounds * claims)
            line(
                "    client CPU a claim: store \(grouped((processorSeconds(of: RUSAGE_SELF) - ourCPU) * each)) µs   "
                    + "pgbench \(grouped((processorSeconds(of: RUSAGE_CHILDREN) - theirCPU) * each)) µs"
            )
        }
    }

    private static let instant = Date(timeIntervalSince1970: 1_772_442_000)

    private static let workers = (1...Workbench.workerCount).map { UUID.numbered($0, kind: 0xe) }
    private static let batches = (1...Workbench.batchCount).map { UUID.numbered($0, kind: 0x9) }
    private static let leaseEnd = Date(timeIntervalSince1970: 1_900_000_000)

    private static func grant(
        _ assignment: UUID, _ event: UUID, _ worker: UUID, _ batch: UUID, _ price: Price
    ) -> LeaseGrant {
        LeaseGrant(
            assignments: [Identifier(assignment)], events: [Identifier(event)], action: "task_claimed",
            requester: Workbench.requester, batch: Identifier(batch), worker: Identifier(worker), leaseUntil: leaseEnd,
            answerBy: leaseEnd, terms: price.terms, pay: price.pay, fee: price.fee, eligibility: ["credentials": []],
            onDay: price.week, weekStartsOn: price.week, expectedMinutes: 1, dayMinutesMax: 1_440,
            weekMinutesMax: 10_080, guideline: Workbench.guideline, guidelineVersion: 1
        )
    }

    private func store(_ connections: Int) async throws -> Double {
        try await bench.withClone(size: connections) { database, _ in
            let start = ContinuousClock.now
            try await withThrowingTaskGroup { group in
                for _ in 0..<connections {
                    group.addTask { try await claim(claims / connections, on: database) }
                }
                try await group.waitForAll()
            }
            return Double(claims / connections * connections) / (ContinuousClock.now - start).seconds
        }
    }

    private func claim(_ count: Int, on database: Database) async throws {
        let identifiers = RandomIdentifiers()
        let price = try Price()
        var draw = Int.random(in: 0..<1 << 32)
        for _ in 0..<count {
            draw = (draw &* 1_103_515_245 &+ 12_345) & 0x7fff_ffff  // as cheap as pgbench's
            let grant = Self.grant(
                identifiers.uuid(at: Self.instant), identifiers.uuid(at: Self.instant),
                Self.workers[(draw >> 8) % Self.workers.count],
                Self.batches[(draw >> 20) % Self.batches.count], price
            )
            let rows = try await database.statement(Transaction.leaseStatement(grant, at: Self.instant))
            guard rows.count == 1 else { throw BenchmarkError(reason: "the slots ran out") }
        }
    }

    private func pgbench(_ connections: Int, _ script: String) async throws -> Double {
        try await bench.withClone(size: 1) { _, connectionString in
            try bench.pgbench(
                script, connections: connections, transactions: claims / connections, connectionString
            )
        }
    }

    private func pgbenchScript() throws -> String {
        let (assignment, event) = (UUID.numbered(0, kind: 0x6), UUID.numbered(1, kind: 0x6))
        let (worker, batch) = (UUID.numbered(999_999, kind: 0xe), UUID.numbered(999_999, kind: 0x9))
        let grant = Self.grant(assignment, event, worker, batch, try Price())
        func varying(_ kind: Int, _ variable: String) -> String {
            "('\(Workbench.stem(kind))' || lpad(to_hex(:\(variable)::bigint), 8, '0'))::uuid"
        }
        let text = try Transaction.leaseStatement(grant, at: Self.instant).writtenOut { uuid in
            switch uuid {
            case assignment: ":assignment"
            case event: ":event"
            case worker: varying(0xe, "worker")
            case batch: varying(0x9, "batch")
            default: nil
            }
        }
        // Each id is drawn from two random numbers.
        func id(_ high: String, _ low: String) -> String {
            "(lpad(to_hex(:\(high)::bigint), 16, '0') || lpad(to_hex(:\(low)::bigint), 16, '0'))::uuid"
        }
        let statement = text.replacingOccurrences(of: ":assignment", with: id("high", "low"))
            .replacingOccurrences(of: ":event", with: id("low", "high"))
        return """
            \\set worker random(1, \(Workbench.workerCount))
            \\set batch random(1, \(Workbench.batchCount))
            \\set high random(1, 9000000000000000000)
            \\set low random(1, 9000000000000000000)
            \(statement.split(separator: "\n").joined(separator: " "));
            """
    }
}

/// What every claim of the benchmark pays.
struct Price {
    let pay: Money
    let fee: Money
    let week: CalendarDate
    let terms: JSON = ["pay_minor": 100, "fee_minor": 10, "currency": "USD"]

    init() throws {
        guard let dollar = Currency("USD"), let week = CalendarDate(iso: "2026-03-02") else {
            throw BenchmarkError(reason: "no price")
        }
        (pay, fee, self.week) = (try Money(100, dollar), try Money(10, dollar), week)
    }
}

/// User and system time of this process or of its ended children.
func processorSeconds(of who: __rusage_who) -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(who.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}
