import Store
import TestSupport
import Testing

/// The constraints that no use case can come near, each broken by a statement on rows made for it.
@Suite("Constraints that no use case comes near", .scratchDatabase)
struct SchemaConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("schema_step_version_positive", "update schema_step set version = -version"),
        ("principal_name_bounded", "update principal set name = ''"),
        ("role_grant_requester_iff_requester", "update role_grant set requester_id = gen_random_uuid()"),
        ("role_grant_in_force_bounded_below", "update role_grant set in_force = tstzrange(null, null)"),
        ("role_grant_in_force_bounded_below", "update role_grant set in_force = 'empty'"),
        (
            "role_grant_no_overlap",
            """
            insert into role_grant
            select gen_random_uuid(), principal_id, role, requester_id, granted_by,
                   tstzrange(lower(in_force) + interval '1 day', null)
              from role_grant
            """
        ),
        (
            "role_grant_auditor_alone",
            """
            insert into role_grant
            select gen_random_uuid(), principal_id, 'auditor', null, granted_by,
                   tstzrange(lower(in_force) + interval '1 day', null)
              from role_grant
            """
        ),
        ("access_token_hash_is_sha256", "update access_token set token_hash = '\\x00'"),
        ("access_token_expires_later", "update access_token set expires_at = created_at"),
        ("access_token_name_bounded", "update access_token set name = ''"),
        ("access_token_scopes_given", "update access_token set scopes = '{}'"),
        ("access_token_replaces_another", "update access_token set replaces_id = access_token_id"),
        (
            "access_token_one_per_id",
            """
            insert into access_token
            select sha256('u'), principal_id, created_at, expires_at, null, access_token_id, 'u', scopes
              from access_token
            """
        ),
        (
            "access_token_one_replacement",
            """
            insert into access_token
            select sha256(n::text::bytea), principal_id, created_at, expires_at, null, gen_random_uuid(), 'u', scopes,
                   null, access_token_id
              from access_token, generate_series(1, 2) n
            """
        ),
        ("idempotency_key_bounded", "update idempotency_key set key = ''"),
        ("idempotency_key_fingerprint_is_sha256", "update idempotency_key set fingerprint = '\\x00'"),
        ("requester_name_bounded", "update requester set name = ''"),
        (
            "requester_one_per_external_key",
            "insert into requester select gen_random_uuid(), external_key, name, created_at from requester"
        ),
        ("project_name_bounded", "update project set name = ''"),
        ("project_task_kind_well_formed", "update project set task_kind = 'Extraction'"),
        ("guideline_key_bounded", "update guideline set external_key = ''"),
        ("guideline_name_bounded", "update guideline set name = ''"),
        ("guideline_newest_version_positive", "update guideline set newest_version = 0"),
        (
            "guideline_one_per_external_key",
            """
            insert into guideline
            select requester_id, gen_random_uuid(), external_key, name, newest_version, created_at from guideline
            """
        ),
        ("guideline_version_positive", "update guideline_version set version = 0"),
        ("guideline_version_body_bounded", "update guideline_version set body = ''"),
        ("guideline_version_hash_is_sha256", "update guideline_version set body_hash = '\\x00'"),
        ("guideline_version_changes_bounded", "update guideline_version set changes = ''"),
        ("task_suggestion_source_bounded", "update task_suggestion set source = ''"),
        ("task_suggestion_in_one_form", "update task_suggestion set suggestion = null"),
        ("task_suggestion_is_sealed", "update task_suggestion set suggestion = null, sealed = '\\x00'"),
        ("submission_in_one_form", "update submission set answer = null"),
        ("submission_is_sealed", "update submission set answer = null, sealed = '\\x00'"),
        ("reference_answer_in_one_form", "update reference_answer set answer = null"),
        ("reference_answer_is_sealed", "update reference_answer set answer = null, sealed = '\\x00'"),
        ("suggestion_use_source_bounded", "update suggestion_use set version = ''"),
        ("suggestion_use_distance_within_size", "update suggestion_use set distance = size + 1"),
        ("suggestion_use_copy_iff_unchanged", "update suggestion_use set is_copy = true"),
        ("recheck_item_answer_is_older", "update recheck_item set answer_version = version"),
        ("recheck_item_reason_bounded", "update recheck_item set reason = ''"),
        ("recheck_item_checked_by_task", "update recheck_item set checks = 1"),
        (
            "recheck_item_checks_possible",
            "update recheck_item set checks = 1001, recheck_task_id = gen_random_uuid()"
        ),
        ("batch_control_possible", "update batch set control_bps = 10001, control_seed = gen_random_uuid()"),
        ("batch_control_seed_iff_control", "update batch set control_bps = 1"),
        (
            "project_one_per_external_key",
            """
            insert into project (requester_id, project_id, external_key, name, task_kind, input_schema, answer_schema,
                                 created_at, guideline_id)
            select requester_id, gen_random_uuid(), external_key, name, task_kind, input_schema, answer_schema,
                   created_at, guideline_id
              from project
            """
        ),
        ("batch_name_bounded", "update batch set name = ''"),
        ("batch_redundancy_possible", "update batch set redundancy = 0, redundancy_most = 0"),
        ("batch_redundancy_most_possible", "update batch set redundancy_most = 101, agreement_bps = 5000"),
        ("batch_agreement_iff_adaptive", "update batch set agreement_bps = 5000"),
        ("batch_error_cost_only_adaptive", "update batch set error_cost_minor = 5"),
        (
            "batch_error_cost_possible",
            "update batch set redundancy_most = redundancy + 1, agreement_bps = 5000, error_cost_minor = 0"
        ),
        ("batch_answer_value_possible", "update batch set answer_value_minor = 0"),
        ("batch_agreement_possible", "update batch set redundancy_most = 2, agreement_bps = 0"),
        ("batch_resizing_possible", "update batch set resizing_to = 0"),
        ("batch_archived_iff_archived", "update batch set archived_at = created_at"),
        ("batch_pay_positive", "update batch set pay_minor = 0"),
        ("batch_fee_not_negative", "update batch set fee_minor = -1"),
        ("batch_expected_minutes_possible", "update batch set expected_minutes = 0"),
        ("batch_lease_seconds_possible", "update batch set lease_seconds = 0"),
        ("batch_price_top_up_possible", "update batch_price set top_up_bps = 10001"),
        ("batch_top_ups_within_share", "update batch set top_up_spent_minor = 1"),
        ("submission_active_seconds_possible", "update submission set active_seconds = 0"),
        ("batch_price_fee_possible", "update batch_price set fee_bps = 10001"),
        ("batch_price_most_positive", "update batch_price set most_pay_minor = 0"),
        ("batch_price_curve_whole", "update batch_price set step_minor = null"),
        ("batch_price_curve_possible", "update batch_price set interval_seconds = 59"),
        ("project_weight_possible", "update project set weight = 0"),
        ("batch_worker_tasks_max_possible", "update batch set worker_tasks_max = 0"),
        ("batch_gold_possible", "update batch set gold_bps = 5001"),
        ("task_matter_bounded", "update task set matter = ''"),
        ("allotment_matter_iff_pack", "update allotment set matter = null"),
        (
            "allotment_held_only_pack_or_award", "update allotment set kind = 'gold', matter = null, slot_no = null"
        ),
        ("allotment_holding_whole", "update allotment set holder_id = null"),
        ("allotment_ends_only_reserved", "update allotment set ends_at = '2026-03-02'"),
        (
            "allotment_one_per_pack",
            """
            insert into allotment
            select requester_id, gen_random_uuid(), batch_id, kind, matter, slot_no, holder_id, held_until
              from allotment
            """
        ),
        ("allotment_member_is_somebody", "update allotment_member set team_id = gen_random_uuid()"),
        ("allotment_member_one_each", "insert into allotment_member select * from allotment_member"),
        ("slot_no_positive", "update slot set slot_no = 0"),
        ("assignment_terms_hash_is_sha256", "update assignment set terms_hash = '\\x00'"),
        ("assignment_pay_positive", "update assignment set fee_minor = -1"),
        ("batch_counts_possible", "update batch set task_count = 1"),
        (
            "batch_reopened_after_opening",
            "update batch set state = 'open', opened_at = '2026-03-02', reopened_at = '2026-03-01'"
        ),
        ("submission_hash_is_sha256", "update submission set hash = '\\x00'"),
        ("offer_closed_iff_terminal", "update offer set closed_at = offered_at"),
        ("offer_assignment_iff_accepted", "update offer set assignment_id = gen_random_uuid()"),
        ("offer_answer_by_later", "update offer set answer_by = offered_at"),
        ("offer_terms_hash_is_sha256", "update offer set terms_hash = 'x'"),
        ("offer_turn_possible", "update offer set turn_no = 0"),
        ("offer_minutes_possible", "update offer set expected_minutes = 0"),
        ("offer_pay_possible", "update offer set pay_minor = -1"),
        ("offer_currency_is_iso4217", "update offer set currency = 'usd'"),
        ("offer_week_starts_monday", "update offer set week_starts_on = '2026-03-03'"),
        ("offer_hour_band_possible", "update offer set hour_band = 4"),
        ("offer_decline_reason_only_declined", "update offer set decline_reason = 'too_low'"),
        (
            "offer_once_per_turn",
            """
            insert into offer
            select requester_id, gen_random_uuid(), batch_id, worker_id, 'lapsed', reason, offered_at, answer_by,
                   offered_at, null, terms_hash, turn_no, expected_minutes, pay_minor, currency, week_starts_on,
                   hour_band
              from offer
            """
        ),
        (
            "offer_not_again_on_terms",
            """
            insert into offer
            select requester_id, gen_random_uuid(), batch_id, worker_id, 'declined', reason, offered_at, answer_by,
                   offered_at, null, terms_hash, turn_no + 1, expected_minutes, pay_minor, currency, week_starts_on,
                   hour_band
              from offer
            """
        ),
        ("offer_response_hour_band_possible", "update offer_response set hour_band = 4"),
        ("offer_response_pay_band_possible", "update offer_response set pay_band = 3"),
        ("offer_response_counts_possible", "update offer_response set declined = -1, accepted = 2"),
        ("offer_response_fading_possible", "update offer_response set faded_offered = 1001"),
        ("routing_cell_epoch_possible", "update routing_cell set epoch = -1, routed_at = null"),
        ("routing_cell_routed_iff_epoch", "update routing_cell set routed_at = null"),
        ("payout_batch_hash_is_sha256", "update payout_batch set content_hash = '\\x00'"),
        ("payout_batch_approval_whole", "update payout_batch set approved_at = prepared_at"),
        ("payout_batch_cancelled_iff_terminal", "update payout_batch set cancelled_at = prepared_at"),
        ("payout_line_amount_positive", "update payout_line set amount_minor = 0"),
        ("payout_line_end_to_end_id_bounded", "update payout_line set end_to_end_id = ''"),
    ]

    /// One row in each table, of which only the columns at stake make sense.
    private static let rows: [SQL] = [
        "insert into principal values (gen_random_uuid(), 'person', 'p', '2026-03-02')",
        """
        insert into role_grant
        select gen_random_uuid(), principal_id, 'operator', null, principal_id, tstzrange('2026-03-02', null)
          from principal
        """,
        """
        insert into access_token
        select sha256('t'), principal_id, '2026-03-02', '2026-03-03', null, gen_random_uuid(), 't', '{read}'
          from principal
        """,
        """
        insert into idempotency_key
        select principal_id, 'route', 'key', sha256('k'), 200, '{}', '2026-03-02' from principal
        """,
        "insert into requester values (gen_random_uuid(), 'acme', 'Acme', '2026-03-02')",
        """
        insert into guideline select requester_id, gen_random_uuid(), 'g', 'G', 1, '2026-03-02' from requester
        """,
        """
        insert into guideline_version
        select requester_id, guideline_id, 1, 'Do.', sha256('Do.'), 'First.', '"none"', '2026-03-02', null
          from guideline
        """,
        """
        insert into project (requester_id, project_id, external_key, name, task_kind, input_schema, answer_schema,
                             created_at, guideline_id)
        select requester_id, gen_random_uuid(), 'p', 'P', 'extraction', '{}', '{}', '2026-03-02', guideline_id
          from guideline
        """,
        """
        insert into batch (requester_id, batch_id, project_id, name, state, door, requirement_id, redundancy, pay_minor,
                           fee_minor, currency, rate_id, budget_minor, expected_minutes, lease_seconds, answer_seconds,
                           priority, created_at)
        select requester_id, gen_random_uuid(), project_id, 'b', 'draft', 'claim', gen_random_uuid(), 1, 1, 0, 'USD',
               gen_random_uuid(), 1, 1, 60, 60, 0, '2026-03-02'
          from project
        """,
        """
        insert into batch_price
        select requester_id, batch_id, '{}', '{}', 0, 1, 0, 'steps', 0, 60, 1, 0 from batch
        """,
        """
        insert into task (requester_id, task_id, batch_id, project_id, external_key, state)
        select requester_id, gen_random_uuid(), batch_id, project_id, 't', 'open' from batch
        """,
        """
        insert into allotment
        select requester_id, gen_random_uuid(), batch_id, 'pack', 'm', 1, gen_random_uuid(), '2026-03-02', null
          from batch
        """,
        """
        insert into allotment_member select requester_id, allotment_id, gen_random_uuid(), null from allotment
        """,
        """
        insert into slot (requester_id, task_id, slot_no, batch_id, state, lease_token, lapses)
        select requester_id, gen_random_uuid(), 1, batch_id, 'open', 0, 0 from batch
        """,
        """
        insert into assignment (requester_id, assignment_id, task_id, slot_no, batch_id, worker_id, state, lease_token,
                                leased_at, lease_until, answer_by, terms, terms_hash, pay_minor, fee_minor, currency,
                                eligibility, week_starts_on, expected_minutes, guideline_id, guideline_version)
        select requester_id, gen_random_uuid(), task_id, slot_no, batch_id, gen_random_uuid(), 'leased', 1,
               '2026-03-02', '2026-03-03', '2026-03-04', '{}', sha256('{}'), 1, 0, 'USD', '{}', '2026-03-02', 1,
               gen_random_uuid(), 1
          from slot
        """,
        """
        insert into task_suggestion
        select requester_id, task_id, 'model', '1', '{}', '2026-03-02', false from assignment
        """,
        """
        insert into reference_answer select requester_id, task_id, 'gold', '{}' from assignment
        """,
        """
        insert into suggestion_use
        select requester_id, assignment_id, worker_id, 'model', '1', true, 1, 2, false from assignment
        """,
        """
        insert into recheck_item
        select requester_id, gen_random_uuid(), 2, assignment_id, task_id, 1, 'every answer', '2026-03-02', null, 0
          from assignment
        """,
        """
        insert into submission (requester_id, assignment_id, answer, hash, submitted_at, active_seconds)
        select requester_id, assignment_id, '{}', sha256('a'), '2026-03-02', 1 from assignment
        """,
        """
        insert into offer (requester_id, offer_id, batch_id, worker_id, state, reason, offered_at, answer_by,
                           terms_hash, turn_no, expected_minutes, pay_minor, currency, week_starts_on, hour_band)
        select requester_id, gen_random_uuid(), batch_id, gen_random_uuid(), 'open', '{}', '2026-03-02', '2026-03-03',
               sha256('t'), 1, 30, 100, 'USD', '2026-03-02', 1
          from batch
        """,
        """
        insert into offer_response values (gen_random_uuid(), 'lawyer', 1, 1, 0, 0, 1, 1000, 1000, 5000, '2026-03-02')
        """,
        """
        insert into routing_cell values ('lawyer', 1, '2026-03-02')
        """,
        """
        insert into payout_batch (payout_batch_id, currency, state, total_minor, line_count, content_hash, prepared_by,
                                  prepared_at)
        values (gen_random_uuid(), 'USD', 'prepared', 1, 1, sha256('l'), gen_random_uuid(), '2026-03-02')
        """,
        """
        insert into payout_line (payout_line_id, payout_batch_id, worker_id, amount_minor, currency, end_to_end_id)
        select gen_random_uuid(), payout_batch_id, gen_random_uuid(), 1, 'USD', 'E' from payout_batch
        """,
    ]

    @Test("each refuses the statement that breaks it, by name")
    func violated() async throws {
        let owner = Scratch.connect(asOwner: true) { $0.poolSize = 1 }
        try await owner.transaction { transaction in
            // Foreign keys rest, so that a row needs no parents; checks and uniqueness do not.
            try await transaction.execute("set local session_replication_role = replica")
            for row in Self.rows { #expect(try await transaction.execute(row) == 1) }
        }
        for (constraint, statement) in Self.violations {
            let error = await #expect(throws: StoreError.self, "\(constraint)") {
                try await owner.transaction {
                    try await $0.execute("set local session_replication_role = replica")
                    try await $0.execute(statement)
                }
            }
            #expect(error?.violatedConstraint == constraint, "\(String(describing: error))")
        }
        await owner.shutdown()
    }
}
