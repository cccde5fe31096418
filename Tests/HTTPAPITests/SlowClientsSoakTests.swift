import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import Synchronization
import TestSupport
import Testing

/// Durations, of which only what they come to is told: machines are busy with other things, too.
final class Durations: Sendable {
    private let all = Mutex<[Duration]>([])

    var count: Int { all.withLock { $0.count } }

    /// In milliseconds: the median, and what one in a hundred takes longer than.
    var told: String {
        let sorted = all.withLock { $0.sorted() }
        guard !sorted.isEmpty else { return "none" }
        let places = [sorted.count / 2, (sorted.count - 1) * 99 / 100]
        let told = places.map { place in
            let parts = sorted[place].components
            return "\(parts.seconds * 1_000 + parts.attoseconds / 1_000_000_000_000_000)"
        }
        return "p50 \(told[0]) ms, p99 \(told[1]) ms of \(sorted.count)"
    }

    func measure<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        let began = ContinuousClock.now
        let result = try await body()
        let took = ContinuousClock.now - began
        all.withLock { $0.append(took) }
        return result
    }
}

private final class Flag: Sendable {
    let isSet = Atomic<Bool>(false)
}

/// Clients that neither read nor write as they should, a database that is frozen, and more than there is room for.
@Suite("Slow clients and overload, under soak")
struct SlowClientsSoakTests {
    private static let isSoak = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1"
    /// Of each kind.
    private static let slow = isSoak ? 300 : 30
    private static let healthChecks = isSoak ? 2_000 : 100
    private static let seconds = isSoak ? 20 : 1
    private static var settings: ServerSettings {
        var settings = ServerSettings()
        settings.requestsPerMinute = 10_000_000
        (settings.writeSeconds, settings.bodySeconds, settings.idleSeconds) = (5, 5, 10)
        return settings
    }

