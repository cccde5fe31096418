internal import Foundation
internal import Store

extension Transaction {
    /// Where the stretch of the clock's minute begins.
    ///
    /// - Returns: the last worker before it; `nil` when it begins with the first.
    func worker(beforeStretchOf most: Int) async throws -> Worker.ID? {
        let minute = Int64(exactly: (instant.timeIntervalSince1970 / 60).rounded(.down)) ?? 0
        return try await firstRow(
            """
            with stretch as materialized (
                select mod(\(minute)::bigint, greatest(1, (count(*) + \(most) - 1) / \(most))) as number from worker
            )
            select worker_id from worker
             where (select number from stretch) > 0
             order by worker_id
            offset greatest(0, (select number from stretch) * \(most) - 1)
             limit 1
            """)?["worker_id"]
    }

    /// Workers by id, whatever their standing.
    func workers(after last: Worker.ID?, limit: Int) async throws -> [Worker.ID] {
        try await rows(
            """
            select worker_id from worker
             where \(last)::uuid is null or worker_id > \(last)::uuid
             order by worker_id
             limit \(limit)
            """
        ).map { try $0["worker_id"] }
    }

    /// The requirements whose kept answers hold for all time to come.
    func settledRequirements() async throws -> [Requirement.ID] {
        try await rows(
            """
            select requirement_id from requirement_cover
             where stale_from is null
               and not exists (select from requirement_agreement as named
                                 join agreement on agreement.kind = named.kind
                                               and agreement.version > named.known_version
                                where named.requirement_id = requirement_cover.requirement_id)
            """
        ).map { try $0["requirement_id"] }
    }

    /// What is kept of workers from the transaction's instant on; a range that holds at the instant has no lower end.
    func keptEligibility(of workers: [Worker.ID]) async throws -> [EligibilityRow] {
        try await rows(
            """
            select worker_id, requirement_id, upper(in_force) as ends_at,
                   case when lower(in_force) > \(instant) then lower(in_force) end as starts_at
              from worker_requirement
             where worker_id = any(\(workers))
               and (upper(in_force) is null or upper(in_force) > \(instant))
            """
        ).map {
            EligibilityRow(
                worker: try $0["worker_id"], requirement: try $0["requirement_id"],
                range: InstantRange(from: try $0["starts_at"], until: try $0["ends_at"])
            )
        }
    }
}
