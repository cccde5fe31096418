import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

/// The constraints of the tables of languages, keys, secrets, marks and duplicates, each broken by a statement.
@Suite("Constraints of languages, secrets and duplicates", .scratchDatabase)
struct WorkerConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("worker_language_tag_is_lower_case", "update worker_language set tag = 'DE' where tag = 'de'"),
        ("wrapping_key_name_bounded", "insert into wrapping_key (name, created_at) values ('A', '2026-03-02')"),
        ("wrapping_key_retired_later", "update wrapping_key set retired_at = created_at - interval '1 second'"),
        ("worker_key_is_wrapped", "update worker_key set wrapped = '\\x00'"),
        ("payout_method_version_positive", "update payout_method set version = 0"),
        ("payout_method_is_sealed", "update payout_method set sealed = '\\x00'"),
        ("tax_profile_is_sealed", "update tax_profile set sealed = '\\x00'"),
        ("identity_mark_is_hmac_sha256", "update identity_mark set mark = '\\x00'"),
        ("identity_mark_key_named", "update identity_mark set mark_key = 'key'"),
        (
            "duplicate_case_one_per_pair",
            """
            insert into duplicate_case (duplicate_case_id, worker_id, other_worker_id, ground, state, opened_at)
            select gen_random_uuid(), worker_id, other_worker_id, ground, state, opened_at from duplicate_case
            """
        ),
        (
            "duplicate_case_pair_in_order",
            "update duplicate_case set worker_id = other_worker_id, other_worker_id = worker_id"
        ),
        ("duplicate_case_decided_iff_not_open", "update duplicate_case set state = 'same_person'"),
        ("duplicate_case_decided_iff_not_open", "update duplicate_case set reasons = 'x'"),
        (
            "duplicate_case_reasons_given",
            """
            update duplicate_case
               set state = 'same_person', reasons = '', decided_at = opened_at,
                   decided_by = (select principal_id from principal where name = 'ada')
            """
        ),
        (
            "duplicate_case_decider_is_other",
            """
            update duplicate_case
               set state = 'same_person', reasons = 'x', decided_at = opened_at, decided_by = other_worker_id
            """
        ),
    ]

    @Test("each constraint refuses the statement that breaks it")
    func violated() async throws {
        let crew = try await Crew()
        let keys = KeyRing.generate()
        for key in ["w1", "w2"] {
            let worker = try await crew.worker(key)
            try await SetPayoutMethod(market: crew.market, keys: keys)(.sample(), of: worker, by: crew.chief)
            try await SetTaxProfile(market: crew.market, keys: keys)(.sample(), of: worker, by: crew.chief)
        }
        try await expectRefused(Self.violations)
    }

    @Test("no constraint of these tables is without such a statement")
    func complete() async throws {
        let names: [String] = try await Scratch.database.read { transaction in
            try await transaction.rows(
                """
                select conname::text as name from pg_constraint
                 where contype in ('c', 'u', 'x')
                   and conrelid = any('{worker_language,wrapping_key,worker_key,payout_method,tax_profile,
                                        identity_mark,duplicate_case}'::regclass[])
                """
            ).map { try $0["name"] }
        }
        #expect(Set(names) == Set(Self.violations.map(\.constraint)))
    }
}

extension PayoutMethod {
    /// The IBAN that ISO 13616 gives as its example.
    static func sample(_ account: String = "DE89 3704 0044 0532 0130 00", holder: String = "Grace Hopper") throws
        -> Self
    {
        try PayoutMethod(account: account, holder: holder, country: String(account.prefix(2)), currency: "EUR")
    }
}

extension TaxProfile {
    static func sample() throws -> Self {
        try TaxProfile(residence: "DE", taxpayerNumber: "86 095 742 719", form: .declaration)
    }
}
