internal import Foundation
internal import Store

extension Transaction {
    /// Streams drafts into temporary tables and from there, in one statement, into tasks with content, reference
    /// answers and waiting slots. Those whose external key the project has stay as they are.
    ///
    /// - Parameter key: what their content is sealed under, on its way.
    /// - Returns: how many were new.
    func insertTasks(
        _ drafts: [TaskDraft], into batch: Batch, ids: any IdentifierSource, under key: ContentKey
    ) async throws -> Int {
        try await fillIntake(drafts, ids: ids, under: key)
        return try await moveIntake(into: batch, key.function)
    }

    /// Which of the drafts the project has differently; adds none.
    func differingTasks(
        _ drafts: [TaskDraft], from batch: Batch, ids: any IdentifierSource, under key: ContentKey
    ) async throws -> [DifferingTask] {
        try await fillIntake(drafts, ids: ids, under: key)
        return try await differingIntake(of: batch, under: key)
    }

    private func fillIntake(_ drafts: [TaskDraft], ids: any IdentifierSource, under key: ContentKey) async throws {
        try await execute(
            """
            create temporary table task_intake (
                task_id uuid not null, external_key text not null, sealed bytea not null, mark bytea not null,
                deidentified jsonb
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
        let identified = drafts.map { (id: ids.make(WorkTask.self, at: instant), draft: $0) }
            .sorted { $0.id < $1.id }
        try await copyIn(
            "copy task_intake (task_id, external_key, sealed, mark, deidentified) from stdin (format binary)",
            rows: try identified.map { id, draft in
                CopyRow([
                    id, draft.externalKey, try key.seal(draft.payload, of: id), key.mark(draft.contentDigest),
                    draft.deidentified,
                ])
            }
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
    }

    private func moveIntake(into batch: Batch, _ function: WorkFunction) async throws -> Int {
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
                insert into \(fragment: function.table) (requester_id, task_id, sealed, mark, deidentified)
                select \(batch.requester), task_id, sealed, mark, deidentified
                  from task_intake join added using (task_id)
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
}
