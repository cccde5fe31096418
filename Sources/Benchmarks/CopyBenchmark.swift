internal import Foundation
internal import Marketplace
internal import Store

/// A million tasks into the indexed table `task`: rows streamed by the store against `psql \copy` of a CSV file.
struct CopyBenchmark {
    static let count = 1_000_000
    let bench: Workbench
    let rounds: Int

    func run() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("guildhall-bench-\(getpid()).csv").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try writeCSV(to: file)
        var (ours, theirs): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            theirs.append(
                try await bench.withClone(size: 1) { _, connectionString in
                    try seconds {
                        _ = try bench.output(
                            of: "psql",
                            [
                                connectionString, "-q", "-v", "ON_ERROR_STOP=1", "-c",
                                "\\copy task (requester_id, task_id, batch_id, project_id, external_key, state) "
                                    + "from '\(file)' csv",
                            ]
                        )
                    }
                })
            ours.append(
                try await bench.withClone(size: 1) { database, _ in
                    let start = ContinuousClock.now
                    let copied = try await database.transaction {
                        try await $0.copyIn(
                            """
                            copy task (requester_id, task_id, batch_id, project_id, external_key, state)
                            from stdin (format binary)
                            """, rows: TaskRows(count: Self.count)
                        )
                    }
                    guard copied == Self.count else { throw BenchmarkError(reason: "copied \(copied) rows") }
                    return (ContinuousClock.now - start).seconds
                })
        }
        let rates = (ours.map { Double(Self.count) / $0 }.median, theirs.map { Double(Self.count) / $0 }.median)
        line("COPY of 1 M tasks into the indexed table, rows/s, median of \(rounds):")
        line(
            "  store \(grouped(rates.0))   psql \\copy \(grouped(rates.1))   "
                + "ratio \(twoDigits(rates.0 / rates.1))  (goal 0.90)"
        )
    }

    private func writeCSV(to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw BenchmarkError(reason: "cannot write \(path)") }
        var buffer = ""
        for number in 1...Self.count {
            let row = TaskRows.values(number)
            buffer += "\(Workbench.requester),\(row.task),\(row.batch),\(Workbench.project),\(row.key),open\n"
            if buffer.utf8.count > 1 << 20 {
                handle.write(Data(buffer.utf8))
                buffer = ""
            }
        }
        handle.write(Data(buffer.utf8))
        try handle.close()
    }
}

/// The same rows on both sides.
private struct TaskRows: Sequence, IteratorProtocol {
    let count: Int
    var number = 0

    static func values(_ number: Int) -> (task: UUID, batch: UUID, key: String) {
        (
            UUID.numbered(number, kind: 0x7), UUID.numbered(number % Workbench.batchCount + 1, kind: 0x9),
            "document-\(number)"
        )
    }

    mutating func next() -> CopyRow? {
        guard number < count else { return nil }
        number += 1
        let row = Self.fast(number)
        return CopyRow([Workbench.requester, row.task, row.batch, Workbench.project, row.key, "open"])
    }

    /// The same ids without going through their text.
    private static func fast(_ number: Int) -> (task: UUID, batch: UUID, key: String) {
        func numbered(_ value: Int, kind: UInt8) -> UUID {
            let low = UInt64(value)
            func byte(_ shift: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: low >> shift) }
            return UUID(
                uuid: (
                    0, 0, 0, kind, 0, 0, 0x70, 0, 0x80, 0, byte(40), byte(32), byte(24), byte(16), byte(8), byte(0)
                )
            )
        }
        return (
            numbered(number, kind: 0x7), numbered(number % Workbench.batchCount + 1, kind: 0x9), "document-\(number)"
        )
    }
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start).seconds
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
