internal import Foundation
internal import Store

extension Transaction {
    /// Streams drafts straight into tasks with content, reference answers, parties and open slots.
    ///
    /// - Returns: their number.
    /// - Throws: a violation of `task_one_per_external_key` when the project has the external key of one of them, or
    ///   two have the same.
    func copyTasks(
        _ drafts: [TaskDraft], into batch: Batch, ids: any IdentifierSource, under key: ContentKey
    ) async throws -> Int {
        let intake = drafts.intake(ids, at: instant)
        let requester = batch.requester
        try await copyIn(
            """
            copy task (requester_id, task_id, batch_id, project_id, external_key, state, matter)
            from stdin (format binary)
            """,
            rows: intake.lazy.map {
                CopyRow([
                    requester, $0.id, batch.id, batch.project, $0.draft.externalKey, TaskState.open, $0.draft.matter,
                ])
            }
        )
        try await copyIn(
            """
            copy \(fragment: key.function.table) (requester_id, task_id, sealed, mark, deidentified)
            from stdin (format binary)
            """,
            rows: try intake.map { id, draft in
                CopyRow([
                    requester, id, try key.seal(draft.payload, as: .payload(of: id)), key.mark(draft.contentDigest),
                    draft.deidentified,
                ])
            }
        )
        try await copyIn(
            """
            copy slot (requester_id, task_id, slot_no, batch_id, state, lease_token, lapses)
            from stdin (format binary)
            """,
            rows: intake.lazy.flatMap { item in
                (1...batch.redundancyMost).lazy.map {
                    let state: SlotState = $0 <= batch.redundancy ? .open : .waiting
                    return CopyRow([requester, item.id, Int32($0), batch.id, state, 0, Int32(0)])
                }
            }
        )
        try await copyBeside(intake, of: requester, under: key)
        try await copySuggestions(intake, into: batch, under: key)
        return intake.count
    }

    private func copyBeside(
        _ intake: [IdentifiedDraft], of requester: Requester.ID, under key: ContentKey
    ) async throws {
        let answered = intake.filter { !$0.draft.referenceAnswers.isEmpty }
        if !answered.isEmpty {
            try await copyIn(
                "copy reference_answer (requester_id, task_id, source, sealed) from stdin (format binary)",
                rows: try answered.sealedReferences(under: key).lazy.map {
                    CopyRow([requester, $0.task, $0.source, $0.sealed])
                }
            )
        }
        let withParties = intake.filter { !$0.draft.parties.isEmpty }
        if !withParties.isEmpty {
            try await copyIn(
                "copy task_party (requester_id, task_id, party_name, party) from stdin (format binary)",
                rows: withParties.lazy.flatMap { item in
                    item.draft.partiesOnce.map { CopyRow([requester, item.id, $0.name, $0.normalised]) }
                }
            )
        }
    }

