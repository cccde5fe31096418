import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Audit", .scratchDatabase)
struct AuditTests {
    /// Five events in the platform's stream and one in a worker's.
    private func sealedMarket() async throws -> Market {
        let crew = try await Crew()
        for name in ["b", "c", "d", "e"] { _ = try await crew.person(name) }
        _ = try await RegisterWorker(market: crew.market)(.sample(), by: crew.chief)
        _ = try await SealAudit(market: crew.market)()
        return crew.market
    }

    /// As somebody who may do anything, foreign keys included.
    private func tamper(_ body: @Sendable (Transaction) async throws -> Void) async throws {
        try await Scratch.asOwner { transaction in
            try await transaction.execute("set local session_replication_role = 'replica'")
            try await body(transaction)
        }
    }

    private func event(at position: Int, in stream: String = "platform") async throws -> AuditEvent.ID {
        try await Scratch.database.read { transaction in
            try await transaction.oneRow(
                """
                select event_id from audit_seal where stream = \(stream) and position = \(position)
                """)["event_id"]
        }
    }

    @Test("events wait in line until they are sealed, each stream into a chain of its own that verifies")
    func seals() async throws {
        let market = try await sealedMarket()
        let report = try await VerifyAudit(market: market)()
        #expect(report == AuditReport(streams: 2, links: 6, events: 6, faults: []))
        #expect(try await SealAudit(market: market)() == 0)
    }

    @Test("a batch seals no more than its limit, and the rest next time")
    func bounded() async throws {
        let crew = try await Crew()
        for name in ["b", "c", "d"] { _ = try await crew.person(name) }
        let seal = SealAudit(market: crew.market)
        #expect(try await [seal(limit: 3), seal(limit: 3), seal(limit: 3)] == [3, 1, 0])
        #expect(try await VerifyAudit(market: crew.market)(page: 1).faults == [])
    }

    @Test("an event that was not sealed yet is no fault")
    func unsealed() async throws {
        let crew = try await Crew()
        let report = try await VerifyAudit(market: crew.market)()
        #expect(report == AuditReport(streams: 0, links: 0, events: 1, faults: []))
    }

    @Test("a fact that was changed is found at its link")
    func flippedFact() async throws {
        let market = try await sealedMarket()
        let event = try await event(at: 2)
        try await tamper { transaction in
            try await transaction.execute(
                """
                update audit_event set facts = '{"roles": ["operator"]}' where event_id = \(event)
                """)
        }
        let faults = try await VerifyAudit(market: market)().faults
        #expect(faults == [AuditFault(kind: .hashDiffers, stream: "platform", position: 2, event: event)])
    }

    @Test(
        "every column of an event is sealed",
        arguments: [
            "occurred_at", "actor_id", "action", "subject", "subject_id",
        ])
    func columns(name: String) async throws {
        let market = try await sealedMarket()
        let event = try await event(at: 1, in: try await workerStream())
        try await tamper { transaction in
            let assignment: SQL =
                switch name {
                case "action": "action = 'x'"
                case "subject": "subject = 'x'"
                case "actor_id": "actor_id = subject_id"
                case "subject_id": "subject_id = event_id"
                default: "occurred_at = occurred_at + interval '1 microsecond'"
                }
            try await transaction.execute(
                """
                update audit_event set \(fragment: assignment) where event_id = \(event)
                """)
        }
        #expect(try await VerifyAudit(market: market)().faults.map(\.kind) == [.hashDiffers])
    }

    private func workerStream() async throws -> String {
        try await Scratch.database.read {
            try await $0.oneRow("select stream from audit_stream where stream like 'worker:%'")["stream"]
        }
    }

    @Test("an event that was deleted is found at its link")
    func deletedEvent() async throws {
        let market = try await sealedMarket()
        let event = try await event(at: 3)
        try await tamper { try await $0.execute("delete from audit_event where event_id = \(event)") }
        let faults = try await VerifyAudit(market: market)().faults
        #expect(faults == [AuditFault(kind: .eventMissing, stream: "platform", position: 3, event: event)])
    }

