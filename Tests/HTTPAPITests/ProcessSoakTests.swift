import Formats
import Foundation
import Marketplace
import Store
import Synchronization
import TestSupport
import Testing

/// Claimers at several processes of the real program, one of which is killed and started again every second.
@Suite("Processes killed under soak", .serialized)
struct ProcessSoakTests {
    /// 200 claimers in a soak; fewer, and for fewer kills, in every run of the tests.
    private static var isSoak: Bool { ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1" }

    @Test("a batch is done: nothing over-assigned, nothing stuck, nothing acknowledged lost", .timeLimit(.minutes(60)))
    func killed() async throws {
        let (claimers, tasks) = Self.isSoak ? (200, 6_000) : (24, 300)
        try await withPrivateCluster(settings: ["max_connections": "100", "shared_buffers": "128MB"]) { server in
            let market = try await CrashMarket(on: server, lawyers: claimers)
            let batch = try await market.openBatch(
                "killed", tasks: tasks, redundancy: 2, leaseSeconds: 2, lapsesMax: 1_000
            )
            let dice = Dice()
            let keys = market.market.keys
            let programs = try await Programs(
                ["serve", "--port", "0"], 4, database: server.connectionString, keys: keys)
            let schedulers = try await Programs(["schedule"], 2, database: server.connectionString, keys: keys)
            let work = Claimers(market: market, batch: batch, programs: programs, schedulers: schedulers, dice: dice)
            do {
                try await work.runUntilDone(claimers, slots: tasks * 2)
            } catch {
                programs.stop()
                schedulers.stop()
                throw error
            }
            programs.stop()
            schedulers.stop()
            try await work.check(tasks: tasks)
            await market.market.database.shutdown()
        }
    }
}

/// A process of the program under test.
private final class Program: Sendable {
    let port: Int?
    private let identifier: Int32

    struct NoPort: Error {}

    /// - Parameter arguments: with `--port`, waits until it says on which port it listens.
    init(_ arguments: [String], database: String, keys: KeyRing?) throws {
        let process = Process()
        // A soak runs the program as it is shipped.
        let program = ProcessInfo.processInfo.environment["GUILDHALL_PROGRAM"] ?? ".build/debug/guildhall"
        process.executableURL = URL(
            fileURLWithPath: program, relativeTo: URL(filePath: ScratchServer.root, directoryHint: .isDirectory))
        process.arguments = arguments + ["--database-url", database, "--log-level", "critical"]
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["GUILDHALL_KEYS": keys?.file.canonicalText ?? ""]
        ) { _, ours in ours }
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardError = pipe
        let listens = arguments.contains("--port")
        if !listens { process.standardError = FileHandle.nullDevice }
        try process.run()
        identifier = process.processIdentifier
        guard listens else {
            port = nil
            return
        }
        var said = ""
        while !said.contains("\n") || !said.contains("Listening on") {
            let more = pipe.fileHandleForReading.availableData
            if more.isEmpty { throw NoPort() }
            said += String(decoding: more, as: UTF8.self)
        }
        guard let port = said.firstMatch(of: /Listening on .*:(\d+)/).flatMap({ Int($0.output.1) }) else {
            throw NoPort()
        }
        self.port = port
    }

    func kill() { _ = Foundation.kill(identifier, SIGKILL) }
}

/// Several processes of one database that do the same; one is killed at a time, and replaced.
private final class Programs: Sendable {
    private let running: Mutex<[Program]>
    private let arguments: [String]
    private let database: String
    private let keys: KeyRing?
    let kills = Atomic<Int>(0)

    init(_ arguments: [String], _ count: Int, database: String, keys: KeyRing?) async throws {
        (self.arguments, self.database, self.keys) = (arguments, database, keys)
        running = Mutex([])
        for _ in 0..<count { try await begin() }
    }

    private func begin() async throws {
        let program = try await Task.detached { [arguments, database, keys] in
            try Program(arguments, database: database, keys: keys)
        }.value
        running.withLock { $0.append(program) }
    }

    var ports: [Int] { running.withLock { $0.compactMap(\.port) } }

    func replaceOne(_ dice: Dice) async throws {
        running.withLock { $0.remove(at: dice.roll(0...$0.count - 1)).kill() }
        kills.add(1, ordering: .relaxed)
        try await begin()
    }

    func stop() { running.withLock { $0.forEach { $0.kill() } } }
}

/// Workers who claim and answer over HTTP, at whichever process is there, and now and then walk away.
private final class Claimers: Sendable {
    private let market: CrashMarket
    private let batch: Batch.ID
    private let programs: Programs
    private let schedulers: Programs
    private let dice: Dice
    private let isDone = Atomic<Bool>(false)
    private let acknowledged = Mutex<Set<String>>([])

