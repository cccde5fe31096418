internal import Formats
internal import Foundation
internal import Store

/// A requester pays more for accepted work than was agreed: wallet to worker payable, no fee.
package struct PayBonus: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent by `reference`, which is the requester's own: the same bonus again is paid once.
    ///
    /// - Parameters:
    ///   - reference: a line of 1 to 200 characters.
    ///   - reason: for the worker to read, up to 4,000 characters.
    /// - Returns: the entry of the journal.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``BonusRefusal``; ``LedgerRefusal``.
    @discardableResult
    package func callAsFunction(
        _ amount: Money, for id: Assignment.ID, of requester: Requester.ID, reference: String, reason: String,
        by actor: Principal.ID
    ) async throws -> JournalEntry.ID {
        guard amount.minorUnits > 0 else { throw BadInput("amount", "must be above zero") }
        let source = try Reference.uuid(of: reference, in: "bonus/\(requester)")
        let reason = try PlainText.lines(reason, field: "reason")
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizePublisher(actor, for: requester)
            try await transaction.advisoryLock(AdvisoryLock("bonus", source.uuidString))
            guard let work = try await transaction.workToReview(id, of: requester) else { throw NotFound("assignment") }
            guard work.state == .accepted else { throw BonusRefusal.notAccepted(work.state) }
            guard amount.currency == work.pay.currency else {
                throw BadInput("currency", "must be that of the work, \(work.pay.currency.code)")
            }
            if let earlier = try await transaction.bonus(source) {
                guard earlier.assignment == id, earlier.amount == amount else { throw LedgerRefusal.alreadyPosted }
                return earlier.entry
            }
            return try await change.pay(amount, for: work, source: source, reason: reason, by: actor)
        }
    }
}

/// Why a bonus is not paid.
package enum BonusRefusal: Refusal {
    /// The work was not accepted.
    case notAccepted(AssignmentState)

    package var code: String { "work_not_accepted" }

    package var message: String {
        switch self {
        case .notAccepted(let state): "A bonus is for accepted work: the assignment is \(state.rawValue)."
        }
    }
}

extension Change {
    fileprivate func pay(
        _ amount: Money, for work: WorkToReview, source: UUID, reason: String, by actor: Principal.ID
    ) async throws -> JournalEntry.ID {
        let wallet = AccountKey.wallet(of: work.requester, amount.currency)
        let payable = AccountKey.payable(to: work.worker, amount.currency)
        let accounts = try await transaction.accounts([wallet, payable], ids: identifiers)
        guard let from = accounts[wallet], let to = accounts[payable] else { throw StoreError.unexpectedRowCount(0) }
        let transfer = Transfer(id: make(), kind: .bonus, debit: from, credit: to, amount: amount, source: source)
        let entry = JournalEntry(id: make(), kind: .bonus, source: source, reason: reason, [transfer])
        try await transaction.post(entry)
        try await transaction.insertBonus(of: work, amount, transfer: transfer.id)
        try await transaction.tell(
            Principal.ID(work.worker.uuid), kind: "bonus_paid",
            facts: [
                "assignment": .string("\(work.id)"), "amount_minor": .integer(amount.minorUnits),
                "currency": .string(amount.currency.code), "reason": .string(reason),
            ],
            id: make()
        )
        try await record(
            "bonus_paid", by: actor, on: "assignment", work.id.uuid, in: .requester(work.requester),
            facts: ["amount": .string("\(amount)"), "entry": .string("\(entry.id)")]
        )
        return entry.id
    }
}
