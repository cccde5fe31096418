internal import Formats
package import Foundation
internal import Store

/// An event on its way to an endpoint, or there.
package struct WebhookDelivery: Hashable, Sendable {
    package let endpoint: WebhookEndpoint.ID
    /// The `webhook-id`.
    package let event: UUID
    package let position: Int64
    package let kind: String
    package let subject: String
    package let subjectID: UUID
    package let occurredAt: Date
    package let state: WebhookDeliveryState
    /// Since it was last asked for.
    package let attempts: Int
    /// When it may be tried next, while it waits.
    package let dueAt: Date
    package let endedAt: Date?
}

/// Shows what an endpoint was told and is to be told, newest first, and what came back.
package struct ListWebhookDeliveries: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - state: those in it only.
    ///   - before: the position of the last one of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``BadInput``; ``NotFound`` for an endpoint that is not theirs.
    package func callAsFunction(
        of id: WebhookEndpoint.ID, in state: WebhookDeliveryState? = nil, before: Int64? = nil, limit: Int = 50,
        by actor: Principal.ID
    ) async throws -> [WebhookDelivery] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.checkWebhook(id, for: actor)
            return try await transaction.deliveries(of: id, in: state, before: before, limit: limit)
        }
    }

    /// The tries of one delivery, oldest first: those of before a replay as well.
    ///
    /// - Throws: ``NotFound``.
    package func attempts(
        of event: UUID, to id: WebhookEndpoint.ID, by actor: Principal.ID
    ) async throws -> [WebhookAttempt] {
        try await market.database.read { transaction in
            try await transaction.checkWebhook(id, for: actor)
            guard try await transaction.deliveryExists(event, to: id) else { throw NotFound("delivery") }
            return try await transaction.attempts(of: event, to: id)
        }
    }
}

/// Sends again what was delivered or given up, under the same `webhook-id`.
package struct ReplayWebhooks: Sendable {
    package static let most = 1_000
    let market: Market

    package init(market: Market) { self.market = market }

    /// One event. One that waits still is due at once.
    ///
    /// - Throws: ``NotFound``; ``WebhookRefusal/notEnabled``.
    package func callAsFunction(_ event: UUID, to id: WebhookEndpoint.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            let endpoint = try await change.transaction.lockEnabledWebhook(id, for: actor)
            guard try await change.transaction.replay(event, to: id) else { throw NotFound("delivery") }
            try await change.record(
                "webhook_replayed", by: actor, on: "webhook", id.uuid, in: .requester(endpoint.requester),
                facts: ["event": .string(event.uuidString.lowercased())])
        }
    }

    /// What was given up of events since an instant, the oldest first, 1,000 at most.
    ///
    /// - Returns: how many; call again while it is 1,000.
    /// - Throws: ``NotFound``; ``WebhookRefusal/notEnabled``.
    package func callAsFunction(
        givenUpSince instant: Date, to id: WebhookEndpoint.ID, by actor: Principal.ID
    ) async throws -> Int {
        try await market.change { change in
            let endpoint = try await change.transaction.lockEnabledWebhook(id, for: actor)
            let count = try await change.transaction.replayDead(since: instant, to: id, most: Self.most)
            try await change.record(
                "webhook_replayed", by: actor, on: "webhook", id.uuid, in: .requester(endpoint.requester),
                facts: ["count": .integer(Int64(count))])
            return count
        }
    }
}

/// Sends an endpoint a message that nothing happened, to try it out: `webhook.test`, whatever it asked for.
package struct TestWebhook: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Returns: the `webhook-id`.
    /// - Throws: ``NotFound``; ``WebhookRefusal/notEnabled``.
    package func callAsFunction(_ id: WebhookEndpoint.ID, by actor: Principal.ID) async throws -> UUID {
        try await market.change { change in
            let endpoint = try await change.transaction.lockEnabledWebhook(id, for: actor)
            let event = change.make(WebhookDelivery.self).uuid
            try await change.transaction.insertTestEvent(event, to: endpoint)
            try await change.record(
                "webhook_tested", by: actor, on: "webhook", id.uuid, in: .requester(endpoint.requester))
            return event
        }
    }
}

/// Forgets events that are over 30 days old, with what came back.
package struct ForgetWebhooks: Sendable {
    package static let keptSeconds: TimeInterval = 30 * 86_400
    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded transaction; no audit event, as the audit log has what happened.
    ///
    /// - Returns: how many events; call again at once while it is `most`.
    package func callAsFunction(most: Int = 500) async throws -> Int {
        guard (1...10_000).contains(most) else { throw BadInput("most", "must be 1 to 10,000") }
        return try await market.database.transaction { transaction in
            try await transaction.forgetEvents(before: transaction.instant - Self.keptSeconds, most: most)
        }
    }
}

extension Transaction {
    fileprivate func lockEnabledWebhook(
        _ id: WebhookEndpoint.ID, for actor: Principal.ID
    ) async throws -> WebhookEndpoint {
        let endpoint = try await lockWebhook(id, for: actor)
        guard endpoint.state == .enabled else { throw WebhookRefusal.notEnabled }
        return endpoint
    }

    fileprivate func checkWebhook(_ id: WebhookEndpoint.ID, for actor: Principal.ID) async throws {
        guard let endpoint = try await webhook(id), try await maySee(actor, of: endpoint.requester) else {
            throw NotFound("webhook")
        }
    }
}