    init(market: CrashMarket, batch: Batch.ID, programs: Programs, schedulers: Programs, dice: Dice) {
        (self.market, self.batch, self.programs, self.schedulers) = (market, batch, programs, schedulers)
        self.dice = dice
    }

    func runUntilDone(_ count: Int, slots: Int) async throws {
        let tokens = try await withThrowingTaskGroup(of: String.self) { group in
            for lawyer in market.lawyers { group.addTask { try await self.market.token(of: lawyer) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for token in tokens.prefix(count) { group.addTask { try await self.work(token) } }
            group.addTask {
                while !self.isDone.load(ordering: .relaxed) {
                    try await Task.sleep(for: .seconds(1))
                    try await (self.dice.roll(1...4) == 1 ? self.schedulers : self.programs).replaceOne(self.dice)
                }
            }
            group.addTask {
                let deadline = ContinuousClock.now + .seconds(600)
                while try await self.count("select count(*) as n from submission") < slots {
                    try #require(ContinuousClock.now < deadline, "stuck; seed \(self.dice.seed)")
                    try await Task.sleep(for: .milliseconds(100))
                }
                self.isDone.store(true, ordering: .relaxed)
            }
            try await group.waitForAll()
        }
    }

    private func work(_ token: String) async throws {
        let claim: JSON = ["requester_id": .string("\(market.requester)"), "batch_id": .string("\(batch)")]
        while !isDone.load(ordering: .relaxed) {
            guard let answer = await send("/v1/claims", token, claim) else { continue }
            guard answer.status == 201, let id = answer.body["assignment_id"]?.stringValue,
                let lease = answer.body["lease_token"]
            else {
                // Nothing is free just now, or too much is in hand that was walked away from.
                try await Task.sleep(for: .milliseconds(100))
                continue
            }
            if dice.roll(1...10) == 1 { continue }
            try await Task.sleep(for: .milliseconds(dice.roll(0...30)))
            let body: JSON = ["lease_token": lease, "answer": ["label": "a"]]
            guard let taken = await send("/v1/assignments/\(id)/submission", token, body), taken.status == 200,
                let assignment = taken.body["assignment_id"]?.stringValue
            else { continue }
            acknowledged.withLock { _ = $0.insert(assignment) }
        }
    }

    /// Repeats under one key, at any of the processes, until one answers.
    private func send(_ path: String, _ token: String, _ body: JSON) async -> LiveServer.Answer? {
        let key = UUID().uuidString
        while !isDone.load(ordering: .relaxed) {
            let ports = programs.ports
            guard !ports.isEmpty else { continue }
            let answer = try? await LiveServer(port: dice.pick(ports)).send(
                "POST", path, token: token, key: key, json: body
            )
            if let answer, answer.status != 503, answer.code != "request_in_flight" { return answer }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }

    func check(tasks: Int) async throws {
        let killed = [programs, schedulers].map { $0.kills.load(ordering: .relaxed) }
        #expect(killed.reduce(0, +) > 0)
        let ids = acknowledged.withLock { Array($0) }
        let kept = try await count(
            "select count(*) as n from submission where assignment_id = any((\(ids)::text[])::uuid[])")
        #expect(kept == ids.count, "acknowledged answers are gone; seed \(dice.seed)")
        let odd = try await count(
            """
            select count(*) as n from task
             where (select count(*) from assignment join submission using (requester_id, assignment_id)
                     where assignment.requester_id = task.requester_id and assignment.task_id = task.task_id) <> 2
            """)
        #expect(odd == 0, "tasks without exactly two answers; seed \(dice.seed)")
        let ills = try await Doctor(market: market.market)().filter { !$0.isClean }.map(\.check)
        #expect(ills == [], "seed \(dice.seed)")
        let lapsed = try await count("select count(*) as n from assignment where state = 'expired'")
        let latest = try await count(
            """
            select coalesce(ceil(max(extract(epoch from closed_at - lease_until)) * 1000), 0)::bigint as n
              from assignment where state = 'expired'
            """)
        #expect(lapsed > 0)
        if ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1" { #expect(latest <= 1_000) }
        print("servers and schedulers killed: \(killed); answers acknowledged: \(ids.count) of \(tasks * 2);")
        print("leases lapsed: \(lapsed), open again after at most \(latest) ms")
    }

    private func count(_ sql: SQL) async throws -> Int {
        try await market.market.database.read { try await $0.oneRow(sql)["n"] }
    }
}
