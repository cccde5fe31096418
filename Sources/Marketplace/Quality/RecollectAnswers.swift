internal import Formats
internal import Foundation
internal import Store

/// Why answers are not asked for again. In order of precedence.
package enum RecollectionRefusal: Refusal {
    /// An appeal was granted: the answers count again.
    case ended
    /// No task of the batch has fewer answers than it wants that is not asked again already.
    case nothingShort
    /// The project has a task of that external key already.
    case keyTaken(String)

    package var code: String {
        switch self {
        case .ended: "withdrawal_ended"
        case .nothingShort: "nothing_short"
        case .keyTaken: "recollection_key_taken"
        }
    }

    package var message: String {
        switch self {
        case .ended: "An appeal against the withdrawal was granted; the answers count again."
        case .nothingShort: "No task of the batch lacks an answer that is not asked for again already."
        case .keyTaken(let key): "The project has a task called '\(key)' already, so no copy can have that name."
        }
    }
}

/// A plan to ask again: a draft batch, and what it would cost.
package struct RecollectionPlan: Hashable, Sendable {
    package let batch: Batch.ID
    /// Of the draft, with those of earlier calls.
    package let tasks: Int
    /// What publishing would hold.
    package let cost: Money
}

/// Makes a plan to ask again for answers that a withdrawal took: a draft batch like the one that lost them, at the rate
/// of now, with one slot for each task that has fewer answers than it wants. Nothing is open and nothing is held before
/// the plan is confirmed by publishing it, which holds all of it first. Nobody who answered or judged a task is given
/// its copy.
package struct RecollectAnswers: Sendable {
    private static let tasksPerStep = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// By bounded steps, each a transaction: cut off, the same call goes on with the same batch; again, it adds what
    /// has become short meanwhile.
    ///
    /// - Parameters:
    ///   - batch: which batch's tasks.
    ///   - name: of the draft, 1 to 200 characters, unique in the project.
    ///   - actor: somebody who publishes for the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``; ``BatchRefusal``; ``RecollectionRefusal``.
    package func callAsFunction(
        _ id: Withdrawn.ID, of batch: Batch.ID, from requester: Requester.ID, as name: String, by actor: Principal.ID
    ) async throws -> RecollectionPlan {
        try name.mustHave(1...200, as: "name")
        let draft = try await market.database.read { transaction in
            try await transaction.authorizePublisher(actor, for: requester)
            guard let gone = try await transaction.withdrawn(id, of: requester),
                gone.batch == nil || gone.batch == batch
            else { throw NotFound("withdrawal") }
            guard gone.endedAt == nil else { throw RecollectionRefusal.ended }
            let like = try await transaction.draft(likeBatch: batch, of: requester, named: name, dueAt: nil)
            guard let like, like.project == gone.project else { throw NotFound("batch") }
            let isBegun = try await transaction.batch(named: name, in: like.project, of: requester) != nil
            let short = try await transaction.affectedTasks(by: gone, in: batch, after: nil, isShort: true, limit: 1)
            guard isBegun || !short.isEmpty else { throw RecollectionRefusal.nothingShort }
            return like.forRecollection
        }
        let copy = try await CreateBatch(market: market)(draft, of: requester, by: actor)
        let target = try await market.database.read { try await $0.intakeTarget(copy, of: requester, by: actor) }
        var last: WorkTask.ID?
        repeat {
            try Task.checkCancellation()
            last = try await market.change { [last] change in
                try await change.recollect(id, of: batch, into: target, after: last, most: Self.tasksPerStep, by: actor)
            }
        } while last != nil
        return try await market.database.read { transaction in
            guard let made = try await transaction.batch(copy, of: requester) else { throw NotFound("batch") }
            return RecollectionPlan(batch: copy, tasks: made.taskCount, cost: try made.holdAndShare().held)
        }
    }
}

extension Change {
    /// - Returns: the last task that was copied; `nil` when there is no more.
    fileprivate func recollect(
        _ id: Withdrawn.ID, of batch: Batch.ID, into target: IntakeTarget, after last: WorkTask.ID?, most: Int,
        by actor: Principal.ID
    ) async throws -> WorkTask.ID? {
        let requester = target.batch.requester
        // Whoever plans as well waits here, and then sees what was copied.
        guard let gone = try await transaction.lockWithdrawn(id, of: requester) else { throw NotFound("withdrawal") }
        guard gone.endedAt == nil else { throw RecollectionRefusal.ended }
        let found = try await transaction.affectedTasks(by: gone, in: batch, after: last, isShort: true, limit: most)
        var chunk = TaskChunk()
        var taken: [(task: WorkTask.ID, key: String)] = []
        for task in found where !chunk.isFull {
            guard let payload = try await content(of: [task.task], from: requester, for: .checking)[task.task] else {
                throw NotFound("task")
            }
            var draft = TaskDraft(
                externalKey: RecheckCopy.key(task.externalKey, suffix: "@w\("\(id)".suffix(8))"), payload: payload,
                parties: try PartyName.list(try await transaction.parties(of: task.task, requester)),
                matter: try await transaction.matter(of: task.task, requester))
            if target.cleaning.demanded != .none {
                // The original passed what the project demands.
                draft.deidentified = ["by": [.string(target.cleaning.demanded.rawValue), "copied"], "counts": [:]]
            }
            if let fault = draft.fault(under: target.shape) { throw fault }
            chunk.append(draft)
            taken.append((task.task, draft.externalKey))
        }
        try await record(
            "recollection_planned", by: actor, on: "batch", target.batch.id.uuid, in: .requester(requester),
            facts: ["withdrawal": .string("\(id)"), "tasks": .integer(Int64(taken.count))])
        guard !taken.isEmpty else { return nil }
        _ = try await takeIn(chunk, into: target.batch.id, of: requester, by: actor, .comparing)
        let copies = try await transaction.tasks(named: taken.map(\.key), in: target.batch)
        try await transaction.insertRecollected(
            taken.map { task, key in
                guard let copy = copies[key] else { throw RecollectionRefusal.keyTaken(key) }
                return (task, copy)
            }, by: gone)
        return taken.last?.task
    }
}

extension BatchDraft {
    /// One answer of each task, claimed, at posted prices; no gold, no controls.
    fileprivate var forRecollection: BatchDraft {
        BatchDraft(
            project: project, name: name, door: door == .bid ? .claim : door, profession: profession, tier: tier,
            requirement: requirement, itemsPerTask: itemsPerTask, feeBasisPoints: feeBasisPoints, budget: budget,
            expectedMinutes: expectedMinutes, leaseSeconds: leaseSeconds, answerSeconds: answerSeconds,
            lapsesMax: lapsesMax, priority: priority, workforces: workforces,
            pricing: BatchPricing(
                region: pricing.region, language: pricing.language, hoursToDue: pricing.hoursToDue,
                isUnsocial: pricing.isUnsocial, difficulty: pricing.difficulty, escalator: pricing.escalator,
                topUpBasisPoints: pricing.topUpBasisPoints), sensitivity: sensitivity, answerValue: answerValue)
    }
}
