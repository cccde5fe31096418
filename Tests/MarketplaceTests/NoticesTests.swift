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

    @Test("those of offers come after all others, and not at all once their offers are over")
    func offers() async throws {
        let crew = try await Crew()
        try await Scratch.database.transaction { transaction in
            for (number, kind) in ["offer_made", "offer_made", "greeting"].enumerated() {
                let end = transaction.instant + Double(600 * (number + 1))
                try await transaction.tell(
                    crew.chief, kind: kind,
                    facts: ["number": .integer(Int64(number)), "answer_by": .string(end.formatted(.iso8601))],
                    id: Scratch.here.identifiers.make(at: transaction.instant.addingTimeInterval(Double(number))))
            }
        }
        let seen = Mutex<[JSON]>([])
        func deliver(_ limit: Int) async throws -> Int {
            try await DeliverNotices(market: crew.market)(limit: limit) { notices in
                seen.withLock { $0 += notices.map { $0.facts["number"] ?? .null } }
            }
        }
        #expect(try await deliver(1) == 1)
        #expect(seen.withLock { $0 } == [2])
        Scratch.clock.advance(by: 601)
        #expect(try await deliver(10) == 1)
        #expect(seen.withLock { $0 } == [2, 1])
        #expect(try await deliver(10) == 0)
    }

    @Test("a channel that fails leaves its notices for the next time")
    func failingChannel() async throws {
        struct Broken: Error {}
        let crew = try await Crew()
        try await tell(2, to: crew.chief)
        await #expect(throws: Broken.self) { try await DeliverNotices(market: crew.market)() { _ in throw Broken() } }
        #expect(try await DeliverNotices(market: crew.market)() { _ in } == 0)
        Scratch.clock.advance(by: 60)
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

    @Test("a process that dies after the file, or within it, has its notices written again, once, each in its own line")
    func diesAfterTheFile() async throws {
        let crew = try await Crew()
        let path = FileManager.default.temporaryDirectory.path + "/\(Scratch.here.name).jsonl"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await tell(2, to: crew.chief)
        let letters = try await crew.market.database.transaction {
            try await $0.claimDue(limit: 10, until: $0.instant + DeliverNotices.claimSeconds)
        }
        let file = NoticeFile(path: path)
        try file.append(letters.map(\.notice))
        // Of the second line only half is there.
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try whole.dropLast(40).write(to: URL(fileURLWithPath: path))
        let deliver = DeliverNotices(market: crew.market)
        #expect(try await deliver(through: file).claimed == 0)
        Scratch.clock.advance(by: DeliverNotices.claimSeconds)
        #expect(try await deliver(through: file).delivered == 2)
        #expect(try await deliver(through: file).claimed == 0)
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let ids = lines.compactMap { try? JSON.parse(Array($0.utf8))["notice"]?.stringValue }
        #expect(lines.count == 4 && ids.count == 3)
        #expect(Set(ids) == Set(letters.map { "\($0.notice.id)" }))
    }
}

@Suite("The inbox", .scratchDatabase)
struct InboxTests {
    private func tell(
        _ crew: Crew, _ recipient: Principal.ID, _ kind: String, key: String? = nil
    ) async throws -> Bool {
        try await crew.market.database.transaction { transaction in
            try await transaction.tell(
                recipient, kind: kind, facts: [:], id: Scratch.here.identifiers.make(at: transaction.instant),
                dedupKey: key
            )
        }
    }

    @Test("the same thing under the same key is told once, to each person")
    func deduplicated() async throws {
        let crew = try await Crew()
        let (one, two) = (try await crew.worker("w1"), try await crew.worker("w2"))
        let people = [one, two].map { Principal.ID($0.uuid) }
        #expect(try await tell(crew, people[0], "credential_expires", key: "c-60"))
        #expect(try await !tell(crew, people[0], "credential_expires", key: "c-60"))
        #expect(try await tell(crew, people[1], "credential_expires", key: "c-60"))
        #expect(try await tell(crew, people[0], "credential_expires", key: "c-30"))
        #expect(try await ListNotices(market: crew.market)(by: people[0]).count == 2)
    }

    @Test("told at once by many, it is there once")
    func race() async throws {
        let crew = try await Crew()
        let barrier = Barrier(count: 8)
        let told = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    await barrier.arrive()
                    return try await tell(crew, crew.chief, "greeting", key: "k")
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(told == 1)
    }

    @Test("is read a page at a time, newest first; what was read stays, and nobody reads another's")
    func read() async throws {
        let crew = try await Crew()
        let worker = Principal.ID(try await crew.worker().uuid)
        for number in 0..<3 {
            Scratch.clock.advance(by: 1)
            _ = try await tell(crew, worker, "greeting_\(number)")
        }
        let list = ListNotices(market: crew.market)
        let first = try await list(limit: 2, by: worker)
        #expect(first.map(\.notice.kind) == ["greeting_2", "greeting_1"])
        let last = try #require(first.last)
        #expect(try await list(before: last.notice.id, by: worker).map(\.notice.kind) == ["greeting_0"])
        let mark = ReadNotice(market: crew.market)
        for _ in 0..<2 { try await mark(last.notice.id, by: worker) }
        #expect(try await list(unreadOnly: true, by: worker).map(\.notice.kind) == ["greeting_2", "greeting_0"])
        #expect(try await list(by: worker).map { $0.readAt != nil } == [false, true, false])
        #expect(try await list(by: crew.chief).isEmpty)
        #expect(await Crew.refusal { try await mark(last.notice.id, by: crew.chief) } == "not_found")
    }

    @Test("a kind that is not wanted is not sent, or not shown; a mandatory one always is")
    func preferences() async throws {
        let crew = try await Crew()
        let worker = Principal.ID(try await crew.worker().uuid)
        let prefer = PreferNotice(market: crew.market)
        try await prefer(NoticePreference(kind: "greeting", channel: .email, isWanted: false), by: worker)
        try await prefer(NoticePreference(kind: "gossip", channel: .inbox, isWanted: false), by: worker)
        for channel in NoticeChannel.allCases {
            let refused = await Crew.refusal {
                try await prefer(NoticePreference(kind: "decision_made", channel: channel, isWanted: false), by: worker)
            }
            #expect(refused == "notice_mandatory")
        }
        let bad = await Crew.refusal {
            try await prefer(NoticePreference(kind: "No kind", channel: .email, isWanted: false), by: worker)
        }
        #expect(bad == "bad_input")
        for kind in ["greeting", "gossip", "decision_made"] { _ = try await tell(crew, worker, kind) }
        let seen = Mutex<[String]>([])
        let sent = try await DeliverNotices(market: crew.market)() { notices in
            seen.withLock { $0 += notices.map(\.kind) }
        }
        #expect(sent == 2)
        #expect(Set(seen.withLock { $0 }) == ["gossip", "decision_made"])
        let shown = try await ListNotices(market: crew.market)(by: worker)
        #expect(Set(shown.map(\.notice.kind)) == ["greeting", "decision_made"])
        #expect(shown.first { $0.notice.kind == "greeting" }?.delivery == .skipped)
        try await prefer(NoticePreference(kind: "gossip", channel: .inbox, isWanted: true), by: worker)
        #expect(try await ListNotices(market: crew.market)(by: worker).count == 3)
        #expect(try await prefer.all(by: worker).count == 2)
    }
}
