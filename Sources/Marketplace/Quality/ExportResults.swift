package import Formats
internal import Foundation
internal import Store

/// Which tasks an export is of.
package enum ExportScope: Sendable {
    case batch(Batch.ID)
    /// All batches of a project, in the order in which they were made.
    case project(Project.ID)
}

/// Which answers an export has.
package enum ExportChoice: String, Sendable, CaseIterable {
    /// Those that were accepted, in part or in full.
    case accepted
    /// These, and those that wait for their review.
    case counted
}

/// What an export came to.
package struct ExportSummary: Hashable, Sendable {
    /// Tasks with at least one answer.
    package internal(set) var tasks = 0
    package internal(set) var results = 0
}

/// Writes the answers to a requester's tasks out, task by task.
///
/// In the order of task ids, a task's answers in the order of its slots: the same answers make the same file. Tasks
/// without an answer are left out; what was destroyed is null. In pages, each a reading on record and at one
/// instant of its own, so that an export never keeps the database from cleaning up; of a batch that is still worked on,
/// later tasks are read later.
package struct ExportResults: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - settings: its choices are found out from the project's schema.
    ///   - write: takes the file in pieces.
    /// - Throws: ``AccessRefusal``, for all but the requester's own and operators; ``NotFound``; ``BadInput``;
    ///   ``ExportRefusal``; ``ContentRefusal``; what `write` throws.
    package func callAsFunction(
        _ scope: ExportScope, of requester: Requester.ID, _ choice: ExportChoice, as settings: ResultWriter.Settings,
        by actor: Principal.ID, to write: ([UInt8]) throws -> Void, progress: (ExportSummary) -> Void = { _ in }
    ) async throws -> ExportSummary {
        if let label = settings.label, !label.isEmpty, !label.hasPrefix("/") {
            throw BadInput("label", "must be a JSON Pointer, such as /answer")
        }
        let project = try await project(of: scope, requester, by: actor)
        var settings = settings
        settings.choices = project.shape.answerSchema.choiceMembers
        var writer = ResultWriter(settings)
        var summary = ExportSummary()
        var batch = try await firstBatch(of: scope, requester)
        while let id = batch {
            var last: WorkTask.ID?
            while true {
                try Task.checkCancellation()
                let page = try await market.log { [last] change in
                    try await change.transaction.authorizePublisher(actor, for: requester)
                    return try await change.resultPage(
                        of: id, requester, project.function, choice, after: last, by: actor
                    )
                }
                for task in page.tasks {
                    writer.append(task)
                    summary.tasks += 1
                    summary.results += task.results.count
                }
                try write(writer.take())
                progress(summary)
                guard let end = page.end else { break }
                last = end
            }
            batch = try await nextBatch(of: scope, requester, after: id)
        }
        writer.finish()
        try write(writer.take())
        return summary
    }

    private func project(of scope: ExportScope, _ requester: Requester.ID, by actor: Principal.ID) async throws
        -> Project
    {
        try await market.database.read { transaction in
            try await transaction.authorizePublisher(actor, for: requester)
            let id: Project.ID
            switch scope {
            case .project(let project): id = project
            case .batch(let batch):
                guard let batch = try await transaction.batch(batch, of: requester) else { throw NotFound("batch") }
                id = batch.project
            }
            guard let project = try await transaction.project(id, of: requester) else { throw NotFound("project") }
            return project
        }
    }

    private func firstBatch(of scope: ExportScope, _ requester: Requester.ID) async throws -> Batch.ID? {
        switch scope {
        case .batch(let id): id
        case .project(let project):
            try await market.database.read { try await $0.batch(of: project, requester, after: nil) }
        }
    }

    private func nextBatch(
        of scope: ExportScope, _ requester: Requester.ID, after last: Batch.ID
    ) async throws -> Batch.ID? {
        switch scope {
        case .batch: nil
        case .project(let project):
            try await market.database.read { try await $0.batch(of: project, requester, after: last) }
        }
    }
}

/// What a requester calls a worker: the same in all its exports, another one for every other requester.
enum WorkerPseudonym {
    /// Shape: `w-` and 16 hexadecimal digits, of the SHA-256 of both ids; those who do not know a worker's id cannot
    /// find it out, since it has 74 random bits.
    static func of(_ worker: Worker.ID, for requester: Requester.ID) -> String {
        "w-" + Digest(of: "\(requester) \(worker)").hexadecimal.prefix(16)
    }
}

extension JSON {
    /// Of an answer schema, the members of the answer that are texts, or lists of texts, out of an `enum`.
    fileprivate var choiceMembers: Set<String> {
        let members = self["properties"]?.objectValue ?? [:]
        return Set(members.filter { ($0.value["enum"] ?? $0.value["items"]?["enum"]) != nil }.keys)
    }
}
