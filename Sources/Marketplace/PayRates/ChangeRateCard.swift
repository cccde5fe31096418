package import Formats
package import Foundation
internal import Store

/// A maker prepares the next version of the rate card; it binds nobody.
package struct DraftRateCard: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter card: as ``RateCard/init(json:inForce:)`` reads it; when it holds is said at its publication.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``RateCardRefusal/unknownProfession``.
    package func callAsFunction(_ card: JSON, by maker: Principal.ID) async throws -> RateCardVersion {
        let anyTime = InstantRange(from: .distantPast, until: nil)
        let value = try RateCard(json: card, inForce: anyTime)
        let hash = Digest(of: card)
        do {
            return try await market.change { change in
                try await change.transaction.authorize(maker, as: .financeMaker)
                let id: RateCardVersion.ID = change.make()
                let version = try await change.transaction.insertCard(id, value, hash: hash, by: maker)
                try await change.transaction.insertLines(
                    of: id, value, by: maker, rates: value.rates.map { _ in change.make() },
                    premiums: value.premiums.map { _ in change.make(PremiumRule.self).uuid }
                )
                try await change.record(
                    "rate_card_drafted", by: maker, on: "rate_card", id.uuid, in: .platform,
                    facts: ["version": .integer(Int64(version)), "content_hash": .string(hash.hexadecimal)]
                )
                guard let card = try await change.transaction.card(version) else { throw NotFound("rate card") }
                return card
            }
        } catch let error as StoreError where error.violatedConstraint == "rate_profession_fkey" {
            throw RateCardRefusal.unknownProfession
        }
    }
}

/// A second person approves exactly the content that the hash names.
package struct ApproveRateCard: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``; ``NotFound``; ``RateCardRefusal``.
    package func callAsFunction(
        _ version: Int, contentHash: Digest, by checker: Principal.ID
    ) async throws {
        try await market.change { change in
            try await change.transaction.authorize(checker, as: .financeChecker)
            let card = try await change.card(version, locked: true)
            guard card.preparedBy != checker else { throw RateCardRefusal.approverIsMaker }
            guard card.state.after(.approve) != nil else { throw RateCardRefusal.wrongState(card.state, .approve) }
            guard card.contentHash == contentHash else { throw RateCardRefusal.contentDiffers }
            try await change.transaction.approveCard(card.id, by: checker)
            try await change.record(
                "rate_card_approved", by: checker, on: "rate_card", card.id.uuid, in: .platform,
                facts: ["content_hash": .string(contentHash.hexadecimal)]
            )
        }
    }
}

/// Lets an approved version hold from an instant to come; whatever rate or rule held until then ends there. Prices
/// that were made before stay as they are.
package struct PublishRateCard: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter start: not before now, and now if left out.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``RateCardRefusal``.
    package func callAsFunction(_ version: Int, from start: Date? = nil, by maker: Principal.ID) async throws {
        do {
            try await market.change { change in
                try await change.transaction.authorize(maker, as: .financeMaker)
                let card = try await change.card(version, locked: true)
                guard card.state.after(.publish) != nil else { throw RateCardRefusal.wrongState(card.state, .publish) }
                let start = start ?? change.instant
                guard start >= change.instant else { throw RateCardRefusal.inThePast }
                try await change.transaction.endEverything(at: start)
                try await change.transaction.publishCard(card.id, from: start)
                try await change.record(
                    "rate_card_published", by: maker, on: "rate_card", card.id.uuid, in: .platform,
                    facts: ["from": .string(start.ISO8601Format())]
                )
            }
        } catch let error as StoreError where Self.isOverlap(error.violatedConstraint) {
            throw RateCardRefusal.overlaps
        }
    }

    private static func isOverlap(_ constraint: String?) -> Bool {
        ["rate_no_overlap", "premium_rule_no_overlap", "rate_card_no_overlap"].contains(constraint ?? "")
    }
}

/// Finance drops a version that was never published; it stays on record.
package struct DiscardRateCard: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: a finance maker or checker.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``RateCardRefusal/wrongState(_:_:)``.
    package func callAsFunction(_ version: Int, by actor: Principal.ID) async throws {
        try await market.change { change in
            try await change.transaction.authorizeRates(actor)
            let card = try await change.card(version, locked: true)
            guard card.state.after(.discard) != nil else { throw RateCardRefusal.wrongState(card.state, .discard) }
            try await change.transaction.discardCard(card.id)
            try await change.record("rate_card_discarded", by: actor, on: "rate_card", card.id.uuid, in: .platform)
        }
    }
}

/// The versions of the rate card, newest first, by pages.
package struct ListRateCards: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last version of the page before; `nil` for the newest.
    ///   - limit: 1 to 200.
    /// - Throws: ``BadInput``; ``AccessRefusal`` unless the actor is in finance.
    package func callAsFunction(
        before: Int? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [RateCardVersion] {
        guard (1...200).contains(limit) else { throw BadInput("limit", "must be 1 to 200") }
        return try await market.database.read { transaction in
            try await transaction.authorizeRates(toSee: actor)
            return try await transaction.cards(before: before, limit: limit)
        }
    }
}

extension Transaction {
    /// Lets makers and checkers of finance go on.
    func authorizeRates(_ actor: Principal.ID) async throws {
        if try await holds(actor, .financeMaker, for: nil) { return }
        try await authorize(actor, as: .financeChecker)
    }

    /// The same, and auditors: what follows only reads.
    func authorizeRates(toSee actor: Principal.ID) async throws {
        try await letSee(actor) { try await $0.authorizeRates(actor) }
    }
}

extension Change {
    /// A version of the card by its number.
    func card(_ version: Int, locked: Bool) async throws -> RateCardVersion {
        guard let card = try await transaction.card(version, locked: locked) else { throw NotFound("rate card") }
        return card
    }
}
