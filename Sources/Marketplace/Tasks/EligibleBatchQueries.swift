internal import Foundation
internal import Store

extension Transaction {
    /// Batches with work to claim that demand one of these, in the order of the policy. Each requirement's first few
    /// come from their index; what is sorted is at most their number times the page.
    ///
    /// - Parameters:
    ///   - requirements: each once.
    ///   - last: of the page before.
    func offerings(
        meeting requirements: [Requirement.ID], after last: Offering?, limit: Int
    ) async throws -> [Offering] {
        guard !requirements.isEmpty else { return [] }
        return try await rows(
            """
            with candidate as materialized (
                select found.requester_id, found.batch_id, found.priority, found.opened_at
                  from unnest(\(requirements)::uuid[]) as met (requirement_id)
                 cross join lateral (
                    select batch.requester_id, batch.batch_id, batch.priority, batch.opened_at
                      from batch
                     where batch.requirement_id = met.requirement_id
                       and batch.state = 'open' and batch.door = 'claim'
                       and (\(last?.batch)::uuid is null
                            or batch.priority < \(last?.priority)::bigint
                            or (batch.priority = \(last?.priority)::bigint
                                and (batch.opened_at, batch.batch_id)
                                    > (\(last?.openedAt)::timestamptz, \(last?.batch)::uuid)))
                       and exists (select from slot
                                    where slot.requester_id = batch.requester_id and slot.batch_id = batch.batch_id
                                      and slot.state = 'open')
                     order by batch.priority desc, batch.opened_at, batch.batch_id
                     limit \(limit)) as found
                 order by found.priority desc, found.opened_at, found.batch_id
                 limit \(limit)
            )
            \(fragment: Offering.columns)
              join candidate on candidate.requester_id = batch.requester_id and candidate.batch_id = batch.batch_id
             order by batch.priority desc, batch.opened_at, batch.batch_id
            """
        ).map { try Offering(row: $0, at: instant) }
    }

    /// Whether a batch has an open slot of a task that the worker has had no part of.
    func hasOpenSlot(_ batch: Batch.ID, of requester: Requester.ID, for worker: Worker.ID) async throws -> Bool {
        try await firstRow(
            """
            select from slot
             where slot.requester_id = \(requester)
               and slot.batch_id = \(batch)
               and slot.state = 'open'
               and not exists (select from assignment as mine
                                where mine.requester_id = slot.requester_id
                                  and mine.task_id = slot.task_id
                                  and mine.worker_id = \(worker)
                                  and mine.state in ('leased', 'submitted', 'accepted', 'rejected')
                                offset 0)
             limit 1
            """) != nil
    }
}

extension Transaction {
    /// A worker as they are, without waiting for anybody.
    func workerStanding(_ id: Worker.ID) async throws -> WorkerRow? {
        try await firstRow(
            """
            select worker_id, state, weekly_minutes_max, time_zone, country from worker where worker_id = \(id)
            """
        ).map(WorkerRow.init(row:))
    }
}
