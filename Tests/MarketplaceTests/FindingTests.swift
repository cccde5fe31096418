import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

extension BargainDesk {
    /// What the batch's work belongs to.
    func cell() async throws -> ScreenCell {
        let requirement: Requirement.ID = try await small.market.database.read {
            try await $0.oneRow("select requirement_id from batch limit 1")["requirement_id"]
        }
        return ScreenCell(requirement: requirement, profession: .lawyer, tier: .expert)
    }
}

@Suite("Findings of screens", .scratchDatabase)
struct FindingTests {
    private let auctions = (0..<3).map { Scratch.here.identifiers.uuid(at: Scratch.start + Double($0)) }

    private func suspicion(
        _ kind: FindingKind = .rotation, in cell: ScreenCell, currency: String = "USD", score: Int64 = 2_500,
        _ workers: Set<Worker.ID>, auctions count: Int = 2
    ) throws -> Suspicion {
        try Suspicion(
            kind, in: cell, try #require(Currency(currency)), scoreMilli: score, workers: workers,
            auctions: Set(auctions.prefix(count)),
            evidence: ["z_milli": .integer(score)])
    }

    @Test("wait for a person once each, with the newest evidence")
    func queue() async throws {
        let desk = try await BargainDesk()
        let other = try await desk.small.lawyer("other")
        let cell = try await desk.cell()
        let report = ReportSuspicions(market: desk.small.market)
        let list = ListFindings(market: desk.small.market)
        let pair: Set = [desk.worker, other]
        #expect(try await report([suspicion(in: cell, pair)], by: desk.small.manager) == 1)
        // They are listed by their ids, which begin with the instant.
        Scratch.clock.advance(by: 1)
        #expect(
            try await report(
                [suspicion(in: cell, pair), suspicion(.identicalBids, in: cell, pair)], by: desk.small.manager) == 1)
        #expect(try await report([suspicion(in: cell, pair)], by: desk.small.manager) == 0)
        #expect(try await report([suspicion(in: cell, score: 3_000, pair, auctions: 3)], by: desk.small.manager) == 0)
        let open = try await list(by: desk.small.manager)
        #expect(open.map(\.kind) == [.rotation, .identicalBids] && open.map(\.state) == [.open, .open])
        #expect(open[0].scoreMilli == 3_000 && open[0].auctions.count == 3 && open[0].evidence["z_milli"] == 3_000)
        #expect(open[0].workers == pair.sorted())
        let page = try await list(after: open[0].id, limit: 1, by: desk.small.manager)
        #expect(page.map(\.id) == [open[1].id])
        #expect(try await list.one(open[1].id, by: desk.small.manager).json["kind"] == "identical_bids")
        await #expect(throws: AccessRefusal.self) { try await list(by: desk.actor) }
        await #expect(throws: NotFound.self) {
            try await list.one(Finding.ID(other.uuid), by: desk.small.manager)
        }
        #expect(try await desk.small.ills() == [])
    }

    @Test("are decided once, with reasons, by an operator whom they are not about; nobody is barred by it")
    func decided() async throws {
        let desk = try await BargainDesk()
        let cell = try await desk.cell()
        let report = ReportSuspicions(market: desk.small.market)
        _ = try await report([suspicion(in: cell, [desk.worker])], by: desk.small.manager)
        let list = ListFindings(market: desk.small.market)
        let id = try #require(try await list(by: desk.small.manager).first).id
        let decide = DecideFinding(market: desk.small.market)
        await #expect(throws: BadInput.self) { try await decide(id, .dismiss, reasons: " ", by: desk.small.manager) }
        await #expect(throws: AccessRefusal.self) { try await decide(id, .dismiss, reasons: "No.", by: desk.actor) }
        try await Scratch.asOwner {
            try await $0.execute(
                """
                insert into role_grant (role_grant_id, principal_id, role, granted_by, in_force)
                values (gen_random_uuid(), \(desk.actor), 'operator', \(desk.small.manager),
                        tstzrange(\(Scratch.start), null))
                """)
        }
        #expect(
            await refusal(FindingRefusal.self) { try await decide(id, .dismiss, reasons: "No.", by: desk.actor) }
                == .deciderIsConcerned)
        try await decide(id, .confirm, reasons: "They say so.", by: desk.small.second)
        #expect(
            await refusal(FindingRefusal.self) {
                try await decide(id, .dismiss, reasons: "No.", by: desk.small.manager)
            } == .decided)
        let found = try await list.one(id, by: desk.small.manager)
        #expect(found.state == .confirmed && found.decidedBy == desk.small.second && found.reasons == "They say so.")
        #expect(try await list(by: desk.small.manager).isEmpty)
        #expect(try await list(in: .confirmed, by: desk.small.manager).map(\.id) == [id])
        #expect(try await desk.small.count("select count(*) as n from decision") == 0)
        #expect(try await desk.small.count("select count(*) as n from exclusion") == 0)
        _ = try await desk.small.claim(desk.worker, desk.batch)
        // The same auctions are no news; another one is.
        #expect(try await report([suspicion(in: cell, [desk.worker])], by: desk.small.manager) == 0)
        #expect(try await list(by: desk.small.manager).isEmpty)
        #expect(try await report([suspicion(in: cell, [desk.worker], auctions: 3)], by: desk.small.manager) == 1)
        #expect(try await desk.small.ills() == [])
    }

    @Test("of two currencies in one cell are two; the step to this release gives old ones the same mark")
    func currencies() async throws {
        let desk = try await BargainDesk()
        let cell = try await desk.cell()
        let report = ReportSuspicions(market: desk.small.market)
        let other = try await desk.small.lawyer("other")
        let pair: Set = [desk.worker, other]
        #expect(
            try await report(
                [suspicion(in: cell, pair), suspicion(in: cell, currency: "EUR", pair)], by: desk.small.manager) == 2)
        #expect(try await report([suspicion(in: cell, currency: "EUR", pair)], by: desk.small.manager) == 0)
        let open = try await ListFindings(market: desk.small.market)(by: desk.small.manager)
        #expect(Set(open.map(\.currency.code)) == ["USD", "EUR"])
        // As migrations/0014 says it.
        let odd = try await desk.small.count(
            """
            select count(*) as n from screen_finding
             where fingerprint <> sha256(convert_to(
                       '{"currency":"' || currency || '","kind":"' || kind || '","profession":"' || profession
                           || '","requirement":"' || requirement_id || '","tier":"' || tier || '","workers":["'
                           || array_to_string(workers, '","') || '"]}', 'UTF8'))
            """)
        #expect(odd == 0)
    }

    @Test("name somebody and some auction, within bounds")
    func bounded() async throws {
        let desk = try await BargainDesk()
        let cell = try await desk.cell()
        #expect(throws: BadInput.self) { try suspicion(in: cell, []) }
        #expect(throws: BadInput.self) { try suspicion(in: cell, [desk.worker], auctions: 0) }
        #expect(throws: BadInput.self) {
            try Suspicion(
                .rotation, in: cell, desk.small.usd, scoreMilli: 1, workers: [desk.worker], auctions: Set(auctions),
                evidence: .string(String(repeating: "x", count: 65_536)))
        }
        let report = ReportSuspicions(market: desk.small.market)
        await #expect(throws: BadInput.self) { try await report([], by: desk.small.manager) }
        await #expect(throws: AccessRefusal.self) {
            try await report([suspicion(in: cell, [desk.worker])], by: desk.actor)
        }
    }
}
