import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Screens of cleared auctions", .scratchDatabase)
struct ScreenBidsTests {
    @Test(
        "put equal bids of linked accounts into the people's queue once, whoever looks how often; nobody is barred")
    func linkedAndIdentical() async throws {
        let house = try await AuctionHouse()
        let small = house.small
        var workers: [Worker.ID] = []
        for name in ["a", "b", "c"] { workers.append(try await small.worker(name)) }
        let pair = Array(workers.prefix(2)).sorted()
        try await Scratch.asOwner {
            try await $0.execute(
                """
                insert into duplicate_case (duplicate_case_id, worker_id, other_worker_id, ground, state, opened_at)
                values (gen_random_uuid(), \(pair[0]), \(pair[1]), 'payout_account', 'open', \(Scratch.start))
                """)
        }
        let screen = ScreenBids(market: house.market)
        #expect(try await screen(by: small.manager).cells == 0)
        for number in 0..<6 {
            let auction = try await house.open(house.batch("b\(number)", tasks: 1))
            let amount = Int64(1_000 + 37 * number)
            try await house.bid(workers[0], amount, in: auction)
            try await house.bid(workers[1], amount, in: auction)
            try await house.bid(workers[2], amount + 20, in: auction)
            try await house.close(auction)
        }
        // Two schedulers at once: one of them takes the cell.
        async let one = screen(most: 1, by: small.manager)
        async let other = screen(most: 1, by: small.manager)
        let outcomes = try await [one, other]
        #expect(outcomes.map(\.cells).sorted() == [0, 1] && outcomes.map(\.opened).sorted() == [0, 2])
        #expect(outcomes.allSatisfy { $0.hasMore == ($0.cells == 1) })
        #expect(try await screen(by: small.manager).cells == 0)
        Scratch.clock.advance(by: ScreenBids.usualPeriod)
        let next = try await screen(by: small.manager)
        #expect(next.cells == 1 && next.opened == 0 && !next.hasMore)
        let whole = try await screen(every: 0, by: small.manager)
        #expect(whole.cells == 1 && whole.opened == 0)
        let list = ListFindings(market: house.market)
        let found = try await list(by: small.manager)
        #expect(Set(found.map(\.kind)) == [.identicalBids, .linkedAccounts])
        for finding in found {
            #expect(finding.workers == pair && finding.auctions.count == 6 && finding.cell.profession == .lawyer)
            let name = finding.kind == .identicalBids ? "identical" : "auctions_together"
            #expect(finding.evidence[name]?.integerValue == 6 && finding.evidence["currency"] == "USD")
        }
        let linked = try #require(found.first { $0.kind == .linkedAccounts })
        #expect(linked.scoreMilli == 6_000)
        #expect(linked.evidence["grounds"]?.arrayValue?.first?["is_known"] == false)
        // A bidder does not decide, though it is not about them.
        let bidder = workers[2]
        try await Scratch.asOwner {
            try await $0.execute(
                """
                insert into role_grant (role_grant_id, principal_id, role, granted_by, in_force)
                values (gen_random_uuid(), \(bidder), 'operator', \(small.manager),
                        tstzrange(\(Scratch.start), null))
                """)
        }
        #expect(
            await refusal(FindingRefusal.self) {
                try await DecideFinding(market: house.market)(
                    linked.id, .dismiss, reasons: "No.", by: Principal.ID(workers[2].uuid))
            } == .deciderIsConcerned)
        await #expect(throws: AccessRefusal.self) { try await screen(by: Principal.ID(workers[0].uuid)) }
        #expect(try await small.count("select count(*) as n from exclusion") == 0)
        #expect(try await small.ills() == [])
    }
}
