package import Formats
package import Foundation
package import Marketplace

/// An offer that a round wants made, and why.
package struct PlannedOffer: Hashable, Sendable {
    package let requester: Requester.ID
    package let batch: Batch.ID
    package let worker: Worker.ID
    /// Micro-units; see `RoutingValue`.
    package let value: Int64
    /// What one more place at this worker would have been worth; 0 with time left.
    package let price: Int64
    package let tierDistance: Int
    /// As the worker's windows and the notice that they want allow.
    package let answerBy: Date
    /// What made the worker eligible.
    package let proof: EligibilityProof
}

/// What a routing round decided: offers, and a reason for each batch and worker without.
package struct RoutingPlan: Hashable, Sendable {
    /// The most valuable first; ties by batch, then worker.
    package let offers: [PlannedOffer]
    /// Batches with slots that nobody is offered, in the order of the policy.
    package let batches: [Unrouted<Batch.ID>]
    /// Workers without a new offer, by id.
    package let workers: [Unrouted<Worker.ID>]
    /// Value ÷ the best that is possible, at least; 1,000,000 is proven best.
    package let certificateMillionths: Int64
    /// How many bids the auction took, and whether it came to its end.
    package let bids: Int
    package let isSettled: Bool
}

extension RoutingPlan {
    /// Why this worker is offered this batch; what the offer keeps.
    ///
    /// Shape: an object of `certificate_millionths`, `price`, `proof` (see ``EligibilityProof/json``), `rule`,
    /// `tier_distance` and `value`.
    package func reason(of offer: PlannedOffer) -> JSON {
        [
            "rule": "capacitated_auction", "value": .integer(offer.value), "price": .integer(offer.price),
            "tier_distance": .integer(Int64(offer.tierDistance)), "proof": offer.proof.json,
            "certificate_millionths": .integer(certificateMillionths),
        ]
    }

    /// The whole explanation of a round.
    package var json: JSON {
        [
            "certificate_millionths": .integer(certificateMillionths), "bids": .integer(Int64(bids)),
            "is_settled": .bool(isSettled),
            "offers": .array(
                offers.map {
                    ["batch": .string("\($0.batch)"), "worker": .string("\($0.worker)"), "reason": reason(of: $0)]
                }),
            "batches": .array(batches.map(\.json)), "workers": .array(workers.map(\.json)),
        ]
    }
}

extension Unrouted where Subject: CustomStringConvertible {
    /// `{"id": …, "rule": …, "message": …, "pairs": {"hours_cap": 3}}`.
    package var json: JSON {
        [
            "id": .string(subject.description), "rule": .string(bar.rule.rawValue), "message": .string(bar.message),
            "pairs": .object(
                Dictionary(
                    counts.map { ($0.key.rawValue, JSON.integer(Int64($0.value))) },
                    uniquingKeysWith: { first, _ in first }
                )),
        ]
    }
}
