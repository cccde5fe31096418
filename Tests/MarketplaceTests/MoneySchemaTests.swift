import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// A voucher of those values, prepared by somebody.
private func voucher(_ values: SQL, decidedBy: SQL = "null::uuid", reason: SQL = "'x'") -> SQL {
    """
    insert into voucher (voucher_id, prepared_by, prepared_at, reason, decided_by, decided_at, kind, state,
                         requester_id, amount_minor, currency)
    select gen_random_uuid(), person, '2026-03-02', \(fragment: reason), \(fragment: decidedBy),
           case when \(fragment: decidedBy) is not null then '2026-03-02'::timestamptz end, \(fragment: values)
      from (select principal_id as person from principal limit 1) as someone
    """
}

/// Statements that break a constraint of the ledger, the tasks, the reviews or the payouts, and the name it answers by.
private let violations: [(constraint: String, statement: SQL)] = [
    ("account_slice_never_negative", "update account_slice set balance_minor = -1"),
    ("account_slice_balance_bounded", "update account_slice set balance_minor = 1000000000000001"),
    ("account_slice_no_bounded", "update account_slice set slice_no = 64"),
    ("account_slice_pkey", "insert into account_slice select account_id, slice_no, 0 from account_slice"),
    ("account_owner_iff_kind", "update account set kind = 'bank' where kind = 'batch_hold'"),
    (
        "account_one_per_owner",
        """
        insert into account select gen_random_uuid(), kind, owner_id, currency from account
        """
    ),
    ("transfer_amount_positive", "update transfer set amount_minor = 0"),
    ("transfer_between_two_accounts", "update transfer set credit_account_id = debit_account_id"),
    (
        "transfer_one_per_source",
        """
        insert into transfer select gen_random_uuid(), kind, debit_account_id, credit_account_id, amount_minor,
               currency, source_id, posted_at, entry_id from transfer
        """
    ),
    (
        "journal_entry_one_per_source",
        """
        insert into journal_entry select gen_random_uuid(), kind, source_id, null, null, posted_at from journal_entry
        """
    ),
    ("journal_entry_reversal_iff_kind", "update journal_entry set kind = 'reversal'"),
    (
        "journal_entry_reversed_once",
        """
        insert into journal_entry
        select gen_random_uuid(), 'reversal', gen_random_uuid(), (select min(entry_id::text)::uuid from journal_entry),
               null, posted_at
          from journal_entry
        """
    ),
    ("journal_entry_reason_bounded", "update journal_entry set reason = ''"),
    (
        "account_fold_pkey",
        """
        insert into account_fold select debit_account_id, transfer_id, 0 from transfer, generate_series(1, 2)
        """
    ),
    ("voucher_by_two_people", voucher("'withdrawal', 'posted', gen_random_uuid(), 5, 'USD'", decidedBy: "person")),
    ("voucher_decided_iff_terminal", voucher("'withdrawal', 'posted', gen_random_uuid(), 5, 'USD'")),
    ("voucher_amount_iff_kind", voucher("'withdrawal', 'prepared', gen_random_uuid(), null, 'USD'")),
    ("voucher_requester_iff_kind", voucher("'withdrawal', 'prepared', null, 5, 'USD'")),
    ("voucher_rate_iff_conversion", voucher("'conversion', 'prepared', gen_random_uuid(), 5, 'USD'")),
    ("voucher_amounts_positive", voucher("'withdrawal', 'prepared', gen_random_uuid(), 0, 'USD'")),
    ("voucher_rounding_bounded", voucher("'rounding_charge', 'prepared', null, 11, 'USD'")),
    ("voucher_reason_bounded", voucher("'withdrawal', 'prepared', gen_random_uuid(), 5, 'USD'", reason: "''")),
    (
        "voucher_one_reversal",
        """
        insert into voucher (voucher_id, kind, state, reverses_id, reason, prepared_by, prepared_at)
        select gen_random_uuid(), 'reversal', 'prepared', (select entry_id from journal_entry limit 1), 'x', person,
               '2026-03-02'
          from (select principal_id as person from principal limit 1) as someone, generate_series(1, 2)
        """
    ),
    ("transfer_debit_fkey", "update transfer set currency = 'EUR'"),
    ("batch_opened_unless_draft", "update batch set opened_at = null"),
    ("batch_closed_iff_terminal", "update batch set closed_at = '2026-03-02'"),
    ("batch_budget_positive", "update batch set budget_minor = 0"),
    ("batch_answer_seconds_possible", "update batch set answer_seconds = lease_seconds - 1"),
    (
        "batch_one_per_name",
        """
        insert into batch (requester_id, batch_id, project_id, name, state, door, requirement_id, redundancy, pay_minor,
                           fee_minor, currency, rate_id, budget_minor, expected_minutes, lease_seconds, answer_seconds,
                           priority, created_at)
        select requester_id, gen_random_uuid(), project_id, name, 'draft', door, requirement_id, redundancy, pay_minor,
               fee_minor, currency, rate_id, budget_minor, expected_minutes, lease_seconds, answer_seconds, priority,
               created_at from batch
        """
    ),
    (
        "task_one_per_external_key",
        """
        insert into task select requester_id, gen_random_uuid(), batch_id, project_id, external_key, state from task
        """
    ),
    ("slot_lease_until_iff_leased", "update slot set lease_until = null where state = 'leased'"),
    ("slot_assignment_iff_taken", "update slot set assignment_id = null where state = 'leased'"),
    (
        "assignment_one_live_per_slot",
        """
        insert into assignment select requester_id, gen_random_uuid(), task_id, slot_no, batch_id, worker_id, state,
               lease_token, leased_at, lease_until, answer_by, terms, terms_hash, pay_minor, fee_minor, currency,
               eligibility, week_starts_on, expected_minutes, closed_at, guideline_id, guideline_version
          from assignment where state = 'leased'
        """
    ),
    (
        "assignment_one_per_worker",
        """
        insert into assignment select requester_id, gen_random_uuid(), task_id, slot_no, batch_id, worker_id,
               'rejected', lease_token, leased_at, lease_until, answer_by, terms, terms_hash, pay_minor, fee_minor,
               currency, eligibility, week_starts_on, expected_minutes, leased_at, guideline_id, guideline_version
          from assignment where state = 'leased'
        """
    ),
    ("assignment_lease_ends_later", "update assignment set lease_until = leased_at"),
    ("assignment_lease_within_deadline", "update assignment set lease_until = answer_by + interval '1 second'"),
    ("assignment_closed_iff_terminal", "update assignment set closed_at = null where state = 'accepted'"),
    ("worker_load_within_cap", "update worker_load set live_leases = 101"),
    (
        "review_one_per_assignment",
        """
        insert into review select requester_id, gen_random_uuid(), assignment_id, author_id, reviewer_id, verdict,
               share_bps, reasons, decision_id, reviewed_at from review
        """
    ),
    ("review_reviewer_is_not_author", "update review set reviewer_id = author_id"),
    ("review_share_matches_verdict", "update review set share_bps = 9999"),
    ("review_decision_unless_accepted", "update review set verdict = 'rejected', share_bps = 0"),
    ("earning_amount_positive", "update earning set amount_minor = 0"),
    ("earning_bonus_is_its_transfer", "update earning set bonus_id = gen_random_uuid()"),
    (
        "earning_one_per_flag",
        """
        insert into earning select requester_id, assignment_id, worker_id, amount_minor, currency, gen_random_uuid(),
               earned_at, batch_id, flag_id, bonus_id from earning
        """
    ),
    (
        "earning_one_per_transfer",
        """
        insert into earning select gen_random_uuid(), assignment_id, worker_id, amount_minor, currency, transfer_id,
               earned_at, batch_id, flag_id, bonus_id from earning
        """
    ),
    (
        "payout_batch_approved_by_second_person",
        """
        update payout_batch set approved_by = prepared_by, approved_at = '2026-03-02'
        """
    ),
    ("payout_batch_approved_before_issue", "update payout_batch set state = 'approved'"),
    ("payout_batch_issued_iff_terminal", "update payout_batch set issued_at = '2026-03-02'"),
    ("payout_batch_total_positive", "update payout_batch set total_minor = 0"),
    (
        "payout_line_one_per_payee",
        """
        insert into payout_line select gen_random_uuid(), payout_batch_id, worker_id, amount_minor, currency, 'other'
          from payout_line
        """
    ),
    ("payout_line_one_payee", "update payout_line set worker_id = null"),
    ("payout_share_amount_positive", "update payout_share set amount_minor = 0"),
    (
        "payout_share_one_per_worker",
        """
        insert into payout_share select gen_random_uuid(), payout_line_id, worker_id, amount_minor from payout_share
        """
    ),
    (
        "payout_line_end_to_end_id_unique",
        """
        insert into payout_line select gen_random_uuid(), payout_batch_id,
               (select worker_id from worker where worker_id <> payout_line.worker_id limit 1), amount_minor, currency,
               end_to_end_id from payout_line
        """
    ),
    (
        "payout_item_one_live_per_earning",
        """
        with line as (
            insert into payout_line select gen_random_uuid(), payout_batch_id,
                   (select worker_id from worker where worker_id <> payout_line.worker_id limit 1), amount_minor,
                   currency, 'other' from payout_line
            returning payout_line_id
        )
        insert into payout_item select requester_id, transfer_id, line.payout_line_id, true from payout_item, line
        """
    ),
]

