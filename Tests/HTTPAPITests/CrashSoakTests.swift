import Formats
import Foundation
import Marketplace
import Store
import Synchronization
import TestSupport
import Testing

@Suite("Crashes under soak", .serialized)
struct CrashSoakTests {
    /// What kills the server.
    enum Fault: CaseIterable {
        case immediateStop, killedBackend, killedPostmaster
    }

    /// Three in every run of the tests, CYCLES of them in a soak.
    private static var cycles: Int {
        let environment = ProcessInfo.processInfo.environment
        guard environment["GUILDHALL_SOAK"] == "1" else { return 3 }
        return max(3, Int(environment["CYCLES"] ?? "") ?? 60)
    }

    private static let durable = [
        "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "128MB",
        "checkpoint_timeout": "30s", "recovery_init_sync_method": "syncfs",
    ]

    @Test("nothing that was acknowledged is lost or done twice when PostgreSQL dies", .timeLimit(.minutes(60)))
    func crashes() async throws {
        try await withPrivateCluster(settings: Self.durable) { server in
            let market = try await CrashMarket(on: server, lawyers: 3)
            let dice = Dice()
            let log = CrashLog()
            for cycle in 0..<Self.cycles {
                let fault = cycle < 3 ? Fault.allCases[cycle] : dice.pick(Fault.allCases)
                let batch = try await market.openBatch("cycle \(cycle)", tasks: 1_000)
                let recovery = try await Self.cycle(fault, server, market, batch, dice, log)
                log.note(recovery: recovery)
                try await log.check(market, cycle: cycle, seed: dice.seed)
            }
            // Not in each cycle: a fault may meet nothing but commits whose outcome is then looked up.
            #expect(log.broken > 0, "nobody noticed any fault; seed \(dice.seed)")
            log.report(cycles: Self.cycles, seed: dice.seed)
            await market.market.database.shutdown()
        }
    }

    /// Six writers at work, a fault in their middle, and on until each has been served again.
    ///
    /// - Returns: from the fault to the first acknowledgement after it.
    private static func cycle(
        _ fault: Fault, _ server: EmbeddedCluster.Running, _ market: CrashMarket, _ batch: Batch.ID, _ dice: Dice,
        _ log: CrashLog
    ) async throws -> Duration {
        let writers = CrashWriters(market: market, batch: batch, log: log)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<6 { group.addTask { try await writers.run(writer) } }
            group.addTask { try await writers.waitForEach(5) }
            try await group.next()
            try await Task.sleep(for: .milliseconds(dice.roll(0...200)))
            let began = ContinuousClock.now
            try await cause(fault, server, dice)
            writers.restartCount()
            try await writers.waitForAny()
            let recovery = ContinuousClock.now - began
            try await writers.waitForEach(5)
            writers.stop()
            try await group.waitForAll()
            return recovery
        }
    }

    private static func cause(_ fault: Fault, _ server: EmbeddedCluster.Running, _ dice: Dice) async throws {
        switch fault {
        case .immediateStop: try await server.stopServer(mode: .immediate)
        case .killedPostmaster: try await server.killImmediately()
        case .killedBackend:
            let backends = server.backendProcessIDs
            try #require(!backends.isEmpty, "no backend to kill; seed \(dice.seed)")
            kill(dice.pick(backends), SIGKILL)
        }
        try await server.startAgain()
    }
}

/// What was acknowledged, and what was found.
private final class CrashLog: Sendable {
    private struct State {
        var funded: Set<UUID> = []
        var claimed: Set<UUID> = []
        var submitted: Set<UUID> = []
        var broken = 0
        var lost = 0
        var doubled = 0
        var recoveries: [Duration] = []
    }

    private let state = Mutex(State())

    /// Requests that ended in a lost connection or an unknown outcome.
    var broken: Int { state.withLock { $0.broken } }

    func noteBroken() { state.withLock { $0.broken += 1 } }
    func note(recovery: Duration) { state.withLock { $0.recoveries.append(recovery) } }
    func noteFunded(_ id: UUID) { state.withLock { _ = $0.funded.insert(id) } }
    func noteClaimed(_ id: UUID) { state.withLock { _ = $0.claimed.insert(id) } }
    func noteSubmitted(_ id: UUID) { state.withLock { _ = $0.submitted.insert(id) } }

    /// Compares with the database, in which everything that is there was acknowledged when nobody writes.
    func check(_ market: CrashMarket, cycle: Int, seed: UInt64) async throws {
        let (funded, claimed, submitted) = try await market.market.database.read { transaction in
            (
                try await Self.ids(
                    transaction,
                    """
                    select source_id as id from transfer where kind = 'funding' and amount_minor = 1
                    """),
                try await Self.ids(transaction, "select assignment_id as id from assignment"),
                try await Self.ids(transaction, "select assignment_id as id from submission")
            )
        }
        state.withLock { state in
            let pairs = [(state.funded, funded), (state.claimed, claimed), (state.submitted, submitted)]
            for (acknowledged, stored) in pairs {
                state.lost += acknowledged.subtracting(stored).count
                state.doubled += Set(stored).subtracting(acknowledged).count + stored.count - Set(stored).count
            }
        }
        let (lost, doubled) = state.withLock { ($0.lost, $0.doubled) }
        #expect(lost == 0 && doubled == 0, "cycle \(cycle): \(lost) lost, \(doubled) doubled; seed \(seed)")
        while try await SealAudit(market: market.market)() > 0 {}
        let ills = try await Doctor(market: market.market)().filter { !$0.isClean }
        #expect(ills.isEmpty, "cycle \(cycle): \(ills.map { "\($0.check): \($0.outcome)" }); seed \(seed)")
    }

