import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes for bidders", .scratchDatabase)
struct BidRoutesTests {
    /// An auction for one task between 5.00 and 50.00 USD.
    private func auction(_ small: SmallMarket) async throws -> Auction.Key {
        let batch = try await small.batchForBids()
        let id = try await OpenAuction(market: small.market)(
            of: Batch.Key(requester: small.requester, id: batch),
            on: AuctionTerms(closesAt: Scratch.clock.now() + 600), by: small.manager)
        return Auction.Key(requester: small.requester, id: id)
    }

    @Test("a worker finds an auction, bids, changes the bid, takes it back, and wins; no answer holds another's amount")
    func path() async throws {
        let small = try await SmallMarket()
        var issued: [String] = []
        for key in ["ann", "ben", "cem"] {
            let worker = try await small.worker(key)
            issued.append(
                try await IssueToken(market: small.market)(
                    for: Principal.ID(worker.uuid), lifetime: 3_600, by: small.manager
                ).secret)
        }
        let tokens = issued
        let key = try await auction(small)
        let path = "/v1/auctions/\(key.requester)/\(key.id)"
        try await LiveServer.run(small.market) { server in
            let open = try await server.send("GET", "/v1/auctions", token: tokens[0])
            #expect(open.body["items"]?[0]?["auction"] == .string("\(key.id)"))
            #expect(open.body["items"]?[0]?["seed"]?.isNull == true)
            let bids: [Int64] = [1_717, 1_818, 1_919]
            for (token, amount) in zip(tokens, bids) {
                let body: JSON = ["amount_minor": .integer(amount), "quantity": 1]
                let placed = try await server.send("POST", "\(path)/bid", token: token, json: body)
                #expect(placed.status == 200 && placed.body["commitment"]?.stringValue?.count == 64)
            }
            let bad: JSON = ["amount_minor": 4_999_999]
            let refused = try await server.send("POST", "\(path)/bid", token: tokens[0], json: bad)
            #expect(refused.status == 422 && refused.body["code"] == "bid_out_of_band")
            #expect(!"\(refused.body)".contains("4999999"))
            for (token, amount) in zip(tokens, bids) {
                let mine = try await server.send("GET", "/v1/bids", token: token)
                #expect(mine.body["items"]?[0]?["amount_minor"] == .integer(amount))
                let shown = try await server.send("GET", path, token: token)
                for other in bids where other != amount {
                    #expect(!"\(mine.body)\(shown.body)".contains("\(other)"))
                }
            }
            let withdrawn = try await server.send("DELETE", "\(path)/bid", token: tokens[0])
            #expect(withdrawn.status == 200 && withdrawn.body["version"] == 2)
            let twice = try await server.send("DELETE", "\(path)/bid", token: tokens[0])
            #expect(twice.status == 409 && twice.body["code"] == "no_bid")
            let again: JSON = ["amount_minor": 1_616]
            #expect(try await server.send("POST", "\(path)/bid", token: tokens[0], json: again).status == 200)
            Scratch.clock.advance(by: 600)
            while try await CloseAuctions(market: small.market)(by: small.manager).hasMore {}
            let late = try await server.send("POST", "\(path)/bid", token: tokens[0], json: again)
            #expect(late.status == 409 && late.body["code"] == "auction_closed")
            let own = try await server.send("GET", "\(path)/bid", token: tokens[0])
            #expect(own.body["bid"]?["outcome"]?["total_minor"] == 1_818)
            #expect(own.body["alternatives"]?.arrayValue?.count == 21)
            #expect(own.body["bid"]?["currency"] == "USD" && own.body["alternatives"]?[0]?["currency"] == "USD")
            let awards = try await server.send("GET", "/v1/awards", token: tokens[0])
            let award = try #require(awards.body["items"]?[0]?["award"]?.stringValue)
            let accept = "/v1/awards/\(key.requester)/\(award)/accept"
            #expect(try await server.send("POST", accept, token: tokens[1]).status == 404)
            let accepted = try await server.send("POST", accept, token: tokens[0])
            #expect(accepted.status == 200 && accepted.body["assignments"]?.arrayValue?.count == 1)
            #expect(try await server.send("POST", accept, token: tokens[0]).status == 409)
            #expect(try await server.send("GET", "/v1/bids").status == 401)
        }
    }
}

extension SmallMarket {
    /// A batch of one task between 5.00 and 50.00 USD that is given out by auctions.
    func batchForBids() async throws -> Batch.ID {
        Scratch.clock.advance(by: 1)
        let line: JSON = [
            "profession": "lawyer", "tier": "expert", "task_kind": "extraction", "unit": "task", "currency": "USD",
            "amount_minor": 2_000, "least_minor": 500, "most_minor": 5_000,
        ]
        let card = try await DraftRateCard(market: market)(["name": "Band", "rates": [line]], by: maker)
        try await ApproveRateCard(market: market)(card.version, contentHash: card.contentHash, by: checker)
        try await PublishRateCard(market: market)(card.version, by: maker)
        let batch = try await self.batch(draft("b", door: .bid, requirement: .all([])), tasks: 1)
        // What is kept of who meets the requirement comes a minute later.
        Scratch.clock.advance(by: 61)
        while try await SweepEligibility(market: market)() > 0 {}
        return batch
    }
}
