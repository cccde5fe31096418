import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// The constraints of explanations, the ladder, forecasts and prices of hours, each broken by a statement.
@Suite("Constraints of what the scheduler keeps", .scratchDatabase)
struct ScheduleConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("offer_explanation_runner_up_whole", "update offer_explanation set runner_up_micros = null"),
        ("offer_explanation_candidates_possible", "update offer_explanation set candidates = 1"),
        (
            "offer_explanation_certificate_possible",
            "update offer_explanation set certificate_millionths = 1000001"
        ),
        (
            "routing_explanation_said_later",
            "update routing_explanation set last_said_at = explained_at - interval '1 s'"
        ),
        ("routing_explanation_message_bounded", "update routing_explanation set message = ''"),
        ("routing_explanation_slots_possible", "update routing_explanation set slots_left = 0"),
        ("worker_explanation_message_bounded", "update worker_explanation set message = repeat('x', 1001)"),
        ("batch_raise_number_possible", "update batch_raise set raise_no = 101"),
        ("batch_raise_within_band", "update batch_raise set pay_minor = band_most_minor + 1"),
        ("batch_raise_amounts_possible", "update batch_raise set held_minor = -1"),
        ("escalation_step_level_possible", "update escalation_step set level = 2 where kind = 'forced'"),
        ("escalation_step_before_deadline", "update escalation_step set taken_at = due_at"),
        ("escalation_step_service_possible", "update escalation_step set service_p90_seconds = 0"),
        ("escalation_step_slots_possible", "update escalation_step set open_slots = 0"),
        ("service_pace_kind_well_formed", "update service_pace set task_kind = 'X'"),
        ("service_pace_samples_possible", "update service_pace set samples = 0"),
        ("service_pace_share_positive", "update service_pace set p90_permille = 0"),
        ("schedule_alert_options_named", "update schedule_alert set options = '[]'"),
        ("schedule_alert_slots_possible", "update schedule_alert set open_slots = 0"),
        ("schedule_alert_closed_iff_terminal", "update schedule_alert set closed_at = raised_at"),
        (
            "schedule_alert_resolution_bounded",
            """
            update schedule_alert
               set state = 'closed', closed_at = raised_at, resolution = '',
                   closed_by = (select principal_id from principal where name = 'Second')
            """
        ),
        (
            "schedule_alert_one_open_per_batch",
            """
            insert into schedule_alert
            select requester_id, gen_random_uuid(), batch_id, state, raised_at, due_at, open_slots, options
              from schedule_alert
            """
        ),
        ("hours_forecast_starts_monday", "update hours_forecast set week_starts_on = week_starts_on + 1"),
        ("hours_forecast_share_positive", "update hours_forecast set alpha_milli = 0"),
        ("hours_forecast_minutes_in_order", "update hours_forecast set p10_minutes = mean_minutes + 1"),
        ("hours_forecast_worked_possible", "update hours_forecast set worked_minutes = -1, was_asked = true"),
        ("hours_forecast_over_as_a_whole", "update hours_forecast set worked_minutes = 0"),
        (
            "hours_forecast_offered_possible",
            "update hours_forecast set offered_minutes = -1 where worked_minutes is not null"
        ),
        (
            "hours_forecast_offered_when_over",
            "update hours_forecast set offered_minutes = 1 where worked_minutes is null"
        ),
        ("hours_forecast_pace_possible", "update hours_forecast set pace_millionths = 0"),
        ("forecast_backtest_starts_monday", "update forecast_backtest set week_starts_on = week_starts_on + 1"),
        ("forecast_backtest_workers_positive", "update forecast_backtest set workers = 0, promises = 0"),
        ("forecast_backtest_minutes_possible", "update forecast_backtest set error_bps = -1"),
        ("forecast_backtest_promises_possible", "update forecast_backtest set promises_kept = promises + 1"),
        ("price_solve_counts_possible", "update price_solve set demands = -1"),
        ("price_solve_certificate_possible", "update price_solve set certificate_millionths = -1"),
        ("price_solve_most_possible", "update price_solve set price_most_micros = -1"),
        ("price_solve_policy_version_possible", "update price_solve set policy_version = -1"),
        ("hour_price_not_negative", "update hour_price set price_micros = -1"),
        ("hour_price_units_possible", "update hour_price set units = 677"),
        ("scheduler_policy_version_positive", "update scheduler_policy set version = 0"),
        ("scheduler_policy_weights_named", "update scheduler_policy set weights = '[]'"),
        ("scheduler_policy_reason_bounded", "update scheduler_policy set reason = ''"),
    ]

    @Test("each refuses the statement that breaks it")
    func violated() async throws {
        let desk = try await LadderDesk(hours: 720)
        try await ScheduleRecords.fill(desk)
        try await expectRefused(Self.violations)
    }
}

