package import Store

/// The schema that this program was built with, compiled in, so that the program needs no file beside it.
package enum MarketSchema {
    /// `schema.sql`: makes an empty database.
    package static let whole = String(decoding: PackageResources.schema_sql, as: UTF8.self)

    /// `migrations/`: the numbered steps that lead there from any earlier release. SwiftPM names a file's bytes after
    /// the file, with `_` in place of a leading digit.
    package static let steps = [
        SchemaStep(
            version: 1, name: "foundation",
            script: String(decoding: PackageResources._001_foundation_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 2, name: "new_states",
            script: String(decoding: PackageResources._002_new_states_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 3, name: "rates_hours_kinds_leases",
            script: String(decoding: PackageResources._003_rates_hours_kinds_leases_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 4, name: "order_of_service",
            script: String(decoding: PackageResources._004_order_of_service_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 5, name: "born_open", script: String(decoding: PackageResources._005_born_open_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 6, name: "batch_life_enums",
            script: String(decoding: PackageResources._006_batch_life_enums_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 7, name: "batch_life",
            script: String(decoding: PackageResources._007_batch_life_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 8, name: "guidelines_suggestions",
            script: String(decoding: PackageResources._008_guidelines_suggestions_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 9, name: "confidentiality",
            script: String(decoding: PackageResources._009_confidentiality_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 10, name: "oldest_batches",
            script: String(decoding: PackageResources._010_oldest_batches_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 11, name: "bid_enums", script: String(decoding: PackageResources._011_bid_enums_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 12, name: "bidding", script: String(decoding: PackageResources._012_bidding_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 13, name: "asks", script: String(decoding: PackageResources._013_asks_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 14, name: "offer_filled",
            script: String(decoding: PackageResources._014_offer_filled_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 15, name: "routing", script: String(decoding: PackageResources._015_routing_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 16, name: "ladder", script: String(decoding: PackageResources._016_ladder_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 17, name: "screened_cells",
            script: String(decoding: PackageResources._017_screened_cells_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 18, name: "award_ends",
            script: String(decoding: PackageResources._018_award_ends_sql, as: UTF8.self)
        ),
        SchemaStep(version: 19, name: "pace", script: String(decoding: PackageResources._019_pace_sql, as: UTF8.self)),
        SchemaStep(
            version: 20, name: "ledger_enums",
            script: String(decoding: PackageResources._020_ledger_enums_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 21, name: "journal", script: String(decoding: PackageResources._021_journal_sql, as: UTF8.self)
        ),
        SchemaStep(version: 22, name: "tax", script: String(decoding: PackageResources._022_tax_sql, as: UTF8.self)),
        SchemaStep(
            version: 23, name: "payout_runs",
            script: String(decoding: PackageResources._023_payout_runs_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 24, name: "sealed_answers",
            script: String(decoding: PackageResources._024_sealed_answers_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 25, name: "review_enums",
            script: String(decoding: PackageResources._025_review_enums_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 26, name: "due_process",
            script: String(decoding: PackageResources._026_due_process_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 27, name: "online_enums",
            script: String(decoding: PackageResources._027_online_enums_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 28, name: "online_quality",
            script: String(decoding: PackageResources._028_online_quality_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 29, name: "signal_enums",
            script: String(decoding: PackageResources._029_signal_enums_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 30, name: "signals",
            script: String(decoding: PackageResources._030_signals_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 31, name: "payout_plan_enums",
            script: String(decoding: PackageResources._031_payout_plan_enums_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 32, name: "payout_plans",
            script: String(decoding: PackageResources._032_payout_plans_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 33, name: "gold_enums",
            script: String(decoding: PackageResources._033_gold_enums_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 34, name: "gold_minting",
            script: String(decoding: PackageResources._034_gold_minting_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 35, name: "money_enums",
            script: String(decoding: PackageResources._035_money_enums_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 36, name: "money",
            script: String(decoding: PackageResources._036_money_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 37, name: "identity_enums",
            script: String(decoding: PackageResources._037_identity_enums_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 38, name: "identity",
            script: String(decoding: PackageResources._038_identity_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 39, name: "answer_value",
            script: String(decoding: PackageResources._039_answer_value_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 40, name: "claims_of_deliveries",
            script: String(decoding: PackageResources._040_claims_of_deliveries_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 41, name: "ends_of_rate_cards",
            script: String(decoding: PackageResources._041_ends_of_rate_cards_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 42, name: "choices_of_finance",
            script: String(decoding: PackageResources._050_choices_of_finance_sql, as: UTF8.self)
        ),
    ]

    package static func installer(for database: Database) -> SchemaInstaller {
        SchemaInstaller(database: database, whole: whole, steps: steps)
    }
}
