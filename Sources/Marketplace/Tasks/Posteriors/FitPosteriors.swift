internal import Consensus
internal import Formats
internal import Foundation
internal import Store

/// Estimates all workers and tasks of a project together, from all its answers, and puts what it found in the place of
/// what the online steps had come to: the tables of its workers, the posteriors of its tasks, and what is known of all
/// together.
///
/// Everything is read in one snapshot; what is written is written by parts, each in a transaction of its own, beside
/// people who go on handing in. A table becomes what was found plus what was counted since the snapshot, so that no
/// answer is lost; a posterior that has changed since is left to the next fit.
package struct FitPosteriors: Sendable {
    /// So many tasks with new answers are the least that a fit is made for, unless the last was a day ago.
    static let tasksMin = 50
    /// Answers that one fit takes in, those of the newest tasks: about 200 MB.
    package static let answersMax = 2_000_000
    /// Rows in one piece.
    static let pageSize = 1_000

    let market: Market

    package init(market: Market) { self.market = market }

    /// One project, if one is due. Several may run at once: a project is fitted by one at a time.
    ///
    /// - Returns: how many projects were fitted: 0 or 1.
    /// - Throws: ``ContentRefusal``; ``VaultRefusal``.
    package func callAsFunction() async throws -> Int {
        guard let due = try await market.database.read({ try await $0.projectsToFit(limit: 1) }).first else { return 0 }
        return try await fit(due) ? 1 : 0
    }

    private func fit(_ due: ProjectToFit) async throws -> Bool {
        guard let classes = AnswerClasses(due.shape),
            let version = try await market.log({
                try await $0.transaction.beginFit(of: due.project, due.requester)
            })
        else { return false }
        let read = try await market.database.read(isolation: .repeatableRead) { transaction in
            let key = try await transaction.presentKey(of: due.requester, due.function, in: market.keys)
            return try await transaction.labelsToFit(of: due, classes, key, in: market.keys)
        }
        let labels = try Labels(
            itemCount: read.tasks.count, workerCount: read.workers.count, answerCount: classes.names.count,
            labels: read.labels)
        let found = try FittedProject(labels, gold: read.gold, version: version)
        guard try await write(found, read, of: due, classes) else { return false }
        return try await market.log { change in
            guard try await change.transaction.holdFit(version, of: due.project, due.requester),
                let key = try await change.presentKey(of: due.requester, due.function)
            else { return false }
            let sealed = try key.seal(found.world.json, as: .fit(version, of: due.project))
            try await change.transaction.finishFit(found.record, sealed, of: due.project, due.requester)
            return true
        }
    }

    /// - Returns: false when another fit took over.
    private func write(
        _ found: FittedProject, _ read: LabelsRead, of due: ProjectToFit, _ classes: AnswerClasses
    ) async throws -> Bool {
        let workers = read.workers.indices.sorted { read.workers[$0] < read.workers[$1] }
        for start in stride(from: 0, to: workers.count, by: Self.pageSize) {
            let page = Array(workers[start..<min(start + Self.pageSize, workers.count)])
            let isHeld = try await market.log { change in
                try await change.rewriteTables(page, found, read, of: due, classes)
            }
            guard isHeld else { return false }
        }
        let tasks = read.tasks.indices.sorted { read.tasks[$0] < read.tasks[$1] }
        for start in stride(from: 0, to: tasks.count, by: Self.pageSize) {
            let page = Array(tasks[start..<min(start + Self.pageSize, tasks.count)])
            let isHeld = try await market.log { change in
                try await change.rewritePosteriors(page, found, read, of: due)
            }
            guard isHeld else { return false }
        }
        return true
    }
}

/// What a full fit reads.
struct LabelsRead: Sendable {
    /// By their codes.
    var tasks: [WorkTask.ID] = []
    var revisions: [Int64] = []
    var workers: [Worker.ID] = []
    var codes: [Worker.ID: Int32] = [:]
    var labels: [Label] = []
    /// The tables as they stood, by the workers' codes.
    var tables: [Int32: WorkerTable] = [:]
    /// Known answers, by the tasks' codes.
    var gold: [Int32: Int32] = [:]

    fileprivate mutating func code(of worker: Worker.ID) -> Int32 {
        if let code = codes[worker] { return code }
        let code = Int32(clamping: workers.count)
        workers.append(worker)
        codes[worker] = code
        return code
    }
}

/// What a full fit found.
struct FittedProject: Sendable {
    let world: LabelWorld
    let tables: [ConfusionTable]
    let fit: Fit
    let record: FitRecord

    /// - Throws: ``LabelsFault``.
    init(_ labels: Labels, gold: [Int32: Int32], version: Int) throws(LabelsFault) {
        fit = try DawidSkene(prior: Double(labels.answerCount)).fit(labels)
        let isMeasured = gold.count >= MethodChoice.goldMin
        world = LabelWorld(labels, fit, calibration: isMeasured ? Calibration(fit, gold: gold) : Calibration())
        tables = try labels.confusionTables(fit)
        let warnings = Set(labels.warnings(about: fit, gold: isMeasured ? gold : [:]).map(\.code))
        // A confidence that is too high is what the calibration takes away.
        let hindering = isMeasured ? warnings.subtracting(["over_confident"]) : warnings
        record = FitRecord(
            version: version, tasks: labels.itemCount, workers: labels.workerCount, answers: labels.all.count,
            warnings: warnings.sorted(), isTrusted: hindering.isEmpty)
    }
}

