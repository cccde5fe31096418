internal import Formats
package import Foundation
internal import Store

/// A cap on everybody's hours, of the platform, of one country or of a part of one.
package struct HoursPolicy: Hashable, Sendable {
    package typealias ID = Identifier<HoursPolicy>
    /// ISO 3166-1 alpha-2; `nil` holds everywhere. Who lives there.
    package let country: String?
    /// ISO 3166-2; `nil` holds in all of the country. Who works there by their place of work.
    package let region: String?
    /// 0 to 1,440.
    package let dailyMinutesMax: Int
    /// 0 to 10,080.
    package let weeklyMinutesMax: Int
    /// On average over some weeks; `nil` for no such cap.
    package let window: HoursWindow?
    /// Minutes of rest in each 24 hours, 1 to 1,439; `nil` for none.
    package let restMinutes: Int?
    /// Where the rule comes from; 1 to 500 characters.
    package let reason: String

    /// What no two policies that hold at once have in common: the code of the place, empty for everywhere.
    var place: String { region ?? country ?? "" }

    /// - Parameter country: may be left out with a region.
    /// - Throws: ``BadInput``.
    package init(
        country: String?, region: String? = nil, dailyMinutesMax: Int, weeklyMinutesMax: Int,
        window: HoursWindow? = nil, restMinutes: Int? = nil, reason: String
    ) throws(BadInput) {
        if let country, !Country.isKnown(country) {
            throw BadInput("country", "is no country of ISO 3166-1, such as DE")
        }
        if let region {
            guard Self.isRegion(region) else { throw BadInput("region", "must be of the form US-NY") }
            guard country == nil || country == String(region.prefix(2)) else {
                throw BadInput("region", "must be a part of the country")
            }
        }
        if let restMinutes, !(1...1_439).contains(restMinutes) {
            throw BadInput("rest_minutes", "must be 1 to 1,439")
        }
        guard (0...1_440).contains(dailyMinutesMax) else { throw BadInput("daily_minutes_max", "must be 0 to 1,440") }
        guard (0...10_080).contains(weeklyMinutesMax) else {
            throw BadInput("weekly_minutes_max", "must be 0 to 10,080")
        }
        (self.country, self.region) = (country ?? region.map { String($0.prefix(2)) }, region)
        (self.dailyMinutesMax, self.weeklyMinutesMax) = (dailyMinutesMax, weeklyMinutesMax)
        (self.window, self.restMinutes) = (window, restMinutes)
        self.reason = try PlainText.line(reason, field: "reason", lengthMax: 500)
    }

    private static func isRegion(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 2, Country.isKnown(String(parts[0]) ?? "") else { return false }
        return (1...3).contains(parts[1].count)
            && parts[1].allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) }
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
            try await transaction.advisoryLock(AdvisoryLock("hours_policy", policy.place))
            guard try await !transaction.hoursPolicyBegins(atOrAfter: start, in: policy.place) else {
                throw HoursPolicyRefusal.laterPolicy
            }
            try await transaction.endHoursPolicy(of: policy.place, at: start)
            let id: HoursPolicy.ID = change.make()
            try await transaction.insertHoursPolicy(policy, id: id, from: start, by: actor)
            try await change.record(
                "hours_policy_set", by: actor, on: "hours_policy", id.uuid, in: .platform,
                facts: [
                    "country": policy.country.map { .string($0) } ?? .null,
                    "region": policy.region.map { .string($0) } ?? .null,
                    "daily_minutes_max": .integer(Int64(policy.dailyMinutesMax)),
                    "weekly_minutes_max": .integer(Int64(policy.weeklyMinutesMax)),
                    "window_weeks": policy.window.map { JSON.integer(Int64($0.weeks)) } ?? .null,
                    "window_minutes_average": policy.window.map { JSON.integer(Int64($0.averageMinutes)) } ?? .null,
                    "rest_minutes": policy.restMinutes.map { JSON.integer(Int64($0)) } ?? .null,
                ]
            )
            return id
        }
    }
}
