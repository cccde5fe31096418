internal import Foundation
internal import Store

extension Transaction {
    /// What the worker is told of who excludes them; `nil` when there is no such requester.
    func requesterName(_ id: Requester.ID) async throws -> String? {
        try await firstRow("select name from requester where requester_id = \(id)")?["name"]
    }

    /// - Returns: false, with nothing changed, when one is in force for the pair.
    func insertExclusion(
        _ id: Exclusion.ID, of worker: Worker.ID, from requester: Requester.ID, reason: String, by actor: Principal.ID
    ) async throws -> Bool {
        try await execute(
            """
            insert into exclusion (exclusion_id, requester_id, worker_id, reason, excluded_by, in_force)
            values (\(id), \(requester), \(worker), \(reason), \(actor),
                    tstzrange(greatest(\(instant), (select max(upper(in_force)) from exclusion
                                                   where requester_id = \(requester)
                                                     and worker_id = \(worker))), null))
            on conflict on constraint exclusion_no_overlap do nothing
            """) == 1
    }

    /// Ends the exclusion in force; one that would have been in force for no time at all, a millisecond after it began.
    func endExclusion(of worker: Worker.ID, from requester: Requester.ID) async throws -> Exclusion.ID? {
        try await firstRow(
            """
            update exclusion
               set in_force = tstzrange(lower(in_force),
                                        greatest(\(instant), lower(in_force) + interval '1 millisecond'))
             where requester_id = \(requester) and worker_id = \(worker) and upper_inf(in_force)
            returning exclusion_id
            """)?["exclusion_id"]
    }

    func exclusions(
        of requester: Requester.ID, past: Bool, before: Exclusion.ID?, limit: Int
    ) async throws -> [Exclusion] {
        try await rows(
            """
            select exclusion_id, requester_id, worker_id, worker.external_key as worker_key, reason,
                   lower(in_force) as begun_at, upper(in_force) as lifted_at
              from exclusion join worker using (worker_id)
             where requester_id = \(requester)
               and (\(past) or in_force @> \(instant))
               and (\(before)::uuid is null or exclusion_id < \(before)::uuid)
             order by exclusion_id desc
             limit \(limit)
            """
        ).map(Exclusion.init)
    }
}
