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

    /// What a worker has at the transaction's instant, as far as tiers ask.
    func tierRecord(of worker: Worker.ID, in profession: Profession) async throws -> TierRecord {
        let row = try await oneRow(
            """
            with valid_credential as (
                select kind, is_licence, issued_on, confirmed_by is not null as is_confirmed
                  from credential join credential_kind using (kind)
                 where worker_id = \(worker) and credential.profession = \(profession) and state = 'verified'
                   and issued_on <= (\(instant) at time zone 'UTC')::date
                   and (expires_at is null or expires_at > \(instant))
            )
            select (select count(*) from valid_credential where is_licence) as licences,
                   (select count(*) from valid_credential where is_licence and is_confirmed) as licences_of_two,
                   coalesce((select least(
                                 years,
                                 extract(year from age((\(instant) at time zone 'UTC')::date, min(issued_on)))::integer)
                               from profile, valid_credential
                              where worker_id = \(worker) and profession = \(profession) and is_licence
                              group by years), 0) as years,
                   array(select distinct kind from valid_credential order by kind) as kinds,
                   array(select distinct exam.key
                           from exam_attempt join exam using (exam_id)
                          where worker_id = \(worker) and exam.profession = \(profession)
                            and score_bps >= pass_bps and expires_at > \(instant)
                          order by exam.key) as exams
            """)
        let kinds: [String] = try row["kinds"]
        let exams: [String] = try row["exams"]
        let skills = try await skillEstimates(of: worker, after: nil, limit: ListSkills.pageMax)
        return TierRecord(
            licences: try row["licences"], licencesOfTwo: try row["licences_of_two"], years: try row["years"],
            credentials: Set(kinds.compactMap(CredentialKindCode.init(rawValue:))), exams: Set(exams),
            skillLows: Dictionary(skills.map { ($0.skill, $0.lowBps) }, uniquingKeysWith: { first, _ in first })
        )
    }

    func insertProposal(_ proposal: TierProposal, by actor: Principal.ID) async throws {
        try await execute(
            """
            insert into tier_proposal
                (tier_proposal_id, worker_id, profession, tier, tier_rule_id, reasons, state, proposed_at, proposed_by)
            values (\(proposal.id), \(proposal.worker), \(proposal.profession), \(proposal.tier), \(proposal.rule),
                    \(proposal.reasons), \(proposal.state), \(proposal.proposedAt), \(actor))
            """)
    }

    func worker(ofProposal id: TierProposal.ID) async throws -> Worker.ID? {
        try await firstRow("select worker_id from tier_proposal where tier_proposal_id = \(id)")?["worker_id"]
    }

    func proposal(_ id: TierProposal.ID) async throws -> TierProposal? {
        try await firstRow(
            """
            select tier_proposal_id, worker_id, profession, tier, tier_rule_id, reasons, state, proposed_at
              from tier_proposal where tier_proposal_id = \(id)
            """
        ).map(TierProposal.init(row:))
    }

    func openProposal(of worker: Worker.ID, in profession: Profession) async throws -> TierProposal? {
        try await firstRow(
            """
            select tier_proposal_id, worker_id, profession, tier, tier_rule_id, reasons, state, proposed_at
              from tier_proposal
             where worker_id = \(worker) and profession = \(profession) and state = 'open'
            """
        ).map(TierProposal.init(row:))
    }

    func openProposals(after id: TierProposal.ID?, limit: Int) async throws -> [TierProposal] {
        try await rows(
            """
            select tier_proposal_id, worker_id, profession, tier, tier_rule_id, reasons, state, proposed_at
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
            select profession, tier, lower(in_force) as begins_at, upper(in_force) as ends_at, decided_by
              from tier_period
             where worker_id = \(worker) and (\(end)::timestamptz is null or lower(in_force) < \(end))
             order by lower(in_force) desc, profession
             limit \(limit)
            """
        ).map {
            TierPeriod(
                profession: try $0["profession"], tier: try $0["tier"], from: try $0["begins_at"],
                until: try $0["ends_at"], decidedBy: try $0["decided_by"]
            )
        }
    }
}
