internal import Formats
internal import Foundation
internal import Hummingbird
internal import Marketplace

/// What workers, and publishers of a requester, do with direct offers. Whoever names a requester acts for it
/// (`?requester=<id>`), everybody else for themself as a worker.
struct DirectOfferRoutes {
    private static let bodyBytesMax = 16 << 10
    let market: Market

    func add(to router: some RouterMethods<BasicRequestContext>) {
        let routes = router.group("v1")
        routes.get("direct-offers", use: offers)
        routes.get("direct-offers/:id", use: offer)
        routes.post("direct-offers/:id/accept", use: accept)
        routes.post("direct-offers/:id/decline", use: decline)
        routes.post("direct-offers/:id/withdraw", use: withdraw)
        routes.post("direct-offers/:id/counter", use: counter)
        routes.post("direct-offers/:id/take", use: take)
    }

    /// `?batch=<id>&before=<offer>&limit=<1…200>`: newest first; the batch for a requester only.
    @Sendable func offers(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let actor = try await market.authenticate(request)
        let limit = try request.pageLimit()
        let found = try await ListDirectOffers(market: market)(
            for: try request.party(), in: try request.identifier("batch"), before: try request.identifier("before"),
            limit: limit, by: actor)
        let next = found.count == limit ? found.last.map { JSON.string("\($0.id)") } : nil
        return Response(json: ["items": .array(found.map(\.json)), "next": next ?? .null])
    }

    /// One with all its turns.
    @Sendable func offer(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let actor = try await market.authenticate(request)
        let id: DirectOffer.ID = try context.identifier("id", of: "direct offer")
        return Response(
            json: try await ListDirectOffers(market: market).one(id, for: try request.party(), by: actor).json)
    }

    /// `{}`. 200 with what a worker has leased by it.
    @Sendable func accept(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        try await answer(
            request, context, "accept", reply: { Reply(status: 200, body: Self.leased($0)) },
            perform: { try await AcceptDirectOffer(market: $0)($1.id, for: $1.party, by: $1.actor) })
    }

    /// `{}`. 200.
    @Sendable func decline(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        try await answer(
            request, context, "decline", reply: { Reply(status: 200, body: ["state": "declined"]) },
            perform: { try await DeclineDirectOffer(market: $0)($1.id, for: $1.party, by: $1.actor) })
    }

    /// `{}`. 200.
    @Sendable func withdraw(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        try await answer(
            request, context, "withdraw", reply: { Reply(status: 200, body: ["state": "withdrawn"]) },
            perform: { try await WithdrawDirectOffer(market: $0)($1.id, for: $1.party, by: $1.actor) })
    }

    /// `{"amount_minor", "currency", "quantity", "answer_by", "deadline", "conditions"?}`, the times as RFC 3339. 200.
    @Sendable func counter(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        try await answer(
            request, context, "counter", reply: { Reply(status: 200, body: ["state": "open"]) },
            perform: {
                try await CounterDirectOffer(market: $0)(
                    $1.id, with: try $1.body.directTerms(), for: $1.party, by: $1.actor)
            })
    }

    /// `{"count"?}`: tasks of an offer that was agreed. 201 with the leases.
    @Sendable func take(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        try await answer(
            request, context, "take", reply: { Reply(status: 201, body: Self.leased($0)) },
            perform: { market, said in
                let count =
                    said.body.body["count"] == nil
                    ? DirectTerms.quantityMax : Int(clamping: try said.body.integer("count"))
                return try await TakeAgreedWork(market: market)(said.id, most: count, by: said.actor)
            })
    }

    private static func leased(_ taken: [Assignment]) -> JSON { ["assignments": .array(taken.map(\.json))] }

    /// What somebody says of an offer, and for whom.
    private struct Said: Sendable {
        let id: DirectOffer.ID
        let party: BargainingParty
        let body: JSONRequest
        let actor: Principal.ID
    }

    /// Does a thing once for an Idempotency-Key.
    private func answer<Result: Sendable>(
        _ request: Request, _ context: BasicRequestContext, _ name: String,
        reply: @escaping @Sendable (Result) -> Reply, perform: @Sendable (Market, Said) async throws -> Result
    ) async throws -> Response {
        let actor = try await market.authenticate(request)
        let said = Said(
            id: try context.identifier("id", of: "direct offer"), party: try request.party(),
            body: try await JSONRequest(request, bytesMax: Self.bodyBytesMax), actor: actor)
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: said.actor, route: "direct-\(name):\(said.id):\(said.party)",
                fingerprint: said.body.fingerprint, answer: reply, perform: { try await perform($0, said) }
            )
        )
    }
}

extension Request {
    fileprivate func party() throws -> BargainingParty {
        let requester: Requester.ID? = try identifier("requester")
        return requester.map(BargainingParty.requester) ?? .worker
    }
}

extension JSONRequest {
    fileprivate func directTerms() throws -> DirectTerms {
        guard let currency = Currency(try string("currency")) else {
            throw BadInput("currency", "must be an ISO 4217 code")
        }
        return try DirectTerms(
            pay: try Money(try integer("amount_minor"), currency), quantity: Int(clamping: try integer("quantity")),
            answerBy: try instant("answer_by"), deadline: try instant("deadline"),
            conditions: body["conditions"] == nil ? "" : try string("conditions"))
    }

    private func instant(_ field: String) throws -> Date {
        guard let instant = try? Date(try string(field), strategy: .iso8601) else {
            throw BadInput(field, "must be a time such as 2026-12-01T12:00:00Z")
        }
        return instant
    }
}
