import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// A command of the program that does something, as the program itself lists it.
private struct Leaf: Sendable {
    let path: [String]
    /// What must be given: the names of values, the names of options.
    let positionals: [String]
    let required: [String]
    /// All options and flags.
    let names: Set<String>

    var name: String { path.joined(separator: " ") }

    /// From what `--experimental-dump-help` prints.
    static func all(in command: JSON, path: [String] = []) -> [Leaf] {
        let subcommands = (command["subcommands"]?.arrayValue ?? []).filter { $0["commandName"] != "help" }
        if !subcommands.isEmpty {
            return subcommands.flatMap { all(in: $0, path: path + [$0["commandName"]?.stringValue ?? "?"]) }
        }
        let arguments = command["arguments"]?.arrayValue ?? []
        let needed = arguments.filter { $0["isOptional"] == false }
        return [
            Leaf(
                path: path,
                positionals: needed.filter { $0["kind"] == "positional" }.compactMap { $0["valueName"]?.stringValue },
                required: needed.filter { $0["kind"] == "option" }.compactMap {
                    $0["preferredName"]?["name"]?.stringValue
                },
                names: Set(
                    arguments.flatMap { $0["names"]?.arrayValue ?? [] }.compactMap { $0["name"]?.stringValue }))
        ]
    }
}

/// Every command of the program against a market with an open auction: what it prints and logs, at the level of trace,
/// is searched for what was bid. Commands are listed by the program itself; one that needs a value which is not here
/// fails the test. In every run of the tests those that have to do with bids; in a soak all of them.
@Suite("Sealed bids and every command, under soak", .scratchDatabase, .turnLimit(minutes: 20))
struct SealedCommandsSoakTests {
    private static let isSoak = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1"

    /// What cannot be run against a test's database, and why.
    private static let without: [String: String] = [
        "up": "makes an embedded server and does not end", "demo": "makes an embedded server",
        "psql": "is PostgreSQL's own program; what it can read is what a dump has",
    ]
    /// Commands that run until they are stopped.
    private static let endless = [
        "serve": ["--port", "0"], "schedule run": [],
    ]
    /// Of these every person and worker asks, for people and as JSON.
    private static let groups: Set = ["auction", "bid", "award", "ask", "screen"]
    /// In every run of the tests.
    private static let alwaysRun: Set = [
        "schedule run", "serve", "overview", "doctor", "metrics", "export results", "worker show", "worker why",
        "batch show", "direct-offer list", "notices list", "audit verify",
    ]

    private func values(_ hall: SealedHall, _ file: String) -> [String: String] {
        let (id, worker) = ("\(hall.auction.id)", "bidder0")
        return [
            "webhook": id, "event": id, "token": id, "url": "https://hooks.example.org/", "client-id": "x",
            "provider": "x", "subject": "x",
            "key": worker, "worker": worker, "batch": "\(hall.batch.id)", "id": id, "offer": id, "file": file,
            "profession": "lawyer", "auction": id, "requester": "acme", "kind": "extraction", "project": "clauses",
            "version": "1", "finding": id, "name": "x", "code": "x", "tier": "expert", "old": "1", "new": "2",
            "assignment": id, "card": "1", "award": id, "line": id, "answers": file, "conditions": "{}",
            "answer": "approve", "instant": "2026-12-01T12:00:00Z", "weight": "1", "reservation": id,
            "guideline": "x", "party": "x", "payee": "x", "person": "Second", "requirement": file, "task": id,
            "ending": id, "day": "2036-03-11", "what": "away", "level": "1", "market": file, "verdict": "dismiss",
            "reasons": "Because.", "by": "Operator", "rule": "r", "title": "x", "amount-minor": "1000",
            "reason": "Because.", "at": "2026-12-01T12:00:00Z", "format": "jsonl",
            "content-hash": String(repeating: "0", count: 64), "country": "US", "purpose": "x", "years": "1",
            "to": "1", "hourly-minor": "1", "answer-by": "2026-12-01T12:00:00Z", "contracts": file,
            "role": "reviewer", "email": "x@example.org", "time-zone": "UTC", "holder": "x", "residence": "US",
            "issuer": "x", "jurisdiction": "US-NY", "number": "1", "issued-on": "2020-01-01",
            "hash": String(repeating: "0", count: 64), "reference": id, "minor": "1", "slot": "1", "changes": "x",
            "scope": "none", "base": "US", "daily-minutes": "1", "weekly-minutes": "1", "input": file, "days": "1",
            "closes": "2027-01-01T00:00:00Z", "alert": id, "resolution": "left", "lane": "sealed", "amount": "20000",
            "labels": file, "pairs": file, "gold": file, "payments": file, "rules": "us", "form": "dac7",
            "year": "2026", "from": "2026-11-01T00:00:00Z", "source": "main", "settings": file,
            "most": "1", "clarity": "1", "fairness": "1", "pay-speed": "1",
            "decision": id, "appeal": id, "month": "2026-12", "evidence": "x", "payout": id, "statement": "No.",
            "output": file + ".written",
        ]
    }

