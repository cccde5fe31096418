import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Retention of content", .scratchDatabase)
struct RetentionTests {
    private static let day: TimeInterval = 86_400

    /// A market whose project keeps content for ten days, with a batch that was worked through and closed.
    private func closed(
        _ scope: RetentionScope = .content, judgement: Judgement = .accepted, tasks: Int = 1, worked: Int = 1
    ) async throws -> (SmallMarket, Batch.ID) {
        let small = try await SmallMarket()
        try await SetRetentionClass(market: small.market)(
            RetentionClass(name: "short", daysAfterClose: 10, scope: scope), by: small.manager)
        try await SetProjectRetention(market: small.market)(
            of: small.project, from: small.requester, to: "short", by: small.manager)
        let batch = try await small.batch(small.draft("b"), tasks: tasks, publish: false)
        try await Scratch.asOwner {
            try await $0.execute(
                """
                insert into task_suggestion (requester_id, task_id, source, version, suggestion, made_at, is_control)
                select requester_id, task_id, 'm', '1', '{"label": "a"}', \(Scratch.start), false from task
                """)
        }
        _ = try await PublishBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        let ann = try await small.lawyer("ann")
        for _ in 0..<worked {
            let work = try await small.claim(ann, batch)
            try await small.submit(work)
            try await small.review(work, judgement)
        }
        _ = try await CloseBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        return (small, batch)
    }

    private func apply(_ small: SmallMarket, most: Int = 100) async throws -> Int? {
        try await ApplyRetention(market: small.market)(most: most, by: small.manager)
    }

    @Test("destroys contents when their time is over, not before, and leaves tombstones and results")
    func due() async throws {
        let (small, batch) = try await closed()
        Scratch.clock.advance(by: 10 * Self.day - 1)
        #expect(try await apply(small) == nil)
        #expect(try await small.contents().count == 1)
        Scratch.clock.advance(by: 1)
        #expect(try await apply(small) == 1)
        #expect(try await apply(small) == nil, "once")
        #expect(await refusal(ContentRefusal.self) { try await small.contents() } == .emptied)
        let row = try await small.market.database.read {
            try await $0.oneRow(
                """
                select emptied_under, emptied_by, emptied_at, num_nonnulls(payload, sealed, mark) as left
                  from task_content
                """)
        }
        #expect(try row["emptied_under"] == "short")
        #expect(try row["emptied_by"] == small.manager)
        #expect(try row["emptied_at"] == Scratch.clock.now())
        #expect(try row["left"] == 0)
        #expect(try await small.count("select count(*) as n from submission") == 1)
        #expect(try await small.count("select count(*) as n from reference_answer") == 1)
        #expect(try await small.count("select count(*) as n from task_suggestion where suggestion = 'null'") == 1)
        var written = ""
        let summary = try await ExportResults(market: small.market)(
            .batch(batch), of: small.requester, .accepted, as: ResultWriter.Settings(.jsonl),
            by: small.manager, to: { written += String(decoding: $0, as: UTF8.self) }
        )
        #expect(summary.results == 1 && written.contains("\"payload\":null"))
        #expect(
            try await small.count(
                "select count(*) as n from audit_event where action = 'contents_emptied' and subject_id = \(batch.uuid)"
            )
                == 1)
        #expect(try await small.ills() == [])
    }

    @Test("takes known answers and drafts, where the class says so")
    func references() async throws {
        let (small, _) = try await closed(.contentAndReferences)
        Scratch.clock.advance(by: 10 * Self.day)
        #expect(try await apply(small) == 1)
        #expect(try await small.count("select count(*) as n from reference_answer") == 0)
    }

    @Test("goes on where it was, a bounded piece at a time, and any number at once")
    func pieces() async throws {
        let (small, batch) = try await closed(tasks: 5)
        Scratch.clock.advance(by: 10 * Self.day)
        #expect(try await apply(small, most: 2) == 2)
        #expect(try await small.count("select count(*) as n from batch where emptied_at is null") == 1)
        async let one = apply(small, most: 2)
        async let two = apply(small, most: 2)
        _ = try await (one, two)
        while try await apply(small, most: 2) != nil {}
        #expect(try await small.count("select count(*) as n from task_content where emptied_at is null") == 0)
        #expect(try await small.count("select count(*) as n from batch where emptied_at is not null") == 1)
        await #expect(throws: BadInput.self) { try await apply(small, most: 5_001) }
        await #expect(throws: AccessRefusal.self) {
            try await ApplyRetention(market: small.market)(by: small.reviewer)
        }
        _ = batch
    }

    @Test("waits while somebody may appeal, or an answer waits for its review")
    func waits() async throws {
        let (small, _) = try await closed(judgement: .rejected)
        try await Scratch.asOwner {
            try await $0.execute("update decision set appeal_until = decided_at + interval '20 days'")
        }
        Scratch.clock.advance(by: 15 * Self.day)
        #expect(try await apply(small) == nil)
        Scratch.clock.advance(by: 6 * Self.day)
        try await Scratch.asOwner {
            try await $0.execute("update assignment set state = 'submitted', closed_at = null")
        }
        #expect(try await apply(small) == nil)
        try await Scratch.asOwner {
            try await $0.execute("update assignment set state = 'rejected', closed_at = leased_at")
        }
        #expect(try await apply(small) == 1)
    }

    @Test("keeps what names no class, and what is not closed")
    func kept() async throws {
        let (small, _) = try await closed()
        _ = try await small.batch(small.draft("open"), tasks: 1)
        try await SetProjectRetention(market: small.market)(
            of: small.project, from: small.requester, to: nil, by: small.manager)
        Scratch.clock.advance(by: 100 * Self.day)
        #expect(try await apply(small) == nil)
        try await SetProjectRetention(market: small.market)(
            of: small.project, from: small.requester, to: "short", by: small.manager)
        #expect(try await apply(small) == 1)
        #expect(try await apply(small) == nil)
        #expect(try await small.count("select count(*) as n from task_content where emptied_at is null") == 1)
    }

    @Test("classes are set and changed by operators within bounds, and listed; each change is audited")
    func classes() async throws {
        let small = try await SmallMarket()
        let set = SetRetentionClass(market: small.market)
        try await set(RetentionClass(name: "b", daysAfterClose: 1), by: small.manager)
        Scratch.clock.advance(by: 1)
        try await set(RetentionClass(name: "a", daysAfterClose: 2), by: small.manager)
        Scratch.clock.advance(by: 1)
        try await set(RetentionClass(name: "b", daysAfterClose: 3, scope: .contentAndReferences), by: small.manager)
        let list = ListRetentionClasses(market: small.market)
        #expect(try await list(by: small.manager).map(\.daysAfterClose) == [2, 3])
        #expect(try await list(after: "a", by: small.manager).map(\.name) == ["b"])
        let before: [JSON] = try await small.market.database.read {
            try await $0.rows(
                """
                select facts -> 'days_before' as it from audit_event where action = 'retention_class_set'
                 order by event_id
                """
            ).map { try $0["it"] }
        }
        #expect(before == [nil, nil, 1])
        await #expect(throws: AccessRefusal.self) {
            try await set(RetentionClass(name: "c", daysAfterClose: 1), by: small.reviewer)
        }
        for (name, days) in [("", 1), ("A", 1), ("1a", 1), ("a", -1), ("a", 36_501)] {
            #expect(throws: BadInput.self) { try RetentionClass(name: name, daysAfterClose: days) }
        }
        await #expect(throws: NotFound.self) {
            try await SetProjectRetention(market: small.market)(
                of: small.project, from: small.requester, to: "none", by: small.manager)
        }
    }
}
