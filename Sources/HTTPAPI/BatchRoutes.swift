internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// Releases of work: draft one, publish it, change it while it runs, end it.
struct BatchRoutes {
    static let path = "/v1/batches/{requester}/{batch}"
    /// Tasks and money move with the work; these are what people set.
    private static let settings: Set = [
        "state", "redundancy", "resizing_to", "budget_minor", "pay_minor", "priority", "due_at", "archived_at",
    ]
    private static let life: [Code] = [
        "batch_not_in_work", "batch_ended", "batch_overdue", "batch_resizing", "deadline_promised", "more_answers",
        "budget_too_low", "over_budget", "not_funded", "batch_wrong_state",
    ]
    let market: Market

    var endpoints: [Endpoint] { drafting + changing + moving }

    var guarded: Guarded {
        Guarded(
            Self.settings,
            lock: { call, change in
                let key = try call.batch()
                _ = try await change.transaction.lockBatch(key.id, of: key.requester)
            }, read: show)
    }

    private var drafting: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/batches/{requester}", "listBatches", "A requester's batches, newest first", .batches,
                for: RequesterRoutes.publisher,
                query: [.query("archived", Shape.flag.described("With those that are archived."))] + Parameter.paging,
                gives: .ok(.page(.batch)), by: list),
            Endpoint(
                .post, "/v1/batches/{requester}", "createBatch",
                "Make a draft at the price of the rate card; the same name in a project is the same batch", .batches,
                for: RequesterRoutes.publisher, takes: Endpoint.Body(.batchDraft, bytesMax: 256 << 10),
                gives: .created(["batch": .id]), refuses: ["name_taken", "no_rate"], by: create),
            Endpoint(
                .get, Self.path, "showBatch", "A batch with its money", .batches, for: RequesterRoutes.publisher,
                guards: guarded, gives: .ok(.batch), by: show),
            Endpoint(
                .get, Self.path + "/prices", "listPrices",
                "When work of a batch pays what: seconds from its opening, and the price for one task", .batches,
                for: .requester([.requester], or: [.operator, .worker]),
                gives: .ok([
                    "items": .list(.object(["after_seconds": .count, "pay_minor": .minor, "currency": .currency]))
                ]), by: prices),
            Endpoint(
                .post, Self.path + "/clone", "cloneBatch",
                "A new draft with the settings of a batch, at the price of now; without tasks", .batches,
                for: RequesterRoutes.publisher,
                takes: .json(["name": .text, "due_at": Shape.time.orNull.optional]), gives: .created(["batch": .id]),
                refuses: ["name_taken", "no_rate"], by: clone),
        ]
    }

    private var changing: [Endpoint] {
        [
            Endpoint(
                .put, Self.path + "/deadline", "changeDeadline", "Extend a deadline, shorten it, or take it away",
                .batches, for: RequesterRoutes.publisher, takes: .json(["due_at": .time.orNull]),
                guards: guarded, gives: .ok(["due_at": .time.orNull]),
                refuses: Self.life, by: changeDeadline),
            Endpoint(
                .put, Self.path + "/priority", "changePriority",
                "Hand a batch out before or after others: higher numbers first", .batches,
                for: RequesterRoutes.publisher, takes: .json(["priority": .integer(-1_000_000...1_000_000)]),
                guards: guarded, gives: .ok(["priority": .integer]), refuses: Self.life, by: changePriority),
            Endpoint(
                .put, Self.path + "/budget", "changeBudget",
                "The most that a batch may cost; what it no longer covers is withdrawn", .batches,
                for: RequesterRoutes.publisher,
                takes: .json(["budget_minor": .integer(0...Money.minorUnitsMax)]), keyed: false,
                guards: guarded, gives: .ok(.withdrawn), refuses: Self.life, by: changeBudget),
            Endpoint(
                .put, Self.path + "/redundancy", "changeRedundancy",
                "Ask for more answers to each task that is not closed, or for fewer", .batches,
                for: RequesterRoutes.publisher, takes: .json(["redundancy": .integer(1...100)]), keyed: false,
                guards: guarded, gives: .ok(.batch), refuses: Self.life, by: changeRedundancy),
        ]
    }

    private var moving: [Endpoint] {
        [
            move(
                "publish", "publishBatch", "Hold the worst case of a draft, and what it keeps for top-ups, and open it",
                .ok(["held_minor": .minor, "currency": .currency]),
                ["batch_wrong_state", "batch_without_tasks", "batch_overdue", "over_budget", "not_funded"],
                { ["held_minor": .integer($0.minorUnits), "currency": .string($0.currency.code)] },
                { try await PublishBatch(market: $0)($1.id, of: $1.requester, by: $2) }),
            move(
                "pause", "pauseBatch", "Hand out no more work of a batch; what is in hand goes on",
                .ok(.state("paused")),
                Self.life, { ["state": "paused"] },
                { try await PauseBatch(market: $0)($1.id, of: $1.requester, by: $2) }),
            move(
                "resume", "resumeBatch", "Hand out the work of a paused batch again", .ok(.state("open")), Self.life,
                { ["state": "open"] }, { try await PauseBatch(market: $0).resume($1.id, of: $1.requester, by: $2) }),
            move(
                "close", "closeBatch", "End a batch on which nobody works; what is left of the hold goes back",
                .ok(["released_minor": .minor, "currency": .currency]), Self.life + ["work_in_flight"],
                { ["released_minor": .integer($0.minorUnits), "currency": .string($0.currency.code)] },
                { try await CloseBatch(market: $0)($1.id, of: $1.requester, by: $2) }),
            move(
                "archive", "archiveBatch", "Leave a closed batch out of lists", .ok(.state("archived")),
                ["batch_wrong_state"], { ["state": "archived"] },
                { try await ArchiveBatch(market: $0)($1.id, of: $1.requester, by: $2) }),
        ]
    }

    /// A step of a batch's life, once for an Idempotency-Key.
    private func move<Result: Sendable>(
        _ verb: String, _ id: String, _ summary: String, _ answer: Endpoint.Answer, _ refusals: [Code],
        _ json: @escaping @Sendable (Result) -> JSON,
        _ perform: @escaping @Sendable (Market, Batch.Key, Principal.ID) async throws -> Result
    ) -> Endpoint {
        Endpoint(
            .post, Self.path + "/\(verb)", id, summary, .batches, for: RequesterRoutes.publisher, takes: .empty,
            guards: guarded, gives: answer, refuses: refusals
        ) { call in
            let (key, actor) = (try call.batch(), try call.actor)
            return try await call.once(200, json) { try await perform($0, key, actor) }
        }
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListBatches(market: market)(
            of: try call.id("requester"), before: try call.identifier("before"),
            withArchived: call.query["archived"] == "true", limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func create(_ call: Call) async throws -> Outcome {
        let (actor, requester): (Principal.ID, Requester.ID) = (try call.actor, try call.id("requester"))
        let project = try await ListProjects(market: market).one(
            try call.string("project"), of: requester, by: actor)
        let draft = try BatchDraft(json: call.body, project: project.id)
        return try await call.once(201, { ["batch": .string("\($0)")] }) {
            try await CreateBatch(market: $0)(draft, of: requester, by: actor)
        }
    }

    @Sendable private func show(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.batch(), try call.actor)
        return .json(try await ListBatches(market: market).one(key.id, of: key.requester, by: actor).wire)
    }

    @Sendable private func prices(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.batch(), try call.actor)
        let table = try await PriceTable(market: market)(key.id, of: key.requester, by: actor)
        let items = table.map { line -> JSON in
            [
                "after_seconds": .integer(Int64(line.seconds)), "pay_minor": .integer(line.pay.minorUnits),
                "currency": .string(line.pay.currency.code),
            ]
        }
        return .json(["items": .array(items)])
    }

    @Sendable private func clone(_ call: Call) async throws -> Outcome {
        let (key, actor, name) = (try call.batch(), try call.actor, try call.string("name"))
        let due = call["due_at"] == nil ? nil : try call.instant("due_at")
        return try await call.once(201, { ["batch": .string("\($0)")] }) {
            try await CloneBatch(market: $0)(key.id, of: key.requester, as: name, dueAt: due, by: actor)
        }
    }

    @Sendable private func changeDeadline(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.batch(), try call.actor)
        let due = call["due_at"] == nil ? nil : try call.instant("due_at")
        return try await call.once(200, { ["due_at": .second(due)] }) {
            try await ChangeDeadline(market: $0)(due, of: key.id, from: key.requester, by: actor)
        }
    }

    @Sendable private func changePriority(_ call: Call) async throws -> Outcome {
        let (key, actor, priority) = (try call.batch(), try call.actor, call.int("priority") ?? 0)
        return try await call.once(200, { ["priority": .integer(Int64(priority))] }) {
            try await ChangePriority(market: $0)(priority, of: key.id, from: key.requester, by: actor)
        }
    }

    /// In several steps; cut off, the same again goes on.
    @Sendable private func changeBudget(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.batch(), try call.actor)
        let batch = try await ListBatches(market: market).one(key.id, of: key.requester, by: actor)
        let budget = try Money(try call.integer("budget_minor"), batch.budget.currency)
        return .json(
            try await ChangeBudget(market: call.market)(budget, of: key.id, from: key.requester, by: actor).wire)
    }

    @Sendable private func changeRedundancy(_ call: Call) async throws -> Outcome {
        let (key, actor, number) = (try call.batch(), try call.actor, call.int("redundancy") ?? 0)
        try await ChangeRedundancy(market: call.market)(to: number, of: key.id, from: key.requester, by: actor)
        return try await show(call)
    }
}

extension Call {
    func batch() throws -> Batch.Key {
        Batch.Key(requester: try id("requester"), id: try id("batch"))
    }
}
