internal import Formats
internal import Foundation
internal import Store

/// Why a requester's keys are not destroyed. In order of precedence.
package enum DestroyRefusal: Refusal, CaseIterable {
    /// A program does not destroy.
    case noPerson
    case alreadyDestroyed
    /// Somebody has asked for it already.
    case alreadyProposed
    /// Nobody has asked for it.
    case notProposed
    /// Whoever asked for it cannot confirm it.
    case sameOperator
    /// A batch of the requester is open or paused.
    case batchesOpen
    /// Content from before it was sealed is left.
    case unsealed

    package var code: String {
        switch self {
        case .noPerson: "destroyer_is_no_person"
        case .alreadyDestroyed: "key_already_destroyed"
        case .alreadyProposed: "destruction_already_proposed"
        case .notProposed: "destruction_not_proposed"
        case .sameOperator: "same_operator"
        case .batchesOpen: "batches_open"
        case .unsealed: "content_not_sealed"
        }
    }

    package var message: String {
        switch self {
        case .noPerson: "Keys are destroyed by people, not by programs."
        case .alreadyDestroyed: "The requester's keys were destroyed."
        case .alreadyProposed: "Somebody has asked for it. A second operator must confirm it."
        case .notProposed: "Nobody has asked for it. One operator must, before another confirms."
        case .sameOperator: "You asked for it. A second operator must confirm it."
        case .batchesOpen: "The requester has batches that are open or paused. Close them first."
        case .unsealed: "Some of the requester's content is not sealed yet. Run `guildhall content seal` first."
        }
    }
}

/// Destroys the keys of a requester's content, so that nobody can ever read it again: one operator asks for it, another
/// confirms. Ledger, audit log and results stay; drafts, known answers, suggestions
/// and what answers came to go, and what was said of faulty records.
package struct DestroyRequesterKey: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Asks for it.
    ///
    /// - Parameter reasons: 1 to 2,000 characters.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``DestroyRefusal``.
    package func propose(_ requester: Requester.ID, reasons: String, by actor: Principal.ID) async throws {
        let reasons = try PlainText.lines(reasons, field: "reasons", lengthMax: 2_000)
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.mayDestroy(actor)
            guard try await transaction.requesterExists(requester) else { throw NotFound("requester") }
            guard try await transaction.insertDestruction(of: requester, reasons: reasons, by: actor) else {
                let found = try await transaction.lockDestruction(of: requester)
                throw found?.isConfirmed == true ? DestroyRefusal.alreadyDestroyed : .alreadyProposed
            }
            if let refusal = try await transaction.destructionBar(of: requester) { throw refusal }
            try await change.record(
                "key_destruction_proposed", by: actor, on: "requester", requester.uuid, in: .requester(requester),
                facts: ["reasons": .string(reasons)]
            )
        }
    }

    /// Takes back what was asked for and not confirmed.
    ///
    /// - Throws: ``AccessRefusal``; ``DestroyRefusal``.
    package func withdraw(_ requester: Requester.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            try await change.transaction.mayDestroy(actor)
            guard let found = try await change.transaction.lockDestruction(of: requester) else {
                throw DestroyRefusal.notProposed
            }
            guard !found.isConfirmed else { throw DestroyRefusal.alreadyDestroyed }
            try await change.transaction.deleteDestruction(of: requester)
            try await change.record(
                "key_destruction_withdrawn", by: actor, on: "requester", requester.uuid, in: .requester(requester)
            )
        }
    }

    /// Does it, as the second person.
    ///
    /// - Throws: ``AccessRefusal``; ``DestroyRefusal``.
    package func confirm(_ requester: Requester.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.mayDestroy(actor)
            guard let found = try await transaction.lockDestruction(of: requester) else {
                throw DestroyRefusal.notProposed
            }
            guard !found.isConfirmed else { throw DestroyRefusal.alreadyDestroyed }
            guard found.proposer != actor else { throw DestroyRefusal.sameOperator }
            // Whoever seals content or publishes holds the keys; after the wait, what they did is seen.
            try await transaction.lockRequesterKeys(of: requester)
            if let refusal = try await transaction.destructionBar(of: requester) { throw refusal }
            try await transaction.destroyKeys(of: requester, WorkFunction.allCases, by: actor)
            try await change.record(
                "requester_key_destroyed", by: actor, on: "requester", requester.uuid, in: .requester(requester),
                facts: ["proposed_by": .string("\(found.proposer)")]
            )
        }
    }
}

extension Transaction {
    fileprivate func mayDestroy(_ actor: Principal.ID) async throws {
        try await authorize(actor, as: .operator)
        guard try await isPerson(actor) else { throw DestroyRefusal.noPerson }
    }

    /// - Throws: ``ContentRefusal/destroyed`` for a batch whose content is gone; else it stays until the transaction
    ///   ends.
    func mustHaveContent(of batch: Batch) async throws {
        guard let function = try await workFunction(of: batch.project, batch.requester),
            let row = try await holdRequesterKey(of: batch.requester, function)
        else { return }
        guard try row["destroyed_at"] as Date? == nil else { throw ContentRefusal.destroyed }
    }
}
