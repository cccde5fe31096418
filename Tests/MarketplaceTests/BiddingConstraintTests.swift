import Store
import TestSupport
import Testing

/// Constraints on auctions, bids and awards, each broken by a statement on rows made for it.
@Suite("Constraints on bidding", .scratchDatabase)
struct BiddingConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("allotment_held_only_pack_or_award", "update allotment set kind = 'gold', pay_minor = null, fee_minor = null"),
        ("allotment_priced_iff_award", "update allotment set pay_minor = null"),
        ("allotment_priced_iff_award", "update allotment set kind = 'named', holder_id = null, held_until = null"),
        ("allotment_pay_positive", "update allotment set pay_minor = 0"),
        ("auction_round_possible", "update auction set round_no = 0"),
        ("auction_times_ordered", "update auction set closes_at = opened_at"),
        ("auction_times_ordered", "update auction set closes_latest_at = closes_at - interval '1 second'"),
        ("auction_windows_possible", "update auction set snipe_seconds = -1"),
        ("auction_windows_possible", "update auction set extension_seconds = 86401"),
        ("auction_windows_possible", "update auction set acceptance_seconds = 59"),
        ("auction_windows_possible", "update auction set reserved_seconds = 59"),
        ("auction_supply_possible", "update auction set task_count = 0"),
        ("auction_supply_possible", "update auction set redundancy = 101"),
        ("auction_supply_possible", "update auction set expected_minutes = 0"),
        ("auction_band_ordered", "update auction set floor_minor = 0"),
        ("auction_band_ordered", "update auction set floor_minor = ceiling_minor + 1"),
        ("auction_band_ordered", "update auction set ceiling_minor = ceiling_most_minor + 1"),
        ("auction_lane_whole", "update auction set reserve_score_minor = null"),
        ("auction_lane_whole", "update auction set budget_minor = 1, step_bps = 1"),
        ("auction_lane_whole", "update auction set lane = 'clock'"),
        ("auction_reserve_score_possible", "update auction set reserve_score_minor = 2000000000001"),
        (
            "auction_clock_possible",
            "update auction set lane = 'clock', reserve_score_minor = null, budget_minor = 0, step_bps = 1"
        ),
        (
            "auction_clock_possible",
            "update auction set lane = 'clock', reserve_score_minor = null, budget_minor = 1, step_bps = 5001"
        ),
        ("auction_quality_possible", "update auction set quality_value_minor = -1"),
        ("auction_quality_possible", "update auction set quality_default_bps = 10001"),
        ("auction_skill_bounded", "update auction set skill = ''"),
        ("auction_widening_possible", "update auction set widen_bps = -1"),
        ("auction_widening_possible", "update auction set rounds_left = 21"),
        ("auction_rule_version_positive", "update auction set rule_version = 0"),
        ("auction_commitment_is_sha256", "update auction set commitment = '\\x00'"),
        (
            "auction_seed_is_the_committed",
            "update auction set state = 'closed', closed_at = closes_at, seed = sha256('other')"
        ),
        ("auction_seed_sealed_until_close", "update auction set seed = 'seed'"),
        ("auction_seed_sealed_until_close", "update auction set state = 'closed', closed_at = closes_at"),
        ("auction_key_while_bids_sealed", "update auction set wrapped = null"),
        ("auction_key_while_bids_sealed", "update auction set sealed_seed = null"),
        ("auction_key_while_bids_sealed", "update auction set state = 'cancelled', closed_at = closes_at"),
        ("auction_key_is_wrapped", "update auction set wrapped = '\\x00'"),
        ("auction_closed_unless_open", "update auction set closed_at = closes_at"),
        ("auction_recorded_iff_cleared", "update auction set market = '{}'"),
        (
            "auction_recorded_iff_cleared",
            """
            update auction set state = 'awarding', closed_at = closes_at, seed = 'seed', wrapped = null,
                               wrapping_key = null, sealed_seed = null
            """
        ),
        (
            "auction_record_hash_is_sha256",
            """
            update auction set state = 'awarding', closed_at = closes_at, seed = 'seed', wrapped = null,
                               wrapping_key = null, sealed_seed = null, market = '{}', result = '{}', record_hash = 'x'
            """
        ),
        ("auction_awards_counted", "update auction set awards_written = -1"),
        (
            "auction_one_per_round",
            """
            insert into auction
            select requester_id, gen_random_uuid(), batch_id, round_no, lane, 'cancelled', opened_by, opened_at,
                   closes_at, closes_latest_at, snipe_seconds, extension_seconds, acceptance_seconds, reserved_seconds,
                   task_count, redundancy, expected_minutes, currency, floor_minor, ceiling_minor, ceiling_most_minor,
                   reserve_score_minor, budget_minor, step_bps, quality_value_minor, quality_baseline_bps,
                   quality_default_bps, skill, widen_bps, rounds_left, rule_version, commitment, null, null, null, null,
                   closes_at, null, null, null, 0, extension_most_seconds
              from auction
            """
        ),
        ("auction_extension_most_possible", "update auction set extension_most_seconds = 604801"),
        ("auction_quality_low_possible", "update auction_quality set low_bps = 10001"),
        (
            "bid_one_per_worker",
            """
            insert into bid
            select requester_id, gen_random_uuid(), auction_id, worker_id, state, version, quantity, minutes,
                   earliest_on, placed_at, estimate_version, low_bps, quality_minor
              from bid
            """
        ),
        ("bid_amount_iff_opened", "update bid set amount_minor = 1, salt = sha256('s')"),
        ("bid_amount_iff_opened", "update bid set amount_minor = 1"),
        ("bid_amount_iff_opened", "update bid set state = 'opened'"),
        ("bid_amount_positive", "update bid set state = 'opened', amount_minor = 0, salt = sha256('s')"),
        ("bid_salt_is_32_bytes", "update bid set state = 'opened', amount_minor = 1, salt = 's'"),
        ("bid_newest_version_positive", "update bid set version = 0"),
        ("bid_quantity_possible", "update bid set quantity = 0"),
        ("bid_quantity_possible", "update bid set minutes = 0"),
        ("bid_quality_possible", "update bid set low_bps = -1"),
        ("bid_version_positive", "update bid_version set version = 0"),
        ("bid_version_is_sealed", "update bid_version set sealed = 'x'"),
        ("bid_version_commitment_is_sha256", "update bid_version set commitment = 'x'"),
        ("bid_version_sealed_whole", "update bid_version set sealed = null"),
        ("award_total_possible", "update award set units = 0"),
        ("award_total_possible", "update award set total_minor = units - 1"),
        ("award_accept_by_later", "update award set accept_by = awarded_at"),
        ("award_answered_unless_awarded", "update award set answered_at = awarded_at"),
        ("award_answered_unless_awarded", "update award set state = 'declined'"),
        ("award_reserved_iff_accepted", "update award set state = 'accepted', answered_at = awarded_at"),
        ("award_replaced_only_given_back", "update award set is_replaced = true"),
        ("award_lapse_reason_iff_lapsed", "update award set state = 'lapsed', answered_at = accept_by"),
        ("award_lapse_reason_iff_lapsed", "update award set lapse_reason = 'batch_over'"),
        (
            "award_unused_whole",
            """
            update award set state = 'accepted', answered_at = accept_by, reserved_until = accept_by, unused_units = 1
            """
        ),
        ("award_unused_only_accepted", "update award set unused_units = 1, unused_minor = 5"),
        (
            "award_unused_possible",
            """
            update award set state = 'accepted', answered_at = accept_by, reserved_until = accept_by, unused_units = 3,
                             unused_minor = 10
            """
        ),
        ("early_opening_reasons_given", "update early_opening set reasons = ''"),
        (
            "early_opening_by_two_people",
            "update early_opening set confirmed_by = proposed_by, confirmed_at = proposed_at"
        ),
        ("early_opening_confirmed_whole", "update early_opening set confirmed_at = proposed_at"),
    ]

    /// One row in each table, of which only the columns at stake make sense.
    private static let rows: [SQL] = [
        """
        insert into allotment (requester_id, allotment_id, batch_id, kind, holder_id, held_until, pay_minor, fee_minor)
        values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'award', gen_random_uuid(), '2026-03-02', 1, 0)
        """,
        """
        insert into auction (requester_id, auction_id, batch_id, round_no, lane, state, opened_by, opened_at, closes_at,
                             closes_latest_at, snipe_seconds, extension_seconds, acceptance_seconds, reserved_seconds,
                             task_count, redundancy, expected_minutes, currency, floor_minor, ceiling_minor,
                             ceiling_most_minor, reserve_score_minor, quality_value_minor, quality_baseline_bps,
                             quality_default_bps, skill, widen_bps, rounds_left, rule_version, commitment, sealed_seed,
                             wrapping_key, wrapped, extension_most_seconds)
        values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 'sealed', 'open', gen_random_uuid(),
                '2026-03-02', '2026-03-03', '2026-03-03', 0, 0, 60, 60, 1, 1, 1, 'USD', 1, 2, 3, -2, 0, 0, 0, 'lawyer',
                0, 0, 1, sha256('seed'), decode(repeat('00', 60), 'hex'), 'k', decode(repeat('00', 60), 'hex'), 0)
        """,
        "insert into auction_quality select requester_id, auction_id, gen_random_uuid(), 1, 9000 from auction",
        """
        insert into bid
        select requester_id, gen_random_uuid(), auction_id, gen_random_uuid(), 'sealed', 1, 1, 1, '2026-03-02',
               '2026-03-02', null, 0, 0
          from auction
        """,
        """
        insert into bid_version
        select requester_id, bid_id, 1, 1, '2026-03-02', '2026-03-02', decode(repeat('00', 68), 'hex'), sha256('b')
          from bid
        """,
        """
        insert into award (requester_id, award_id, auction_id, bid_id, worker_id, state, units, total_minor, awarded_at,
                           accept_by, allotment_id)
        select requester_id, gen_random_uuid(), auction_id, bid_id, worker_id, 'awarded', 2, 10, '2026-03-03',
               '2026-03-04', gen_random_uuid()
          from bid
        """,
        """
        insert into early_opening (requester_id, auction_id, reasons, proposed_by, proposed_at)
        select requester_id, auction_id, 'r', gen_random_uuid(), '2026-03-02' from auction
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
