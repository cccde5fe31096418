import Formats
import Foundation
import Marketplace
import Matching
import Payments
import Store
import TestSupport
import Testing

@Suite("The schema", .scratchDatabase)
struct SchemaTests {
    /// Every enum of PostgreSQL with the Swift enum of the same cases.
    private static let enums: [String: [String]] = [
        "principal_kind": labels(PrincipalKind.self), "role": labels(Role.self),
        "decision_kind": labels(DecisionKind.self), "worker_state": labels(Worker.State.self),
        "tier": labels(Tier.self), "tier_ground": labels(TierGround.self),
        "physician_title": labels(PhysicianTitle.self),
        "number_verdict": labels(NumberVerdict.self), "tier_proposal_state": labels(TierProposalState.self),
        "credential_state": labels(CredentialState.self), "pay_unit": labels(PayUnit.self),
        "rate_card_state": labels(RateCardState.self), "premium_kind": labels(PremiumKind.self),
        "escalation_shape": labels(EscalationShape.self),
        "account_kind": labels(AccountKind.self),
        "entry_kind": labels(EntryKind.self), "voucher_kind": labels(VoucherKind.self),
        "voucher_state": labels(VoucherState.self),
        "transfer_kind": labels(TransferKind.self), "batch_state": labels(BatchState.self),
        "batch_door": labels(BatchDoor.self), "batch_closed_reason": labels(BatchClosedReason.self),
        "task_state": labels(TaskState.self),
        "slot_state": labels(SlotState.self), "assignment_state": labels(AssignmentState.self),
        "availability_kind": labels(AvailabilityKind.self), "hours_entry_kind": labels(HoursEntryKind.self),
        "notice_state": labels(NoticeState.self), "notice_channel": labels(NoticeChannel.self),
        "return_reason": labels(ReturnReason.self), "gold_source": labels(GoldSource.self),
        "offer_state": labels(OfferState.self),
        "decline_reason": labels(DeclineReason.self),
        "verdict": labels(Verdict.self), "opinion_role": labels(OpinionRole.self),
        "appeal_state": labels(AppealState.self),
        "payout_format": labels(PaymentFileFormat.self), "payout_line_state": labels(PayoutLineState.self),
        "clawback_rule": labels(ClawbackRule.self), "clawback_state": labels(ClawbackState.self),
        "tax_claim_kind": labels(TaxClaimKind.self), "payout_rhythm": labels(PayoutRhythm.self),
        "payout_due_state": labels(PayoutDueState.self),
        "bank_file_kind": labels(BankFileKind.self), "bank_outcome": labels(BankOutcome.self),
        "payout_batch_state": labels(PayoutBatchState.self), "language_level": labels(LanguageLevel.self),
        "duplicate_ground": labels(DuplicateGround.self), "duplicate_state": labels(DuplicateState.self),
        "interest_kind": labels(InterestKind.self), "task_file_format": labels(TaskFileFormat.self),
        "import_state": labels(ImportState.self), "allotment_kind": labels(AllotmentKind.self),
        "work_function": labels(WorkFunction.self), "deidentification": labels(Deidentification.self),
        "retention_scope": labels(RetentionScope.self), "content_purpose": labels(ContentPurpose.self),
        "auction_lane": labels(AuctionLane.self), "auction_state": labels(AuctionState.self),
        "bid_state": labels(BidState.self), "award_state": labels(AwardState.self),
        "lapse_reason": labels(LapseReason.self),
        "team_kind": labels(TeamKind.self), "workforce": labels(Workforce.self),
        "bargainer": labels(Bargainer.self), "direct_offer_state": labels(DirectOfferState.self),
        "screen_kind": labels(FindingKind.self), "finding_state": labels(FindingState.self),
        "signal_kind": labels(SignalKind.self), "quality_case_state": labels(QualityCaseState.self),
        "unrouted_reason": labels(UnroutedReason.self), "escalation_step_kind": labels(EscalationStepKind.self),
        "skill_basis": labels(SkillBasis.self),
        "stopping_basis": labels(StoppingBasis.self), "stopping_outcome": labels(StoppingOutcome.self),
        "alert_state": labels(AlertState.self), "week_part": labels(WeekPart.self),
        "token_scope": labels(TokenScope.self), "secret_kind": labels(SecretKind.self),
        "sign_in_method": labels(SignInMethod.self), "ticket_kind": labels(TicketKind.self),
        "webhook_endpoint_state": labels(WebhookEndpointState.self),
        "webhook_delivery_state": labels(WebhookDeliveryState.self),
    ]

    private static func labels<Case: SQLEnum & CaseIterable>(_ type: Case.Type) -> [String] {
        type.allCases.map(\.rawValue)
    }

    /// The first column of a query, as text.
    private func list(_ sql: SQL) async throws -> [String] {
        try await Scratch.database.read { try await $0.rows(sql).map { try $0["it"] } }
    }

