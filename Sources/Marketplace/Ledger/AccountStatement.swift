package import Foundation
internal import Store

/// One line of a statement of account.
package struct StatementLine: Sendable {
    package let transfer: Transfer.ID
    package let kind: TransferKind
    /// Positive where the account was credited, negative where it was debited.
    package let amount: Money
    /// What the account held after it.
    package let balance: Money
    package let otherKind: AccountKind
    /// Whose the account on the other side is; `nil` for the platform's own.
    package let otherOwner: UUID?
    package let source: UUID
    package let postedAt: Date
}

/// What moved through an account with what it held after each transfer, newest first, by pages; also as it was at an
/// instant.
package struct AccountStatement: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - instant: to the millisecond; what moved after it is left out. `nil` for now.
    ///   - before: the transfer of the last line of the page before; `nil` for the newest.
    ///   - limit: 1 to 200 lines.
    /// - Throws: ``AccessRefusal`` unless the actor is in finance.
    package func callAsFunction(
        of key: AccountKey, at instant: Date? = nil, before: Transfer.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [StatementLine] {
        let limit = try PageLimit.checked(limit)
        // One snapshot: a balance is of exactly the lines below it.
        return try await market.database.read(isolation: .repeatableRead) { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            guard let id = try await transaction.findAccounts([key])[key]?.id else { return [] }
            let rows = try await transaction.statementLines(
                of: id, through: instant.map { market.identifiers.greatest(at: $0) }, before: before, limit: limit)
            guard let newest = rows.first else { return [] }
            let transfer: Transfer.ID = try newest["transfer_id"]
            var held = try await transaction.historicalBalance(of: id, in: key.currency, through: transfer.uuid)
            return try rows.map { row in
                let line = try StatementLine(row: row, balance: held)
                held = try Money(held.minorUnits - line.amount.minorUnits, key.currency)
                return line
            }
        }
    }
}

extension StatementLine {
    init(row: Row, balance: Money) throws {
        self.balance = balance
        transfer = try row["transfer_id"]
        kind = try row["kind"]
        amount = try Money(row["amount_minor"], row["currency"])
        otherKind = try row["other_kind"]
        otherOwner = try row["other_owner_id"]
        source = try row["source_id"]
        postedAt = try row["posted_at"]
    }
}

extension Transaction {
    /// Makers and checkers may read the books.
    func authorizeFinance(_ actor: Principal.ID) async throws {
        if try await holds(actor, .financeMaker, for: nil) { return }
        try await authorize(actor, as: .financeChecker)
    }

    /// The same, and auditors: what follows only reads.
    func authorizeFinance(toSee actor: Principal.ID) async throws {
        try await letSee(actor) { try await $0.authorizeFinance(actor) }
    }
}
