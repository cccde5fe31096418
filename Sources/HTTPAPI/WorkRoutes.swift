internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// What workers do: take work, hand it in, look at what they have.
struct WorkRoutes {
    private static let answerBytesMax = 1 << 20
    let market: Market

    var endpoints: [Endpoint] { taking + holding + looking }

    private var taking: [Endpoint] {
        [
            Endpoint(
                .post, "/v1/claims", "claimTask", "Take work: of a batch, or whatever comes first", .work, for: .worker,
                takes: .json([
                    "requester_id": .id.orNull.optional, "batch_id": .id.orNull.optional,
                    "count": Shape.integer(1...100).described(
                        "How many at most; the answer is then `assignments`, at least one, all of one batch."
                    ).optional,
                ]),
                gives: .created(Shape(["anyOf": [Shape.assignment.json, Shape.assignments.json]])),
                refuses: Code.claim + ["not_found"], by: claim),
            Endpoint(
                .get, "/v1/batches", "listEligibleBatches",
                "Open batches that you could take work of, in the order of being given out", .work, for: .worker,
                query: [.query("after", .pairKey), .limit(Int64(ListEligibleBatches.pageMax))],
                gives: .ok(.page(.eligibleBatch, next: .pairKey)), refuses: ["not_found"], by: batches),
            Endpoint(
                .get, "/v1/batches/{requester}/{batch}/eligibility", "showEligibility",
                "Whether you could take work of a batch now; if not, what bars you first", .work, for: .worker,
                gives: .ok(.eligibility), by: eligibility),
        ]
    }

    private var holding: [Endpoint] {
        let leased: [Code] = ["lease_lost", "already_submitted"]
        return [
            Endpoint(
                .post, "/v1/assignments/{assignment}/submission", "submitAnswer", "Hand an answer in", .work,
                for: .worker,
                takes: .json(
                    [
                        "lease_token": .integer, "answer": .anything,
                        "active_seconds": Shape.integer.described("Counts for the pay floor.").optional,
                    ], bytesMax: Self.answerBytesMax),
                gives: .ok(.submission),
                refuses: ["lease_lost", "other_answer_submitted", "invalid_answer"] + Code.claim,
                by: submit),
            Endpoint(
                .post, "/v1/assignments/{assignment}/heartbeat", "extendLease", "Keep a lease from running out", .work,
                for: .worker, takes: .json(["lease_token": .integer, "seconds": Shape.integer.optional]),
                gives: .ok(["lease_until": .time]), refuses: leased, by: heartbeat),
            Endpoint(
                .post, "/v1/assignments/{assignment}/return", "returnTask", "Give a task back; its slot opens again",
                .work, for: .worker,
                takes: .json([
                    "lease_token": .integer, "reason": .choice(ReturnReason.self), "note": Shape.text.optional,
                ]),
                gives: .ok(["state": .choice(AssignmentState.self)]), refuses: leased, by: giveBack),
            Endpoint(
                .put, "/v1/assignments/{assignment}/draft", "saveDraft", "Keep an unfinished answer", .work,
                for: .worker,
                takes: .json(["lease_token": .integer, "answer": .anything], bytesMax: Self.answerBytesMax),
                gives: .ok(["saved_at": .time]), refuses: leased, by: saveDraft),
            Endpoint(
                .get, "/v1/assignments/{assignment}/draft", "readDraft",
                "What was saved, or came too late; kept for 90 days", .work, for: .worker,
                gives: .ok(.object("Draft", ["answer": .anything, "is_late": .flag, "saved_at": .time])),
                refuses: Code.content, by: readDraft),
        ]
    }

