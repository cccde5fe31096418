internal import Foundation
package import Store

/// What a lease must know of a worker.
package struct WorkerRow: Hashable, Sendable {
    package let id: Worker.ID
    package let state: Worker.State
    /// The most minutes a week that the worker gives: 0 to 10,080.
    package let weeklyMinutesMax: Int
    /// IANA name.
    package let timeZone: String
    /// Where the work is performed: the place that the worker has named (`US-NY`), else their country.
    package let place: String

    init(row: Row) throws {
        id = try row["worker_id"]
        state = try row["state"]
        weeklyMinutesMax = try row["weekly_minutes_max"]
        timeZone = try row["time_zone"]
        place = try row["place"]
    }
}

extension Transaction {
    /// Reads a worker and keeps state, credentials and tiers as they are until the transaction ends: whoever changes
    /// them takes the same row with ``lockWorkerForChange(_:)``. Those who only lock do not wait for each other.
    ///
    /// - Returns: `nil` when there is no such worker.
    package func lockWorker(_ id: Worker.ID) async throws -> WorkerRow? {
        try await firstRow(Self.lockSharing(id)).map(WorkerRow.init(row:))
    }

    fileprivate static func lockSharing(_ id: Worker.ID) -> SQL {
        """
        select worker_id, state, weekly_minutes_max, time_zone, coalesce(place, country) as place
          from worker where worker_id = \(id) for share
        """
    }

    /// Reads a worker whose standing is about to change; waits for leases in flight.
    package func lockWorkerForChange(_ id: Worker.ID) async throws -> WorkerRow? {
        try await firstRow(Self.lockForChange(id)).map(WorkerRow.init(row:))
    }

    fileprivate static func lockForChange(_ id: Worker.ID) -> SQL {
        """
        select worker_id, state, weekly_minutes_max, time_zone, coalesce(place, country) as place
          from worker where worker_id = \(id) for no key update
        """
    }
}

extension Change {
    /// The change at the instant from which the worker stays as they are; see ``Store/Transaction/lockWorker(_:)``.
    func afterLocking(_ worker: Worker.ID) async throws -> Change {
        after(try await transaction.waiting(for: Transaction.lockSharing(worker)).after)
    }

    /// The same, for a change of their standing.
    func afterLockingForChange(_ worker: Worker.ID) async throws -> Change {
        try await lockingForChange(worker).change
    }

    /// The same, with the worker as they are; `nil` when there is no such worker.
    func lockingForChange(_ worker: Worker.ID) async throws -> (row: WorkerRow?, change: Change) {
        let (row, transaction) = try await transaction.waiting(for: Transaction.lockForChange(worker))
        return (try row.map(WorkerRow.init(row:)), after(transaction))
    }
}

extension WorkerSummary {
    init(row: Row) throws {
        id = try row["worker_id"]
        externalKey = try row["external_key"]
        state = try row["state"]
        country = try row["country"]
        registeredAt = try row["registered_at"]
    }
}

extension Transaction {
    /// - Parameter suspension: the decision of a suspension; `nil` for every other move.
    /// - Returns: whether the worker was in the state they were to leave.
    func moveWorker(
        _ id: Worker.ID, from old: Worker.State, to new: Worker.State, suspension: Decision.ID?
    ) async throws -> Bool {
        try await execute(
            """
            update worker set state = \(new), suspension_id = \(suspension)
             where worker_id = \(id) and state = \(old)
            """) == 1
    }

    /// Workers in one state, by id.
    func workers(in state: Worker.State, after worker: Worker.ID?, limit: Int) async throws -> [WorkerSummary] {
        try await rows(
            """
            select worker_id, external_key, state, country, registered_at
              from worker
             where state = \(state) and (\(worker)::uuid is null or worker_id > \(worker))
             order by worker_id
             limit \(limit)
            """
        ).map(WorkerSummary.init(row:))
    }
}
