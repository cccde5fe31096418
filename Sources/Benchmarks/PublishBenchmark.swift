internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

/// Tasks from a JSON Lines file into a batch, imported and published with the hold, against `psql \copy` of the same
/// rows into the same indexed tables: task, task_content, slot.
struct PublishBenchmark {
    let bench: Workbench
    let rounds: Int
    let count: Int

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("guildhall-bench-publish-\(getpid())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try writeFiles(to: folder)
        var (imports, publishes, copies): ([Double], [Double], [Double]) = ([], [], [])
        for _ in 0..<rounds {
            copies.append(try await bench.withClone(size: 1) { _, connection in try copy(folder, connection) })
            let ours = try await bench.withClone(size: 2) { database, _ in try await publish(folder, on: database) }
            imports.append(ours.imported)
            publishes.append(ours.published)
        }
        let whole = zip(imports, publishes).map { Double(count) / ($0 + $1) }.median
        let imported = imports.map { Double(count) / $0 }.median
        let copied = copies.map { Double(count) / $0 }.median
        line("Publishing \(count) tasks of a JSON Lines file, hold included, tasks/s, median of \(rounds):")
        line(
            "  import \(grouped(imported))   import and publish \(grouped(whole))   psql \\copy \(grouped(copied))   "
                + "ratio \(twoDigits(whole / copied))  (goal 0.70)   "
                + "\(grouped(whole * 60)) tasks a minute (goal 200,000)"
        )
    }

    private func copy(_ folder: String, _ connection: String) throws -> Double {
        try seconds {
            _ = try bench.output(
                of: "psql",
                [
                    connection, "-q", "-v", "ON_ERROR_STOP=1",
                    "-c",
                    "\\copy task (requester_id, task_id, batch_id, project_id, external_key, state) "
                        + "from '\(folder)/task.csv' csv",
                    "-c", "\\copy task_content (requester_id, task_id, payload) from '\(folder)/content.csv' csv",
                    "-c",
                    "\\copy slot (requester_id, task_id, slot_no, batch_id, state, lease_token, lapses) "
                        + "from '\(folder)/slot.csv' csv",
                ]
            )
        }
    }

    private func publish(_ folder: String, on database: Database) async throws -> (imported: Double, published: Double)
    {
        let market = Market(database: database, keys: .generate())
        let chief = try await PublishDesk(market: market).chief()
        guard let usd = Currency("USD") else { throw BenchmarkError(reason: "no such currency") }
        _ = try await FundRequester(market: market)(
            Workbench.requester, with: Money(1_000_000_000, usd), reference: .numbered(1, kind: 0x5), by: chief
        )
        let batch = try await CreateBatch(market: market)(
            BatchDraft(
                project: Project.ID(Workbench.project), name: "bench", profession: .lawyer, tier: .expert,
                requirement: .profession(.lawyer, leastTier: .expert), feeBasisPoints: 1_000,
                budget: Money(1_000_000_000, usd), expectedMinutes: 1
            ),
            of: Workbench.requester, by: chief
        )
        let start = ContinuousClock.now
        let report = try await ImportTasks(market: market)(
            TaskFile(path: folder + "/tasks.jsonl", format: .jsonl), to: batch, of: Workbench.requester, by: chief
        )
        let imported = (ContinuousClock.now - start).seconds
        guard report.run.counts.added == count else { throw BenchmarkError(reason: "imported \(report.run.counts)") }
        let second = ContinuousClock.now
        _ = try await PublishBatch(market: market)(batch, of: Workbench.requester, by: chief)
        return (imported, (ContinuousClock.now - second).seconds)
    }

    private static let payload =
        "{\"question\":\"Which law governs?\",\"text\":\"" + String(repeating: "The parties agree. ", count: 15) + "\"}"

    /// The same tasks for both sides.
    private func writeFiles(to folder: String) throws {
        let batch = UUID.numbered(1, kind: 0x9)
        let quoted = "\"" + Self.payload.replacing("\"", with: "\"\"") + "\""
        let (requester, project) = (Workbench.requester.description, Workbench.project)
        try write(folder + "/tasks.jsonl") { "{\"external_key\":\"bench-\($0)\",\"payload\":\(Self.payload)}\n" }
        try write(folder + "/task.csv") {
            "\(requester),\(UUID.numbered($0, kind: 0x7)),\(batch),\(project),bench-\($0),open\n"
        }
        try write(folder + "/content.csv") { "\(requester),\(UUID.numbered($0, kind: 0x7)),\(quoted)\n" }
        try write(folder + "/slot.csv") { "\(requester),\(UUID.numbered($0, kind: 0x7)),1,\(batch),open,0,0\n" }
    }

    private func write(_ path: String, _ row: (Int) -> String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw BenchmarkError(reason: "cannot write \(path)") }
        var buffer = ""
        for number in 1...count {
            buffer += row(number)
            guard buffer.utf8.count > 1 << 20 else { continue }
            handle.write(Data(buffer.utf8))
            buffer = ""
        }
        handle.write(Data(buffer.utf8))
        try handle.close()
    }
}

/// Gives a person of the workbench the roles that publishing takes.
private struct PublishDesk {
    let market: Market

    func chief() async throws -> Principal.ID {
        let id = UUID.numbered(1, kind: 0xe)
        try await market.database.transaction { transaction in
            try await transaction.execute(
                """
                insert into role_grant (role_grant_id, principal_id, role, granted_by, in_force)
                select gen_random_uuid(), \(id), role, \(id), tstzrange(\(.instant), null)
                  from unnest(array['operator', 'finance_maker']::role[]) as role
                """)
        }
        return Principal.ID(id)
    }
}