    /// Both ends of each connection are of this process.
    private static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    @Test(
        "who reads slowly and who writes slowly is cut off, and everybody else is served meanwhile", .scratchDatabase,
        .turnLimit(minutes: 15))
    func slowClients() async throws {
        Self.raiseLimit()
        let small = try await SmallMarket()
        let token = try await small.bearer(small.lawyer("ann"))
        try await LiveServer.run(small.market, settings: Self.settings) { server in
            let readers = try await Self.readers(server.port)
            let writers = try await Self.writers(server.port, token)
            #expect(PlainClient.established(at: server.port) >= Self.slow, "nobody is slow")
            let good = Durations()
            let over = Flag()
            let end = ContinuousClock.now + .seconds(600)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let client = RawClient(port: server.port)
                        while !over.isSet.load(ordering: .relaxed) {
                            let answer = try await good.measure {
                                try await client.send("GET", "/v1/work", token: token)
                            }
                            #expect(answer.status == 200, "\(answer.body)")
                            try await Task.sleep(for: .milliseconds(20))
                        }
                    }
                }
                for writer in writers { group.addTask { await Self.trickle(writer, until: end) } }
                group.addTask {
                    defer { over.isSet.store(true, ordering: .relaxed) }
                    // What is left are the connections of the good ones.
                    while PlainClient.established(at: server.port) > 16, ContinuousClock.now < end {
                        try await Task.sleep(for: .milliseconds(100))
                    }
                }
                try await group.waitForAll()
            }
            #expect(PlainClient.established(at: server.port) <= 16, "some are not cut off")
            #expect(good.count > 0)
            withExtendedLifetime(readers) {}
            print(
                "scorecard row 24 | beside \(Self.slow) slow readers and \(Self.slow) slow writers: \(good.told)",
                "| all served, p99 under 100 ms")
        }
        #expect(try await small.ills() == [])
    }

    /// They ask for much, and read none of it.
    private static func readers(_ port: Int) async throws -> [PlainClient] {
        let asked = String(repeating: "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n", count: 20)
        var clients: [PlainClient] = []
        for _ in 0..<slow {
            let client = try PlainClient(port: port, receiveBuffer: 4_096)
            try await client.write(asked)
            clients.append(client)
        }
        return clients
    }

    /// They say that much is to come, and send it byte by byte.
    private static func writers(_ port: Int, _ token: String) async throws -> [PlainClient] {
        var clients: [PlainClient] = []
        for number in 0..<slow {
            let client = try PlainClient(port: port)
            try await client.write(
                "POST /v1/claims HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\n"
                    + "Idempotency-Key: slow-\(number)\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 10000\r\n\r\n")
            clients.append(client)
        }
        return clients
    }

    private static func trickle(_ client: PlainClient, until end: ContinuousClock.Instant) async {
        while ContinuousClock.now < end, (try? await client.write(" ")) != nil {
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    @Test(
        "while the database is frozen the process says that it lives, and goes on when it thaws",
        .timeLimit(.minutes(20)))
    func frozen() async throws {
        try await withPrivateCluster { cluster in
            let crash = try await CrashMarket(on: cluster, lawyers: 1)
            let token = try await crash.token(of: try #require(crash.lawyers.first))
            let processes = cluster.processIDs
            try #require(processes.count >= 4)
            try await LiveServer.run(crash.market, settings: Self.settings) { server in
                let client = RawClient(port: server.port)
                #expect(try await client.send("GET", "/v1/work", token: token).status == 200)
                let health = Durations()
                for process in processes { kill(process, SIGSTOP) }
                defer { for process in processes { kill(process, SIGCONT) } }
                let stuck = (0..<8).map { _ in Task { try await client.send("GET", "/v1/work", token: token) } }
                for _ in 0..<Self.healthChecks {
                    let answer = try await health.measure { try await client.send("GET", "/health", token: nil) }
                    #expect(answer.status == 200)
                }
                for process in processes { kill(process, SIGCONT) }
                let thawed = ContinuousClock.now
                for task in stuck {
                    let answer = try await task.value
                    #expect([200, 503].contains(answer.status), "\(answer.body)")
                }
                let end = thawed + .seconds(120)
                while try await client.send("GET", "/v1/work", token: token).status != 200 {
                    try #require(ContinuousClock.now < end, "it does not go on")
                    try await Task.sleep(for: .milliseconds(50))
                }
                let recovery = (ContinuousClock.now - thawed).components
                let milliseconds = recovery.seconds * 1_000 + recovery.attoseconds / 1_000_000_000_000_000
                print(
                    "scorecard row 24 | /health while the database is frozen: \(health.told); served again after",
                    "\(milliseconds) ms | p99 under 50 ms, 5 s")
            }
            await crash.market.database.shutdown()
        }
    }

    @Test(
        "at four times the load as much is served as at capacity, or nearly, and the rest is told to come back",
        .scratchDatabase, .turnLimit(minutes: 15))
    func goodput() async throws {
        let small = try await SmallMarket()
        let room = 8
        var tokens: [String] = []
        for number in 0..<room { tokens.append(try await small.bearer(small.lawyer("w\(number)"))) }
        let callers = tokens
        var settings = Self.settings
        settings.inFlightMax = room
        try await LiveServer.run(small.market, settings: settings) { server in
            // The first round warms up.
            var served: [Int] = []
            for clients in [room, room, 4 * room] {
                served.append(try await Self.served(clients, callers, RawClient(port: server.port)))
            }
            #expect(served.allSatisfy { $0 > 0 })
            let ratio = (Double(served[2]) / Double(max(served[1], 1)) * 100).rounded() / 100
            print(
                "scorecard row 24 | served in \(Self.seconds) s at capacity \(served[1]), at four times the load",
                "\(served[2]): \(ratio) | 0.8 at least")
        }
    }

    /// How many requests were answered with what they asked for.
    private static func served(_ clients: Int, _ tokens: [String], _ client: RawClient) async throws -> Int {
        let end = ContinuousClock.now + .seconds(seconds)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<clients {
                group.addTask {
                    var count = 0
                    while ContinuousClock.now < end {
                        let token = tokens[number % tokens.count]
                        let answer = try await client.send("GET", "/v1/work", token: token)
                        #expect([200, 503].contains(answer.status), "\(answer.body)")
                        if answer.status == 200 { count += 1 } else { try await Task.sleep(for: .milliseconds(20)) }
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
    }
}
