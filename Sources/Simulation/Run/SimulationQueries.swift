internal import Foundation
internal import Marketplace
internal import Store

/// A worker as far as the simulation must know them.
struct SimulationWorkerRow: Sendable {
    let id: Worker.ID
    let key: String
    let timeZone: String
    let weeklyMinutes: Int
    let professions: Set<Profession>
}

/// A batch as far as the simulation must know it.
struct SimulationBatch: Sendable {
    let id: Batch.ID
    let requester: Requester.ID
    let door: BatchDoor
    let taskKind: TaskKind
    let profession: Profession
    let expectedMinutes: Int
    let leaseSeconds: Int
}

/// An offer that waits for its worker.
struct OfferToAnswer: Sendable {
    let id: Offer.ID
    let worker: Worker.ID
    let batch: Batch.ID
}

extension Transaction {
    /// When the market last changed.
    func latestStamp() async throws -> Date? {
        try await oneRow("select max(occurred_at) as latest from audit_event")["latest"]
    }

    /// Workers with their professions, by external key, in one page.
    func simulationWorkers(after key: String, limit: Int) async throws -> [SimulationWorkerRow] {
        try await rows(
            """
            select worker_id, external_key, time_zone, weekly_minutes_max,
                   array(select profession from profile where profile.worker_id = worker.worker_id) as professions
              from worker
             where external_key collate "C" > \(key) collate "C"
             order by external_key collate "C"
             limit \(limit)
            """
        ).map { row in
            SimulationWorkerRow(
                id: try row["worker_id"], key: try row["external_key"], timeZone: try row["time_zone"],
                weeklyMinutes: try row["weekly_minutes_max"],
                professions: Set(try row.value("professions", as: [String].self).compactMap { Profession($0) })
            )
        }
    }

    /// Batches that hand work out, oldest first; at most 1,000.
    func simulationBatches() async throws -> [SimulationBatch] {
        try await rows(
            """
            select batch.batch_id, batch.requester_id, batch.door, project.task_kind, rate.profession,
                   batch.expected_minutes, batch.lease_seconds
              from batch
              join project using (requester_id, project_id)
              join rate using (rate_id)
             where batch.state = 'open'
             order by batch.opened_at, batch.batch_id
             limit 1000
            """
        ).map { row in
            SimulationBatch(
                id: try row["batch_id"], requester: try row["requester_id"], door: try row["door"],
                taskKind: try row["task_kind"], profession: try row["profession"],
                expectedMinutes: try row["expected_minutes"], leaseSeconds: try row["lease_seconds"]
            )
        }
    }

    /// The open offers that can still be answered, each worker's oldest; at most 10,000.
    func openOffers() async throws -> [Worker.ID: Offer.ID] {
        let rows = try await rows(
            """
            select worker_id, offer_id from offer
             where state = 'open' and answer_by > \(instant)
             order by offer_id desc
             limit 10000
            """)
        var found: [Worker.ID: Offer.ID] = [:]
        for row in rows { found[try row["worker_id"]] = try row.value("offer_id", as: Offer.ID.self) }
        return found
    }

    /// The open offers that can still be answered, by worker, the oldest first; at most 100,000.
    func offersToAnswer() async throws -> [Worker.ID: [OfferToAnswer]] {
        let rows = try await rows(
            """
            select worker_id, offer_id, batch_id from offer
             where state = 'open' and answer_by > \(instant)
             order by offer_id
             limit 100000
            """)
        let found = try rows.map {
            OfferToAnswer(id: try $0["offer_id"], worker: try $0["worker_id"], batch: try $0["batch_id"])
        }
        return Dictionary(grouping: found, by: \.worker)
    }

    /// What a quarter of an hour is worth on average, in micro-units, by the newest night's solve; `nil` before the
    /// first.
    func meanHourPrice() async throws -> Int64? {
        try await firstRow(
            """
            select (sum(price_micros * greatest(units, 1)) / sum(greatest(units, 1)))::bigint as mean
              from hour_price
             where solved_on = (select solved_on from price_solve order by solved_on desc limit 1)
            """)?["mean"]
    }

    /// Of the published tasks, how many are closed, and how many there are.
    func taskProgress() async throws -> (closed: Int, total: Int) {
        let row = try await oneRow(
            """
            select count(*) filter (where task.state = 'closed') as closed, count(*) as total
              from task
              join batch using (requester_id, batch_id)
             where batch.state <> 'draft'
            """)
        return (try row["closed"], try row["total"])
    }

    /// Earnings that no live payout line pays.
    func unpaidEarnings() async throws -> Int {
        try await oneRow(
            """
            select count(*) as unpaid from earning
             where not exists (select from payout_item
                                where payout_item.requester_id = earning.requester_id
                                  and payout_item.transfer_id = earning.transfer_id and payout_item.is_live)
            """)["unpaid"]
    }
}
