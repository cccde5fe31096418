import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@Suite("A server that goes away", .timeLimit(.minutes(10)))
struct RestartTests {
    /// How the server is made to go.
    enum Departure: CaseIterable {
        case stopped, stoppedAtOnce, killed
    }

    private func makeTable(_ database: Database) async throws {
        try await database.transaction { try await $0.execute("create table marker (id bigint primary key)") }
    }

    @Test("under a pool at work: what was in flight fails, what was acknowledged stays", arguments: Departure.allCases)
    func restarted(departure: Departure) async throws {
        try await withPrivateCluster { running in
            let database = running.connect { $0.poolSize = 6 }
            try await makeTable(database)
            let (isOpen, isBack) = (Barrier(count: 2), Barrier(count: 2))
            let inFlight = Task {
                try await database.transaction {
                    try await $0.execute("insert into marker values (-1)")
                    await isOpen.arrive()
                    await isBack.arrive()
                    try await $0.execute("insert into marker values (-2)")
                }
            }
            await isOpen.arrive()
            let writers = Writers(database: database)
            async let writing: Void = writers.run(count: 4)
            try await writers.waitForAcknowledged(50)
            try await leave(running, departure)
            try await running.startAgain()
            await isBack.arrive()
            let error = await #expect(throws: StoreError.self) { try await inFlight.value }
            guard case .connectionLost = error else { throw error ?? StoreError.poolClosed }
            try await writers.waitForAcknowledged(writers.acknowledged.count + 50)
            writers.stop()
            try await writing
            let stored: [Int] = try await database.read {
                try await $0.rows("select id from marker order by id").map { try $0["id"] }
            }
            #expect(writers.acknowledged.subtracting(stored) == [], "lost")
            #expect(!stored.contains(-1) && !stored.contains(-2))
            let unasked = Set(stored).subtracting(writers.acknowledged).subtracting(writers.unknown)
            #expect(unasked == [], "done, though reported as not done")
            await database.shutdown()
        }
    }

    private func leave(_ running: EmbeddedCluster.Running, _ departure: Departure) async throws {
        switch departure {
        case .stopped: try await running.stopServer(mode: .fast)
        case .stoppedAtOnce: try await running.stopServer(mode: .immediate)
        case .killed: try await running.killImmediately()
        }
    }

    @Test("while it is away, callers are told within the acquire timeout")
    func away() async throws {
        try await withPrivateCluster { running in
            let database = running.connect { $0.acquireTimeout = .milliseconds(400) }
            try await database.read { _ in }
            try await running.stopServer(mode: .fast)
            let elapsed = await ContinuousClock().measure {
                let error = await #expect(throws: StoreError.self) { try await database.read { _ in } }
                guard case .unreachable = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
            }
            #expect(elapsed < .seconds(60), "usually half a second; the timeout of a request is longer")
            try await running.startAgain()
            try await database.read { _ in }
            await database.shutdown()
        }
    }

    @Test("frozen, it keeps no caller waiting for a connection, nor Swift's own threads; thawed, it goes on")
    func frozen() async throws {
        try await withPrivateCluster { running in
            let database = running.connect {
                $0.poolSize = 2
                $0.acquireTimeout = .milliseconds(300)
            }
            try await makeTable(database)
            try await openBoth(database)
            let processes = running.processIDs
            #expect(processes.count >= 4)
            for process in processes { kill(process, SIGSTOP) }
            defer { for process in processes { kill(process, SIGCONT) } }
            let stuck = (1...2).map { id in
                Task {
                    _ = try await database.transaction { try await $0.execute("insert into marker values (\(id))") }
                }
            }
            while database.load.busy < 2 { try await Task.sleep(for: .milliseconds(1)) }
            await #expect(throws: StoreError.poolExhausted) { try await database.read { _ in } }
            // Would hang if Swift's own threads were blocked: nothing wakes the server before this is through.
            for _ in 0..<100 { await Task.detached { await Task.yield() }.value }
            for process in processes { kill(process, SIGCONT) }
            for task in stuck { try await task.value }
            #expect(try await database.read { try await $0.rows("select from marker").count } == 2)
            await database.shutdown()
        }
    }

    @Test("a frozen postmaster is unreachable for a new connection, not a wait without end")
    func frozenPostmaster() async throws {
        try await withPrivateCluster { running in
            let postmaster = try #require(running.processID)
            let database = running.connect { $0.acquireTimeout = .milliseconds(200) }
            kill(postmaster, SIGSTOP)
            defer { kill(postmaster, SIGCONT) }
            let elapsed = await ContinuousClock().measure {
                let error = await #expect(throws: StoreError.self) { try await database.read { _ in } }
                guard case .unreachable = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
            }
            #expect(elapsed < .seconds(60), "libpq's own connect timeout is 2 s")
            kill(postmaster, SIGCONT)
            try await database.read { _ in }
            await database.shutdown()
        }
    }

    private func openBoth(_ database: Database) async throws {
        let both = Barrier(count: 2)
        try await withThrowingTaskGroup { group in
            for _ in 0..<2 { group.addTask { try await database.read { _ in await both.arrive() } } }
            try await group.waitForAll()
        }
    }
}

/// Tasks that insert numbers, and remember which were acknowledged.
private final class Writers: Sendable {
    private struct State {
        var next = 0
        var acknowledged: Set<Int> = []
        var unknown: Set<Int> = []
        var isStopped = false
    }

    private let state = Mutex(State())
    private let database: Database

    init(database: Database) { self.database = database }

    var acknowledged: Set<Int> { state.withLock { $0.acknowledged } }
    /// Those whose COMMIT got no answer.
    var unknown: Set<Int> { state.withLock { $0.unknown } }

    func stop() { state.withLock { $0.isStopped = true } }

    func waitForAcknowledged(_ count: Int) async throws {
        while acknowledged.count < count { try await Task.sleep(for: .milliseconds(5)) }
    }

    func run(count: Int) async throws {
        try await withThrowingTaskGroup { group in
            for _ in 0..<count { group.addTask { try await self.write() } }
            try await group.waitForAll()
        }
    }

    private func write() async throws {
        while true {
            let number = state.withLock { state -> Int? in
                state.next += 1
                return state.isStopped ? nil : state.next
            }
            guard let number else { return }
            do {
                try await database.transaction { try await $0.execute("insert into marker values (\(number))") }
                state.withLock { _ = $0.acknowledged.insert(number) }
            } catch StoreError.commitOutcomeUnknown {
                state.withLock { _ = $0.unknown.insert(number) }
            } catch StoreError.connectionLost, StoreError.unreachable {
                // Not done; the next number follows.
            }
        }
    }
}
