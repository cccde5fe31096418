internal import Formats
internal import Foundation
internal import Store

/// Why no gold is added to a batch. In order of precedence.
package enum GoldRefusal: Refusal, CaseIterable {
    /// The batch gives out no gold.
    case noRate
    /// The project has a task of that external key already.
    case keyTaken
    /// The task is gold already.
    case alreadyGold

    package var code: String {
        switch self {
        case .noRate: "no_gold_rate"
        case .keyTaken: "gold_key_taken"
        case .alreadyGold: "already_gold"
        }
    }

    package var message: String {
        switch self {
        case .noRate: "The batch gives out no gold. Make its draft with gold_bps above 0."
        case .keyTaken: "The project has a task of a copy's external key already."
        case .alreadyGold: "The task is gold already."
        }
    }
}

/// What came of minting.
package struct MintedGold: Hashable, Sendable {
    /// Copies that this call added, and those that the batch has in all.
    package let added: Int
    package let inBatch: Int
}

/// Adds gold to a draft batch: copies of tasks of the project whose answer people have settled. Settled is what an
/// adjudicator accepted in full, or at least two people, where no other answer to the task was accepted at all. Tasks
/// that showed a model's suggestion are left out, as their answers did not come about without it.
///
/// A copy is given out like any other task of the batch, at the batch's rate of gold, and to nobody who had a part in
/// the original, nor to anybody who has seen it as gold before, by whichever of their accounts.
package struct MintGold: Sendable {
    private static let tasksPerStep = 200
    package static let mostAtOnce = 10_000
    let market: Market

    package init(market: Market) { self.market = market }

    /// By bounded steps, each a transaction: cut off, the same call goes on.
    ///
    /// - Parameters:
    ///   - batch: a draft with a rate of gold.
    ///   - most: how many minted items it is to have in all, 1 to 10,000.
    ///   - exposures: to how many people one is shown in all, 1 to 100; of one that was minted before it stays as it
    ///     was.
    ///   - actor: somebody who publishes for the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``; ``BatchRefusal/notDraft(_:)``; ``GoldRefusal``;
    ///   ``ContentRefusal``.
    package func callAsFunction(
        into batch: Batch.ID, of requester: Requester.ID, most: Int, exposures: Int = GoldItem.usualMost,
        by actor: Principal.ID
    ) async throws -> MintedGold {
        guard (1...Self.mostAtOnce).contains(most) else { throw BadInput("most", "must be 1 to \(Self.mostAtOnce)") }
        guard (1...100).contains(exposures) else { throw BadInput("exposures", "must be 1 to 100") }
        let target = try await market.database.read { transaction in
            let target = try await transaction.intakeTarget(batch, of: requester, by: actor)
            guard target.batch.sharing.goldBasisPoints > 0 else { throw GoldRefusal.noRate }
            return target
        }
        var (added, last): (Int, WorkTask.ID?) = (0, nil)
        repeat {
            try Task.checkCancellation()
            let step = try await market.change { [last] change in
                try await change.mint(into: target, after: last, most: most, exposures: exposures, by: actor)
            }
            added += step.added
            last = step.last
        } while last != nil
        let inBatch = try await market.database.read { try await $0.mintedCount(in: target.batch.key) }
        return MintedGold(added: added, inBatch: inBatch)
    }

    /// Of the step that is under way.
    fileprivate static func page(_ most: Int, has: Int) -> Int { min(tasksPerStep, max(most - has, 0)) }
}

extension Change {
    /// - Returns: the last task that was looked at; `nil` when there is no more, or there are enough.
    fileprivate func mint(
        into target: IntakeTarget, after last: WorkTask.ID?, most: Int, exposures: Int, by actor: Principal.ID
    ) async throws -> (added: Int, last: WorkTask.ID?) {
        let batch = target.batch
        // Whoever mints into it as well waits here, and then sees what was added.
        guard let locked = try await transaction.lockBatch(batch.id, of: batch.requester) else {
            throw NotFound("batch")
        }
        guard locked.state == .draft else { throw BatchRefusal.notDraft(locked.state) }
        let room = MintGold.page(most, has: try await transaction.mintedCount(in: batch.key))
        guard room > 0 else { return (0, nil) }
        let tasks = try await transaction.upheldTasks(for: batch, after: last, limit: room)
        guard let end = tasks.last else { return (0, nil) }
        let key = try await presentKey(ofTask: end, batch.requester)
        let answers = try await transaction.upheldAnswers(to: tasks, batch.requester)
            .mapValues { try $0.map { try $0.opened(by: key) } }
        var chunk = TaskChunk()
        var origins: [(origin: WorkTask.ID, key: String)] = []
        for (task, name) in try await transaction.externalKeys(of: tasks, batch.requester) {
            guard let answer = UpheldAnswer.settled(answers[task] ?? [], target.shape.sameAnswer),
                let payload = try await content(of: [task], from: batch.requester, for: .checking)[task]
            else { continue }
            var draft = TaskDraft(
                externalKey: RecheckCopy.key(name, suffix: "@g\("\(batch.id)".suffix(8))"), payload: payload,
                referenceAnswers: ["gold": answer],
                parties: try PartyName.list(try await transaction.parties(of: task, batch.requester)), isGold: true)
            if target.cleaning.demanded != .none {
                // The original passed what the project demands.
                draft.deidentified = ["by": [.string(target.cleaning.demanded.rawValue), "copied"], "counts": [:]]
            }
            // Under a project that asks for more than it did then.
            guard draft.fault(under: target.shape) == nil else { continue }
            chunk.append(draft)
            origins.append((task, draft.externalKey))
        }
        guard !origins.isEmpty else { return (0, end) }
        let added = try await takeIn(chunk, into: batch.id, of: batch.requester, by: actor, .comparing, isMinting: true)
        let copies = try await transaction.tasks(named: origins.map(\.key), in: batch)
        try await transaction.insertMinted(
            try origins.map { origin, key in
                guard let copy = copies[key] else { throw GoldRefusal.keyTaken }
                return (origin, copy)
            }, of: batch.requester, exposuresMax: exposures)
        try await record(
            "gold_minted", by: actor, on: "batch", batch.id.uuid, in: .requester(batch.requester),
            facts: ["tasks": .integer(Int64(added))])
        return (added, end)
    }
}

/// An answer to a task, and what people said of it.
struct UpheldAnswer<Content: Sendable>: Sendable {
    let assignment: Assignment.ID
    let isAccepted: Bool
    let isInFull: Bool
    /// How many people accepted it in full, and whether one of them was its adjudicator.
    let upheldBy: Int
    let isAdjudicated: Bool
    let content: Content
}

extension UpheldAnswer<StoredContent> {
    func opened(by key: ContentKey?) throws(VaultRefusal) -> UpheldAnswer<JSON> {
        UpheldAnswer<JSON>(
            assignment: assignment, isAccepted: isAccepted, isInFull: isInFull, upheldBy: upheldBy,
            isAdjudicated: isAdjudicated, content: try content.opened(by: key, as: .answer(to: assignment)))
    }
}

extension UpheldAnswer<JSON> {
    /// The answer to a task that people settled: accepted in full by an adjudicator, or by two people at least, while
    /// no other one was accepted.
    static func settled(_ answers: [UpheldAnswer], _ same: SameAnswer) -> JSON? {
        let accepted = answers.filter(\.isAccepted)
        guard Set(accepted.map { same.key(of: $0.content) }).count == 1, accepted.allSatisfy(\.isInFull) else {
            return nil
        }
        return accepted.first { $0.isAdjudicated || $0.upheldBy >= 2 }?.content
    }
}
