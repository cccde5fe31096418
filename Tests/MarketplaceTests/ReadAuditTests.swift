import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Reading the audit log", .scratchDatabase)
struct ReadAuditTests {
    /// People who are made one after the other, and an auditor.
    private func crew() async throws -> (crew: Crew, auditor: Principal.ID, people: [Principal.ID]) {
        let crew = try await Crew()
        var people: [Principal.ID] = []
        for name in ["b", "c", "d", "e"] {
            Scratch.clock.advance(by: 1)
            people.append(try await crew.person(name, .reviewer))
        }
        Scratch.clock.advance(by: 1)
        return (crew, try await crew.person("aud", .auditor), people)
    }

    private func tamper(_ sql: SQL...) async throws {
        try await Scratch.asOwner { transaction in
            try await transaction.execute("set local session_replication_role = 'replica'")
            for sql in sql { try await transaction.execute(sql) }
        }
    }

    @Test("events come newest first, page by page, for operators and auditors and nobody else")
    func pages() async throws {
        let (crew, auditor, people) = try await crew()
        let list = ListAuditEvents(market: crew.market)
        let first = try await list(limit: 2, by: auditor)
        #expect(first.events.map(\.object) == [auditor.uuid, people[3].uuid])
        #expect(first.events[0].action == "principal_created" && first.events[0].actor == crew.chief)
        #expect(first.events[0].facts == ["roles": ["auditor"]] && first.events[0].position == nil)
        var (last, seen) = (first.next, first.events.map(\.id))
        while let before = last {
            let page = try await list(before: before, limit: 2, by: crew.chief)
            (last, seen) = (page.next, seen + page.events.map(\.id))
        }
        #expect(seen.count == 6 && Set(seen).count == 6 && seen == seen.sorted(by: >))
        #expect(await Crew.refusal { _ = try await list(by: people[0]) } == "role_missing")
        #expect(await Crew.refusal { _ = try await list(limit: 201, by: auditor) } == "bad_input")
    }

