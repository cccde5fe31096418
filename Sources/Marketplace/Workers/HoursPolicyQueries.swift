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
            select hours_policy_id, country, daily_minutes_max, weekly_minutes_max, reason, in_force
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
            select hours_policy_id, country, daily_minutes_max, weekly_minutes_max, reason, in_force
              from hours_policy
             where (\(past) or upper_inf(in_force) or upper(in_force) > \(instant))
               and (\(id)::uuid is null or hours_policy_id < \(id)::uuid)
             order by hours_policy_id desc
             limit \(limit)
            """
        ).map(HoursPolicyRecord.init(row:))
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

extension HoursPolicyRecord {
    init(row: Row) throws {
        id = try row["hours_policy_id"]
        do {
            policy = try HoursPolicy(
                country: try row["country"], dailyMinutesMax: try row["daily_minutes_max"],
                weeklyMinutesMax: try row["weekly_minutes_max"], reason: try row["reason"]
            )
        } catch let fault as BadInput {
            throw StoreError.decoding(table: "hours_policy", column: fault.field, reason: fault.message)
        }
        inForce = try row["in_force"]
    }
}
