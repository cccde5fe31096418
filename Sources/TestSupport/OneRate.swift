package import Formats
package import Marketplace

/// A rate card of one rate: what an expert lawyer is paid for one task of a kind.
package enum OneRate {
    package static func card(
        _ minorUnits: Int64, _ kind: TaskKind = .extraction, currency: String = "USD"
    ) -> JSON {
        [
            "name": "One rate",
            "rates": [
                [
                    "profession": "lawyer", "tier": "expert", "task_kind": .string(kind.rawValue), "unit": "task",
                    "currency": .string(currency), "amount_minor": .integer(minorUnits),
                ]
            ],
        ]
    }

    /// Puts it in force from now on, by two people.
    package static func publish(
        _ minorUnits: Int64, _ kind: TaskKind = .extraction, currency: String = "USD", in market: Market,
        by maker: Principal.ID, and checker: Principal.ID
    ) async throws {
        let draft = try await DraftRateCard(market: market)(card(minorUnits, kind, currency: currency), by: maker)
        try await ApproveRateCard(market: market)(draft.version, contentHash: draft.contentHash, by: checker)
        try await PublishRateCard(market: market)(draft.version, by: maker)
    }
}
