internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// Opens a case, or adds evidence to the open one of the batch and signal that shares a worker with it. What a
    /// decided case rests on is no news: at least half of the tasks must be others. The screened batch is locked.
    ///
    /// - Returns: the case and whether it is new; `nil` where nothing was added.
    func putEvidence(
        _ suspicion: QualitySuspicion, in batch: Batch.Key, id: QualityCase.ID
    ) async throws -> (id: QualityCase.ID, isNew: Bool)? {
        let open = try await firstRow(
            """
            select quality_case_id from quality_case
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and signal = \(suspicion.signal)
               and state = 'open' and workers && \(suspicion.workers)::uuid[]
             order by quality_case_id limit 1
               for no key update
            """)
        let target: QualityCase.ID
        if let open {
            target = try open["quality_case_id"]
            guard try await insertEvidence(suspicion, of: target) else { return nil }
            try await execute(
                """
                update quality_case
                   set workers = array(select distinct worker_id
                                         from unnest(workers || \(suspicion.workers)::uuid[]) as worker_id
                                        order by worker_id limit \(QualityCase.workersMax))
                 where quality_case_id = \(target) and not workers @> \(suspicion.workers)::uuid[]
                """)
            return (target, false)
        }
        guard try await !isKnown(suspicion, in: batch) else { return nil }
        try await execute(
            """
            insert into quality_case (quality_case_id, requester_id, batch_id, signal, workers, opened_at, state)
            values (\(id), \(batch.requester), \(batch.id), \(suspicion.signal), \(suspicion.workers), \(instant),
                    'open')
            """)
        return try await insertEvidence(suspicion, of: id) ? (id, true) : nil
    }

    /// Whether decided cases about these workers rest on more than half of the tasks already.
    private func isKnown(_ suspicion: QualitySuspicion, in batch: Batch.Key) async throws -> Bool {
        let known: Int64 = try await oneRow(
            """
            select count(distinct task_id) as tasks
              from quality_case
              join quality_evidence using (quality_case_id)
             cross join lateral unnest(quality_evidence.tasks) as task_id
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and signal = \(suspicion.signal)
               and state <> 'open' and workers @> \(suspicion.workers)::uuid[]
               and task_id = any(\(suspicion.tasks)::uuid[])
            """)["tasks"]
        return 2 * Int(known) > suspicion.tasks.count
    }

    private func insertEvidence(_ suspicion: QualitySuspicion, of id: QualityCase.ID) async throws -> Bool {
        try await execute(
            """
            insert into quality_evidence (quality_case_id, digest, score_milli, tasks, facts, found_at)
            values (\(id), \(suspicion.digest), \(suspicion.scoreMilli), \(suspicion.tasks), \(suspicion.facts),
                    \(instant))
            on conflict on constraint quality_evidence_pkey do nothing
            """) == 1
    }

    /// Cases in a state, the oldest first.
    func qualityCases(in state: QualityCaseState, after last: QualityCase.ID?, limit: Int) async throws -> [QualityCase]
    {
        try await rows(
            """
            select \(fragment: QualityCase.columns)
              from quality_case \(fragment: QualityCase.evidence)
             where state = \(state) and (\(last)::uuid is null or quality_case_id > \(last)::uuid)
             order by quality_case_id
             limit \(limit)
            """
        ).map(QualityCase.init)
    }

    func qualityCase(_ id: QualityCase.ID) async throws -> QualityCase? {
        try await firstRow(
            """
            select \(fragment: QualityCase.columns)
              from quality_case \(fragment: QualityCase.evidence)
             where quality_case_id = \(id)
            """
        ).map(QualityCase.init)
    }

    /// One case, kept as it is until the transaction ends.
    func lockQualityCase(_ id: QualityCase.ID) async throws -> QualityCase? {
        try await execute("select from quality_case where quality_case_id = \(id) for no key update")
        return try await qualityCase(id)
    }

    func decideQualityCase(
        _ id: QualityCase.ID, _ state: QualityCaseState, reasons: String, by actor: Principal.ID
    ) async throws {
        let changed = try await execute(
            """
            update quality_case
               set state = \(state), decided_at = \(instant), decided_by = \(actor), reasons = \(reasons)
             where quality_case_id = \(id) and state = 'open'
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// Newest first.
    func qualityEvidence(of id: QualityCase.ID, limit: Int) async throws -> [QualityEvidence] {
        try await rows(
            """
            select digest, score_milli, tasks, facts, found_at from quality_evidence
             where quality_case_id = \(id)
             order by found_at desc, digest
             limit \(limit)
            """
        ).map {
            QualityEvidence(
                digest: try $0["digest"], scoreMilli: try $0["score_milli"], tasks: try $0["tasks"],
                facts: try $0["facts"], foundAt: try $0["found_at"])
        }
    }
}

extension QualityCase {
    fileprivate static let columns: SQL = """
        quality_case.quality_case_id, requester_id, batch_id, signal, workers, opened_at, state, decided_at, decided_by,
        reasons, evidence_count, score_milli
        """

    fileprivate static let evidence: SQL = """
        cross join lateral (
            select count(*) as evidence_count, coalesce(max(score_milli), 0) as score_milli
              from quality_evidence
             where quality_evidence.quality_case_id = quality_case.quality_case_id
        ) as strongest
        """

    fileprivate init(row: Row) throws {
        self.init(
            id: try row["quality_case_id"], requester: try row["requester_id"], batch: try row["batch_id"],
            signal: try row["signal"], workers: try row["workers"], openedAt: try row["opened_at"],
            state: try row["state"], decidedAt: try row["decided_at"], decidedBy: try row["decided_by"],
            reasons: try row["reasons"], evidenceCount: try row["evidence_count"],
            scoreMilli: try row["score_milli"])
    }
}
