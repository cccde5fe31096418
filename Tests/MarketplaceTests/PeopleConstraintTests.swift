import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

/// The constraints of the schema's sections Audit to PayRates (Identity apart), each broken by a statement.
@Suite("Constraints from Audit to PayRates", .scratchDatabase)
struct PeopleConstraintTests {
    /// One statement for each constraint; `w`, `c` and `r` are the one worker, their admission and the one rate.
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("audit_event_stream_known", "update audit_event set stream = 'somebody'"),
        ("audit_stream_length_positive", "update audit_stream set length = 0"),
        ("audit_stream_head_is_sha256", "update audit_stream set head = '\\x00'"),
        (
            "audit_seal_one_per_event",
            """
            insert into audit_seal select stream, position + 1000, event_id, hash from audit_seal limit 1
            """
        ),
        ("audit_seal_position_positive", "update audit_seal set position = -position"),
        ("audit_seal_hash_is_sha256", "update audit_seal set hash = '\\x00'"),
        (
            "notice_one_per_dedup_key",
            """
            insert into notice (notice_id, recipient_id, kind, facts, created_at, due_at, dedup_key)
            select gen_random_uuid(), recipient_id, kind, facts, created_at, due_at, 'same'
              from notice, generate_series(1, 2)
            """
        ),
        ("notice_kind_is_snake_case", "update notice set kind = 'No'"),
        ("notice_dedup_key_bounded", "update notice set dedup_key = ''"),
        ("notice_attempts_possible", "update notice set attempts = 101"),
        ("notice_address_bounded", "update notice set address = ''"),
        ("notice_fault_bounded", "update notice set fault = repeat('x', 501)"),
        ("notice_delivered_iff_delivered", "update notice set delivered_at = created_at"),
        ("decision_rule_given", "update decision set rule = ''"),
        ("decision_reasons_given", "update decision set reasons = ''"),
        ("decision_automated_said", "update decision set automated = ''"),
        ("decision_appeal_possible", "update decision set appeal_until = decided_at"),
        ("decision_decider_is_other", "update decision set decided_by = worker_id"),
        ("worker_one_per_external_key", "update worker set external_key = 'same'"),
        ("worker_external_key_bounded", "update worker set external_key = ''"),
        ("worker_country_is_iso3166", "update worker set country = 'de'"),
        ("worker_weekly_minutes_possible", "update worker set weekly_minutes_max = 10081"),
        ("worker_place_is_iso3166", "update worker set place = 'us-ny'"),
        ("worker_erased_only_closed", "update worker set erased_at = registered_at"),
        ("worker_person_phone_is_e164", "update worker_person set phone = '0049 30 901820'"),
        ("worker_person_born_on_possible", "update worker_person set born_on = '1899-12-31'"),
        ("worker_daily_minutes_possible", "update worker set daily_minutes_max = 1441"),
        ("worker_tasks_at_once_possible", "update worker set tasks_at_once_max = 101"),
        ("worker_offer_notice_possible", "update worker set offer_notice_minutes = -1"),
        ("worker_person_one_per_email", "update worker_person set email = 'same@example.org'"),
        ("worker_person_email_bounded", "update worker_person set email = 'a'"),
        ("worker_person_email_is_lower_case", "update worker_person set email = 'A@example.org'"),
        ("worker_person_name_bounded", "update worker_person set name = ''"),
        ("worker_week_within_cap", "update worker_week set committed_minutes = minutes_max + 1"),
        ("worker_week_offered_possible", "update worker_week set offered_minutes = -1"),
        ("worker_week_starts_monday", "update worker_week set week_starts_on = week_starts_on + 1"),
        ("profession_code_well_formed", "update profession set profession = 'No' where profession = 'engineer'"),
        ("profession_title_bounded", "update profession set title = ''"),
        ("credential_kind_code_well_formed", "update credential_kind set kind = '' where kind = 'analyst_charter'"),
        ("credential_kind_title_bounded", "update credential_kind set title = ''"),
        ("credential_kind_reverify_months_possible", "update credential_kind set reverify_months = 0"),
        ("physician_profile_institution_bounded", "update physician_profile set institution = ''"),
        ("profile_years_possible", "update profile set years = 81"),
        ("lawyer_profile_is_lawyer", "update lawyer_profile set profession = 'physician'"),
        ("physician_profile_is_physician", "update physician_profile set profession = 'lawyer'"),
        ("tier_period_in_force_bounded_below", "update tier_period set in_force = tstzrange(null, upper(in_force))"),
        ("tier_period_in_force_bounded_below", "update tier_period set in_force = 'empty'"),
        (
            "tier_period_no_overlap",
            """
            insert into tier_period
            select worker_id, profession, 'principal', tstzrange(lower(in_force) + interval '1 hour', null), decided_by,
                   ground, tier_rule_id, reasons
              from tier_period
            """
        ),
        ("tier_period_rule_iff_by_rule", "update tier_period set ground = 'rule'"),
        ("tier_period_reasons_given", "update tier_period set reasons = ''"),
        ("tier_period_decider_is_other", "update tier_period set decided_by = worker_id"),
        ("worker_suspended_iff_decided", "update worker set state = 'suspended'"),
        ("credential_issuer_bounded", "update credential set issuer = ''"),
        ("credential_number_bounded", "update credential set number = ''"),
        ("credential_expires_after_issue", "update credential set expires_at = timestamptz '2015-06-01 00:00:00+00'"),
        ("credential_verified_by_somebody", "update credential set verified_by = null where state = 'verified'"),
        (
            "credential_verified_has_time",
            """
            update credential set verified_by = null, verified_at = null where state = 'verified'
            """
        ),
        ("credential_verifier_is_other", "update credential set verified_by = worker_id where state = 'verified'"),
        ("credential_confirmed_by_somebody", "update credential set confirmed_at = null"),
        ("credential_confirmed_by_second", "update credential set confirmed_by = verified_by"),
        ("credential_remind_before_reverify", "update credential set remind_at = reverify_at + interval '1 second'"),
        ("credential_malformed_has_note", "update credential set number_verdict = 'malformed', number_note = null"),
        ("credential_details_bounded", "update credential set scope = ''"),
        ("credential_one_live_per_number", "update credential set number = 'nY 1', jurisdiction = 'US-NY'"),
        (
            "requirement_one_per_hash",
            """
            insert into requirement select gen_random_uuid(), tree, hash from requirement
            """
        ),
        ("requirement_hash_is_sha256", "update requirement set hash = '\\x00'"),
        (
            "requirement_cover_swept_only_while_stale",
            "update requirement_cover set swept_through = gen_random_uuid(), stale_from = null"
        ),
        (
            "requirement_agreement_known_version_not_negative",
            """
            insert into requirement_agreement select requirement_id, 'nda', -1 from requirement limit 1
            """
        ),
        (
            "worker_requirement_in_force_not_empty",
            """
            insert into worker_requirement select worker_id, requirement_id, 'empty' from worker, requirement limit 1
            """
        ),
        ("rate_amount_positive", "update rate set amount_minor = 0"),
        ("rate_currency_is_iso4217", "update rate set currency = 'usd'"),
        ("rate_approved_by_second_person", "update rate set approved_by = prepared_by"),
        ("rate_in_force_bounded_below", "update rate set in_force = tstzrange(null, null) where in_force is not null"),
        ("rate_band_holds_amount", "update rate set least_minor = amount_minor + 1"),
        ("rate_task_kind_well_formed", "update rate set task_kind = 'Extraction'"),
        ("rate_region_is_iso3166_or_any", "update rate set region = 'usa'"),
        ("rate_language_bounded", "update rate set language = 'EN'"),
        ("rate_in_force_is_approved", "update rate set approved_by = null where in_force is not null"),
        ("rate_card_name_bounded", "update rate_card set name = ''"),
        ("rate_card_version_positive", "update rate_card set version = -version"),
        ("rate_card_one_per_version", "update rate_card set version = 7"),
        ("rate_card_caps_possible", "update rate_card set whole_cap_bps = 9999"),
        ("rate_card_hash_is_sha256", "update rate_card set content_hash = '\\x00'"),
        ("rate_card_approved_by_second_person", "update rate_card set approved_by = prepared_by"),
        ("rate_card_approved_before_publication", "update rate_card set approved_by = null where state = 'published'"),
        ("rate_card_in_force_iff_published", "update rate_card set in_force = null where state = 'published'"),
        (
            "rate_card_in_force_bounded_below",
            "update rate_card set in_force = 'empty' where state = 'published'"
        ),
        (
            "rate_card_no_overlap",
            """
            update rate_card
               set state = 'published', approved_by = (select approved_by from rate_card where version = 1),
                   in_force = (select in_force from rate_card where version = 1)
             where version = 2
            """
        ),
        ("premium_rule_threshold_fits_kind", "update premium_rule set threshold = 0 where kind = 'urgency'"),
        ("premium_rule_language_iff_scarcity", "update premium_rule set language = 'de' where kind = 'urgency'"),
        ("premium_rule_language_bounded", "update premium_rule set language = 'DE' where kind = 'language_scarcity'"),
        ("premium_rule_factor_possible", "update premium_rule set factor_bps = 9999"),
        ("premium_rule_in_force_bounded_below", "update premium_rule set in_force = 'empty'"),
        (
            "premium_rule_no_overlap",
            """
            insert into premium_rule
            select gen_random_uuid(), card_id, kind, threshold, language, 10001, in_force from premium_rule
             where in_force is not null
            """
        ),
        (
            "rate_no_overlap",
            """
            insert into rate
            select gen_random_uuid(), card_id, profession, tier, task_kind, region, language, 'task', 1, 1, 1, currency,
                   in_force, prepared_by, approved_by
              from rate where in_force is not null
            """
        ),
    ]

    /// At least two rows of what must be unique, one of everything else.
    private func populate() async throws {
        let crew = try await Crew()
        let (worker, _) = try await crew.lawyer("w1")
        _ = try await crew.lawyer("w2")
        try await DeclareProfession(market: crew.market)(
            .physician, years: 2, specialties: ["cardiology"], of: worker, by: crew.chief
        )
        _ = try await SuspendWorker(market: crew.market)(worker, rule: "r", facts: [:], reasons: "x", by: crew.chief)
        let (maker, checker) = (try await crew.person("m", .financeMaker), try await crew.person("c", .financeChecker))
        try await publishCard(crew, maker, checker)
        try await crew.market.database.transaction { transaction in
            try await transaction.execute(
                "insert into worker_week values (\(worker), '2026-03-02', 600, 60)")
            _ = try await transaction.internRequirement(
                .language("en"), id: Scratch.here.identifiers.make(at: transaction.instant)
            )
        }
        _ = try await SealAudit(market: crew.market)()
    }

    /// The first version is in force, the second a draft.
    private func publishCard(_ crew: Crew, _ maker: Principal.ID, _ checker: Principal.ID) async throws {
        let card: JSON = [
            "name": "Constraints",
            "rates": [
                [
                    "profession": "physician", "tier": "expert", "task_kind": "judgement", "unit": "hour",
                    "currency": "USD", "amount_minor": 100,
                ]
            ],
            "premiums": [
                ["kind": "urgency", "within_hours": 24, "factor_bps": 12_000],
                ["kind": "language_scarcity", "language": "de", "factor_bps": 12_000],
            ],
        ]
        for isPublished in [true, false] {
            let draft = try await DraftRateCard(market: crew.market)(card, by: maker)
            guard isPublished else { continue }
            try await ApproveRateCard(market: crew.market)(draft.version, contentHash: draft.contentHash, by: checker)
            try await PublishRateCard(market: crew.market)(draft.version, from: Scratch.start + 1_000, by: maker)
        }
    }

    @Test("each constraint refuses the statement that breaks it")
    func violated() async throws {
        try await populate()
        try await expectRefused(Self.violations)
    }

    @Test("no constraint of these tables is without such a statement")
    func complete() async throws {
        let names: [String] = try await Scratch.database.read { transaction in
            try await transaction.rows(
                """
                with checked_table as (
                    select unnest(array['audit_event', 'audit_unsealed', 'audit_stream', 'audit_seal', 'notice',
                        'decision', 'worker', 'worker_person', 'worker_week', 'profession', 'profile', 'lawyer_profile',
                        'physician_profile', 'tier_period', 'credential', 'credential_kind', 'requirement',
                        'rate',
                        'requirement_cover', 'requirement_agreement', 'worker_requirement',
                        'rate_card', 'premium_rule'])::regclass as id
                )
                select conname::text as name from pg_constraint join checked_table on conrelid = id
                 where contype in ('c', 'u', 'x')
                union
                select indexrelid::regclass::text from pg_index join checked_table on indrelid = id
                 where indisunique and indpred is not null
                """
            ).map { try $0["name"] }
        }
        #expect(Set(names) == Set(Self.violations.map(\.constraint)))
    }
}