    @Test("print and log another's amount nowhere, before the close; what a bidder shows a token for is their own")
    func searched() async throws {
        let market = Market(
            database: Scratch.connect(serverClock: true), identifiers: Scratch.here.identifiers, keys: Scratch.keys)
        let hall = try await SealedHall(market: market, usesServerClock: true)
        _ = try await hall.people()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sealed-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = folder + "/file.json"
        try Data("{}".utf8).write(to: URL(fileURLWithPath: file))
        let console = Console(folder: folder)
        // First: among the commands is one that withdraws a bid.
        try await own(hall, market, console)
        let leaves = try Leaf.all(in: await console.dump()["command"] ?? .null)
        #expect(leaves.count > 200)
        for name in Self.without.keys { #expect(leaves.contains { $0.name == name }, "\(name) is no command") }
        let values = values(hall, file)
        for leaf in leaves {
            let unknown = (leaf.positionals + leaf.required).filter { values[$0] == nil }
            #expect(unknown == [], "give '\(leaf.name)' a value for these in the test's table")
        }
        let bidding = leaves.filter { Self.groups.contains($0.path[0]) }
        let others = leaves.filter {
            !Self.groups.contains($0.path[0]) && (Self.isSoak || Self.alwaysRun.contains($0.name))
        }
        for leaf in bidding + others where Self.without[leaf.name] == nil {
            for arguments in calls(of: leaf, values) {
                let told = try await console.run(arguments, for: Self.endless[leaf.name].map { _ in .seconds(3) })
                #expect(!told.isEmpty, "\(leaf.name) says nothing")
                #expect(BidAmounts.found(in: told, hall.amounts) == [], "\(arguments)")
            }
        }
        await market.database.shutdown()
    }

    /// A bidder with their token sees their own; with another's, or none, nothing.
    private func own(_ hall: SealedHall, _ market: Market, _ console: Console) async throws {
        for (place, worker) in hall.workers.prefix(2).enumerated() {
            let token = try await IssueToken(market: market)(
                for: Principal.ID(worker.uuid), lifetime: 3_600, by: hall.small.manager
            ).secret
            let path = console.folder + "/token"
            try Data((token + "\n").utf8).write(to: URL(fileURLWithPath: path))
            let ask = { (key: String) in
                try await console.run(
                    ["bid", "list", "--worker", key, "--token-file", path, "--log-level", "trace"], for: nil)
            }
            let told = try await ask("bidder\(place)")
            #expect(told.contains(String(hall.amounts[place])))
            #expect(BidAmounts.found(in: told, hall.amounts(but: worker)) == [])
            #expect(BidAmounts.found(in: try await ask("bidder\(1 - place)"), hall.amounts) == [])
        }
    }

    /// The command lines of a command.
    private func calls(of leaf: Leaf, _ values: [String: String]) -> [[String]] {
        var base = leaf.path + (Self.endless[leaf.name] ?? [])
        base += leaf.positionals.compactMap { values[$0] }
        for name in leaf.required where name != "worker" && name != "by" { base += ["--\(name)", values[name] ?? ""] }
        if leaf.names.contains("requester"), !leaf.required.contains("requester") { base += ["--requester", "acme"] }
        if leaf.names.contains("log-level") { base += ["--log-level", "trace"] }
        let isBidding = Self.groups.contains(leaf.path[0])
        var people: [[String]] = []
        if leaf.names.contains("by") {
            let names =
                isBidding && Self.isSoak
                ? ["Operator", "Second", "Maker", "Checker", "Reviewer", "Buyer"] : ["Operator"]
            people = names.map { ["--by", $0] }
        }
        var workers: [[String]] = []
        if leaf.names.contains("worker") {
            workers = (isBidding ? ["bidder0", "stranger"] : ["bidder0"]).map { ["--worker", $0] }
            if !leaf.required.contains("worker") { workers.append([]) }
        }
        let asked = (people.isEmpty ? [[]] : people).flatMap { person in
            (workers.isEmpty ? [[]] : workers).map { base + person + $0 }
        }
        guard leaf.names.contains("json") else { return asked }
        return isBidding ? asked.flatMap { [$0, $0 + ["--json"]] } : asked.map { $0 + ["--json"] }
    }
}

/// The program, run on the test's database.
private struct Console: Sendable {
    let folder: String

    func dump() async throws -> JSON {
        try JSON.parse(
            Array(await run(["--experimental-dump-help"], for: nil).utf8),
            limits: .init(maxDepth: 64, maxBytes: 64 << 20, maxKeys: 1_000_000))
    }

    /// - Parameter pause: after which it is stopped; `nil` waits for its end.
    /// - Returns: all that it says, on either output.
    func run(_ arguments: [String], for pause: Duration?) async throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: ScratchServer.root + "/.build/debug/guildhall")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["GUILDHALL_KEYS": Scratch.keys.file.canonicalText, "DATABASE_URL": Scratch.here.connectionString]
        ) { _, ours in ours }
        process.standardInput = FileHandle.nullDevice
        let path = folder + "/said"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        (process.standardOutput, process.standardError) = (handle, handle)
        let (ends, ended) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in ended.finish() }
        try process.run()
        if let pause {
            try await Task.sleep(for: pause)
            process.terminate()
        }
        for await _ in ends {}
        try handle.close()
        return String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }
}
