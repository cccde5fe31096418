import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// The constraints of availability and hours, each broken by a statement.
@Suite("Constraints of availability and hours", .scratchDatabase)
struct TimeConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("notice_preference_kind_is_snake_case", "update notice_preference set kind = 'No'"),
        ("worker_day_within_cap", "update worker_day set committed_minutes = minutes_max + 1"),
        ("hours_policy_country_is_iso3166", "update hours_policy set country = 'de'"),
        ("hours_policy_daily_minutes_possible", "update hours_policy set daily_minutes_max = 1441"),
        ("hours_policy_weekly_minutes_possible", "update hours_policy set weekly_minutes_max = -1"),
        ("hours_policy_reason_given", "update hours_policy set reason = ''"),
        ("hours_policy_region_is_iso3166", "update hours_policy set region = 'US-nyxx', country = 'US'"),
        ("hours_policy_region_in_country", "update hours_policy set region = 'US-NY'"),
        ("hours_policy_window_whole", "update hours_policy set window_weeks = 2"),
        ("hours_policy_window_possible", "update hours_policy set window_weeks = 1, window_minutes_average = 60"),
        ("hours_policy_rest_possible", "update hours_policy set rest_minutes = 1440"),
        ("hours_policy_in_force_bounded_below", "update hours_policy set in_force = 'empty'"),
        (
            "hours_policy_no_overlap",
            """
            insert into hours_policy
            select gen_random_uuid(), country, 1, 1, 'x', tstzrange(lower(in_force) + interval '1 day', null), set_by
              from hours_policy
            """
        ),
        ("availability_window_weekday_known", "update availability_window set weekday = 8"),
        ("availability_window_within_day", "update availability_window set until_minute = 1441"),
        (
            "availability_window_no_overlap",
            """
            insert into availability_window
            select worker_id, weekday, from_minute + 1, until_minute from availability_window
            """
        ),
        ("availability_exception_within_day", "update availability_exception set until_minute = from_minute"),
        (
            "availability_exception_no_overlap",
            """
            insert into availability_exception
            select worker_id, on_day, 'free', from_minute + 1, until_minute from availability_exception
            """
        ),
        ("hours_entry_minutes_possible", "update hours_entry set minutes = 0"),
        ("hours_entry_rest_possible", "update hours_entry set rest_minutes = 0 where kind = 'reserved'"),
        ("hours_entry_window_whole", "update hours_entry set window_weeks = 2 where kind = 'reserved'"),
        (
            "hours_entry_window_possible",
            "update hours_entry set window_weeks = 54, window_minutes_max = 0 where kind = 'reserved'"
        ),
        ("hours_entry_bounds_of_reserved", "update hours_entry set rest_minutes = 60 where kind = 'released'"),
        ("hours_entry_day_in_week", "update hours_entry set on_day = on_day + 7"),
        (
            "hours_entry_one_end_per_assignment",
            """
            insert into hours_entry
            select requester_id, assignment_id, 'worked', worker_id, week_starts_on, on_day, minutes, occurred_at
              from hours_entry where kind = 'released'
            """
        ),
    ]

    @Test("each refuses the statement that breaks it")
    func violated() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b"), tasks: 1)
        let work = try await small.claim(worker, batch)
        try await ReturnTask(market: small.market)(
            work.id, token: work.leaseToken, .noTime, by: Principal.ID(worker.uuid))
        let span = try DaySpan("09:00-12:00")
        try await SetAvailability(market: small.market)(
            AvailabilitySettings(windows: [AvailabilityWindow(.friday, span)]), of: worker, by: small.manager
        )
        try await ExceptAvailability(market: small.market)(
            AvailabilityException(.day("2026-03-05"), .away, span), of: worker, by: small.manager
        )
        _ = try await SetHoursPolicy(market: small.market)(
            HoursPolicy(country: nil, dailyMinutesMax: 600, weeklyMinutesMax: 2_880, reason: "Law"), by: small.manager
        )
        try await PreferNotice(market: small.market)(
            NoticePreference(kind: "offer_made", channel: .email, isWanted: false), by: small.manager
        )
        try await expectRefused(Self.violations)
    }
}
