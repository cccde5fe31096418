package import Formats
package import Foundation
internal import Store

/// What a worker has written of an answer that is not in.
package struct AnswerDraft: Sendable {
    package let answer: JSON
    /// Whether it was handed in after its lease had ended.
    package let isLate: Bool
    package let savedAt: Date
}

/// Keeps what a worker has written so far, for a live lease. The schema is not asked: it may be half an answer. It is
/// there again when the worker takes the same task again. The audit log has the first of a lease; those after it put
/// nothing but the worker's own words in place of their own words.
package struct SaveDraft: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - answer: up to 1 MiB as canonical JSON; in place of what was saved before.
    ///   - actor: the worker.
    /// - Throws: ``BadInput``; ``NotFound``; ``LeaseRefusal``; ``ContentRefusal``.
    package func callAsFunction(
        _ answer: JSON, for id: Assignment.ID, token: Int64, by actor: Principal.ID
    ) async throws -> Date {
        try answer.mustFit(TaskDraft.answerBytesMax, as: "answer")
        let worker = Worker.ID(actor.uuid)
        return try await market.change { change in
            let (lease, now) = try await change.liveLease(id, token: token, of: worker)
            let before = try await change.transaction.draftTime(ofTask: lease.task, from: lease.requester, by: worker)
            try await change.keepDraft(answer, ofTask: lease.task, from: lease.requester, by: worker, at: now)
            if before.map({ $0 < lease.leasedAt }) ?? true {
                try await change.record(
                    "draft_saved", by: actor, on: "assignment", id.uuid, in: .requester(lease.requester)
                )
            }
            return now
        }
    }
}

/// What a worker has kept of a task, whatever became of the lease.
package struct ReadDraft: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker.
    /// - Throws: ``NotFound`` for an assignment that is not there, not theirs, or has nothing kept.
    package func callAsFunction(_ id: Assignment.ID, by actor: Principal.ID) async throws -> AnswerDraft {
        try await market.log { change in
            guard let found = try await change.draft(of: id, by: Worker.ID(actor.uuid)) else { throw NotFound("draft") }
            return found
        }
    }
}

extension Change {
    /// Keeps what a worker has written, sealed as the task's content is.
    func keepDraft(
        _ answer: JSON, ofTask task: WorkTask.ID, from requester: Requester.ID, by worker: Worker.ID, at now: Date
    ) async throws {
        let sealed = try await draftKey(of: task, requester).seal(answer, as: .draft(of: task, by: worker))
        try await transaction.upsertDraft(sealed, ofTask: task, from: requester, by: worker, at: now)
    }

    /// Keeps an answer that was not taken, unless the worker has something newer: an answer to the task, or a draft
    /// under another live lease.
    ///
    /// - Returns: whether it was kept.
    func keepUnsubmitted(_ answer: JSON, of work: Assignment, isLate: Bool) async throws -> Bool {
        let sealed = try await draftKey(of: work.task, work.requester)
            .seal(answer, as: .draft(of: work.task, by: work.worker))
        return try await transaction.upsertUnsubmitted(sealed, of: work, isLate: isLate)
    }

    /// What a worker has kept of a task: their own words, whose reading is nobody's business.
    func draft(of assignment: Assignment.ID, by worker: Worker.ID) async throws -> AnswerDraft? {
        guard let row = try await transaction.storedDraft(of: assignment, by: worker) else { return nil }
        let (requester, task): (Requester.ID, WorkTask.ID) = (try row["requester_id"], try row["task_id"])
        guard let stored = try StoredContent(row: row, "answer") else { return nil }
        let answer = try stored.opened(
            by: try await presentKey(ofTask: task, requester), as: .draft(of: task, by: worker))
        return AnswerDraft(answer: answer, isLate: try row["is_late"], savedAt: try row["saved_at"])
    }

    private func draftKey(of task: WorkTask.ID, _ requester: Requester.ID) async throws -> ContentKey {
        guard let function = try await transaction.workFunction(ofTask: task, requester) else { throw NotFound("task") }
        return try await contentKey(of: requester, function)
    }
}

/// Forgets drafts that nobody came back for.
package struct ForgetDrafts: Sendable {
    /// How long a draft is kept after it was last saved: 90 days.
    package static let keptSeconds: TimeInterval = 90 * 86_400
    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded transaction; no audit event, as nothing that anybody did is changed.
    ///
    /// - Parameter most: 1 to 10,000.
    /// - Returns: how many; call again at once while it is `most`.
    package func callAsFunction(most: Int = 1_000) async throws -> Int {
        guard (1...10_000).contains(most) else { throw BadInput("most", "must be 1 to 10,000") }
        return try await market.database.transaction { transaction in
            try await transaction.forgetDrafts(before: transaction.instant - Self.keptSeconds, most: most)
        }
    }
}
