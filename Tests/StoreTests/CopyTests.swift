import Foundation
import Store
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

    private static func residentBytes() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return (Int(fields[1]) ?? 0) * 4_096
    }

    @Test("a million rows go in and out in constant memory", .timeLimit(.minutes(5)))
    func million() async throws {
        try await makeTable()
        let before = try Self.residentBytes()
        let copied = try await Scratch.database.transaction {
            try await $0.copyIn("copy wide from stdin (format binary)", rows: Numbers(count: 1_000_000))
        }
        #expect(copied == 1_000_000)
        let lines = try await Scratch.database.read { transaction in
            var lines = 0
            for try await chunk in transaction.copyOut("copy wide (id, name) to stdout") {
                lines += chunk.count { $0 == UInt8(ascii: "\n") }
            }
            return lines
        }
        #expect(lines == 1_000_000)
        // The rows are 37 MB; other tests run beside this one, so the bound is loose but far below "all of it twice".
        #expect(try Self.residentBytes() - before < 64 << 20)
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