extension Transaction {
    /// All answers of a project that were weighed, the newest tasks first, and the tables of its workers; to be read in
    /// one snapshot.
    fileprivate func labelsToFit(
        of due: ProjectToFit, _ classes: AnswerClasses, _ key: ContentKey?, in ring: KeyRing?
    ) async throws -> LabelsRead {
        var read = LabelsRead()
        guard let key else { return read }
        var lastWorker: Worker.ID?
        repeat {
            let page = try await tables(
                of: due.project, due.requester, after: lastWorker, limit: FitPosteriors.pageSize)
            for stored in page {
                read.tables[read.code(of: stored.worker)] = try stored.opened(classes, key, in: due.project)
            }
            lastWorker = page.last?.worker
        } while lastWorker != nil
        var lastTask: WorkTask.ID?
        repeat {
            let page = try await posteriors(
                of: due.project, due.requester, before: lastTask, limit: FitPosteriors.pageSize)
            for stored in page { try read.add(stored, stored.evidence(key)) }
            let known = try await knownAnswers(of: page.map(\.task), due.requester, in: ring)
            for (place, stored) in page.enumerated() {
                guard let answer = known[stored.task]?["gold"], let truth = classes.place(of: answer) else { continue }
                read.gold[Int32(clamping: read.tasks.count - page.count + place)] = Int32(clamping: truth)
            }
            lastTask = page.last?.task
        } while lastTask != nil && read.labels.count < FitPosteriors.answersMax
        return read
    }
}

extension LabelsRead {
    fileprivate mutating func add(_ stored: StoredPosterior, _ evidence: TaskEvidence?) throws {
        let item = Int32(clamping: tasks.count)
        tasks.append(stored.task)
        revisions.append(stored.revision)
        for voice in evidence?.voices ?? [] {
            guard let place = voice.place else { continue }
            labels.append(Label(item: item, worker: code(of: voice.worker), answer: Int32(clamping: place)))
        }
    }
}

extension Change {
    /// - Returns: false when another fit took over.
    fileprivate func rewriteTables(
        _ page: [Int], _ found: FittedProject, _ read: LabelsRead, of due: ProjectToFit, _ classes: AnswerClasses
    ) async throws -> Bool {
        guard try await transaction.holdFit(found.record.version, of: due.project, due.requester),
            let key = try await presentKey(of: due.requester, due.function)
        else { return false }
        let rows = try await transaction.lockTables(of: page.map { read.workers[$0] }, in: due.project, due.requester)
        let moved = try rows.compactMap { row -> (stored: StoredTable, sealed: Bytes)? in
            guard let code = read.codes[row.worker], row.fit < found.record.version else { return nil }
            var table = try row.opened(classes, key, in: due.project)
            let before = read.tables[code]?.table ?? ConfusionTable(answerCount: classes.names.count)
            table.table = table.table.moved(to: found.tables[Int(code)], since: before)
            table.fit = found.record.version
            return try table.sealed(key, in: due.project)
        }
        try await transaction.updateTables(moved, in: due.project, due.requester)
        return true
    }

    /// - Returns: false when another fit took over.
    fileprivate func rewritePosteriors(
        _ page: [Int], _ found: FittedProject, _ read: LabelsRead, of due: ProjectToFit
    ) async throws -> Bool {
        guard try await transaction.holdFit(found.record.version, of: due.project, due.requester),
            let key = try await presentKey(of: due.requester, due.function)
        else { return false }
        let items = Dictionary(uniqueKeysWithValues: page.map { (read.tasks[$0], $0) })
        let rows = try await transaction.lockPosteriors(
            of: page.map { read.tasks[$0] }, at: page.map { read.revisions[$0] }, due.requester)
        var sealed: [Bytes] = []
        for row in rows {
            guard var evidence = try row.evidence(key), let item = items[row.task] else {
                throw StoreError.unexpectedRowCount(0)
            }
            evidence.move(to: found, item: item, read.codes)
            sealed.append(try key.seal(evidence.json, as: .posterior(of: row.task)))
        }
        try await transaction.rewritePosteriors(
            rows.map(\.task), sealed, fit: found.record.version, due.requester)
        return true
    }
}

extension TaskEvidence {
    /// The same answers by what a full fit has found.
    fileprivate mutating func move(to found: FittedProject, item: Int, _ codes: [Worker.ID: Int32]) {
        fit = found.record.version
        logShares = found.world.logShares.map(Self.millionths)
        let gave = found.fit.distribution(item: item).map(Self.millionths)
        for index in voices.indices {
            guard let place = voices[index].place, let code = codes[voices[index].worker] else { continue }
            voices[index].fit = found.record.version
            voices[index].chances = found.world.logChances(of: place, by: found.tables[Int(code)])
                .map(Self.millionths)
            voices[index].gave = gave
        }
    }
}
