internal import Formats
package import Foundation
internal import Store

/// What the messages of an endpoint are signed with, as far as it can be read here.
struct WebhookSecrets: Sendable {
    var readable: [[UInt8]] = []
    /// Why one cannot be read, if one cannot.
    var fault: VaultRefusal?
}

/// A claimed delivery with all that a message is made of.
struct WebhookParcel: Sendable {
    let endpoint: WebhookEndpoint.ID
    let requester: Requester.ID
    let url: String
    let event: UUID
    let kind: String
    let subject: String
    let subjectID: UUID
    let occurredAt: Date
    let facts: JSON
    let trace: String?
    /// How often delivery has begun, this time included.
    let attempts: Int
    /// Tells this claim from every other.
    let claim: UUID
    /// Whether nothing has arrived at its endpoint several times in a row.
    let isFailing: Bool
    var secrets = WebhookSecrets()
    /// Why it cannot be signed by all that is in force, which is this program's trouble and not the endpoint's: whoever
    /// checks by the secret that is missing would refuse it.
    var sealedBy: VaultRefusal? { secrets.fault }

    /// The same bytes each time.
    var body: [UInt8] {
        var data: [String: JSON] = [
            "requester": .string("\(requester)"), subject: .string(subjectID.uuidString.lowercased()),
        ]
        if case .object(let facts) = facts { data.merge(facts) { own, _ in own } }
        let message: JSON = [
            "type": .string(kind),
            "timestamp": .string(occurredAt.ISO8601Format(.init(includingFractionalSeconds: true))),
            "data": .object(data),
        ]
        return message.canonicalBytes()
    }
}

/// When what failed is tried again: after 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 20 hours, up to a tenth
/// sooner; ten tries in just under three days.
enum WebhookSchedule {
    /// After so many the waits stay the same.
    static var triesMost: Int { waits.count }
    private static let waits: [TimeInterval] = [
        5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 72_000,
    ]
    /// After how long without any success an endpoint is not told anything more, in seconds: five days.
    static let patience: TimeInterval = 5 * 86_400

    /// - Parameter early: 0 to 1, by lot, so that what failed together does not come back together.
    /// - Returns: seconds.
    static func wait(afterAttempts attempts: Int, early: Double) -> TimeInterval {
        waits[min(max(attempts - 1, 0), waits.count - 1)] * (1 - 0.1 * min(max(early, 0), 1))
    }
}