/// What the program's role may not do, whatever the program says.
private let forbidden: [SQL] = [
    "update transfer set amount_minor = 1", "delete from transfer", "truncate transfer",
    "update audit_event set facts = '{}'", "delete from audit_event", "update audit_seal set position = 1",
    "delete from audit_seal", "update decision set reasons = 'x'", "delete from decision",
    "update submission set assignment_id = null", "delete from submission", "update review set reasons = 'x'",
    "delete from review", "update earning set amount_minor = 1", "delete from earning",
    "update pay_floor_flag set owed_minor = 1", "delete from pay_floor_flag",
    "update assignment set terms = '{}'", "update assignment set pay_minor = 1",
    "update assignment set eligibility = '{}'",
    "update schema_step set name = 'x'", "alter table transfer drop constraint transfer_amount_positive",
    "drop table transfer", "create table mine ()",
]

@Suite("What the database itself forbids", .scratchDatabase)
struct MoneySchemaTests {
    private func market() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let batch = try await small.batch(small.draft("b"), tasks: 2)
        try await small.earn(ann, batch)
        _ = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        _ = try await small.claim(ben, batch)
    }

    @Test("answers by the constraint's name", arguments: violations.indices)
    func constraint(index: Int) async throws {
        try await market()
        let (name, statement) = violations[index]
        var violated: String?
        do {
            try await Scratch.asOwner { _ = try await $0.execute(statement) }
        } catch let error as StoreError {
            violated = error.violatedConstraint
        }
        #expect(violated == name)
    }

    @Test("is what the program's role may not do", arguments: forbidden.indices)
    func privilege(index: Int) async throws {
        var state: String?
        do {
            try await Scratch.database.transaction { _ = try await $0.execute(forbidden[index]) }
        } catch let error as StoreError {
            state = error.sqlState
        }
        #expect(state == "42501")
    }

    @Test(
        "agrees with the enums of the program",
        arguments: [
            ("account_kind", AccountKind.allCases.map(\.rawValue)),
            ("transfer_kind", TransferKind.allCases.map(\.rawValue)),
            ("batch_state", BatchState.allCases.map(\.rawValue)), ("batch_door", BatchDoor.allCases.map(\.rawValue)),
            ("task_state", TaskState.allCases.map(\.rawValue)), ("slot_state", SlotState.allCases.map(\.rawValue)),
            ("assignment_state", AssignmentState.allCases.map(\.rawValue)),
            ("offer_state", OfferState.allCases.map(\.rawValue)), ("verdict", Verdict.allCases.map(\.rawValue)),
            ("payout_batch_state", PayoutBatchState.allCases.map(\.rawValue)),
        ])
    func labels(type: String, cases: [String]) async throws {
        let labels: [String] = try await Scratch.database.read { transaction in
            try await transaction.rows(
                """
                select enumlabel::text as label from pg_enum join pg_type on pg_type.oid = enumtypid
                 where typname = \(type) order by enumsortorder
                """
            ).map { try $0["label"] }
        }
        #expect(labels == cases)
    }
}
