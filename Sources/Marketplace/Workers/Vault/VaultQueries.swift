internal import Foundation
internal import Store

extension Transaction {
    /// A worker's wrapped data key, locked against being wrapped anew.
    func lockWorkerKey(of worker: Worker.ID) async throws -> Row? {
        try await firstRow(
            "select wrapping_key, wrapped from worker_key where worker_id = \(worker) for share"
        )
    }

    func insertWorkerKey(_ wrapped: [UInt8], of worker: Worker.ID, by name: String) async throws {
        try await execute(
            """
            insert into worker_key (worker_id, wrapping_key, wrapped) values (\(worker), \(name), \(Bytes(wrapped)))
            """)
    }

    func upsertSealed(_ sealed: [UInt8], of worker: Worker.ID, in table: SealedTable) async throws {
        switch table {
        case .payoutMethod:
            try await execute(
                """
                insert into payout_method (worker_id, sealed, changed_at)
                values (\(worker), \(Bytes(sealed)), \(instant))
                on conflict (worker_id)
                do update set sealed = excluded.sealed, changed_at = excluded.changed_at,
                              version = payout_method.version + 1
                """)
        case .taxProfile:
            try await execute(
                """
                insert into tax_profile (worker_id, sealed, changed_at)
                values (\(worker), \(Bytes(sealed)), \(instant))
                on conflict (worker_id) do update set sealed = excluded.sealed, changed_at = excluded.changed_at
                """)
        }
    }

    /// A worker's secret with the data key that it is sealed under.
    func sealed(of worker: Worker.ID, in table: SealedTable) async throws -> Row? {
        switch table {
        case .payoutMethod:
            try await firstRow(
                """
                select sealed, wrapping_key, wrapped from payout_method join worker_key using (worker_id)
                 where worker_id = \(worker)
                """)
        case .taxProfile:
            try await firstRow(
                """
                select sealed, wrapping_key, wrapped from tax_profile join worker_key using (worker_id)
                 where worker_id = \(worker)
                """)
        }
    }

    func payoutMethodState(of worker: Worker.ID) async throws -> PayoutMethodState? {
        try await firstRow("select version, changed_at from payout_method where worker_id = \(worker)")
            .map(PayoutMethodState.init)
    }

    func payoutMethodState(of team: Team.ID) async throws -> PayoutMethodState? {
        try await firstRow("select version, changed_at from team_payout_method where team_id = \(team)")
            .map(PayoutMethodState.init)
    }

    /// An agency's wrapped data key, locked against being wrapped anew.
    func lockTeamKey(of team: Team.ID) async throws -> Row? {
        try await firstRow("select wrapping_key, wrapped from team_key where team_id = \(team) for share")
    }

    func insertTeamKey(_ wrapped: [UInt8], of team: Team.ID, by name: String) async throws {
        try await execute(
            "insert into team_key (team_id, wrapping_key, wrapped) values (\(team), \(name), \(Bytes(wrapped)))")
    }

    func upsertTeamMethod(_ sealed: [UInt8], of team: Team.ID) async throws {
        try await execute(
            """
            insert into team_payout_method (team_id, sealed, changed_at)
            values (\(team), \(Bytes(sealed)), \(instant))
            on conflict (team_id)
            do update set sealed = excluded.sealed, changed_at = excluded.changed_at,
                          version = team_payout_method.version + 1
            """)
    }

    /// Data keys of agencies that another key than the named one wraps, locked.
    func lockTeamKeysToRewrap(to name: String, limit: Int) async throws -> [Row] {
        try await rows(
            """
            select team_id, wrapping_key, wrapped from team_key
             where wrapping_key <> \(name)
             order by team_id
             limit \(limit)
               for update
            """)
    }

    func rewrap(_ team: Team.ID, _ wrapped: Bytes, by name: String) async throws {
        try await execute(
            "update team_key set wrapping_key = \(name), wrapped = \(wrapped) where team_id = \(team)")
    }

    /// Data keys that another key than the named one wraps, locked.
    func lockKeysToRewrap(to name: String, limit: Int) async throws -> [Row] {
        try await rows(
            """
            select worker_id, wrapping_key, wrapped
              from worker_key
             where wrapping_key <> \(name)
             order by worker_id
             limit \(limit)
               for update
            """)
    }

    /// The same of requesters; those that were destroyed have none.
    func lockRequesterKeysToRewrap(to name: String, limit: Int) async throws -> [Row] {
        try await rows(
            """
            select requester_id, function::text as function, wrapping_key, wrapped
              from requester_key
             where wrapping_key <> \(name)
             order by requester_id, function
             limit \(limit)
               for update
            """)
    }

    func rewrap(_ requester: Requester.ID, _ function: String, _ wrapped: Bytes, by name: String) async throws {
        try await execute(
            """
            update requester_key set wrapping_key = \(name), wrapped = \(wrapped)
             where requester_id = \(requester) and function = \(function)
            """)
    }

    func rewrap(_ workers: [Worker.ID], _ wrapped: [Bytes], by name: String) async throws {
        let changed = try await execute(
            """
            update worker_key
               set wrapping_key = \(name), wrapped = anew.wrapped
              from unnest(\(workers), \(wrapped)) anew (worker_id, wrapped)
             where worker_key.worker_id = anew.worker_id
            """)
        guard changed == workers.count else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// Retires a key, if nothing is wrapped by it any more; waits for whoever is about to wrap something.
    ///
    /// - Returns: whether it is retired.
    func retireWrappingKey(_ name: String) async throws -> Bool {
        try await execute(
            "insert into wrapping_key (name, created_at) values (\(name), \(instant)) on conflict (name) do nothing"
        )
        try await execute("select from wrapping_key where name = \(name) for update")
        return try await execute(
            """
            update wrapping_key set retired_at = coalesce(retired_at, \(instant))
             where name = \(name) and not exists (select from worker_key where wrapping_key = \(name))
               and not exists (select from requester_key where wrapping_key = \(name))
               and not exists (select from team_key where wrapping_key = \(name))
               and not exists (select from kept_secret where wrapping_key = \(name))
               -- Of auctions whose bids are sealed; they are over in days.
               and not exists (select from auction where wrapping_key = \(name))
            """) == 1
    }
}

extension PayoutMethodState {
    fileprivate init(row: Row) throws {
        self.init(version: try row["version"], changedAt: try row["changed_at"])
    }
}