/// Sends what waits to its endpoints; any number of processes may do so at once.
///
/// At least once: a delivery is claimed in one transaction, sent outside of any, and settled in another; a crash
/// between the two sends it again when the claim has run out. Whoever receives tells repetitions by `webhook-id`. Of
/// one object an endpoint is told in order: a later event waits until the one before has arrived or was given up. No
/// endpoint has more than ``inHandMost`` messages in hand, one where nothing arrived ``failuresApart`` times in a row
/// has one, and places apart, at which requesters and their endpoints take turns: no backlog comes before others.
package struct DeliverWebhooks: Sendable {
    /// To endpoints that answer, at once.
    package static let answeringMost = 16
    /// To those where nothing arrives, at once.
    package static let failingMost = 4
    /// From how many failures in a row on an endpoint is one of these: one that fails once is tried again among those
    /// that answer.
    package static let failuresApart = 3
    /// To one endpoint, at once, whoever sends.
    package static let inHandMost = 2
    /// How long a claim holds, in seconds; a message takes 10 at most.
    static let claimSeconds: TimeInterval = 60
    let market: Market
    let policy: WebhookPolicy

    package init(market: Market, policy: WebhookPolicy = WebhookPolicy()) {
        (self.market, self.policy) = (market, policy)
    }

    /// One batch, its messages side by side. ``WebhookPlaces`` keeps on without waiting for the slowest of a batch.
    ///
    /// - Parameter actor: Guildhall itself.
    /// - Returns: how many were tried; call again at once while it is not 0.
    package func callAsFunction(through http: any OutboundHTTP, by actor: Principal.ID) async throws -> Int {
        let parcels = try await claim(answering: Self.answeringMost, failing: Self.failingMost)
        let instant = parcels.instant
        await withDiscardingTaskGroup { group in
            for parcel in parcels.claimed {
                group.addTask { await send(parcel, at: instant, through: http, by: actor) }
            }
        }
        return parcels.claimed.count
    }

    /// Takes what is due.
    ///
    /// - Parameters:
    ///   - answering: how many at most to endpoints that answer.
    ///   - failing: and to those where nothing arrives.
    func claim(answering: Int, failing: Int) async throws -> (claimed: [WebhookParcel], instant: Date) {
        guard answering > 0 || failing > 0 else { return ([], .distantPast) }
        return try await market.database.transaction { transaction in
            try await transaction.claimWebhooks(
                limit: max(answering, 0), failing: max(failing, 0), until: transaction.instant + Self.claimSeconds,
                market.keys)
        }
    }

    /// Sends one message, and settles it.
    ///
    /// - Parameter instant: at which it was claimed.
    func send(
        _ parcel: WebhookParcel, at instant: Date, through http: any OutboundHTTP, by actor: Principal.ID
    ) async {
        if let refusal = parcel.sealedBy {
            try? await putBack(parcel, refusal)
            return
        }
        let begun = ContinuousClock.now
        let answer = await send(parcel, at: instant, through: http)
        let took = ContinuousClock.now - begun
        // What cannot be settled now is sent again when its claim has run out.
        try? await settle(parcel, answer, took: took, by: actor)
    }

    private func send(
        _ parcel: WebhookParcel, at instant: Date, through http: any OutboundHTTP
    ) async -> OutboundAnswer {
        let target: OutboundTarget
        do throws(BadInput) {
            target = try OutboundTarget(parcel.url, networks: policy.networks)
        } catch {
            return .failed("The address is not allowed: it \(error.reason).")
        }
        guard !parcel.secrets.readable.isEmpty else { return .failed("There is no secret to sign with.") }
        let body = parcel.body
        let id = parcel.event.uuidString.lowercased()
        let timestamp = Int64(exactly: instant.timeIntervalSince1970.rounded(.down)) ?? 0
        let trace = parcel.trace.flatMap(TraceContext.init(header:)) ?? .fresh()
        return await http.send(
            OutboundRequest(
                "POST", target,
                headers: [
                    "content-type": "application/json", "user-agent": "guildhall-webhooks/1",
                    "webhook-id": id, "webhook-timestamp": "\(timestamp)", "traceparent": trace.child().header,
                    "webhook-signature": WebhookSignature.header(
                        id: id, timestamp: timestamp, body: body, secrets: parcel.secrets.readable),
                ],
                body: body))
    }

    private func settle(
        _ parcel: WebhookParcel, _ answer: OutboundAnswer, took: Duration, by actor: Principal.ID
    ) async throws {
        let attempt = WebhookAttempt(answer, number: parcel.attempts, took: took)
        let early = Double.random(in: 0...1)
        let isOver = try await market.database.transaction { transaction in
            let isOurs = try await transaction.settle(
                parcel, attempt, id: market.identifiers.uuid(at: transaction.instant), early: early)
            guard isOurs, !attempt.isSuccess else { return false }
            let since = try await transaction.noteFailing(parcel.endpoint)
            return attempt.status == 410
                || since.map { transaction.instant.timeIntervalSince($0) >= WebhookSchedule.patience } ?? false
        }
        if isOver { try await end(parcel, attempt.status == 410 ? .gone : .failed, by: actor) }
    }

    /// What was not tried for want of a key counts as no try, and loses nothing of its three days.
    private func putBack(_ parcel: WebhookParcel, _ refusal: VaultRefusal) async throws {
        try await market.database.transaction { transaction in
            guard try await transaction.putBack(parcel) else { return }
            try await warn(of: parcel, refusal, in: transaction)
        }
    }

    /// Operators are told, once a day, that nothing can be signed for an endpoint: the key file is not the newest one,
    /// or what is stored was altered.
    private func warn(of parcel: WebhookParcel, _ refusal: VaultRefusal, in transaction: Transaction) async throws {
        let day = Int64(exactly: (transaction.instant.timeIntervalSince1970 / 86_400).rounded(.down)) ?? 0
        for person in try await transaction.operatorsToTell() {
            try await transaction.tell(
                person, kind: "webhook_unsigned",
                facts: [
                    "webhook": .string("\(parcel.endpoint)"), "requester": .string("\(parcel.requester)"),
                    "reason": .string(refusal.code),
                ],
                id: market.identifiers.make(at: transaction.instant),
                dedupKey: "webhook_unsigned/\(parcel.endpoint)/\(day)")
        }
    }

    /// An endpoint that says so itself, or where nothing arrived for days, is told nothing more, and its people are.
    private func end(_ parcel: WebhookParcel, _ state: WebhookEndpointState, by actor: Principal.ID) async throws {
        try await market.change { change in
            let transaction = change.transaction
            guard let endpoint = try await transaction.lockWebhook(parcel.endpoint) else { throw NotFound("webhook") }
            let ends = endpoint.state == .enabled
            if ends {
                try await transaction.updateWebhook(endpoint.id, url: endpoint.url, kinds: endpoint.kinds, state: state)
                try await transaction.endDeliveries(to: endpoint.id)
                let told = try await transaction.peopleToTell(of: endpoint.requester)
                for person in told {
                    try await transaction.tell(
                        person, kind: "webhook_disabled",
                        facts: ["webhook": .string("\(endpoint.id)"), "reason": .string(state.rawValue)],
                        id: change.make())
                }
            }
            try await change.record(
                "webhook_ended", by: actor, on: "webhook", endpoint.id.uuid, in: .requester(endpoint.requester),
                facts: ["state": .string(state.rawValue), "was_enabled": .bool(ends)])
        }
    }
}

/// One try of a delivery.
package struct WebhookAttempt: Hashable, Sendable {
    package let number: Int
    package let tookMilliseconds: Int
    /// `nil` where no answer came.
    package let status: Int?
    package let fault: String?
    /// `nil` for one that is not stored yet.
    package var triedAt: Date?

    package var isSuccess: Bool { status.map { (200...299).contains($0) } ?? false }

    init(number: Int, tookMilliseconds: Int, status: Int?, fault: String?, triedAt: Date?) {
        (self.number, self.tookMilliseconds) = (number, tookMilliseconds)
        (self.status, self.fault, self.triedAt) = (status, fault, triedAt)
    }

    init(_ answer: OutboundAnswer, number: Int, took: Duration) {
        let (seconds, attoseconds) = took.components
        let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        let (status, fault): (Int?, String?)
        switch answer {
        case .answered(let code, _) where (100...999).contains(code): (status, fault) = (code, nil)
        case .answered: (status, fault) = (nil, "The answer has no status.")
        case .failed(let reason): (status, fault) = (nil, reason.isEmpty ? "failed" : String(reason.prefix(500)))
        }
        self.init(
            number: number, tookMilliseconds: Int(clamping: max(milliseconds, 0)), status: status, fault: fault,
            triedAt: nil)
    }
}