    private static func ids(_ transaction: Transaction, _ sql: SQL) async throws -> [UUID] {
        try await transaction.rows(sql).map { try $0["id"] }
    }

    func report(cycles: Int, seed: UInt64) {
        let (acknowledged, lost, doubled, broken, recoveries) = state.withLock { state in
            (
                state.funded.count + state.claimed.count + state.submitted.count, state.lost, state.doubled,
                state.broken, state.recoveries.sorted()
            )
        }
        let median = recoveries[recoveries.count / 2]
        let counts = "\(acknowledged) acknowledged, \(broken) broken, \(lost) lost, \(doubled) doubled"
        let speed = "recovery p50 \(median.formatted(.units(allowed: [.milliseconds])))"
        let (promise, target) = ("no acknowledged write lost when PostgreSQL dies", "0 lost, 0 doubled, p50 <= 1.5 s")
        print("\(promise) | \(cycles) cycles, \(counts), \(speed) | \(target) | \(seed)")
        #expect(broken > 0, "no fault was ever observed; seed \(seed)")
        #expect(median <= .seconds(30), "recovery takes long even for a busy machine; seed \(seed)")
    }
}

/// Half of them claim and submit, half pay in; each request has a key and is repeated until it is answered.
private struct CrashWriters: Sendable {
    let market: CrashMarket
    let batch: Batch.ID
    let log: CrashLog
    private let counts = Counts()

    init(market: CrashMarket, batch: Batch.ID, log: CrashLog) {
        self.market = market
        self.batch = batch
        self.log = log
    }

    func stop() { counts.stop() }
    func restartCount() { counts.restart() }

    func waitForEach(_ count: Int) async throws {
        while counts.least < count { try await Task.sleep(for: .milliseconds(2)) }
    }

    func waitForAny() async throws {
        while counts.most < 1 { try await Task.sleep(for: .milliseconds(1)) }
    }

    func run(_ writer: Int) async throws {
        while !counts.isStopped {
            if writer < 3 {
                try await claimAndSubmit(market.lawyers[writer], writer)
            } else {
                try await fund(writer)
            }
        }
    }

    private func claimAndSubmit(_ worker: Principal.ID, _ writer: Int) async throws {
        let work = try await answered(by: worker, route: "claims", writer) { market in
            try await ClaimTask(market: market)(from: (self.market.requester, batch), by: worker)
        } answer: {
            Reply(status: 201, body: ["id": .string("\($0.id)"), "token": .integer($0.leaseToken)])
        }
        guard let text = work["id"]?.stringValue, let id = Assignment.ID(text), let token = work["token"]?.integerValue
        else { throw BadInput("answer", "has no assignment") }
        log.noteClaimed(id.uuid)
        _ = try await answered(by: worker, route: "submission:\(id)", writer) { market in
            try await SubmitAnswer(market: market)(["label": "a"], for: id, token: token, by: worker)
        } answer: { _ in
            Reply(status: 200, body: ["id": .string("\(id)")])
        }
        log.noteSubmitted(id.uuid)
    }

    private func fund(_ writer: Int) async throws {
        let reference = UUID()
        _ = try await answered(by: market.maker, route: "fundings", writer) { market in
            try await FundRequester(market: market)(
                self.market.requester, with: Money(1, self.market.usd), reference: reference, by: self.market.maker
            )
        } answer: {
            Reply(status: 201, body: ["id": .string("\($0)")])
        }
        log.noteFunded(reference)
    }

    /// As a client behaves: the same request with the same key, until there is an answer.
    private func answered<Result: Sendable>(
        by principal: Principal.ID, route: String, _ writer: Int,
        perform: @Sendable (Market) async throws -> Result, answer: @escaping @Sendable (Result) -> Reply
    ) async throws -> JSON {
        let key = UUID().uuidString
        while true {
            do {
                let reply = try await market.market.once(
                    key, by: principal, route: route, fingerprint: Digest(of: route), answer: answer, perform: perform
                )
                counts.add(writer)
                return reply.body
            } catch let error as StoreError {
                switch error {
                case .connectionLost, .commitOutcomeUnknown, .unreachable, .poolExhausted: log.noteBroken()
                case .server, .poolClosed, .contended, .invalidParameter, .decoding, .transactionAborted,
                    .copyAbandoned,
                    .unexpectedRowCount:
                    throw error
                }
            } catch IdempotencyRefusal.inFlight {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }
}

/// Answers by writer since the last restart of the count.
private final class Counts: Sendable {
    private struct State {
        var answers = [Int](repeating: 0, count: 6)
        var isStopped = false
    }

    private let state = Mutex(State())

    var isStopped: Bool { state.withLock { $0.isStopped } }
    var least: Int { state.withLock { $0.answers.min() ?? 0 } }
    var most: Int { state.withLock { $0.answers.max() ?? 0 } }

    func stop() { state.withLock { $0.isStopped = true } }
    func restart() { state.withLock { $0.answers = $0.answers.map { _ in 0 } } }
    func add(_ writer: Int) { state.withLock { $0.answers[writer] += 1 } }
}
