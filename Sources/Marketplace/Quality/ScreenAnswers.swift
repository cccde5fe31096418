internal import Consensus
internal import Formats
package import Foundation
internal import Store

/// Looks through the answers to each batch (``Consensus/AnswerScreen``) and puts what is unusual into the people's
/// queue. Nothing else follows from it. Nobody is shown what tasks are about: the program looks for phrases that a
/// worker's deviations hang on, and evidence names the tasks, not the phrase.
package struct ScreenAnswers: Sendable {
    /// Answers, and bytes of them, that are compared at once.
    static let answersMax = 20_000
    static let bytesMax = 64 << 20
    /// Of larger contents no phrases are looked for.
    static let contentMax = 64 << 10
    /// How long after its end a batch is looked through.
    static let daysBack = 14
    /// A little less than a day, so that a round that is late does not pass a day over.
    package static let usualPeriod: TimeInterval = 23 * 3_600
    /// After which a pass that was left midway is gone on with.
    static let midwaySeconds: TimeInterval = 600
    let market: Market
    /// How many tasks of a batch are a piece.
    private let tasksMax: Int

    package init(market: Market, tasksMax: Int = 2_000) { (self.market, self.tasksMax) = (market, tasksMax) }

    /// What a piece of screening came to.
    package struct Outcome: Hashable, Sendable {
        package let pieces: Int
        /// Cases that are new, and open ones that have more evidence now.
        package let opened: Int
        package let extended: Int
        /// Whether there may be more batches to look at.
        package let hasMore: Bool

        static let nothing = Outcome(pieces: 0, opened: 0, extended: 0, hasMore: false)
    }

    /// Takes one batch whose turn it is, so that several may do it at once and none is looked at twice, and looks at
    /// up to so many pieces of it: each is read in one transaction, and what was found is written in another, with how
    /// far it went. What is cut off goes on from there. The same answers again change nothing.
    ///
    /// - Parameters:
    ///   - most: how many pieces, 1 to 1,000.
    ///   - every: seconds from one pass over a batch to its next, 0 to a year.
    ///   - actor: an operator; the scheduler.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(
        most: Int = 20, every: TimeInterval = usualPeriod, by actor: Principal.ID
    ) async throws -> Outcome {
        guard (1...1_000).contains(most) else { throw BadInput("most", "must be 1 to 1,000") }
        guard (0...366 * 86_400).contains(every) else { throw BadInput("every", "must be 0 to 366 days") }
        let taken = try await market.database.transaction { transaction in
            try await transaction.authorize(actor, as: .operator)
            return try await transaction.takeScreenedBatch(every: every)
        }
        guard var place = taken else { return .nothing }
        var (pieces, opened, extended) = (0, 0, 0)
        while pieces < most {
            let piece = try await piece(at: place)
            let suspicions = try Self.suspicions(in: piece)
            guard let put = try await write(suspicions, of: piece, by: actor) else { break }
            pieces += 1
            opened += put.opened
            extended += put.extended
            guard let end = piece.end else { break }
            place.through = end
        }
        return Outcome(pieces: pieces, opened: opened, extended: extended, hasMore: true)
    }

    private func piece(at place: ScreenedPlace) async throws -> ScreenedPiece {
        try await market.database.read { transaction in
            guard let project = try await transaction.project(place.project, of: place.batch.requester) else {
                throw NotFound("project")
            }
            let tasks = try await transaction.tasks(of: place.batch, after: place.through, limit: tasksMax)
            var found = try await transaction.screenedAnswers(
                to: tasks, of: place.batch.requester, project.function, limit: Self.answersMax, bytes: Self.bytesMax)
            var end = tasks.count == tasksMax ? tasks.last : nil
            // What did not fit comes with the next piece, whole tasks at a time.
            if found.isCut, let last = found.answers.last?.task {
                let whole = found.answers.filter { $0.task != last }
                if !whole.isEmpty { found.answers = whole }
                end = found.answers.last?.task
            } else if end == nil, tasks.count < tasksMax {
                // The batch alone may be too little to tell: what else was answered in the project stands beside it.
                let others = try await transaction.tasksBeside(place, limit: tasksMax - tasks.count)
                let beside = try await transaction.screenedAnswers(
                    to: others, of: place.batch.requester, project.function,
                    limit: Self.answersMax - found.answers.count, bytes: Self.bytesMax / 2)
                let cut = beside.isCut ? beside.answers.last?.task : nil
                found.answers += beside.answers.filter { $0.task != cut }
            }
            var key: ContentKey?
            do {
                key = try await transaction.presentKey(of: place.batch.requester, project.function, in: market.keys)
            } catch is ContentRefusal {
                // What cannot be read any more is not screened.
                return ScreenedPiece(
                    place: place, tasks: [], shape: project.shape, answers: [], known: [:], flagged: [], phrases: [:],
                    end: end)
            }
            let opened = try found.answers.map { stored in
                (stored, try stored.content.opened(by: key, as: .answer(to: stored.assignment)))
            }
            let gold = Array(Set(found.answers.filter(\.isGold).map(\.task)))
            let known = try await transaction.knownAnswers(of: gold, place.batch.requester, in: market.keys)
            var phrases: [WorkTask.ID: [UInt64]] = [:]
            let read = Array(Set(found.answers.filter { $0.bytesToRead <= Self.contentMax }.map(\.task))).sorted()
            for start in stride(from: 0, to: read.count, by: 200) {
                let some = Array(read[start..<min(start + 200, read.count)])
                for row in try await transaction.storedContents(of: some, place.batch.requester, project.function) {
                    let task: WorkTask.ID = try row["task_id"]
                    guard let stored = try StoredContent(row: row, "payload") else { continue }
                    phrases[task] = PhraseFeatures.marks(
                        of: try stored.opened(by: key, as: .payload(of: task)).texts.joined(separator: " "))
                }
            }
            let all = Array(Set(tasks + found.answers.map(\.task)))
            return ScreenedPiece(
                place: place, tasks: Set(tasks), shape: project.shape, answers: opened, known: known,
                flagged: try await transaction.canariesFlagged(among: all, place.batch.requester),
                phrases: phrases, end: end)
        }
    }

    /// - Returns: `nil` where somebody else has gone on from there.
    private func write(
        _ suspicions: [QualitySuspicion], of piece: ScreenedPiece, by actor: Principal.ID
    ) async throws -> (opened: Int, extended: Int)? {
        try await market.change { change in
            let (transaction, batch) = (change.transaction, piece.place.batch)
            guard try await transaction.moveScreened(batch, from: piece.place.through, to: piece.end) else {
                return nil
            }
            var (opened, extended) = (0, 0)
            for suspicion in suspicions {
                guard let put = try await transaction.putEvidence(suspicion, in: batch, id: change.make()) else {
                    continue
                }
                if put.isNew { opened += 1 } else { extended += 1 }
                guard put.isNew else { continue }
                try await change.record(
                    "quality_case_opened", by: actor, on: "quality_case", put.id.uuid, in: .requester(batch.requester),
                    facts: ["signal": .string(suspicion.signal.rawValue), "batch": .string("\(batch.id)")])
                for person in try await transaction.operatorsToTell() {
                    try await transaction.tell(
                        person, kind: "quality_case_opened",
                        facts: [
                            "case": .string("\(put.id)"), "signal": .string(suspicion.signal.rawValue),
                            "requester": .string("\(batch.requester)"), "batch": .string("\(batch.id)"),
                        ],
                        id: change.make(), dedupKey: "quality_case:\(put.id)")
                }
            }
            try await change.record(
                "answers_screened", by: actor, on: "batch", batch.id.uuid, in: .requester(batch.requester),
                facts: [
                    "answers": .integer(Int64(piece.answers.count)), "opened": .integer(Int64(opened)),
                    "extended": .integer(Int64(extended)),
                ])
            return (opened, extended)
        }
    }
}

