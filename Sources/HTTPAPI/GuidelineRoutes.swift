internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// What workers are told: texts in versions that projects share, and what a change asks to check again.
struct GuidelineRoutes {
    private static let path = "/v1/guidelines/{requester}/{guideline}"
    private static let version = Parameter.path("version", .integer(1...1_000_000))
    private static let guideline = Shape.object(
        "Guideline", ["guideline": .id, "external_key": .text, "name": .text, "newest_version": .count])
    private static let versionShape = Shape.object(
        "GuidelineVersion",
        [
            "version": .count, "text": .text, "text_sha256": .sha256, "changes": .text, "scope": .anything,
            "published_at": .time, "published_by": .id.orNull,
        ])
    private static let listing = Shape.object(
        "RecheckListing", ["version": .count, "rechecks": .count, "is_complete": .flag])
    private static let recheck = Shape.object(
        "Recheck",
        [
            "task": .id, "external_key": .text, "assignment": .id, "answer_version": .count, "version": .count,
            "reason": .text, "state": .choice(RecheckState.self), "recheck_task": .id.orNull,
            "recheck_batch": .id.orNull,
        ])
    private static let line = Shape.object("DiffLine", ["change": .words("kept", "removed", "added"), "line": .text])
    let market: Market

    var endpoints: [Endpoint] { guidelines + versions + rechecks }

    private var guarded: Guarded {
        Guarded(
            ["newest_version"],
            lock: { call, change in
                try await change.lockForPublishing(try call.id("guideline"), of: try call.id("requester"))
            }, read: show)
    }

