import Store
import TestSupport
import Testing

/// Constraints on content, keys, clearance and retention, each broken by a statement on rows made for it.
@Suite("Constraints on content", .scratchDatabase)
struct ContentConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("worker_clearance_level_possible", "update worker_clearance set level = 4"),
        ("worker_clearance_reasons_given", "update worker_clearance set reasons = ''"),
        ("worker_clearance_granter_is_other", "update worker_clearance set granted_by = worker_id"),
        ("worker_clearance_in_force_bounded_below", "update worker_clearance set in_force = tstzrange(null, null)"),
        (
            "worker_clearance_no_overlap",
            """
            insert into worker_clearance
            select gen_random_uuid(), worker_id, 2, reasons, granted_by, in_force from worker_clearance
            """
        ),
        ("requester_key_is_wrapped", "update requester_key set wrapped = '\\x00'"),
        ("requester_key_wrapped_unless_destroyed", "update requester_key set destroyed_at = made_at"),
        ("requester_key_wrapped_unless_destroyed", "update requester_key set wrapping_key = null"),
        ("requester_key_wrapped_unless_destroyed", "update requester_key set wrapped = null, wrapping_key = null"),
        ("key_destruction_reasons_given", "update key_destruction set reasons = ''"),
        (
            "key_destruction_by_two_people",
            "update key_destruction set confirmed_by = proposed_by, confirmed_at = proposed_at"
        ),
        ("key_destruction_confirmed_whole", "update key_destruction set confirmed_at = proposed_at"),
        ("retention_class_name_well_formed", "update retention_class set name = 'Short'"),
        ("retention_class_days_possible", "update retention_class set days_after_close = -1"),
        ("batch_sensitivity_possible", "update batch set sensitivity = 4"),
        ("batch_emptied_only_closed", "update batch set emptied_at = created_at"),
        ("batch_emptied_only_closed", "update batch set emptied_through = batch_id"),
        ("task_content_in_one_form", "update task_content set payload = '{}'"),
        ("task_content_in_one_form", "update task_content set sealed = null"),
        ("task_content_is_sealed", "update task_content set sealed = '\\x00'"),
        ("task_content_mark_is_hmac_sha256", "update task_content set mark = '\\x00'"),
        ("task_content_emptied_whole", "update task_content set sealed = null, emptied_at = '2026-03-02'"),
        ("safety_content_in_one_form", "update safety_content set sealed = null"),
        ("safety_content_is_sealed", "update safety_content set sealed = '\\x00'"),
        ("safety_content_mark_is_hmac_sha256", "update safety_content set mark = '\\x00'"),
        ("safety_content_emptied_whole", "update safety_content set sealed = null, emptied_at = '2026-03-02'"),
        ("content_reading_assignment_unless_export", "update content_reading set assignment_id = null"),
        ("content_reading_last_iff_export", "update content_reading set last_task_id = task_id"),
        ("content_reading_one_task_unless_export", "update content_reading set tasks = 2"),
        ("content_reading_one_task_unless_export", "update content_reading set tasks = 0"),
        ("answer_draft_in_one_form", "update answer_draft set answer = '{}'"),
        ("answer_draft_is_sealed", "update answer_draft set sealed = '\\x00'"),
    ]

    /// One row in each table, of which only the columns at stake make sense.
    private static let rows: [SQL] = [
        """
        insert into worker_clearance
        values (gen_random_uuid(), gen_random_uuid(), 1, 'r', gen_random_uuid(), tstzrange('2026-03-02', null))
        """,
        """
        insert into requester_key
        values (gen_random_uuid(), 'functional', 'k', decode(repeat('00', 60), 'hex'), '2026-03-02', null)
        """,
        """
        insert into key_destruction (requester_id, reasons, proposed_by, proposed_at)
        values (gen_random_uuid(), 'r', gen_random_uuid(), '2026-03-02')
        """,
        "insert into retention_class values ('short', 1, 'content', gen_random_uuid(), '2026-03-02')",
        """
        insert into batch (requester_id, batch_id, project_id, name, state, door, requirement_id, redundancy, pay_minor,
                           fee_minor, currency, rate_id, budget_minor, expected_minutes, lease_seconds, answer_seconds,
                           priority, created_at)
        values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'b', 'draft', 'claim', gen_random_uuid(), 1, 1,
                0, 'USD', gen_random_uuid(), 1, 1, 60, 60, 0, '2026-03-02')
        """,
        """
        insert into task_content (requester_id, task_id, sealed)
        values (gen_random_uuid(), gen_random_uuid(), decode(repeat('00', 29), 'hex'))
        """,
        """
        insert into safety_content (requester_id, task_id, sealed)
        values (gen_random_uuid(), gen_random_uuid(), decode(repeat('00', 29), 'hex'))
        """,
        """
        insert into content_reading
        values (gen_random_uuid(), gen_random_uuid(), 'lease', gen_random_uuid(), gen_random_uuid(), null, 1,
                gen_random_uuid(), '2026-03-02')
        """,
        """
        insert into answer_draft (requester_id, task_id, worker_id, is_late, saved_at, sealed)
        values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), false, '2026-03-02',
                decode(repeat('00', 29), 'hex'))
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
