package import Formats
internal import Foundation
package import Payments
internal import Store

/// From which account is paid, and in which form its bank takes files.
package struct PayoutSource: Hashable, Sendable {
    /// Lower-case letters, digits and hyphens.
    package let name: String
    package let format: PaymentFileFormat
    package let currency: Currency
    package let payer: PayoutPayer

    /// What a format can be called.
    package static let formats = PaymentFileFormat.allCases.map(\.rawValue)

    /// As it is shown.
    package var json: JSON {
        [
            "name": .string(name), "format": .string(format.rawValue), "currency": .string(currency.code),
            "settings": payer.json,
        ]
    }
}

/// Writes an account that payouts are made from, in place of what was there. Batches that were prepared keep what it
/// was.
package struct SetPayoutSource: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - name: 1 to 50 lower-case letters, digits and hyphens.
    ///   - settings: as ``PayoutPayer`` has it.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance checker, as who prepares payouts shall not say from
    ///   where; ``BadInput``.
    package func callAsFunction(
        _ name: String, format: PaymentFileFormat, currency: Currency, settings: JSON, by actor: Principal.ID
    ) async throws {
        let letters = Set("abcdefghijklmnopqrstuvwxyz0123456789-".utf8)
        guard (1...50).contains(name.utf8.count), name.utf8.allSatisfy(letters.contains), !name.hasPrefix("-") else {
            throw BadInput("name", "must be 1 to 50 lower-case letters, digits and hyphens")
        }
        guard settings.canonicalBytes().count <= 4_096 else { throw BadInput("settings", "is too long") }
        let payer = try PayoutPayer(settings)
        try payer.check(format, currency: currency)
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .financeChecker)
            let source = PayoutSource(name: name, format: format, currency: currency, payer: payer)
            try await change.transaction.upsert(source, by: actor)
            try await change.record(
                "payout_source_set", by: actor, on: "principal", actor.uuid, in: .platform,
                facts: [
                    "source": .string(name), "format": .string(format.rawValue), "currency": .string(currency.code),
                    "settings_hash": .string(Digest(of: settings).hexadecimal),
                ])
        }
    }

    /// The same, with the format as it is called.
    package func callAsFunction(
        _ name: String, formatNamed text: String, currency: Currency, settings: JSON, by actor: Principal.ID
    ) async throws {
        guard let format = PaymentFileFormat(rawValue: text) else {
            throw BadInput("format", "must be one of \(PayoutSource.formats.joined(separator: ", "))")
        }
        try await callAsFunction(name, format: format, currency: currency, settings: settings, by: actor)
    }

    /// - Throws: ``AccessRefusal`` unless the actor is in finance; ``NotFound``.
    package func one(_ name: String, by actor: Principal.ID) async throws -> PayoutSource {
        try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            guard let found = try await transaction.payoutSource(name) else { throw NotFound("payout source") }
            return found
        }
    }

    /// All of them, by name.
    ///
    /// - Throws: ``AccessRefusal`` unless the actor is in finance.
    package func all(by actor: Principal.ID) async throws -> [PayoutSource] {
        try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            return try await transaction.payoutSources()
        }
    }
}
