import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@Suite("A connection that breaks at COMMIT", .emptyDatabase)
struct CommitOutcomeTests {
    /// A pool that reaches the test's database through the proxy.
    private func behind(_ proxy: CuttingProxy) -> Database {
        Scratch.connect(asOwner: true) { $0.connectionString = Scratch.connectionString(through: proxy) }
    }

    private func makeTable() async throws {
        try await Scratch.asOwner { try await $0.execute("create table marker (id bigint)") }
    }

    private func count(_ id: Int) async throws -> Int {
        try await Scratch.database.read {
            try await $0.oneRow("select count(*) as n from marker where id = \(id)")["n"]
        }
    }

    /// Cuts the first COMMIT as it is told, and no other.
    private func cuttingOnce(_ cut: CuttingProxy.Cut) throws -> CuttingProxy {
        let isFirst = Mutex(true)
        return try CuttingProxy(serverFolder: Scratch.serverFolder) {
            isFirst.withLock { first in
                defer { first = false }
                return first ? cut : .never
            }
        }
    }

    @Test(
        "with a question to ask, it reports success exactly when it was committed",
        arguments: CuttingProxy.Cut.allCases)
    func lookedUp(cut: CuttingProxy.Cut) async throws {
        try await makeTable()
        let proxy = try cuttingOnce(cut)
        defer { proxy.stop() }
        let database = behind(proxy)
        let outcome = await Self.insert(1, in: database, asks: true)
        let isThere = try await count(1) == 1
        switch outcome {
        case .success: #expect(isThere)
        case .failure(.connectionLost): #expect(!isThere)
        case .failure(let error): throw error
        }
        switch cut {
        case .never, .afterAnswer: #expect(isThere)
        case .beforeCommit: #expect(!isThere)
        case .afterCommit: break
        }
        #expect(proxy.cuts == (cut == .never ? 0 : 1))
        #expect(database.statistics.outcomesLookedUp.load(ordering: .relaxed) == proxy.cuts)
        await database.shutdown()
    }

    @Test(
        "without one, it says that nobody knows",
        arguments: [CuttingProxy.Cut.beforeCommit, .afterCommit, .afterAnswer])
    func unknown(cut: CuttingProxy.Cut) async throws {
        try await makeTable()
        let proxy = try cuttingOnce(cut)
        defer { proxy.stop() }
        let database = behind(proxy)
        guard case .failure(.commitOutcomeUnknown) = await Self.insert(1, in: database, asks: false) else {
            Issue.record("not reported as unknown")
            return
        }
        try await database.read { _ in }
        await database.shutdown()
    }

    @Test("what was only read needs no commit to be known")
    func read() async throws {
        let proxy = try cuttingOnce(.beforeCommit)
        defer { proxy.stop() }
        let database = behind(proxy)
        #expect(try await database.read { try await $0.oneRow("select 7 as n").value("n", as: Int.self) } == 7)
        #expect(proxy.cuts == 1)
        await database.shutdown()
    }

    @Test("a task cancelled at that moment still learns that it was committed")
    func cancelled() async throws {
        try await makeTable()
        let running = Mutex<Task<Void, any Error>?>(nil)
        let isFirst = Mutex(true)
        let proxy = try CuttingProxy(serverFolder: Scratch.serverFolder) {
            let isMine = isFirst.withLock { first in
                defer { first = false }
                return first
            }
            guard isMine else { return .never }
            running.withLock { $0?.cancel() }
            return .afterAnswer
        }
        defer { proxy.stop() }
        let database = behind(proxy)
        let mayGo = Barrier(count: 2)
        let task = Task {
            await mayGo.arrive()
            try await Self.insert(1, in: database, asks: true).get()
        }
        running.withLock { $0 = task }
        await mayGo.arrive()
        try await task.value
        #expect(try await count(1) == 1)
        await database.shutdown()
    }

    @Test("a hundred random cuts, tried again: each effect is there exactly once")
    func exactlyOnce() async throws {
        try await makeTable()
        let dice = Dice()
        let proxy = try CuttingProxy(serverFolder: Scratch.serverFolder) { dice.pick(CuttingProxy.Cut.allCases) }
        defer { proxy.stop() }
        let database = behind(proxy)
        let numbers = Numbers()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while proxy.cuts < 100 {
                        let id = numbers.next()
                        while case .failure(let error) = await Self.insert(id, in: database, asks: true) {
                            guard case .connectionLost = error else { throw error }
                            try Task.checkCancellation()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let written = numbers.next() - 1
        let wrong: [Int] = try await Scratch.database.read {
            try await $0.rows(
                """
                select n from generate_series(1, \(written)) n left join marker on id = n
                 group by n having count(id) <> 1 order by n
                """
            ).map { try $0["n"] }
        }
        #expect(wrong == [], "seed \(dice.seed)")
        #expect(proxy.cuts >= 100)
        print("ambiguous outcomes resolve | \(proxy.cuts) cuts, \(wrong.count) not exactly once | 0 | \(dice.seed)")
        await database.shutdown()
    }

    private static func insert(_ id: Int, in database: Database, asks: Bool) async -> Result<Void, StoreError> {
        let isDone: @Sendable (Transaction) async throws -> Bool = {
            try await $0.firstRow("select from marker where id = \(id) limit 1") != nil
        }
        do {
            try await database.transaction(isDone: asks ? isDone : nil) {
                try await $0.execute("insert into marker values (\(id))")
            }
            return .success(())
        } catch let error as StoreError {
            return .failure(error)
        } catch {
            return .failure(.invalidParameter("\(error)"))
        }
    }
}

/// 1, 2, 3, … for several tasks.
private final class Numbers: Sendable {
    private let last = Mutex(0)

    func next() -> Int {
        last.withLock {
            $0 += 1
            return $0
        }
    }
}
