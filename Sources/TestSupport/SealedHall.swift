internal import Formats
internal import Foundation
package import Marketplace
internal import Store

/// Amounts that are like nothing else in a database, and the search for them.
package enum BidAmounts {
    /// Four amounts of twelve digits, within the band of ``SealedHall``.
    package static let drawn: [Int64] = [3_719, 4_273, 4_877, 2_939].map { 715_000_000_000 + $0 * 1_000_003 }

    /// Which forms of these amounts a text has in it.
    package static func found(in text: String, _ amounts: [Int64]) -> [String] {
        let lower = text.lowercased()
        return amounts.flatMap(forms).filter { text.contains($0) || lower.contains($0) }
    }

    /// Every form in which an amount could be written: decimal, in whole units, as bytes in either order in hexadecimal
    /// digits and in Base64.
    private static func forms(of amount: Int64) -> [String] {
        let bytes = withUnsafeBytes(of: amount.bigEndian) { Array($0) }
        let little = Array(bytes.reversed())
        let hex = { (bytes: [UInt8]) in bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
        // Base64 depends on where the bytes begin: the middle of each of the three places.
        let base64 = { (bytes: [UInt8]) in
            (0..<3).map { shift in
                let text = Data(Array(repeating: 0, count: shift) + bytes).base64EncodedString()
                return String(text.dropFirst(shift == 0 ? 0 : shift + 1).prefix(9))
            }
        }
        let five = { (bytes: [UInt8]) in Array(bytes.drop { $0 == 0 }) }
        let (whole, part) = (amount / 100, amount % 100)
        return [
            String(amount), "\(whole).\(part < 10 ? "0" : "")\(part)", hex(five(bytes)), hex(five(bytes).reversed()),
        ]
            + base64(bytes) + base64(little)
    }
}

/// A market with an open auction in which four workers have bid ``BidAmounts/drawn``.
package struct SealedHall: Sendable {
    package let small: SmallMarket
    package let batch: Batch.Key
    package let auction: Auction.Key
    package let workers: [Worker.ID]
    package let amounts = BidAmounts.drawn

    /// - Parameters:
    ///   - market: on the running test's database.
    ///   - usesServerClock: whether the market goes by the server's clock, and not by the one that stands still.
    package init(market: Market = Scratch.market, usesServerClock: Bool = false) async throws {
        small = try await SmallMarket(wallet: 100_000_000_000_000, market: market)
        let line: JSON = [
            "profession": "lawyer", "tier": "expert", "task_kind": "extraction", "unit": "task", "currency": "USD",
            "amount_minor": 2_000, "least_minor": 500, "most_minor": 900_000_000_000,
        ]
        Scratch.clock.advance(by: 1)
        let draft = try await DraftRateCard(market: market)(["name": "Wide", "rates": [line]], by: small.maker)
        try await ApproveRateCard(market: market)(draft.version, contentHash: draft.contentHash, by: small.checker)
        try await PublishRateCard(market: market)(draft.version, by: small.maker)
        let id = try await small.batch(
            small.draft("bid for", door: .bid, requirement: .all([]), budget: 10_000_000_000_000), tasks: 3)
        batch = Batch.Key(requester: small.requester, id: id)
        var terms = AuctionTerms(closesAt: try await market.database.read { $0.instant } + 36_000)
        terms.qualityValueMinor = 7
        let opened = try await OpenAuction(market: market)(of: batch, on: terms, by: small.manager)
        auction = Auction.Key(requester: small.requester, id: opened)
        var workers: [Worker.ID] = []
        for number in 0..<4 { workers.append(try await small.worker("bidder\(number)")) }
        self.workers = workers
        if !usesServerClock {
            // What is kept of who meets the requirement comes a minute later.
            Scratch.clock.advance(by: 61)
            while try await SweepEligibility(market: market)() > 0 {}
        }
        for place in workers.indices { try await bid(place) }
        // One changed: neither what it was nor what it is may show.
        try await bid(3, 2)
    }

    @discardableResult
    package func bid(_ place: Int, _ quantity: Int = 1) async throws -> BidReceipt {
        try await PlaceBid(market: small.market)(
            BidDraft(amountMinor: amounts[place], quantity: quantity), in: auction,
            by: Principal.ID(workers[place].uuid))
    }

    /// The amounts of all others; of everybody for who is no bidder.
    package func amounts(but worker: Worker.ID?) -> [Int64] {
        zip(workers, amounts).filter { $0.0 != worker }.map(\.1)
    }

    /// Everybody there is: bidders, a worker who has not bid, and for each role somebody who holds it.
    package func people() async throws -> [(name: String, id: Principal.ID, worker: Worker.ID?)] {
        var people = workers.enumerated().map { place, worker in
            (name: "bidder\(place)", id: Principal.ID(worker.uuid), worker: Worker.ID?.some(worker))
        }
        let stranger = try await small.worker("stranger")
        people.append(("stranger", Principal.ID(stranger.uuid), stranger))
        for (name, id) in [
            ("Operator", small.manager), ("Second", small.second), ("Maker", small.maker), ("Checker", small.checker),
            ("Reviewer", small.reviewer),
        ] {
            people.append((name, id, nil))
        }
        let buyer = try await CreatePrincipal(market: small.market)(
            .person, named: "Buyer", roles: [.requester], for: small.requester, by: small.manager)
        people.append(("Buyer", buyer, nil))
        return people
    }
}
