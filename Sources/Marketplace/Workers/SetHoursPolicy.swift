internal import Formats
package import Foundation
internal import Store

/// A cap on everybody's hours, of the platform or of one country.
package struct HoursPolicy: Hashable, Sendable {
    package typealias ID = Identifier<HoursPolicy>
    /// ISO 3166-1 alpha-2; `nil` holds everywhere.
    package let country: String?
    /// 0 to 1,440.
    package let dailyMinutesMax: Int
    /// 0 to 10,080.
    package let weeklyMinutesMax: Int
    /// Where the rule comes from; 1 to 500 characters.
    package let reason: String

    /// - Throws: ``BadInput``.
    package init(
        country: String?, dailyMinutesMax: Int, weeklyMinutesMax: Int, reason: String
    ) throws(BadInput) {
        if let country, !Country.isKnown(country) {
            throw BadInput("country", "is no country of ISO 3166-1, such as DE")
        }
        guard (0...1_440).contains(dailyMinutesMax) else { throw BadInput("daily_minutes_max", "must be 0 to 1,440") }
        guard (0...10_080).contains(weeklyMinutesMax) else {
            throw BadInput("weekly_minutes_max", "must be 0 to 10,080")
        }
        (self.country, self.dailyMinutesMax) = (country, dailyMinutesMax)
        self.weeklyMinutesMax = weeklyMinutesMax
        self.reason = try PlainText.line(reason, field: "reason", lengthMax: 500)
    }
}

/// Why a policy on hours cannot be set. In order of precedence.
package enum HoursPolicyRefusal: Refusal, CaseIterable {
    case inThePast
    /// Another one of the same place begins then or later.
    case laterPolicy

    package var code: String {
        switch self {
        case .inThePast: "policy_in_the_past"
        case .laterPolicy: "later_policy"
        }
    }

    package var message: String {
        switch self {
        case .inThePast: "A policy cannot begin before now: what was committed was committed under the old one."
        case .laterPolicy: "Another policy for the same place begins then or later. Begin this one after it."
        }
    }
}

/// An operator sets how many hours anybody may commit from an instant on; the one in force until then ends.
package struct SetHoursPolicy: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Commitments that exist stay, even above the new cap.
    ///
    /// - Parameter start: `nil` for now.
    /// - Throws: ``AccessRefusal``; ``HoursPolicyRefusal``.
    package func callAsFunction(
        _ policy: HoursPolicy, from start: Date? = nil, by actor: Principal.ID
    ) async throws -> HoursPolicy.ID {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            let start = start ?? change.instant
            guard start >= change.instant else { throw HoursPolicyRefusal.inThePast }
            try await transaction.advisoryLock(AdvisoryLock("hours_policy", policy.country ?? ""))
            guard try await !transaction.hoursPolicyBegins(atOrAfter: start, in: policy.country) else {
                throw HoursPolicyRefusal.laterPolicy
            }
            try await transaction.endHoursPolicy(of: policy.country, at: start)
            let id: HoursPolicy.ID = change.make()
            try await transaction.insertHoursPolicy(policy, id: id, from: start, by: actor)
            try await change.record(
                "hours_policy_set", by: actor, on: "hours_policy", id.uuid, in: .platform,
                facts: [
                    "country": policy.country.map { .string($0) } ?? .null,
                    "daily_minutes_max": .integer(Int64(policy.dailyMinutesMax)),
                    "weekly_minutes_max": .integer(Int64(policy.weeklyMinutesMax)),
                ]
            )
            return id
        }
    }
}
