internal import Formats
internal import Foundation
internal import Store

/// Why re-checks are not opened. In order of precedence.
package enum RecheckRefusal: Refusal {
    /// The project does not follow the guideline, or stays at an earlier version.
    case notFollowed(version: Int)
    /// Not all answers have been looked at yet.
    case listNotComplete
    /// Nothing of the version's list in this project waits to be checked.
    case nothingToCheck
    /// The project has a task of that external key already.
    case keyTaken(String)

    package var code: String {
        switch self {
        case .notFollowed: "recheck_not_followed"
        case .listNotComplete: "recheck_list_not_complete"
        case .nothingToCheck: "nothing_to_check"
        case .keyTaken: "recheck_key_taken"
        }
    }

    package var message: String {
        switch self {
        case .notFollowed(let version):
            "The project does not work under version \(version) of the guideline. Let it follow that first."
        case .listNotComplete: "The list of what is to be checked again is not complete. Take its next steps first."
        case .nothingToCheck: "Nothing in this project waits to be checked again for this version."
        case .keyTaken(let key): "The project has a task called '\(key)' already, so no copy can have that name."
        }
    }
}

/// What became of opening re-checks.
package struct OpenedRecheck: Hashable, Sendable {
    package let batch: Batch.ID
    /// How many tasks were added to it, and how many items they check.
    package internal(set) var tasks = 0
    package internal(set) var items = 0
}

/// Makes a draft batch out of what a version asks to check again: a copy of each task, with the accepted answer as its
/// suggestion. It is priced and published like any other batch, so whoever checks again is paid; what was earned
/// before stays earned.
package struct OpenRecheck: Sendable {
    /// What the suggestions of such tasks are called by.
    package static let source = "guideline-recheck"
    private static let itemsPerStep = 200

    let market: Market

    package init(market: Market) { self.market = market }

    /// Takes all open items of the draft's project, by bounded steps, each a transaction: cut off, the same call goes
    /// on with the same batch. An answer that still waits for its review is left for later; if a batch is closed before
    /// its tasks were answered, their items are open again.
    ///
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``; ``BatchRefusal/noRate``, ``BatchRefusal/notDraft(_:)``;
    ///   ``RecheckRefusal``.
    package func callAsFunction(
        _ version: Int, of guideline: Guideline.ID, as draft: BatchDraft, from requester: Requester.ID,
        by actor: Principal.ID
    ) async throws -> OpenedRecheck {
        try draft.validate()
        try await market.database.read { transaction in
            try await transaction.authorizePublisher(actor, for: requester)
            try await transaction.checkOpening(version, of: guideline, in: draft.project, requester)
        }
        let batch = try await CreateBatch(market: market)(draft, of: requester, by: actor)
        let target = try await market.database.read { try await $0.intakeTarget(batch, of: requester, by: actor) }
        var opened = OpenedRecheck(batch: batch)
        var last: WorkTask.ID?
        while true {
            try Task.checkCancellation()
            let step = try await market.change { [last] change in
                try await change.openStep(
                    version, of: guideline, into: target, after: last, limit: Self.itemsPerStep, by: actor
                )
            }
            opened.tasks += step.tasks
            opened.items += step.items
            guard let end = step.end else { return opened }
            last = end
        }
    }
}

extension Transaction {
    fileprivate func checkOpening(
        _ version: Int, of id: Guideline.ID, in project: Project.ID, _ requester: Requester.ID
    ) async throws {
        guard let found = try await self.project(project, of: requester) else { throw NotFound("project") }
        guard try await guideline(id, of: requester) != nil else { throw NotFound("guideline") }
        guard let listing = try await listing(version, of: id, requester) else { throw NotFound("list of the version") }
        guard found.guideline == id, found.guidelineVersion >= version else {
            throw RecheckRefusal.notFollowed(version: version)
        }
        guard listing.isComplete else { throw RecheckRefusal.listNotComplete }
        guard try await !openItems(of: version, id, in: project, requester, after: nil, limit: 1).isEmpty else {
            throw RecheckRefusal.nothingToCheck
        }
    }
}

