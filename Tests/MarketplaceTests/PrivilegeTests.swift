import Store
import TestSupport
import Testing

@Suite("What the program may not do", .scratchDatabase)
struct PrivilegeTests {
    private static let appendOnly = [
        "audit_event", "audit_seal", "transfer", "decision", "review", "earning",
        "credential_reminder", "exam",
        "hours_entry", "pay_floor_flag", "guideline_version", "suggestion_use", "content_reading",
        "direct_offer_lease",
        "bid_version", "auction_quality",
        "requester_rating", "batch_raise", "offer_raise", "escalation_step", "withholding", "withholding_reversal",
        "scheduler_policy",
    ]

    private static let refused: [SQL] = [
        "update audit_event set action = ''", "delete from audit_event", "truncate audit_event cascade",
        "update audit_seal set hash = ''", "delete from audit_seal", "update transfer set amount_minor = 1",
        "delete from transfer", "truncate transfer cascade", "update decision set reasons = 'x'",
        "delete from decision",
        "update submission set assignment_id = null", "delete from submission",
        "update review set share_bps = 1",
        "update pay_floor_flag set owed_minor = 1", "delete from pay_floor_flag",
        "delete from review", "update earning set amount_minor = 1", "delete from earning",
        "update guideline_version set body = 'x'", "delete from guideline_version",
        "update recheck_item set reason = 'x'", "delete from recheck_item", "update guideline set external_key = 'x'",
        "update suggestion_use set was_shown = false", "update task_suggestion set is_control = true",
        "update hours_entry set minutes = 1", "delete from hours_entry", "truncate hours_entry",
        "update assignment set terms = '1'", "update assignment set pay_minor = 1",
        "update assignment set worker_id = null",
        "insert into schema_step values (99, 'x', '2026-01-01')", "delete from schema_step",
        "delete from credential_evidence", "update credential_evidence set hash = ''",
        "update credential_evidence set size = 1", "update credential_reminder set days_before = 7",
        "update exam set answer_key = '{}'",
        "update content_reading set tasks = 1", "delete from content_reading", "delete from requester_key",
        "delete from task_content", "delete from safety_content",
        "update direct_offer_turn set amount_minor = 1", "update direct_offer_turn set made_by = null",
        "delete from direct_offer_turn",
        "update direct_offer_lease set assignment_id = null", "delete from direct_offer_lease",
        "delete from direct_offer", "delete from screen_finding",
        "update requester_rating set clarity = 1", "delete from requester_rating",
        "delete from batch_quarantine", "update batch_quarantine set reasons = 'x'", "delete from recollected_task",
        "delete from gold_item", "update gold_task set gold_item_id = task_id", "delete from gold_exposure",
        "update gold_exposure set worker_id = null", "update gold_item set exposures_max = 100",
        "update withdrawn_contribution set worker_id = null", "delete from withdrawn_contribution",
        "delete from quality_case", "update quality_case set signal = 'speed'", "delete from quality_evidence",
        "update quality_evidence set score_milli = 1",
        "update bid_version set sealed = null", "delete from bid_version", "update auction_quality set low_bps = 1",
        "delete from auction", "delete from bid", "delete from award", "delete from early_opening",
        "update batch_raise set pay_minor = 1", "delete from batch_raise", "update offer_raise set raise_no = 1",
        "delete from offer_raise", "update scheduler_policy set weights = '{}'", "delete from scheduler_policy",
        "update escalation_step set level = 1", "delete from escalation_step",
        "update withholding set withheld_minor = 1", "delete from withholding",
        "delete from schedule_alert", "delete from forecast_backtest",
        "create table public.own (id bigint)", "drop table transfer", "alter table transfer disable trigger all",
        "create index on transfer (kind)",
    ]

    @Test("history is append-only for the program's role, and the schema is not its own")
    func refusedStatements() async throws {
        for statement in Self.refused {
            let error = await #expect(throws: StoreError.self, "\(statement)") {
                try await Scratch.database.transaction { try await $0.execute(statement) }
            }
            #expect(error?.sqlState == "42501", "\(statement): \(String(describing: error))")
        }
    }

    @Test("no privilege to change a column of an append-only table has slipped through")
    func privileges() async throws {
        let slipped: [String] = try await Scratch.database.read {
            try await $0.rows(
                """
                select relation || ': ' || privilege as it
                  from unnest(\(Self.appendOnly)) relation, unnest('{update,delete,truncate,trigger}'::text[]) privilege
                 where has_table_privilege('guildhall_app', relation, privilege)
                    or (privilege = 'update' and has_any_column_privilege('guildhall_app', relation, privilege))
                """
            ).map { try $0["it"] }
        }
        #expect(slipped == [])
        let others: Int = try await Scratch.database.read {
            try await $0.oneRow(
                """
                select count(*) as n from pg_class
                 where relnamespace = 'public'::regnamespace and relkind = 'r'
                   and has_table_privilege('guildhall_app', oid, 'select,insert')
                """)["n"]
        }
        #expect(others > 30, "the program can do nothing at all")
    }

    @Test("a new clone of the template has nothing in it but what schema.sql puts there")
    func templateEmpty() async throws {
        let filled: [String] = try await Scratch.asOwner {
            try await $0.rows(
                """
                select relname::text as it from pg_class
                 where relnamespace = 'public'::regnamespace and relkind = 'r'
                   and relname not in ('schema_step', 'profession', 'credential_kind')
                   and query_to_xml(format('select from %I limit 1', relname), false, true, '')::text <> ''
                """
            ).map { try $0["it"] }
        }
        #expect(filled == [])
    }
}
