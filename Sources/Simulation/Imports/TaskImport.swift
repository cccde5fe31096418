internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

/// What a source of tasks yields.
enum SourceItem: Sendable {
    case draft(TaskDraft, remarks: [RecordFault])
    case fault(RecordFault)
}

/// Records of a file as tasks, one at a time.
protocol TaskSource: AnyObject {
    /// - Returns: `nil` at the end.
    func next() throws -> SourceItem?
}

/// Brings the tasks of files into a project and publishes them, in as many batches as it takes.
///
/// The files are read twice: first to learn how many tasks are new, since that is what a batch must cost, then to add
/// them. What the project knows is left as it is, so importing twice adds nothing; a draft that an import left behind
/// when it was cut off is completed and published first.
struct TaskImport {
    /// No batch is larger.
    static let tasksPerBatchMax = 1_000_000

    let market: Market
    let label: String
    let project: Project.ID
    let requester: Requester.ID
    let publisher: Principal.ID
    let settings: ImportSettings
    /// Makes the draft of a batch: name, budget.
    let draft: (String, Money) -> BatchDraft
    /// Opens the files at their beginning.
    let open: () throws -> any TaskSource
    let progress: ProgressReport

    func run() async throws -> ImportSummary {
        var tally = ImportSummary(label: label)
        let fresh = try await countNew(&tally)
        let drafts = FreshDrafts(self, source: try open(), reports: false, total: tally.read)
        var left = fresh
        if let begun = try await begunBatch() {
            let room = min(begun.room, left)
            try await fill(begun.batch, from: drafts, count: room, &tally)
            left -= room
        }
        while left > 0 {
            let count = min(left, Self.tasksPerBatchMax)
            try await fill(try await newBatch(tasks: count), from: drafts, count: count, &tally)
            left -= count
        }
        progress(tally.read, tally.read, "adding \(label)")
        return tally
    }

    /// The first pass: counts, faults and remarks.
    private func countNew(_ tally: inout ImportSummary) async throws -> Int {
        let drafts = FreshDrafts(self, source: try open(), reports: true, total: nil)
        var iterator = drafts.makeAsyncIterator()
        var fresh = 0
        while try await iterator.next() != nil { fresh += 1 }
        tally = drafts.state.summary
        return fresh
    }

    private func fill(
        _ batch: Batch.ID, from drafts: FreshDrafts, count: Int, _ tally: inout ImportSummary
    ) async throws {
        drafts.state.left = count
        let added = try await AddTasks(market: market)(drafts, to: batch, of: requester, by: publisher)
        tally.added += added.added
        tally.unchanged += added.unchanged
        tally.note(faults: added.faults, of: added.faultCount)
        let found = try await market.database.read { [requester] in try await $0.batch(batch, of: requester) }
        guard let found, found.taskCount > 0 else { return }
        let held = try await PublishBatch(market: market)(batch, of: requester, by: publisher)
        tally.releases.append(
            ImportSummary.Release(
                batch: batch, name: found.name, tasks: found.taskCount, held: held, budget: found.budget)
        )
    }

    /// The draft that an earlier import left, and how many more tasks its budget bears.
    private func begunBatch() async throws -> (batch: Batch.ID, room: Int)? {
        try await market.database.read { [project, requester] transaction in
            guard let id = try await transaction.draftBatch(in: project, of: requester),
                let batch = try await transaction.batch(id, of: requester)
            else { return nil }
            let each = try batch.worstCaseOfOne
                .adding(batch.mostPay.share(basisPoints: batch.topUpBasisPoints))
                .multiplied(by: batch.redundancy)
            let most = Int(batch.budget.minorUnits / max(1, each.minorUnits))
            return (id, max(0, most - batch.taskCount))
        }
    }

    private func newBatch(tasks: Int) async throws -> Batch.ID {
        let number = try await market.database.read { [project, requester] in
            try await $0.batchCount(in: project, of: requester) + 1
        }
        let one = draft("probe", try Money(1, SimulationCurrency.dollars))
        let task = try one.rateTask(settings.taskKind)
        let resolution = try await market.database.read { try await $0.resolveRate(task, at: $0.instant) }
        guard case .resolved(let resolved) = resolution else { throw BatchRefusal.noRate }
        let pay = resolved.pay
        let worstCase = try pay.adding(pay.share(basisPoints: settings.feeBasisPoints))
            .multiplied(by: settings.redundancy).multiplied(by: tasks)
        let budget = try worstCase.adding(worstCase.share(basisPoints: settings.marginBasisPoints))
        return try await CreateBatch(market: market)(draft("\(label) \(number)", budget), of: requester, by: publisher)
    }
}

/// The drafts of a source that the project does not have yet; asked about by the hundred.
struct FreshDrafts: AsyncSequence {
    typealias Element = TaskDraft

    /// Where the reading stands; shared by all iterators, so that one goes on where another stopped.
    final class State {
        let source: any TaskSource
        var summary: ImportSummary
        /// How many more may be yielded; the source keeps the rest.
        var left = Int.max
        var waiting: [TaskDraft] = []
        var isAtEnd = false
        var seen: Set<String> = []

        init(source: any TaskSource, label: String) {
            self.source = source
            summary = ImportSummary(label: label)
        }
    }

    let task: TaskImport
    let reports: Bool
    let total: Int?
    let state: State

    init(_ task: TaskImport, source: any TaskSource, reports: Bool, total: Int?) {
        self.task = task
        self.reports = reports
        self.total = total
        state = State(source: source, label: task.label)
    }

    func makeAsyncIterator() -> Iterator { Iterator(drafts: self) }

    struct Iterator: AsyncIteratorProtocol {
        let drafts: FreshDrafts

        mutating func next() async throws -> TaskDraft? {
            let state = drafts.state
            guard state.left > 0 else { return nil }
            while state.waiting.isEmpty, !state.isAtEnd { try await drafts.refill() }
            guard let draft = state.waiting.popLast() else { return nil }
            state.left -= 1
            return draft
        }
    }

    private func refill() async throws {
        var page: [TaskDraft] = []
        while page.count < 100 {
            guard let item = try state.source.next() else {
                state.isAtEnd = true
                break
            }
            state.summary.read += 1
            switch item {
            case .fault(let fault): state.summary.note(fault: fault)
            case .draft(let draft, let remarks):
                remarks.forEach { state.summary.note(remark: $0) }
                if state.seen.insert(draft.externalKey).inserted {
                    page.append(draft)
                } else {
                    let reason = "another record of the files has the same name"
                    state.summary.note(fault: RecordFault(position: draft.externalKey, reason: reason))
                }
            }
        }
        let keys = page.map(\.externalKey)
        let known = try await task.market.database.read { [project = task.project, requester = task.requester] in
            try await $0.knownTasks(keys, in: project, of: requester)
        }
        state.summary.unchanged += known.count
        state.waiting = page.filter { !known.contains($0.externalKey) }.reversed()
        task.progress(state.summary.read, total, reports ? "reading \(task.label)" : "adding \(task.label)")
    }
}
