internal import Foundation
package import Store

extension Transaction {
    /// An open batch that stops by the posterior and was not rated for a minute; it counts as rated from now on, so
    /// that nobody else takes it.
    func takeBatchToRate() async throws -> AskingBatch? {
        try await firstRow(
            """
            with due as materialized (
                select requester_id, batch_id from batch
                 where state = 'open' and error_cost_minor is not null
                   and not exists (select from batch_gain as rated
                                    where rated.requester_id = batch.requester_id and rated.batch_id = batch.batch_id
                                      and rated.rated_at > \(instant - RateAskers.period))
                 order by batch_id
                 limit 1
            ),
            taken as (
                insert into batch_gain as rated (requester_id, batch_id, rated_at)
                select requester_id, batch_id, \(instant) from due
                on conflict on constraint batch_gain_pkey do update set rated_at = \(instant)
                 where rated.rated_at <= \(instant - RateAskers.period)
                returning requester_id, batch_id
            )
            select batch.requester_id, batch.batch_id, batch.project_id, batch.redundancy, project.function,
                   \(fragment: ProjectShape.columns)
              from taken
              join batch on batch.requester_id = taken.requester_id and batch.batch_id = taken.batch_id
              join project on project.requester_id = batch.requester_id and project.project_id = batch.project_id
            """
        ).map { row in
            AskingBatch(
                batch: Batch.Key(requester: try row["requester_id"], id: try row["batch_id"]),
                project: try row["project_id"], redundancy: try row["redundancy"], function: try row["function"],
                shape: try ProjectShape(row: row))
        }
    }

    /// What the answers come to of tasks that ask for one more: with an open slot beyond the least.
    func posteriorsAsking(in asking: AskingBatch, limit: Int) async throws -> [StoredPosterior] {
        try await rows(
            """
            select posterior.task_id, posterior.sealed, posterior.revision
              from (select requester_id, task_id from slot
                     where requester_id = \(asking.batch.requester) and batch_id = \(asking.batch.id)
                       and state = 'open' and allotment_id is null and slot_no > \(asking.redundancy)
                     order by allotment_id, slot_no, task_id
                     limit \(limit)) as asked
              join task_posterior as posterior using (requester_id, task_id)
             where not posterior.is_stale
            """
        ).map(StoredPosterior.init)
    }

    /// The tables of a project's workers; of too many, those with the most answers.
    func tables(of project: Project.ID, _ requester: Requester.ID, limit: Int) async throws -> [StoredTable] {
        try await rows(
            """
            select worker_id, sealed, fit_version, answers from confusion_table
             where requester_id = \(requester) and project_id = \(project) and sealed is not null
             order by answers desc, worker_id
             limit \(limit)
            """
        ).map(StoredTable.init)
    }

    /// Keeps what answers by workers would bring in place of what was kept; `nil` for nothing.
    func keepGains(_ gains: AnswerGains?, of batch: Batch.Key) async throws {
        try await execute(
            """
            update batch_gain set usual_ppm = \(gains?.usual)
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)
        let workers = gains?.byWorker ?? []
        try await execute(
            """
            delete from worker_gain
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
               and worker_id <> all (\(workers.map(\.worker))::uuid[])
            """)
        guard !workers.isEmpty else { return }
        try await execute(
            """
            insert into worker_gain as kept (requester_id, batch_id, worker_id, gain_ppm)
            select \(batch.requester), \(batch.id), worker_id, gain_ppm
              from unnest(\(workers.map(\.worker))::uuid[], \(workers.map(\.gain))::bigint[])
                       as anew (worker_id, gain_ppm)
            on conflict on constraint worker_gain_pkey do update set gain_ppm = excluded.gain_ppm
             where kept.gain_ppm <> excluded.gain_ppm
            """)
    }

    /// How much more an answer by workers is expected to settle what asks for one in batches than an answer by somebody
    /// of whom nothing is known, in millionths; below zero for less. Without those of whom that is not known.
    package func routingGains(
        of batches: [RoutingBatch], to workers: [Worker.ID]
    ) async throws -> [RoutingPair: Int] {
        let rows = try await rows(
            """
            select kept.batch_id, kept.worker_id, kept.gain_ppm - rated.usual_ppm as more
              from unnest(\(batches.map(\.requester))::uuid[], \(batches.map(\.id))::uuid[])
                       as asked (requester_id, batch_id)
              join batch_gain as rated using (requester_id, batch_id)
              join worker_gain as kept using (requester_id, batch_id)
             where rated.rated_at > \(instant - RateAskers.keptSeconds) and rated.usual_ppm is not null
               and kept.worker_id = any(\(workers))
            """)
        return try rows.reduce(into: [:]) { $0[try RoutingPair(row: $1)] = try $1["more"] }
    }
}
