internal import Foundation
internal import Store

extension Transaction {
    /// - Parameter place: see ``HoursPolicy/place``.
    func hoursPolicyBegins(atOrAfter start: Date, in place: String) async throws -> Bool {
        try await firstRow(
            """
            select from hours_policy
             where coalesce(region, country, '') = \(place) and lower(in_force) >= \(start)
             limit 1
            """) != nil
    }

    /// Ends the policy of a place that is in force at an instant, if there is one.
    func endHoursPolicy(of place: String, at end: Date) async throws {
        try await execute(
            """
            update hours_policy set in_force = tstzrange(lower(in_force), \(end))
             where coalesce(region, country, '') = \(place) and in_force @> \(end)
            """)
    }

    /// Ends one policy at an instant; one that would never have held is taken off.
    func endHoursPolicy(_ id: HoursPolicy.ID, at end: Date) async throws {
        let answers = try await pipeline([
            "delete from hours_policy where hours_policy_id = \(id) and lower(in_force) >= \(end) returning 1 as one",
            """
            update hours_policy set in_force = tstzrange(lower(in_force), \(end))
             where hours_policy_id = \(id) and lower(in_force) < \(end)
            returning 1 as one
            """,
        ])
        let changed = answers.reduce(0) { $0 + $1.count }
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// One policy, kept as it is until the transaction ends.
    func lockHoursPolicy(_ id: HoursPolicy.ID) async throws -> HoursPolicyRecord? {
        try await firstRow(
            """
            select \(fragment: Self.hoursPolicyColumns)
              from hours_policy where hours_policy_id = \(id)
               for no key update
            """
        ).map(HoursPolicyRecord.init(row:))
    }

    /// Policies, newest first.
    ///
    /// - Parameter past: whether those that have ended are among them.
    func hoursPolicies(past: Bool, before id: HoursPolicy.ID?, limit: Int) async throws -> [HoursPolicyRecord] {
        try await rows(
            """
            select \(fragment: Self.hoursPolicyColumns)
              from hours_policy
             where (\(past) or upper_inf(in_force) or upper(in_force) > \(instant))
               and (\(id)::uuid is null or hours_policy_id < \(id)::uuid)
             order by hours_policy_id desc
             limit \(limit)
            """
        ).map(HoursPolicyRecord.init(row:))
    }

    private static var hoursPolicyColumns: SQL {
        """
        hours_policy_id, country, region, daily_minutes_max, weekly_minutes_max, window_weeks, window_minutes_average,
        rest_minutes, reason, in_force
        """
    }

    func insertHoursPolicy(
        _ policy: HoursPolicy, id: HoursPolicy.ID, from start: Date, by actor: Principal.ID
    ) async throws {
        try await execute(
            """
            insert into hours_policy (hours_policy_id, country, region, daily_minutes_max, weekly_minutes_max,
                                      window_weeks, window_minutes_average, rest_minutes, reason, in_force, set_by)
            values (\(id), \(policy.country), \(policy.region), \(policy.dailyMinutesMax),
                    \(policy.weeklyMinutesMax), \(policy.window?.weeks), \(policy.window?.averageMinutes),
                    \(policy.restMinutes), \(policy.reason), \(InstantRange(from: start, until: nil)), \(actor))
            """)
    }
}

extension HoursPolicyRecord {
    init(row: Row) throws {
        id = try row["hours_policy_id"]
        do {
            policy = try HoursPolicy(
                country: try row["country"], region: try row["region"],
                dailyMinutesMax: try row["daily_minutes_max"], weeklyMinutesMax: try row["weekly_minutes_max"],
                window: try HoursWindow.ifGiven(
                    weeks: try row["window_weeks"], averageMinutes: try row["window_minutes_average"]),
                restMinutes: try row["rest_minutes"], reason: try row["reason"]
            )
        } catch let fault as BadInput {
            throw StoreError.decoding(table: "hours_policy", column: fault.field, reason: fault.message)
        }
        inForce = try row["in_force"]
    }
}
