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
    func insertProject(
        _ id: Project.ID, of requester: Requester.ID, _ draft: ProjectDraft, _ shape: ProjectShape,
        guideline: Guideline.ID, pin: Int?
    ) async throws -> Bool {
        try await execute(
            """
            insert into project (requester_id, project_id, external_key, name, task_kind, kind_parameters,
                                 input_schema, answer_schema, created_at, guideline_id, guideline_pin, function,
                                 deidentification, retention_class)
            values (\(requester), \(id), \(draft.externalKey), \(draft.name), \(shape.kind), \(shape.parameters),
                    \(shape.inputSchema), \(shape.answerSchema), \(instant), \(guideline), \(pin),
                    \(draft.function), \(draft.deidentification), \(draft.retentionClass))
            on conflict on constraint project_one_per_external_key do nothing
            """) == 1
    }

    /// The project that its requester calls so.
    package func project(of requester: Requester.ID, externalKey: String) async throws -> Project? {
        try await firstRow(
            """
            \(fragment: Project.columns) where project.requester_id = \(requester)
               and project.external_key = \(externalKey)
            """
        ).map(Project.init)
    }

    func projectSettings(of id: Project.ID, _ requester: Requester.ID) async throws -> ProjectSettings? {
        try await firstRow(
            """
            select weight, share_bps, retention_class from project
             where requester_id = \(requester) and project_id = \(id)
            """
        ).map {
            ProjectSettings(
                weight: try $0["weight"], shareBasisPoints: try $0["share_bps"],
                retentionClass: try $0["retention_class"])
        }
    }

    /// Keeps everybody else from changing a project's settings until this transaction ends.
    package func lockProject(_ id: Project.ID, of requester: Requester.ID) async throws {
        try await execute(
            """
            select from project where requester_id = \(requester) and project_id = \(id) for no key update
            """)
    }

    /// - Returns: the weight before; `nil` when there is no such project.
    func weigh(_ id: Project.ID, of requester: Requester.ID, _ weight: Int) async throws -> Int? {
        try await firstRow(
            """
            with old as materialized (
                select weight from project where requester_id = \(requester) and project_id = \(id) for no key update
            )
            update project set weight = \(weight)
              from old
             where requester_id = \(requester) and project_id = \(id)
            returning old.weight as was
            """)?["was"]
    }

    func projects(of requester: Requester.ID, after last: Project.ID?, limit: Int) async throws -> [Project] {
        try await rows(
            """
            \(fragment: Project.columns) where project.requester_id = \(requester)
               and (\(last)::uuid is null or project.project_id > \(last)::uuid)
             order by project.project_id
             limit \(limit)
            """
        ).map(Project.init)
    }

    /// Requesters with what is in their wallets.
    func requesters(after last: Requester.ID?, limit: Int) async throws -> [RequesterLine] {
        try await rows(
            """
            select requester_id, external_key, name,
                   array(select currency from account
                          where kind = 'requester_wallet' and owner_id = requester_id order by currency) as currencies,
                   array(select sum(balance_minor)::bigint from account join account_slice using (account_id)
                          where kind = 'requester_wallet' and owner_id = requester_id
                          group by currency order by currency) as balances
              from requester
             where \(last)::uuid is null or requester_id > \(last)::uuid
             order by requester_id
             limit \(limit)
            """
        ).map { row in
            let (currencies, balances): ([Currency], [Int64]) = (try row["currencies"], try row["balances"])
            return RequesterLine(
                id: try row["requester_id"], externalKey: try row["external_key"], name: try row["name"],
                wallets: try zip(balances, currencies).map(Money.init)
            )
        }
    }

    /// A project by its id.
    func setShare(
        _ basisPoints: Int?, of project: Project.ID, _ requester: Requester.ID
    ) async throws -> Bool {
        try await execute(
            """
            update project set share_bps = \(basisPoints)
             where requester_id = \(requester) and project_id = \(project)
            """) == 1
    }

    package func project(_ id: Project.ID, of requester: Requester.ID) async throws -> Project? {
        try await firstRow(
            """
            \(fragment: Project.columns) where project.requester_id = \(requester) and project.project_id = \(id)
            """
        ).map(Project.init)
    }
}

extension Project {
    static let columns: SQL = """
        select project.requester_id, project.project_id, project.external_key, project.name, project.guideline_id,
               project.guideline_pin, coalesce(project.guideline_pin, guideline.newest_version) as guideline_version,
               project.function, project.deidentification, \(fragment: ProjectShape.columns)
          from project join guideline using (requester_id, guideline_id)
        """

    init(row: Row) throws {
        id = try row["project_id"]
        requester = try row["requester_id"]
        externalKey = try row["external_key"]
        name = try row["name"]
        guideline = try row["guideline_id"]
        guidelineVersion = try row["guideline_version"]
        guidelinePin = try row["guideline_pin"]
        function = try row["function"]
        deidentification = try row["deidentification"]
        shape = try ProjectShape(row: row)
    }
}

extension ProjectShape {
    /// Of `project`.
    static let columns: SQL = """
        project.task_kind, project.kind_parameters, project.input_schema, project.answer_schema
        """

    /// A process compiles each once.
    init(row: Row) throws {
        let key = ShapeKey(
            kind: try row["task_kind"], parameters: try row["kind_parameters"], input: try row["input_schema"],
            answer: try row["answer_schema"])
        if let known = compiledShapes[key] {
            self = known
            return
        }
        try self.init(
            stored: row["task_kind"], parameters: row["kind_parameters"], inputSchema: row["input_schema"],
            answerSchema: row["answer_schema"]
        )
        compiledShapes.add([key: self])
    }
}

/// Shapes of projects, by what is stored of them.
private let compiledShapes = ProcessCache<ShapeKey, ProjectShape>(most: 1_000)

private struct ShapeKey: Hashable {
    let kind: String
    let parameters: JSONText?
    let input: JSONText
    let answer: JSONText
}