/// One of everything that the scheduler keeps.
enum ScheduleRecords {
    static func fill(_ desk: LadderDesk) async throws {
        let (small, market) = (desk.small, desk.small.market)
        let (ann, ben) = (try await small.lawyer("sched-ann"), try await small.lawyer("sched-ben"))
        // A week with work in it, which is over.
        _ = try await forecast(ann, in: small)
        try await small.earn(ann, try await small.batch(small.draft("before"), tasks: 1))
        Scratch.clock.advance(by: 16 * 86_400)
        try await KeepExplanations(market: market)(
            batches: [
                UnroutedBatch(
                    batch: desk.batch, reason: .away, message: "Away.", counts: UnroutedCounts([.away: 1]),
                    slotsLeft: 1)
            ],
            workers: [
                UnroutedWorker(worker: ann, reason: .away, message: "Away.", counts: UnroutedCounts([.away: 1]))
            ], by: small.manager)
        try await desk.take(.price(try Money(3_000, small.usd)))
        try await desk.take(.forced)
        try await desk.take(.alert([LadderDesk.option]))
        let offer = try await MakeOffer(market: market)(
            of: desk.batch.id, from: desk.batch.requester, to: ann, reason: [:], answerBy: Scratch.clock.now() + 600,
            explanation: OfferExplanation(
                valueMicros: 70, parts: ["quality": 100, "pay": -30], hoursPriceMicros: 12,
                runnerUp: .init(worker: ben, valueMicros: 60), candidates: 2, certificateMillionths: 990_000),
            by: small.manager)
        _ = try await desk.accept(offer, by: ann)
        _ = try await MakeOffer(market: market)(
            of: desk.batch.id, from: desk.batch.requester, to: ben, reason: ["rule": "escalation_reach", "value": 60],
            answerBy: Scratch.clock.now() + 600,
            explanation: OfferExplanation(
                valueMicros: 60, parts: ["quality": 60], hoursPriceMicros: 0,
                runnerUp: .init(worker: ann, valueMicros: 50), candidates: 2, certificateMillionths: 1_000_000),
            by: small.manager)
        let (closed, tested) = try await KeepForecasts(market: market).closeWeeks(by: small.manager)
        #expect(closed == 2 && tested == 1)
        let monday = try await forecast(ann, in: small)
        let solve = PriceSolve(
            solvedOn: monday, demands: 3, workers: 2, certificateMillionths: 990_000, priceMostMicros: 1_000)
        #expect(
            try await KeepHourPrices(market: market)(
                [
                    HourPriceTag(worker: ann, priceMicros: 500, units: 10),
                    HourPriceTag(worker: ben, priceMicros: 2_000, units: 0),
                ], of: solve, by: small.manager))
        try await Scratch.asOwner {
            try await $0.execute(
                """
                insert into service_pace values ('extraction', 20, 900, '2026-01-01 00:00:00+00')
                    on conflict do nothing
                """)
        }
        _ = try await SetSchedulerWeights(market: market)(["bar": 100_000], reason: "Try.", by: small.manager)
    }

    private static func forecast(_ worker: Worker.ID, in small: SmallMarket) async throws -> CalendarDate {
        let monday = try WorkWeek.start(of: Scratch.clock.now(), timeZone: "America/New_York")
        _ = try await KeepForecasts(market: small.market)(
            WeekPart.allCases.map {
                WorkerForecast(
                    worker: worker, weekStartsOn: monday, part: $0, declaredMinutes: 600, alphaMilli: 3_200,
                    betaMilli: 800, meanMinutes: 480, promisedMinutes: 300)
            }, by: small.manager)
        return monday
    }
}
