internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// The tasks of a batch: take them in, follow them, take them back, and the answers to them.
struct TaskRoutes {
    private static let most: Int64 = 1_000
    private static let bytesMax = 16 << 20
    private static let result = Shape.object(
        "TaskResult",
        [
            "external_key": .text, "outcome": .words("taken", "faulty"),
            "reason": Shape.text.orNull.described("What is wrong with a faulty one."),
        ])
    let market: Market

    var endpoints: [Endpoint] { intake + following }

    private var intake: [Endpoint] {
        [
            Endpoint(
                .post, BatchRoutes.path + "/tasks", "addTasks",
                "Take up to 1,000 tasks into a draft; what the project knows by its key is left as it is", .batches,
                for: RequesterRoutes.publisher,
                takes: .json(["tasks": .list(.taskDraft, 1...Int(Self.most))], bytesMax: Self.bytesMax), keyed: false,
                gives: .ok([
                    "added": .count, "unchanged": .count, "faulty": .count, "items": .list(Self.result),
                ]), refuses: ["batch_not_draft"] + Code.content, by: add),
            Endpoint(
                .post, BatchRoutes.path + "/withdrawals", "withdrawTasks",
                "Take tasks back; what is in hand of them goes on", .batches, for: RequesterRoutes.publisher,
                takes: .json(
                    ["tasks": Shape.list(.text, 1...WithdrawTasks.most).described("External keys.")],
                    bytesMax: 512 << 10),
                gives: .ok(.withdrawn), refuses: ["batch_not_in_work"], by: withdraw),
        ]
    }

    private var following: [Endpoint] {
        [
            Endpoint(
                .get, BatchRoutes.path + "/tasks", "listTasks", "The tasks of a batch with the states of their slots",
                .batches, for: RequesterRoutes.publisher, query: Parameter.pagingOn, gives: .ok(.page(.task)),
                by: tasks),
            Endpoint(
                .get, BatchRoutes.path + "/tasks/{key}", "showTask", "One of them, by its external key", .batches,
                for: RequesterRoutes.publisher, query: [.path("key", .text(1...400))], gives: .ok(.task), by: task),
            Endpoint(
                .get, BatchRoutes.path + "/results", "exportResults",
                "The answers to the tasks of a batch, task by task, as a file", .batches,
                for: RequesterRoutes.publisher,
                query: [
                    .query("format", .choice(ResultFormat.self)), .query("choice", .choice(ExportChoice.self)),
                    .query("label", Shape.text(1...500).described("Where crowd-kit's label is, a JSON Pointer.")),
                ],
                sealed: true, gives: .media("application/jsonl", "text/csv", "application/json"),
                refuses: ["batch_quarantined"] + Code.content, by: results),
            Endpoint(
                .get, BatchRoutes.path + "/quarantined-slots", "listQuarantinedSlots",
                "What is held back since lease after lease on it ended without an answer", .batches,
                for: RequesterRoutes.publisher,
                query: [.limit(), .query("after", Shape.text(3...500).described("TASK/SLOT, the `next`."))],
                gives: .ok(.page(.quarantinedSlot, next: .text)), by: held),
            Endpoint(
                .post, BatchRoutes.path + "/quarantined-slots/{task}/release", "releaseSlot",
                "Let a slot be leased again, its lapses forgotten", .batches, for: RequesterRoutes.publisher,
                takes: .json(["slot": .integer(0...1_000)]), gives: .ok(.state("open")), by: release),
        ]
    }

    /// The items in the order of the request. Said again it changes nothing, as keys are unique in a project.
    @Sendable private func add(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.batch(), try call.actor)
        let drafts = try TaskDraft.list(json: call.body["tasks"] ?? .null)
        let stream = AsyncStream { stream in
            for draft in drafts { stream.yield(draft) }
            stream.finish()
        }
        let summary = try await AddTasks(market: market)(stream, to: key.id, of: key.requester, by: actor)
        let faults = Dictionary(
            summary.faults.map { ($0.position, $0.reason) }, uniquingKeysWith: { first, _ in first })
        let items = drafts.enumerated().map { place, draft -> JSON in
            let fault = faults["task \(place + 1) (\(draft.externalKey.prefix(100)))"]
            return [
                "external_key": .string(draft.externalKey), "outcome": fault == nil ? "taken" : "faulty",
                "reason": fault.map(JSON.string) ?? .null,
            ]
        }
        return .json([
            "added": .integer(Int64(summary.added)), "unchanged": .integer(Int64(summary.unchanged)),
            "faulty": .integer(Int64(summary.faultCount)), "items": .array(items),
        ])
    }

    @Sendable private func withdraw(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.batch(), try call.actor)
        let names = call["tasks"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return try await call.once(200, \.wire) {
            try await WithdrawTasks(market: $0)(names, of: key.id, from: key.requester, by: actor)
        }
    }

    @Sendable private func tasks(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.batch(), try call.actor)
        let found = try await ListTasks(market: market)(
            of: key.id, from: key.requester, after: try call.identifier("after"), limit: call.limit, by: actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func task(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.batch(), try call.actor)
        let name = try call.name("key")
        return .json(
            try await ListTasks(market: market).one(name, of: key.id, from: key.requester, by: actor).wire)
    }

    @Sendable private func results(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.batch(), try call.actor)
        let format: ResultFormat = call.choice("format") ?? .jsonl
        var settings = ResultWriter.Settings(format)
        settings.label = call.query["label"]
        let wanted = settings
        let choice: ExportChoice = call.choice("choice") ?? .accepted
        let mediaType =
            switch format {
            case .jsonl: "application/jsonl"
            case .csv, .crowdKit: "text/csv; charset=utf-8"
            case .labelStudio: "application/json"
            }
        return try await Download.make(mediaType) { write in
            _ = try await ExportResults(market: market)(
                .batch(key.id), of: key.requester, choice, as: wanted, by: actor, to: write)
        }
    }

    @Sendable private func held(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.batch(), try call.actor)
        var last: QuarantinedSlot?
        if let text = call.query["after"] {
            let parts = text.split(separator: "/").map(String.init)
            guard parts.count == 2, let task = WorkTask.ID(parts[0]), let slot = Int16(parts[1]) else {
                throw BadInput("after", "must be TASK/SLOT")
            }
            last = QuarantinedSlot(task: task, slot: Int(slot), externalKey: "", lapses: 0, reasons: [:])
        }
        let found = try await ListQuarantine(market: market)(
            key.id, of: key.requester, after: last, limit: call.limit, by: actor)
        return .page(found, limit: call.limit, next: { "\($0.task)/\($0.slot)" }, \.wire)
    }

    @Sendable private func release(_ call: Call) async throws -> Outcome {
        let (actor, task): (Principal.ID, WorkTask.ID) = (try call.actor, try call.id("task"))
        let (requester, slot): (Requester.ID, Int) = (try call.id("requester"), call.int("slot") ?? 0)
        return try await call.once(200, { ["state": "open"] }) {
            try await ReleaseQuarantine(market: $0)(task, slot: slot, of: requester, by: actor)
        }
    }
}
