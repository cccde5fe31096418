internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// Why work was offered or not: workers read their own part, requesters counts by reason, operators all of it.
struct ScheduleRoutes {
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/offers/{offer}/why", "explainOffer", "Why you were offered it; null after 90 days", .offers,
                for: .worker, gives: .ok(.explainedOffer), by: offer),
            Endpoint(
                .get, "/v1/work/routing", "explainRouting",
                "Why the scheduler offered you nothing, as it was said last", .work, for: .oneself,
                gives: .ok(["explanation": Shape.ownRouting.orNull]), refuses: ["not_found"], by: own),
            Endpoint(
                .get, "/v1/batches/{requester}/{batch}/routing", "explainBatchRouting",
                "Why slots of a batch were not offered, the newest first", .batches,
                for: .requester([.requester], or: [.operator]),
                query: [
                    .query("as", .choice(ExplainRouting.Reader.self)),
                    .next("before", .time), .limit(),
                ],
                gives: .ok(.page(.routing, next: .time)), by: batch),
        ]
    }

    @Sendable private func offer(_ call: Call) async throws -> Outcome {
        let worker = try call.actor
        return .json(
            try await ExplainRouting(market: market)(try call.id("offer"), of: Worker.ID(worker.uuid), by: worker).json)
    }

    @Sendable private func own(_ call: Call) async throws -> Outcome {
        let worker = try call.actor
        let found = try await ExplainRouting(market: market)(Worker.ID(worker.uuid), by: worker)
        return .json(["explanation": found?.json ?? .null])
    }

    /// For a requester unless it says otherwise.
    @Sendable private func batch(_ call: Call) async throws -> Outcome {
        let key = Batch.Key(requester: try call.id("requester", of: "batch"), id: try call.id("batch"))
        let before = try call.query["before"].map { try Call.instant($0, "before") }
        let items = try await ExplainRouting(market: market)(
            key, before: before, limit: call.limit, as: call.choice("as") ?? .requester, by: try call.actor)
        return .page(items, limit: call.limit, next: { $0.since.internetText }, \.json)
    }
}
