internal import Formats
internal import Foundation
internal import Store

/// Brings the records of a file into a draft batch as tasks, whatever the size of the file.
///
/// In chunks, each a transaction that also moves the run on: an import that was cut off goes on behind its last chunk
/// when the same content comes for the same batch again, and ends with the same counts and faults as one that was not.
/// A record whose external key the batch has with the same content is unchanged; with other content it is a fault, as
/// is one that another batch of the project has. Faulty records do not stop the rest, unless the import is strict: then
/// the whole file is checked first, and one faulty record refuses it.
package struct ImportTasks: Sendable {
    /// The most records of a strict import: their keys are compared in memory.
    package static let strictMax = 1_000_000

    let market: Market
    let recordsPerChunk: Int
    let deidentifier: (any Deidentifier)?

    /// - Parameter deidentifier: every payload and known answer passes through it first.
    package init(market: Market, recordsPerChunk: Int = 5_000, deidentifier: (any Deidentifier)? = nil) {
        self.market = market
        self.deidentifier = deidentifier
        self.recordsPerChunk = max(1, recordsPerChunk)
    }

    /// - Parameter progress: told after each chunk.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``BatchRefusal/notDraft(_:)``; ``ImportRefusal``; `FormatError` when
    ///   the file cannot be read further: what was taken in before stays, and the run can be resumed.
    package func callAsFunction(
        _ file: TaskFile, to batch: Batch.ID, of requester: Requester.ID, by actor: Principal.ID,
        isStrict: Bool = false, progress: (ImportCounts) -> Void = { _ in }
    ) async throws -> ImportReport {
        let target = try await market.database.read {
            try await $0.intakeTarget(batch, of: requester, by: actor, through: deidentifier)
        }
        let hash = try Digest(ofAll: file.open())
        let begun = try await market.database.read {
            try await $0.runningImport(of: hash, file.format, into: target.batch)
        }
        if isStrict, begun == nil { try await check(file, target, actor) }
        let resumedAfter = begun?.counts.records ?? 0
        // A file of which not even the beginning can be read leaves no run behind that would never end.
        let chunks = try ChunksAhead(
            ImportChunks(file, target, recordsPerChunk: recordsPerChunk, after: resumedAfter))
        var run = try await begin(file, hash, target, actor, begun)
        var way = IntakeWay.straight
        var read = try await chunks.next()
        while let chunk = read {
            try Task.checkCancellation()
            // While the database takes this one in, the next one is read and checked.
            async let next = chunks.next()
            run.counts = try await way.take(chunk.tasks.drafts.count) { [run] in
                try await take(chunk, run, target, actor, $0)
            }
            progress(run.counts)
            read = try await next
        }
        return try await end(run, target, actor, resumedAfter)
    }

    private func begin(
        _ file: TaskFile, _ hash: Digest, _ target: IntakeTarget, _ actor: Principal.ID, _ begun: ImportRun?
    ) async throws -> ImportRun {
        if let begun { return begun }
        return try await market.change { change in
            try await change.transaction.authorizePublisher(actor, for: target.batch.requester)
            guard
                let run = try await change.transaction.insertImport(
                    change.make(), of: file, hash, into: target.batch, by: actor
                )
            else { throw ImportRefusal.underWay }
            try await change.record(
                "task_import_begun", by: actor, on: "batch", target.batch.id.uuid,
                in: .requester(target.batch.requester),
                facts: ["import": .string("\(run.id)"), "source_hash": .string(hash.hexadecimal)]
            )
            return run
        }
    }

    /// Takes a chunk in and moves the run on, in one transaction.
    private func take(
        _ chunk: ImportChunk, _ run: ImportRun, _ target: IntakeTarget, _ actor: Principal.ID, _ way: IntakeWay
    ) async throws -> (added: Int, result: ImportCounts) {
        let batch = target.batch
        return try await market.change { change in
            let transaction = change.transaction
            let added =
                chunk.tasks.drafts.isEmpty
                ? 0 : try await change.takeIn(chunk.tasks, into: batch.id, of: batch.requester, by: actor, way)
            var faults = chunk.faults
            if added < chunk.tasks.drafts.count {
                faults += chunk.faults(of: try await change.differingIntake(of: batch))
            }
            let counts = ImportCounts(
                added: added, unchanged: chunk.records - added - faults.count, faulty: faults.count
            )
            guard try await transaction.moveImport(run, of: batch.requester, by: counts) else {
                throw ImportRefusal.underWay
            }
            faults.sort { ($0.line, $0.pointer) < ($1.line, $1.pointer) }
            try await transaction.insertFaults(faults, of: run, batch.requester)
            try await change.record(
                "task_import_moved", by: actor, on: "batch", batch.id.uuid, in: .requester(batch.requester),
                facts: ["import": .string("\(run.id)"), "records": .integer(Int64(chunk.records))]
            )
            return (added, run.counts + counts)
        }
    }

    private func end(
        _ run: ImportRun, _ target: IntakeTarget, _ actor: Principal.ID, _ resumedAfter: Int
    ) async throws -> ImportReport {
        let requester = target.batch.requester
        return try await market.change { change in
            try await change.transaction.authorizePublisher(actor, for: requester)
            guard let done = try await change.transaction.endImport(run, of: requester) else {
                throw ImportRefusal.underWay
            }
            try await change.record(
                "task_import_ended", by: actor, on: "batch", run.batch.uuid, in: .requester(requester),
                facts: [
                    "import": .string("\(run.id)"), "added": .integer(Int64(done.counts.added)),
                    "unchanged": .integer(Int64(done.counts.unchanged)), "faulty": .integer(Int64(done.counts.faulty)),
                ]
            )
            let faults = try await change.transaction.importFaults(of: run.id, requester)
            return ImportReport(run: done, resumedAfter: resumedAfter, faults: faults)
        }
    }

    /// The first pass of a strict import: reads everything, changes nothing.
    private func check(_ file: TaskFile, _ target: IntakeTarget, _ actor: Principal.ID) async throws {
        var chunks = try ImportChunks(file, target, recordsPerChunk: recordsPerChunk, after: 0)
        var known: [Digest: Digest] = [:]
        var (count, first): (Int, [TaskRecordFault]) = (0, [])
        while let chunk = try chunks.next() {
            try Task.checkCancellation()
            var faults = chunk.faults
            for (draft, lines) in zip(chunk.tasks.drafts, chunk.lines) {
                let content = draft.contentDigest
                let key = Digest(of: draft.externalKey)
                if known[key, default: content] != content { faults += lines.map(TaskRecordFault.taken) }
                known[key] = known[key] ?? content
            }
            guard known.count <= Self.strictMax else { throw ImportRefusal.tooManyForStrict }
            let differing = try await market.log { [batch = target.batch] change in
                try await change.differing(chunk.tasks.drafts, from: batch)
            }
            let told = Set(faults.map(\.line))
            faults += chunk.faults(of: differing).filter { !told.contains($0.line) }
            faults.sort { ($0.line, $0.pointer) < ($1.line, $1.pointer) }
            count += faults.count
            first += faults.prefix(ImportRun.faultsMax - first.count)
        }
        if count > 0 { throw ImportRefusal.faulty(count: count, first: first) }
    }
}
