import Marketplace
import Store
import Tax
import TestSupport
import Testing

/// The constraints of tax tables, each broken by a statement on what a prepared payout has made.
@Suite("What tax tables forbid", .scratchDatabase)
struct TaxConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("tax_choice_rule_set_named", "update tax_choice set rule_set = 'US'"),
        ("tax_choice_residence_is_code", "update tax_choice set residence = 'usa'"),
        ("tax_choice_form_known", "update tax_choice set form = 'w2'"),
        ("tax_choice_treaty_possible", "update tax_choice set treaty_bps = 10001"),
        ("tax_choice_treaty_possible", "update tax_choice set treaty_bps = 100, form = 'w9'"),
        ("tax_choice_in_force_bounded_below", "update tax_choice set in_force = 'empty'"),
        (
            "tax_choice_no_overlap",
            """
            insert into tax_choice select gen_random_uuid(), worker_id, rule_set, residence, form,
                   has_taxpayer_number, form_signed_on, treaty_bps, chosen_by, in_force from tax_choice
            """
        ),
        ("tax_sum_never_negative", "update tax_sum set withheld_minor = -1"),
        ("tax_sum_months_possible", "update tax_sum set months = 4096"),
        (
            "withholding_one_per_place",
            """
            insert into withholding select gen_random_uuid(), payout_batch_id, payout_share_id, worker_id, place,
                   residence, rule_set, rule_set_from, paid_on, holds_until, currency, gross_minor, withheld_minor,
                   period_on, counted_before_minor, withheld_before_minor, counted_minor, counts_toward, activities,
                   fees_minor, lines from withholding
            """
        ),
        ("withholding_sum_fkey", "update withholding set currency = 'EUR'"),
        ("withholding_place_is_code", "update withholding set place = 'us'"),
        ("withholding_residence_is_code", "update withholding set residence = 'u'"),
        ("withholding_rule_set_named", "update withholding set rule_set = 'US'"),
        ("withholding_days_in_order", "update withholding set paid_on = holds_until + 1"),
        ("withholding_gross_positive", "update withholding set gross_minor = 0, withheld_minor = 0, counted_minor = 0"),
        ("withholding_within_gross", "update withholding set withheld_minor = gross_minor + 1"),
        ("withholding_counted_within_gross", "update withholding set counted_minor = gross_minor + 1"),
        ("withholding_base_never_negative", "update withholding set withheld_before_minor = -1"),
        ("withholding_work_never_negative", "update withholding set fees_minor = -1"),
        ("withholding_explained", "update withholding set lines = '[]'"),
        ("tax_sum_claims_never_negative", "update tax_sum set relief_minor = -1"),
        ("withholding_claims_possible", "update withholding set exempt_minor = gross_minor + 1"),
    ]

    @Test("each constraint refuses the statement that breaks it")
    func violated() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        try await ChooseTaxRules(market: small.market)(
            TaxChoice(ruleSet: "us", residence: "US", standing: TaxStanding()), of: ann, by: small.maker)
        try await small.earn(ann, small.batch(small.draft("b"), tasks: 1))
        _ = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        try await expectRefused(Self.violations)
    }

    @Test("no constraint of these tables is without such a statement")
    func complete() async throws {
        let names: [String] = try await Scratch.database.read { transaction in
            try await transaction.rows(
                """
                select conname::text as name from pg_constraint
                 where contype in ('c', 'u', 'x')
                   and conrelid = any('{tax_choice,tax_sum,withholding,withholding_reversal}'::regclass[])
                """
            ).map { try $0["name"] }
        }
        #expect(Set(names).isSubset(of: Self.violations.map(\.constraint)), "\(names)")
    }
}
