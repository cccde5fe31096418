package import Foundation
internal import Store

/// Notes now and then what accounts with many transfers held, so that their balance at any instant is a short sum.
package struct FoldLedger: Sendable {
    /// How many transfers a fold is over, and as many are summed at most beside what was posted in the last seconds.
    package static let transfersOfFold = 4_096
    /// How many folds one call makes at most.
    package static let foldsMax = 64
    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded piece. Nothing is folded that a transaction under way could still post something before.
    ///
    /// - Returns: how many folds were made; less than ``foldsMax`` when no more is to be done.
    package func callAsFunction(every count: Int = transfersOfFold) async throws -> Int {
        try await market.database.transaction { transaction in
            let last = market.identifiers.greatest(at: try await transaction.settledInstant())
            var folds = 0
            for (account, currency) in try await transaction.foldedAccounts() {
                while folds < Self.foldsMax,
                    try await transaction.fold(account, in: currency, every: count, through: last)
                {
                    folds += 1
                }
            }
            return folds
        }
    }
}

/// What an account held at an instant.
package struct AccountBalance: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter instant: to the millisecond; `nil` for now.
    /// - Throws: ``AccessRefusal`` unless the actor is in finance.
    package func callAsFunction(
        of key: AccountKey, at instant: Date? = nil, by actor: Principal.ID
    ) async throws -> Money {
        try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            guard let instant else { return try await transaction.balance(of: key) }
            guard let id = try await transaction.findAccounts([key])[key]?.id else {
                return try Money(0, key.currency)
            }
            return try await transaction.historicalBalance(
                of: id, in: key.currency, through: market.identifiers.greatest(at: instant))
        }
    }
}

/// What all accounts of a kind and a currency come to.
package struct TrialBalanceLine: Hashable, Sendable {
    package let kind: AccountKind
    package let currency: Currency
    package let accounts: Int
    /// In minor units, as credits.
    package let debits: Int64
    package let credits: Int64

    /// Credit is plus.
    package var balanceMinor: Int64 { credits - debits }
}

/// The trial balance: every kind of account with its debits and credits, which are equal in each currency.
package struct TrialBalance: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal`` unless the actor is in finance.
    package func callAsFunction(by actor: Principal.ID) async throws -> [TrialBalanceLine] {
        try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            return try await transaction.trialBalance()
        }
    }
}

/// An entry of the journal with its transfers.
package struct ShowEntry: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal`` unless the actor is in finance; ``NotFound``.
    package func callAsFunction(_ id: JournalEntry.ID, by actor: Principal.ID) async throws -> JournalEntry {
        try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            guard let entry = try await transaction.journalEntry(id) else { throw NotFound("journal entry") }
            return entry
        }
    }
}

extension IdentifierSource {
    /// An id that no UUIDv7 of the instant or before it is above.
    package func greatest(at instant: Date) -> UUID {
        Identifier<Transfer>(uuid(at: instant)).greatestOfItsInstant
    }
}
