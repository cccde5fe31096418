import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// The constraints of asks, direct offers and findings, each broken by a statement.
@Suite("Constraints of asks, direct offers and findings", .scratchDatabase)
struct BargainConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("standing_ask_currency_is_iso4217", "update standing_ask set currency = 'usd'"),
        ("standing_ask_hourly_possible", "update standing_ask set hourly_minor = 0"),
        ("standing_ask_in_force_bounded_below", "update standing_ask set in_force = 'empty'"),
        (
            "standing_ask_no_overlap",
            """
            insert into standing_ask
            select gen_random_uuid(), worker_id, profession, currency, 1,
                   tstzrange(lower(in_force) + interval '1 day', null)
              from standing_ask
            """
        ),
        ("direct_offer_turns_possible", "update direct_offer set turn_count = 21"),
        ("direct_offer_quantity_possible", "update direct_offer set quantity = 10001"),
        (
            "direct_offer_taken_within_quantity",
            """
            update direct_offer set state = 'agreed', agreed_at = made_at, agreed_by = worker_id, taken = quantity + 1
            """
        ),
        (
            "direct_offer_done_iff_all_taken",
            "update direct_offer set state = 'agreed', agreed_at = made_at, agreed_by = worker_id, taken = quantity"
        ),
        ("direct_offer_taken_only_agreed", "update direct_offer set taken = 1"),
        ("direct_offer_agreed_in_state", "update direct_offer set agreed_at = made_at, agreed_by = worker_id"),
        ("direct_offer_closed_iff_terminal", "update direct_offer set closed_at = made_at"),
        ("direct_offer_turn_alternates", "update direct_offer_turn set side = 'worker'"),
        ("direct_offer_turn_amount_possible", "update direct_offer_turn set amount_minor = 0"),
        ("direct_offer_turn_quantity_possible", "update direct_offer_turn set quantity = 0"),
        ("direct_offer_turn_times_in_order", "update direct_offer_turn set answer_by = made_at"),
        ("direct_offer_turn_conditions_bounded", "update direct_offer_turn set conditions = repeat('x', 2001)"),
        ("screen_finding_score_possible", "update screen_finding set score_milli = -1"),
        ("screen_finding_workers_named", "update screen_finding set workers = '{}'"),
        ("screen_finding_auctions_named", "update screen_finding set auctions = '{}'"),
        ("screen_finding_fingerprint_is_sha256", "update screen_finding set fingerprint = 'x'"),
        ("screen_finding_decided_iff_not_open", "update screen_finding set decided_at = found_at"),
        (
            "screen_finding_reasons_given",
            """
            update screen_finding
               set state = 'dismissed', decided_at = found_at, reasons = '',
                   decided_by = (select principal_id from principal where name = 'Second')
            """
        ),
        (
            "screen_finding_decider_is_other",
            """
            update screen_finding
               set state = 'dismissed', decided_at = found_at, reasons = 'x', decided_by = workers[1]
            """
        ),
        ("screen_finding_currency_is_iso4217", "update screen_finding set currency = 'usd'"),
        (
            "screened_cell_currency_is_iso4217",
            """
            insert into screened_cell (requirement_id, profession, tier, currency, screened_at)
            select requirement_id, profession, tier, 'usd', found_at from screen_finding
            """
        ),
    ]

    @Test("each refuses the statement that breaks it")
    func violated() async throws {
        let desk = try await BargainDesk()
        _ = try await desk.make()
        try await SetAsk(market: desk.small.market)(Money(1, desk.small.usd), by: desk.actor)
        let cell = try await desk.cell()
        _ = try await ReportSuspicions(market: desk.small.market)(
            [
                try Suspicion(
                    .rotation, in: cell, desk.small.usd, scoreMilli: 1, workers: [desk.worker],
                    auctions: [cell.requirement.uuid],
                    evidence: [:])
            ], by: desk.small.manager)
        try await expectRefused(Self.violations)
    }
}
