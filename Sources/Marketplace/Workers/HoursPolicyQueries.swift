internal import Foundation
internal import Store

extension Transaction {
    func hoursPolicyBegins(atOrAfter start: Date, in country: String?) async throws -> Bool {
        try await firstRow(
            """
            select from hours_policy
             where country is not distinct from \(country)::text and lower(in_force) >= \(start)
             limit 1
            """) != nil
    }

    /// Ends the policy of a place that is in force at an instant, if there is one.
    func endHoursPolicy(of country: String?, at end: Date) async throws {
        try await execute(
            """
            update hours_policy set in_force = tstzrange(lower(in_force), \(end))
             where country is not distinct from \(country)::text and in_force @> \(end)
            """)
    }

    func insertHoursPolicy(
        _ policy: HoursPolicy, id: HoursPolicy.ID, from start: Date, by actor: Principal.ID
    ) async throws {
        try await execute(
            """
            insert into hours_policy (hours_policy_id, country, daily_minutes_max, weekly_minutes_max, reason, in_force,
                                      set_by)
            values (\(id), \(policy.country), \(policy.dailyMinutesMax), \(policy.weeklyMinutesMax), \(policy.reason),
                    \(InstantRange(from: start, until: nil)), \(actor))
            """)
    }
}
