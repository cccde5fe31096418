import Formats
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@testable import Marketplace

@Suite("Notices", .scratchDatabase)
struct NoticesTests {
    private func tell(_ count: Int, to recipient: Principal.ID) async throws {
        try await Scratch.database.transaction { transaction in
            for number in 0..<count {
                try await transaction.tell(
                    recipient, kind: "greeting", facts: ["number": .integer(Int64(number))],
                    id: Scratch.here.identifiers.make(at: transaction.instant.addingTimeInterval(Double(number)))
                )
            }
        }
    }

    @Test("notices are delivered oldest first, a batch at a time, each once")
    func delivers() async throws {
        let crew = try await Crew()
        try await tell(5, to: crew.chief)
        let seen = Mutex<[JSON]>([])
        let deliver = DeliverNotices(market: crew.market)
        var counts: [Int] = []
        for _ in 0..<3 {
            counts.append(
                try await deliver(limit: 3) { notices in
                    seen.withLock { $0 += notices.map { $0.facts["number"] ?? .null } }
                })
        }
        #expect(counts == [3, 2, 0])
        #expect(seen.withLock { $0 } == [0, 1, 2, 3, 4])
    }

    @Test("a channel that fails leaves its notices for the next time")
    func failingChannel() async throws {
        struct Broken: Error {}
        let crew = try await Crew()
        try await tell(2, to: crew.chief)
        await #expect(throws: Broken.self) { try await DeliverNotices(market: crew.market)() { _ in throw Broken() } }
        #expect(try await DeliverNotices(market: crew.market)() { _ in } == 2)
    }

    @Test("a change that is rolled back tells nobody")
    func rolledBack() async throws {
        struct Changed: Error {}
        let crew = try await Crew()
        await #expect(throws: Changed.self) {
            try await crew.market.change { change in
                try await change.transaction.tell(crew.chief, kind: "greeting", facts: [:], id: change.make())
                throw Changed()
            }
        }
        #expect(try await DeliverNotices(market: crew.market)() { _ in } == 0)
    }

    @Test("deliverers at once do not deliver a notice twice")
    func concurrent() async throws {
        let crew = try await Crew()
        try await tell(60, to: crew.chief)
        let seen = try await withThrowingTaskGroup(of: [Notice.ID].self) { group in
            for _ in 0..<4 { group.addTask { try await drained(crew.market) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(seen.count == 60)
        #expect(Set(seen).count == 60)
    }

    /// The notices that one deliverer gets hold of until none waits.
    private func drained(_ market: Market) async throws -> [Notice.ID] {
        let seen = Mutex<[Notice.ID]>([])
        var count = 1
        while count > 0 {
            count = try await DeliverNotices(market: market)(limit: 7) { notices in
                seen.withLock { $0 += notices.map(\.id) }
            }
        }
        return seen.withLock { $0 }
    }

    @Test("the file gets one line of JSON for each notice, after those it has")
    func file() async throws {
        let crew = try await Crew()
        let path = FileManager.default.temporaryDirectory.path + "/\(Scratch.here.name).jsonl"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = NoticeFile(path: path)
        for _ in 0..<2 {
            try await tell(1, to: crew.chief)
            _ = try await DeliverNotices(market: crew.market)() { try file.append($0) }
        }
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 2)
        let line = try JSON.parse(Array(try #require(lines.first).utf8))
        #expect(line["kind"] == "greeting" && line["recipient"] == .string("\(crew.chief)"))
        #expect(line["created_at"] == 1_772_442_000)
    }
}
