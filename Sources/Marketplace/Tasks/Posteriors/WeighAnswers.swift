internal import Consensus
internal import Formats
internal import Foundation
internal import Store

/// What the answers to a task come to, with what is known of the project's workers together.
struct WeighedTask: Sendable {
    let evidence: TaskEvidence
    let world: LabelWorld
    /// The version of the newest full fit; 0 before the first.
    let fit: Int
    /// Whether the newest full fit may decide: there is one, and nothing warns of it.
    let isTrusted: Bool
}

extension Change {
    /// Brings a task's posterior, and the tables of its workers, in line with the answers that count: what came is
    /// taken in by the online step, what went is taken out as it was taken in. Doing it twice is the same as once, and
    /// whatever was left undone is done with it.
    ///
    /// It locks the task's row and then rows of workers in this project, in their order: nobody who hands in to another
    /// task waits, and no claim does.
    ///
    /// - Throws: ``VaultRefusal``.
    @discardableResult
    func weighAnswers(
        to task: WorkTask.ID, in project: Project.ID, _ classes: AnswerClasses, _ key: ContentKey
    ) async throws -> WeighedTask {
        let requester = key.requester
        let stored = try await transaction.lockPosterior(of: task, in: project, requester)
        let (answers, found) = try await transaction.answersToWeigh(of: task, in: project, requester)
        let (world, fit) = try LabelWorld.kept(found, classes, key, in: project)
        let isTrusted = try found?["is_trusted"] ?? false
        var evidence = try stored.evidence(key) ?? TaskEvidence(world, fit: fit)
        let counted = Set(answers.map { VoiceMark($0.assignment, $0.mark) })
        let gone = evidence.voices.filter { !counted.contains(VoiceMark($0.assignment, $0.mark)) }
        let known = Set(evidence.voices.map { VoiceMark($0.assignment, $0.mark) })
        let come = answers.filter { !known.contains(VoiceMark($0.assignment, $0.mark)) }
        guard stored.sealed == nil || !gone.isEmpty || !come.isEmpty else {
            try await transaction.clearStale(task, requester)
            return WeighedTask(evidence: evidence, world: world, fit: fit, isTrusted: isTrusted)
        }
        let rows = try await transaction.lockTables(
            of: Array(Set(gone.map(\.worker) + come.map(\.worker))), in: project, requester)
        var tables = try rows.reduce(into: [Worker.ID: WorkerTable]()) {
            $0[$1.worker] = try $1.opened(classes, key, in: project)
        }
        for voice in gone {
            tables[voice.worker]?.count(voice, weight: -1)
            evidence.voices.removeAll { $0 == voice }
        }
        for answer in come {
            let given = try answer.content.opened(by: key, as: .answer(to: answer.assignment))
            evidence.hear(answer, classes.place(of: given), world, &tables)
        }
        try await transaction.updatePosterior(
            of: task, requester, try key.seal(evidence.json, as: .posterior(of: task)),
            answers: evidence.voices.count, fit: evidence.fit)
        try await transaction.updateTables(
            try rows.compactMap { try tables[$0.worker]?.sealed(key, in: project) }, in: project, requester)
        return WeighedTask(evidence: evidence, world: world, fit: fit, isTrusted: isTrusted)
    }
}

extension Change {
    /// The same of a project's task; `nil` for kinds without classes, and where nothing was ever sealed.
    ///
    /// - Throws: ``ContentRefusal``; ``VaultRefusal``.
    func weighAnswers(to task: WorkTask.ID, in project: Project) async throws -> WeighedTask? {
        guard let classes = AnswerClasses(project.shape),
            let key = try await presentKey(of: project.requester, project.function)
        else { return nil }
        return try await weighAnswers(to: task, in: project.id, classes, key)
    }
}

/// Which version of which answer.
private struct VoiceMark: Hashable {
    let assignment: Assignment.ID
    let mark: String

    init(_ assignment: Assignment.ID, _ mark: String) { (self.assignment, self.mark) = (assignment, mark) }
}

