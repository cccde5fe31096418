internal import Formats
package import Foundation
internal import Store

/// The values of the PostgreSQL enum `content_purpose`, in its order: for what a person read content.
package enum ContentPurpose: String, Sendable, CaseIterable, SQLEnum {
    case lease, review, export
}

/// Somebody's reading of content, on record.
package struct ContentReadingRecord: Hashable, Sendable {
    package typealias ID = Identifier<ContentReadingRecord>
    package let id: ID
    package let purpose: ContentPurpose
    package let reader: Principal.ID
    /// Of an export the first task of the page.
    package let task: WorkTask.ID
    /// The last one; set for exports only.
    package let lastTask: WorkTask.ID?
    /// How many tasks were read; of an export also those of which only the answers are left.
    package let tasks: Int
    /// The lease, or whose answer was reviewed.
    package let assignment: Assignment.ID?
    package let readAt: Date
}

/// Who opens content, and for what.
enum ContentReading: Sendable {
    /// The worker who holds the task.
    case lease(Assignment.ID, by: Principal.ID)
    /// A reviewer, for an answer that waits.
    case review(Assignment.ID, by: Principal.ID)
    /// The requester's own people, a page of tasks.
    case export(by: Principal.ID)
    /// The program, to check an answer against its input: nobody sees it.
    case checking
}

extension Change {
    /// The one way to content. What a person reads goes on record in the same transaction.
    ///
    /// - Parameter tasks: in their order, for an export; one for anything else.
    /// - Returns: by task. What was destroyed is left out of an export.
    /// - Throws: ``ContentRefusal``, ``VaultRefusal``; ``NotFound``.
    func content(
        of tasks: [WorkTask.ID], from requester: Requester.ID, for reading: ContentReading
    ) async throws -> [WorkTask.ID: JSON] {
        var found = try await opened(tasks, requester, .functional)
        let missing = tasks.filter { found[$0] == nil }
        if !missing.isEmpty {
            found.merge(try await opened(missing, requester, .safety)) { first, _ in first }
        }
        switch reading {
        case .checking: _ = try found.all(tasks)
        case .lease(let assignment, let reader):
            _ = try found.all(tasks)
            for task in tasks { try await log(.lease, task, assignment, of: requester, by: reader) }
        case .review(let assignment, let reader):
            _ = try found.all(tasks)
            for task in tasks { try await log(.review, task, assignment, of: requester, by: reader) }
        case .export(let reader):
            // Answers leave with it, also where the content is gone.
            if let first = tasks.first {
                try await log(.export, first, nil, last: tasks.last, count: tasks.count, of: requester, by: reader)
            }
        }
        return found.compactMapValues(\.payload)
    }

    private func log(
        _ purpose: ContentPurpose, _ task: WorkTask.ID, _ assignment: Assignment.ID?, last: WorkTask.ID? = nil,
        count: Int = 1, of requester: Requester.ID, by reader: Principal.ID
    ) async throws {
        try await transaction.insertReading(
            ContentReadingRecord(
                id: make(), purpose: purpose, reader: reader, task: task, lastTask: last, tasks: count,
                assignment: assignment, readAt: instant
            ),
            of: requester
        )
    }

    /// Content of those of the tasks that are of the function; a data key is unwrapped once.
    private func opened(
        _ tasks: [WorkTask.ID], _ requester: Requester.ID, _ function: WorkFunction
    ) async throws -> [WorkTask.ID: OpenedContent] {
        let ring = try contentRing
        var key: ContentKey?
        var found: [WorkTask.ID: OpenedContent] = [:]
        for row in try await transaction.storedContents(of: tasks, requester, function) {
            let task: WorkTask.ID = try row["task_id"]
            if let sealed: Bytes = try row["sealed"] {
                do {
                    key = try key ?? ContentKey(row: row, of: requester, function, ring)
                } catch ContentRefusal.destroyed {
                    found[task] = .gone(.destroyed)
                    continue
                }
                guard let key else { throw VaultRefusal.unreadable }
                found[task] = .open(try key.open(sealed, as: .payload(of: task)))
            } else if let payload: JSON = try row["payload"] {
                found[task] = .open(payload)
            } else {
                found[task] = .gone(.emptied)
            }
        }
        return found
    }
}

/// What is behind a row of content.
private enum OpenedContent {
    case open(JSON)
    case gone(ContentRefusal)

    var payload: JSON? {
        switch self {
        case .open(let payload): payload
        case .gone: nil
        }
    }
}

extension [WorkTask.ID: OpenedContent] {
    /// - Throws: why one of the tasks has none.
    fileprivate func all(_ tasks: [WorkTask.ID]) throws -> Bool {
        for task in tasks {
            switch self[task] {
            case .open: continue
            case .gone(let refusal): throw refusal
            case nil: throw NotFound("content")
            }
        }
        return true
    }
}

/// Who read a requester's content, by pages, newest first.
package struct ListReadings: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - task: of this one only; an export counts where the task is among its page.
    ///   - before: the last reading of the page before; `nil` for the newest.
    ///   - limit: 1 to 200.
    ///   - actor: somebody of the requester, or an operator.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        of requester: Requester.ID, task: WorkTask.ID? = nil, before: ContentReadingRecord.ID? = nil, limit: Int = 50,
        by actor: Principal.ID
    ) async throws -> [ContentReadingRecord] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizePublisher(actor, for: requester)
            return try await transaction.readings(of: requester, task: task, before: before, limit: limit)
        }
    }
}
