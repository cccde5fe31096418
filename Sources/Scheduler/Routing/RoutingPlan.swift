package import Formats
package import Foundation
package import Marketplace
package import Matching

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
    /// What made the worker eligible, where it was worked out for this plan; `nil` where it is kept.
    package let proof: EligibilityProof?
    /// What the value is made of, before priority, the time's price and the chance of acceptance.
    package let parts: PairValue
    /// What the worker's time was worth for other work of the week, in micro-units.
    package let timePrice: Int64
    /// What could still have been had of the batch without the worker, by those who are likely to come, in micro-units.
    package let continuation: Int64
    /// What their answer brings more than a usual one to tasks that ask for one more, in micro-units.
    package let answerGain: Int64
    /// The best of those who were not chosen for the batch.
    package let runnerUp: RunnerUp?
    /// How many could have had it.
    package let candidates: Int
    /// The chance that all the batch has on offer with this plan is taken in time, in millionths.
    package let waveChanceMillionths: Int
    /// Whether it goes before all that is not past its bound, forced or due at once.
    package var goesFirst = false
}

/// Who would have been next.
package struct RunnerUp: Hashable, Sendable {
    package let worker: Worker.ID
    /// Micro-units.
    package let value: Int64
}

/// What a routing round decided: offers, and a reason for each batch and worker without.
package struct RoutingPlan: Hashable, Sendable {
    /// Those that go first, then the others; the most valuable first, ties by batch, then worker.
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
    /// Shape: an object of `certificate_millionths`, `continuation`, `price`, `proof` (see ``EligibilityProof/json``;
    /// null where it is kept who meets the requirement), `rule`, `runner_up` (null without one), `tier_distance`,
    /// `time_price`, `value`, `parts` (micro-units, by ``PairValue/Part``) and `wave_chance_millionths`.
    package func reason(of offer: PlannedOffer) -> JSON {
        [
            "rule": "capacitated_auction", "value": .integer(offer.value), "price": .integer(offer.price),
            "tier_distance": .integer(Int64(offer.tierDistance)), "proof": offer.proof?.json ?? .null,
            "certificate_millionths": .integer(certificateMillionths),
            "parts": .object(
                Dictionary(
                    offer.parts.parts.map { ($0.part.rawValue, JSON.integer($0.micros)) },
                    uniquingKeysWith: { first, _ in first })),
            "time_price": .integer(offer.timePrice), "continuation": .integer(offer.continuation),
            "runner_up": offer.runnerUp.map {
                ["worker": .string("\($0.worker)"), "value": .integer($0.value)] as JSON
            } ?? .null,
            "wave_chance_millionths": .integer(Int64(offer.waveChanceMillionths)),
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