    private var looking: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/work", "listWork", "What you have and had, newest first", .work, for: .oneself,
                query: Parameter.paging, gives: .ok(.page(.workItem)), by: work),
            Endpoint(
                .get, "/v1/work/why", "explainNoWork", "Why there is no work for you, and what would change it", .work,
                for: .worker, query: [.query("after", .pairKey), .limit(100)],
                gives: .ok([
                    "groups": .list(.object(["code": .text, "batches": .count])), "is_cut_off": .flag,
                    "items": .list(.prospect), "next": .pairKey.orNull,
                ]), refuses: ["not_found"], by: why),
            Endpoint(
                .get, "/v1/work/{assignment}", "readTask",
                "What is to be done, while the lease is live; each reading is on record", .work, for: .worker,
                gives: .ok(.taskInHand), refuses: Code.content + ["lease_lost", "already_submitted"], by: task),
            Endpoint(
                .get, "/v1/suggestion-report", "reportSuggestions",
                "How your answers compare with what models suggested", .work, for: .oneself,
                query: [
                    .query("after", Shape.text(1...500).described("A source: `next.after`.")),
                    .query("after_version", .text(1...500)), .limit(),
                ],
                gives: .ok(.page(.suggestionLine, next: .object(["after": .text, "after_version": .text]))),
                by: suggestionReport),
        ]
    }

    /// 201 with the assignment; with a count `{"assignments"}`, at least one and at most that many.
    @Sendable private func claim(_ call: Call) async throws -> Outcome {
        let worker = try call.actor
        let requester: Requester.ID? = try call.member("requester_id")
        let batch: Batch.ID? = try call.member("batch_id")
        guard (requester == nil) == (batch == nil) else {
            throw BadInput("batch_id", "must come together with requester_id")
        }
        let wanted = requester.flatMap { requester in batch.map { (requester: requester, id: $0) } }
        if let count = call.int("count") {
            return try await call.once(201, { ["assignments": .array($0.map(\.json))] }) {
                try await ClaimTask(market: $0).several(count, from: wanted, by: worker)
            }
        }
        return try await call.once(201, \.json) { try await ClaimTask(market: $0)(from: wanted, by: worker) }
    }

    @Sendable private func submit(_ call: Call) async throws -> Outcome {
        let (worker, id): (Principal.ID, Assignment.ID) = (try call.actor, try call.id("assignment"))
        let token = try call.integer("lease_token")
        guard let answer = call.body["answer"] else { throw BadInput("answer", "is missing") }
        let active = call.int("active_seconds")
        return try await call.once(200, \.json) {
            try await SubmitAnswer(market: $0)(answer, for: id, token: token, activeSeconds: active, by: worker)
        }
    }

    @Sendable private func work(_ call: Call) async throws -> Outcome {
        let items = try await MyWork(market: market)(
            before: try call.identifier("before"), limit: call.limit, by: try call.actor)
        return .page(items, limit: call.limit, next: { "\($0.assignment.id)" }, \.json)
    }

    /// A line for each source and version; `next` is where the next page begins, as those two.
    @Sendable private func suggestionReport(_ call: Call) async throws -> Outcome {
        let worker = try call.actor
        let me = Worker.ID(worker.uuid)
        let (source, version) = (call.query["after"], call.query["after_version"])
        guard (source == nil) == (version == nil) else {
            throw BadInput("after_version", "must come together with after")
        }
        let last = source.flatMap { source in version.map { (worker: me, source: source, version: $0) } }
        let lines = try await SuggestionReport(market: market)(of: me, after: last, limit: call.limit, by: worker)
        let next: JSON? =
            lines.count == call.limit
            ? lines.last.map { ["after": .string($0.source), "after_version": .string($0.version)] } : nil
        return .json(["items": .array(lines.map(\.json)), "next": next ?? .null])
    }

    @Sendable private func task(_ call: Call) async throws -> Outcome {
        .json(try await ReadTask(market: market)(try call.id("assignment"), by: try call.actor).json)
    }

    @Sendable private func batches(_ call: Call) async throws -> Outcome {
        let worker = try call.actor
        let page = try await ListEligibleBatches(market: market)(
            for: Worker.ID(worker.uuid), after: try call.keyed("after"), limit: call.limit, by: worker)
        return .page(page, limit: call.limit, next: { "\($0.requester)/\($0.id)" }, \.json)
    }

    /// On the first page how many open batches fall to which rule; then each with what would unlock it.
    @Sendable private func why(_ call: Call) async throws -> Outcome {
        let worker = try call.actor
        return .json(
            try await WhyNoWork(market: market)(
                for: Worker.ID(worker.uuid), after: try call.keyed("after"), limit: call.limit, by: worker
            ).json)
    }

    @Sendable private func eligibility(_ call: Call) async throws -> Outcome {
        let worker = try call.actor
        let requester: Requester.ID = try call.id("requester", of: "batch")
        return .json(
            try await WhyNotEligible(market: market)(
                Worker.ID(worker.uuid), from: (requester, try call.id("batch")), by: worker
            ).json)
    }

    /// 200 with the new end of the lease.
    @Sendable private func heartbeat(_ call: Call) async throws -> Outcome {
        let (worker, id): (Principal.ID, Assignment.ID) = (try call.actor, try call.id("assignment"))
        let (token, seconds) = (try call.integer("lease_token"), call.int("seconds"))
        return try await call.once(200, { ["lease_until": .string($0.internetText)] }) {
            try await Heartbeat(market: $0)(id, token: token, seconds: seconds, by: worker)
        }
    }

    @Sendable private func giveBack(_ call: Call) async throws -> Outcome {
        let (worker, id): (Principal.ID, Assignment.ID) = (try call.actor, try call.id("assignment"))
        guard let reason = ReturnReason(rawValue: try call.string("reason")) else {
            throw BadInput("reason", "is not known")
        }
        let (token, note) = (try call.integer("lease_token"), call.text("note") ?? "")
        return try await call.once(200, { ["state": .string($0.rawValue)] }) {
            try await ReturnTask(market: $0)(id, token: token, reason, note: note, by: worker)
        }
    }

    @Sendable private func saveDraft(_ call: Call) async throws -> Outcome {
        let (worker, id): (Principal.ID, Assignment.ID) = (try call.actor, try call.id("assignment"))
        guard let answer = call.body["answer"] else { throw BadInput("answer", "is missing") }
        let token = try call.integer("lease_token")
        return try await call.once(200, { ["saved_at": .string($0.internetText)] }) {
            try await SaveDraft(market: $0)(answer, for: id, token: token, by: worker)
        }
    }

    /// Also when the lease is over.
    @Sendable private func readDraft(_ call: Call) async throws -> Outcome {
        let draft = try await ReadDraft(market: market)(try call.id("assignment"), by: try call.actor)
        return .json([
            "answer": draft.answer, "is_late": .bool(draft.isLate), "saved_at": .millisecond(draft.savedAt),
        ])
    }
}
