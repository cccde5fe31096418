package import Formats
internal import Foundation
internal import Store

/// Why a worker cannot begin to work, or cannot again.
package enum ActivationRefusal: Refusal, CaseIterable {
    /// An open case asks whether they are somebody else too.
    case duplicateOpen
    /// They were found to be another worker, whose account is not closed.
    case samePerson

    package var code: String {
        switch self {
        case .duplicateOpen: "duplicate_open"
        case .samePerson: "same_person"
        }
    }

    package var message: String {
        switch self {
        case .duplicateOpen: "This may be somebody who is a worker already. Decide the duplicate case first."
        case .samePerson: "This person has another account. Close that one first."
        }
    }
}

/// Lets an applicant, once vetted, take work.
package struct ActivateWorker: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``, ``NotFound``, ``IllegalTransition``, ``ActivationRefusal``.
    package func callAsFunction(_ worker: Worker.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            try await change.move(worker, .activate, by: actor)
            try await change.transaction.refuseDuplicate(worker)
        }
    }
}

/// Keeps a worker from being given work, at their own wish; work in hand goes on.
package struct PauseWorker: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker, or an operator for them.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``IllegalTransition``.
    package func callAsFunction(_ worker: Worker.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            try await change.authorizeSelf(worker, orOperator: actor)
            try await change.move(worker, .pause, by: actor)
        }
    }
}

/// Ends a pause.
package struct ResumeWorker: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker, or an operator for them.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``IllegalTransition``.
    package func callAsFunction(_ worker: Worker.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            try await change.authorizeSelf(worker, orOperator: actor)
            try await change.move(worker, .resume, by: actor)
        }
    }
}

/// Keeps a worker from working, by a decision with reasons that can be appealed.
package struct SuspendWorker: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Returns: the decision; the worker is told of it.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``IllegalTransition``, ``DecisionRefusal``, ``BadInput``.
    package func callAsFunction(
        _ worker: Worker.ID, rule: String, facts: JSON, reasons: String, by actor: Principal.ID
    ) async throws -> Decision.ID {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            guard let row = try await change.transaction.lockWorkerForChange(worker) else { throw NotFound("worker") }
            _ = try row.state.after(.suspend)
            let decision = try await change.decide(
                .suspension, about: worker, subject: worker.uuid, rule: rule, facts: facts, reasons: reasons, by: actor
            )
            try await change.move(worker, .suspend, suspension: decision, by: actor)
            return decision
        }
    }
}

/// Ends a suspension, and tells the worker.
package struct ReinstateWorker: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``, ``NotFound``, ``IllegalTransition``, ``ActivationRefusal``.
    package func callAsFunction(_ worker: Worker.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            try await change.move(worker, .reinstate, by: actor)
            try await change.transaction.refuseDuplicate(worker)
            try await change.transaction.tell(
                Principal.ID(worker.uuid), kind: "worker_reinstated", facts: .object([:]), id: change.make()
            )
        }
    }
}

extension Change {
    /// Moves a worker to the state after an event, under a lock that waits for leases in flight.
    ///
    /// - Parameter suspension: the decision of a suspension; `nil` for every other event.
    func move(
        _ worker: Worker.ID, _ event: Worker.Event, suspension: Decision.ID? = nil, by actor: Principal.ID
    ) async throws {
        guard let row = try await transaction.lockWorkerForChange(worker) else { throw NotFound("worker") }
        let state = try row.state.after(event)
        guard try await transaction.moveWorker(worker, from: row.state, to: state, suspension: suspension)
        else {
            throw IllegalTransition("worker", in: row.state.rawValue, event: event.rawValue)
        }
        try await record(
            "worker_\(event.past)", by: actor, on: "worker", worker.uuid, in: .worker(worker),
            facts: ["from": .string(row.state.rawValue), "to": .string(state.rawValue)]
        )
    }

    /// Lets the worker themselves or an operator go on.
    func authorizeSelf(_ worker: Worker.ID, orOperator actor: Principal.ID) async throws {
        try await transaction.authorizeSelf(worker, orOperator: actor)
    }
}

extension Transaction {
    /// Lets the worker themselves or an operator go on.
    func authorizeSelf(_ worker: Worker.ID, orOperator actor: Principal.ID) async throws {
        try await authorize(actor, as: actor.uuid == worker.uuid ? .worker : .operator)
    }

    /// The same, and auditors: what follows only reads.
    func authorizeSelf(_ worker: Worker.ID, orOperatorToSee actor: Principal.ID) async throws {
        try await letSee(actor) { try await $0.authorizeSelf(worker, orOperator: actor) }
    }
}

extension Worker.Event {
    /// As the audit log names it.
    fileprivate var past: String {
        switch self {
        case .apply: "applied"
        case .activate: "activated"
        case .pause: "paused"
        case .resume: "resumed"
        case .suspend: "suspended"
        case .reinstate: "reinstated"
        case .close: "closed"
        case .reopen: "reopened"
        }
    }
}
