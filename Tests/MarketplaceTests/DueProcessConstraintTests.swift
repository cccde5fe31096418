import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// An opinion like the first, of other values.
private func opinion(_ role: SQL, person: SQL) -> SQL {
    """
    insert into opinion
    select requester_id, assignment_id, \(fragment: role), batch_id, author_id, \(fragment: person), verdict, share_bps,
           part_weight, whole_weight, reasons, sheet, submission_hash, given_at, risk_bps, asks_second
      from opinion
    """
}

/// The constraints of opinions, answers sent back, policies and appeals, each broken by a statement.
@Suite("What due process forbids", .scratchDatabase)
struct DueProcessConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        // Author, first, second and adjudicator are different people.
        ("opinion_person_is_not_author", opinion("'second'", person: "author_id")),
        ("opinion_one_per_person", opinion("'second'", person: "person_id")),
        ("opinion_one_per_person", opinion("'adjudicator'", person: "person_id")),
        (
            "opinion_pkey",
            opinion("'first'", person: "(select principal_id from principal where name = 'Operator')")
        ),
        ("opinion_share_matches_verdict", "update opinion set share_bps = 1"),
        ("opinion_weights_in_order", "update opinion set part_weight = 1"),
        ("review_tally_counts_possible", "update review_tally set alone = judged + 1"),
        ("opinion_risk_possible", "update opinion set risk_bps = 10001"),
        (
            "opinion_sheet_bounded",
            """
            update opinion
               set sheet = jsonb_build_object(
                       'x', (select string_agg(md5(n::text), '') from generate_series(1, 9000) as n))
            """
        ),
        (
            "review_policy_settings_bounded",
            """
            update review_policy
               set settings = jsonb_build_object(
                       'x', (select string_agg(md5(n::text), '') from generate_series(1, 3000) as n))
            """
        ),
        ("review_weights_in_order", "update review set whole_weight = 2"),
        ("rework_round_bounded", "update rework set round = 6"),
        ("rework_sender_is_not_author", "update rework set author_id = sent_by"),
        ("rework_reasons_bounded", "update rework set reasons = ''"),
        ("rework_hash_is_sha256", "update rework set hash = ''"),
        ("rework_in_one_form", "update rework set answer = '1'"),
        ("rework_ends_later", "update rework set answer_until = sent_at"),
        ("rework_answered_in_time", "update rework set answered_at = answer_until"),
        (
            "appeal_one_per_decision",
            """
            insert into appeal
            select gen_random_uuid(), decision_id, worker_id, decided_by, statement, filed_at, answer_until, 'open'
              from appeal
            """
        ),
        ("appeal_answered_by_another", "update appeal set answered_by = decided_by"),
        ("appeal_answered_by_another", "update appeal set answered_by = worker_id"),
        (
            "appeal_decision_fkey",
            """
            update appeal
               set decided_by = worker_id, answered_by = null, state = 'open', answer = null, answered_at = null
            """
        ),
        ("appeal_statement_bounded", "update appeal set statement = ''"),
        ("appeal_answer_bounded", "update appeal set answer = ''"),
        ("appeal_answer_due_later", "update appeal set answer_until = filed_at"),
        ("appeal_answered_iff_judged", "update appeal set state = 'open'"),
        ("appeal_remedy_iff_overturned", "update appeal set remedy = '{}'"),
    ]

    @Test("answers by the constraint's name")
    func each() async throws {
        let desk = try await JudgingDesk(policy: .unset)
        let small = desk.small
        let ann = try await small.lawyer("ann")
        let works = try await desk.submitted(by: ann, 2)
        _ = try await SendBack(market: small.market)(
            works[1].id, of: small.requester, reasons: "More.", by: small.reviewer)
        let decision = try #require(try await desk.judge(works[0], .rejected, by: 0).decision)
        let appeal = try await FileAppeal(market: small.market)(
            decision, statement: "No.", by: Principal.ID(ann.uuid))
        try await AnswerAppeal(market: small.market)(
            appeal.id, isOverturned: false, answer: "Yes.", by: small.second)
        try await expectRefused(Self.violations)
    }

    @Test("no constraint of these tables is without such a statement")
    func complete() async throws {
        let names: [String] = try await Scratch.database.read { transaction in
            try await transaction.rows(
                """
                select conname::text as name from pg_constraint
                 where conrelid = any('{opinion,rework,appeal,review_policy,review_tally}'::regclass[])
                   and contype in ('c', 'u', 'x')
                """
            ).map { try $0["name"] }
        }
        #expect(Set(names).isSubset(of: Self.violations.map(\.constraint)))
    }
}
