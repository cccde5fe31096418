import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@Suite("The pool", .emptyDatabase)
struct PoolTests {
    @Test("an exhausted pool refuses after the acquire timeout, and serves again when a connection comes back")
    func exhausted() async throws {
        let database = Scratch.connect {
            $0.poolSize = 2
            $0.acquireTimeout = .seconds(2)
        }
        let (taken, release) = (Barrier(count: 3), Barrier(count: 3))
        let holders = (0..<2).map { _ in
            Task {
                try await database.transaction { _ in
                    await taken.arrive()
                    await release.arrive()
                }
            }
        }
        await taken.arrive()
        await #expect(throws: StoreError.poolExhausted) { try await database.read { _ in } }
        #expect(database.load.busy == 2)
        await release.arrive()
        for holder in holders { try await holder.value }
        try await database.read { _ in }
        await database.shutdown()
    }

    @Test("more waiters than allowed are refused at once")
    func waitersBounded() async throws {
        let database = Scratch.connect {
            $0.poolSize = 1
            $0.waitersMax = 0
        }
        let (taken, release) = (Barrier(count: 2), Barrier(count: 2))
        let holder = Task {
            try await database.transaction { _ in
                await taken.arrive()
                await release.arrive()
            }
        }
        await taken.arrive()
        let elapsed = await ContinuousClock().measure {
            await #expect(throws: StoreError.poolExhausted) { try await database.read { _ in } }
        }
        #expect(elapsed < .seconds(60))
        await release.arrive()
        try await holder.value
        await database.shutdown()
    }

    @Test("waiters are served in the order they came")
    func firstComeFirstServed() async throws {
        let database = Scratch.connect { $0.poolSize = 1 }
        let (taken, release) = (Barrier(count: 2), Barrier(count: 2))
        let holder = Task {
            try await database.transaction { _ in
                await taken.arrive()
                await release.arrive()
            }
        }
        await taken.arrive()
        let order = Order()
        try await withThrowingTaskGroup { group in
            for number in 0..<20 {
                group.addTask { try await database.read { _ in order.append(number) } }
                while database.load.waiting <= number { await Task.yield() }
            }
            await release.arrive()
            try await group.waitForAll()
        }
        try await holder.value
        #expect(order.numbers == Array(0..<20))
        await database.shutdown()
    }

    @Test("a cancelled waiter leaves the queue")
    func cancelledWaiter() async throws {
        let database = Scratch.connect { $0.poolSize = 1 }
        let (taken, release) = (Barrier(count: 2), Barrier(count: 2))
        let holder = Task {
            try await database.transaction { _ in
                await taken.arrive()
                await release.arrive()
            }
        }
        await taken.arrive()
        let waiter = Task { try await database.read { _ in } }
        while database.load.waiting == 0 { await Task.yield() }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        #expect(database.load.waiting == 0)
        await release.arrive()
        try await holder.value
        await database.shutdown()
    }

    @Test("shutdown lets what runs finish, refuses what comes, and closes every connection")
    func drain() async throws {
        let database = Scratch.connect { $0.applicationName = "drained" }
        let (taken, release) = (Barrier(count: 2), Barrier(count: 2))
        let holder = Task {
            try await database.transaction {
                await taken.arrive()
                await release.arrive()
                return try await $0.rows("select 1").count
            }
        }
        await taken.arrive()
        async let closing: Void = database.shutdown()
        while (try? await database.read { _ in }) != nil { await Task.yield() }
        await #expect(throws: StoreError.poolClosed) { try await database.read { _ in } }
        await release.arrive()
        #expect(try await holder.value == 1)
        await closing
        var left = 1
        for _ in 0..<200 where left > 0 {
            left = try await Scratch.database.read {
                try await $0.oneRow("select count(*) as n from pg_stat_activity where application_name = 'drained'")[
                    "n"]
            }
        }
        #expect(left == 0)
    }

    @Test("an unreachable server is a clear error within the acquire timeout")
    func unreachable() async throws {
        let database = Scratch.connect {
            $0.connectionString = "host=/nonexistent dbname=none"
            $0.acquireTimeout = .milliseconds(300)
        }
        let error = await #expect(throws: StoreError.self) { try await database.read { _ in } }
        guard case .unreachable(let reason) = error else { throw error ?? StoreError.poolClosed }
        #expect(reason.contains("nonexistent"))
        await database.shutdown()
    }
}

private final class Order: Sendable {
    private let list = Mutex<[Int]>([])
    var numbers: [Int] { list.withLock { $0 } }
    func append(_ number: Int) { list.withLock { $0.append(number) } }
}
