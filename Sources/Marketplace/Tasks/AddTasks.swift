package import Formats
internal import Foundation
internal import Store

/// What came of adding tasks.
package struct AddTasksSummary: Hashable, Sendable {
    package internal(set) var added = 0
    /// Those whose external key the project knew already.
    package internal(set) var unchanged = 0
    package internal(set) var faultCount = 0
    /// The first thousand drafts that could not be taken in, with the reason; they did not stop the rest.
    package internal(set) var faults: [RecordFault] = []
}

/// Takes tasks into a draft batch, as many as come.
package struct AddTasks: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Reads drafts and adds them by bounded chunks, each a transaction of its own: after an error those before it are
    /// there, and adding everything again completes the rest.
    ///
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``BatchRefusal/notDraft(_:)``; ``ContentRefusal``; what the sequence
    ///   throws.
    package func callAsFunction<Drafts: AsyncSequence>(
        _ drafts: Drafts, to batch: Batch.ID, of requester: Requester.ID, by actor: Principal.ID,
        progress: (AddTasksSummary) -> Void = { _ in }
    ) async throws -> AddTasksSummary where Drafts.Element == TaskDraft {
        let target = try await market.database.read { try await $0.intakeTarget(batch, of: requester, by: actor) }
        var summary = AddTasksSummary()
        var chunk = TaskChunk()
        var way = IntakeWay.straight
        var position = 0
        for try await draft in drafts {
            position += 1
            do throws(BadInput) {
                let cleaned = try target.cleaning(draft)
                if let fault = cleaned.fault(under: target.shape) { throw fault }
                chunk.append(cleaned)
            } catch {
                summary.note(error, of: draft, at: position)
                continue
            }
            guard chunk.isFull else { continue }
            try await take(chunk, into: target, by: actor, &way, &summary)
            chunk = TaskChunk()
            progress(summary)
        }
        if !chunk.drafts.isEmpty { try await take(chunk, into: target, by: actor, &way, &summary) }
        progress(summary)
        return summary
    }

    private func take(
        _ chunk: TaskChunk, into target: IntakeTarget, by actor: Principal.ID, _ way: inout IntakeWay,
        _ summary: inout AddTasksSummary
    ) async throws {
        let (id, requester) = (target.batch.id, target.batch.requester)
        let added = try await way.take(chunk.drafts.count) { way in
            let added = try await market.change {
                try await $0.takeIn(chunk, into: id, of: requester, by: actor, way)
            }
            return (added, added)
        }
        summary.added += added
        summary.unchanged += chunk.drafts.count - added
    }
}

/// A draft batch that takes tasks in, and what its project asks of them.
struct IntakeTarget: Sendable {
    let batch: Batch
    let shape: ProjectShape
    let cleaning: ContentCleaning
}

extension Transaction {
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``BatchRefusal/notDraft(_:)``.
    func intakeTarget(
        _ id: Batch.ID, of requester: Requester.ID, by actor: Principal.ID, through program: (any Deidentifier)? = nil
    ) async throws -> IntakeTarget {
        try await authorizePublisher(actor, for: requester)
        guard let batch = try await batch(id, of: requester) else { throw NotFound("batch") }
        guard batch.state == .draft else { throw BatchRefusal.notDraft(batch.state) }
        guard let project = try await project(batch.project, of: requester) else { throw NotFound("project") }
        return IntakeTarget(
            batch: batch, shape: project.shape,
            cleaning: ContentCleaning(demanded: project.deidentification, program: program)
        )
    }
}

extension Change {
    /// Adds drafts to a batch that nobody else adds to or publishes meanwhile; the batch counts them.
    ///
    /// - Parameter isMinting: whether gold among them is minted, so that its items are known elsewhere.
    /// - Returns: how many were new.
    /// - Throws: ``ContentRefusal``, ``VaultRefusal`` beside the others.
    func takeIn(
        _ chunk: TaskChunk, into id: Batch.ID, of requester: Requester.ID, by actor: Principal.ID, _ way: IntakeWay,
        isMinting: Bool = false
    ) async throws -> Int {
        try await transaction.authorizePublisher(actor, for: requester)
        guard let batch = try await transaction.lockBatch(id, of: requester) else { throw NotFound("batch") }
        guard batch.state == .draft else { throw BatchRefusal.notDraft(batch.state) }
        let key = try await contentKey(for: batch)
        let added =
            switch way {
            case .straight: try await transaction.copyTasks(chunk.drafts, into: batch, ids: identifiers, under: key)
            case .comparing:
                try await transaction.insertTasks(chunk.drafts, into: batch, ids: identifiers, under: key)
            }
        if chunk.hasParties { try await transaction.markTaskParties(of: batch) }
        try await shareOut(chunk, of: batch, isMinting: isMinting)
        if added > 0 {
            try await transaction.countIntake(tasks: added, slots: added * batch.redundancyMost, of: batch)
            try await record(
                "tasks_added", by: actor, on: "batch", id.uuid, in: .requester(requester),
                facts: ["count": .integer(Int64(added))]
            )
        }
        return added
    }
}

