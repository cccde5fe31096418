internal import Formats
package import Foundation
internal import Store

/// Whom tasks are reserved for.
package enum Reservation: Hashable, Sendable {
    /// Any of these workers, 1 to 100.
    case workers([Worker.ID])
    /// Whoever is in the team when they ask for work.
    case team(Team.ID)
}

/// Why tasks cannot be reserved. In order of precedence.
package enum ReservationRefusal: Refusal {
    /// The batch is over.
    case batchOver(BatchState)
    /// Its slots are given out by matter.
    case packed
    /// The batch has no task of these keys.
    case noSuchTasks([String])

    package var code: String {
        switch self {
        case .batchOver: "batch_over"
        case .packed: "batch_packed"
        case .noSuchTasks: "no_such_tasks"
        }
    }

    package var message: String {
        switch self {
        case .batchOver(let state): "The batch is \(state.rawValue); nothing of it is given out any more."
        case .packed:
            "The tasks of this batch go to workers by matter; neither whom they go to nor how many can change."
        case .noSuchTasks(let keys): "The batch has no task \(keys.prefix(10).joined(separator: ", "))."
        }
    }
}

/// Reserves what is still open of some tasks for named workers or for the people of a team; leases in hand stay.
package struct ReserveTasks: Sendable {
    package static let tasksMax = 1_000
    package static let workersMax = 100
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - keys: external keys of tasks of the batch, 1 to 1,000. What was reserved for others is for these now.
    ///   - endsAt: when what is left goes to everybody; `nil` for never.
    /// - Returns: how many slots are reserved by it.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound`` for a batch, worker or team that is not there;
    ///   ``ReservationRefusal``.
    @discardableResult
    package func callAsFunction(
        _ keys: [String], of batch: Batch.Key, for reservation: Reservation, until endsAt: Date? = nil,
        by actor: Principal.ID
    ) async throws -> Int {
        guard (1...Self.tasksMax).contains(keys.count) else {
            throw BadInput("tasks", "must be 1 to \(Self.tasksMax)")
        }
        if case .workers(let workers) = reservation, !(1...Self.workersMax).contains(workers.count) {
            throw BadInput("workers", "must be 1 to \(Self.workersMax)")
        }
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizePublisher(actor, for: batch.requester)
            if let endsAt, endsAt <= change.instant { throw BadInput("until", "must be later than now") }
            let locked = try await change.reservable(batch)
            let tasks = try await transaction.tasks(named: keys, in: locked)
            let missing = keys.filter { tasks[$0] == nil }
            guard missing.isEmpty else { throw ReservationRefusal.noSuchTasks(missing) }
            guard try await transaction.isThere(reservation) else {
                if case .team = reservation { throw NotFound("team") }
                throw NotFound("worker")
            }
            let allotment: Allotment.ID = change.make()
            try await transaction.insertAllotment(allotment, of: batch, for: reservation, endsAt: endsAt)
            let slots = try await transaction.setAside(Array(tasks.values), of: batch, for: allotment)
            try await transaction.markAllotments(of: batch)
            try await change.record(
                "tasks_reserved", by: actor, on: "batch", batch.id.uuid, in: .requester(batch.requester),
                facts: ["allotment": .string("\(allotment)"), "slots": .integer(Int64(slots))]
            )
            return slots
        }
    }

    /// Lets everybody have what is still open of an allotment.
    ///
    /// - Returns: how many slots are for everybody by it.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``ReservationRefusal/batchOver(_:)``.
    @discardableResult
    package func release(
        _ allotment: Allotment.ID, of batch: Batch.Key, by actor: Principal.ID
    ) async throws -> Int {
        try await market.change { change in
            try await change.transaction.authorizePublisher(actor, for: batch.requester)
            guard try await change.transaction.isReserved(allotment, of: batch) else { throw NotFound("reservation") }
            return try await change.open(allotment, of: batch, by: actor)
        }
    }
}

extension Change {
    /// The batch, locked.
    fileprivate func reservable(_ key: Batch.Key) async throws -> Batch {
        guard let batch = try await transaction.lockBatch(key.id, of: key.requester) else { throw NotFound("batch") }
        switch batch.state {
        case .draft, .open, .paused: break
        case .closed, .archived: throw ReservationRefusal.batchOver(batch.state)
        }
        guard !batch.sharing.isPacked else { throw ReservationRefusal.packed }
        return batch
    }

    fileprivate func open(_ allotment: Allotment.ID, of batch: Batch.Key, by actor: Principal.ID) async throws -> Int {
        let slots = try await transaction.setFree(allotment, of: batch.requester)
        try await record(
            "reservation_ended", by: actor, on: "batch", batch.id.uuid, in: .requester(batch.requester),
            facts: ["allotment": .string("\(allotment)"), "slots": .integer(Int64(slots))]
        )
        return slots
    }
}

/// The scheduler lets everybody have what was reserved until now.
package struct EndReservations: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded transaction. Call it again at once while it returns `most`.
    ///
    /// - Parameter most: 1 to 100 reservations.
    /// - Returns: how many ended.
    package func callAsFunction(most: Int = 20, by actor: Principal.ID) async throws -> Int {
        guard (1...100).contains(most) else { throw BadInput("most", "must be 1 to 100") }
        return try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            let ended = try await change.transaction.endedAllotments(most: most)
            for (allotment, batch) in ended { _ = try await change.open(allotment, of: batch, by: actor) }
            return ended.count
        }
    }
}

/// What is set aside of a batch, by pages.
package struct ListAllotments: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: a publisher of the requester. Gold is left out.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(
        of batch: Batch.Key, after last: Allotment.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [Allotment] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: batch.requester)
            return try await transaction.allotments(of: batch, after: last, limit: limit)
        }
    }
}