    private var guidelines: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/guidelines/{requester}", "listGuidelines", "A requester's guidelines, oldest first",
                .guidelines, for: RequesterRoutes.publisher, query: Parameter.pagingOn,
                gives: .ok(.page(Self.guideline)), by: list),
            Endpoint(
                .post, "/v1/guidelines/{requester}", "addGuideline",
                "Enter a guideline with its first version; the same key is the same guideline", .guidelines,
                for: RequesterRoutes.publisher,
                takes: .json(
                    [
                        "external_key": .text(1...200), "name": .text(1...200),
                        "text": Shape.text(1...Guideline.textMax).described("Markdown."),
                    ], bytesMax: 1 << 20), gives: .created(["guideline": .id]), by: add),
            Endpoint(
                .get, Self.path, "showGuideline", "One guideline", .guidelines, for: RequesterRoutes.publisher,
                guards: guarded, gives: .ok(Self.guideline), by: show),
            Endpoint(
                .put, "/v1/projects/{requester}/{project}/guideline", "followGuideline",
                "Say which guideline a project's workers are told from the next lease on; `pin` stays at a version",
                .guidelines, for: RequesterRoutes.publisher,
                takes: .json(["guideline": .id, "pin": Shape.integer(1...1_000_000).orNull.optional]),
                guards: ProjectPolicyRoutes(market: market).guardedGuideline,
                gives: .ok(["guideline": .id, "pin": Shape.count.orNull]), by: follow),
        ]
    }

    private var versions: [Endpoint] {
        [
            Endpoint(
                .get, Self.path + "/versions", "listGuidelineVersions", "Its versions with their texts, newest first",
                .guidelines, for: RequesterRoutes.publisher,
                query: [
                    .next("before", .integer(1...1_000_001)),
                    .limit(50),
                ], gives: .ok(.page(Self.versionShape, next: .integer)), by: listVersions),
            Endpoint(
                .get, Self.path + "/versions/{version}", "showGuidelineVersion", "One version", .guidelines,
                for: RequesterRoutes.publisher, query: [Self.version], gives: .ok(Self.versionShape), by: showVersion),
            Endpoint(
                .post, Self.path + "/versions", "publishGuideline",
                "Publish the next version, and list which earlier answers are to be checked again", .guidelines,
                for: RequesterRoutes.publisher,
                takes: .json(
                    [
                        "text": .text(1...Guideline.textMax), "changes": .text(1...4_000),
                        "scope": Shape.anything.described(
                            "`all`, `none`, or what `versions`, `projects`, `answer`, `all`, `any` say."),
                    ], bytesMax: 1 << 20), guards: guarded, gives: .created(Self.listing),
                refuses: ["guideline_unchanged", "guideline_versions_used_up"] + Code.content, by: publish),
            Endpoint(
                .get, Self.path + "/diff", "diffGuideline", "What changed from one version to another, line by line",
                .guidelines, for: RequesterRoutes.publisher,
                query: [
                    .query("from", .integer(1...1_000_000), required: true),
                    .query("to", .integer(1...1_000_000), required: true),
                ], gives: .ok(["items": .list(Self.line)]), by: diff),
        ]
    }

    private var rechecks: [Endpoint] {
        [
            Endpoint(
                .get, Self.path + "/versions/{version}/rechecks", "listRechecks",
                "What a version asks to check again, in the order of tasks; the list grows until it is complete",
                .guidelines, for: RequesterRoutes.publisher,
                query: [
                    Self.version, .query("state", .choice(RecheckState.self)),
                    .next("after", .text(73...73)), .limit(),
                ],
                gives: .ok(["listing": Self.listing, "items": .list(Self.recheck), "next": .text.orNull]),
                by: listRechecks),
            Endpoint(
                .post, Self.path + "/versions/{version}/recheck", "openRecheck",
                "Make a draft batch of what waits to be checked again; cut off, the same again goes on", .guidelines,
                for: RequesterRoutes.publisher, query: [Self.version],
                takes: Endpoint.Body(.batchDraft, bytesMax: 256 << 10), keyed: false,
                gives: .created(["batch": .id, "tasks_added": .count, "items": .count]),
                refuses: [
                    "recheck_not_followed", "recheck_list_not_complete", "nothing_to_check", "recheck_key_taken",
                    "no_rate", "name_taken", "batch_not_draft",
                ] + Code.content, by: openRecheck),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListGuidelines(market: market)(
            of: try call.id("requester"), after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func add(_ call: Call) async throws -> Outcome {
        let (requester, actor): (Requester.ID, Principal.ID) = (try call.id("requester"), try call.actor)
        let (key, name, text) = (
            try call.string("external_key"), try call.string("name"), try call.string("text")
        )
        return try await call.once(201, { ["guideline": .string("\($0)")] }) {
            try await AddGuideline(market: $0)(externalKey: key, name: name, text: text, of: requester, by: actor)
        }
    }

    @Sendable private func show(_ call: Call) async throws -> Outcome {
        let id: Guideline.ID = try call.id("guideline")
        return .json(
            try await ListGuidelines(market: market).one(id, of: try call.id("requester"), by: try call.actor).wire)
    }

    @Sendable private func follow(_ call: Call) async throws -> Outcome {
        let (requester, actor): (Requester.ID, Principal.ID) = (try call.id("requester"), try call.actor)
        let (project, guideline): (Project.ID, Guideline.ID) = (
            try call.id("project"), try call.required("guideline")
        )
        let pin = call.int("pin")
        let json: JSON = ["guideline": .string("\(guideline)"), "pin": pin.map { .integer(Int64($0)) } ?? .null]
        return try await call.once(200, { (_: Void) in json }) {
            try await FollowGuideline(market: $0)(guideline, pin: pin, by: project, of: requester, actor: actor)
        }
    }

    @Sendable private func listVersions(_ call: Call) async throws -> Outcome {
        let found = try await ShowGuideline(market: market)(
            try call.id("guideline"), of: try call.id("requester"), before: call.query["before"].flatMap { Int($0) },
            limit: call.limit, by: try call.actor)
        let next = found.count >= call.limit ? found.last.map { JSON.integer(Int64($0.number)) } : nil
        return .json(["items": .array(found.map(\.wire)), "next": next ?? .null])
    }

    private func version(_ number: Int, _ call: Call) async throws -> GuidelineVersion {
        try await ShowGuideline(market: market).version(
            number, of: try call.id("guideline"), from: try call.id("requester"), by: try call.actor)
    }

    @Sendable private func showVersion(_ call: Call) async throws -> Outcome {
        .json(try await version(try call.number("version"), call).wire)
    }

    /// What is not listed at once is by the scheduler, or by whoever asks for the list.
    @Sendable private func publish(_ call: Call) async throws -> Outcome {
        let (requester, actor): (Requester.ID, Principal.ID) = (try call.id("requester"), try call.actor)
        let id: Guideline.ID = try call.id("guideline")
        let draft = GuidelineDraft(
            text: try call.string("text"), changes: try call.string("changes"), scope: try call.recheckScope())
        return try await call.once(201, \.wire) {
            try await PublishGuideline(market: $0)(draft, of: id, from: requester, by: actor)
        }
    }

    @Sendable private func diff(_ call: Call) async throws -> Outcome {
        let from = try await version(call.query["from"].flatMap { Int($0) } ?? 0, call)
        let to = try await version(call.query["to"].flatMap { Int($0) } ?? 0, call)
        return .json(["items": .array(LineDiff.lines(from: from.text, to: to.text).map(\.wire))])
    }

    @Sendable private func listRechecks(_ call: Call) async throws -> Outcome {
        let (items, listing) = try await ListRechecks(market: market)(
            try call.number("version"), of: try call.id("guideline"), from: try call.id("requester"),
            in: call.choice("state"), after: try call.recheckPlace(), limit: call.limit, by: try call.actor)
        let next = items.count >= call.limit ? items.last.map { JSON.string("\($0.task)/\($0.assignment)") } : nil
        return .json(["listing": listing.wire, "items": .array(items.map(\.wire)), "next": next ?? .null])
    }

    @Sendable private func openRecheck(_ call: Call) async throws -> Outcome {
        let (requester, actor): (Requester.ID, Principal.ID) = (try call.id("requester"), try call.actor)
        let project = try await ListProjects(market: market).one(try call.string("project"), of: requester, by: actor)
        let opened = try await OpenRecheck(market: market)(
            try call.number("version"), of: try call.id("guideline"),
            as: try BatchDraft(json: call.body, project: project.id), from: requester, by: actor)
        let json: JSON = [
            "batch": .string("\(opened.batch)"), "tasks_added": .integer(Int64(opened.tasks)),
            "items": .integer(Int64(opened.items)),
        ]
        return .json(json, status: 201)
    }
}

extension Call {
    fileprivate func recheckScope() throws(BadInput) -> RecheckScope {
        switch text("scope") {
        case "all": .everything
        case "none": .nothing
        case _: try RecheckScope(json: body["scope"] ?? .null)
        }
    }

    fileprivate func recheckPlace() throws(BadInput) -> (task: WorkTask.ID, assignment: Assignment.ID)? {
        guard let after = query["after"] else { return nil }
        let parts = after.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let task = WorkTask.ID(parts[0]), let assignment = Assignment.ID(parts[1]) else {
            throw BadInput("after", "must be two UUIDs, TASK/ASSIGNMENT")
        }
        return (task, assignment)
    }
}

extension Guideline {
    fileprivate var wire: JSON {
        [
            "guideline": .string("\(id)"), "external_key": .string(externalKey), "name": .string(name),
            "newest_version": .integer(Int64(newestVersion)),
        ]
    }
}

extension GuidelineVersion {
    fileprivate var wire: JSON {
        [
            "version": .integer(Int64(number)), "text": .string(text), "text_sha256": .string(hash.hexadecimal),
            "changes": .string(changes), "scope": scope.json, "published_at": .second(publishedAt),
            "published_by": publishedBy.map { .string("\($0)") } ?? .null,
        ]
    }
}

extension RecheckListing {
    fileprivate var wire: JSON {
        [
            "version": .integer(Int64(version)), "rechecks": .integer(Int64(listed)),
            "is_complete": .bool(isComplete),
        ]
    }
}

extension RecheckItem {
    fileprivate var wire: JSON {
        [
            "task": .string("\(task)"), "external_key": .string(externalKey), "assignment": .string("\(assignment)"),
            "answer_version": .integer(Int64(answerVersion)), "version": .integer(Int64(version)),
            "reason": .string(reason), "state": .string(state.rawValue),
            "recheck_task": recheckTask.map { .string("\($0)") } ?? .null,
            "recheck_batch": recheckBatch.map { .string("\($0)") } ?? .null,
        ]
    }
}

extension LineDiff.Line {
    fileprivate var wire: JSON {
        switch self {
        case .kept(let line): ["change": "kept", "line": .string(line)]
        case .removed(let line): ["change": "removed", "line": .string(line)]
        case .added(let line): ["change": "added", "line": .string(line)]
        }
    }
}