/// A batch under the screens, and the last task of the piece before.
struct ScreenedPlace: Sendable {
    let batch: Batch.Key
    let project: Project.ID
    var through: WorkTask.ID?
}

/// An answer as it is stored, with what the screens want to know of it.
struct StoredScreenedAnswer: Sendable {
    let task: WorkTask.ID
    let assignment: Assignment.ID
    let worker: Worker.ID
    let submittedAt: Date
    let activeSeconds: Int
    let bytesToRead: Int
    let matter: String?
    let isAsSuggested: Bool?
    let sawSuggestion: Bool
    let isGold: Bool
    /// What is right is to give it back.
    let isCanary: Bool
    let content: StoredContent
}

/// The answers to some tasks of a batch, opened; of a batch with few tasks also those of others of its project.
struct ScreenedPiece: Sendable {
    let place: ScreenedPlace
    /// Of the batch; the others stand beside them.
    let tasks: Set<WorkTask.ID>
    let shape: ProjectShape
    let answers: [(stored: StoredScreenedAnswer, answer: JSON)]
    /// Of gold, by source.
    let known: [WorkTask.ID: [String: JSON]]
    /// Canaries that were given back for a right reason, in the order in which they were.
    let flagged: [(task: WorkTask.ID, worker: Worker.ID, at: Date)]
    /// Hashes of what stands in the tasks.
    let phrases: [WorkTask.ID: [UInt64]]
    /// The last task; `nil` where the pass is over.
    let end: WorkTask.ID?
}

