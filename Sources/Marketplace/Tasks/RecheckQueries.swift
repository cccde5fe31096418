internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    func beginListing(_ version: Int, of id: Guideline.ID, _ requester: Requester.ID) async throws {
        try await execute(
            """
            insert into recheck_listing (requester_id, guideline_id, version)
            values (\(requester), \(id), \(version))
            """)
    }

    /// How far the list of a version is; nobody else takes a step of it until this transaction ends.
    func lockListing(
        _ version: Int, of id: Guideline.ID, _ requester: Requester.ID
    ) async throws -> (lookedUntil: Assignment.ID?, isEnded: Bool)? {
        try await firstRow(
            """
            select looked_until, ended_at is not null as is_ended
              from recheck_listing
             where requester_id = \(requester) and guideline_id = \(id) and version = \(version)
               for no key update
            """
        ).map { (try $0["looked_until"], try $0["is_ended"]) }
    }

    /// - Parameter end: the last assignment looked at; `nil` when all have been.
    func moveListing(
        _ version: Int, of id: Guideline.ID, _ requester: Requester.ID, to end: Assignment.ID?
    ) async throws {
        try await execute(
            """
            update recheck_listing
               set looked_until = coalesce(\(end)::uuid, looked_until),
                   ended_at = case when \(end)::uuid is null then \(instant) end
             where requester_id = \(requester) and guideline_id = \(id) and version = \(version)
            """)
    }

    /// How far the list of a version has come; `nil` for one that lists nothing, such as the first.
    func listing(_ version: Int, of id: Guideline.ID, _ requester: Requester.ID) async throws -> RecheckListing? {
        let isEnded: Bool? = try await firstRow(
            """
            select ended_at is not null as is_ended from recheck_listing
             where requester_id = \(requester) and guideline_id = \(id) and version = \(version)
            """)?["is_ended"]
        guard let isEnded else { return nil }
        return RecheckListing(
            version: version, listed: try await countRechecks(of: version, id, requester), isComplete: isEnded
        )
    }

    /// A list that was begun and is not complete.
    func unfinishedListing() async throws -> ListingPlace? {
        try await firstRow(
            """
            select requester_id, guideline_id, version from recheck_listing
             where ended_at is null
             order by requester_id, guideline_id, version
             limit 1
            """
        ).map { row in
            ListingPlace(
                requester: try row["requester_id"], guideline: try row["guideline_id"], version: try row["version"]
            )
        }
    }

    func countRechecks(of version: Int, _ id: Guideline.ID, _ requester: Requester.ID) async throws -> Int {
        try await oneRow(
            """
            select count(*) as items from recheck_item
             where requester_id = \(requester) and guideline_id = \(id) and version = \(version)
            """)["items"]
    }

    /// The last of the requester's next `most` assignments, or `nil` when there are no more than that.
    func assignment(
        atStep most: Int, after last: Assignment.ID?, _ requester: Requester.ID
    ) async throws -> Assignment.ID? {
        try await firstRow(
            """
            select assignment_id from assignment
             where requester_id = \(requester) and (\(last)::uuid is null or assignment_id > \(last)::uuid)
             order by assignment_id
            offset \(most - 1)
             limit 1
            """)?["assignment_id"]
    }

    /// Answers of a range that count, were given under an earlier version of the guideline, and are neither on the
    /// version's list nor checked again already.
    ///
    /// - Parameter everChecked: whether a check counts that came to nothing.
    func recheckCandidates(
        for version: Int, of id: Guideline.ID, _ requester: Requester.ID, after last: Assignment.ID?,
        upTo end: Assignment.ID?, everChecked: Bool = false
    ) async throws -> [RecheckCandidate] {
        let isChecked: SQL = everChecked ? "checks > 0" : RecheckItem.isChecked
        return try await rows(
            """
            select assignment.assignment_id, assignment.task_id, assignment.guideline_version, project.external_key
              from assignment
              join batch using (requester_id, batch_id)
              join project using (requester_id, project_id)
             where assignment.requester_id = \(requester)
               and (\(last)::uuid is null or assignment.assignment_id > \(last)::uuid)
               and (\(end)::uuid is null or assignment.assignment_id <= \(end)::uuid)
               and assignment.guideline_id = \(id) and assignment.guideline_version < \(version)
               and assignment.state in ('submitted', 'accepted')
               and not exists (select from recheck_item as item
                                where item.requester_id = assignment.requester_id
                                  and item.assignment_id = assignment.assignment_id
                                  and (item.version = \(version)
                                       or item.version < \(version) and (\(fragment: isChecked))))
             order by assignment.assignment_id
            """
        ).map(RecheckCandidate.init)
    }

    /// An answer as it was handed in.
    ///
    /// - Throws: ``ContentRefusal``, ``VaultRefusal``.
    func answer(of assignment: Assignment.ID, _ requester: Requester.ID, in keys: KeyRing?) async throws -> JSON? {
        guard let row = try await storedAnswer(of: assignment, requester) else { return nil }
        let key = try await presentKey(ofTask: try row["task_id"], requester, in: keys)
        return try StoredContent(row: row, "answer")?.opened(by: key, as: .answer(to: assignment))
    }

    /// The same as it is stored, with its task.
    private func storedAnswer(of assignment: Assignment.ID, _ requester: Requester.ID) async throws -> Row? {
        try await firstRow(
            """
            select task_id, answer, sealed from submission join assignment using (requester_id, assignment_id)
             where requester_id = \(requester) and assignment_id = \(assignment)
            """)
    }

    func insertRechecks(
        _ touched: [TouchedAnswer], by version: Int, of id: Guideline.ID, _ requester: Requester.ID
    ) async throws {
        guard !touched.isEmpty else { return }
        try await execute(
            """
            insert into recheck_item
                (requester_id, guideline_id, version, assignment_id, task_id, answer_version, reason, listed_at)
            select \(requester), \(id), \(version), assignment_id, task_id, answer_version, reason, \(instant)
              from unnest(\(touched.map(\.candidate.assignment)), \(touched.map(\.candidate.task)),
                          \(touched.map(\.candidate.version)), \(touched.map(\.reason)))
                   as touched (assignment_id, task_id, answer_version, reason)
            on conflict on constraint recheck_item_pkey do nothing
            """)
    }

    /// Later versions of a guideline with what they touch, in order.
    func scopes(
        after version: Int, of id: Guideline.ID, _ requester: Requester.ID
    ) async throws -> [(version: Int, scope: RecheckScope)] {
        try await rows(
            """
            select version, scope from guideline_version
             where requester_id = \(requester) and guideline_id = \(id) and version > \(version)
             order by version
            """
        ).map { (try $0["version"], try RecheckScope(json: $0["scope"])) }
    }

    /// What a version asks to check again, in the order of tasks.
    ///
    /// - Parameter last: of the page before.
    func rechecks(
        of version: Int, _ id: Guideline.ID, _ requester: Requester.ID, in state: RecheckState?,
        after last: (task: WorkTask.ID, assignment: Assignment.ID)?, limit: Int
    ) async throws -> [RecheckItem] {
        try await rows(
            """
            select * from (\(fragment: RecheckItem.rows)) as item
             where requester_id = \(requester) and guideline_id = \(id) and version = \(version)
               and (\(state?.rawValue)::text is null or state = \(state?.rawValue)::text)
               and (\(last?.task)::uuid is null
                    or (task_id, assignment_id) > (\(last?.task)::uuid, \(last?.assignment)::uuid))
             order by task_id, assignment_id
             limit \(limit)
            """
        ).map(RecheckItem.init)
    }
}

