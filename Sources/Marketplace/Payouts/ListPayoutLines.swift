package import Formats
internal import Store

/// Shows finance what a payout batch pays.
package struct ListPayoutLines: Sendable {
    package static let pageMax = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// Lines by id.
    ///
    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal`` unless the actor is in finance.
    package func callAsFunction(
        of id: PayoutBatch.ID, after last: PayoutLine.ID? = nil, limit: Int = pageMax, by actor: Principal.ID
    ) async throws -> [NamedLine] {
        try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            return try await transaction.payoutLines(of: id, after: last, limit: min(max(limit, 1), Self.pageMax))
        }
    }

    /// How much of a line each worker has earned, by worker.
    ///
    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal`` unless the actor is in finance.
    package func shares(
        of line: PayoutLine.ID, after last: Worker.ID? = nil, limit: Int = pageMax, by actor: Principal.ID
    ) async throws -> [NamedShare] {
        try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            return try await transaction.namedShares(of: line, after: last, limit: min(max(limit, 1), Self.pageMax))
        }
    }
}

/// Shows payouts to finance, newest first, each with what of it is paid again by the word of a table alone.
package struct ListPayouts: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - state: only those.
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        in state: PayoutBatchState? = nil, before last: PayoutBatch.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [PayoutBatch] {
        try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            return try await transaction.withUnconfirmedReturns(
                transaction.payoutBatches(in: state, before: last, limit: limit))
        }
    }

    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func one(_ id: PayoutBatch.ID, by actor: Principal.ID) async throws -> PayoutBatch {
        try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            guard let found = try await transaction.payoutBatch(id) else { throw NotFound("payout") }
            return try await transaction.withUnconfirmedReturns(found)
        }
    }
}

extension NamedLine {
    package var json: JSON {
        [
            "line": .string("\(line.id)"), "end_to_end_id": .string(line.endToEndID),
            "payee": line.payee.agency == nil ? "worker" : "agency", "payee_key": .string(payeeKey),
            "payee_name": .string(payeeName), "amount": .string(line.amount.decimalText),
            "currency": .string(line.amount.currency.code), "workers": .integer(Int64(line.shares.count)),
            "earnings": .integer(Int64(line.earningCount)), "state": .string(state),
            "reason": reason.map(JSON.string) ?? .null, "account_changed": .bool(isAccountChanged),
        ]
    }
}

extension NamedShare {
    /// For people: what was earned, and where it goes.
    package var text: String {
        get throws {
            let currency = share.amount.currency
            let (withheld, kept) = (try Money(withheldMinor, currency), try Money(share.keptMinor, currency))
            let gross = try share.amount.adding(withheld).adding(kept)
            return "\(workerKey): earned \(gross), withheld \(withheld), taken back \(kept), paid \(share.amount)"
        }
    }

    package var json: JSON {
        [
            "worker": .string("\(share.worker)"), "worker_key": .string(workerKey), "worker_name": .string(workerName),
            "amount": .string(share.amount.decimalText), "currency": .string(share.amount.currency.code),
            "gross_minor": .integer(share.amount.minorUnits + withheldMinor + share.keptMinor),
            "withheld_minor": .integer(withheldMinor), "clawed_back_minor": .integer(share.keptMinor),
            "net_minor": .integer(share.amount.minorUnits),
        ]
    }
}
