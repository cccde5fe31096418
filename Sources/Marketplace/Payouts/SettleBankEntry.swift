internal import Formats
internal import Foundation
internal import Store

/// Why a line of a bank file settles no payment. In order of precedence.
package enum BankEntryRefusal: Refusal {
    /// It is no debit with another amount, or of no payment whose debit is still to come.
    case notAwaited
    /// No voucher was posted of what lies between, under the line's id.
    case differenceNotPosted(VoucherKind, Money)
    /// Whoever prepared that voucher does not settle by it.
    case samePerson

    package var code: String {
        switch self {
        case .notAwaited: "bank_entry_not_awaited"
        case .differenceNotPosted: "bank_entry_difference_open"
        case .samePerson: "bank_entry_same_person"
        }
    }

    package var message: String {
        switch self {
        case .notAwaited: "This is no debit with another amount of payments whose debit is still to come."
        case .differenceNotPosted(let kind, let amount):
            "A voucher \(kind.rawValue) of \(amount) must be posted first, with the id of this line as its reference."
        case .samePerson: "You prepared the voucher of the difference; somebody else must settle the payments."
        }
    }
}

/// Settles the payments of which a bank has told with another amount: each is paid as it was sent, and what the bank
/// took or gave beside is a voucher that two people have posted for this very line.
package struct SettleBankEntry: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// The voucher's reference is the line's id; its kind a charge or a credit, of the bank or of rounding.
    ///
    /// - Parameter resolution: 1 to 4,000 characters.
    /// - Returns: of how many payments the debit is known now.
    /// - Throws: ``AccessRefusal`` unless the actor is in finance; ``PayoutRefusal/personNeeded``; ``NotFound``;
    ///   ``BankEntryRefusal``; ``BadInput``.
    package func callAsFunction(
        _ id: BankEntry.ID, as resolution: String, by actor: Principal.ID
    ) async throws -> Int {
        let resolution = try PlainText.lines(resolution, field: "reason")
        let signed = Voucher.ID(try Reference.uuid(of: "\(id)", in: "voucher"))
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizeFinance(actor)
            try await transaction.requirePerson(actor)
            // An import could find the same payments open.
            try await transaction.advisoryLock(AdvisoryLock("bank import"))
            guard try await transaction.resolve([id], resolution, by: actor) == 1 else {
                throw NotFound("bank entry to look at")
            }
            guard let (bankMinor, lines, told) = try await transaction.lockDiffering(by: id),
                let currency = lines.first?.standing.amount.currency, let bank = try? Money(bankMinor, currency)
            else { throw BankEntryRefusal.notAwaited }
            func total(_ lines: [LineNews]) throws -> Money {
                try lines.reduce(try Money(0, currency)) { try $0.adding($1.standing.amount) }
            }
            let paid = try total(lines)
            // It is of what another kind of file has told, too, or of what is awaited alone: whichever is nearer.
            let alone = bank.minorUnits - paid.minorUnits
            let together = bank.minorUnits - (try total(lines + told)).minorUnits
            let differs = abs(alone) < abs(together) ? alone : together
            if differs != 0 {
                let amount = try Money(abs(differs), currency)
                let (order, rounded): (VoucherOrder, VoucherOrder) =
                    differs > 0
                    ? (.bankCharge(amount), .roundingCharge(amount)) : (.bankCredit(amount), .roundingCredit(amount))
                guard let voucher = try await transaction.lockVoucher(signed), voucher.state == .posted,
                    [order, rounded].contains(voucher.order)
                else { throw BankEntryRefusal.differenceNotPosted(order.kind, amount) }
                guard voucher.preparedBy != actor else { throw BankEntryRefusal.samePerson }
            }
            for part in lines.parts(of: 10_000) { try await transaction.save(Array(part)) }
            try await change.settle(lines.filter(\.settled).map { ($0.standing.id, $0.standing.amount) })
            // Those that follow it, where the entry says only what they are together.
            _ = try await transaction.resolve(Array(Set(lines.compactMap(\.debitEntry))), resolution, by: actor)
            try await change.record(
                "bank_entry_settled", by: actor, on: "bank_entry", id.uuid, in: .platform,
                facts: ["payments": .integer(Int64(lines.count)), "paid": .string("\(paid)")])
            return lines.count
        }
    }
}
