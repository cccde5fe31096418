// In C, as its compiler takes bytes in from a file in no time (#embed), for which Swift's would need minutes.
#include "CMarketSchema.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char schema[] = {
#embed "../../schema.sql"
};

struct guildhall_sql guildhall_schema(void) {
    return (struct guildhall_sql){"schema", schema, sizeof schema};
}

static const unsigned char step_0001[] = {
#embed "../../migrations/0001_foundation.sql"
};
static const unsigned char step_0002[] = {
#embed "../../migrations/0002_new_states.sql"
};
static const unsigned char step_0003[] = {
#embed "../../migrations/0003_rates_hours_kinds_leases.sql"
};
static const unsigned char step_0004[] = {
#embed "../../migrations/0004_order_of_service.sql"
};
static const unsigned char step_0005[] = {
#embed "../../migrations/0005_born_open.sql"
};
static const unsigned char step_0006[] = {
#embed "../../migrations/0006_batch_life_enums.sql"
};
static const unsigned char step_0007[] = {
#embed "../../migrations/0007_batch_life.sql"
};
static const unsigned char step_0008[] = {
#embed "../../migrations/0008_guidelines_suggestions.sql"
};
static const unsigned char step_0009[] = {
#embed "../../migrations/0009_confidentiality.sql"
};
static const unsigned char step_0010[] = {
#embed "../../migrations/0010_oldest_batches.sql"
};
static const unsigned char step_0011[] = {
#embed "../../migrations/0011_bid_enums.sql"
};
static const unsigned char step_0012[] = {
#embed "../../migrations/0012_bidding.sql"
};
static const unsigned char step_0013[] = {
#embed "../../migrations/0013_asks.sql"
};
static const unsigned char step_0014[] = {
#embed "../../migrations/0014_offer_filled.sql"
};
static const unsigned char step_0015[] = {
#embed "../../migrations/0015_routing.sql"
};
static const unsigned char step_0016[] = {
#embed "../../migrations/0016_ladder.sql"
};
static const unsigned char step_0017[] = {
#embed "../../migrations/0017_screened_cells.sql"
};
static const unsigned char step_0018[] = {
#embed "../../migrations/0018_award_ends.sql"
};
static const unsigned char step_0019[] = {
#embed "../../migrations/0019_pace.sql"
};
static const unsigned char step_0020[] = {
#embed "../../migrations/0020_ledger_enums.sql"
};
static const unsigned char step_0021[] = {
#embed "../../migrations/0021_journal.sql"
};
static const unsigned char step_0022[] = {
#embed "../../migrations/0022_tax.sql"
};
static const unsigned char step_0023[] = {
#embed "../../migrations/0023_payout_runs.sql"
};
static const unsigned char step_0024[] = {
#embed "../../migrations/0024_sealed_answers.sql"
};
static const unsigned char step_0025[] = {
#embed "../../migrations/0025_review_enums.sql"
};
static const unsigned char step_0026[] = {
#embed "../../migrations/0026_due_process.sql"
};
static const unsigned char step_0027[] = {
#embed "../../migrations/0027_online_enums.sql"
};
static const unsigned char step_0028[] = {
#embed "../../migrations/0028_online_quality.sql"
};
static const unsigned char step_0029[] = {
#embed "../../migrations/0029_signal_enums.sql"
};
static const unsigned char step_0030[] = {
#embed "../../migrations/0030_signals.sql"
};
static const unsigned char step_0031[] = {
#embed "../../migrations/0031_payout_plan_enums.sql"
};
static const unsigned char step_0032[] = {
#embed "../../migrations/0032_payout_plans.sql"
};
static const unsigned char step_0033[] = {
#embed "../../migrations/0033_gold_enums.sql"
};
static const unsigned char step_0034[] = {
#embed "../../migrations/0034_gold_minting.sql"
};
static const unsigned char step_0035[] = {
#embed "../../migrations/0035_money_enums.sql"
};
static const unsigned char step_0036[] = {
#embed "../../migrations/0036_money.sql"
};
static const unsigned char step_0037[] = {
#embed "../../migrations/0037_identity_enums.sql"
};
static const unsigned char step_0038[] = {
#embed "../../migrations/0038_identity.sql"
};
static const unsigned char step_0039[] = {
#embed "../../migrations/0039_answer_value.sql"
};
static const unsigned char step_0040[] = {
#embed "../../migrations/0040_claims_of_deliveries.sql"
};
static const unsigned char step_0041[] = {
#embed "../../migrations/0041_ends_of_rate_cards.sql"
};
static const unsigned char step_0042[] = {
#embed "../../migrations/0042_hours_windows_and_rest.sql"
};
static const unsigned char step_0043[] = {
#embed "../../migrations/0043_scheduler_policy.sql"
};
static const unsigned char step_0044[] = {
#embed "../../migrations/0044_places_of_webhooks.sql"
};
static const unsigned char step_0045[] = {
#embed "../../migrations/0045_auditors.sql"
};
static const unsigned char step_0046[] = {
#embed "../../migrations/0046_requests_of_workers.sql"
};
static const unsigned char step_0047[] = {
#embed "../../migrations/0047_invitation_proposals.sql"
};
static const unsigned char step_0048[] = {
#embed "../../migrations/0048_bank_differences.sql"
};
static const unsigned char step_0049[] = {
#embed "../../migrations/0049_choices_of_finance.sql"
};
static const unsigned char step_0050[] = {
#embed "../../migrations/0050_rounding.sql"
};
static const unsigned char step_0051[] = {
#embed "../../migrations/0051_evidence_behind_the_wall.sql"
};
static const unsigned char step_0052[] = {
#embed "../../migrations/0052_payees_of_tables.sql"
};
static const unsigned char step_0053[] = {
#embed "../../migrations/0053_sign_ins_and_webhooks.sql"
};
static const unsigned char step_0054[] = {
#embed "../../migrations/0054_auditors_alone.sql"
};
static const unsigned char step_0055[] = {
#embed "../../migrations/0055_policies_of_prices.sql"
};
static const unsigned char step_0056[] = {
#embed "../../migrations/0056_operator_proposals.sql"
};
static const unsigned char step_0057[] = {
#embed "../../migrations/0057_more_behind_the_wall.sql"
};

