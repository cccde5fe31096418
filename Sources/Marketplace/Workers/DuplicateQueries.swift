internal import Foundation
internal import Store

extension Transaction {
    /// Makes whoever writes the same mark wait until this transaction ends.
    func lockMark(_ mark: Bytes) async throws {
        try await advisoryLock(AdvisoryLock("mark", mark.bytes.map { String($0, radix: 16) }.joined(separator: ":")))
    }

    func deleteMarks(of worker: Worker.ID, _ ground: DuplicateGround, but marks: [Bytes]) async throws {
        try await execute(
            """
            delete from identity_mark
             where worker_id = \(worker) and ground = \(ground) and mark <> all(\(marks))
            """)
    }

    func insertMark(
        _ mark: Bytes, of worker: Worker.ID, _ ground: DuplicateGround, key: String
    ) async throws {
        try await execute(
            """
            insert into identity_mark (worker_id, ground, mark, mark_key)
            values (\(worker), \(ground), \(mark), \(key))
            on conflict do nothing
            """)
    }

    /// Others who bear a mark; the first 20 are enough to see that something is wrong.
    func workers(bearing mark: Bytes, but worker: Worker.ID) async throws -> [Worker.ID] {
        try await rows(
            """
            select worker_id from identity_mark where mark = \(mark) and worker_id <> \(worker)
             order by worker_id
             limit 20
            """
        ).map { try $0["worker_id"] }
    }

    /// People whose identity has no mark, locked.
    func lockUnmarkedPeople(limit: Int) async throws -> [Row] {
        try await rows(
            """
            select worker_id, name, email, born_on
              from worker_person
             where not exists (select from identity_mark mark
                                where mark.worker_id = worker_person.worker_id and mark.ground = 'identity')
             order by worker_id
             limit \(limit)
               for update skip locked
            """)
    }

    /// Workers with marks of another key than the named one, locked, by id.
    func lockWorkersToRemark(but key: String, limit: Int) async throws -> [Worker.ID] {
        try await rows(
            """
            with due as materialized (
                select worker_id from identity_mark where mark_key < \(key) or mark_key > \(key) limit \(limit)
            )
            select worker_id from worker where worker_id in (select worker_id from due)
             order by worker_id
               for no key update
            """
        ).map { try $0["worker_id"] }
    }

    /// Whether there are marks of another key than the named one.
    func hasMarks(but key: String) async throws -> Bool {
        try await firstRow(
            "select from identity_mark where mark_key < \(key) or mark_key > \(key) limit 1"
        ) != nil
    }

    func deleteMarks(of workers: [Worker.ID], but key: String) async throws {
        try await execute("delete from identity_mark where worker_id = any(\(workers)) and mark_key <> \(key)")
    }

    /// - Returns: `false` when there is a case of the two on that ground.
    func insertDuplicateCase(
        _ id: DuplicateCase.ID, _ worker: Worker.ID, _ other: Worker.ID, _ ground: DuplicateGround
    ) async throws -> Bool {
        try await execute(
            """
            insert into duplicate_case (duplicate_case_id, worker_id, other_worker_id, ground, state, opened_at)
            values (\(id), \(worker), \(other), \(ground), 'open', \(instant))
            on conflict do nothing
            """) == 1
    }

    func duplicateCases(
        in state: DuplicateState, after id: DuplicateCase.ID?, limit: Int
    ) async throws -> [DuplicateCase] {
        try await rows(
            """
            select duplicate_case.*, worker.external_key, other.external_key as other_external_key
              from duplicate_case
              join worker using (worker_id)
              join worker other on other.worker_id = other_worker_id
             where duplicate_case.state = \(state)
               and (\(id)::uuid is null or duplicate_case_id > \(id))
             order by duplicate_case_id
             limit \(limit)
            """
        ).map(DuplicateCase.init(row:))
    }

    func lockDuplicateCase(_ id: DuplicateCase.ID) async throws -> DuplicateCase? {
        try await firstRow(
            """
            select duplicate_case.*, worker.external_key, other.external_key as other_external_key
              from duplicate_case
              join worker using (worker_id)
              join worker other on other.worker_id = other_worker_id
             where duplicate_case_id = \(id)
               for update of duplicate_case
            """
        ).map(DuplicateCase.init(row:))
    }

    func decideDuplicateCase(
        _ id: DuplicateCase.ID, _ state: DuplicateState, reasons: String, by actor: Principal.ID
    ) async throws {
        let changed = try await execute(
            """
            update duplicate_case
               set state = \(state), decided_at = \(instant), decided_by = \(actor), reasons = \(reasons)
             where duplicate_case_id = \(id) and state = 'open'
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// Lets a worker go on who is, as far as is known, nobody else too.
    ///
    /// - Throws: ``ActivationRefusal``.
    func refuseDuplicate(_ worker: Worker.ID) async throws {
        let row = try await oneRow(
            """
            select coalesce(bool_or(duplicate_case.state = 'open'), false) as is_open,
                   coalesce(bool_or(duplicate_case.state = 'same_person' and other.state <> 'closed'), false) as is_same
              from duplicate_case
              join worker other
                on other.worker_id in (duplicate_case.worker_id, other_worker_id) and other.worker_id <> \(worker)
             where duplicate_case.worker_id = \(worker) or other_worker_id = \(worker)
            """)
        if try row["is_open"] { throw ActivationRefusal.duplicateOpen }
        if try row["is_same"] { throw ActivationRefusal.samePerson }
    }
}

extension DuplicateCase {
    init(row: Row) throws {
        self.init(
            id: try row["duplicate_case_id"], workers: [try row["worker_id"], try row["other_worker_id"]],
            externalKeys: [try row["external_key"], try row["other_external_key"]], ground: try row["ground"],
            state: try row["state"], openedAt: try row["opened_at"], reasons: try row["reasons"]
        )
    }
}
