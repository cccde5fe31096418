internal import Foundation
package import Store

/// How much of a batch one worker may do, together with accounts that are or may be theirs, so that nobody's mistakes
/// or bad will become the whole of it.
struct ShareLimit: Sendable {
    /// Without a share of the project's own nobody is sent away before they have done so much: of a small batch the
    /// share of one says little.
    static let alwaysAllowed = 20
    /// Beyond so many workers the share does not fall any more: 2 % is twice an equal share of a hundred.
    static let workersMax = 100

    /// The project's own, in ten-thousandths; `nil` for the larger of 2 % and twice an equal share.
    let basisPoints: Int?
    /// Of the batch.
    let slots: Int

    /// What may be done whoever else works on it.
    var least: Int {
        guard let basisPoints else { return max(Self.alwaysAllowed, slots * 200 / 10_000) }
        return max(1, slots * basisPoints / 10_000)
    }

    /// - Parameter workers: how many have work of the batch, with the one who asks.
    func most(workers: Int) -> Int {
        guard basisPoints == nil else { return least }
        return max(least, 2 * slots / max(workers, 1))
    }
}

extension Offering {
    /// `nil` where nobody can pass it.
    var shareLimit: ShareLimit? {
        let limit = ShareLimit(basisPoints: shareBasisPoints, slots: slotCount)
        return limit.least < slotCount ? limit : nil
    }
}

extension Transaction {
    /// How many more tasks of a batch a worker may have before they pass their share of it, and how many in all.
    ///
    /// - Returns: `nil` where there is no limit, or they are far from it.
    func shareLeft(of offering: Offering, for worker: Worker.ID) async throws -> (left: Int, most: Int)? {
        guard let limit = offering.shareLimit else { return nil }
        let held = try await tasksCounted(of: offering.key, byLinked: worker, most: offering.slotCount)
        guard held + ClaimTask.mostAtOnce >= limit.least else { return nil }
        let most = limit.most(workers: try await workers(on: offering.key, most: ShareLimit.workersMax))
        return (most - held, most)
    }

    /// Of some who have had work of batches, and of those who may be the same people, who has all that the share of one
    /// lets them have.
    ///
    /// - Parameter pairs: batches and who has had work of them.
    package func routingShareUsed(
        _ pairs: [RoutingPair], of batches: [RoutingBatch]
    ) async throws -> Set<RoutingPair> {
        let keys = Dictionary(batches.map { ($0.id, $0.key) }, uniquingKeysWith: { first, _ in first })
        let asked = pairs.filter { keys[$0.batch] != nil }
        guard !asked.isEmpty else { return [] }
        let limits = try await shareLimits(of: Set(asked.map(\.batch)).compactMap { keys[$0] })
        let limited = asked.filter { limits[$0.batch] != nil }
        let held = try await rows(
            """
            with had as materialized (
                select * from unnest(\(limited.compactMap { keys[$0.batch]?.requester })::uuid[],
                                     \(limited.map(\.batch))::uuid[], \(limited.map(\.worker))::uuid[],
                                     \(limited.compactMap { limits[$0.batch]?.slots })::bigint[])
                           as pair (requester_id, batch_id, worker_id, most)
            ),
            joined as materialized (
                select worker_id as one, other_worker_id as other from duplicate_case
                 where worker_id in (select worker_id from had) and state in ('open', 'same_person')
                 union
                select other_worker_id, worker_id from duplicate_case
                 where other_worker_id in (select worker_id from had) and state in ('open', 'same_person')
            ),
            asked as materialized (
                select requester_id, batch_id, worker_id, most,
                       array[worker_id]
                       || array(select other from joined where one = worker_id
                                 union select one from joined where other = worker_id) as accounts
                  from (select * from had
                         union
                        select requester_id, batch_id, joined.other, most
                          from had join joined on joined.one = had.worker_id) as everybody
            )
            select asked.batch_id, asked.worker_id, counted.held
              from asked
             cross join lateral (
                  select count(*) as held
                    from (select from assignment
                           where assignment.requester_id = asked.requester_id
                             and assignment.batch_id = asked.batch_id
                             and assignment.worker_id = any(asked.accounts)
                             and assignment.state in ('leased', 'submitted', 'accepted')
                           limit asked.most) as few) as counted
            """)
        var (used, workers): (Set<RoutingPair>, [Batch.ID: Int]) = ([], [:])
        for row in held {
            let (pair, held): (RoutingPair, Int) = (try RoutingPair(row: row), try row["held"])
            guard let limit = limits[pair.batch], let key = keys[pair.batch], held >= limit.least else { continue }
            if workers[pair.batch] == nil {
                workers[pair.batch] = try await self.workers(on: key, most: ShareLimit.workersMax)
            }
            if held >= limit.most(workers: workers[pair.batch] ?? 0) { used.insert(pair) }
        }
        return used
    }

    /// The limits of batches in which one worker could pass them.
    private func shareLimits(of batches: [Batch.Key]) async throws -> [Batch.ID: ShareLimit] {
        try await rows(
            """
            select batch.batch_id, batch.slot_count, project.share_bps
              from unnest(\(batches.map(\.requester))::uuid[], \(batches.map(\.id))::uuid[])
                       as wanted (requester_id, batch_id)
              join batch using (requester_id, batch_id)
              join project using (requester_id, project_id)
            """
        ).reduce(into: [:]) { limits, row in
            let limit = ShareLimit(basisPoints: try row["share_bps"], slots: try row["slot_count"])
            if limit.least < limit.slots { limits[try row["batch_id"]] = limit }
        }
    }

    /// How many answers to a batch count, or may come to (in hand, handed in, or accepted), of a worker and of those
    /// whom a duplicate case joins to them, unless it was found to be about two people.
    private func tasksCounted(of batch: Batch.Key, byLinked worker: Worker.ID, most: Int) async throws -> Int {
        try await oneRow(
            """
            with own as materialized (
                \(fragment: Self.linked(to: worker))
            )
            select count(*) as held from (
                select from own join assignment using (worker_id)
                 where assignment_id > \(batch.id.leastOfItsInstant)
                   and requester_id = \(batch.requester) and batch_id = \(batch.id)
                   and assignment.state in ('leased', 'submitted', 'accepted')
                 limit \(most)) as counted
            """)["held"]
    }

    /// How many people have or had work of a batch, up to so many; found one by one by their index.
    private func workers(on batch: Batch.Key, most: Int) async throws -> Int {
        try await oneRow(
            """
            with recursive seen as (
                (select worker_id from assignment
                  where requester_id = \(batch.requester) and batch_id = \(batch.id)
                  order by worker_id limit 1)
                union all
                select (select worker_id from assignment
                         where requester_id = \(batch.requester) and batch_id = \(batch.id)
                           and worker_id > seen.worker_id
                         order by worker_id limit 1)
                  from seen where seen.worker_id is not null
            )
            select count(worker_id) as workers from (select worker_id from seen limit \(most)) as few
            """)["workers"]
    }
}
