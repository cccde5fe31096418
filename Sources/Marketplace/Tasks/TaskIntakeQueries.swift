internal import Foundation
internal import Store

extension Transaction {
    /// Streams drafts into temporary tables and from there, in one statement, into tasks with content, reference
    /// answers and waiting slots. Those whose external key the project has stay as they are.
    ///
    /// - Returns: how many were new.
    func insertTasks(_ drafts: [TaskDraft], into batch: Batch, ids: any IdentifierSource) async throws -> Int {
        try await fillIntake(drafts, ids: ids)
        return try await moveIntake(into: batch)
    }

    /// Which of the drafts the project has differently; changes nothing.
    func differingTasks(
        _ drafts: [TaskDraft], from batch: Batch, ids: any IdentifierSource
    ) async throws -> [DifferingTask] {
        try await fillIntake(drafts, ids: ids)
        return try await differingIntake(of: batch)
    }

    private func fillIntake(_ drafts: [TaskDraft], ids: any IdentifierSource) async throws {
        try await execute(
            """
            create temporary table task_intake (
                task_id uuid not null, external_key text not null, payload jsonb not null
            ) on commit drop
            """)
        try await execute(
            """
            create temporary table reference_intake (
                task_id uuid not null, source text not null, answer jsonb not null
            ) on commit drop
            """)
        try await execute(
            """
            create temporary table party_intake (
                task_id uuid not null, party_name text not null, party text not null
            ) on commit drop
            """)
        try await execute(
            """
            create temporary table suggestion_intake (
                task_id uuid not null, source text not null, version text not null, suggestion jsonb not null,
                made_at timestamptz not null
            ) on commit drop
            """)
        let identified = drafts.map { (id: ids.make(WorkTask.self, at: instant), draft: $0) }
            .sorted { $0.id < $1.id }
        try await copyIn(
            "copy task_intake (task_id, external_key, payload) from stdin (format binary)",
            rows: identified.lazy.map { CopyRow([$0.id, $0.draft.externalKey, $0.draft.payload]) }
        )
        try await copyIn(
            "copy reference_intake (task_id, source, answer) from stdin (format binary)",
            rows: identified.lazy.flatMap { item in
                item.draft.referenceAnswers.map { CopyRow([item.id, $0.key, $0.value]) }
            }
        )
        try await copyIn(
            "copy party_intake (task_id, party_name, party) from stdin (format binary)",
            rows: identified.lazy.flatMap { item in
                item.draft.parties.map { CopyRow([item.id, $0.name, $0.normalised]) }
            }
        )
        try await copyIn(
            "copy suggestion_intake (task_id, source, version, suggestion, made_at) from stdin (format binary)",
            rows: identified.lazy.compactMap { item in
                item.draft.suggestion.map {
                    CopyRow([item.id, $0.source, $0.version, $0.answer, $0.madeAt ?? instant])
                }
            }
        )
    }

    private func moveIntake(into batch: Batch) async throws -> Int {
        try await oneRow(
            """
            with added as (
                insert into task (requester_id, task_id, batch_id, project_id, external_key, state)
                select \(batch.requester), task_id, \(batch.id), \(batch.project), external_key, 'draft'
                  from task_intake order by task_id
                on conflict on constraint task_one_per_external_key do nothing
                returning task_id
            ),
            content as (
                insert into task_content (requester_id, task_id, payload)
                select \(batch.requester), task_id, payload from task_intake join added using (task_id)
            ),
            reference as (
                insert into reference_answer (requester_id, task_id, source, answer)
                select \(batch.requester), task_id, source, answer from reference_intake join added using (task_id)
            ),
            parties as (
                insert into task_party (requester_id, task_id, party_name, party)
                select distinct on (task_id, party) \(batch.requester), task_id, party_name, party
                  from party_intake join added using (task_id)
                 order by task_id, party
            ),
            slots as (
                insert into slot (requester_id, task_id, slot_no, batch_id, state, lease_token, lapses)
                select \(batch.requester), task_id, slot_no, \(batch.id), 'waiting', 0, 0
                  from added cross join generate_series(1, \(batch.redundancy)::integer) as slot_no
            )
            select count(*) as added from added
            """)["added"]
    }

    /// Stores the suggestions of the tasks that went in, and decides which of them stay without.
    func takeSuggestions(into batch: Batch) async throws {
        let ids: [WorkTask.ID] = try await rows(
            """
            select task_id from suggestion_intake
             where exists (select from task
                            where task.requester_id = \(batch.requester) and task.task_id = suggestion_intake.task_id)
            """
        ).map { try $0["task_id"] }
        guard !ids.isEmpty else { return }
        let seed: UUID? = try await firstRow(
            """
            select control_seed from batch where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)?["control_seed"]
        let controls = seed.map {
            ControlShare.controls(among: ids, basisPoints: batch.controlBasisPoints, seed: $0)
        }
        try await execute(
            """
            insert into task_suggestion (requester_id, task_id, source, version, suggestion, made_at, is_control)
            select \(batch.requester), task_id, source, version, suggestion, made_at,
                   task_id = any(\((controls ?? []).sorted()))
              from suggestion_intake
             where task_id = any(\(ids))
            """)
    }
}