extension Change {
    /// Sets gold aside for its turn, and in a packed batch each matter for one worker.
    private func shareOut(_ chunk: TaskChunk, of batch: Batch, isMinting: Bool) async throws {
        let gold = chunk.drafts.filter(\.isGold).map(\.externalKey)
        let matters = Set(chunk.drafts.compactMap(\.matter))
        guard !gold.isEmpty || !matters.isEmpty else { return }
        if !matters.isEmpty { try await transaction.markMatters(of: batch.key) }
        try await transaction.setAsideNew(
            gold: gold, packing: batch.sharing.isPacked ? matters : [], in: batch, ids: identifiers
        )
        if !gold.isEmpty, !isMinting { try await transaction.insertBroughtGold(gold, of: batch) }
    }

    /// What the content of a batch's tasks is sealed under.
    private func contentKey(for batch: Batch) async throws -> ContentKey {
        guard let function = try await transaction.workFunction(of: batch.project, batch.requester) else {
            throw NotFound("project")
        }
        return try await contentKey(of: batch.requester, function)
    }

    /// Which of the drafts the project has differently; adds none.
    func differing(_ drafts: [TaskDraft], from batch: Batch) async throws -> [DifferingTask] {
        try await transaction.differingTasks(
            drafts, from: batch, ids: identifiers, under: try await contentKey(for: batch)
        )
    }

    /// The same, of the drafts that have just gone in.
    func differingIntake(of batch: Batch) async throws -> [DifferingTask] {
        try await transaction.differingIntake(of: batch, under: try await contentKey(for: batch))
    }
}

extension AddTasksSummary {
    fileprivate mutating func note(_ fault: BadInput, of draft: TaskDraft, at position: Int) {
        faultCount += 1
        guard faults.count < 1_000 else { return }
        let name = String(draft.externalKey.prefix(100))
        faults.append(RecordFault(position: "task \(position) (\(name))", reason: fault.message))
    }
}

/// How a chunk of drafts goes in.
enum IntakeWay: Sendable {
    /// Straight into the tables; only for external keys that are all new.
    case straight
    /// By way of temporary tables, so that tasks whose external key is known are passed by.
    case comparing

    /// Takes a chunk in: straight, until a key was known; after a chunk that was all new straight again.
    ///
    /// - Parameter body: a transaction of its own; returns how many drafts were new.
    mutating func take<Result>(
        _ count: Int, _ body: (IntakeWay) async throws -> (added: Int, result: Result)
    ) async throws -> Result {
        if self == .straight {
            do {
                return try await body(.straight).result
            } catch let error as StoreError where error.violatedConstraint == "task_one_per_external_key" {
                self = .comparing
            }
        }
        let (added, result) = try await body(.comparing)
        if added == count { self = .straight }
        return result
    }
}

/// Drafts that go in with one transaction.
struct TaskChunk: Sendable {
    private(set) var drafts: [TaskDraft] = []
    private var bytes = 0

    private(set) var hasParties = false

    var isFull: Bool { drafts.count >= 5_000 || bytes >= 16 << 20 }

    mutating func append(_ draft: TaskDraft) {
        drafts.append(draft)
        hasParties = hasParties || !draft.parties.isEmpty
        bytes +=
            draft.payload.roughSize + draft.referenceAnswers.values.reduce(0) { $0 + $1.roughSize }
            + (draft.suggestion?.answer.roughSize ?? 0)
    }
}

extension JSON {
    /// About how many bytes the value takes.
    fileprivate var roughSize: Int {
        switch self {
        case .null, .bool, .integer: 8
        case .number(let text), .string(let text): text.utf8.count
        case .array(let elements): elements.reduce(8) { $0 + $1.roughSize }
        case .object(let members): members.reduce(8) { $0 + $1.key.utf8.count + $1.value.roughSize }
        }
    }
}
