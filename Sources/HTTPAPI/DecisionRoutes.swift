internal import Formats
internal import Foundation
internal import Hummingbird
internal import Marketplace
internal import Store

/// Decisions about a worker and their appeals; the register of appeals for operators; numbers for everybody.
struct DecisionRoutes {
    private static let bodyBytesMax = 32 << 10
    let market: Market

    func add(to router: some RouterMethods<BasicRequestContext>) {
        let routes = router.group("v1")
        routes.get("decisions", use: decisions)
        routes.post("decisions/:id/appeal", use: appeal)
        routes.get("appeals", use: appeals)
        routes.post("appeals/:id/withdraw", use: withdraw)
        routes.post("appeals/:id/answer", use: answer)
        routes.get("decision-statistics", use: statistics)
    }

    /// `?before=<decision>&limit=<1…200>`: what was decided about whoever asks, newest first, with its appeal.
    @Sendable func decisions(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let limit = try request.pageLimit()
        let before: Decision.ID? = try request.identifier("before")
        let found = try await ListDecisions(market: market)(
            about: Worker.ID(worker.uuid), before: before, limit: limit, by: worker)
        let next = found.count == limit ? found.last.map { JSON.string("\($0.id)") } : nil
        return Response(json: ["items": .array(found.map(\.json)), "next": next ?? .null])
    }

    /// `{"statement"}`. 201; the same statement again is the same appeal.
    @Sendable func appeal(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let id: Decision.ID = try context.identifier("id", of: "decision")
        let body = try await JSONRequest(request, bytesMax: Self.bodyBytesMax)
        let statement = try body.string("statement")
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: worker, route: "appeal:\(id)", fingerprint: body.fingerprint,
                answer: { Reply(status: 201, body: $0.json) },
                perform: { try await FileAppeal(market: $0)(id, statement: statement, by: worker) }))
    }

    /// `?state=<state>&after=<appeal>&limit=<1…200>`: for operators; the open ones, what is overdue first.
    @Sendable func appeals(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let actor = try await market.authenticate(request)
        let limit = try request.pageLimit()
        let query = request.uri.queryParameters
        guard let state = AppealState(rawValue: query["state"].map(String.init) ?? "open") else {
            throw BadInput("state", "must be one of \(AppealState.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let after: Appeal.ID? = try request.identifier("after")
        let found = try await ListAppeals(market: market)(in: state, after: after, limit: limit, by: actor)
        let next = found.count == limit ? found.last.map { JSON.string("\($0.id)") } : nil
        return Response(json: ["items": .array(found.map(\.json)), "next": next ?? .null])
    }

    /// `{}`. 200.
    @Sendable func withdraw(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let id: Appeal.ID = try context.identifier("id", of: "appeal")
        let body = try await JSONRequest(request, bytesMax: Self.bodyBytesMax)
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: worker, route: "withdraw:\(id)", fingerprint: body.fingerprint,
                answer: { Reply(status: 200, body: ["state": "withdrawn"]) },
                perform: { try await WithdrawAppeal(market: $0)(id, by: worker) }))
    }

    /// `{"verdict", "answer"}`: upheld or overturned. 200 with the remedy.
    @Sendable func answer(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let actor = try await market.authenticate(request)
        let id: Appeal.ID = try context.identifier("id", of: "appeal")
        let body = try await JSONRequest(request, bytesMax: Self.bodyBytesMax)
        let (verdict, text) = (try body.string("verdict"), try body.string("answer"))
        guard ["upheld", "overturned"].contains(verdict) else {
            throw BadInput("verdict", "must be upheld or overturned")
        }
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: actor, route: "answer:\(id)", fingerprint: body.fingerprint,
                answer: { Reply(status: 200, body: ["state": .string(verdict), "remedy": $0 ?? .null]) },
                perform: {
                    try await AnswerAppeal(market: $0)(
                        id, isOverturned: verdict == "overturned", answer: text, by: actor)
                }))
    }

    /// How many decisions and appeals there were of each kind, and how they ended; no token is needed.
    @Sendable func statistics(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let found = try await DecisionStatistics(market: market)()
        return Response(json: ["items": .array(found.map(\.json))])
    }
}
