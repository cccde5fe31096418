internal import Formats
internal import Foundation
internal import Store

extension TierRule {
    init(row: Row) throws {
        id = try row["tier_rule_id"]
        profession = try row["profession"]
        tier = try row["tier"]
        conditions = try TierConditions(json: row["conditions"])
        isAutomatic = try row["is_automatic"]
        publisher = try row["published_by"]
    }
}

extension TierProposal {
    init(row: Row) throws {
        id = try row["tier_proposal_id"]
        worker = try row["worker_id"]
        profession = try row["profession"]
        tier = try row["tier"]
        held = try row["held"]
        rule = try row["tier_rule_id"]
        reasons = try row["reasons"]
        state = try row["state"]
        proposedAt = try row["proposed_at"]
    }
}

extension Transaction {
    /// Ends the rule in force for the tier and begins another, without end.
    ///
    /// - Throws: ``StoreError``; `tier_rule_no_overlap` when one began at this very instant.
    func beginTierRule(_ rule: TierRule) async throws {
        _ = try await pipeline([
            """
            update tier_rule set in_force = tstzrange(lower(in_force), \(instant))
             where profession = \(rule.profession) and tier = \(rule.tier) and in_force @> \(instant)
               and lower(in_force) < \(instant)
            """,
            """
            insert into tier_rule (tier_rule_id, profession, tier, conditions, is_automatic, in_force, published_by)
            values (\(rule.id), \(rule.profession), \(rule.tier), \(rule.conditions.json), \(rule.isAutomatic),
                    \(InstantRange(from: instant, until: nil)), \(rule.publisher))
            """,
        ])
    }

    /// The rules in force, lowest tier first.
    func tierRules(of profession: Profession) async throws -> [TierRule] {
        try await rows(
            """
            select tier_rule_id, profession, tier, conditions, is_automatic, published_by
              from tier_rule
             where profession = \(profession) and in_force @> \(instant)
             order by tier
            """
        ).map(TierRule.init(row:))
    }

    func tierRule(_ id: TierRule.ID) async throws -> TierRule? {
        try await firstRow(
            """
            select tier_rule_id, profession, tier, conditions, is_automatic, published_by
              from tier_rule where tier_rule_id = \(id)
            """
        ).map(TierRule.init(row:))
    }

