internal import Formats
package import Foundation
package import Store

/// A policy on hours with when it holds.
package struct HoursPolicyRecord: Hashable, Sendable {
    package let id: HoursPolicy.ID
    package let policy: HoursPolicy
    /// Without an upper bound until it is ended or another one takes its place.
    package let inForce: InstantRange
}

/// Why a policy on hours is not ended. In order of precedence.
package enum EndHoursPolicyRefusal: Refusal, CaseIterable {
    case inThePast
    /// It ends then, or did before.
    case endsEarlier

    package var code: String {
        switch self {
        case .inThePast: "policy_in_the_past"
        case .endsEarlier: "policy_ends_earlier"
        }
    }

    package var message: String {
        switch self {
        case .inThePast: "A policy cannot end before now: what was refused was refused under it."
        case .endsEarlier: "The policy ends no later than that already."
        }
    }
}

/// An operator ends a policy on hours, with none in its place. One that was to begin later is taken off; what it was to
/// take the place of has its end all the same.
package struct EndHoursPolicy: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter end: `nil` for now.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``EndHoursPolicyRefusal``.
    package func callAsFunction(_ id: HoursPolicy.ID, at end: Date? = nil, by actor: Principal.ID) async throws {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            guard let found = try await change.transaction.lockHoursPolicy(id) else { throw NotFound("hours policy") }
            let end = end ?? change.instant
            guard end >= change.instant else { throw EndHoursPolicyRefusal.inThePast }
            if let upper = found.inForce.upper, upper <= end { throw EndHoursPolicyRefusal.endsEarlier }
            try await change.transaction.endHoursPolicy(id, at: end)
            try await change.record(
                "hours_policy_ended", by: actor, on: "hours_policy", id.uuid, in: .platform,
                facts: [
                    "country": found.policy.country.map { .string($0) } ?? .null,
                    "region": found.policy.region.map { .string($0) } ?? .null,
                    "ends_at": .string(end.formatted(.iso8601)),
                ]
            )
        }
    }
}

/// Shows the policies on hours, newest first.
package struct ListHoursPolicies: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - past: whether those that have ended are shown, too.
    ///   - before: the last one of the page before; `nil` for the first page.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(
        past: Bool = false, before: HoursPolicy.ID? = nil, limit: Int = ListWorkers.pageMax, by actor: Principal.ID
    ) async throws -> [HoursPolicyRecord] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.hoursPolicies(
                past: past, before: before, limit: min(max(limit, 1), ListWorkers.pageMax)
            )
        }
    }
}
