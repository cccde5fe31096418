import Foundation
import Marketplace
import Payments
import Store
import TestSupport
import Testing

/// The constraints of payout runs and bank files, each broken by a statement.
@Suite("Constraints of payout runs", .scratchDatabase)
struct PayoutConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("payout_method_version_positive", "update payout_method set version = 0"),
        ("payout_source_name_plain", "update payout_source set name = 'Main'"),
        (
            "payout_source_settings_bounded",
            "update payout_source set settings = jsonb_build_object('a', repeat('x', 9000))"
        ),
        ("payout_batch_payer_iff_format", "update payout_batch set payer = null"),
        ("payout_batch_file_iff_issued", "update payout_batch set file_bytes = null"),
        ("payout_batch_file_hash_is_sha256", "update payout_batch set file_hash = '\\x00'"),
        ("payout_line_short_id_unique", "update payout_line set short_id = 'A'"),
        ("payout_line_short_id_bounded", "update payout_line set short_id = short_id || '0'"),
        ("payout_line_account_is_sealed", "update payout_line set sealed_account = '\\x00'"),
        ("payout_line_account_versioned", "update payout_line set method_version = null"),
        ("payout_line_settled_has_time", "update payout_line set settled_at = null where state = 'settled'"),
        ("payout_line_failed_iff_state", "update payout_line set failed_at = null where state = 'failed'"),
        ("payout_line_reason_iff_failed", "update payout_line set reason = null where state = 'failed'"),
        ("payout_line_reason_bounded", "update payout_line set reason = repeat('x', 36) where state = 'failed'"),
        (
            "payout_payee_texts_bounded",
            "insert into payout_payee select payout_line_id, '', '' from payout_line limit 1"
        ),
        (
            "payout_payee_texts_bounded",
            "insert into payout_payee select payout_line_id, 'w', repeat('x', 201) from payout_line limit 1"
        ),
        (
            "bank_import_once",
            """
            insert into bank_import select gen_random_uuid(), kind, file_hash, message_id, imported_by, imported_at,
                   entry_count, faults from bank_import
            """
        ),
        ("bank_import_hash_is_sha256", "update bank_import set file_hash = '\\x00'"),
        ("bank_import_count_possible", "update bank_import set entry_count = -1"),
        ("bank_entry_one_per_position", "update bank_entry set position = 1"),
        ("bank_entry_position_positive", "update bank_entry set position = 0"),
        ("bank_entry_amount_whole", "update bank_entry set currency = null"),
        ("bank_entry_matched_iff_outcome", "update bank_entry set outcome = 'settled' where outcome = 'unmatched'"),
        ("bank_entry_resolution_whole", "update bank_entry set resolution = 'x'"),
        ("bank_entry_texts_bounded", "update bank_entry set information = repeat('x', 1001)"),
        ("bank_statement_texts_bounded", "update bank_statement set account = repeat('x', 101)"),
        (
            "bank_statement_resolution_bounded",
            """
            update bank_statement set resolution = '', resolved_at = imported_at, resolved_by = imported_by
              from bank_import where bank_import.bank_import_id = bank_statement.bank_import_id
            """
        ),
        ("bank_statement_resolution_whole", "update bank_statement set resolution = 'x'"),
    ]

    @Test("each refuses the statement that breaks it")
    func violated() async throws {
        let desk = try await PayoutDesk()
        let ids = try await desk.sent().payments.map(\.endToEndID)
        _ = try await desk.take(
            PayoutDesk.statement(
                "S", opening: 100_000,
                [(ids[0], 2_000, false, nil), (ids[1], 2_000, true, "AC04"), ("X", 5, false, nil)]))
        try await expectRefused(Self.violations)
    }

    @Test("what a bank has said, nobody changes")
    func forbidden() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let id = try await desk.sent().payments[0].endToEndID
        _ = try await desk.take(PayoutDesk.statement("S", opening: 0, [(id, 2_000, false, nil)]))
        let statements: [SQL] = [
            "update bank_import set message_id = 'x'", "delete from bank_import", "delete from bank_entry",
            "update bank_entry set outcome = 'repeated'", "update bank_statement set closing_minor = 0",
        ]
        for statement in statements {
            await #expect(throws: StoreError.self) {
                try await desk.small.market.database.transaction { try await $0.execute(statement) }
            }
        }
    }
}