    /// What workers have at the transaction's instant, as far as the tiers of a profession ask. Up to 200 workers.
    func tierRecords(of workers: [Worker.ID], in profession: Profession) async throws -> [Worker.ID: TierRecord] {
        let rows = try await rows(
            """
            with valid_credential as materialized (
                select worker_id, kind, is_licence, issued_on, confirmed_by is not null as is_confirmed
                  from credential join credential_kind using (kind)
                 where worker_id = any(\(workers)) and credential.profession = \(profession) and state = 'verified'
                   and issued_on <= (\(instant) at time zone 'UTC')::date
                   and (expires_at is null or expires_at > \(instant))
            ),
            held as (
                select worker_id, count(*) filter (where is_licence) as licences,
                       count(*) filter (where is_licence and is_confirmed) as licences_of_two,
                       min(issued_on) filter (where is_licence) as licensed_on,
                       array_agg(distinct kind) as kinds
                  from valid_credential group by worker_id
            ),
            passed as (
                select exam_attempt.worker_id, array_agg(distinct exam.key) as exams
                  from exam_attempt join exam using (exam_id)
                 where exam_attempt.worker_id = any(\(workers)) and exam.profession = \(profession)
                   and score_bps >= pass_bps and expires_at > \(instant)
                 group by exam_attempt.worker_id
            )
            select asked.worker_id, coalesce(licences, 0) as licences, coalesce(licences_of_two, 0) as licences_of_two,
                   case when licensed_on is null then 0
                        else least(profile.years,
                                   extract(year from age((\(instant) at time zone 'UTC')::date, licensed_on))::integer)
                   end as years,
                   coalesce(kinds, '{}') as kinds, coalesce(exams, '{}') as exams
              from unnest(\(workers)::uuid[]) as asked (worker_id)
              left join held using (worker_id)
              left join passed using (worker_id)
              left join profile on profile.worker_id = asked.worker_id and profile.profession = \(profession)
            """)
        let lows = try await skillLows(of: workers)
        return try Dictionary(
            rows.map { row in
                let worker: Worker.ID = try row["worker_id"]
                let kinds: [String] = try row["kinds"]
                let exams: [String] = try row["exams"]
                let record = TierRecord(
                    licences: try row["licences"], licencesOfTwo: try row["licences_of_two"], years: try row["years"],
                    credentials: Set(kinds.compactMap(CredentialKindCode.init(rawValue:))), exams: Set(exams),
                    skillLows: lows[worker] ?? [:]
                )
                return (worker, record)
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The same of one.
    func tierRecord(of worker: Worker.ID, in profession: Profession) async throws -> TierRecord {
        guard let record = try await tierRecords(of: [worker], in: profession)[worker] else {
            throw StoreError.unexpectedRowCount(0)
        }
        return record
    }

    /// The tiers that workers hold in a profession at the transaction's instant.
    func tiers(of workers: [Worker.ID], in profession: Profession) async throws -> [Worker.ID: Tier] {
        let rows = try await rows(
            """
            select worker_id, tier from tier_period
             where worker_id = any(\(workers)) and profession = \(profession) and in_force @> \(instant)
            """)
        return try Dictionary(
            rows.map { (try $0.value("worker_id", as: Worker.ID.self), try $0["tier"]) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    func insertProposal(_ proposal: TierProposal, by actor: Principal.ID) async throws {
        try await execute(
            """
            insert into tier_proposal
                (tier_proposal_id, worker_id, profession, tier, held, tier_rule_id, reasons, state, proposed_at,
                 proposed_by)
            values (\(proposal.id), \(proposal.worker), \(proposal.profession), \(proposal.tier), \(proposal.held),
                    \(proposal.rule), \(proposal.reasons), \(proposal.state), \(proposal.proposedAt), \(actor))
            """)
    }

    func worker(ofProposal id: TierProposal.ID) async throws -> Worker.ID? {
        try await firstRow("select worker_id from tier_proposal where tier_proposal_id = \(id)")?["worker_id"]
    }

    func proposal(_ id: TierProposal.ID) async throws -> TierProposal? {
        try await firstRow(
            """
            select tier_proposal_id, worker_id, profession, tier, held, tier_rule_id, reasons, state,
                   proposed_at
              from tier_proposal where tier_proposal_id = \(id)
            """
        ).map(TierProposal.init(row:))
    }

    func openProposal(of worker: Worker.ID, in profession: Profession) async throws -> TierProposal? {
        try await firstRow(
            """
            select tier_proposal_id, worker_id, profession, tier, held, tier_rule_id, reasons, state,
                   proposed_at
              from tier_proposal
             where worker_id = \(worker) and profession = \(profession) and state = 'open'
            """
        ).map(TierProposal.init(row:))
    }

    func openProposals(after id: TierProposal.ID?, limit: Int) async throws -> [TierProposal] {
        try await rows(
            """
            select tier_proposal_id, worker_id, profession, tier, held, tier_rule_id, reasons, state,
                   proposed_at
              from tier_proposal
             where state = 'open' and (\(id)::uuid is null or tier_proposal_id > \(id))
             order by tier_proposal_id
             limit \(limit)
            """
        ).map(TierProposal.init(row:))
    }

    /// - Returns: whether it was open.
    func closeProposal(
        _ id: TierProposal.ID, as state: TierProposalState, note: String?, by actor: Principal.ID
    ) async throws -> Bool {
        try await execute(
            """
            update tier_proposal
               set state = \(state), closed_at = \(instant), closed_by = \(actor), note = \(note)
             where tier_proposal_id = \(id) and state = 'open'
            """) == 1
    }

    /// The tier in force at any instant: one, or none.
    func tier(of worker: Worker.ID, in profession: Profession, at instant: Date) async throws -> Tier? {
        try await firstRow(
            """
            select tier from tier_period
             where worker_id = \(worker) and profession = \(profession) and in_force @> \(instant)
            """)?["tier"]
    }

    func tierPeriods(of worker: Worker.ID, before end: Date?, limit: Int) async throws -> [TierPeriod] {
        try await rows(
            """
            select profession, tier, lower(in_force) as begins_at, upper(in_force) as ends_at, decided_by, ground,
                   reasons
              from tier_period
             where worker_id = \(worker) and (\(end)::timestamptz is null or lower(in_force) < \(end))
             order by lower(in_force) desc, profession
             limit \(limit)
            """
        ).map {
            TierPeriod(
                profession: try $0["profession"], tier: try $0["tier"], from: try $0["begins_at"],
                until: try $0["ends_at"], decidedBy: try $0["decided_by"], ground: try $0["ground"],
                reasons: try $0["reasons"]
            )
        }
    }
}

extension Transaction {
    /// The first profession, by code, that has a rule in force.
    func professionWithTierRules(after last: Profession?) async throws -> Profession? {
        try await firstRow(
            """
            select profession from tier_rule
             where in_force @> \(instant) and (\(last)::text is null or profession > \(last))
             order by profession
             limit 1
            """)?["profession"]
    }

    /// Workers in a profession who are active or paused, by id.
    func practitioners(of profession: Profession, after last: Worker.ID?, limit: Int) async throws -> [Worker.ID] {
        try await rows(
            """
            select worker_id
              from profile join worker using (worker_id)
             where profession = \(profession) and state in ('active', 'paused')
               and (\(last)::uuid is null or worker_id > \(last)::uuid)
             order by worker_id
             limit \(limit)
            """
        ).map { try $0["worker_id"] }
    }

    /// Which of these workers have a proposal that waits for a decision.
    func withOpenProposals(_ workers: [Worker.ID], in profession: Profession) async throws -> Set<Worker.ID> {
        try await Set(
            rows(
                """
                select worker_id from tier_proposal
                 where worker_id = any(\(workers)) and profession = \(profession) and state = 'open'
                """
            ).map { try $0["worker_id"] })
    }

    /// The last proposal of the same change by the same rule that a person declined or took back.
    ///
    /// - Parameter reviewer: whose own withdrawals do not count.
    func lastTurnedDown(
        _ rule: TierRule, tier: Tier, held: Tier?, of worker: Worker.ID, notBy reviewer: Principal.ID
    ) async throws -> TierProposal? {
        try await firstRow(
            """
            select tier_proposal_id, worker_id, profession, tier, held, tier_rule_id, reasons, state,
                   proposed_at
              from tier_proposal
             where worker_id = \(worker) and profession = \(rule.profession) and tier_rule_id = \(rule.id)
               and tier = \(tier) and held is not distinct from \(held)
               and state in ('declined', 'withdrawn') and closed_by <> \(reviewer)
             order by closed_at desc, tier_proposal_id desc
             limit 1
            """
        ).map(TierProposal.init(row:))
    }
}
