internal import Formats
internal import Foundation
internal import Hummingbird
internal import Marketplace

/// Workers rate requesters, and see how others do.
struct RatingRoutes {
    private static let bodyBytesMax = 4 << 10
    let market: Market

    func add(to router: some RouterMethods<BasicRequestContext>) {
        let routes = router.group("v1")
        routes.post("ratings/:requester/:batch", use: rate)
        routes.get("ratings/:requester", use: score)
    }

    /// `{"clarity", "fairness", "pay_speed"}`, each 1 to 5. 201; the same again is the same rating.
    @Sendable func rate(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let requester: Requester.ID = try context.identifier("requester", of: "requester")
        let batch: Batch.ID = try context.identifier("batch", of: "batch")
        let body = try await JSONRequest(request, bytesMax: Self.bodyBytesMax)
        let rating = try RequesterRating(
            clarity: Int(clamping: try body.integer("clarity")), fairness: Int(clamping: try body.integer("fairness")),
            paySpeed: Int(clamping: try body.integer("pay_speed")))
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: worker, route: "rate:\(batch)", fingerprint: body.fingerprint,
                answer: { Reply(status: 201, body: ["state": "rated"]) },
                perform: { try await RateRequester(market: $0)(rating, of: requester, for: batch, by: worker) }))
    }

    /// `{"score"}`; null while fewer than five workers have rated it.
    @Sendable func score(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let actor = try await market.authenticate(request)
        let requester: Requester.ID = try context.identifier("requester", of: "requester")
        let score = try await ShowRequesterScore(market: market)(of: requester, by: actor)
        return Response(json: ["score": score?.json ?? .null])
    }
}
