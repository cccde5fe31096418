package import Formats
package import Foundation
internal import Store

/// A batch whose answers are not given out until somebody has looked at them.
package struct BatchQuarantine: Sendable {
    package typealias ID = Identifier<BatchQuarantine>

    package let id: ID
    package let requester: Requester.ID
    package let batch: Batch.ID
    package let reasons: String
    package let orderedBy: Principal.ID
    package let orderedAt: Date
    package let liftedAt: Date?
    package let liftReasons: String?

    package var json: JSON {
        [
            "quarantine": .string("\(id)"), "requester": .string("\(requester)"), "batch": .string("\(batch)"),
            "reasons": .string(reasons), "ordered_by": .string("\(orderedBy)"),
            "ordered_at": .string(orderedAt.formatted(.iso8601)),
            "lifted_at": liftedAt.map { .string($0.formatted(.iso8601)) } ?? .null,
            "lift_reasons": liftReasons.map(JSON.string) ?? .null,
        ]
    }
}

/// Why a batch is not put under quarantine, or not let out of it.
package enum BatchQuarantineRefusal: Refusal, CaseIterable {
    case alreadyQuarantined
    case notQuarantined

    package var code: String {
        switch self {
        case .alreadyQuarantined: "already_quarantined"
        case .notQuarantined: "not_quarantined"
        }
    }

    package var message: String {
        switch self {
        case .alreadyQuarantined: "The batch is under quarantine already."
        case .notQuarantined: "The batch is not under quarantine."
        }
    }
}

/// Why results are not given out.
package enum ExportRefusal: Refusal, CaseIterable {
    /// A batch that the export is of is under quarantine.
    case quarantined

    package var code: String {
        switch self {
        case .quarantined: "batch_quarantined"
        }
    }

    package var message: String {
        switch self {
        case .quarantined:
            "A batch of this export is under quarantine: its answers are being looked at, and are not given out."
        }
    }
}

/// Keeps the answers to a batch from being exported, until an operator lifts it. Nobody's work or pay is touched.
package struct QuarantineBatch: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - reasons: for the requester and for other operators, 1 to 2,000 characters.
    ///   - actor: an operator.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``BatchQuarantineRefusal/alreadyQuarantined``.
    package func callAsFunction(
        _ batch: Batch.ID, of requester: Requester.ID, reasons: String, by actor: Principal.ID
    ) async throws -> BatchQuarantine.ID {
        let reasons = try PlainText.lines(reasons, field: "reasons", lengthMax: 2_000)
        return try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            guard try await change.transaction.lockBatch(batch, of: requester) != nil else { throw NotFound("batch") }
            let id: BatchQuarantine.ID = change.make()
            guard
                try await change.transaction.insertQuarantine(
                    id, of: Batch.Key(requester: requester, id: batch), reasons: reasons, by: actor)
            else { throw BatchQuarantineRefusal.alreadyQuarantined }
            try await change.record(
                "batch_quarantined", by: actor, on: "batch", batch.uuid, in: .requester(requester),
                facts: ["quarantine": .string("\(id)"), "reasons": .string(reasons)])
            return id
        }
    }

    /// - Parameter reasons: as above.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``BatchQuarantineRefusal/notQuarantined``.
    package func lift(
        _ batch: Batch.ID, of requester: Requester.ID, reasons: String, by actor: Principal.ID
    ) async throws {
        let reasons = try PlainText.lines(reasons, field: "reasons", lengthMax: 2_000)
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            let key = Batch.Key(requester: requester, id: batch)
            guard let id = try await change.transaction.liftQuarantine(of: key, reasons: reasons, by: actor) else {
                throw BatchQuarantineRefusal.notQuarantined
            }
            try await change.record(
                "quarantine_lifted", by: actor, on: "batch", batch.uuid, in: .requester(requester),
                facts: ["quarantine": .string("\(id)"), "reasons": .string(reasons)])
        }
    }
}

/// Batches under quarantine, the oldest first; with those of before where they are asked for.
package struct ListQuarantines: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - past: whether those that were lifted are shown, too.
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: an operator.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        past: Bool = false, after last: BatchQuarantine.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [BatchQuarantine] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.quarantines(past: past, after: last, limit: limit)
        }
    }
}