extension RecheckCandidate {
    init(row: Row) throws {
        assignment = try row["assignment_id"]
        task = try row["task_id"]
        version = try row["guideline_version"]
        project = try row["external_key"]
    }
}

extension RecheckItem {
    /// Of an `item`: whether a task checks it that was or can still be answered.
    static let isChecked: SQL = """
        exists (select from slot
                 where slot.requester_id = item.requester_id and slot.task_id = item.recheck_task_id
                   and slot.state <> 'withdrawn')
        """

    /// Items with their states.
    static let rows: SQL = """
        select item.*, task.external_key, task.project_id, checking.batch_id as recheck_batch_id,
               case when answered.state = 'rejected' then 'void'
                    when exists (select from assignment as checked
                                  where checked.requester_id = item.requester_id
                                    and checked.task_id = item.recheck_task_id
                                    and checked.state = 'accepted') then 'settled'
                    when \(fragment: isChecked) then 'in_check'
                    when exists (select from recheck_item as later
                                  where later.requester_id = item.requester_id
                                    and later.assignment_id = item.assignment_id
                                    and later.version > item.version) then 'superseded'
                    when answered.state = 'submitted' then 'waiting'
                    else 'open'
               end as state
          from recheck_item as item
          join assignment as answered
            on answered.requester_id = item.requester_id and answered.assignment_id = item.assignment_id
          join task on task.requester_id = item.requester_id and task.task_id = item.task_id
          left join task as checking
            on checking.requester_id = item.requester_id and checking.task_id = item.recheck_task_id
        """

    init(row: Row) throws {
        version = try row["version"]
        assignment = try row["assignment_id"]
        task = try row["task_id"]
        externalKey = try row["external_key"]
        project = try row["project_id"]
        answerVersion = try row["answer_version"]
        reason = try row["reason"]
        let name: String = try row["state"]
        guard let state = RecheckState(rawValue: name) else { throw StoreError.unexpectedRowCount(0) }
        self.state = state
        recheckTask = try row["recheck_task_id"]
        recheckBatch = try row["recheck_batch_id"]
        listedAt = try row["listed_at"]
    }
}