extension TaskEvidence {
    /// Takes an answer in, by its worker's table as it stands, and then counts it in that table.
    fileprivate mutating func hear(
        _ answer: CountedAnswer, _ place: Int?, _ world: LabelWorld, _ tables: inout [Worker.ID: WorkerTable]
    ) {
        guard let table = tables[answer.worker] else { return }
        var voice = Voice(
            assignment: answer.assignment, worker: answer.worker, mark: answer.mark, place: place, fit: table.fit,
            chances: [], gave: [])
        if let place {
            voice.chances = world.logChances(of: place, by: table.table).map(Self.millionths)
            voices.append(voice)
            voice.gave = posterior.map(Self.millionths)
            voices[voices.count - 1] = voice
            tables[answer.worker]?.count(voice, weight: 1)
        } else {
            voices.append(voice)
        }
    }
}

extension WorkerTable {
    fileprivate mutating func count(_ voice: TaskEvidence.Voice, weight: Double) {
        guard let place = voice.place else { return }
        table.count(place, voice.gave.map(TaskEvidence.number), weight: weight)
        answers = max(answers + (weight > 0 ? 1 : -1), 0)
    }

    func sealed(_ key: ContentKey, in project: Project.ID) throws -> (stored: StoredTable, sealed: Bytes) {
        let sealed = try key.seal(table.json, as: .confusions(of: worker, in: project))
        return (StoredTable(worker: worker, sealed: nil, fit: fit, answers: answers), sealed)
    }
}

extension StoredTable {
    /// - Throws: ``VaultRefusal``.
    func opened(_ classes: AnswerClasses, _ key: ContentKey, in project: Project.ID) throws -> WorkerTable {
        var table = ConfusionTable(answerCount: classes.names.count)
        if let sealed {
            let json = try key.open(sealed, as: .confusions(of: worker, in: project))
            guard let kept = ConfusionTable(json, answerCount: classes.names.count) else {
                throw VaultRefusal.unreadable
            }
            table = kept
        }
        return WorkerTable(worker: worker, table: table, fit: fit, answers: answers)
    }
}

extension StoredPosterior {
    /// `nil` where nothing was weighed yet.
    /// - Throws: ``VaultRefusal``.
    func evidence(_ key: ContentKey) throws -> TaskEvidence? {
        guard let sealed else { return nil }
        guard let evidence = TaskEvidence(try key.open(sealed, as: .posterior(of: task))) else {
            throw VaultRefusal.unreadable
        }
        return evidence
    }
}

extension LabelWorld {
    /// Of a row of `label_fit`; what is assumed where there is none.
    /// - Throws: ``VaultRefusal``.
    static func kept(
        _ row: Row?, _ classes: AnswerClasses, _ key: ContentKey, in project: Project.ID
    ) throws -> (world: LabelWorld, fit: Int) {
        guard let row, let sealed: Bytes = try row["sealed"] else {
            return (LabelWorld(answerCount: classes.names.count), 0)
        }
        let fit: Int = try row["version"]
        guard let world = LabelWorld(try key.open(sealed, as: .fit(fit, of: project))),
            world.answerCount == classes.names.count
        else { throw VaultRefusal.unreadable }
        return (world, fit)
    }
}

/// Weighs the answers of tasks anew whose answers have changed in another way than by a hand-in: one was rejected, or
/// counts again after an appeal, or is from before answers were weighed.
package struct ReweighAnswers: Sendable {
    /// Tasks in one piece, each in a transaction of its own.
    package static let most = 100

    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded piece. Several may run at once: doing it twice is the same as once.
    ///
    /// - Returns: how many tasks were found; as many as ``most`` mean that there may be more.
    /// - Throws: ``ContentRefusal/keysMissing``; ``VaultRefusal``.
    package func callAsFunction() async throws -> Int {
        let tasks = try await market.database.read { try await $0.staleTasks(limit: Self.most) }
        for row in tasks {
            let (requester, task): (Requester.ID, WorkTask.ID) = (try row["requester_id"], try row["task_id"])
            let (project, function): (Project.ID, WorkFunction) = (try row["project_id"], try row["function"])
            guard let classes = AnswerClasses(try ProjectShape(row: row)) else { continue }
            try await market.log { change in
                guard let key = try await change.presentKey(of: requester, function) else { return }
                try await change.weighAnswers(to: task, in: project, classes, key)
            }
        }
        return tasks.count
    }
}