    @Test("every enum of PostgreSQL has its labels, in order, in Swift")
    func enumLabels() async throws {
        let rows = try await Scratch.database.read {
            try await $0.rows(
                """
                select typname::text as name, array_agg(enumlabel::text order by enumsortorder) as labels
                  from pg_type join pg_enum on enumtypid = pg_type.oid
                 where typnamespace = 'public'::regnamespace
                 group by typname
                """)
        }
        var stored: [String: [String]] = [:]
        for row in rows { stored[try row["name"]] = try row["labels"] }
        #expect(stored.keys.sorted() == Self.enums.keys.sorted())
        for (name, labels) in stored { #expect(Self.enums[name] == labels, "\(name)") }
    }

    @Test("constraints and indexes are named by hand, for their table and for what must hold")
    func constraintNames() async throws {
        // PostgreSQL's own name is allowed only where schema.sql writes `primary key` or `references` beside a column.
        let odd = try await list(
            """
            select conrelid::regclass || ': ' || conname as it
              from pg_constraint
              left join lateral (
                  select conrelid::regclass || '_' || string_agg(attname, '_' order by place) || '_key' as automatic
                    from unnest(conkey) with ordinality key (number, place)
                    join pg_attribute on attrelid = conrelid and attnum = number) name on true
             where connamespace = 'public'::regnamespace and conrelid <> 0
               and case contype
                   when 'p' then conname <> conrelid::regclass || '_pkey'
                   when 'f' then conname !~ ('^' || conrelid::regclass || '_[a-z0-9_]+_fkey$')
                   else conname !~ ('^' || conrelid::regclass || '_[a-z0-9_]+$')
                        or conname ~ '_(check|excl)[0-9]*$' or conname = automatic
                   end
             order by 1
            """)
        #expect(odd == [])
        let oddIndexes = try await list(
            """
            select indexrelid::regclass::text as it
              from pg_index join pg_class on pg_class.oid = indexrelid
             where relnamespace = 'public'::regnamespace
               and (relname !~ ('^' || indrelid::regclass || '_[a-z0-9_]+$') or relname ~ '_idx[0-9]*$')
             order by 1
            """)
        #expect(oddIndexes == [])
    }

    @Test("every foreign key has an index that leads with its columns")
    func foreignKeyIndexes() async throws {
        let bare = try await list(
            """
            select conrelid::regclass || ': ' || conname as it
              from pg_constraint
             where contype = 'f' and connamespace = 'public'::regnamespace
               and not exists (
                   select from pg_index
                    where indrelid = conrelid
                      -- One that leaves out what refers to nothing serves as well.
                      and (indpred is null or exists (
                          select from pg_attribute
                           where attrelid = conrelid and attnum = any(conkey)
                             and pg_get_expr(indpred, indrelid) = format('(%I IS NOT NULL)', attname)))
                      and (indkey::int2[])[0:cardinality(conkey) - 1] @> conkey
                      and (indkey::int2[])[0:cardinality(conkey) - 1] <@ conkey)
             order by 1
            """)
        #expect(bare == [])
    }

    @Test("every table and every enum has a comment")
    func comments() async throws {
        let silent = try await list(
            """
            select oid::regclass::text as it from pg_class
             where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')
               and obj_description(oid, 'pg_class') is null
            union all
            select oid::regtype::text from pg_type
             where typnamespace = 'public'::regnamespace and typtype = 'e' and obj_description(oid, 'pg_type') is null
            order by 1
            """)
        #expect(silent == [])
    }

    @Test("no column has a type that loses something, no default reads the clock")
    func columnTypes() async throws {
        let bad = try await list(
            """
            select attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod) as it
              from pg_attribute join pg_class on pg_class.oid = attrelid
              left join pg_attrdef on adrelid = attrelid and adnum = attnum
             where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped
               and (atttypid = any('{timestamp,time,timetz,varchar,bpchar,float4,float8,money,json,tsrange}'::regtype[])
                    or pg_get_expr(adbin, adrelid) ~ 'now|current_|clock|timestamp|nextval')
             order by 1
            """)
        #expect(bad == [])
    }

    @Test("no trigger, no cascade and no function stands behind anybody's back")
    func nothingHidden() async throws {
        let hidden = try await list(
            """
            select tgrelid::regclass || ': ' || tgname as it from pg_trigger where not tgisinternal
            union all
            select conname from pg_constraint
             where contype = 'f' and connamespace = 'public'::regnamespace
               and (confdeltype not in ('a', 'r') or confupdtype not in ('a', 'r'))
            union all
            select p.oid::regprocedure::text
              from pg_proc p left join pg_depend d on d.objid = p.oid and d.deptype = 'e'
             where p.pronamespace = 'public'::regnamespace and d.objid is null
            order by 1
            """)
        #expect(hidden == [])
    }

    @Test("every check, uniqueness and exclusion has a test that breaks it by name")
    func everyConstraintBroken() async throws {
        let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".swift") && $0 != "SchemaTests.swift" }
        let texts = try names.map { try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8) }
        let tests = texts.joined()
        let constraints = try await list(
            """
            select conname::text as it from pg_constraint c
             where connamespace = 'public'::regnamespace and contype in ('c', 'u', 'x')
               -- What holds the whole primary key is broken by nothing that does not break that first.
               and not exists (select from pg_constraint key
                                where contype = 'p' and key.conrelid = c.conrelid and key.conkey <@ c.conkey
                                  and c.contype = 'u')
             order by 1
            """)
        #expect(constraints.count > 50)
        let untested = constraints.filter { !tests.contains("\"\($0)\"") }
        #expect(untested == [])
    }
}

