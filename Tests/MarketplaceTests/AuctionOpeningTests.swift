import Formats
import Foundation
import Marketplace
import Matching
import Store
import TestSupport
import Testing

@Suite("The opening of auctions", .scratchDatabase)
struct AuctionOpeningTests {
    @Test("holds the widest ceiling for every slot, and gives back what awards do not need")
    func hold() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 1)
        #expect(try await house.small.hold(batch) == 5_500)
        let workers = try await house.workers(3)
        let auction = try await house.open(batch)
        for (worker, amount) in zip(workers, [600, 700, 800] as [Int64]) {
            try await house.bid(worker, amount, in: auction)
        }
        try await house.close(auction)
        let award = try #require(try await house.awards(workers[0]).first)
        let lease = try #require(try await house.accept(award).first)
        try await house.small.submit(lease)
        try await house.small.review(lease)
        let before = try await house.small.balance(.wallet(of: house.small.requester, house.small.usd))
        _ = try await house.small.end()
        let after = try await house.small.balance(.wallet(of: house.small.requester, house.small.usd))
        #expect(after - before == 5_500 - 770)
    }

    @Test("keeps to the floor of the band, or the pay floor's where that is higher")
    func floor() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 1, minutes: 20)
        #expect(try await house.shown(house.open(batch)).floorMinor == 500)
        // 45.01 an hour is 15.0033 for 20 minutes.
        _ = try await SetPayFloor(market: house.market)(
            PayFloor(hourly: Money(4_501, house.small.usd), medianOf: 2, reason: "Test"), by: house.small.checker)
        let later = try await house.batch("later", tasks: 1, minutes: 20)
        #expect(try await house.shown(house.open(later)).floorMinor == 1_501)
    }

    @Test("is refused for the first reason that holds")
    func refusals() async throws {
        let house = try await AuctionHouse()
        let small = house.small
        func refused(_ batch: Batch.ID, _ change: (inout AuctionTerms) -> Void = { _ in }) async -> AuctionRefusal? {
            await refusal(AuctionRefusal.self) { try await house.open(batch, change) }
        }
        let claimed = try await small.batch(small.draft("claimed"), tasks: 1)
        #expect(await refused(claimed) == .otherDoor(.claim))
        let draft = try await small.batch(small.draft("draft", door: .bid), tasks: 1, publish: false)
        #expect(await refused(draft) == .batchNotOpen(.draft))
        let adaptive = try await small.batch(
            small.draft(
                "adaptive", door: .bid, redundancy: 2,
                adaptive: AdaptiveRedundancy(most: 3, agreementBasisPoints: 5_000)), tasks: 1)
        #expect(await refused(adaptive) == .notAlike)
        let batch = try await house.batch("b", tasks: 1)
        #expect(await refused(batch) { $0.ceilingMinor = 499 } == .noRoom(floor: 500, ceiling: 499))
        _ = try await house.open(batch)
        #expect(await refused(batch) == .running)
        let gone = try await house.batch("gone", tasks: 1)
        _ = try await WithdrawTasks(market: small.market).all(of: gone, from: small.requester, by: small.manager)
        #expect(await refused(gone) == .nothingLeft)
        let worker = try await small.worker("w")
        await #expect(throws: AccessRefusal.self) {
            try await OpenAuction(market: small.market)(
                of: Batch.Key(requester: small.requester, id: batch),
                on: AuctionTerms(closesAt: Scratch.clock.now() + 60), by: Principal.ID(worker.uuid))
        }
    }

    @Test(
        "names the first field that is out of bounds",
        arguments: [
            "snipe_seconds", "extension_seconds", "extension_most_seconds", "acceptance_seconds", "reserved_seconds",
            "step_bps", "quality_baseline_bps", "quality_default_bps", "widen_bps", "rounds", "quality_value_minor",
            "reserve_score_minor", "budget_minor", "closes_at", "ceiling_minor",
        ])
    func badInput(field: String) async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 1)
        let refused = await refusal(BadInput.self) {
            try await house.open(batch) { terms in
                switch field {
                case "snipe_seconds": terms.snipeSeconds = -1
                case "extension_seconds": terms.extensionSeconds = 86_401
                case "extension_most_seconds": terms.extensionMostSeconds = -1
                case "acceptance_seconds": terms.acceptanceSeconds = 59
                case "reserved_seconds": terms.reservedSeconds = 59
                case "step_bps": terms.stepBasisPoints = 0
                case "quality_baseline_bps": terms.baselineBasisPoints = 10_001
                case "quality_default_bps": terms.defaultBasisPoints = -1
                case "widen_bps": terms.widenBasisPoints = -1
                case "rounds": terms.rounds = 21
                case "quality_value_minor": terms.qualityValueMinor = .max
                case "reserve_score_minor": terms.reserveScoreMinor = .min
                case "budget_minor": terms.lane = .clock
                case "closes_at": terms.closesAt = .distantFuture
                case "ceiling_minor": terms.ceilingMinor = 5_001
                default: Issue.record("no such field: \(field)")
                }
            }
        }
        #expect(refused?.field == field)
    }

    @Test("needs keys, and its key is forgotten when the bids are open")
    func keys() async throws {
        let house = try await AuctionHouse()
        let batch = try await house.batch("b", tasks: 1)
        let keyless = Marketplace.Market(database: Scratch.database, identifiers: Scratch.here.identifiers)
        await #expect(throws: ContentRefusal.keysMissing) {
            try await OpenAuction(market: keyless)(
                of: Batch.Key(requester: house.small.requester, id: batch),
                on: AuctionTerms(closesAt: Scratch.clock.now() + 60), by: house.small.manager)
        }
        let auction = try await house.open(batch)
        for worker in try await house.workers(3) { try await house.bid(worker, 1_000, in: auction) }
        let wrapped: SQL = "select count(*) as n from auction where wrapped is not null"
        #expect(try await house.small.count(wrapped) == 1)
        try await house.close(auction)
        #expect(try await house.small.count(wrapped) == 0)
    }

    @Test("of bids before the close is not for an operator who has bid")
    func earlyBidder() async throws {
        let house = try await AuctionHouse()
        let small = house.small
        let auction = try await house.open(house.batch("b", tasks: 1))
        let workers = try await house.workers(3)
        for worker in workers { try await house.bid(worker, 1_000, in: auction) }
        let bidder = Principal.ID(workers[0].uuid)
        try await Scratch.asOwner {
            try await $0.execute(
                """
                insert into role_grant (role_grant_id, principal_id, role, granted_by, in_force)
                values (gen_random_uuid(), \(bidder), 'operator', \(small.manager),
                        tstzrange(\(Scratch.start), null))
                """)
        }
        let early = OpenBidsEarly(market: small.market)
        func refused(_ body: () async throws -> Void) async -> EarlyOpeningRefusal? {
            await refusal(EarlyOpeningRefusal.self) { try await body() }
        }
        #expect(await refused { try await early.propose(auction, reasons: "Now.", by: bidder) } == .isBidder)
        try await early.propose(auction, reasons: "Now.", by: small.manager)
        #expect(await refused { try await early.confirm(auction, by: bidder) } == .isBidder)
        try await early.confirm(auction, by: small.second)
    }

    @Test("of bids before the close takes two people")
    func early() async throws {
        let house = try await AuctionHouse()
        let small = house.small
        let auction = try await house.open(house.batch("b", tasks: 1))
        for worker in try await house.workers(3) { try await house.bid(worker, 1_000, in: auction) }
        let early = OpenBidsEarly(market: small.market)
        func refused(_ body: () async throws -> Void) async -> EarlyOpeningRefusal? {
            await refusal(EarlyOpeningRefusal.self) { try await body() }
        }
        let system = try await small.market.systemPrincipal()
        #expect(await refused { try await early.propose(auction, reasons: "Now.", by: system) } == .noPerson)
        #expect(await refused { try await early.confirm(auction, by: small.second) } == .notProposed)
        try await early.propose(auction, reasons: "The requester needs it today.", by: small.manager)
        #expect(
            await refused { try await early.propose(auction, reasons: "Too.", by: small.second) } == .alreadyProposed)
        #expect(await refused { try await early.confirm(auction, by: small.manager) } == .sameOperator)
        await #expect(throws: AccessRefusal.self) { try await early.confirm(auction, by: small.reviewer) }
        #expect(try await house.shown(auction).state == .open)
        try await early.confirm(auction, by: small.second)
        #expect(try await house.shown(auction).state == .closed)
        #expect(await refused { try await early.confirm(auction, by: small.second) } == .closed)
        try await house.finish()
        #expect(try await house.shown(auction).state == .awarded)
        #expect(try await small.ills() == [])
    }
}
