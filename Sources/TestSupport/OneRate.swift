package import Formats
package import Marketplace

/// A rate card of one rate: what an expert lawyer is paid for one task of a kind.
package enum OneRate {
    package static func card(
        _ minorUnits: Int64, _ kind: TaskKind = .extraction, currency: String = "USD"
    ) -> JSON {
        ["name": "One rate", "rates": [rate(minorUnits, kind, currency)]]
    }

    private static func rate(_ minorUnits: Int64, _ kind: TaskKind, _ currency: String) -> JSON {
        [
            "profession": "lawyer", "tier": "expert", "task_kind": .string(kind.rawValue), "unit": "task",
            "currency": .string(currency), "amount_minor": .integer(minorUnits),
        ]
    }

    /// Puts it in force from now on, by two people.
    package static func publish(
        _ minorUnits: Int64, _ kind: TaskKind = .extraction, currency: String = "USD", in market: Market,
        by maker: Principal.ID, and checker: Principal.ID
    ) async throws {
        try await publish(card(minorUnits, kind, currency: currency), in: market, by: maker, and: checker)
    }

    /// The same of as many minor units in each of several currencies.
    package static func publish(
        _ minorUnits: Int64, _ kind: TaskKind = .extraction, currencies: [String], in market: Market,
        by maker: Principal.ID, and checker: Principal.ID
    ) async throws {
        let rates = currencies.map { rate(minorUnits, kind, $0) }
        try await publish(["name": "One rate", "rates": .array(rates)], in: market, by: maker, and: checker)
    }

    private static func publish(
        _ card: JSON, in market: Market, by maker: Principal.ID, and checker: Principal.ID
    ) async throws {
        let draft = try await DraftRateCard(market: market)(card, by: maker)
        try await ApproveRateCard(market: market)(draft.version, contentHash: draft.contentHash, by: checker)
        try await PublishRateCard(market: market)(draft.version, by: maker)
    }
}
