internal import Formats
package import Foundation
internal import Store

/// Books money that a requester has paid in: bank to wallet.
package struct FundRequester: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent by `reference`: the same booking again is the same transfer.
    ///
    /// - Parameter reference: of the payment at the bank, as finance has it.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance maker; ``LedgerRefusal/alreadyPosted`` when the
    ///   reference was booked for another wallet or amount.
    package func callAsFunction(
        _ requester: Requester.ID, with amount: Money, reference: UUID, by actor: Principal.ID
    ) async throws -> Transfer.ID {
        guard amount.minorUnits > 0 else { throw BadInput("amount", "must be above zero") }
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeMaker)
            guard try await transaction.requesterExists(requester) else { throw NotFound("requester") }
            try await transaction.advisoryLock(AdvisoryLock("funding", reference.uuidString))
            let (bank, wallet) = (AccountKey.bank(amount.currency), AccountKey.wallet(of: requester, amount.currency))
            let accounts = try await transaction.accounts([bank, wallet], ids: change.identifiers)
            guard let from = accounts[bank], let to = accounts[wallet] else { throw StoreError.unexpectedRowCount(0) }
            if let earlier = try await transaction.transfer(.funding, source: reference) {
                guard earlier.credit == to, earlier.amount == amount else { throw LedgerRefusal.alreadyPosted }
                return earlier.id
            }
            let transfer = Transfer(
                id: change.make(), kind: .funding, debit: from, credit: to, amount: amount, source: reference
            )
            try await transaction.post(JournalEntry(id: change.make(), kind: .funding, source: reference, [transfer]))
            try await change.record(
                "requester_funded", by: actor, on: "requester", requester.uuid, in: .requester(requester),
                facts: ["amount": .string("\(amount)"), "reference": .string(reference.uuidString.lowercased())]
            )
            return transfer.id
        }
    }
}
