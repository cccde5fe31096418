import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@Suite("Transactions", .emptyDatabase)
struct TransactionTests {
    private func makeCounter() async throws {
        try await Scratch.asOwner {
            try await $0.execute("create table counter (id bigint primary key, value bigint not null)")
            try await $0.execute("insert into counter select n, 0 from generate_series(1, 10) n")
        }
    }

    private func total(_ database: Database) async throws -> Int {
        try await database.read {
            try await $0.oneRow("select coalesce(sum(value), 0)::bigint as total from counter")["total"]
        }
    }

    @Test("an error rolls back what went before it")
    func rollback() async throws {
        try await makeCounter()
        struct Stop: Error {}
        await #expect(throws: Stop.self) {
            try await Scratch.database.transaction {
                try await $0.execute("update counter set value = 1")
                throw Stop()
            }
        }
        #expect(try await total(Scratch.database) == 0)
    }

    @Test("a read transaction cannot write")
    func readOnly() async throws {
        try await makeCounter()
        let error = await #expect(throws: StoreError.self) {
            try await Scratch.database.read { try await $0.execute("update counter set value = 1") }
        }
        #expect(error?.sqlState == "25006")
    }

    @Test("a body that goes on after a failed statement cannot commit")
    func failedStatement() async throws {
        await #expect(throws: StoreError.transactionAborted) {
            try await Scratch.database.transaction { transaction in
                _ = try? await transaction.rows("select 1 / 0")
            }
        }
    }

    @Test("the instant is the server's, the same throughout, and later in a later transaction")
    func serverInstant() async throws {
        let database = Scratch.connect(serverClock: true)
        let first = try await database.transaction { transaction in
            let server: Date = try await transaction.oneRow("select transaction_timestamp() as t")["t"]
            #expect(server == transaction.instant)
            #expect(try await transaction.freshInstant() > transaction.instant)
            return transaction.instant
        }
        #expect(try await database.transaction { $0.instant } > first)
        await database.shutdown()
    }

    @Test("under a manual clock every instant is the clock's, in single statements too")
    func manualInstant() async throws {
        let database = Scratch.database
        #expect(try await database.transaction { $0.instant } == Scratch.start)
        Scratch.clock.advance(by: 60)
        let row = try await database.statement("select \(.instant) as t")
        #expect(try row[0]["t"] == Scratch.start + 60)
    }

    @Test("several statements go in one round trip, and the first error is the one reported")
    func pipeline() async throws {
        try await Scratch.database.read { transaction in
            let results = try await transaction.pipeline((1...20).map { "select \($0) as n" })
            #expect(try results.map { try $0[0].value("n", as: Int.self) } == Array(1...20))
        }
        for failing in 0..<20 {
            let error = await #expect(throws: StoreError.self) {
                try await Scratch.database.read { transaction in
                    let statements: [SQL] = (0..<20).map { $0 == failing ? "select 1 / 0" : "select \($0)" }
                    _ = try await transaction.pipeline(statements)
                }
            }
            #expect(error?.sqlState == "22012")
        }
        #expect(try await Scratch.database.read { try await $0.rows("select 1").count } == 1)
    }

    @Test("a serialization storm ends with every increment counted")
    func serializationStorm() async throws {
        try await makeCounter()
        let database = Scratch.connect {
            $0.poolSize = 8
            $0.retry.attemptsMax = 100
            $0.retry.deadline = .seconds(60)
        }
        try await withThrowingTaskGroup { group in
            for _ in 0..<16 {
                group.addTask {
                    for _ in 0..<10 {
                        try await database.transaction(isolation: .serializable) {
                            let value: Int = try await $0.oneRow("select value from counter where id = 1")["value"]
                            try await $0.execute("update counter set value = \(value + 1) where id = 1")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await total(database) == 160)
        #expect(database.statistics.retries.load(ordering: .relaxed) > 0, "the storm never came")
        await database.shutdown()
    }

    @Test("deadlocks are resolved by running the victim again")
    func deadlock() async throws {
        try await makeCounter()
        let database = Scratch.connect { $0.retry.deadline = .seconds(60) }
        let bothHoldOne = Barrier(count: 2)
        try await withThrowingTaskGroup { group in
            for (first, second) in [(1, 2), (2, 1)] {
                group.addTask {
                    try await database.transaction {
                        try await $0.execute("update counter set value = value + 1 where id = \(first)")
                        await bothHoldOne.arrive()
                        try await $0.execute("update counter set value = value + 1 where id = \(second)")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await total(database) == 4)
        // Once as a rule; again where the victim is back at its first row before the other one wakes.
        #expect(database.statistics.retries.load(ordering: .relaxed) >= 1, "the deadlock never came")
        await database.shutdown()
    }

    @Test("cancelling the task stops the statement on the server and rolls back")
    func cancellation() async throws {
        try await makeCounter()
        let database = Scratch.connect { $0.poolSize = 1 }
        let started = Barrier(count: 2)
        let task = Task {
            try await database.transaction {
                try await $0.execute("update counter set value = 1")
                await started.arrive()
                try await $0.execute("select pg_sleep(60)")
            }
        }
        await started.arrive()
        try await Task.sleep(for: .milliseconds(50))
        let clock = ContinuousClock()
        let elapsed = await clock.measure {
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(elapsed < .seconds(50))
        #expect(try await total(database) == 0)
        await database.shutdown()
    }

    @Test("cancelled at random points, no transaction stays open and every connection stays usable")
    func cancellationAnywhere() async throws {
        try await makeCounter()
        let database = Scratch.connect { $0.poolSize = 3 }
        for round in 0..<150 {
            let task = Task {
                try await database.transaction {
                    for id in 1...10 { try await $0.execute("update counter set value = value + 1 where id = \(id)") }
                }
            }
            try await Task.sleep(for: .microseconds(round * 20))
            task.cancel()
            _ = try? await task.value
        }
        #expect(try await total(database) % 10 == 0)
        let open: Int = try await Scratch.database.read {
            try await $0.oneRow(
                """
                select count(*) as n from pg_stat_activity
                 where datname = current_database() and state like 'idle in transaction%'
                """)["n"]
        }
        #expect(open == 0)
        #expect(database.load.busy == 0)
        await database.shutdown()
    }

    @Test("a transaction that escaped its body is refused")
    func escaped() async throws {
        let escaped = try await Scratch.database.transaction { $0 }
        await #expect(throws: StoreError.transactionAborted) { try await escaped.rows("select 1") }
    }

    @Test("a killed backend fails its own transaction and harms no other")
    func killedBackend() async throws {
        try await makeCounter()
        let database = Scratch.connect { $0.poolSize = 2 }
        let ready = Barrier(count: 2)
        let other = Task {
            try await database.transaction {
                try await $0.execute("update counter set value = 1 where id = 2")
                await ready.arrive()
                try await $0.execute("select pg_sleep(0.3)")
            }
        }
        await ready.arrive()
        let error = await #expect(throws: StoreError.self) {
            try await database.transaction {
                try await $0.execute("update counter set value = 1 where id = 1")
                try await $0.execute("select pg_terminate_backend(pg_backend_pid())")
            }
        }
        guard case .connectionLost = error else { throw error ?? StoreError.poolClosed }
        try await other.value
        #expect(try await total(database) == 1)
        await database.shutdown()
    }

    @Test("a statement that takes too long is stopped by the server")
    func statementTimeout() async throws {
        let database = Scratch.connect { $0.statementTimeout = .milliseconds(100) }
        let error = await #expect(throws: StoreError.self) {
            try await database.read { try await $0.rows("select pg_sleep(30)") }
        }
        #expect(error?.sqlState == "57014")
        await database.shutdown()
    }

    @Test("a transaction that idles too long is ended by the server")
    func idleTimeout() async throws {
        let database = Scratch.connect { $0.idleInTransactionTimeout = .milliseconds(100) }
        let error = await #expect(throws: StoreError.self) {
            try await database.transaction {
                try await Task.sleep(for: .milliseconds(500))
                try await $0.execute("select 1")
            }
        }
        guard case .connectionLost = error else { throw error ?? StoreError.poolClosed }
        #expect(try await database.read { try await $0.rows("select 1").count } == 1)
        await database.shutdown()
    }

    @Test("an advisory lock is held to the end of its transaction")
    func advisoryLock() async throws {
        let database = Scratch.connect()
        let key = AdvisoryLock("a", "b")
        try await database.transaction { transaction in
            try await transaction.advisoryLock(key)
            #expect(try await database.transaction { try await $0.tryAdvisoryLock(key) } == false)
            #expect(try await database.transaction { try await $0.tryAdvisoryLock(AdvisoryLock("ab")) })
        }
        #expect(try await database.transaction { try await $0.tryAdvisoryLock(key) })
        await database.shutdown()
    }

    @Test("eight sleeping statements leave Swift's own threads free")
    func cooperativePoolStaysFree() async throws {
        let database = Scratch.connect { $0.poolSize = 8 }
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { _ = try await database.read { try await $0.rows("select pg_sleep(2)") } }
            }
            while database.load.busy < 8 { try await Task.sleep(for: .milliseconds(1)) }
            for _ in 0..<100 { await Task.detached { await Task.yield() }.value }
            #expect(database.load.busy == 8, "a hundred turns took until a statement woke")
            try await group.waitForAll()
        }
        await database.shutdown()
    }
}
