import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// The constraints of schedules of payouts and of clawbacks, each broken by a statement.
@Suite("Constraints of payout plans", .scratchDatabase)
struct PayoutPlanConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("payout_schedule_days_of_rhythm", "update payout_schedule set days = 128"),
        ("payout_schedule_minute_of_day", "update payout_schedule set minute = 1440"),
        ("payout_schedule_zone_bounded", "update payout_schedule set time_zone = ''"),
        ("payout_schedule_minimum_never_negative", "update payout_schedule set minimum_minor = -1"),
        ("payout_schedule_next_iff_rhythm", "update payout_schedule set next_at = null"),
        ("payout_due_missed_never_negative", "update payout_due set missed = -1"),
        ("payout_due_minimum_possible", "update payout_due set minimum_minor = -1"),
        ("payout_due_pays_on_weekday", "update payout_due set pay_on = '2026-03-08'"),
        ("payout_due_batch_iff_prepared", "update payout_due set payout_batch_id = null where state = 'prepared'"),
        ("payout_due_closed_iff_ended", "update payout_due set closed_at = null where state = 'prepared'"),
        ("payout_due_reason_iff_skipped", "update payout_due set reason = 'x' where state = 'prepared'"),
        ("payout_due_reason_bounded", "update payout_due set reason = '' where state = 'skipped'"),
        (
            "payout_due_one_open_per_source",
            """
            insert into payout_due
            select gen_random_uuid(), source, due_at, 0, pay_on, 0, opened_at, 'open' from payout_due
             where state = 'open'
            """
        ),
        ("clawback_amount_positive", "update clawback set amount_minor = 0, claim_minor = 0"),
        ("clawback_claim_within_amount", "update clawback set claim_minor = amount_minor + 1"),
        ("clawback_reasons_bounded", "update clawback set reasons = ''"),
        ("clawback_decided_by_another", "update clawback set decided_by = proposed_by where state = 'decided'"),
        ("clawback_decider_iff_ended", "update clawback set decided_at = null where state = 'decided'"),
        ("clawback_decision_iff_decided", "update clawback set decision_id = null where state = 'decided'"),
        ("clawback_effect_after_decision", "update clawback set effect_at = decided_at where state = 'decided'"),
        ("clawback_agreed_to_decided", "update clawback set agreed_at = proposed_at where state = 'refused'"),
        (
            "clawback_given_back_if_overturned",
            "update clawback set given_back_id = (select transfer_id from transfer limit 1) where state = 'decided'"
        ),
        ("clawback_item_amount_positive", "update clawback_item set amount_minor = 0"),
        ("clawback_item_one_live_per_earning", "update clawback_item set is_live = true where not is_live"),
        (
            "clawback_recovery_one_per_share",
            """
            insert into clawback_recovery
            select gen_random_uuid(), clawback_id, payout_batch_id, payout_share_id, 1, false, 0 from clawback_recovery
            """
        ),
        ("former_contact_email_bounded", "update former_contact set email = ''"),
        ("tax_default_country_is_code", "update tax_default set country = 'de'"),
        ("tax_default_rule_set_named", "update tax_default set rule_set = 'EU'"),
        ("tax_default_source_bounded", "update tax_default set source = ''"),
        ("tax_default_in_force_bounded_below", "update tax_default set in_force = 'empty'"),
        (
            "tax_default_no_overlap",
            """
            insert into tax_default
            select gen_random_uuid(), country, rule_set, source, set_by,
                   tstzrange(lower(in_force) + interval '1 day', null)
              from tax_default
            """
        ),
        ("tax_claim_amount_positive", "update tax_claim set amount_minor = 0"),
        ("tax_claim_month_is_first_day", "update tax_claim set month_on = month_on + 1"),
        ("tax_claim_evidence_bounded", "update tax_claim set evidence = ''"),
        ("tax_claim_verified_by_another", "update tax_claim set verified_by = entered_by, verified_at = entered_at"),
        ("tax_claim_verification_whole", "update tax_claim set verified_at = entered_at"),
        ("tax_claim_withdrawal_whole", "update tax_claim set withdrawn_at = entered_at"),
        ("team_key_is_wrapped", "update team_key set wrapped = '\\x00'"),
        ("team_payout_method_is_sealed", "update team_payout_method set sealed = '\\x00'"),
        ("team_payout_method_version_positive", "update team_payout_method set version = 0"),
        ("clawback_recovery_amount_positive", "update clawback_recovery set amount_minor = 0"),
        ("clawback_recovery_untaxed_within_amount", "update clawback_recovery set untaxed_minor = amount_minor + 1"),
    ]

    @Test("each refuses the statement that breaks it")
    func violated() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let dates = try PayoutDates.weekly(on: .friday, minute: 0, in: "UTC")
        try await SchedulePayouts(market: desk.small.market)(dates, from: "main", by: desk.small.checker)
        let prepare = PrepareDuePayout(market: desk.small.market, keys: desk.keys)
        for step in 0..<3 {
            Scratch.clock.advance(by: 7 * 86_400)
            _ = try await OpenDuePayouts(market: desk.small.market)(by: desk.small.manager)
            let open = try await prepare.list(.open, by: desk.small.maker)
            if step == 0 { _ = try await prepare(open[0].id, by: desk.small.maker) }
            if step == 1 { try await prepare.skip(open[0].id, reason: "No.", by: desk.small.maker) }
        }
        try await claw(desk)
        try await tax(desk)
        let team = try await CreateTeam(market: desk.small.market)(
            TeamDraft(externalKey: "a", kind: .agency, name: "A", base: "DE"), by: desk.small.manager)
        try await desk.small.setAccount(of: team.id, .sample())
        try await ReviseWorker(market: desk.small.market)(
            desk.workers[0],
            to: Registration(
                externalKey: "w0", name: "Worker w0", email: "other@example.org", country: "US",
                timeZone: "America/New_York", weeklyMinutesMax: 2_400, languages: ["en"]),
            by: desk.small.manager)
        try await expectRefused(Self.violations)
    }

    /// A default and a claim.
    private func tax(_ desk: PayoutDesk) async throws {
        let small = desk.small
        try await SetTaxDefault(market: small.market)("DE", ruleSet: "eu", source: "Law.", by: small.checker)
        _ = try await EnterTaxClaim(market: small.market)(
            TaxClaimDraft(
                kind: .relief, month: try #require(CalendarDate(iso: "2026-03-01")), amount: Money(100, small.usd),
                evidence: "Paper."),
            of: desk.workers[0], reference: "1", by: small.maker)
    }

    /// One clawback that was refused, one of the same earning that was decided and of which something was kept.
    private func claw(_ desk: PayoutDesk) async throws {
        let clawing = try await ClawbackDesk.on(desk.small, desk.workers[0])
        let paid = try await clawing.earn(1)
        try await clawing.pay()
        try await clawing.decide(try await clawing.propose([ClawbackPart(paid[0])], reference: "1"), takeBack: false)
        try await clawing.decide(try await clawing.propose([ClawbackPart(paid[0])], reference: "2"))
        Scratch.clock.advance(by: Clawback.noticeSeconds)
        try await clawing.earn(1)
        try await clawing.pay()
    }
}
