internal import Formats
internal import Foundation
internal import Hummingbird
internal import Marketplace
internal import Store

/// Cases about answers, for operators; a worker's own record.
struct QualityRoutes {
    private static let bodyBytesMax = 32 << 10
    let market: Market

    func add(to router: some RouterMethods<BasicRequestContext>) {
        let routes = router.group("v1")
        routes.get("quality/cases", use: cases)
        routes.get("quality/cases/:id", use: one)
        routes.post("quality/cases/:id/dismiss", use: dismiss)
        routes.post("quality/cases/:id/uphold", use: uphold)
        routes.get("record", use: record)
        routes.get("record/signed", use: signedRecord)
    }

    /// What the judged work of whoever asks comes to.
    @Sendable func record(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        return Response(json: try await ShowQualityRecord(market: market)(of: Worker.ID(worker.uuid), by: worker).json)
    }

    /// The same, signed, to show elsewhere.
    @Sendable func signedRecord(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        return Response(
            json: try await ShowQualityRecord(market: market).signed(of: Worker.ID(worker.uuid), by: worker))
    }

    /// `?state=<state>&after=<case>&limit=<1…200>`: the oldest first.
    @Sendable func cases(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let actor = try await market.authenticate(request)
        let limit = try request.pageLimit()
        let query = request.uri.queryParameters
        guard let state = QualityCaseState(rawValue: query["state"].map(String.init) ?? "open") else {
            let states = QualityCaseState.allCases.map(\.rawValue).joined(separator: ", ")
            throw BadInput("state", "must be one of \(states)")
        }
        let after: QualityCase.ID? = try request.identifier("after")
        let found = try await ListQualityCases(market: market)(in: state, after: after, limit: limit, by: actor)
        let next = found.count == limit ? found.last.map { JSON.string("\($0.id)") } : nil
        return Response(json: ["items": .array(found.map(\.json)), "next": next ?? .null])
    }

    /// With its newest evidence.
    @Sendable func one(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let actor = try await market.authenticate(request)
        let found = try await ListQualityCases(market: market).one(
            try context.identifier("id", of: "case"), by: actor)
        return Response(json: found.case.json(with: found.evidence))
    }

    /// `{"reasons"}`. 200.
    @Sendable func dismiss(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let actor = try await market.authenticate(request)
        let id: QualityCase.ID = try context.identifier("id", of: "case")
        let body = try await JSONRequest(request, bytesMax: Self.bodyBytesMax)
        let reasons = try body.string("reasons")
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: actor, route: "dismiss:\(id)", fingerprint: body.fingerprint,
                answer: { Reply(status: 200, body: ["state": "dismissed"]) },
                perform: { try await DecideQualityCase(market: $0).dismiss(id, reasons: reasons, by: actor) }))
    }

    /// `{"reasons", "exclude"?}`: whom to exclude from the requester's work, by their ids. 200.
    @Sendable func uphold(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let actor = try await market.authenticate(request)
        let id: QualityCase.ID = try context.identifier("id", of: "case")
        let body = try await JSONRequest(request, bytesMax: Self.bodyBytesMax)
        let (reasons, excluding) = (try body.string("reasons"), try body.workers("exclude"))
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: actor, route: "uphold:\(id)", fingerprint: body.fingerprint,
                answer: { Reply(status: 200, body: ["state": "upheld"]) },
                perform: {
                    try await DecideQualityCase(market: $0).uphold(
                        id, reasons: reasons, excluding: excluding, by: actor)
                }))
    }
}

extension JSONRequest {
    /// Ids of workers, each once; none where the member is missing.
    fileprivate func workers(_ field: String) throws -> Set<Worker.ID> {
        guard let value = body[field] else { return [] }
        guard let elements = value.arrayValue, elements.count <= QualityCase.workersMax else {
            throw BadInput(field, "must be an array of at most \(QualityCase.workersMax) UUIDs")
        }
        return try Set(
            elements.map { element in
                guard let id = element.stringValue.flatMap(Worker.ID.init) else {
                    throw BadInput(field, "must be an array of at most \(QualityCase.workersMax) UUIDs")
                }
                return id
            })
    }
}
