import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@Suite("COPY", .emptyDatabase)
struct CopyTests {
    private struct Numbers: Sequence, IteratorProtocol {
        let count: Int
        var next_ = 0
        mutating func next() -> CopyRow? {
            guard next_ < count else { return nil }
            next_ += 1
            return CopyRow([next_, "row number \(next_) of many", next_ % 2 == 0 ? nil : Optional(next_)])
        }
    }

    private func makeTable() async throws {
        try await Scratch.asOwner {
            try await $0.execute("create unlogged table wide (id bigint, name text, odd bigint)")
        }
    }

    @Test("a million rows go in and out in constant memory")
    func million() async throws {
        try await makeTable()
        let memory = Peak()
        let database = Scratch.connect { $0.statementTimeout = .seconds(240) }
        let copied = try await database.transaction {
            let rows = (1...1_000_000).lazy.map { number in
                if number % 10_000 == 0 { memory.look() }
                return CopyRow([number, Self.longName, Int?.none])
            }
            return try await $0.copyIn("copy wide from stdin (format binary)", rows: rows)
        }
        #expect(copied == 1_000_000)
        let lines = try await database.read { transaction in
            var lines = 0
            for try await chunk in transaction.copyOut("copy wide (id, name) to stdout") {
                lines += chunk.count { $0 == UInt8(ascii: "\n") }
                if lines % 64 == 0 { memory.look() }
            }
            return lines
        }
        await database.shutdown()
        #expect(lines == 1_000_000)
        // The rows are 170 MB; other tests run beside this one, so the bound is loose but far below "all of it".
        #expect(memory.growth < 128 << 20)
    }

    private static let longName = String(repeating: "n", count: 150)

    @Test("a COPY in the wrong direction is refused, and the connection goes on")
    func direction() async throws {
        try await makeTable()
        await #expect(throws: StoreError.invalidParameter("the COPY goes the other way")) {
            try await Scratch.database.transaction {
                try await $0.copyIn("copy wide to stdout", bytes: AsyncStream<[UInt8]> { $0.finish() })
            }
        }
        await #expect(throws: StoreError.invalidParameter("the COPY goes the other way")) {
            try await Scratch.database.transaction {
                for try await _ in $0.copyOut("copy wide from stdin") {}
            }
        }
        #expect(try await Scratch.database.read { try await $0.oneRow("select 1 as n").value("n", as: Int.self) } == 1)
    }

    @Test("a source that fails leaves nothing behind, and its error is the one seen")
    func failingSource() async throws {
        try await makeTable()
        struct Broken: Error {}
        let rows = AsyncThrowingStream<CopyRow, any Error> { continuation in
            continuation.yield(CopyRow([1, "one", Int?.none]))
            continuation.finish(throwing: Broken())
        }
        await #expect(throws: Broken.self) {
            try await Scratch.database.transaction {
                try await $0.copyIn("copy wide from stdin (format binary)", rows: rows)
            }
        }
        #expect(try await Scratch.database.read { try await $0.rows("select from wide").count } == 0)
    }

    @Test("a row that the server refuses is a clear error, and the connection lives on")
    func refusedRow() async throws {
        try await makeTable()
        let bytes = AsyncStream<[UInt8]> { continuation in
            continuation.yield(Array("1\tone\t\\N\nnot a number\ttwo\t2\n".utf8))
            continuation.finish()
        }
        let error = await #expect(throws: StoreError.self) {
            try await Scratch.database.transaction { try await $0.copyIn("copy wide from stdin", bytes: bytes) }
        }
        #expect(error?.sqlState == "22P02")
        #expect(try await Scratch.database.read { try await $0.rows("select from wide").count } == 0)
    }

    @Test("a COPY left halfway cannot be committed and does not harm the connection")
    func abandoned() async throws {
        let database = Scratch.connect { $0.poolSize = 1 }
        await #expect(throws: StoreError.copyAbandoned) {
            try await database.read { transaction in
                for try await _ in transaction.copyOut("copy (select generate_series(1, 1000000)) to stdout") { break }
            }
        }
        #expect(try await database.read { try await $0.rows("select 1").count } == 1)
        await database.shutdown()
    }

    @Test("a cancelled COPY stops and rolls back")
    func cancelled() async throws {
        try await makeTable()
        let database = Scratch.database
        let task = Task {
            try await database.transaction {
                try await $0.copyIn("copy wide from stdin (format binary)", rows: Numbers(count: 100_000_000))
            }
        }
        try await Task.sleep(for: .milliseconds(200))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await database.read { try await $0.rows("select from wide limit 1").count } == 0)
    }
}

/// The most memory that the process was seen to hold, against what it held at first.
private final class Peak: Sendable {
    private let first = Peak.residentBytes()
    private let most = Mutex(0)

    var growth: Int { most.withLock { $0 } - first }

    func look() {
        let now = Self.residentBytes()
        most.withLock { $0 = max($0, now) }
    }

    private static func residentBytes() -> Int {
        let fields = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return (fields.flatMap { Int($0[1]) } ?? 0) * 4_096
    }
}
