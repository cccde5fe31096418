internal import Formats
internal import Foundation
internal import Hummingbird
internal import Marketplace

/// What workers do in auctions: look, bid, take what they have won. No answer holds anybody else's amount.
///
/// A bid takes no Idempotency-Key: the newest version counts, so that sending it again changes nothing; and what is
/// stored under such a key would let the amount be guessed.
struct BidRoutes {
    private static let bytesMax = 4 << 10
    let market: Market

    func add(to router: some RouterMethods<BasicRequestContext>) {
        let routes = router.group("v1")
        routes.get("auctions", use: auctions)
        routes.get("auctions/:requester/:auction", use: auction)
        routes.post("auctions/:requester/:auction/bid", use: place)
        routes.delete("auctions/:requester/:auction/bid", use: withdraw)
        routes.get("auctions/:requester/:auction/bid", use: own)
        routes.get("bids", use: bids)
        routes.get("awards", use: awards)
        routes.post("awards/:requester/:award/accept", use: accept)
        routes.post("awards/:requester/:award/decline", use: decline)
    }

    /// `?after=<auction>&limit=<1…200>`: auctions that take bids, of batches whose requirement the worker meets.
    @Sendable func auctions(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let limit = try request.pageLimit()
        let found = try await ListAuctions(market: market).open(
            after: try request.identifier("after"), limit: limit, to: worker)
        let next = found.count == limit ? found.last.map { JSON.string("\($0.id)") } : nil
        return Response(json: ["items": .array(found.map(\.json)), "next": next ?? .null])
    }

    @Sendable func auction(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let actor = try await market.authenticate(request)
        return Response(json: try await ListAuctions(market: market).one(try context.auction(), by: actor).json)
    }

    /// `{"amount_minor", "quantity"?, "earliest"?}`, the day as `yyyy-MM-dd`. 200 with the commitment.
    @Sendable func place(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let key = try context.auction()
        let body = try await JSONRequest(request, bytesMax: Self.bytesMax)
        var earliest: CalendarDate?
        if body.body["earliest"] != nil {
            earliest = CalendarDate(iso: try body.string("earliest"))
            guard earliest != nil else { throw BadInput("earliest", "must be yyyy-MM-dd") }
        }
        let quantity = body.body["quantity"] == nil ? 1 : Int(clamping: try body.integer("quantity"))
        let draft = BidDraft(amountMinor: try body.integer("amount_minor"), quantity: quantity, earliest: earliest)
        return Response(json: try await PlaceBid(market: market)(draft, in: key, by: worker).json)
    }

    @Sendable func withdraw(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        return Response(json: try await WithdrawBid(market: market)(from: try context.auction(), by: worker).json)
    }

    /// The own bid, and after the close what other bids of the same worker would have earned.
    @Sendable func own(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let (bid, table) = try await MyBids(market: market).one(in: try context.auction(), by: worker)
        return Response(json: ["bid": bid.json, "alternatives": .array(table.map(\.json))])
    }

    /// `?before=<bid>&limit=<1…200>`: the worker's own bids, the newest first.
    @Sendable func bids(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let limit = try request.pageLimit()
        let found = try await MyBids(market: market)(before: try request.identifier("before"), limit: limit, by: worker)
        let next = found.count == limit ? found.last.map { JSON.string("\($0.bid.id)") } : nil
        return Response(json: ["items": .array(found.map(\.json)), "next": next ?? .null])
    }

    /// `?before=<award>&limit=<1…200>`: the worker's own awards, the newest first.
    @Sendable func awards(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let limit = try request.pageLimit()
        let found = try await MyAwards(market: market)(
            before: try request.identifier("before"), limit: limit, by: worker)
        let next = found.count == limit ? found.last.map { JSON.string("\($0.id)") } : nil
        return Response(json: ["items": .array(found.map(\.json)), "next": next ?? .null])
    }

    /// 200 with the leases that were taken at once; said again it is refused as answered, which is harmless.
    @Sendable func accept(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let (leases, until) = try await AcceptAward(market: market)(try context.award(), by: worker)
        return Response(json: [
            "assignments": .array(leases.map(\.json)), "reserved_until": .string(until.internetText),
        ])
    }

    @Sendable func decline(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        try await DeclineAward(market: market)(try context.award(), by: worker)
        return Response(json: ["state": "declined"])
    }
}

extension RequestContext {
    fileprivate func auction() throws -> Auction.Key {
        Auction.Key(
            requester: try identifier("requester", of: "auction"), id: try identifier("auction", of: "auction"))
    }

    fileprivate func award() throws -> Award.Key {
        Award.Key(requester: try identifier("requester", of: "award"), id: try identifier("award", of: "award"))
    }
}