@Suite("The making of the schema", .emptyDatabase)
struct SchemaMakingTests {
    @Test("the steps one by one make what schema.sql makes")
    func stepsEqualWhole() async throws {
        let stepped = Scratch.connect(asOwner: true)
        let first = try #require(SchemaUnderTest.steps.first)
        try await SchemaInstaller(database: stepped, whole: first.script, steps: [first]).apply()
        try await SchemaUnderTest.installer(for: stepped).upgrade()
        let byStep = try await CatalogueDump.lines(of: stepped)
        await stepped.shutdown()

        let (name, connectionString) = try await ScratchServer.shared.makeDatabase()
        let whole = Scratch.connect(asOwner: true) { $0.connectionString = connectionString }
        let atOnce = try await CatalogueDump.lines(of: whole)
        await whole.shutdown()
        await ScratchServer.shared.dropDatabase(name)

        #expect(atOnce.count > 500)
        #expect(Set(atOnce).subtracting(byStep).sorted() == [], "only in schema.sql: add it to the newest step")
        #expect(Set(byStep).subtracting(atOnce).sorted() == [], "only in the steps: add it to schema.sql")
    }

    @Test("applied a second time, it leaves everything as it is; on somebody else's tables it is refused")
    func appliedTwice() async throws {
        let database = Scratch.connect(asOwner: true)
        let installer = SchemaUnderTest.installer(for: database)
        try await installer.apply()
        let before = try await CatalogueDump.lines(of: database)
        try await installer.apply()
        #expect(try await installer.upgrade() == [])
        #expect(try await CatalogueDump.lines(of: database) == before)
        #expect(try await installer.status() == .current(SchemaUnderTest.steps.count))
        try await database.transaction { try await $0.execute("drop table schema_step cascade") }
        await #expect(throws: SchemaRefusal(status: .foreign)) { try await installer.apply() }
        await database.shutdown()
    }
}

/// Everything that PostgreSQL knows of a database's shape, as sorted lines.
enum CatalogueDump {
    static func lines(of database: Database) async throws -> [String] {
        try await database.read { transaction in
            var lines: [String] = []
            for part in parts { lines += try await transaction.rows(part).map { try $0["it"] } }
            return lines.sorted()
        }
    }

    private static let parts: [SQL] = [
        """
        select format('column %s.%s %s null:%s default:%s generated:%s collation:%s grants:%s', attrelid::regclass,
                      attname, format_type(atttypid, atttypmod), not attnotnull,
                      pg_get_expr(adbin, adrelid), attgenerated, attcollation, attacl) as it
          from pg_attribute join pg_class on pg_class.oid = attrelid
          left join pg_attrdef on adrelid = attrelid and adnum = attnum
         where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') and attnum > 0 and not attisdropped
        """,
        """
        select format('table %s kind:%s options:%s grants:%s rules:%s', oid::regclass, relkind, reloptions,
                      (select string_agg(entry::text, ' ' order by entry::text) from unnest(relacl) as entry),
                      relrowsecurity) as it
          from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'S')
        """,
        """
        select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as it
          from pg_constraint where connamespace = 'public'::regnamespace and conrelid <> 0
        """,
        """
        select format('policy %s %s %s %s %s %s %s', tablename, policyname, permissive, roles, cmd, qual,
                      with_check) as it
          from pg_policies where schemaname = 'public'
        """,
        "select 'index ' || indexdef as it from pg_indexes where schemaname = 'public'",
        """
        select format('enum %s %s %s', enumtypid::regtype,
                      row_number() over (partition by enumtypid order by enumsortorder), enumlabel) as it
          from pg_enum
        """,
        """
        select format('comment %s %s: %s', pg_describe_object(classoid, objoid, objsubid), objsubid, description) as it
          from pg_description
         where pg_describe_object(classoid, objoid, objsubid) is not null
           and (classoid, objoid) in (
               select 'pg_class'::regclass::oid, oid from pg_class where relnamespace = 'public'::regnamespace
               union all
               select 'pg_type'::regclass::oid, oid from pg_type where typnamespace = 'public'::regnamespace)
        """,
        "select format('extension %s', extname) as it from pg_extension",
        "select format('profession %s %s', profession, title) as it from profession",
        "select format('credential_kind %s', credential_kind) as it from credential_kind",
    ]
}
