internal import Formats
internal import Foundation
internal import Store

/// Content of before it was sealed, locked.
struct UnsealedContent: Sendable {
    let requester: Requester.ID
    let task: WorkTask.ID
    let payload: JSON
    /// Of payload, known answers and parties.
    let digest: Digest

    init(row: Row) throws {
        requester = try row["requester_id"]
        task = try row["task_id"]
        let references: JSON? = try row["answers"]
        payload = try row["payload"]
        digest = Digest(ofContent: payload, references: references?.objectValue ?? [:], parties: try row["parties"])
    }
}

extension Transaction {
    /// A requester's wrapped data key, locked against being destroyed or wrapped anew.
    func holdRequesterKey(of requester: Requester.ID, _ function: WorkFunction) async throws -> Row? {
        try await firstRow(
            """
            select wrapping_key, wrapped, destroyed_at from requester_key
             where requester_id = \(requester) and function = \(function)
               for share
            """)
    }

    /// The same without a lock.
    func requesterKey(of requester: Requester.ID, _ function: WorkFunction) async throws -> Row? {
        try await firstRow(Self.requesterKey(of: requester, function))
    }

    static func requesterKey(of requester: Requester.ID, _ function: WorkFunction) -> SQL {
        """
        select wrapping_key, wrapped, destroyed_at from requester_key
         where requester_id = \(requester) and function = \(function)
        """
    }

    /// - Returns: false when there was one; then nothing was changed.
    func insertRequesterKey(
        _ wrapped: Bytes, of requester: Requester.ID, _ function: WorkFunction, by name: String
    ) async throws -> Bool {
        try await execute(
            """
            insert into requester_key (requester_id, function, wrapping_key, wrapped, made_at)
            values (\(requester), \(function), \(name), \(wrapped), \(instant))
            on conflict on constraint requester_key_pkey do nothing
            """) == 1
    }

    /// What the content of a project is for.
    func workFunction(of project: Project.ID, _ requester: Requester.ID) async throws -> WorkFunction? {
        try await firstRow(
            """
            select function from project where requester_id = \(requester) and project_id = \(project)
            """)?["function"]
    }

    /// What the content of a task is for.
    func workFunction(ofTask task: WorkTask.ID, _ requester: Requester.ID) async throws -> WorkFunction? {
        try await firstRow(
            """
            select project.function
              from task join project using (requester_id, project_id)
             where task.requester_id = \(requester) and task.task_id = \(task)
            """)?["function"]
    }

    /// Content as it is stored, with the key that it is sealed under; of tasks of that function only.
    func storedContents(
        of tasks: [WorkTask.ID], _ requester: Requester.ID, _ function: WorkFunction
    ) async throws -> [Row] {
        let payload: SQL =
            switch function {
            case .functional: "content.payload"
            case .safety: "null::jsonb"
            }
        // Of one task in so many words: a plan for any list looks dearer than planning anew each time.
        let asked: SQL = tasks.count == 1 ? "= \(tasks[0])" : "= any(\(tasks))"
        return try await rows(
            """
            select content.task_id, \(fragment: payload) as payload, content.sealed,
                   key.wrapping_key, key.wrapped, key.destroyed_at
              from \(fragment: function.table) as content
              left join requester_key as key
                on key.requester_id = content.requester_id and key.function = \(function)
             where content.requester_id = \(requester) and content.task_id \(fragment: asked)
            """)
    }

    func insertReading(_ reading: ContentReadingRecord, of requester: Requester.ID) async throws {
        try await execute(
            """
            insert into content_reading (requester_id, reading_id, purpose, reader_id, task_id, last_task_id, tasks,
                                         assignment_id, read_at)
            values (\(requester), \(reading.id), \(reading.purpose), \(reading.reader), \(reading.task),
                    \(reading.lastTask), \(reading.tasks), \(reading.assignment), \(reading.readAt))
            """)
    }

    /// A requester's readings, newest first.
    func readings(
        of requester: Requester.ID, task: WorkTask.ID?, before: ContentReadingRecord.ID?, limit: Int
    ) async throws -> [ContentReadingRecord] {
        try await rows(
            """
            select reading_id, purpose, reader_id, task_id, last_task_id, tasks, assignment_id, read_at
              from content_reading
             where requester_id = \(requester)
               and (\(task)::uuid is null or \(task)::uuid = task_id
                    or (last_task_id is not null and \(task)::uuid between task_id and last_task_id))
               and (\(before)::uuid is null or reading_id < \(before)::uuid)
             order by reading_id desc
             limit \(limit)
            """
        ).map(ContentReadingRecord.init)
    }

    /// Some content of before it was sealed, about 16 MiB at most, that nobody else is sealing.
    func lockUnsealedContent(limit: Int) async throws -> [UnsealedContent] {
        try await lockUnsealedContent("", "for update skip locked", limit: limit)
    }

    /// The same of tasks that the intake tables bring again.
    func lockUnsealedContent(broughtAgainTo batch: Batch, limit: Int) async throws -> [UnsealedContent] {
        try await lockUnsealedContent(
            """
            and requester_id = \(batch.requester)
            and task_id in (select task.task_id from task_intake join task using (external_key)
                             where task.requester_id = \(batch.requester) and task.project_id = \(batch.project))
            """, "for update", limit: limit
        )
    }

