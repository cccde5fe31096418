internal import Formats
internal import Foundation
internal import Hummingbird
internal import Marketplace

/// What workers do: take work, hand it in, look at what they have.
struct WorkRoutes {
    private static let claimBytesMax = 16 << 10
    private static let answerBytesMax = 1 << 20
    let market: Market

    func add(to router: some RouterMethods<BasicRequestContext>) {
        let routes = router.group("v1")
        routes.post("claims", use: claim)
        routes.get("work", use: work)
        routes.get("work/why", use: why)
        routes.get("work/:id", use: task)
        routes.get("suggestion-report", use: suggestionReport)
        routes.get("batches", use: batches)
        routes.get("batches/:requester/:batch/eligibility", use: eligibility)
        routes.post("assignments/:id/submission", use: submit)
        routes.post("assignments/:id/heartbeat", use: heartbeat)
        routes.post("assignments/:id/return", use: giveBack)
        routes.put("assignments/:id/draft", use: saveDraft)
        routes.get("assignments/:id/draft", use: readDraft)
    }

    /// `{"requester_id"?, "batch_id"?, "count"?}`: the first two both or neither. 201 with the assignment; with a count
    /// `{"assignments"}`, at least one and at most that many.
    @Sendable func claim(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let body = try await JSONRequest(request, bytesMax: Self.claimBytesMax)
        let requester: Requester.ID? = try body.identifier("requester_id")
        let batch: Batch.ID? = try body.identifier("batch_id")
        guard (requester == nil) == (batch == nil) else {
            throw BadInput("batch_id", "must come together with requester_id")
        }
        let wanted = requester.flatMap { requester in batch.map { (requester: requester, id: $0) } }
        if body.body["count"] != nil {
            let count = Int(clamping: try body.integer("count"))
            return Response(
                try await market.once(
                    try request.idempotencyKey(), by: worker, route: "claims", fingerprint: body.fingerprint,
                    answer: { Reply(status: 201, body: ["assignments": .array($0.map(\.json))]) },
                    perform: { try await ClaimTask(market: $0).several(count, from: wanted, by: worker) }
                )
            )
        }
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: worker, route: "claims", fingerprint: body.fingerprint,
                answer: { Reply(status: 201, body: $0.json) },
                perform: { try await ClaimTask(market: $0)(from: wanted, by: worker) }
            )
        )
    }

    /// `{"lease_token", "answer", "active_seconds"?}`. 200 with what was taken.
    @Sendable func submit(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let id: Assignment.ID = try context.identifier("id", of: "assignment")
        let body = try await JSONRequest(request, bytesMax: Self.answerBytesMax)
        let token = try body.integer("lease_token")
        guard let answer = body.body["answer"] else { throw BadInput("answer", "is missing") }
        let active = body.body["active_seconds"] == nil ? nil : Int(clamping: try body.integer("active_seconds"))
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: worker, route: "submission:\(id)", fingerprint: body.fingerprint,
                answer: { Reply(status: 200, body: $0.json) },
                perform: {
                    try await SubmitAnswer(market: $0)(
                        answer, for: id, token: token, activeSeconds: active, by: worker
                    )
                }
            )
        )
    }

    /// `?before=<assignment>&limit=<1…200>`: newest first; `next` is the `before` of the next page.
    @Sendable func work(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let limit = try request.pageLimit()
        let before: Assignment.ID? = try request.identifier("before")
        let items = try await MyWork(market: market)(before: before, limit: limit, by: worker)
        let next = items.count == limit ? items.last.map { JSON.string("\($0.assignment.id)") } : nil
        return Response(json: ["items": .array(items.map(\.json)), "next": next ?? .null])
    }

    /// `?after=<source>&after_version=<version>&limit=<1…200>`: the worker's own answers against what models suggested,
    /// a line for each source and version; `next` is where the next page begins, as those two.
    @Sendable func suggestionReport(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let (me, limit) = (Worker.ID(worker.uuid), try request.pageLimit())
        let query = request.uri.queryParameters
        let (source, version) = (query["after"].map(String.init), query["after_version"].map(String.init))
        guard (source == nil) == (version == nil) else {
            throw BadInput("after_version", "must come together with after")
        }
        let last = source.flatMap { source in version.map { (worker: me, source: source, version: $0) } }
        let lines = try await SuggestionReport(market: market)(of: me, after: last, limit: limit, by: worker)
        let next: JSON? =
            lines.count == limit
            ? lines.last.map { ["after": .string($0.source), "after_version": .string($0.version)] } : nil
        return Response(json: ["items": .array(lines.map(\.json)), "next": next ?? .null])
    }

    /// What is to be done under a live lease; each reading is on record.
    @Sendable func task(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let task = try await ReadTask(market: market)(try context.identifier("id", of: "assignment"), by: worker)
        return Response(json: task.json)
    }

    /// `?after=<requester>/<batch>&limit=<1…100>`: open batches that the worker could take work of, in the order of
    /// being given out; `next` is the `after` of the next page.
    @Sendable func batches(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let limit = try request.pageLimit()
        guard (1...ListEligibleBatches.pageMax).contains(limit) else {
            throw BadInput("limit", "must be 1 to \(ListEligibleBatches.pageMax)")
        }
        let page = try await ListEligibleBatches(market: market)(
            for: Worker.ID(worker.uuid), after: try request.lastBatch(), limit: limit, by: worker
        )
        let next = page.count == limit ? page.last.map { JSON.string("\($0.requester)/\($0.id)") } : nil
        return Response(json: ["items": .array(page.map(\.json)), "next": next ?? .null])
    }

    /// `?after=<requester>/<batch>&limit=<1…100>`: why there is no work for the worker. On the first page how many
    /// open batches fall to which rule; then each with what would unlock it.
    @Sendable func why(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        return Response(
            json: try await WhyNoWork(market: market)(
                for: Worker.ID(worker.uuid), after: try request.lastBatch(), limit: try request.pageLimit(), by: worker
            ).json)
    }

    /// Whether the worker could take work of a batch now; if not, what bars them first.
    @Sendable func eligibility(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let requester: Requester.ID = try context.identifier("requester", of: "batch")
        let batch: Batch.ID = try context.identifier("batch", of: "batch")
        return Response(
            json: try await WhyNotEligible(market: market)(
                Worker.ID(worker.uuid), from: (requester, batch), by: worker
            ).json)
    }

    /// `{"lease_token", "seconds"?}`. 200 with the new end of the lease.
    @Sendable func heartbeat(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let id: Assignment.ID = try context.identifier("id", of: "assignment")
        let body = try await JSONRequest(request, bytesMax: Self.claimBytesMax)
        let seconds = body.body["seconds"] == nil ? nil : Int(clamping: try body.integer("seconds"))
        let token = try body.integer("lease_token")
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: worker, route: "heartbeat:\(id)", fingerprint: body.fingerprint,
                answer: { Reply(status: 200, body: ["lease_until": .string($0.internetText)]) },
                perform: { try await Heartbeat(market: $0)(id, token: token, seconds: seconds, by: worker) }
            )
        )
    }

    /// `{"lease_token", "reason", "note"?}`. 200.
    @Sendable func giveBack(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let id: Assignment.ID = try context.identifier("id", of: "assignment")
        let body = try await JSONRequest(request, bytesMax: Self.claimBytesMax)
        guard let reason = ReturnReason(rawValue: try body.string("reason")) else {
            throw BadInput("reason", "must be one of \(ReturnReason.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let token = try body.integer("lease_token")
        let note = body.body["note"] == nil ? "" : try body.string("note")
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: worker, route: "return:\(id)", fingerprint: body.fingerprint,
                answer: { Reply(status: 200, body: ["state": .string($0.rawValue)]) },
                perform: { try await ReturnTask(market: $0)(id, token: token, reason, note: note, by: worker) }
            )
        )
    }

    /// `{"lease_token", "answer"}`: an unfinished answer, as it is. 200.
    @Sendable func saveDraft(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let id: Assignment.ID = try context.identifier("id", of: "assignment")
        let body = try await JSONRequest(request, bytesMax: Self.answerBytesMax)
        guard let answer = body.body["answer"] else { throw BadInput("answer", "is missing") }
        let token = try body.integer("lease_token")
        return Response(
            try await market.once(
                try request.idempotencyKey(), by: worker, route: "draft:\(id)", fingerprint: body.fingerprint,
                answer: { Reply(status: 200, body: ["saved_at": .string($0.internetText)]) },
                perform: { try await SaveDraft(market: $0)(answer, for: id, token: token, by: worker) }
            )
        )
    }

    /// What was saved, or came too late; also when the lease is over.
    @Sendable func readDraft(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let draft = try await ReadDraft(market: market)(try context.identifier("id", of: "assignment"), by: worker)
        return Response(json: [
            "answer": draft.answer, "is_late": .bool(draft.isLate), "saved_at": .string(draft.savedAt.internetText),
        ])
    }
}

extension Request {
    /// The last batch of the page before, `?after=<requester>/<batch>`.
    fileprivate func lastBatch() throws(BadInput) -> (requester: Requester.ID, id: Batch.ID)? {
        guard let text = uri.queryParameters["after"] else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let requester = Requester.ID(parts[0]), let batch = Batch.ID(parts[1]) else {
            throw BadInput("after", "must be two UUIDs, REQUESTER/BATCH")
        }
        return (requester, batch)
    }
}
