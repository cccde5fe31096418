internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// Where a requester's programs are told what happened, and what came back.
struct WebhookRoutes {
    let market: Market
    let policy: WebhookPolicy

    var endpoints: [Endpoint] { registered + log }

    private var guarded: Guarded {
        Guarded(
            ["url", "kinds", "state"],
            lock: { call, change in _ = try await change.transaction.lockWebhook(try webhook(call)) }, read: show)
    }

    private static let own = Access.requester([.requester], or: [.operator])

    private var registered: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/requesters/{requester}/webhooks", "listWebhooks", "A requester's endpoints, oldest first",
                .webhooks, for: Self.own, query: Parameter.pagingOn, gives: .ok(.page(Self.webhook)), by: list),
            Endpoint(
                .post, "/v1/requesters/{requester}/webhooks", "registerWebhook",
                "Register an endpoint, and get the secret that its messages are signed with, once", .webhooks,
                for: Self.own,
                takes: .json(["url": .text(1...2_000), "kinds": Shape.list(Self.kind, 0...100).optional]),
                gives: .created(Self.secret),
                refuses: ["too_many_webhooks", "keys_missing", "answer_not_kept"] + Code.keys, by: register),
            Endpoint(
                .get, "/v1/webhooks/{webhook}", "showWebhook", "One endpoint", .webhooks, for: Self.own,
                guards: guarded, gives: .ok(Self.webhook), by: show),
            Endpoint(
                .patch, "/v1/webhooks/{webhook}", "changeWebhook",
                "Change an endpoint's address or events, disable it or enable it again", .webhooks, for: Self.own,
                takes: .json([
                    "url": Shape.text(1...2_000).orNull.optional, "kinds": Shape.list(Self.kind, 0...100).optional,
                    "is_enabled": Shape.flag.optional,
                ]), guards: guarded, gives: .ok(Self.webhook), refuses: ["too_many_webhooks"], by: change),
            Endpoint(
                .post, "/v1/webhooks/{webhook}/secret", "rotateWebhookSecret",
                "Get a new secret, once; both sign for a while", .webhooks, for: Self.own,
                takes: .json(["overlap_seconds": Shape.integer(1...604_800).optional]),
                gives: .created(Self.secret),
                refuses: ["webhook_secret_rotating", "keys_missing", "answer_not_kept"] + Code.keys, by: rotate),
            Endpoint(
                .post, "/v1/webhooks/{webhook}/test", "testWebhook",
                "Have `webhook.test` sent, whatever the endpoint asked for", .webhooks, for: Self.own,
                takes: .empty, gives: .accepted(.object(["event": .id])), refuses: ["webhook_not_enabled"], by: test),
        ]
    }

    private var log: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/webhooks/{webhook}/deliveries", "listWebhookDeliveries",
                "What an endpoint was told and is to be told, newest first", .webhooks, for: Self.own,
                query: [
                    .query("state", .choice(WebhookDeliveryState.self)),
                    .next("before", .integer(1...Int64.max)),
                    .limit(),
                ], gives: .ok(.page(Self.delivery, next: .integer)), by: deliveries),
            Endpoint(
                .get, "/v1/webhooks/{webhook}/deliveries/{event}/attempts", "listWebhookAttempts",
                "What came back of each try to deliver one event, oldest first", .webhooks, for: Self.own,
                gives: .ok(["items": .list(Self.attempt)]), by: attempts),
            Endpoint(
                .post, "/v1/webhooks/{webhook}/deliveries/{event}/replay", "replayWebhookEvent",
                "Send an event again, whatever became of it", .webhooks, for: Self.own, takes: .empty,
                gives: .accepted(.state("waiting")), refuses: ["webhook_not_enabled"], by: replayOne),
            Endpoint(
                .post, "/v1/webhooks/{webhook}/replay", "replayWebhook",
                "Send again what was given up of events since an instant, 1,000 at most", .webhooks, for: Self.own,
                takes: .json(["given_up_since": .time]), gives: .accepted(.object(["replayed": .count])),
                refuses: ["webhook_not_enabled"], by: replay),
        ]
    }

    private static let kind = Shape([
        "type": "string", "enum": .array(PublicEvent.kinds.map(JSON.string)),
    ])
    private static let secret = Shape.object("WebhookSecret", ["webhook": .id, "secret": .text])
    private static let webhook = Shape.object(
        "Webhook",
        [
            "webhook": .id, "url": .text, "kinds": .list(kind), "state": .choice(WebhookEndpointState.self),
            "created_at": .time, "failing_since": .time.orNull, "ended_at": .time.orNull,
        ])
    private static let delivery = Shape.object(
        "WebhookDelivery",
        [
            "event": .id, "position": .integer, "type": kind, "subject": .text, "subject_id": .id, "occurred_at": .time,
            "state": .choice(WebhookDeliveryState.self), "attempts": .count, "due_at": .time.orNull,
            "ended_at": .time.orNull,
        ])
    private static let attempt = Shape.object(
        "WebhookAttempt",
        [
            "attempt": .count, "took_ms": .count, "status": .integer.orNull, "fault": .text.orNull,
            "tried_at": .time.orNull,
        ])

    private func kinds(_ call: Call) -> [String]? { call["kinds"]?.arrayValue?.compactMap(\.stringValue) }

    private func webhook(_ call: Call) throws -> WebhookEndpoint.ID { try call.id("webhook") }

    private func event(_ call: Call) throws -> UUID {
        let id: Identifier<WebhookDelivery> = try call.id("event", of: "delivery")
        return id.uuid
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListWebhooks(market: market)(
            of: try call.id("requester"), after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func show(_ call: Call) async throws -> Outcome {
        .json(try await ListWebhooks(market: market).one(try webhook(call), by: try call.actor).json)
    }

    @Sendable private func register(_ call: Call) async throws -> Outcome {
        let (url, wanted, actor) = (try call.string("url"), kinds(call) ?? [], try call.actor)
        let requester: Requester.ID = try call.id("requester")
        return try await call.once(201, sealed: true, \NewWebhookSecret.json) {
            try await RegisterWebhook(market: $0, policy: policy)(url: url, kinds: wanted, of: requester, by: actor)
        }
    }

    @Sendable private func change(_ call: Call) async throws -> Outcome {
        let changed = try await ChangeWebhook(market: call.market, policy: policy)(
            try webhook(call), url: call.text("url"), kinds: kinds(call), isEnabled: call["is_enabled"]?.boolValue,
            by: try call.actor)
        return .json(changed.json)
    }

    @Sendable private func rotate(_ call: Call) async throws -> Outcome {
        let (id, actor) = (try webhook(call), try call.actor)
        let overlap = TimeInterval(call.int("overlap_seconds") ?? 86_400)
        return try await call.once(201, sealed: true, \NewWebhookSecret.json) {
            try await RotateWebhookSecret(market: $0)(id, overlap: overlap, by: actor)
        }
    }

    @Sendable private func test(_ call: Call) async throws -> Outcome {
        let (id, actor) = (try webhook(call), try call.actor)
        return try await call.once(202, { (event: UUID) in ["event": .string(event.uuidString.lowercased())] }) {
            try await TestWebhook(market: $0)(id, by: actor)
        }
    }

    @Sendable private func deliveries(_ call: Call) async throws -> Outcome {
        let found = try await ListWebhookDeliveries(market: market)(
            of: try webhook(call), in: call.choice("state"), before: call.query["before"].flatMap { Int64($0) },
            limit: call.limit, by: try call.actor)
        let next = found.count >= call.limit ? found.last.map { JSON.integer($0.position) } : nil
        return .json(["items": .array(found.map(\.json)), "next": next ?? .null])
    }

    @Sendable private func attempts(_ call: Call) async throws -> Outcome {
        let found = try await ListWebhookDeliveries(market: market).attempts(
            of: try event(call), to: try webhook(call), by: try call.actor)
        return .json(["items": .array(found.map(\.json))])
    }

    @Sendable private func replayOne(_ call: Call) async throws -> Outcome {
        let (id, event, actor) = (try webhook(call), try event(call), try call.actor)
        return try await call.once(202, { (_: Void) in ["state": "waiting"] }) {
            try await ReplayWebhooks(market: $0)(event, to: id, by: actor)
        }
    }

    @Sendable private func replay(_ call: Call) async throws -> Outcome {
        let (id, since, actor) = (try webhook(call), try call.instant("given_up_since"), try call.actor)
        return try await call.once(202, { (count: Int) in ["replayed": .integer(Int64(count))] }) {
            try await ReplayWebhooks(market: $0)(givenUpSince: since, to: id, by: actor)
        }
    }
}

extension NewWebhookSecret {
    fileprivate var json: JSON { ["webhook": .string("\(endpoint)"), "secret": .string(secret)] }
}

extension WebhookEndpoint {
    fileprivate var json: JSON {
        [
            "webhook": .string("\(id)"), "url": .string(url), "kinds": .array(kinds.map { .string($0) }),
            "state": .string(state.rawValue), "created_at": .millisecond(createdAt),
            "failing_since": .millisecond(failingSince),
            "ended_at": .millisecond(endedAt),
        ]
    }
}

extension WebhookDelivery {
    fileprivate var json: JSON {
        [
            "event": .string(event.uuidString.lowercased()), "position": .integer(position), "type": .string(kind),
            "subject": .string(subject), "subject_id": .string(subjectID.uuidString.lowercased()),
            "occurred_at": .millisecond(occurredAt), "state": .string(state.rawValue),
            "attempts": .integer(Int64(attempts)),
            "due_at": state == .waiting ? .millisecond(dueAt) : .null,
            "ended_at": .millisecond(endedAt),
        ]
    }
}

extension WebhookAttempt {
    fileprivate var json: JSON {
        [
            "attempt": .integer(Int64(number)), "took_ms": .integer(Int64(tookMilliseconds)),
            "status": status.map { .integer(Int64($0)) } ?? .null, "fault": fault.map(JSON.string) ?? .null,
            "tried_at": .millisecond(triedAt),
        ]
    }
}