    @Test("an object, a kind of thing, an action, an actor and a span of time are asked for, each and together")
    func filters() async throws {
        let (crew, auditor, people) = try await crew()
        Scratch.clock.advance(by: 1)
        let worker = try await crew.worker()
        let list = ListAuditEvents(market: crew.market)
        func found(_ change: (inout AuditFilter) -> Void) async throws -> [AuditLine] {
            var filter = AuditFilter()
            change(&filter)
            let page = try await list(filter, by: auditor)
            return page.events
        }
        #expect(try await found { $0.object = people[1].uuid }.map(\.object) == [people[1].uuid])
        #expect(try await found { $0.subject = "worker" }.allSatisfy { $0.object == worker.uuid })
        #expect(try await found { $0.action = "worker_registered" }.map(\.stream) == ["worker:\(worker)"])
        #expect(try await found { $0.actor = auditor }.isEmpty)
        let start = Scratch.start
        #expect(
            try await found { ($0.from, $0.until) = (start + 2, start + 4) }.map(\.object)
                == [people[2].uuid, people[1].uuid])
        #expect(try await found { ($0.from, $0.object) = (start + 2, people[0].uuid) }.isEmpty)
        #expect(try await found { ($0.until, $0.object) = (start + 2, people[0].uuid) }.count == 1)
    }

    @Test("a page looks at so many events at most, and says where it stopped")
    func bounded() async throws {
        let (crew, auditor, people) = try await crew()
        let list = ListAuditEvents(market: crew.market)
        var filter = AuditFilter()
        filter.object = people[0].uuid
        var (last, found, pages): (AuditEvent.ID?, [AuditLine], Int) = (nil, [], 0)
        repeat {
            let page = try await list(filter, before: last, look: 2, by: auditor)
            (last, found, pages) = (page.next, found + page.events, pages + 1)
        } while last != nil
        #expect(found.map(\.object) == [people[0].uuid] && pages == 4)
    }

    @Test("chains are held against their events part by part, each behind the last link of the one before")
    func parts() async throws {
        let (crew, auditor, people) = try await crew()
        _ = try await crew.worker()
        _ = try await SealAudit(market: crew.market)()
        let verify = VerifyAuditPart(market: crew.market)
        let whole = try await verify.links(by: auditor)
        #expect(whole.checked == 8 && whole.faults.isEmpty && whole.next == nil)
        var (anchors, next, checked): ([AuditAnchor], AuditAnchor?, Int) = ([], nil, 0)
        repeat {
            let part = try await verify.links(behind: next, limit: 1, by: auditor)
            #expect(part.faults == [])
            (next, checked) = (part.next, checked + part.checked)
            if let next { anchors.append(next) }
        } while next != nil
        #expect(checked == 8 && anchors.count == 8)
        #expect(anchors.compactMap { AuditAnchor($0.text) } == anchors)
        #expect(AuditAnchor("platform/0/00") == nil && AuditAnchor("platform/1") == nil)
        let events = try await verify.events(limit: 5, by: auditor)
        #expect(events.checked == 5 && events.faults.isEmpty && events.next != nil)
        #expect(try await verify.events(after: events.next, limit: 5, by: auditor).next == nil)
        #expect(await Crew.refusal { _ = try await verify.links(by: people[0]) } == "role_missing")
        #expect(await Crew.refusal { _ = try await verify.events(by: people[0]) } == "role_missing")
    }

    @Test("what was changed is found in its part, also behind a link that was kept outside")
    func faults() async throws {
        let (crew, auditor, _) = try await crew()
        _ = try await SealAudit(market: crew.market)()
        let verify = VerifyAuditPart(market: crew.market)
        let second = try #require(try await verify.links(limit: 2, by: auditor).next)
        #expect(second.position == 2)
        try await tamper(
            "update audit_event set action = 'x' where event_id = (select event_id from audit_seal where position = 4)")
        let behind = try await verify.links(behind: second, limit: 3, by: auditor)
        #expect(behind.faults.map(\.kind) == [.hashDiffers] && behind.faults.map(\.position) == [4])
        let other = AuditAnchor(stream: "platform", position: 2, hash: Digest(of: "another"))
        let differs = try await verify.links(behind: other, by: auditor)
        #expect(differs.faults.map(\.kind) == [.anchorDiffers] && differs.faults.map(\.position) == [2])
        let gone = AuditAnchor(stream: "platform", position: 99, hash: second.hash)
        #expect(try await verify.links(behind: gone, by: auditor).faults.map(\.kind) == [.anchorDiffers])
    }

    @Test("a chain that is gone but for its head, and an event that was never sealed, are found")
    func lost() async throws {
        let (crew, auditor, _) = try await crew()
        let worker = try await crew.worker()
        _ = try await SealAudit(market: crew.market)()
        let verify = VerifyAuditPart(market: crew.market)
        try await tamper("delete from audit_seal where stream = \("worker:\(worker)")")
        let part = try await verify.links(by: auditor)
        #expect(part.faults.map(\.kind) == [.headDiffers] && part.faults.map(\.stream) == ["worker:\(worker)"])
        let events = try await verify.events(by: auditor)
        #expect(events.faults.count == 2 && events.faults.allSatisfy { $0.kind == .neverSealed })
    }

    @Test("an auditor is nothing else beside")
    func alone() async throws {
        let crew = try await Crew()
        #expect(await Crew.refusal { _ = try await crew.person("both", .auditor, .operator) } == "bad_input")
        let auditor = try await crew.person("aud", .auditor)
        #expect(await Crew.refusal { _ = try await crew.worker(by: auditor) } == "role_missing")
        #expect(try await Doctor(market: crew.market).examine(by: auditor).allSatisfy(\.isClean))
        #expect(try await ListPeople(market: crew.market)(by: auditor).count == 2)
        let agency = try await CreateTeam(market: crew.market)(
            TeamDraft(externalKey: "a", kind: .agency, name: "A", base: "DE"), by: crew.chief)
        let appoint = AppointManager(market: crew.market)
        #expect(await Crew.refusal { try await appoint(auditor, of: agency.id, by: crew.chief) } == "bad_input")
    }
}

extension Crew {
    fileprivate func worker(by actor: Principal.ID) async throws -> Worker.ID {
        try await RegisterWorker(market: market)(.sample("x"), by: actor)
    }
}
