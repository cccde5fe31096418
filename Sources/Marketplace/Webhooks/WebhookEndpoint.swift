internal import Formats
package import Foundation
internal import Store

/// Where a requester's program is told what happened.
package struct WebhookEndpoint: Hashable, Sendable {
    package typealias ID = Identifier<WebhookEndpoint>
    /// Of one requester.
    package static let most = 20
    package let id: ID
    package let requester: Requester.ID
    package let url: String
    /// Which events; all when there are none.
    package let kinds: [String]
    package let state: WebhookEndpointState
    package let createdAt: Date
    /// Since when nothing has arrived, while something failed.
    package let failingSince: Date?
    package let endedAt: Date?
}

/// Whether an endpoint is told anything: the values of the PostgreSQL enum `webhook_endpoint_state`, in its order.
package enum WebhookEndpointState: String, Sendable, CaseIterable, SQLEnum {
    case enabled, disabled, failed, gone
}

/// Where a delivery stands: the values of the PostgreSQL enum `webhook_delivery_state`, in its order.
package enum WebhookDeliveryState: String, Sendable, CaseIterable, SQLEnum {
    case waiting, delivered, dead
}

/// Why an endpoint is not changed.
package enum WebhookRefusal: Refusal, CaseIterable {
    case tooMany
    /// It is not told anything; enable it first.
    case notEnabled
    /// Two secrets sign already.
    case rotating

    package var code: String {
        switch self {
        case .tooMany: "too_many_webhooks"
        case .notEnabled: "webhook_not_enabled"
        case .rotating: "webhook_secret_rotating"
        }
    }

    package var message: String {
        switch self {
        case .tooMany: "A requester has \(WebhookEndpoint.most) endpoints at most; disable one that is not needed."
        case .notEnabled: "This endpoint is not told anything. Enable it first."
        case .rotating: "Two secrets sign already. Wait until the older one has expired."
        }
    }
}

/// Which networks endpoints may be in, and what events they may ask for.
package struct WebhookPolicy: Hashable, Sendable {
    package var networks: OutboundTarget.Networks

    package init(networks: OutboundTarget.Networks = .open) { self.networks = networks }

    func checked(url: String) throws(BadInput) -> String { try OutboundTarget(url, networks: networks).text }

    /// Each once, by name.
    func checked(kinds: [String]) throws(BadInput) -> [String] {
        guard kinds.count <= 100 else { throw BadInput("kinds", "must be 100 at most") }
        for kind in kinds where !PublicEvent.kinds.contains(kind) {
            throw BadInput("kinds", "must be of: " + PublicEvent.kinds.joined(separator: ", "))
        }
        return Set(kinds).sorted()
    }
}

/// An endpoint with the secret that its messages are signed with. Shown once.
package struct NewWebhookSecret: Sendable, CustomStringConvertible {
    package let endpoint: WebhookEndpoint.ID
    /// `whsec_` and base64 of 32 bytes.
    package let secret: String

    package var description: String { "***" }
}

/// Registers an endpoint of a requester.
package struct RegisterWebhook: Sendable {
    let market: Market
    let policy: WebhookPolicy

    package init(market: Market, policy: WebhookPolicy = WebhookPolicy()) {
        (self.market, self.policy) = (market, policy)
    }

    /// - Parameters:
    ///   - url: https, of a public host.
    ///   - kinds: which events; all when there are none.
    ///   - actor: one of the requester's people or keys, or an operator.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``WebhookRefusal``; ``VaultRefusal``.
    package func callAsFunction(
        url: String, kinds: [String] = [], of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> NewWebhookSecret {
        let url = try policy.checked(url: url)
        let kinds = try policy.checked(kinds: kinds)
        let secret = WebhookSignature.makeSecret()
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizeOperator(actor, orRequester: requester)
            try await transaction.advisoryLock(AdvisoryLock("webhooks", "\(requester)"))
            guard try await transaction.countEnabledWebhooks(of: requester) < WebhookEndpoint.most else {
                throw WebhookRefusal.tooMany
            }
            let id: WebhookEndpoint.ID = change.make()
            try await transaction.insertWebhook(id, of: requester, url: url, kinds: kinds, by: actor)
            try await change.addSecret(secret, to: id)
            try await change.record(
                "webhook_registered", by: actor, on: "webhook", id.uuid, in: .requester(requester),
                facts: ["kinds": .array(kinds.map { .string($0) })])
            return NewWebhookSecret(endpoint: id, secret: WebhookSignature.text(of: secret))
        }
    }
}

