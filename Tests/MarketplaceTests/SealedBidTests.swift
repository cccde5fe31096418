import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// Amounts that are like nothing else in a database, searched for in everything that can be read.
@Suite("Sealed bids", .scratchDatabase)
struct SealedBidTests {
    private static let amounts: [Int64] = [3_719, 4_273, 4_877, 2_939]

    /// The band is around big numbers, so that a bid is found if it is anywhere.
    private struct House {
        let house: AuctionHouse
        let auction: Auction.Key
        let workers: [Worker.ID]
        let amounts: [Int64]
    }

    private func sealed() async throws -> House {
        let house = try await AuctionHouse(SmallMarket(wallet: 100_000_000_000_000))
        let line: JSON = [
            "profession": "lawyer", "tier": "expert", "task_kind": "extraction", "unit": "task", "currency": "USD",
            "amount_minor": 2_000, "least_minor": 500, "most_minor": 900_000_000_000,
        ]
        Scratch.clock.advance(by: 1)
        let small = house.small
        let draft = try await DraftRateCard(market: small.market)(["name": "Wide", "rates": [line]], by: small.maker)
        try await ApproveRateCard(market: small.market)(
            draft.version, contentHash: draft.contentHash, by: small.checker)
        try await PublishRateCard(market: small.market)(draft.version, by: small.maker)
        let batch = try await small.batch(
            small.draft("b", door: .bid, requirement: .all([]), budget: 10_000_000_000_000), tasks: 3)
        let auction = try await house.open(batch) { $0.qualityValueMinor = 7 }
        let workers = try await house.workers(4)
        let amounts = Self.amounts.map { 715_000_000_000 + $0 * 1_000_003 }
        for (worker, amount) in zip(workers, amounts) { try await house.bid(worker, amount, in: auction) }
        // One changed: neither what it was nor what it is may show.
        try await house.bid(workers[3], amounts[3], 2, in: auction)
        return House(house: house, auction: auction, workers: workers, amounts: amounts)
    }

    private func dump() throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try PostgresBinaries.locate().program("pg_dump"))
        process.arguments = ["--dbname", Scratch.here.connectionString]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self)
    }

    @Test("are in no dump of the database before the close, in no form; after it those that counted are")
    func dumped() async throws {
        let sealed = try await sealed()
        let before = try dump()
        #expect(before.contains("bid_version"))
        #expect(BidAmounts.found(in: before, sealed.amounts) == [])
        try await sealed.house.close(sealed.auction)
        // The search finds what is there.
        #expect(Set(BidAmounts.found(in: try dump(), sealed.amounts)).isSuperset(of: sealed.amounts.map { String($0) }))
    }

    @Test("all look alike, whatever the amount")
    func alike() async throws {
        let sealed = try await sealed()
        let small = sealed.house.small
        #expect(
            try await small.count("select count(distinct octet_length(sealed)) as n from bid_version") == 1)
        let first = try await sealed.house.bid(sealed.workers[0], 1_000, in: sealed.auction)
        try await sealed.house.bid(sealed.workers[0], 1_001, in: sealed.auction)
        let second = try await sealed.house.bid(sealed.workers[0], 1_000, in: sealed.auction)
        #expect(first.commitment != second.commitment)
    }

    @Test("cannot be opened in another place, another version or another auction")
    func bound() async throws {
        let sealed = try await sealed()
        // What one bidder bid in the place of what another did.
        try await Scratch.asOwner {
            _ = try await $0.execute(
                """
                update bid_version set sealed = other.sealed
                  from bid_version as other
                 where other.bid_id <> bid_version.bid_id and other.version = bid_version.version
                """)
        }
        await #expect(throws: VaultRefusal.unreadable) { try await sealed.house.close(sealed.auction) }
    }

    @Test("are read by nobody but their bidder: in no reading of any role, no event, no notice, no error")
    func readings() async throws {
        let sealed = try await sealed()
        let (house, small) = (sealed.house, sealed.house.small)
        var actors = [small.manager, small.second, small.maker, small.checker, small.reviewer]
        let person = CreatePrincipal(market: small.market)
        for role in Role.allCases {
            let requester = role == .requester ? small.requester : nil
            if let actor = try? await person(
                .person, named: "Role \(role.rawValue)", roles: [role], for: requester, by: small.manager)
            {
                actors.append(actor)
            }
        }
        let stranger = try await small.worker("stranger")
        actors.append(Principal.ID(stranger.uuid))
        var read = ""
        for actor in actors { read += await everything(sealed, as: actor) }
        // Bidders see their own, and nobody else's.
        for (place, worker) in sealed.workers.enumerated() {
            let own = await everything(sealed, as: Principal.ID(worker.uuid))
            #expect(own.contains(String(sealed.amounts[place])))
            let others = sealed.amounts.enumerated().filter { $0.offset != place }.map(\.element)
            #expect(BidAmounts.found(in: own, others) == [])
        }
        let told = try await small.market.database.read {
            try await $0.rows("select facts::text as it from audit_event union all select facts::text from notice")
        }
        for row in told { read += try row["it"] }
        read += "\(BidRefusal.outOfBand(floor: 1, ceiling: 2))"
        #expect(BidAmounts.found(in: read, sealed.amounts) == [])
        #expect(read.contains("\(sealed.auction.id)"))
        _ = house
    }

    /// What somebody can read or is told, errors too.
    private func everything(_ sealed: House, as actor: Principal.ID) async -> String {
        let market = sealed.house.market
        let (key, requester) = (sealed.auction, sealed.auction.requester)
        var text = ""
        func add(_ body: () async throws -> Any) async {
            var told: String
            do {
                let found: Any = try await body()
                told = String(reflecting: found)
            } catch {
                told = String(reflecting: error)
            }
            told += "\n"
            text += told
        }
        let batches = try? await ListAuctions(market: market)(of: requester, by: sealed.house.small.manager)
        let batch = batches?.first?.batch
        await add { try await ListAuctions(market: market)(of: requester, by: actor).map(\.json) }
        await add { try await ListAuctions(market: market).one(key, by: actor) }
        await add { try await ListAuctions(market: market).open(to: actor) }
        await add { try await MyBids(market: market)(by: actor).map(\.json) }
        await add { try await MyBids(market: market).one(in: key, by: actor) }
        await add { try await MyAwards(market: market)(by: actor) }
        await add { try await ReportAuction(market: market)(key, by: actor) }
        await add { try await VerifyAuction(market: market)(key, by: actor) }
        await add { try await ExplainAuction(market: market)(key, by: actor) }
        await add { try await Doctor(market: market)() }
        await add { try await WithdrawBid(market: market)(from: key, by: sealed.house.small.reviewer) }
        await add {
            try await DeclineAward(market: market)(Award.Key(requester: requester, id: .init(UUID.zero)), by: actor)
        }
        await add {
            try await PlaceBid(market: market)(
                BidDraft(amountMinor: 899_999_999_999, quantity: 9_999), in: key, by: actor)
        }
        if let batch {
            await add { try await ListBatches(market: market).one(batch, of: requester, by: actor) }
            await add {
                try await ListAllotments(market: market)(of: Batch.Key(requester: requester, id: batch), by: actor)
            }
            await add { try await ClaimTask(market: market)(from: (requester, batch), by: actor) }
        }
        await add { try await WhyNoWork(market: market)(for: sealed.workers[0], by: actor).json }
        await add { try await ListNotices(market: market)(by: actor) }
        return text
    }
}

extension UUID {
    fileprivate static var zero: UUID { UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)) }
}
