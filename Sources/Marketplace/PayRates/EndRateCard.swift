internal import Formats
package import Foundation
internal import Store

/// Ends a published version at an instant to come, with its rates and rules. A maker prepares the end, a checker
/// approves it: both at once, or one after the other.
package struct EndRateCard: Sendable {
    /// An end that a maker has prepared: an event of the audit log, which nobody can change.
    package struct Prepared: Sendable {
        package let id: AuditEvent.ID
        package let end: Date
    }

    let market: Market

    package init(market: Market) { self.market = market }

    /// Both at once.
    ///
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``RateCardRefusal``.
    package func callAsFunction(
        _ version: Int, at end: Date, preparedBy maker: Principal.ID, approvedBy checker: Principal.ID
    ) async throws {
        try await market.change { change in
            try await change.transaction.authorize(maker, as: .financeMaker)
            try await change.transaction.authorize(checker, as: .financeChecker)
            guard maker != checker else { throw RateCardRefusal.approverIsMaker }
            let card = try await change.card(version, locked: true)
            try await change.end(card, at: end, preparedBy: maker, approvedBy: checker)
        }
    }

    /// Puts on record that a version is to end; nothing ends by that. Until the instant comes it can be approved.
    ///
    /// - Parameter end: the next whole second counts.
    /// - Returns: what is approved.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``RateCardRefusal``.
    package func prepare(_ version: Int, at end: Date, by maker: Principal.ID) async throws -> Prepared {
        let end = Date(timeIntervalSince1970: end.timeIntervalSince1970.rounded(.up))
        return try await market.change { change in
            try await change.transaction.authorize(maker, as: .financeMaker)
            let card = try await change.card(version, locked: true)
            try change.checkEnd(of: card, at: end)
            let event = try await change.record(
                "rate_card_end_prepared", by: maker, on: "rate_card", card.id.uuid, in: .platform,
                facts: ["at": .string(end.ISO8601Format())]
            )
            return Prepared(id: event, end: end)
        }
    }

    /// Ends the version as it was prepared.
    ///
    /// - Returns: when it ends.
    /// - Throws: ``AccessRefusal``; ``NotFound``, also for an end of another version; ``RateCardRefusal``.
    @discardableResult
    package func approve(_ ending: AuditEvent.ID, of version: Int, by checker: Principal.ID) async throws -> Date {
        try await market.change { change in
            try await change.transaction.authorize(checker, as: .financeChecker)
            let card = try await change.card(version, locked: true)
            guard let prepared = try await change.transaction.preparedEnd(ending, of: card.id) else {
                throw NotFound("end that was prepared")
            }
            guard prepared.maker != checker else { throw RateCardRefusal.approverIsMaker }
            try await change.end(card, at: prepared.end, preparedBy: prepared.maker, approvedBy: checker)
            return prepared.end
        }
    }
}

extension Change {
    /// Whether a version, held still, can end then.
    fileprivate func checkEnd(of card: RateCardVersion, at end: Date) throws {
        if let refusal = card.refusal(ofEndAt: end, now: instant) { throw refusal }
    }

    fileprivate func end(
        _ card: RateCardVersion, at end: Date, preparedBy maker: Principal.ID, approvedBy checker: Principal.ID
    ) async throws {
        try checkEnd(of: card, at: end)
        try await transaction.endCard(card.id, at: end)
        try await record(
            "rate_card_ended", by: checker, on: "rate_card", card.id.uuid, in: .platform,
            facts: ["prepared_by": .string("\(maker)"), "at": .string(end.ISO8601Format())]
        )
    }
}

extension RateCardVersion {
    /// Why it cannot end at an instant; `nil` where it can.
    func refusal(ofEndAt end: Date, now: Date) -> RateCardRefusal? {
        guard end >= now else { return .inThePast }
        guard let range = inForce, range.contains(end), let start = range.lower, start < end else {
            return .notInForce
        }
        return nil
    }
}

/// An end of a version that was prepared, whatever has become of it.
package struct RateCardEnding: Hashable, Sendable {
    package let id: AuditEvent.ID
    package let end: Date
    package let preparedBy: Principal.ID
    package let preparedAt: Date
    /// Whether it can still be approved: its time is to come, and the version holds until after it.
    package let isOpen: Bool
}

/// The ends of a version that were prepared, newest first, by pages.
package struct ListRateCardEnds: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the last one of the page before; `nil` for the newest.
    ///   - limit: 1 to 200.
    /// - Throws: ``BadInput``; ``AccessRefusal`` unless the actor is in finance; ``NotFound``.
    package func callAsFunction(
        of version: Int, before: AuditEvent.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [RateCardEnding] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizeRates(toSee: actor)
            guard let card = try await transaction.card(version) else { throw NotFound("rate card") }
            return try await transaction.preparedEnds(of: card, before: before, limit: limit)
        }
    }
}