extension Change {
    /// - Returns: how much was added; `end` is `nil` when there is no more.
    fileprivate func openStep(
        _ version: Int, of guideline: Guideline.ID, into target: IntakeTarget, after last: WorkTask.ID?, limit: Int,
        by actor: Principal.ID
    ) async throws -> (tasks: Int, items: Int, end: WorkTask.ID?) {
        let (batch, requester) = (target.batch, target.batch.requester)
        // Whoever opens as well waits here, and then sees what was opened.
        guard try await transaction.lockGuideline(guideline, of: requester) != nil else { throw NotFound("guideline") }
        let found = try await transaction.openItems(
            of: version, guideline, in: batch.project, requester, after: last, limit: limit
        )
        // The last task of a full page may have more items than are on it.
        let isFull = found.count == limit
        let items = isFull ? found.filter { $0.task != found.last?.task } : found
        var chunk = TaskChunk()
        var copies: [RecheckCopy] = []
        for item in items where copies.last?.task != item.task {
            if chunk.isFull { break }
            var draft = try await copy(item, for: version, requester)
            if target.cleaning.demanded != .none {
                // The original passed what the project demands.
                let passed: JSON = .string(target.cleaning.demanded.rawValue)
                draft.deidentified = ["by": [passed, "copied"], "counts": [:]]
            }
            if let fault = draft.fault(under: target.shape) { throw fault }
            chunk.append(draft)
            copies.append(RecheckCopy(task: item.task, externalKey: draft.externalKey, checks: item.checks + 1))
        }
        let end = isFull || copies.last?.task != items.last?.task ? copies.last?.task : nil
        guard !copies.isEmpty else {
            try await record("rechecks_opened", by: actor, on: "batch", batch.id.uuid, in: .requester(requester))
            return (0, 0, nil)
        }
        _ = try await takeIn(chunk, into: batch.id, of: requester, by: actor, .comparing)
        let tasks = try await transaction.tasks(named: copies.map(\.externalKey), in: batch)
        if let strange = copies.first(where: { tasks[$0.externalKey] == nil }) {
            throw RecheckRefusal.keyTaken(strange.externalKey)
        }
        let marked = try await transaction.markOpened(copies, by: tasks, for: version, of: guideline, requester)
        try await record(
            "rechecks_opened", by: actor, on: "batch", batch.id.uuid, in: .requester(requester),
            facts: ["version": .integer(Int64(version)), "tasks": .integer(Int64(copies.count))]
        )
        return (copies.count, marked, end)
    }

    private func copy(_ item: OpenItem, for version: Int, _ requester: Requester.ID) async throws -> TaskDraft {
        guard let payload = try await content(of: [item.task], from: requester, for: .checking)[item.task],
            let answer = try await transaction.answer(of: item.assignment, requester, in: keys)
        else { throw NotFound("task") }
        return TaskDraft(
            externalKey: RecheckCopy.key(item.externalKey, version: version, attempt: item.checks + 1),
            payload: payload, parties: try PartyName.list(try await transaction.parties(of: item.task, requester)),
            suggestion: TaskSuggestion(
                source: OpenRecheck.source, version: "\(item.answerVersion)", answer: answer, madeAt: item.submittedAt
            )
        )
    }
}

/// An accepted answer that nothing checks yet; the first of its task stands for all of them.
struct OpenItem: Sendable {
    let task: WorkTask.ID
    let assignment: Assignment.ID
    let externalKey: String
    let answerVersion: Int
    let submittedAt: Date
    /// How often a task was made for items of this task and version.
    let checks: Int
}

/// A copy of a task that checks its answers.
struct RecheckCopy: Sendable {
    let task: WorkTask.ID
    let externalKey: String
    let checks: Int

    /// `<key>@<version>`, at a further attempt `<key>@<version>.<attempt>`. Of a key that leaves no room, the beginning
    /// and 16 hexadecimal digits of its SHA-256.
    static func key(_ key: String, version: Int, attempt: Int) -> String {
        self.key(key, suffix: attempt > 1 ? "@\(version).\(attempt)" : "@\(version)")
    }

    static func key(_ key: String, suffix: String) -> String {
        guard key.unicodeScalars.count + suffix.unicodeScalars.count > 200 else { return key + suffix }
        var start = String.UnicodeScalarView()
        start.append(contentsOf: key.unicodeScalars.prefix(150))
        return String(start) + "~" + Digest(of: key).hexadecimal.prefix(16) + suffix
    }
}