    /// Streams drafts into temporary tables and from there, in one statement, into tasks with content, reference
    /// answers and open slots. Those whose external key the project has stay as they are.
    ///
    /// - Parameter key: what their content is sealed under, on its way.
    /// - Returns: how many were new.
    func insertTasks(
        _ drafts: [TaskDraft], into batch: Batch, ids: any IdentifierSource, under key: ContentKey
    ) async throws -> Int {
        try await fillIntake(drafts, ids: ids, under: key)
        let added = try await moveIntake(into: batch, key.function)
        if drafts.contains(where: { $0.suggestion != nil }) { try await takeSuggestions(into: batch) }
        return added
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
                deidentified jsonb, matter text
            ) on commit drop
            """)
        try await execute(
            """
            create temporary table reference_intake (
                task_id uuid not null, source text not null, sealed bytea not null
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
                task_id uuid not null, source text not null, version text not null, sealed bytea not null,
                made_at timestamptz not null
            ) on commit drop
            """)
        let intake = drafts.intake(ids, at: instant)
        try await copyIn(
            """
            copy task_intake (task_id, external_key, sealed, mark, deidentified, matter) from stdin (format binary)
            """,
            rows: try intake.map { id, draft in
                CopyRow([
                    id, draft.externalKey, try key.seal(draft.payload, as: .payload(of: id)),
                    key.mark(draft.contentDigest), draft.deidentified, draft.matter,
                ])
            }
        )
        try await copyIn(
            "copy reference_intake (task_id, source, sealed) from stdin (format binary)",
            rows: try intake.sealedReferences(under: key).lazy.map { CopyRow([$0.task, $0.source, $0.sealed]) }
        )
        try await copyIn(
            "copy party_intake (task_id, party_name, party) from stdin (format binary)",
            rows: intake.lazy.flatMap { item in
                item.draft.partiesOnce.map { CopyRow([item.id, $0.name, $0.normalised]) }
            }
        )
        try await copyIn(
            "copy suggestion_intake (task_id, source, version, sealed, made_at) from stdin (format binary)",
            rows: try intake.compactMap { item in
                try item.draft.suggestion.map {
                    CopyRow([
                        item.id, $0.source, $0.version, try key.seal($0.answer, as: .suggestion(of: item.id)),
                        $0.madeAt ?? instant,
                    ])
                }
            }
        )
    }

    private func moveIntake(into batch: Batch, _ function: WorkFunction) async throws -> Int {
        try await oneRow(
            """
            with added as (
                insert into task (requester_id, task_id, batch_id, project_id, external_key, state, matter)
                select \(batch.requester), task_id, \(batch.id), \(batch.project), external_key, 'open', matter
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
                insert into reference_answer (requester_id, task_id, source, sealed)
                select \(batch.requester), task_id, source, sealed from reference_intake join added using (task_id)
            ),
            parties as (
                insert into task_party (requester_id, task_id, party_name, party)
                select \(batch.requester), task_id, party_name, party from party_intake join added using (task_id)
            ),
            slots as (
                insert into slot (requester_id, task_id, slot_no, batch_id, state, lease_token, lapses)
                select \(batch.requester), task_id, slot_no, \(batch.id),
                       case when slot_no <= \(batch.redundancy) then 'open' else 'waiting' end::slot_state, 0, 0
                  from added cross join generate_series(1, \(batch.redundancyMost)::integer) as slot_no
            )
            select count(*) as added from added
            """)["added"]
    }

    /// The same of drafts that are all new.
    private func copySuggestions(
        _ intake: [IdentifiedDraft], into batch: Batch, under key: ContentKey
    ) async throws {
        let suggested = intake.filter { $0.draft.suggestion != nil }
        guard !suggested.isEmpty else { return }
        let controls = Set(try await controls(among: suggested.map(\.id), of: batch))
        try await copyIn(
            """
            copy task_suggestion (requester_id, task_id, source, version, sealed, made_at, is_control)
            from stdin (format binary)
            """,
            rows: try suggested.compactMap { item in
                try item.draft.suggestion.map {
                    CopyRow([
                        batch.requester, item.id, $0.source, $0.version,
                        try key.seal($0.answer, as: .suggestion(of: item.id)), $0.madeAt ?? instant,
                        controls.contains(item.id),
                    ])
                }
            }
        )
    }

    private func controls(among ids: [WorkTask.ID], of batch: Batch) async throws -> [WorkTask.ID] {
        let seed: UUID? = try await firstRow(
            """
            select control_seed from batch where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)?["control_seed"]
        let controls = seed.map {
            ControlShare.controls(among: ids, basisPoints: batch.controlBasisPoints, seed: $0)
        }
        return (controls ?? []).sorted()
    }

    /// Stores the suggestions of the tasks that went in, and decides which of them stay without.
    private func takeSuggestions(into batch: Batch) async throws {
        let ids: [WorkTask.ID] = try await rows(
            """
            select task_id from suggestion_intake
             where exists (select from task
                            where task.requester_id = \(batch.requester) and task.task_id = suggestion_intake.task_id)
            """
        ).map { try $0["task_id"] }
        guard !ids.isEmpty else { return }
        let controls = try await controls(among: ids, of: batch)
        try await execute(
            """
            insert into task_suggestion (requester_id, task_id, source, version, sealed, made_at, is_control)
            select \(batch.requester), task_id, source, version, sealed, made_at,
                   task_id = any(\(controls))
              from suggestion_intake
             where task_id = any(\(ids))
            """)
    }
}

extension Transaction {
    /// Tasks of a batch by their external keys; those that it does not have are left out.
    func tasks(named keys: [String], in batch: Batch) async throws -> [String: WorkTask.ID] {
        try await rows(
            """
            select external_key, task_id from task
             where requester_id = \(batch.requester) and project_id = \(batch.project) and batch_id = \(batch.id)
               and external_key = any(\(keys)::text[])
            """
        ).reduce(into: [:]) { $0[try $1.value("external_key", as: String.self)] = try $1["task_id"] }
    }
}

/// A draft and the id that its task will have.
private typealias IdentifiedDraft = (id: WorkTask.ID, draft: TaskDraft)

extension [IdentifiedDraft] {
    fileprivate func sealedReferences(
        under key: ContentKey
    ) throws -> [(task: WorkTask.ID, source: String, sealed: Bytes)] {
        try flatMap { item in
            try item.draft.referenceAnswers.map { source, answer in
                (item.id, source, try key.seal(answer, as: .known(of: item.id, source: source)))
            }
        }
    }
}

extension [TaskDraft] {
    /// In the order of their ids, so that indexes grow at their end.
    fileprivate func intake(_ ids: any IdentifierSource, at instant: Date) -> [IdentifiedDraft] {
        map { (id: ids.make(WorkTask.self, at: instant), draft: $0) }.sorted { $0.id < $1.id }
    }
}

extension TaskDraft {
    fileprivate var partiesOnce: [PartyName] {
        var seen: Set<String> = []
        return parties.filter { seen.insert($0.normalised).inserted }
    }
}