#define STEP(number, name) {#number "_" #name, step_##number, sizeof step_##number}

static const struct guildhall_sql steps[] = {
    STEP(0001, foundation),
    STEP(0002, new_states),
    STEP(0003, rates_hours_kinds_leases),
    STEP(0004, order_of_service),
    STEP(0005, born_open),
    STEP(0006, batch_life_enums),
    STEP(0007, batch_life),
    STEP(0008, guidelines_suggestions),
    STEP(0009, confidentiality),
    STEP(0010, oldest_batches),
    STEP(0011, bid_enums),
    STEP(0012, bidding),
    STEP(0013, asks),
    STEP(0014, offer_filled),
    STEP(0015, routing),
    STEP(0016, ladder),
    STEP(0017, screened_cells),
    STEP(0018, award_ends),
    STEP(0019, pace),
    STEP(0020, ledger_enums),
    STEP(0021, journal),
    STEP(0022, tax),
    STEP(0023, payout_runs),
    STEP(0024, sealed_answers),
    STEP(0025, review_enums),
    STEP(0026, due_process),
    STEP(0027, online_enums),
    STEP(0028, online_quality),
    STEP(0029, signal_enums),
    STEP(0030, signals),
    STEP(0031, payout_plan_enums),
    STEP(0032, payout_plans),
    STEP(0033, gold_enums),
    STEP(0034, gold_minting),
    STEP(0035, money_enums),
    STEP(0036, money),
    STEP(0037, identity_enums),
    STEP(0038, identity),
    STEP(0039, answer_value),
    STEP(0040, claims_of_deliveries),
    STEP(0041, ends_of_rate_cards),
    STEP(0042, hours_windows_and_rest),
    STEP(0043, scheduler_policy),
    STEP(0044, places_of_webhooks),
    STEP(0045, auditors),
    STEP(0046, requests_of_workers),
    STEP(0047, invitation_proposals),
    STEP(0048, bank_differences),
    STEP(0049, choices_of_finance),
    STEP(0050, rounding),
    STEP(0051, evidence_behind_the_wall),
    STEP(0052, payees_of_tables),
    STEP(0053, sign_ins_and_webhooks),
    STEP(0054, auditors_alone),
    STEP(0055, policies_of_prices),
    STEP(0056, operator_proposals),
    STEP(0057, more_behind_the_wall),
};

size_t guildhall_steps(void) { return sizeof steps / sizeof *steps; }

struct guildhall_sql guildhall_step(size_t place) { return steps[place]; }
