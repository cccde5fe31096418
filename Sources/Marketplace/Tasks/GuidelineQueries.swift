internal import Foundation
package import Store

extension Transaction {
    /// - Returns: false when the external key was taken; then nothing was changed.
    func insertGuideline(
        _ id: Guideline.ID, of requester: Requester.ID, externalKey: String, name: String, version: Int
    ) async throws -> Bool {
        try await execute(
            """
            insert into guideline (requester_id, guideline_id, external_key, name, newest_version, created_at)
            values (\(requester), \(id), \(externalKey), \(name), \(version), \(instant))
            on conflict on constraint guideline_one_per_external_key do nothing
            """) == 1
    }

    func insertGuidelineVersion(
        _ number: Int, of id: Guideline.ID, _ requester: Requester.ID, _ draft: GuidelineDraft, by actor: Principal.ID
    ) async throws {
        try await execute(
            """
            insert into guideline_version (requester_id, guideline_id, version, body, body_hash, changes, scope,
                                           published_at, published_by)
            values (\(requester), \(id), \(number), \(draft.text), \(Digest(of: draft.text)), \(draft.changes),
                    \(draft.scope.json), \(instant), \(actor))
            """)
    }

    /// Makes a version the newest of its locked guideline.
    func moveGuideline(_ id: Guideline.ID, of requester: Requester.ID, to version: Int) async throws {
        let changed = try await execute(
            """
            update guideline set newest_version = \(version)
             where requester_id = \(requester) and guideline_id = \(id) and newest_version = \(version - 1)
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// The guideline that its requester calls so.
    package func guideline(of requester: Requester.ID, externalKey: String) async throws -> Guideline? {
        try await firstRow(
            """
            select \(fragment: Guideline.columns) from guideline
             where requester_id = \(requester) and external_key = \(externalKey)
            """
        ).map(Guideline.init)
    }

    /// A guideline by its id.
    package func guideline(_ id: Guideline.ID, of requester: Requester.ID) async throws -> Guideline? {
        try await firstRow(
            """
            select \(fragment: Guideline.columns) from guideline
             where requester_id = \(requester) and guideline_id = \(id)
            """
        ).map(Guideline.init)
    }

    /// Keeps everybody else from publishing or opening re-checks until this transaction ends.
    func lockGuideline(_ id: Guideline.ID, of requester: Requester.ID) async throws -> Guideline? {
        try await firstRow(
            """
            select \(fragment: Guideline.columns) from guideline
             where requester_id = \(requester) and guideline_id = \(id)
               for no key update
            """
        ).map(Guideline.init)
    }

    /// A requester's guidelines in the order of their ids, which is that of their making.
    func guidelines(of requester: Requester.ID, after last: Guideline.ID?, limit: Int) async throws -> [Guideline] {
        try await rows(
            """
            select \(fragment: Guideline.columns) from guideline
             where requester_id = \(requester) and (\(last)::uuid is null or guideline_id > \(last)::uuid)
             order by guideline_id
             limit \(limit)
            """
        ).map(Guideline.init)
    }

    func guidelineVersion(
        _ number: Int, of id: Guideline.ID, _ requester: Requester.ID
    ) async throws -> GuidelineVersion? {
        try await firstRow(
            """
            select \(fragment: GuidelineVersion.columns) from guideline_version
             where requester_id = \(requester) and guideline_id = \(id) and version = \(number)
            """
        ).map(GuidelineVersion.init)
    }

    /// Versions of a guideline, newest first.
    func guidelineVersions(
        of id: Guideline.ID, _ requester: Requester.ID, before: Int?, limit: Int
    ) async throws -> [GuidelineVersion] {
        try await rows(
            """
            select \(fragment: GuidelineVersion.columns) from guideline_version
             where requester_id = \(requester) and guideline_id = \(id)
               and (\(before)::bigint is null or version < \(before)::bigint)
             order by version desc
             limit \(limit)
            """
        ).map(GuidelineVersion.init)
    }

    /// - Returns: false when the project is not there.
    func follow(
        _ guideline: Guideline.ID, pin: Int?, by project: Project.ID, of requester: Requester.ID
    ) async throws -> Bool {
        try await execute(
            """
            update project set guideline_id = \(guideline), guideline_pin = \(pin)
             where requester_id = \(requester) and project_id = \(project)
            """) == 1
    }
}

extension Guideline {
    static let columns: SQL = "requester_id, guideline_id, external_key, name, newest_version"

    init(row: Row) throws {
        id = try row["guideline_id"]
        requester = try row["requester_id"]
        externalKey = try row["external_key"]
        name = try row["name"]
        newestVersion = try row["newest_version"]
    }
}

extension GuidelineVersion {
    static let columns: SQL = """
        guideline_id, version, body, body_hash, changes, scope, published_at, published_by
        """

    init(row: Row) throws {
        guideline = try row["guideline_id"]
        number = try row["version"]
        text = try row["body"]
        hash = try row["body_hash"]
        changes = try row["changes"]
        scope = try RecheckScope(json: row["scope"])
        publishedAt = try row["published_at"]
        publishedBy = try row["published_by"]
    }
}
