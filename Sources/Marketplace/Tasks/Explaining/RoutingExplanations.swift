package import Formats
package import Foundation

/// Why the scheduler chose one worker for one offer.
package struct OfferExplanation: Hashable, Sendable {
    /// Who came next of those who could have had it.
    package struct RunnerUp: Hashable, Sendable {
        package let worker: Worker.ID
        package let valueMicros: Int64

        package init(worker: Worker.ID, valueMicros: Int64) { (self.worker, self.valueMicros) = (worker, valueMicros) }
    }

    /// How many parts a value may have.
    package static let partsMax = 40

    /// What the pair is worth, in micro-units, and what that is made of, by name.
    package let valueMicros: Int64
    package let parts: [String: Int64]
    /// What the worker's time would bring elsewhere, in micro-units.
    package let hoursPriceMicros: Int64
    /// `nil` where nobody else could have had it, and where a worker reads it.
    package let runnerUp: RunnerUp?
    /// How many could have had it.
    package let candidates: Int
    /// Of the whole plan: its value ÷ the best that is possible, at least.
    package let certificateMillionths: Int64

    /// Numbers out of range are clamped; parts beyond ``partsMax`` are left out.
    package init(
        valueMicros: Int64, parts: [String: Int64], hoursPriceMicros: Int64, runnerUp: RunnerUp?, candidates: Int,
        certificateMillionths: Int64
    ) {
        self.valueMicros = valueMicros
        self.parts = Dictionary(
            parts.sorted { $0.key < $1.key }.prefix(Self.partsMax).map { ($0.key, $0.value) },
            uniquingKeysWith: { first, _ in first })
        self.hoursPriceMicros = hoursPriceMicros
        self.runnerUp = runnerUp
        self.candidates = min(max(candidates, runnerUp == nil ? 1 : 2), 1_000_000)
        self.certificateMillionths = min(max(certificateMillionths, 0), 1_000_000)
    }

    /// What the worker whom it is about may read: nothing of anybody else.
    package var ownPart: OfferExplanation {
        OfferExplanation(
            valueMicros: valueMicros, parts: parts, hoursPriceMicros: hoursPriceMicros, runnerUp: nil, candidates: 1,
            certificateMillionths: certificateMillionths
        )
    }

    var partsJSON: JSON {
        .object(Dictionary(parts.map { ($0.key, JSON.integer($0.value)) }, uniquingKeysWith: { first, _ in first }))
    }
}

/// An offer with why it was made; the explanation is `nil` once it was forgotten.
package struct ExplainedOffer: Sendable {
    package let offer: Offer
    package let explanation: OfferExplanation?
    /// Whether others are named, as operators read it.
    package let isWhole: Bool

    /// `{"offer", "requester_id", "batch_id", "state", "explanation"}`; the explanation with the micro-units of
    /// `value`, its `parts` and `hours_price`, `certificate_millionths`, and for operators `candidates` and
    /// `runner_up`.
    package var json: JSON {
        [
            "offer": .string("\(offer.id)"), "requester_id": .string("\(offer.requester)"),
            "batch_id": .string("\(offer.batch)"), "state": .string(offer.state.rawValue),
            "explanation": explanation.map { explained in
                var members: [String: JSON] = [
                    "value_micros": .integer(explained.valueMicros), "parts": explained.partsJSON,
                    "hours_price_micros": .integer(explained.hoursPriceMicros),
                    "certificate_millionths": .integer(explained.certificateMillionths),
                ]
                if isWhole {
                    members["candidates"] = .integer(Int64(explained.candidates))
                    members["runner_up"] =
                        explained.runnerUp.map {
                            ["worker": .string("\($0.worker)"), "value_micros": .integer($0.valueMicros)]
                        } ?? .null
                }
                return .object(members)
            } ?? .null,
        ]
    }
}

/// Why slots of an open batch were not offered. The tasks of a batch are alike to the scheduler: it holds for each.
package struct BatchExplanation: Hashable, Sendable {
    package let batch: Batch.Key
    /// Of the worker who came nearest to an offer.
    package let reason: UnroutedReason
    /// One sentence about that worker, without a name; `nil` where a requester reads it.
    package let message: String?
    /// How many workers each reason keeps away.
    package let counts: UnroutedCounts
    package let slotsLeft: Int
    /// Since when, and until when at least, that was so.
    package let since: Date
    package let lastSaid: Date

    /// What a requester may read: counts by reason, nothing of one worker.
    package var forRequester: BatchExplanation {
        let hidesAsks = (counts.counts[.belowAsk] ?? 0) < UnroutedCounts.asksLeast
        return BatchExplanation(
            batch: batch, reason: reason.forRequester(hidesAsks: hidesAsks), message: nil,
            counts: counts.forRequester, slotsLeft: slotsLeft, since: since, lastSaid: lastSaid
        )
    }

    /// `{"requester_id", "batch_id", "reason", "message", "counts", "slots_left", "since", "last_said"}`.
    package var json: JSON {
        [
            "requester_id": .string("\(batch.requester)"), "batch_id": .string("\(batch.id)"),
            "reason": .string(reason.rawValue), "message": message.map { .string($0) } ?? .null,
            "counts": counts.json, "slots_left": .integer(Int64(slotsLeft)),
            "since": .string(since.formatted(.iso8601)), "last_said": .string(lastSaid.formatted(.iso8601)),
        ]
    }
}

/// Why a worker was offered nothing.
package struct WorkerExplanation: Hashable, Sendable {
    package let worker: Worker.ID
    /// Of the batch that came nearest to an offer.
    package let reason: UnroutedReason
    package let message: String
    /// How many batches each reason keeps from them.
    package let counts: UnroutedCounts
    package let explainedAt: Date

    /// `{"worker", "reason", "message", "counts", "explained_at"}`.
    package var json: JSON {
        [
            "worker": .string("\(worker)"), "reason": .string(reason.rawValue), "message": .string(message),
            "counts": counts.json, "explained_at": .string(explainedAt.formatted(.iso8601)),
        ]
    }
}

/// What a routing plan says about a batch of which slots are left.
package struct UnroutedBatch: Hashable, Sendable {
    package let batch: Batch.Key
    package let reason: UnroutedReason
    package let message: String
    package let counts: UnroutedCounts
    package let slotsLeft: Int

    /// - Parameters:
    ///   - message: cut after 1,000 characters.
    ///   - slotsLeft: clamped to 1 … 1,000,000.
    package init(batch: Batch.Key, reason: UnroutedReason, message: String, counts: UnroutedCounts, slotsLeft: Int) {
        (self.batch, self.reason, self.counts) = (batch, reason, counts)
        self.message = message.boundedSentence
        self.slotsLeft = min(max(slotsLeft, 1), 1_000_000)
    }
}

/// What a routing plan says about a worker without a new offer.
package struct UnroutedWorker: Hashable, Sendable {
    package let worker: Worker.ID
    package let reason: UnroutedReason
    package let message: String
    package let counts: UnroutedCounts

    /// - Parameter message: cut after 1,000 characters.
    package init(worker: Worker.ID, reason: UnroutedReason, message: String, counts: UnroutedCounts) {
        (self.worker, self.reason, self.counts) = (worker, reason, counts)
        self.message = message.boundedSentence
    }
}

extension String {
    fileprivate var boundedSentence: String { isEmpty ? "-" : String(prefix(1_000)) }
}
