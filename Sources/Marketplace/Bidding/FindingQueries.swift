internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// Puts a finding into the people's queue, or brings the open one of the same cell, kind and workers up to date;
    /// what was decided about the same auctions, or more, stays decided.
    ///
    /// - Returns: the finding's id and whether it is new; `nil` where a person has said what there is to say.
    func putFinding(_ id: Finding.ID, _ suspicion: Suspicion) async throws -> (id: Finding.ID, isNew: Bool)? {
        let row = try await firstRow(
            """
            insert into screen_finding (screen_finding_id, requirement_id, profession, tier, kind, score_milli, workers,
                                        auctions, evidence, fingerprint, found_at, state, currency)
            select \(id), \(suspicion.cell.requirement), \(suspicion.cell.profession), \(suspicion.cell.tier),
                   \(suspicion.kind), \(suspicion.scoreMilli), \(suspicion.workers), \(suspicion.auctions),
                   \(suspicion.evidence), \(suspicion.fingerprint), \(instant), 'open',
                   \(suspicion.currency)
             where not exists (select from screen_finding as decided
                                where decided.fingerprint = \(suspicion.fingerprint) and decided.state <> 'open'
                                  and decided.auctions @> \(suspicion.auctions)::uuid[])
            on conflict (fingerprint) where state = 'open' do update
               set score_milli = excluded.score_milli, auctions = excluded.auctions, evidence = excluded.evidence,
                   found_at = excluded.found_at
             where (screen_finding.score_milli, screen_finding.auctions, screen_finding.evidence)
                   is distinct from (excluded.score_milli, excluded.auctions, excluded.evidence)
            returning screen_finding_id
            """)
        guard let row else { return nil }
        let found: Finding.ID = try row["screen_finding_id"]
        return (found, found == id)
    }

    /// Findings in a state, the oldest first.
    func findings(in state: FindingState, after last: Finding.ID?, limit: Int) async throws -> [Finding] {
        try await rows(
            """
            select \(fragment: Finding.columns) from screen_finding
             where state = \(state) and (\(last)::uuid is null or screen_finding_id > \(last)::uuid)
             order by screen_finding_id
             limit \(limit)
            """
        ).map(Finding.init)
    }

    func finding(_ id: Finding.ID) async throws -> Finding? {
        try await firstRow(
            "select \(fragment: Finding.columns) from screen_finding where screen_finding_id = \(id)"
        ).map(Finding.init)
    }

    /// One finding, kept as it is until the transaction ends.
    func lockFinding(_ id: Finding.ID) async throws -> Finding? {
        try await firstRow(
            """
            select \(fragment: Finding.columns) from screen_finding where screen_finding_id = \(id)
               for no key update
            """
        ).map(Finding.init)
    }

    func decideFinding(
        _ id: Finding.ID, _ state: FindingState, reasons: String, by actor: Principal.ID
    ) async throws {
        let changed = try await execute(
            """
            update screen_finding
               set state = \(state), decided_at = \(instant), decided_by = \(actor), reasons = \(reasons)
             where screen_finding_id = \(id) and state = 'open'
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// Pairs of these workers who may be, or are, one person: the open cases and those that were found to be so.
    func linkedAccounts(among workers: [Worker.ID]) async throws -> [LinkedAccounts] {
        try await rows(
            """
            select worker_id, other_worker_id, bool_or(state = 'same_person') as is_known,
                   array_agg(distinct ground::text order by ground::text) as grounds
              from duplicate_case
             where worker_id = any(\(workers)) and other_worker_id = any(\(workers))
               and state in ('open', 'same_person')
             group by worker_id, other_worker_id
             order by worker_id, other_worker_id
            """
        ).map {
            LinkedAccounts(
                worker: try $0["worker_id"], other: try $0["other_worker_id"], isKnown: try $0["is_known"],
                grounds: try $0["grounds"])
        }
    }
}

extension Finding {
    fileprivate static let columns: SQL = """
        screen_finding_id, requirement_id, profession, tier, kind, score_milli, workers, auctions, evidence, found_at,
        state, decided_at, decided_by, reasons, currency
        """

    fileprivate init(row: Row) throws {
        self.init(
            id: try row["screen_finding_id"],
            cell: ScreenCell(
                requirement: try row["requirement_id"], profession: try row["profession"], tier: try row["tier"]),
            currency: try row["currency"], kind: try row["kind"], scoreMilli: try row["score_milli"],
            workers: try row["workers"],
            auctions: try row["auctions"], evidence: try row["evidence"], foundAt: try row["found_at"],
            state: try row["state"], decidedAt: try row["decided_at"], decidedBy: try row["decided_by"],
            reasons: try row["reasons"]
        )
    }
}
