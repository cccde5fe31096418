package import Formats
package import Foundation
internal import Store
internal import Tax

/// By which rules those of a country are taxed who have chosen none, since when, and by which source.
package struct TaxDefault: Hashable, Sendable {
    /// ISO 3166-1 alpha-2.
    package let country: String
    package let ruleSet: String
    package let source: String
    package let from: Date

    package var json: JSON {
        [
            "country": .string(country), "rules": .string(ruleSet), "source": .string(source),
            "from": .string(from.formatted(.iso8601)),
        ]
    }
}

/// Says by which rules those of a country are taxed from now on who have chosen none, or that there are none.
package struct SetTaxDefault: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// What payouts that were prepared withhold stays.
    ///
    /// - Parameters:
    ///   - country: ISO 3166-1 alpha-2: where a worker lives, or the agency is that is paid in their place.
    ///   - ruleSet: a name of the catalogue; `nil` ends what is in force.
    ///   - source: the law, or whose advice it is; a line of 1 to 200 characters.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance checker; ``BadInput``.
    package func callAsFunction(
        _ country: String, ruleSet: String?, source: String, by actor: Principal.ID
    ) async throws {
        guard Country.isKnown(country) else { throw BadInput("country", "is no country of ISO 3166-1, such as DE") }
        if let ruleSet { _ = try TaxChoice(ruleSet: ruleSet, residence: country, standing: TaxStanding()) }
        let source = try PlainText.line(source, field: "source")
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .financeChecker)
            try await change.lockTaxDefault(of: country)
            let current = try await change.afterWaiting()
            try await current.transaction.endTaxDefault(of: country)
            if let ruleSet {
                try await current.transaction.insertTaxDefault(
                    current.identifiers.uuid(at: current.instant), country, ruleSet: ruleSet, source: source, by: actor)
            }
            try await current.record(
                "tax_default_set", by: actor, on: "principal", actor.uuid, in: .platform,
                facts: [
                    "country": .string(country), "rules": ruleSet.map(JSON.string) ?? .null,
                    "source": .string(source),
                ])
        }
    }

    /// Those in force, by country.
    ///
    /// - Parameters:
    ///   - after: the last country of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance checker or maker; ``BadInput``.
    package func all(after: String? = nil, limit: Int = 50, by actor: Principal.ID) async throws -> [TaxDefault] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            if try await !transaction.holds(actor, .financeChecker, for: nil) {
                try await transaction.authorize(actor, toSeeAs: .financeMaker)
            }
            return try await transaction.taxDefaults(after: after, limit: limit)
        }
    }

    /// The one that is in force for a country, without an end.
    ///
    /// - Throws: ``AccessRefusal``, as for all; ``NotFound``.
    package func one(_ country: String, by actor: Principal.ID) async throws -> TaxDefault {
        try await market.database.read { transaction in
            if try await !transaction.holds(actor, .financeChecker, for: nil) {
                try await transaction.authorize(actor, toSeeAs: .financeMaker)
            }
            guard let found = try await transaction.taxDefault(of: country) else { throw NotFound("tax default") }
            return found
        }
    }
}

extension Change {
    /// Keeps everybody else from changing a country's default until this transaction ends.
    package func lockTaxDefault(of country: String) async throws {
        try await transaction.advisoryLock(AdvisoryLock("tax_default", country))
    }
}
