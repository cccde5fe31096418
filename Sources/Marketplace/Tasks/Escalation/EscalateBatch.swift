package import Formats
internal import Foundation
internal import Store

/// What a step does.
package enum EscalationAct: Hashable, Sendable {
    /// Asks more people; of work that is claimed they are told, as it cannot be offered.
    case reach(tell: [Worker.ID])
    /// What further offers pay.
    case price(Money)
    case forced
    /// One to three, the least bad first.
    case alert([AlertOption])

    package var kind: EscalationStepKind {
        switch self {
        case .reach: .reach
        case .price: .price
        case .forced: .forced
        case .alert: .alert
        }
    }
}

/// Takes one step of the ladder for a batch: with what follows from it, the record and the audit event in one
/// transaction, once for a deadline however many schedulers try; but an alert again, of which another deadline had made
/// an end.
package struct EscalateBatch: Sendable {
    /// Workers whom one step tells.
    package static let toldMax = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - batch: as it was read; with another deadline, or not open any more, nothing is done.
    ///   - facts: what the step was decided on, beside what the batch says.
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Returns: whether this call took the step.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``RaiseRefusal``, also where the money was spent meanwhile.
    package func callAsFunction(
        _ batch: EndangeredBatch, _ act: EscalationAct, facts: JSON, by actor: Principal.ID
    ) async throws -> Bool {
        try facts.mustFit(16_384, as: "facts")
        switch act {
        case .reach(let told):
            guard told.count <= Self.toldMax else { throw BadInput("told", "must be \(Self.toldMax) or fewer") }
        case .alert(let options):
            guard (1...ScheduleAlert.optionsMax).contains(options.count) else {
                throw BadInput("options", "must be 1 to \(ScheduleAlert.optionsMax)")
            }
        case .price, .forced: break
        }
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard let held = try await transaction.lockBatch(batch.key.id, of: batch.key.requester),
                held.state == .open, held.dueAt == batch.dueAt, change.instant < batch.dueAt
            else { return false }
            let step = EscalationStep(
                batch: batch.key, dueAt: batch.dueAt, kind: act.kind, level: (batch.steps[act.kind] ?? 0) + 1,
                takenAt: change.instant, serviceSeconds: batch.serviceSeconds, openSlots: batch.openAnswers,
                facts: facts
            )
            var isNew = try await transaction.insert(step)
            // The deadline has come back: the step stands, and operators are told again.
            if !isNew, step.kind == .alert { isNew = try await transaction.isAlertPutOff(of: batch.key) }
            guard isNew else { return false }
            try await change.follow(act, from: step, of: held, by: actor)
            try await change.record(
                "escalation_step_taken", by: actor, on: "batch", batch.key.id.uuid,
                in: .requester(batch.key.requester),
                facts: [
                    "kind": .string(step.kind.rawValue), "level": .integer(Int64(step.level)),
                    "due_at": .string(batch.dueAt.formatted(.iso8601)), "open_slots": .integer(Int64(step.openSlots)),
                    "service_p90_seconds": .integer(Int64(step.serviceSeconds)),
                ]
            )
            return true
        }
    }
}

/// Which steps were taken for a batch.
package struct ListEscalationSteps: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// The newest first.
    ///
    /// - Parameters:
    ///   - mark: of the last one of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``.
    package func callAsFunction(
        of batch: Batch.Key, before mark: EscalationStep.Mark? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [EscalationStep] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: batch.requester)
            guard try await transaction.batchState(of: batch) != nil else { throw NotFound("batch") }
            return try await transaction.escalationSteps(of: batch, before: mark, limit: limit)
        }
    }
}

extension Change {
    fileprivate func follow(
        _ act: EscalationAct, from step: EscalationStep, of batch: Batch, by actor: Principal.ID
    ) async throws {
        switch act {
        case .reach(let workers):
            for worker in workers {
                try await transaction.tell(
                    Principal.ID(worker.uuid), kind: "work_urgent",
                    facts: [
                        "requester": .string("\(batch.requester)"), "batch": .string("\(batch.id)"),
                        "due_at": .string(step.dueAt.formatted(.iso8601)),
                        "pay_minor": .integer(batch.pay.minorUnits), "currency": .string(batch.pay.currency.code),
                    ], id: make(), dedupKey: "urgent:\(batch.id):\(Int64(step.dueAt.timeIntervalSince1970))"
                )
            }
        case .price(let pay): _ = try await raise(batch, to: pay, by: actor)
        case .forced: break
        case .alert(let options): try await alert(options, from: step, by: actor)
        }
    }

    private func alert(_ options: [AlertOption], from step: EscalationStep, by actor: Principal.ID) async throws {
        // One that an earlier deadline left open advises for a time that has been changed since.
        if let open = try await transaction.lockOpenAlert(of: step.batch) {
            guard open.dueAt != step.dueAt else { return }
            try await closeAlert(open, ScheduleAlert.otherDeadline, by: actor)
        }
        let alert = ScheduleAlert(
            id: make(), batch: step.batch, state: .open, raisedAt: instant, dueAt: step.dueAt,
            openSlots: step.openSlots, options: .array(options.map(\.json)), closedAt: nil, closedBy: nil,
            resolution: nil
        )
        try await transaction.insert(alert)
        for person in try await transaction.operatorsToTell() {
            try await transaction.tell(
                person, kind: "deadline_in_danger",
                facts: [
                    "alert": .string("\(alert.id)"), "requester": .string("\(step.batch.requester)"),
                    "batch": .string("\(step.batch.id)"), "due_at": .string(step.dueAt.formatted(.iso8601)),
                    "open_slots": .integer(Int64(step.openSlots)), "options": alert.options,
                ], id: make(), dedupKey: "alert:\(alert.id)")
        }
    }
}