/// Changes where an endpoint is, what it is told, and whether it is told anything.
package struct ChangeWebhook: Sendable {
    let market: Market
    let policy: WebhookPolicy

    package init(market: Market, policy: WebhookPolicy = WebhookPolicy()) {
        (self.market, self.policy) = (market, policy)
    }

    /// What is `nil` stays as it is. Disabled, it loses what waits for it; that can be replayed once it is enabled.
    ///
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``; ``WebhookRefusal/tooMany``.
    package func callAsFunction(
        _ id: WebhookEndpoint.ID, url: String? = nil, kinds: [String]? = nil, isEnabled: Bool? = nil,
        by actor: Principal.ID
    ) async throws -> WebhookEndpoint {
        let url = try url.map { try policy.checked(url: $0) }
        let kinds = try kinds.map { try policy.checked(kinds: $0) }
        return try await market.change { change in
            let transaction = change.transaction
            let endpoint = try await transaction.lockWebhook(id, for: actor)
            let isNow = isEnabled ?? (endpoint.state == .enabled)
            if isNow, endpoint.state != .enabled {
                try await transaction.advisoryLock(AdvisoryLock("webhooks", "\(endpoint.requester)"))
                guard try await transaction.countEnabledWebhooks(of: endpoint.requester) < WebhookEndpoint.most else {
                    throw WebhookRefusal.tooMany
                }
            }
            let state = isNow ? .enabled : endpoint.state == .enabled ? .disabled : endpoint.state
            try await transaction.updateWebhook(
                id, url: url ?? endpoint.url, kinds: kinds ?? endpoint.kinds, state: state)
            if state != .enabled { try await transaction.endDeliveries(to: id) }
            try await change.record(
                "webhook_changed", by: actor, on: "webhook", id.uuid, in: .requester(endpoint.requester),
                facts: ["state": .string(state.rawValue)])
            guard let changed = try await transaction.webhook(id) else { throw NotFound("webhook") }
            return changed
        }
    }
}

/// Gives an endpoint a new secret; for a day the one before signs as well.
package struct RotateWebhookSecret: Sendable {
    /// Seconds.
    package static let overlapMost: TimeInterval = 7 * 86_400
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter overlap: seconds in which both sign, up to a week.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``; ``WebhookRefusal/rotating``; ``VaultRefusal``.
    package func callAsFunction(
        _ id: WebhookEndpoint.ID, overlap: TimeInterval = 86_400, by actor: Principal.ID
    ) async throws -> NewWebhookSecret {
        guard overlap >= 1, overlap <= Self.overlapMost else { throw BadInput("overlap", "must be 1 second to a week") }
        let secret = WebhookSignature.makeSecret()
        return try await market.change { change in
            let endpoint = try await change.transaction.lockWebhook(id, for: actor)
            guard try await change.transaction.liveSecrets(of: id).count < 2 else { throw WebhookRefusal.rotating }
            try await change.transaction.expireSecret(of: id, at: change.instant + overlap)
            try await change.addSecret(secret, to: id)
            try await change.record(
                "webhook_secret_rotated", by: actor, on: "webhook", id.uuid, in: .requester(endpoint.requester),
                facts: ["overlap_seconds": .integer(Int64(overlap))])
            return NewWebhookSecret(endpoint: id, secret: WebhookSignature.text(of: secret))
        }
    }
}

/// Shows a requester's endpoints, oldest first.
package struct ListWebhooks: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        of requester: Requester.ID, after last: WebhookEndpoint.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [WebhookEndpoint] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizeOperator(toSee: actor, orRequester: requester)
            return try await transaction.webhooks(of: requester, after: last, limit: limit)
        }
    }

    /// - Throws: ``NotFound`` for one that is not theirs.
    package func one(_ id: WebhookEndpoint.ID, by actor: Principal.ID) async throws -> WebhookEndpoint {
        try await market.database.read { transaction in
            guard let endpoint = try await transaction.webhook(id),
                try await transaction.maySee(actor, of: endpoint.requester)
            else { throw NotFound("webhook") }
            return endpoint
        }
    }
}

extension Change {
    fileprivate func addSecret(_ secret: [UInt8], to endpoint: WebhookEndpoint.ID) async throws {
        let id = make(WebhookSignature.self).uuid
        try await transaction.insertWebhookSecret(id, of: endpoint)
        try await keepSecret(secret, .webhook, of: id)
    }
}

extension Transaction {
    /// An endpoint, locked, for who may change it.
    ///
    /// - Throws: ``NotFound`` for one that is not theirs.
    func lockWebhook(_ id: WebhookEndpoint.ID, for actor: Principal.ID) async throws -> WebhookEndpoint {
        guard let endpoint = try await lockWebhook(id), try await mayAct(actor, for: endpoint.requester) else {
            throw NotFound("webhook")
        }
        return endpoint
    }

    func mayAct(_ actor: Principal.ID, for requester: Requester.ID) async throws -> Bool {
        if try await holds(actor, .operator, for: nil) { return true }
        return try await holds(actor, .requester, for: requester)
    }

    /// The same, and auditors: what follows only reads.
    func maySee(_ actor: Principal.ID, of requester: Requester.ID) async throws -> Bool {
        if try await mayAct(actor, for: requester) { return true }
        return try await holds(actor, .auditor, for: nil)
    }
}
