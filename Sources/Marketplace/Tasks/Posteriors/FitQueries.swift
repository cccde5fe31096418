internal import Foundation
internal import Store

/// A project whose workers are to be estimated together.
struct ProjectToFit: Sendable {
    let requester: Requester.ID
    let project: Project.ID
    let function: WorkFunction
    let shape: ProjectShape
}

/// What is on record of a full fit, beside what it found.
struct FitRecord: Sendable {
    let version: Int
    let tasks: Int
    let workers: Int
    let answers: Int
    let warnings: [String]
    let isTrusted: Bool
}

extension Transaction {
    /// Projects in which many tasks' answers have changed since the last full fit, or some since a day ago; those with
    /// a fit under way are left out unless it began an hour ago, and so was cut off.
    func projectsToFit(limit: Int) async throws -> [ProjectToFit] {
        try await rows(
            """
            select project.requester_id, project.project_id, project.function, \(fragment: ProjectShape.columns)
              from project
              left join lateral (
                  select fit.started_at, fit.tasks from label_fit as fit
                   where fit.requester_id = project.requester_id and fit.project_id = project.project_id
                     and fit.finished_at is not null
                   order by fit.version desc
                   limit 1) as last on true
             cross join lateral (
                  select count(*) as tasks
                    from (select from task_posterior as posterior
                           where posterior.requester_id = project.requester_id
                             and posterior.project_id = project.project_id
                             and posterior.changed_at > coalesce(last.started_at, '-infinity')
                           limit greatest(\(FitPosteriors.tasksMin), coalesce(last.tasks, 0) / 2)) as one)
                   as changed
             where project.task_kind = any(\(AnswerClasses.kinds.map(\.kind)))
               and project.kind_parameters is not null
               and changed.tasks > 0
               and (changed.tasks >= greatest(\(FitPosteriors.tasksMin), coalesce(last.tasks, 0) / 2)
                    or last.started_at < \(instant - 86_400))
               and not exists (select from label_fit as running
                                where running.requester_id = project.requester_id
                                  and running.project_id = project.project_id and running.finished_at is null
                                  and running.started_at > \(instant - 3_600))
             order by project.requester_id, project.project_id
             limit \(limit)
            """
        ).map { row in
            ProjectToFit(
                requester: try row["requester_id"], project: try row["project_id"], function: try row["function"],
                shape: try ProjectShape(row: row))
        }
    }

    /// Begins a full fit; the one that was cut off an hour ago or more gives way.
    ///
    /// - Returns: its version; `nil` where another one is under way.
    func beginFit(of project: Project.ID, _ requester: Requester.ID) async throws -> Int? {
        try await execute(
            """
            delete from label_fit
             where requester_id = \(requester) and project_id = \(project) and finished_at is null
               and started_at <= \(instant - 3_600)
            """)
        return try await firstRow(
            """
            insert into label_fit (requester_id, project_id, version, started_at)
            select \(requester), \(project),
                   coalesce((select max(version) from label_fit
                              where requester_id = \(requester) and project_id = \(project)), 0) + 1, \(instant)
            on conflict do nothing
            returning version
            """
        ).map { try $0["version"] }
    }

    /// Keeps a fit that is under way from being replaced until this transaction ends.
    ///
    /// - Returns: false when it was.
    func holdFit(_ version: Int, of project: Project.ID, _ requester: Requester.ID) async throws -> Bool {
        try await firstRow(
            """
            select from label_fit
             where requester_id = \(requester) and project_id = \(project) and version = \(version)
               and finished_at is null
               for share
            """) != nil
    }

    func finishFit(_ fit: FitRecord, _ sealed: Bytes, of project: Project.ID, _ requester: Requester.ID) async throws {
        try await execute(
            """
            update label_fit
               set tasks = \(fit.tasks), workers = \(fit.workers), answers = \(fit.answers),
                   warnings = \(fit.warnings), is_trusted = \(fit.isTrusted), sealed = \(sealed),
                   finished_at = \(instant)
             where requester_id = \(requester) and project_id = \(project) and version = \(fit.version)
               and finished_at is null
            """)
    }

    /// Posteriors of a project that were weighed, newest tasks first.
    func posteriors(
        of project: Project.ID, _ requester: Requester.ID, before last: WorkTask.ID?, limit: Int
    ) async throws -> [StoredPosterior] {
        try await rows(
            """
            select task_id, sealed, revision from task_posterior
             where requester_id = \(requester) and project_id = \(project) and sealed is not null
               and (\(last)::uuid is null or task_id < \(last)::uuid)
             order by task_id desc
             limit \(limit)
            """
        ).map(StoredPosterior.init)
    }

    /// The same of these tasks, locked in the order of their ids; without those that have changed since.
    func lockPosteriors(
        of tasks: [WorkTask.ID], at revisions: [Int64], _ requester: Requester.ID
    ) async throws -> [StoredPosterior] {
        try await rows(
            """
            with locked as materialized (
                select task_id, sealed, revision from task_posterior
                 where requester_id = \(requester) and task_id = any(\(tasks)::uuid[])
                 order by task_id
                   for update
            )
            select locked.task_id, locked.sealed, locked.revision
              from locked
              join unnest(\(tasks)::uuid[], \(revisions)::bigint[]) as seen (task_id, revision)
                using (task_id, revision)
             order by locked.task_id
            """
        ).map(StoredPosterior.init)
    }

    /// Puts posteriors, which are locked, in the place of those before.
    func rewritePosteriors(
        _ tasks: [WorkTask.ID], _ sealed: [Bytes], fit: Int, _ requester: Requester.ID
    ) async throws {
        try await execute(
            """
            update task_posterior
               set sealed = anew.sealed, fit_version = \(fit), revision = revision + 1,
                   -- Of a project's first fit, how right answers are is told anew; later with the next that comes.
                   told_revision = case when told_revision = revision and fit_version > 0 then revision + 1
                                        else told_revision end
              from unnest(\(tasks)::uuid[], \(sealed)) as anew (task_id, sealed)
             where task_posterior.requester_id = \(requester) and task_posterior.task_id = anew.task_id
            """)
    }

    /// Tables of a project, by worker.
    func tables(
        of project: Project.ID, _ requester: Requester.ID, after last: Worker.ID?, limit: Int
    ) async throws -> [StoredTable] {
        try await rows(
            """
            select worker_id, sealed, fit_version, answers from confusion_table
             where requester_id = \(requester) and project_id = \(project)
               and (\(last)::uuid is null or worker_id > \(last)::uuid)
             order by worker_id
             limit \(limit)
            """
        ).map(StoredTable.init)
    }
}
