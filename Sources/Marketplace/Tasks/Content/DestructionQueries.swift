internal import Foundation
internal import Store

extension Transaction {
    /// - Returns: false when there is one; then nothing was changed.
    func insertDestruction(of requester: Requester.ID, reasons: String, by actor: Principal.ID) async throws -> Bool {
        try await execute(
            """
            insert into key_destruction (requester_id, reasons, proposed_by, proposed_at)
            values (\(requester), \(reasons), \(actor), \(instant))
            on conflict (requester_id) do nothing
            """) == 1
    }

    func lockDestruction(of requester: Requester.ID) async throws -> (proposer: Principal.ID, isConfirmed: Bool)? {
        try await firstRow(
            """
            select proposed_by, confirmed_at is not null as is_confirmed from key_destruction
             where requester_id = \(requester)
               for update
            """
        ).map { (try $0["proposed_by"], try $0["is_confirmed"]) }
    }

    func deleteDestruction(of requester: Requester.ID) async throws {
        try await execute("delete from key_destruction where requester_id = \(requester) and confirmed_at is null")
    }

    func lockRequesterKeys(of requester: Requester.ID) async throws {
        try await execute(
            "select from requester_key where requester_id = \(requester) order by function for update"
        )
    }

    /// What must be done before a requester's keys can be destroyed.
    func destructionBar(of requester: Requester.ID) async throws -> DestroyRefusal? {
        let row = try await oneRow(
            """
            select exists (select from batch
                            where requester_id = \(requester) and state in ('open', 'paused')) as has_open,
                   exists (select from task_content
                            where requester_id = \(requester) and payload is not null)
                   or exists (select from answer_draft
                               where requester_id = \(requester) and answer is not null)
                   or exists (select from submission
                               where requester_id = \(requester) and answer is not null)
                   or exists (select from rework
                               where requester_id = \(requester) and answer is not null) as has_unsealed
            """)
        if try row["has_open"] { return .batchesOpen }
        return try row["has_unsealed"] ? .unsealed : nil
    }

    /// Forgets the wrapped keys, for functions without one as well, and what else holds content.
    func destroyKeys(of requester: Requester.ID, _ functions: [WorkFunction], by actor: Principal.ID) async throws {
        for function in functions {
            try await execute(
                """
                insert into requester_key (requester_id, function, made_at, destroyed_at)
                values (\(requester), \(function), \(instant), \(instant))
                on conflict on constraint requester_key_pkey do update
                   set wrapping_key = null, wrapped = null, destroyed_at = excluded.destroyed_at
                """)
        }
        try await execute("delete from answer_draft where requester_id = \(requester)")
        try await execute("delete from reference_answer where requester_id = \(requester)")
        try await execute("delete from import_fault where requester_id = \(requester)")
        try await execute("delete from task_posterior where requester_id = \(requester)")
        try await execute("delete from confusion_table where requester_id = \(requester)")
        try await execute("delete from label_fit where requester_id = \(requester)")
        try await execute(
            "update task_suggestion set suggestion = 'null', sealed = null where requester_id = \(requester)"
        )
        try await execute(
            """
            update key_destruction set confirmed_by = \(actor), confirmed_at = \(instant)
             where requester_id = \(requester)
            """)
    }
}
