internal import Formats
internal import Foundation
internal import Store

/// A task of the project that has the external key of one that comes in, and is not the same.
struct DifferingTask: Sendable {
    let externalKey: String
    /// Whether it is in another batch.
    let isElsewhere: Bool
}

extension Transaction {
    /// The import that goes on with that file.
    func runningImport(of hash: Digest, _ format: TaskFileFormat, into batch: Batch) async throws -> ImportRun? {
        try await firstRow(
            """
            select \(fragment: ImportRun.columns)
              from import_run
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and source_hash = \(hash)
               and format = \(format) and state = 'running'
            """
        ).map(ImportRun.init)
    }

    /// - Returns: `nil` when somebody else has begun to import the same file.
    func insertImport(
        _ id: ImportRun.ID, of file: TaskFile, _ hash: Digest, into batch: Batch, by actor: Principal.ID
    ) async throws -> ImportRun? {
        let name = String(String.UnicodeScalarView(file.name.unicodeScalars.filter { $0 != "\0" }.prefix(200)))
        return try await firstRow(
            """
            insert into import_run (requester_id, import_run_id, batch_id, source_name, source_hash, format, state,
                                    records_done, added, unchanged, faulty, begun_by, begun_at)
            values (\(batch.requester), \(id), \(batch.id), \(name.isEmpty ? "-" : name), \(hash), \(file.format),
                    'running', 0, 0, 0, 0, \(actor), \(instant))
            on conflict (requester_id, batch_id, source_hash, format) where state = 'running' do nothing
            returning \(fragment: ImportRun.columns)
            """
        ).map(ImportRun.init)
    }

    /// Adds the counts of a chunk.
    ///
    /// - Returns: false when the run is not where its importer left it.
    func moveImport(_ run: ImportRun, of requester: Requester.ID, by counts: ImportCounts) async throws -> Bool {
        try await execute(
            """
            update import_run
               set records_done = records_done + \(counts.records), added = added + \(counts.added),
                   unchanged = unchanged + \(counts.unchanged), faulty = faulty + \(counts.faulty)
             where requester_id = \(requester) and import_run_id = \(run.id)
               and state = 'running' and records_done = \(run.counts.records)
            """) == 1
    }

    /// - Returns: `nil` when the run is not where its importer left it.
    func endImport(_ run: ImportRun, of requester: Requester.ID) async throws -> ImportRun? {
        try await firstRow(
            """
            update import_run set state = 'done', ended_at = \(instant)
             where requester_id = \(requester) and import_run_id = \(run.id)
               and state = 'running' and records_done = \(run.counts.records)
            returning \(fragment: ImportRun.columns)
            """
        ).map(ImportRun.init)
    }

    /// Keeps the faults of a chunk of a run, as long as the run has room. Of a pointer only the beginning: a member
    /// that nobody knows may have content for a name.
    func insertFaults(_ faults: [TaskRecordFault], of run: ImportRun, _ requester: Requester.ID) async throws {
        let kept = faults.prefix(max(0, ImportRun.faultsMax - run.counts.faulty))
        guard !kept.isEmpty else { return }
        try await execute(
            """
            insert into import_fault (requester_id, import_run_id, fault_no, line, pointer, code, reason)
            select \(requester), \(run.id), \(run.counts.faulty)::integer + number, line, pointer, code, reason
              from unnest(\(kept.map { Int64($0.line) })::bigint[], \(kept.map { $0.pointer.bounded(60) })::text[],
                          \(kept.map(\.code.rawValue))::text[], \(kept.map { $0.reason.bounded(500) })::text[])
                   with ordinality as fault (line, pointer, code, reason, number)
            """)
    }

    /// The faults that were kept, in the order of the file.
    func importFaults(of run: ImportRun.ID, _ requester: Requester.ID) async throws -> [TaskRecordFault] {
        try await importFaults(of: run, requester, after: 0, limit: ImportRun.faultsMax).map(\.fault)
    }

    func importFaults(
        of run: ImportRun.ID, _ requester: Requester.ID, after last: Int, limit: Int
    ) async throws -> [(number: Int, fault: TaskRecordFault)] {
        try await rows(
            """
            select fault_no, line, pointer, code, reason from import_fault
             where requester_id = \(requester) and import_run_id = \(run) and fault_no > \(last)
             order by fault_no
             limit \(limit)
            """
        ).map { row in
            let code: String = try row["code"]
            let fault = TaskRecordFault(
                line: try row["line"], pointer: try row["pointer"],
                code: TaskRecordFault.Code(rawValue: code) ?? .malformed, reason: try row["reason"]
            )
            return (try row["fault_no"], fault)
        }
    }

    func importRun(
        _ run: ImportRun.ID, into batch: Batch.ID, _ requester: Requester.ID
    ) async throws -> ImportRun? {
        try await firstRow(
            """
            select \(fragment: ImportRun.columns) from import_run
             where requester_id = \(requester) and import_run_id = \(run) and batch_id = \(batch)
            """
        ).map(ImportRun.init)
    }

    /// Newest first.
    func imports(
        into batch: Batch.ID, _ requester: Requester.ID, in state: ImportState?, before: ImportRun.ID?, limit: Int
    ) async throws -> [ImportRun] {
        try await rows(
            """
            select \(fragment: ImportRun.columns) from import_run
             where requester_id = \(requester) and batch_id = \(batch)
               and (\(state?.rawValue)::text is null or state::text = \(state?.rawValue)::text)
               and (\(before)::uuid is null or import_run_id < \(before)::uuid)
             order by import_run_id desc
             limit \(limit)
            """
        ).map(ImportRun.init)
    }

    /// Those of the drafts in the intake tables (``insertTasks(_:into:ids:under:)``) that the project has differently,
    /// by the marks of payload, known answers and parties. What is not sealed yet has none, and gets one first.
    func differingIntake(of batch: Batch, under key: ContentKey) async throws -> [DifferingTask] {
        while case let page = try await lockUnsealedContent(broughtAgainTo: batch, limit: 100), !page.isEmpty {
            try await seal(
                page.map(\.task), of: batch.requester, page.map { try key.seal($0.payload, as: .payload(of: $0.task)) },
                marks: page.map { key.mark($0.digest) }
            )
        }
        return try await rows(
            """
            select task_intake.external_key, task.batch_id <> \(batch.id) as is_elsewhere
              from task_intake
              join task on task.requester_id = \(batch.requester) and task.project_id = \(batch.project)
                       and task.external_key = task_intake.external_key
             where task.task_id <> task_intake.task_id
               and (task.batch_id <> \(batch.id)
                    or task_intake.mark is distinct from
                       (select content.mark from \(fragment: key.function.table) as content
                         where content.requester_id = \(batch.requester) and content.task_id = task.task_id))
            """
        ).map { DifferingTask(externalKey: try $0["external_key"], isElsewhere: try $0["is_elsewhere"]) }
    }
}

extension ImportRun {
    static let columns: SQL = """
        import_run_id, batch_id, source_name, format, state, added, unchanged, faulty, begun_at, ended_at
        """

    init(row: Row) throws {
        id = try row["import_run_id"]
        batch = try row["batch_id"]
        sourceName = try row["source_name"]
        format = try row["format"]
        state = try row["state"]
        counts = ImportCounts(
            added: try row["added"], unchanged: try row["unchanged"], faulty: try row["faulty"]
        )
        begunAt = try row["begun_at"]
        endedAt = try row["ended_at"]
    }
}
