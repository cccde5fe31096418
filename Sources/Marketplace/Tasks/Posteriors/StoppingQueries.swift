internal import Store

extension Transaction {
    func insertStopping(
        _ stopping: Stopping, _ sealed: Bytes?, of batch: Batch.ID, _ requester: Requester.ID
    ) async throws {
        try await execute(
            """
            insert into stopping (requester_id, stopping_id, batch_id, task_id, basis, outcome, answers, answers_least,
                                  answers_most, confidence_bps, target_bps, decided_at, fit_version, sealed)
            values (\(requester), \(stopping.id), \(batch), \(stopping.task), \(stopping.basis), \(stopping.outcome),
                    \(stopping.answers), \(stopping.least), \(stopping.most), \(stopping.confidenceBasisPoints),
                    \(stopping.targetBasisPoints), \(stopping.decidedAt), \(stopping.fit), \(sealed))
            """)
    }

    func stoppings(
        of batch: Batch.ID, _ requester: Requester.ID, task: WorkTask.ID?, after: Stopping.ID?, limit: Int
    ) async throws -> [Row] {
        try await rows(
            """
            select stopping_id, task_id, basis, outcome, answers, answers_least, answers_most, confidence_bps,
                   target_bps, decided_at, fit_version, sealed
              from stopping
             where requester_id = \(requester) and batch_id = \(batch)
               and (\(task)::uuid is null or task_id = \(task)::uuid)
               and (\(after)::uuid is null or stopping_id > \(after)::uuid)
             order by stopping_id
             limit \(limit)
            """)
    }

    /// Stoppings by the posterior of everybody, by key, with what their project is for.
    func storedStoppings(
        after last: (requester: Requester.ID, stopping: Stopping.ID)?, limit: Int
    ) async throws -> [Row] {
        try await rows(
            """
            select stopping.requester_id, stopping.stopping_id, stopping.confidence_bps, stopping.answers,
                   stopping.fit_version, stopping.sealed, project.function
              from stopping
              join batch using (requester_id, batch_id)
              join project using (requester_id, project_id)
             where stopping.sealed is not null
               and (\(last?.requester)::uuid is null
                    or (stopping.requester_id, stopping.stopping_id)
                       > (\(last?.requester)::uuid, \(last?.stopping)::uuid))
             order by stopping.requester_id, stopping.stopping_id
             limit \(limit)
            """)
    }
}

extension Stopping {
    init(row: Row, posterior: [String: Int64]?) throws {
        id = try row["stopping_id"]
        task = try row["task_id"]
        basis = try row["basis"]
        outcome = try row["outcome"]
        answers = try row["answers"]
        least = try row["answers_least"]
        most = try row["answers_most"]
        confidenceBasisPoints = try row["confidence_bps"]
        targetBasisPoints = try row["target_bps"]
        decidedAt = try row["decided_at"]
        fit = try row["fit_version"]
        self.posterior = posterior
    }
}
