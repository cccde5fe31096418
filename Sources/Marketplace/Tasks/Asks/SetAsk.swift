internal import Formats
internal import Foundation
internal import Store

/// A worker says what they want for an hour at least, in place of what they said before.
package struct SetAsk: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - hourly: for an hour, 1 to 10^12 minor units.
    ///   - profession: whose work it is for; `nil` for any that has no ask of its own.
    ///   - actor: the worker; nobody sets another's.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound`` for a profession that is not there; ``AskRefusal``.
    @discardableResult
    package func callAsFunction(
        _ hourly: Money, for profession: Profession? = nil, by actor: Principal.ID
    ) async throws -> StandingAsk.ID {
        guard (1...StandingAsk.hourlyMinorMax).contains(hourly.minorUnits) else {
            throw BadInput("hourly_minor", "must be 1 to \(StandingAsk.hourlyMinorMax)")
        }
        return try await market.change { change in
            let worker = Worker.ID(actor.uuid)
            let change = try await change.asking(worker, by: actor)
            let transaction = change.transaction
            if let profession, try await !transaction.isInCatalogue(profession) { throw NotFound("profession") }
            let standing = try await transaction.standingAsks(of: worker)
            let before = standing.first { $0.profession == profession && $0.hourly.currency == hourly.currency }
            guard before?.hourly != hourly else { throw AskRefusal.sameAsk }
            guard before != nil || standing.count < StandingAsk.inForceMost else { throw AskRefusal.tooMany }
            var id: StandingAsk.ID = change.make()
            if let before, try await transaction.changeAsk(before.id, to: hourly) {
                id = before.id
            } else {
                if let before { try await transaction.endAsk(before.id) }
                try await transaction.insertAsk(id, hourly, for: profession, of: worker)
            }
            try await change.record(
                "ask_set", by: actor, on: "standing_ask", id.uuid, in: .worker(worker),
                facts: StandingAsk.facts(profession, hourly.currency)
            )
            return id
        }
    }
}

/// A worker asks for nothing any more, of one kind of work. What was asked stays on record.
package struct EndAsk: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``AskRefusal/noAsk``.
    package func callAsFunction(
        in currency: Currency, for profession: Profession? = nil, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let worker = Worker.ID(actor.uuid)
            let change = try await change.asking(worker, by: actor)
            let standing = try await change.transaction.standingAsks(of: worker)
            guard let found = standing.first(where: { $0.profession == profession && $0.hourly.currency == currency })
            else { throw AskRefusal.noAsk }
            try await change.transaction.endAsk(found.id)
            try await change.record(
                "ask_ended", by: actor, on: "standing_ask", found.id.uuid, in: .worker(worker),
                facts: StandingAsk.facts(profession, currency)
            )
        }
    }
}

/// A worker's own asks, newest first, by pages.
package struct ListAsks: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - past: whether those that have ended are shown, too.
    ///   - before: the last one of the page before; `nil` for the newest.
    ///   - limit: 1 to 200.
    ///   - actor: the worker; nobody sees another's.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        past: Bool = false, before: StandingAsk.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [StandingAsk] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .worker)
            return try await transaction.asks(of: Worker.ID(actor.uuid), past: past, before: before, limit: limit)
        }
    }
}

extension Change {
    /// The change at the instant after the worker was locked, so that no claim of theirs sees half of it.
    fileprivate func asking(_ worker: Worker.ID, by actor: Principal.ID) async throws -> Change {
        try await transaction.authorize(actor, as: .worker)
        let (row, change) = try await lockingForChange(worker)
        guard row != nil else { throw NotFound("worker") }
        return change
    }
}

extension StandingAsk {
    /// What the audit log says: never the amount.
    fileprivate static func facts(_ profession: Profession?, _ currency: Currency) -> JSON {
        ["profession": profession.map { .string($0.code) } ?? .null, "currency": .string(currency.code)]
    }
}
