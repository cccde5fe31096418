import Store
import TestSupport
import Testing

/// The constraints of agreements, interests, exclusions, teams and parties, each broken by a statement.
@Suite("Constraints of what ties workers", .scratchDatabase)
struct BondConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("role_grant_team_iff_agency_manager", "update role_grant set team_id = gen_random_uuid()"),
        (
            "agreement_one_per_version",
            """
            insert into agreement
            select gen_random_uuid(), kind, version, title, body, hash, valid_from + interval '1 day', published_by
              from agreement
            """
        ),
        (
            "agreement_one_per_start",
            """
            insert into agreement
            select gen_random_uuid(), kind, version + 1, title, body, hash, valid_from, published_by from agreement
            """
        ),
        ("agreement_title_bounded", "update agreement set title = ''"),
        ("agreement_kind_bounded", "update agreement set kind = 'NDA'"),
        ("agreement_version_positive", "update agreement set version = 0"),
        ("agreement_body_bounded", "update agreement set body = '', hash = sha256('')"),
        ("agreement_hash_is_sha256", "update agreement set body = 'other'"),
        ("interest_party_bounded", "update interest set party = ''"),
        ("interest_in_force_bounded_below", "update interest set in_force = 'empty'"),
        (
            "interest_no_overlap",
            """
            insert into interest
            select gen_random_uuid(), worker_id, kind, party_name, party,
                   tstzrange(lower(in_force) + interval '1 day', null)
              from interest
            """
        ),
        ("exclusion_reason_given", "update exclusion set reason = ''"),
        ("exclusion_in_force_bounded_below", "update exclusion set in_force = tstzrange(null, null)"),
        (
            "exclusion_no_overlap",
            """
            insert into exclusion
            select gen_random_uuid(), requester_id, worker_id, reason, excluded_by,
                   tstzrange(lower(in_force) + interval '1 day', null)
              from exclusion
            """
        ),
        (
            "team_one_per_external_key",
            """
            insert into team
            select gen_random_uuid(), external_key, kind, name, base, is_payee, created_at from team
            """
        ),
        ("team_name_bounded", "update team set name = ''"),
        ("team_base_is_iso3166", "update team set base = 'cn'"),
        ("team_only_agency_is_payee", "update team set kind = 'staff'"),
        ("team_member_in_force_bounded_below", "update team_member set in_force = 'empty'"),
        (
            "team_member_no_overlap",
            """
            insert into team_member
            select gen_random_uuid(), gen_random_uuid(), worker_id, tstzrange(lower(in_force) + interval '1 day', null)
              from team_member
            """
        ),
        ("team_capacity_weekly_minutes_possible", "update team_capacity set weekly_minutes = -1"),
        ("team_capacity_in_force_bounded_below", "update team_capacity set in_force = 'empty'"),
        (
            "team_capacity_no_overlap",
            """
            insert into team_capacity
            select gen_random_uuid(), team_id, profession, 1, tstzrange(lower(in_force) + interval '1 day', null)
              from team_capacity
            """
        ),
        ("project_party_bounded", "update project_party set party_name = ''"),
        ("task_party_bounded", "update task_party set party = ''"),
        ("batch_takes_somebody", "update batch set workforces = '{}'"),
    ]

    /// One row in each table, of which only the columns at stake make sense.
    private static let rows: [SQL] = [
        """
        insert into role_grant (role_grant_id, principal_id, role, granted_by, in_force)
        values (gen_random_uuid(), gen_random_uuid(), 'operator', gen_random_uuid(), tstzrange('2026-03-02', null))
        """,
        """
        insert into agreement
        values (gen_random_uuid(), 'nda', 1, 'NDA', 'text', sha256('text'), '2026-03-02', gen_random_uuid())
        """,
        """
        insert into interest
        values (gen_random_uuid(), gen_random_uuid(), 'family', 'Acme', 'acme', tstzrange('2026-03-02', null))
        """,
        """
        insert into exclusion
        values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'why', gen_random_uuid(),
                tstzrange('2026-03-02', null))
        """,
        "insert into team values (gen_random_uuid(), 'k', 'agency', 'Name', 'CN-GD', true, '2026-03-02')",
        """
        insert into team_member
        select gen_random_uuid(), team_id, gen_random_uuid(), tstzrange('2026-03-02', null) from team
        """,
        """
        insert into team_capacity
        select gen_random_uuid(), team_id, 'lawyer', 60, tstzrange('2026-03-02', null) from team
        """,
        "insert into project_party values (gen_random_uuid(), gen_random_uuid(), 'Acme', 'acme')",
        "insert into task_party values (gen_random_uuid(), gen_random_uuid(), 'Acme', 'acme')",
        """
        insert into batch (requester_id, batch_id, project_id, name, state, door, requirement_id, redundancy, pay_minor,
                           fee_minor, currency, rate_id, budget_minor, expected_minutes, lease_seconds, answer_seconds,
                           priority, created_at)
        values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'b', 'draft', 'claim', gen_random_uuid(), 1, 1,
                0, 'USD', gen_random_uuid(), 1, 1, 60, 60, 0, '2026-03-02')
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

    @Test("an acceptance names the hash of its version's very text")
    func acceptanceHash() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        let error = await #expect(throws: StoreError.self) {
            try await Scratch.asOwner {
                try await $0.execute(
                    """
                    insert into agreement
                    values (gen_random_uuid(), 'nda', 1, 'NDA', 'text', sha256('text'), '2026-03-02', \(small.manager))
                    """)
                try await $0.execute(
                    """
                    insert into agreement_acceptance
                    select \(worker), agreement_id, '2026-03-02', sha256('other') from agreement
                    """)
            }
        }
        #expect(error?.violatedConstraint == "agreement_acceptance_text_fkey")
    }

    @Test("what ties a worker is never deleted by the program")
    func neverDeleted() async throws {
        let statements: [SQL] = [
            "delete from interest", "delete from exclusion", "delete from team", "delete from team_member",
            "delete from team_capacity", "delete from project_party", "delete from task_party",
            "delete from agreement", "delete from agreement_acceptance", "update agreement set title = 'x'",
            "update agreement_acceptance set accepted_at = '2026-03-02'",
        ]
        for statement in statements {
            let error = await #expect(throws: StoreError.self, "\(statement)") {
                try await Scratch.database.transaction { try await $0.execute(statement) }
            }
            #expect(error?.sqlState == "42501", "\(statement)")
        }
    }
}