    @Test("a link that was deleted is found at its position, and its event as never sealed")
    func deletedLink() async throws {
        let market = try await sealedMarket()
        let (event, next) = (try await event(at: 3), try await event(at: 4))
        try await tamper { try await $0.execute("delete from audit_seal where event_id = \(event)") }
        let faults = try await VerifyAudit(market: market)().faults
        #expect(
            faults == [
                AuditFault(kind: .linkMissing, stream: "platform", position: 3, event: next),
                AuditFault(kind: .neverSealed, stream: "platform", position: nil, event: event),
            ])
    }

    @Test("a chain that lost its end with all traces in the log is found by its head")
    func deletedTail() async throws {
        let market = try await sealedMarket()
        let (event, last) = (try await event(at: 5), try await event(at: 4))
        try await tamper { transaction in
            try await transaction.execute("delete from audit_seal where event_id = \(event)")
            try await transaction.execute("delete from audit_event where event_id = \(event)")
        }
        let faults = try await VerifyAudit(market: market)().faults
        #expect(faults == [AuditFault(kind: .headDiffers, stream: "platform", position: 4, event: last)])
    }

    @Test("a chain that was deleted but for its head is found")
    func deletedChain() async throws {
        let market = try await sealedMarket()
        try await tamper { transaction in
            try await transaction.execute("delete from audit_event where stream = 'platform'")
            try await transaction.execute("delete from audit_seal where stream = 'platform'")
        }
        let faults = try await VerifyAudit(market: market)().faults
        #expect(faults == [AuditFault(kind: .headDiffers, stream: "platform", position: 5, event: nil)])
    }

    @Test("two links that changed places are found at the first")
    func reordered() async throws {
        let market = try await sealedMarket()
        let (first, second) = (try await event(at: 2), try await event(at: 3))
        try await tamper { transaction in
            try await transaction.execute("update audit_seal set position = 99 where event_id = \(first)")
            try await transaction.execute("update audit_seal set position = 2 where event_id = \(second)")
            try await transaction.execute("update audit_seal set position = 3 where event_id = \(first)")
        }
        let faults = try await VerifyAudit(market: market)().faults
        #expect(faults == [AuditFault(kind: .hashDiffers, stream: "platform", position: 2, event: second)])
    }

    @Test("an event moved to another stream is found")
    func misplaced() async throws {
        let market = try await sealedMarket()
        let event = try await event(at: 2)
        let stream = try await workerStream()
        try await tamper { try await $0.execute("update audit_event set stream = \(stream) where event_id = \(event)") }
        let faults = try await VerifyAudit(market: market)().faults
        #expect(faults == [AuditFault(kind: .eventMisplaced, stream: "platform", position: 2, event: event)])
    }

    @Test("an event that was rewritten with its own link is found at the next one")
    func rewrittenLink() async throws {
        let market = try await sealedMarket()
        let next = try await event(at: 3)
        try await tamper { transaction in
            let links = try await transaction.links(after: "platform", 0, limit: 2)
            let (first, second) = (try #require(links.first), try #require(links.last))
            try await transaction.execute("update audit_event set action = 'x' where event_id = \(second.eventID)")
            let rewritten = try #require(try await transaction.links(after: "platform", 1, limit: 1).first?.record)
            let hash = rewritten.hash(after: first.hash, at: 2)
            try await transaction.execute("update audit_seal set hash = \(hash) where event_id = \(second.eventID)")
        }
        let faults = try await VerifyAudit(market: market)().faults
        #expect(faults == [AuditFault(kind: .hashDiffers, stream: "platform", position: 3, event: next)])
    }

    /// Changes the last event and seals it anew, as the sealer would.
    private func rewriteTail(withHead: Bool) async throws {
        let event = try await event(at: 5)
        try await tamper { transaction in
            try await transaction.execute("update audit_event set action = 'nothing' where event_id = \(event)")
            try await transaction.execute("delete from audit_seal where event_id = \(event)")
            try await transaction.execute("insert into audit_unsealed values (\(event), 'platform')")
            try await transaction.execute(
                """
                update audit_stream
                   set length = 4, head = (select hash from audit_seal where stream = 'platform' and position = 4)
                 where stream = 'platform'
                """)
        }
        let head: Bytes = try await Scratch.database.read {
            try await $0.oneRow("select head from audit_stream where stream = 'platform'")["head"]
        }
        _ = try await SealAudit(market: Scratch.market)()
        if !withHead {
            try await tamper { transaction in
                try await transaction.execute("update audit_stream set head = \(head) where stream = 'platform'")
            }
        }
    }

    @Test("a rewritten end is found by the head of the stream")
    func rewrittenTail() async throws {
        let market = try await sealedMarket()
        try await rewriteTail(withHead: false)
        let faults = try await VerifyAudit(market: market)().faults
        let event = try await event(at: 5)
        #expect(faults == [AuditFault(kind: .headDiffers, stream: "platform", position: 5, event: event)])
    }

    @Test("a rewritten end with its head is found by an anchor kept outside, and only by it")
    func rewrittenHead() async throws {
        let market = try await sealedMarket()
        let anchor = try #require(try await market.database.read { try await $0.auditHead(of: .platform) })
        #expect(try await VerifyAudit(market: market)(against: [anchor]).faults == [])
        try await rewriteTail(withHead: true)
        #expect(try await VerifyAudit(market: market)().faults == [])
        let faults = try await VerifyAudit(market: market)(against: [anchor]).faults
        let event = try await event(at: 5)
        #expect(faults == [AuditFault(kind: .anchorDiffers, stream: "platform", position: 5, event: event)])
    }

    @Test("a stream that vanished is found by an anchor")
    func vanished() async throws {
        let market = try await sealedMarket()
        let anchor = try #require(try await market.database.read { try await $0.auditHead(of: .platform) })
        try await tamper { transaction in
            try await transaction.execute("delete from audit_event where stream = 'platform'")
            try await transaction.execute("delete from audit_seal where stream = 'platform'")
            try await transaction.execute("delete from audit_stream where stream = 'platform'")
        }
        #expect(try await VerifyAudit(market: market)(against: [anchor]).faults.map(\.kind) == [.anchorDiffers])
    }

    @Test("an event without a link that waits for none is found")
    func neverSealed() async throws {
        let crew = try await Crew()
        try await tamper { try await $0.execute("delete from audit_unsealed") }
        #expect(try await VerifyAudit(market: crew.market)().faults.map(\.kind) == [.neverSealed])
    }

    @Test("several sealers at once make one chain")
    func concurrentSealers() async throws {
        let crew = try await Crew()
        for name in 0..<60 { _ = try await crew.person("p\(name)") }
        let sealed = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var sum = 0
                    while case let count = try await SealAudit(market: crew.market)(limit: 7), count > 0 {
                        sum += count
                    }
                    return sum
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(sealed == 61)
        let report = try await VerifyAudit(market: crew.market)()
        #expect(report == AuditReport(streams: 1, links: 61, events: 61, faults: []))
    }

    @Test("the program itself cannot change what was recorded", arguments: ["audit_event", "audit_seal"])
    func appendOnly(table: String) async throws {
        let market = try await sealedMarket()
        await #expect(throws: StoreError.self) {
            try await market.database.transaction { transaction in
                switch table {
                case "audit_event": try await transaction.execute("delete from audit_event")
                default: try await transaction.execute("update audit_seal set position = position + 100")
                }
            }
        }
    }
}
