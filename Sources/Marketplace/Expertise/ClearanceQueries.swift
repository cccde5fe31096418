internal import Foundation
internal import Store

extension Transaction {
    /// The clearance that a worker holds at the instant.
    func clearance(of worker: Worker.ID) async throws -> Clearance? {
        try await firstRow(
            """
            select \(fragment: Clearance.columns) from worker_clearance
             where worker_id = \(worker) and in_force @> \(instant)
            """
        ).map(Clearance.init)
    }

    /// Newest first.
    func clearances(of worker: Worker.ID, before: Clearance.ID?, limit: Int) async throws -> [Clearance] {
        try await rows(
            """
            select \(fragment: Clearance.columns) from worker_clearance
             where worker_id = \(worker) and (\(before)::uuid is null or worker_clearance_id < \(before)::uuid)
             order by worker_clearance_id desc
             limit \(limit)
            """
        ).map(Clearance.init)
    }

    /// From now, or a millisecond after the end of what was held until now.
    func insertClearance(
        _ id: Clearance.ID, _ level: Int, to worker: Worker.ID, until end: Date?, reasons: String,
        by actor: Principal.ID
    ) async throws {
        try await execute(
            """
            insert into worker_clearance (worker_clearance_id, worker_id, level, reasons, granted_by, in_force)
            select \(id), \(worker), \(level), \(reasons), \(actor),
                   tstzrange(begin_at, case when \(end)::timestamptz is not null
                                            then greatest(\(end), begin_at + interval '1 millisecond') end)
              from (select greatest(\(instant), (select max(upper(in_force)) from worker_clearance
                                                  where worker_id = \(worker))) as begin_at) as next
            """)
    }

    /// One that would have been in force for no time at all, a millisecond after it began.
    func endClearance(_ id: Clearance.ID) async throws {
        try await execute(
            """
            update worker_clearance
               set in_force = tstzrange(lower(in_force),
                                        greatest(\(instant), lower(in_force) + interval '1 millisecond'))
             where worker_clearance_id = \(id)
            """)
    }
}

extension Clearance {
    fileprivate static let columns: SQL = """
        worker_clearance_id, worker_id, level, reasons, granted_by, in_force
        """

    fileprivate init(row: Row) throws {
        self.init(
            id: try row["worker_clearance_id"], worker: try row["worker_id"], level: try row["level"],
            reasons: try row["reasons"], grantedBy: try row["granted_by"], inForce: try row["in_force"]
        )
    }
}
