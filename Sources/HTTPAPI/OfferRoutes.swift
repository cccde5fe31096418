internal import Formats
internal import Hummingbird
internal import Marketplace

/// What workers do with work that is offered to them.
struct OfferRoutes {
    private static let bodyBytesMax = 16 << 10
    let market: Market

    func add(to router: some RouterMethods<BasicRequestContext>) {
        let routes = router.group("v1")
        routes.get("offers", use: offers)
        routes.post("offers/:id/accept", use: accept)
        routes.post("offers/:id/decline", use: decline)
    }

    /// `?before=<offer>&limit=<1…200>`: newest first; `next` is the `before` of the next page.
    @Sendable func offers(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let limit = try request.pageLimit()
        let before: Offer.ID? = try request.identifier("before")
        let items = try await ListOffers(market: market)(
            of: Worker.ID(worker.uuid), before: before, limit: limit, by: worker
        )
        let next = items.count == limit ? items.last.map { JSON.string("\($0.id)") } : nil
        return Response(json: ["items": .array(items.map(\.json)), "next": next ?? .null])
    }

    /// `{}`. 201 with the assignment, leased.
    @Sendable func accept(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let id: Offer.ID = try context.identifier("id", of: "offer")
        let body = try await JSONRequest(request, bytesMax: Self.bodyBytesMax)
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: worker, route: "accept:\(id)", fingerprint: body.fingerprint,
                answer: { Reply(status: 201, body: $0.json) },
                perform: { try await AcceptOffer(market: $0)(id, by: worker) }
            )
        )
    }

    /// `{"reason": …}`: optional, one of ``DeclineReason``. 200.
    @Sendable func decline(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let id: Offer.ID = try context.identifier("id", of: "offer")
        let body = try await JSONRequest(request, bytesMax: Self.bodyBytesMax)
        let reason = try Self.reason(body.body["reason"])
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: worker, route: "decline:\(id)", fingerprint: body.fingerprint,
                answer: { Reply(status: 200, body: ["state": .string($0.rawValue)]) },
                perform: { try await DeclineOffer(market: $0)(id, because: reason, by: worker) }
            )
        )
    }

    private static func reason(_ json: JSON?) throws -> DeclineReason? {
        guard let json, json != .null else { return nil }
        guard let reason = json.stringValue.flatMap(DeclineReason.init) else {
            throw BadInput(
                "reason", "must be one of \(DeclineReason.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return reason
    }
}