extension ScreenAnswers {
    /// Kinds whose answers are written in words of one's own; those of others quote what they are about.
    private static let written: Set = ["free_text", "reference_answer", "conversation", "red_team"]

    static func suspicions(in piece: ScreenedPiece) throws -> [QualitySuspicion] {
        var (tasks, workers, choices) = (Codes<WorkTask.ID>(), Codes<Worker.ID>(), Codes<Digest>())
        var features = Codes<JSON>()
        let same = piece.shape.sameAnswer
        let isWritten = written.contains(piece.shape.kind.rawValue)
        let sizes = piece.answers.map(\.stored.bytesToRead).sorted()
        let ordered = piece.answers.sorted {
            ($0.stored.submittedAt, $0.stored.assignment) < ($1.stored.submittedAt, $1.stored.assignment)
        }
        var (answers, featuresOfTask, times): ([ScreenedAnswer], [[Int32]], [Date]) = ([], [], [])
        for (stored, answer) in ordered {
            let task = tasks.code(of: stored.task)
            if Int(task) == featuresOfTask.count {
                let smaller = sizes.firstIndex(of: stored.bytesToRead) ?? 0
                var own: [JSON] = []
                if stored.bytesToRead > 0 {
                    own.append(["length_quarter": .integer(Int64(4 * smaller / sizes.count + 1))])
                }
                if let matter = stored.matter { own.append(["matter": .string(matter)]) }
                featuresOfTask.append(own.map { features.code(of: $0) })
            }
            answers.append(
                ScreenedAnswer(
                    item: task, worker: workers.code(of: stored.worker), answer: choices.code(of: same.key(of: answer)),
                    seconds: Double(stored.activeSeconds), characters: stored.bytesToRead,
                    isAsSuggested: stored.isAsSuggested, sawSuggestion: stored.sawSuggestion,
                    text: isWritten ? answer.texts.joined(separator: " ") : "",
                    isRight: stored.isCanary
                        ? false
                        : piece.known[stored.task]?.values.contains { same.key(of: $0) == same.key(of: answer) }))
            times.append(stored.submittedAt)
        }
        // In their place among what the worker handed in.
        for flag in piece.flagged.reversed() {
            let task = tasks.code(of: flag.task)
            if Int(task) == featuresOfTask.count { featuresOfTask.append([]) }
            let place = times.firstIndex { $0 > flag.at } ?? times.count
            answers.insert(
                ScreenedAnswer(
                    item: task, worker: workers.code(of: flag.worker), answer: -1, seconds: 0, isRight: true),
                at: place)
            times.insert(flag.at, at: place)
        }
        let phrases = PhraseFeatures(tasks.values.map { piece.phrases[$0] ?? [] })
        let base = Int32(features.values.count)
        let all = zip(featuresOfTask, phrases.codes).map { own, codes in own + codes.map { base + $0 } }
        return try AnswerScreen(answers, features: all).findings.compactMap { finding in
            // What shows on other batches alone is theirs.
            guard finding.items.contains(where: { piece.tasks.contains(tasks.values[Int($0)]) }) else { return nil }
            var facts = finding.figures.mapValues(number)
            if finding.signal == .targetedBias, let code = finding.figures["feature"] {
                facts["feature"] =
                    code < Double(base)
                    ? features.values[Int(code)]
                    : ["phrase_words": .integer(Int64(phrases.lengths[Int(code) - Int(base)]))]
            }
            return try QualitySuspicion(
                SignalKind(finding.signal), scoreMilli: Int64((finding.score * 1_000).rounded()),
                workers: Set(finding.workers.prefix(QualityCase.workersMax).map { workers.values[Int($0)] }),
                tasks: Set(finding.items.map { tasks.values[Int($0)] }), facts: .object(facts))
        }
    }

    /// Rounded to thousandths, as a number is told to people; what is none is left out as null.
    private static func number(_ value: Double) -> JSON {
        guard value.isFinite, value.magnitude < 1e12 else { return .null }
        return .number(String(format: "%.3f", value))
    }
}

/// Values by their codes, in the order in which they were first met.
private struct Codes<Value: Hashable> {
    private(set) var values: [Value] = []
    private var codes: [Value: Int32] = [:]

    mutating func code(of value: Value) -> Int32 {
        if let code = codes[value] { return code }
        let code = Int32(values.count)
        codes[value] = code
        values.append(value)
        return code
    }
}

extension JSON {
    /// All its texts, by their places.
    fileprivate var texts: [String] {
        switch self {
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(\.texts)
        case .object(let members): members.keys.sorted().flatMap { members[$0]?.texts ?? [] }
        case .null, .bool, .integer, .number: []
        }
    }
}
