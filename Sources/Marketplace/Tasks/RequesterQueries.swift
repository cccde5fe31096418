internal import Foundation
package import Store

extension Transaction {
    /// - Returns: false when the external key was taken; then nothing was changed.
    func insertRequester(_ id: Requester.ID, externalKey: String, name: String) async throws -> Bool {
        try await execute(
            """
            insert into requester (requester_id, external_key, name, created_at)
            values (\(id), \(externalKey), \(name), \(instant))
            on conflict on constraint requester_one_per_external_key do nothing
            """) == 1
    }

    /// The requester that operators call so.
    package func requester(externalKey: String) async throws -> Requester.ID? {
        try await firstRow(
            """
            select requester_id from requester where external_key = \(externalKey)
            """)?["requester_id"]
    }

    func requesterExists(_ id: Requester.ID) async throws -> Bool {
        try await firstRow("select from requester where requester_id = \(id)") != nil
    }

    /// - Returns: false when the external key was taken; then nothing was changed.
    func insertProject(_ id: Project.ID, of requester: Requester.ID, _ draft: ProjectDraft) async throws -> Bool {
        try await execute(
            """
            insert into project (requester_id, project_id, external_key, name, task_kind, guideline,
                                 guideline_version, answer_schema, created_at)
            values (\(requester), \(id), \(draft.externalKey), \(draft.name), \(draft.taskKind), \(draft.guideline),
                    \(draft.guidelineVersion), \(draft.answerSchema), \(instant))
            on conflict on constraint project_one_per_external_key do nothing
            """) == 1
    }

    /// The project that its requester calls so.
    package func project(of requester: Requester.ID, externalKey: String) async throws -> Project? {
        try await firstRow(
            """
            select requester_id, project_id, external_key, name, task_kind, guideline_version, answer_schema
              from project where requester_id = \(requester) and external_key = \(externalKey)
            """
        ).map(Project.init)
    }

    /// A project by its id.
    package func project(_ id: Project.ID, of requester: Requester.ID) async throws -> Project? {
        try await firstRow(
            """
            select requester_id, project_id, external_key, name, task_kind, guideline_version, answer_schema
              from project where requester_id = \(requester) and project_id = \(id)
            """
        ).map(Project.init)
    }
}

extension Project {
    init(row: Row) throws {
        id = try row["project_id"]
        requester = try row["requester_id"]
        externalKey = try row["external_key"]
        name = try row["name"]
        taskKind = try row["task_kind"]
        guidelineVersion = try row["guideline_version"]
        answerSchema = try row["answer_schema"]
    }
}
