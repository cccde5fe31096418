package import Formats
internal import Foundation
internal import Store

/// Why the catalogue was not changed. In order of precedence.
package enum CatalogueRefusal: Refusal, CaseIterable {
    /// The profession or kind is there already.
    case codeTaken
    /// The kind is for a profession that the catalogue lacks.
    case unknownProfession

    package var code: String {
        switch self {
        case .codeTaken: "code_taken"
        case .unknownProfession: "unknown_profession"
        }
    }

    package var message: String {
        switch self {
        case .codeTaken: "The catalogue has this code already. Take another."
        case .unknownProfession: "There is no such profession in the catalogue. Add it first."
        }
    }
}

/// A kind of credential as the catalogue describes it.
package struct CredentialKindEntry: Hashable, Sendable {
    package let kind: CredentialKind
    /// Who can hold it; `nil` for people of any profession.
    package let profession: Profession?
    package let title: String
    /// Months from a verification to the next, 1 to 120, where the expiry does not ask before; `nil` for never.
    package let reverifyMonths: Int?

    /// - Throws: ``BadInput``.
    package init(
        kind: CredentialKind, profession: Profession?, title: String, reverifyMonths: Int?
    ) throws(BadInput) {
        self.kind = kind
        self.profession = profession
        self.title = try PlainText.line(title, field: "title")
        if let reverifyMonths, !(1...120).contains(reverifyMonths) {
            throw BadInput("reverify_months", "must be 1 to 120")
        }
        self.reverifyMonths = reverifyMonths
    }

    package var json: JSON {
        [
            "kind": .string(kind.rawValue), "is_licence": .bool(kind.isLicence), "title": .string(title),
            "profession": profession.map { .string($0.code) } ?? .null,
            "reverify_months": reverifyMonths.map { .integer(Int64($0)) } ?? .null,
        ]
    }
}

/// Adds a profession to the catalogue; its kinds of credentials follow.
package struct AddProfession: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``, ``CatalogueRefusal/codeTaken``, ``BadInput``.
    package func callAsFunction(_ profession: Profession, title: String, by actor: Principal.ID) async throws {
        let title = try PlainText.line(title, field: "title")
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            guard try await change.transaction.insertProfession(profession, title: title) else {
                throw CatalogueRefusal.codeTaken
            }
            try await change.record(
                "profession_added", by: actor, on: "profession", actor.uuid, in: .platform,
                facts: ["profession": .string(profession.code)]
            )
        }
    }
}

/// Adds a kind of credential to the catalogue.
package struct AddCredentialKind: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``, ``CatalogueRefusal``.
    package func callAsFunction(_ entry: CredentialKindEntry, by actor: Principal.ID) async throws {
        do {
            try await market.change { change in
                try await change.transaction.authorize(actor, as: .operator)
                guard try await change.transaction.insertCredentialKind(entry) else {
                    throw CatalogueRefusal.codeTaken
                }
                try await change.record(
                    "credential_kind_added", by: actor, on: "credential_kind", actor.uuid, in: .platform,
                    facts: entry.json
                )
            }
        } catch let error as StoreError where error.violatedConstraint == "credential_kind_profession_fkey" {
            throw CatalogueRefusal.unknownProfession
        }
    }
}

/// Shows the catalogue, to everybody.
package struct ListCatalogue: Sendable {
    /// More professions or kinds than any page asks for.
    package static let pageMax = 500
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter code: of the last one of the page before; `nil` for the first page.
    /// - Returns: codes and titles, by code.
    package func professions(
        after code: String? = nil, limit: Int = pageMax
    ) async throws -> [(profession: Profession, title: String)] {
        try await market.database.read {
            try await $0.professions(after: code, limit: min(max(limit, 1), Self.pageMax))
        }
    }

    /// - Parameter code: of the last one of the page before; `nil` for the first page.
    /// - Returns: by code.
    package func kinds(after code: String? = nil, limit: Int = pageMax) async throws -> [CredentialKindEntry] {
        try await market.database.read {
            try await $0.credentialKinds(after: code, limit: min(max(limit, 1), Self.pageMax))
        }
    }
}