    private func lockUnsealedContent(_ only: SQL, _ lock: SQL, limit: Int) async throws -> [UnsealedContent] {
        try await rows(
            """
            with locked as materialized (
                select requester_id, task_id, payload from task_content
                 where payload is not null \(fragment: only)
                 order by requester_id, task_id
                 limit \(limit)
                   \(fragment: lock)
            ),
            sized as (
                select *, row_number() over everything as place,
                       sum(pg_column_size(payload)) over everything as bytes
                  from locked
                window everything as (order by requester_id, task_id)
            )
            select requester_id, task_id, payload,
                   (select jsonb_object_agg(source, answer) from reference_answer as reference
                     where reference.requester_id = sized.requester_id
                       and reference.task_id = sized.task_id) as answers,
                   array(select party from task_party
                          where task_party.requester_id = sized.requester_id
                            and task_party.task_id = sized.task_id order by party) as parties
              from sized
             where place = 1 or bytes <= 16777216
             order by requester_id, task_id
            """
        ).map(UnsealedContent.init)
    }

    /// Puts the sealed form in the place of the clear one.
    func seal(_ tasks: [WorkTask.ID], of requester: Requester.ID, _ sealed: [Bytes], marks: [Bytes]) async throws {
        let changed = try await execute(
            """
            update task_content set payload = null, sealed = anew.sealed, mark = anew.mark
              from unnest(\(tasks), \(sealed), \(marks)) anew (task_id, sealed, mark)
             where task_content.requester_id = \(requester) and task_content.task_id = anew.task_id
            """)
        guard changed == tasks.count else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// Answers, known answers and suggestions of before they were sealed, about that many in all, each with `place`
    /// (`submission`, `rework`, `reference_answer`, `task_suggestion`), the ids, and the function that its task is for.
    /// A known answer only once its task's payload is sealed, as the mark of that is of both.
    func lockUnsealedAnswers(limit: Int) async throws -> [Row] {
        try await rows(
            """
            with handed_in as materialized (
                select requester_id, assignment_id, answer from submission
                 where answer is not null
                 order by requester_id, assignment_id
                 limit \(limit)
                   for update skip locked
            ),
            sent_back as materialized (
                select requester_id, assignment_id, round, answer from rework
                 where answer is not null
                 order by requester_id, assignment_id, round
                 limit \(limit)
                   for update skip locked
            ),
            known as materialized (
                select requester_id, task_id, source, answer from reference_answer
                 where answer is not null
                   and not exists (select from task_content as content
                                    where content.requester_id = reference_answer.requester_id
                                      and content.task_id = reference_answer.task_id
                                      and content.payload is not null)
                 order by requester_id, task_id, source
                 limit \(limit)
                   for update skip locked
            ),
            suggested as materialized (
                select requester_id, task_id, suggestion from task_suggestion
                 where suggestion <> 'null'
                 order by requester_id, task_id
                 limit \(limit)
                   for update skip locked
            ),
            found as (
                select 'submission' as place, requester_id, assignment.task_id, assignment_id,
                       null::integer as round, null as source, answer as value
                  from handed_in join assignment using (requester_id, assignment_id)
                union all
                select 'rework', requester_id, assignment.task_id, assignment_id, round, null, answer
                  from sent_back join assignment using (requester_id, assignment_id)
                union all
                select 'reference_answer', requester_id, task_id, null, null, source, answer from known
                union all
                select 'task_suggestion', requester_id, task_id, null, null, null, suggestion from suggested
            )
            select found.*, project.function
              from found join task using (requester_id, task_id) join project using (requester_id, project_id)
             order by place, requester_id, task_id, assignment_id, round, source
             limit \(limit)
            """)
    }

    func sealAnswer(_ id: Assignment.ID, to requester: Requester.ID, _ sealed: Bytes) async throws {
        try await execute(
            """
            update submission set answer = null, sealed = \(sealed)
             where requester_id = \(requester) and assignment_id = \(id)
            """)
    }

    /// An earlier version of an answer, which was sent back.
    func sealSentBack(_ id: Assignment.ID, round: Int, to requester: Requester.ID, _ sealed: Bytes) async throws {
        try await execute(
            """
            update rework set answer = null, sealed = \(sealed)
             where requester_id = \(requester) and assignment_id = \(id) and round = \(round)
            """)
    }

    func sealKnownAnswer(
        of task: WorkTask.ID, _ requester: Requester.ID, from source: String, _ sealed: Bytes
    ) async throws {
        try await execute(
            """
            update reference_answer set answer = null, sealed = \(sealed)
             where requester_id = \(requester) and task_id = \(task) and source = \(source)
            """)
    }

    func sealSuggestion(for task: WorkTask.ID, _ requester: Requester.ID, _ sealed: Bytes) async throws {
        try await execute(
            """
            update task_suggestion set suggestion = null, sealed = \(sealed)
             where requester_id = \(requester) and task_id = \(task)
            """)
    }

    /// The same for drafts: requester, task, worker, answer and function.
    func lockUnsealedDrafts(limit: Int) async throws -> [Row] {
        try await rows(
            """
            with locked as materialized (
                select requester_id, task_id, worker_id, answer from answer_draft
                 where answer is not null
                 order by requester_id, task_id, worker_id
                 limit \(limit)
                   for update skip locked
            )
            select locked.*, project.function
              from locked join task using (requester_id, task_id) join project using (requester_id, project_id)
             order by requester_id, task_id, worker_id
            """)
    }

    func sealDraft(
        ofTask task: WorkTask.ID, from requester: Requester.ID, by worker: Worker.ID, _ sealed: Bytes
    ) async throws {
        try await execute(
            """
            update answer_draft set answer = null, sealed = \(sealed)
             where requester_id = \(requester) and task_id = \(task) and worker_id = \(worker)
            """)
    }
}

extension ContentReadingRecord {
    fileprivate init(row: Row) throws {
        self.init(
            id: try row["reading_id"], purpose: try row["purpose"], reader: try row["reader_id"],
            task: try row["task_id"], lastTask: try row["last_task_id"], tasks: try row["tasks"],
            assignment: try row["assignment_id"], readAt: try row["read_at"]
        )
    }
}
