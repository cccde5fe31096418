internal import Foundation
internal import Store

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
