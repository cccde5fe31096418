package import Formats
internal import Foundation
internal import Store

/// Holds the books against the bank: what differs, and why, to the cent.
package struct ReconcileBank: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// By currency.
    ///
    /// - Throws: ``AccessRefusal`` unless the actor is in finance.
    package func callAsFunction(by actor: Principal.ID) async throws -> [Reconciliation] {
        try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            return try await transaction.reconciliations()
        }
    }

    /// Lines of bank files that fit no payment, oldest first.
    ///
    /// - Parameter limit: 1 to 200.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func entries(
        after last: BankEntry.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [OpenBankEntry] {
        try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            return try await transaction.openBankEntries(after: last, limit: limit)
        }
    }

    /// Payments of which the bank has said nothing final, oldest first: open, or back by a table of returns alone.
    ///
    /// - Parameter limit: 1 to 200.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func payments(
        after last: PayoutLine.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [JSON] {
        try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            return try await transaction.openPayments(after: last, limit: limit)
        }
    }

    /// Statements that do not begin where the one before ended, or whose entries do not come to their balance, oldest
    /// first.
    ///
    /// - Parameter limit: 1 to 200.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func statements(
        after last: BankStatementGap.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [BankStatementGap] {
        try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            return try await transaction.openStatements(after: last, limit: limit)
        }
    }

    /// Enters what a person found out about a statement that does not fit; it does not count as a gap any more.
    ///
    /// - Parameter resolution: 1 to 4,000 characters.
    /// - Throws: ``AccessRefusal`` unless the actor is in finance; ``NotFound``; ``BadInput``.
    package func resolve(
        statement id: BankStatementGap.ID, as resolution: String, by actor: Principal.ID
    ) async throws {
        let resolution = try PlainText.lines(resolution, field: "reason")
        try await market.change { change in
            try await change.transaction.authorizeFinance(actor)
            guard try await change.transaction.resolve(id, resolution, by: actor) else {
                throw NotFound("bank statement to look at")
            }
            try await change.record(
                "bank_statement_resolved", by: actor, on: "bank_statement", id.uuid, in: .platform)
        }
    }

    /// Enters what a person found out about a line that did not fit. It moves no money.
    ///
    /// - Parameter resolution: 1 to 4,000 characters.
    /// - Throws: ``AccessRefusal`` unless the actor is in finance; ``NotFound``; ``BadInput``.
    package func resolve(_ id: BankEntry.ID, as resolution: String, by actor: Principal.ID) async throws {
        let resolution = try PlainText.lines(resolution, field: "reason")
        try await market.change { change in
            try await change.transaction.authorizeFinance(actor)
            guard try await change.transaction.resolve([id], resolution, by: actor) == 1 else {
                throw NotFound("bank entry to look at")
            }
            try await change.record("bank_entry_resolved", by: actor, on: "bank_entry", id.uuid, in: .platform)
        }
    }
}
