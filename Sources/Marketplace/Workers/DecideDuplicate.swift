internal import Formats
internal import Foundation
internal import Store

/// Why a duplicate case is not decided.
package enum DecideDuplicateRefusal: Refusal, CaseIterable {
    /// One of the two would decide it.
    case deciderIsConcerned

    package var code: String {
        switch self {
        case .deciderIsConcerned: "decider_is_concerned"
        }
    }

    package var message: String {
        switch self {
        case .deciderIsConcerned: "Nobody decides about themselves. Somebody else must."
        }
    }
}

/// Shows operators the duplicate cases in one state, oldest first.
package struct ListDuplicates: Sendable {
    package static let pageMax = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - id: the last one of the page before; `nil` for the first page.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(
        in state: DuplicateState, after id: DuplicateCase.ID? = nil, limit: Int = pageMax, by actor: Principal.ID
    ) async throws -> [DuplicateCase] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.duplicateCases(
                in: state, after: id, limit: min(max(limit, 1), Self.pageMax))
        }
    }
}

/// Says whether two workers are one person. What follows for their accounts is a decision of its own: of one person,
/// only one account can be activated while the other is not closed.
package struct DecideDuplicate: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter reasons: for other operators to read, up to 4,000 characters.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``DecideDuplicateRefusal``, ``IllegalTransition``, ``BadInput``.
    package func callAsFunction(
        _ id: DuplicateCase.ID, _ finding: DuplicateFinding, reasons: String, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard let found = try await transaction.lockDuplicateCase(id) else { throw NotFound("duplicate case") }
            guard !found.workers.contains(where: { $0.uuid == actor.uuid }) else {
                throw DecideDuplicateRefusal.deciderIsConcerned
            }
            let state = try found.state.after(finding)
            try await transaction.decideDuplicateCase(
                id, state, reasons: try PlainText.lines(reasons, field: "reasons"), by: actor)
            try await change.record(
                "duplicate_decided", by: actor, on: "duplicate_case", id.uuid, in: .platform,
                facts: [
                    "finding": .string(finding.rawValue), "workers": .array(found.workers.map { .string("\($0)") }),
                ]
            )
        }
    }
}

/// Marks the workers who were registered without keys, and opens the cases that come to light.
package struct FindDuplicates: Sendable {
    package static let batchMax = 500
    let market: Market
    let keys: KeyRing

    package init(market: Market, keys: KeyRing) {
        self.market = market
        self.keys = keys
    }

    /// One batch, in one transaction; may be cut off and run again.
    ///
    /// - Parameter limit: 1 to 500.
    /// - Returns: how many workers were marked; 0 when all are.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(limit: Int = batchMax, by actor: Principal.ID) async throws -> Int {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            let people = try await transaction.lockUnmarkedPeople(limit: min(max(limit, 1), Self.batchMax)).map { row in
                let marks = IdentityMark.ofPerson(
                    name: try row["name"], email: try row["email"], bornOn: try row["born_on"], keys)
                return (worker: try row.value("worker_id", as: Worker.ID.self), marks: marks)
            }
            // All in one order, so that two transactions cannot wait for each other in a ring.
            let all = people.flatMap(\.marks).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
            for mark in all { try await transaction.lockMark(mark) }
            for person in people { try await change.mark(person.worker, .identity, person.marks, keys, by: actor) }
            guard !people.isEmpty else { return 0 }
            try await change.record(
                "workers_marked", by: actor, on: "principal", actor.uuid, in: .platform,
                facts: ["count": .integer(Int64(people.count))]
            )
            return people.count
        }
    }
}
