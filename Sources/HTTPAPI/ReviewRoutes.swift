internal import Formats
internal import Foundation
internal import Hummingbird
internal import Marketplace
internal import Store

/// What reviewers do: what waits, one of it, their verdict, or back to its worker; and the worker's other version.
struct ReviewRoutes {
    private static let bodyBytesMax = 512 << 10
    private static let answerBytesMax = 2 << 20
    let market: Market

    func add(to router: some RouterMethods<BasicRequestContext>) {
        let routes = router.group("v1")
        routes.get("reviews/:requester/:batch", use: queue)
        routes.get("reviews/:requester/:batch/:assignment", use: submission)
        routes.post("reviews/:requester/:batch/:assignment", use: judge)
        routes.post("reviews/:requester/:batch/:assignment/back", use: sendBack)
        routes.get("reworks", use: reworks)
        routes.post("assignments/:id/revision", use: revise)
    }

    /// `?after=<assignment>&limit=<1…200>`: what waits in a batch for this reviewer, without who wrote it.
    @Sendable func queue(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let actor = try await market.authenticate(request)
        let limit = try request.pageLimit()
        let items = try await ReviewQueue(market: market)(
            of: try context.identifier("batch", of: "batch"),
            from: try context.identifier("requester", of: "requester"), after: try request.identifier("after"),
            limit: limit, by: actor)
        let next = items.count == limit ? items.last.map { JSON.string("\($0.assignment)") } : nil
        return Response(json: ["items": .array(items.map(\.blind)), "next": next ?? .null])
    }

    /// With its task and answer; from then on the reviewer cannot take the task.
    @Sendable func submission(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let actor = try await market.authenticate(request)
        let found = try await ReadSubmission(market: market)(
            try context.identifier("assignment", of: "assignment"),
            of: try context.identifier("requester", of: "requester"), by: actor)
        var json = found.item.blind.objectValue ?? [:]
        json["payload"] = found.payload
        json["answer"] = found.answer
        return Response(json: .object(json))
    }

    /// `{"verdict"?, "share_bps"?, "fields"?, "scores"?, "rule"?, "reasons"?}`: the verdict accepted, accepted_in_part
    /// (with its share) or rejected; without one it follows from the fields. 200 with the stage and what was earned.
    @Sendable func judge(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let actor = try await market.authenticate(request)
        let id: Assignment.ID = try context.identifier("assignment", of: "assignment")
        let requester: Requester.ID = try context.identifier("requester", of: "requester")
        let body = try await JSONRequest(request, bytesMax: Self.bodyBytesMax)
        let (said, sheet) = (try body.judgement(), try ReviewSheet(body.body))
        let reasons = body.body["reasons"] == nil ? "" : try body.string("reasons")
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: actor, route: "review:\(id)", fingerprint: body.fingerprint,
                answer: { Reply(status: 200, body: $0.json) },
                perform: {
                    try await ReviewSubmission(market: $0)(
                        id, of: requester, said, sheet: sheet, reasons: reasons, by: actor)
                }))
    }

    /// `{"reasons", "fields"?}`. 200 with until when another version may come.
    @Sendable func sendBack(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let actor = try await market.authenticate(request)
        let id: Assignment.ID = try context.identifier("assignment", of: "assignment")
        let requester: Requester.ID = try context.identifier("requester", of: "requester")
        let body = try await JSONRequest(request, bytesMax: Self.bodyBytesMax)
        let (sheet, reasons) = (try ReviewSheet(body.body), try body.string("reasons"))
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: actor, route: "back:\(id)", fingerprint: body.fingerprint,
                answer: { Reply(status: 200, body: ["answer_until": .string($0.internetText)]) },
                perform: {
                    try await SendBack(market: $0)(id, of: requester, sheet: sheet, reasons: reasons, by: actor)
                }))
    }

    /// `?after=<assignment>&limit=<1…200>`: what was sent back to the worker and waits for another version.
    @Sendable func reworks(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let limit = try request.pageLimit()
        let items = try await MyReworks(market: market)(
            after: try request.identifier("after"), limit: limit, by: worker)
        let next = items.count == limit ? items.last.map { JSON.string("\($0.assignment)") } : nil
        return Response(json: ["items": .array(items.map(\.json)), "next": next ?? .null])
    }

    /// `{"answer", "active_seconds"}`: another version of what was sent back. 200 with what was taken.
    @Sendable func revise(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let id: Assignment.ID = try context.identifier("id", of: "assignment")
        let body = try await JSONRequest(request, bytesMax: Self.answerBytesMax)
        guard let answer = body.body["answer"] else { throw BadInput("answer", "is missing") }
        let active = Int(clamping: try body.integer("active_seconds"))
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: worker, route: "revision:\(id)", fingerprint: body.fingerprint,
                answer: { Reply(status: 200, body: $0.json) },
                perform: { try await HandInAgain(market: $0)(answer, for: id, activeSeconds: active, by: worker) }))
    }
}

extension JSONRequest {
    fileprivate func judgement() throws -> Judgement? {
        guard body["verdict"] != nil else { return nil }
        switch Verdict(rawValue: try string("verdict")) {
        case .accepted: return .accepted
        case .acceptedInPart: return .acceptedInPart(basisPoints: Int(clamping: try integer("share_bps")))
        case .rejected: return .rejected
        case nil: throw BadInput("verdict", "must be accepted, accepted_in_part or rejected")
        }
    }
}

extension ReviewItem {
    /// Without its worker.
    fileprivate var blind: JSON {
        [
            "assignment": .string("\(assignment)"), "batch": .string("\(batch)"), "task": .string("\(task)"),
            "external_key": .string(externalKey), "guideline_version": .integer(Int64(guidelineVersion)),
            "submitted_at": .string(submittedAt.internetText),
        ]
    }
}

extension Review {
    fileprivate var json: JSON {
        [
            "stage": .string(stage.rawValue), "earned_minor": .integer(earned?.minorUnits ?? 0),
            "decision": decision.map { .string("\($0)") } ?? .null,
        ]
    }
}

extension OpenRework {
    fileprivate var json: JSON {
        [
            "assignment": .string("\(assignment)"), "requester": .string("\(requester)"),
            "round": .integer(Int64(round)), "reasons": .string(reasons), "sheet": sheet,
            "sent_at": .string(sentAt.internetText), "answer_until": .string(answerUntil.internetText),
        ]
    }
}
