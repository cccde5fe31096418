import Marketplace
import Store
import TestSupport
import Testing

/// How the checks about what the scheduler keeps are made to fail; see `doctorBreaks`. On a market of its own.
let doctorScheduleBreaks: [(check: DoctorCheck, statements: [SQL])] = [
    (.raises, ["update batch_raise set pay_minor = 2000"]),
    (.raises, ["update batch_raise set fee_minor = fee_minor - 1"]),
    (.raises, ["update rate set most_minor = 2900 where most_minor = 5000"]),
    (
        .raises,
        [
            """
            insert into batch_raise
            select requester_id, batch_id, 3, pay_minor, fee_minor, band_most_minor, 0, raised_at, raised_by
              from batch_raise
            """
        ]
    ),
    (
        .raises,
        [
            "update batch_raise set raised_at = raised_at + interval '1 second'",
            "update escalation_step set taken_at = taken_at + interval '1 second' where kind = 'price'",
        ]
    ),
    (.explained, ["update offer_explanation set value_micros = value_micros + 1"]),
    (
        .explained,
        [
            """
            update offer_explanation set runner_up_id = offer.worker_id from offer
             where offer.offer_id = offer_explanation.offer_id
            """
        ]
    ),
    (
        .explained,
        [
            """
            delete from offer_explanation using offer
             where offer.offer_id = offer_explanation.offer_id and offer.state = 'open'
            """
        ]
    ),
    (
        .explained,
        [
            """
            update offer set reason = '{"rule": "capacitated_auction", "value": 1, "continuation": 0}'
             where state = 'open'
            """,
            """
            delete from offer_explanation using offer
             where offer.offer_id = offer_explanation.offer_id and offer.state = 'open'
            """,
        ]
    ),
    (.ladder, ["update batch_raise set raised_at = raised_at - interval '1 second'"]),
    (.ladder, ["delete from escalation_step where kind = 'alert'"]),
    (.ladder, ["delete from schedule_alert"]),
    (.ladder, ["update escalation_step set level = 2 where kind = 'price'"]),
    (.forecasts, ["update forecast_backtest set error_bps = error_bps + 1"]),
    (.forecasts, ["update hours_forecast set worked_minutes = worked_minutes + 1 where worked_minutes is not null"]),
    (.forecasts, ["update hours_forecast set worked_minutes = null, was_asked = null"]),
    (.forecasts, ["update hour_price set price_micros = 1001 where units > 0"]),
    (.forecasts, ["update hour_price set price_micros = 999 where units = 0"]),
]

@Suite("The doctor on what the scheduler keeps", .scratchDatabase)
struct DoctorScheduleTests {
    @Test("finds exactly the rule that was broken", arguments: doctorScheduleBreaks.indices)
    func finds(index: Int) async throws {
        let (check, statements) = doctorScheduleBreaks[index]
        let desk = try await LadderDesk(hours: 720)
        try await ScheduleRecords.fill(desk)
        #expect(try await desk.small.ills() == [])
        try await Scratch.asOwner { transaction in
            for statement in statements { try await transaction.execute(statement) }
        }
        #expect(try await desk.small.ills() == [check])
    }
}
