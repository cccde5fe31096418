import Marketplace
import Store

/// How the checks about offers are made to fail; see `doctorBreaks`.
let doctorOfferBreaks: [(check: DoctorCheck, statements: [SQL])] = [
    (.offers, ["update offer set turn_no = 2 where state = 'declined'"]),
    (.offers, ["update offer set turn_no = 90000 where state = 'lapsed'"]),
    (
        .offers,
        [
            "update offer set decline_reason = 'too_low' where state = 'declined'",
            """
            insert into offer
            select requester_id, gen_random_uuid(), batch_id, worker_id, 'filled', reason, offered_at, answer_by,
                   closed_at, null, terms_hash, 2, expected_minutes, pay_minor, currency, week_starts_on, hour_band
              from offer where state = 'declined'
            """,
            """
            update worker_week as week set offered_minutes = week.offered_minutes + offer.expected_minutes
              from offer
             where offer.state = 'filled' and offer.worker_id = week.worker_id
               and offer.week_starts_on = week.week_starts_on
            """,
        ]
    ),
    (
        .offers,
        [
            """
            update offer set assignment_id = other.assignment_id
              from (select assignment_id from assignment
                     where assignment_id not in (select assignment_id from offer where state = 'accepted')
                     limit 1) as other
             where state = 'accepted'
            """
        ]
    ),
    (.offersCounted, ["update offer_response set lapsed = lapsed + 1"]),
    (.offersCounted, ["delete from offer_response where accepted > 0"]),
    (.offersCounted, ["update offer_response set pay_band = 2 where pay_band = 1"]),
    (.offersCounted, ["update worker_week set offered_minutes = offered_minutes - 1 where offered_minutes > 0"]),
]

/// How the checks about windows of weeks and rest are made to fail.
let doctorHoursBreaks: [(check: DoctorCheck, statements: [SQL])] = [
    (
        .hoursWindow,
        [
            """
            update hours_entry set window_weeks = 2, window_minutes_max = minutes - 1 where kind = 'reserved'
            """
        ]
    ),
    (.hoursRest, ["update hours_entry set rest_minutes = 1439 where kind = 'reserved'"]),
]
