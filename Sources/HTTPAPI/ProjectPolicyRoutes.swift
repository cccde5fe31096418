internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// How a project's answers are judged, and how long content is kept.
struct ProjectPolicyRoutes {
    private static let path = "/v1/projects/{requester}/{project}"
    private static let retention = Shape.object(
        "RetentionClass", ["name": .text, "days_after_close": .count, "scope": .choice(RetentionScope.self)])
    private static let numbers: KeyValuePairs<String, ClosedRange<Int64>> = [
        "second_bps": 0...10_000, "value_bps": 0...10_000, "newcomer_bps": 0...10_000, "disagreement_bps": 0...10_000,
        "load_bps": 0...10_000, "value_from_minor": 0...1_000_000_000, "newcomer_below": 0...10_000,
        "load_above": 0...10_000, "tolerance_bps": 0...10_000, "rejections_alone_bps": 0...10_000,
        "reworks_max": 0...5, "rework_hours": 1...720,
    ]
    let market: Market

    var endpoints: [Endpoint] { [showProject] + policy + retention }

    private var guarded: Guarded {
        Guarded(
            lock: { call, change in
                try await change.lockReviewPolicy(of: try call.id("project"), try call.id("requester"))
            }, read: show)
    }

    private var guardedClass: Guarded {
        Guarded(
            lock: { call, change in _ = try await change.transaction.lockRetentionClass(try call.name("name")) },
            read: showClass)
    }

    private var showProject: Endpoint {
        Endpoint(
            .get, Self.path, "showProject", "One project", .projects, for: RequesterRoutes.publisher,
            guards: guardedGuideline, gives: .ok(.project), by: readProject)
    }

    /// Which guideline a project follows.
    var guardedGuideline: Guarded {
        Guarded(
            ["guideline", "guideline_pin"],
            lock: { call, change in
                try await change.transaction.lockProject(try call.id("project"), of: try call.id("requester"))
            }, read: readProject)
    }

    @Sendable private func readProject(_ call: Call) async throws -> Outcome {
        let id: Project.ID = try call.id("project")
        return .json(
            try await ListProjects(market: market).one(id, of: try call.id("requester"), by: try call.actor).wire)
    }

    /// - Parameter isWhole: as it is read; what is written may leave out anything.
    private static func policy(isWhole: Bool) -> Shape {
        let weights = Shape.anyObject.described("By name of a field, 1 to 1,000; none: judged as a whole.")
        let rubric = Shape.anyObject.described("The highest score by criterion, 1 to 100.")
        var members: [(String, Shape)] = [("field_weights", weights), ("rubric", rubric)]
        members += numbers.map { ($0.key, Shape.integer($0.value)) }
        let json: [String: JSON] = [
            "type": "object", "title": .string(isWhole ? "ReviewPolicy" : "ReviewPolicyDraft"),
            "properties": .object(
                Dictionary(members.map { ($0.0, $0.1.json) }, uniquingKeysWith: { first, _ in first })),
            "required": .array(isWhole ? members.map { .string($0.0) } : []),
        ]
        return Shape(.object(json))
    }

    private var policy: [Endpoint] {
        [
            Endpoint(
                .get, Self.path + "/review-policy", "showReviewPolicy", "How a project's answers are judged",
                .projects, for: RequesterRoutes.publisher, guards: guarded, gives: .ok(Self.policy(isWhole: true)),
                by: show),
            Endpoint(
                .put, Self.path + "/review-policy", "setReviewPolicy",
                "Write how answers are judged from now on: all of it, what is left out has its default", .projects,
                for: RequesterRoutes.publisher, takes: Endpoint.Body(Self.policy(isWhole: false), bytesMax: 64 << 10),
                guards: guarded, needsMatch: true, gives: .ok(Self.policy(isWhole: true)), by: set),
        ]
    }

    private var retention: [Endpoint] {
        [
            Endpoint(
                .put, Self.path + "/retention-class", "setProjectRetention",
                "How long content is kept after a batch was closed; null keeps it as long as the requester's key",
                .projects, for: RequesterRoutes.publisher, takes: .json(["retention_class": .text.orNull]),
                guards: RequesterRoutes(market: market).guardedSettings,
                gives: .ok(["retention_class": .text.orNull]), by: setRetention),
            Endpoint(
                .get, "/v1/retention-classes", "listRetentionClasses", "Retention classes, by name", .operations,
                for: .platform([.operator]),
                query: [.next("after", .text(1...40)), .limit()],
                gives: .ok(.page(Self.retention, next: .text)), by: classes),
            Endpoint(
                .get, "/v1/retention-classes/{name}", "showRetentionClass", "One retention class", .operations,
                for: .platform([.operator]), query: [.path("name", .text(1...40))], guards: guardedClass,
                gives: .ok(Self.retention), by: showClass),
            Endpoint(
                .put, "/v1/retention-classes/{name}", "setRetentionClass",
                "How many days content is kept after the close, of all projects that name the class", .operations,
                for: .platform([.operator]), query: [.path("name", .text(1...40))],
                takes: .json(["days_after_close": .integer(0...36_500), "scope": .choice(RetentionScope.self)]),
                guards: guardedClass, gives: .ok(Self.retention), by: setClass),
        ]
    }

    @Sendable private func show(_ call: Call) async throws -> Outcome {
        let id: Project.ID = try call.id("project")
        return .json(
            try await SetReviewPolicy(market: market).now(
                of: id, from: try call.id("requester"), by: try call.actor
            ).json)
    }

    @Sendable private func set(_ call: Call) async throws -> Outcome {
        let (requester, actor): (Requester.ID, Principal.ID) = (try call.id("requester"), try call.actor)
        let (project, policy): (Project.ID, ReviewPolicy) = (try call.id("project"), try ReviewPolicy(call.body))
        return try await call.once(200, { (_: Void) in policy.json }) {
            try await SetReviewPolicy(market: $0)(policy, of: project, from: requester, by: actor)
        }
    }

    @Sendable private func setRetention(_ call: Call) async throws -> Outcome {
        let (requester, actor): (Requester.ID, Principal.ID) = (try call.id("requester"), try call.actor)
        let (project, name): (Project.ID, String?) = (try call.id("project"), call.text("retention_class"))
        return try await call.once(200, { (_: Void) in ["retention_class": name.map(JSON.string) ?? .null] }) {
            try await SetProjectRetention(market: $0)(of: project, from: requester, to: name, by: actor)
        }
    }

    @Sendable private func classes(_ call: Call) async throws -> Outcome {
        let found = try await ListRetentionClasses(market: market)(
            after: call.query["after"], limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { $0.name }, \.wire)
    }

    @Sendable private func showClass(_ call: Call) async throws -> Outcome {
        .json(try await ListRetentionClasses(market: market).one(try call.name("name"), by: try call.actor).wire)
    }

    @Sendable private func setClass(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        let scope: RetentionScope = try call.chosen("scope")
        let retention = try RetentionClass(
            name: try call.name("name"), daysAfterClose: call.int("days_after_close") ?? 0, scope: scope)
        return try await call.once(200, { (_: Void) in retention.wire }) {
            try await SetRetentionClass(market: $0)(retention, by: actor)
        }
    }
}

extension RetentionClass {
    fileprivate var wire: JSON {
        [
            "name": .string(name), "days_after_close": .integer(Int64(daysAfterClose)),
            "scope": .string(scope.rawValue),
        ]
    }
}
