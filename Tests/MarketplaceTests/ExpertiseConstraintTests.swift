import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

/// The constraints of evidence, reminders, exams, estimates and tiers, each broken by a statement on real rows.
@Suite("Constraints of evidence, exams and tiers", .scratchDatabase)
struct ExpertiseConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("credential_evidence_hash_is_sha256", "update credential_evidence set hash = '\\x00'"),
        ("credential_evidence_media_type_well_formed", "update credential_evidence set media_type = 'PDF'"),
        ("credential_evidence_size_possible", "update credential_evidence set size = 0"),
        ("credential_evidence_name_bounded", "update credential_evidence set name = ''"),
        ("credential_reminder_days_known", "update credential_reminder set days_before = 59"),
        ("exam_key_bounded", "update exam set key = 'No'"),
        ("exam_bounded", "update exam set minutes = 0"),
        (
            "exam_one_per_version",
            """
            insert into exam
            select gen_random_uuid(), profession, key, version, title, sections, answer_key, minutes, attempts_max,
                   cooldown_hours, pass_bps, valid_days, published_at, published_by
              from exam
            """
        ),
        ("exam_attempt_due_later", "update exam_attempt set due_at = started_at"),
        ("exam_attempt_score_possible", "update exam_attempt set score_bps = 10001"),
        ("exam_attempt_finished_whole", "update exam_attempt set score_bps = null"),
        (
            "exam_attempt_one_per_number",
            """
            insert into exam_attempt (exam_attempt_id, exam_id, worker_id, attempt_no, started_at, due_at)
            select gen_random_uuid(), exam_id, worker_id, attempt_no, started_at, due_at from exam_attempt
            """
        ),
        (
            "exam_attempt_one_open",
            """
            insert into exam_attempt (exam_attempt_id, exam_id, worker_id, attempt_no, started_at, due_at)
            select gen_random_uuid(), exam_id, worker_id, number, started_at, due_at
              from exam_attempt, generate_series(8, 9) number
            """
        ),
        ("skill_estimate_skill_bounded", "update skill_estimate set skill = '/x' where skill = 'lawyer'"),
        ("skill_estimate_ordered", "update skill_estimate set low_bps = 10001"),
        ("skill_estimate_evidence_possible", "update skill_estimate set evidence = -1"),
        ("tier_rule_in_force_bounded_below", "update tier_rule set in_force = tstzrange(null, null)"),
        (
            "tier_rule_no_overlap",
            """
            insert into tier_rule
            select gen_random_uuid(), profession, tier, conditions, is_automatic, in_force, published_by from tier_rule
            """
        ),
        ("tier_proposal_closed_iff_terminal", "update tier_proposal set closed_at = proposed_at"),
        ("tier_proposal_changes_tier", "update tier_proposal set held = tier"),
        ("tier_proposal_note_iff_declined", "update tier_proposal set note = 'x'"),
        (
            "tier_proposal_decider_is_other",
            "update tier_proposal set state = 'granted', closed_at = proposed_at, closed_by = worker_id"
        ),
        (
            "tier_proposal_one_open",
            """
            insert into tier_proposal (tier_proposal_id, worker_id, profession, tier, tier_rule_id, reasons, state,
                                       proposed_at, proposed_by)
            select gen_random_uuid(), worker_id, profession, tier, tier_rule_id, reasons, state, proposed_at,
                   proposed_by
              from tier_proposal
            """
        ),
    ]

    @Test("each constraint refuses the statement that breaks it")
    func violated() async throws {
        let crew = try await Crew()
        let (worker, admission) = try await crew.lawyer(tier: .generalist)
        try await AddEvidence(market: crew.market)(.sample(), to: admission, by: crew.chief)
        _ = try await PublishExam(market: crew.market)(try ExamDraft(json: ExamTests.draft()), by: crew.chief)
        let attempt = try await StartExam(market: crew.market)("contracts", by: worker)
        _ = try await HandInExam(market: crew.market)(attempt.id, answers: ["q1": "a"], by: worker)
        _ = try await PublishTierRule(market: crew.market)(
            .specialist, in: .lawyer, conditions: try TierConditions(json: [:]), isAutomatic: false, by: crew.chief
        )
        _ = try await ProposeTier(market: crew.market)(in: .lawyer, for: worker, by: crew.chief)
        Scratch.clock.advance(by: 660 * 86_400)
        #expect(try await RemindReverification(market: crew.market)(by: crew.chief) == 1)
        try await expectRefused(Self.violations)
    }
}
