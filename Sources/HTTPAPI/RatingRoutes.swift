internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// Workers rate requesters, and see how others do.
struct RatingRoutes {
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/v1/ratings/{requester}/{batch}", "rateRequester",
                "Rate a requester once your pay for the batch has left; the same again is the same rating", .ratings,
                for: .worker,
                takes: .json(
                    ["clarity": .integer(1...5), "fairness": .integer(1...5), "pay_speed": .integer(1...5)],
                    bytesMax: 4 << 10),
                gives: .created(.state("rated")), refuses: ["batch_not_paid", "already_rated"], by: rate),
            Endpoint(
                .get, "/v1/ratings/{requester}", "showRequesterScore",
                "What workers say of a requester; null before five have", .ratings, for: .anybody,
                gives: .ok(["score": Shape.score.orNull]), by: score),
        ]
    }

    @Sendable private func rate(_ call: Call) async throws -> Outcome {
        let worker = try call.actor
        let (requester, batch): (Requester.ID, Batch.ID) = (try call.id("requester"), try call.id("batch"))
        let rating = try RequesterRating(
            clarity: Int(clamping: try call.integer("clarity")), fairness: Int(clamping: try call.integer("fairness")),
            paySpeed: Int(clamping: try call.integer("pay_speed")))
        return try await call.once(201, { ["state": "rated"] }) {
            try await RateRequester(market: $0)(rating, of: requester, for: batch, by: worker)
        }
    }

    @Sendable private func score(_ call: Call) async throws -> Outcome {
        let score = try await ShowRequesterScore(market: market)(of: try call.id("requester"), by: try call.actor)
        return .json(["score": score?.json ?? .null])
    }
}
