package import Foundation
internal import Store

/// One line of a statement of account.
package struct StatementLine: Sendable {
    package let transfer: Transfer.ID
    package let kind: TransferKind
    /// Positive where the account was credited, negative where it was debited.
    package let amount: Money
    package let otherKind: AccountKind
    /// Whose the account on the other side is; `nil` for the platform's own.
    package let otherOwner: UUID?
    package let source: UUID
    package let postedAt: Date
}

/// What moved through an account, newest first, by pages.
package struct AccountStatement: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the transfer of the last line of the page before; `nil` for the newest.
    ///   - limit: 1 to 200 lines.
    /// - Throws: ``AccessRefusal`` unless the actor is in finance.
    package func callAsFunction(
        of key: AccountKey, before: Transfer.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [StatementLine] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            guard let id = try await transaction.findAccounts([key])[key]?.id else { return [] }
            return try await transaction.statementLines(of: id, before: before, limit: limit).map(StatementLine.init)
        }
    }
}

extension StatementLine {
    init(row: Row) throws {
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
