internal import Formats
internal import Foundation
internal import Store

/// The values of the PostgreSQL enum `retention_scope`, in its order: what is destroyed of a closed batch.
package enum RetentionScope: String, Sendable, CaseIterable, SQLEnum {
    /// What workers read, models' suggestions among it, and their drafts.
    case content
    /// Known answers, too.
    case contentAndReferences = "content_and_references"
}

/// How long content is kept after its batch was closed.
package struct RetentionClass: Hashable, Sendable {
    /// Lower-case letters, digits and `_`, a letter first, up to 40.
    package let name: String
    /// 0 to 36,500.
    package let daysAfterClose: Int
    package let scope: RetentionScope

    /// - Throws: ``BadInput``.
    package init(name: String, daysAfterClose: Int, scope: RetentionScope = .content) throws(BadInput) {
        let marks = Set("abcdefghijklmnopqrstuvwxyz0123456789_".utf8)
        guard (1...40).contains(name.utf8.count), name.utf8.allSatisfy(marks.contains),
            name.utf8.first.map({ (0x61...0x7a).contains($0) }) == true
        else { throw BadInput("name", "must be lower-case letters, digits and _, a letter first, up to 40") }
        guard (0...36_500).contains(daysAfterClose) else { throw BadInput("days", "must be 0 to 36500") }
        self.name = name
        self.daysAfterClose = daysAfterClose
        self.scope = scope
    }
}

/// An operator sets a retention class, or changes it for every project that names it; the audit log has what it was.
package struct SetRetentionClass: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(_ retention: RetentionClass, by actor: Principal.ID) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            let before = try await transaction.lockRetentionClass(retention.name)
            try await transaction.upsert(retention, by: actor)
            try await change.record(
                "retention_class_set", by: actor, on: "principal", actor.uuid, in: .platform,
                facts: [
                    "name": .string(retention.name), "days_after_close": .integer(Int64(retention.daysAfterClose)),
                    "scope": .string(retention.scope.rawValue),
                    "days_before": before.map { .integer(Int64($0.daysAfterClose)) } ?? .null,
                    "scope_before": before.map { .string($0.scope.rawValue) } ?? .null,
                ]
            )
        }
    }
}

/// The retention classes, by name, by pages.
package struct ListRetentionClasses: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - after: the last name of the page before; `nil` for the first page.
    ///   - limit: 1 to 200.
    ///   - actor: an operator.
    package func callAsFunction(
        after: String? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [RetentionClass] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.retentionClasses(after: after, limit: limit)
        }
    }

    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func one(_ name: String, by actor: Principal.ID) async throws -> RetentionClass {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            guard let found = try await transaction.retentionClass(name) else { throw NotFound("retention class") }
            return found
        }
    }
}

/// Says how long the content of a project is kept.
package struct SetProjectRetention: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - name: of a class; `nil` keeps it as long as the requester's key.
    ///   - actor: somebody of the requester, or an operator.
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func callAsFunction(
        of project: Project.ID, from requester: Requester.ID, to name: String?, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizePublisher(actor, for: requester)
            if let name {
                guard try await transaction.retentionClass(name) != nil else { throw NotFound("retention class") }
            }
            guard try await transaction.setRetention(of: project, requester, to: name) else {
                throw NotFound("project")
            }
            try await change.record(
                "project_retention_set", by: actor, on: "project", project.uuid, in: .requester(requester),
                facts: ["retention_class": name.map { .string($0) } ?? .null]
            )
        }
    }
}

/// Destroys the contents of batches that were closed long enough ago; rows stay as tombstones that say when, by whom
/// and under which class.
package struct ApplyRetention: Sendable {
    package static let most = 5_000
    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded piece of one batch that nobody else is at; never while an answer waits for its review or the time to
    /// appeal runs.
    ///
    /// - Parameters:
    ///   - most: 1 to 5,000 contents.
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Returns: how many contents were destroyed; `nil` when no batch is due.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(most: Int = most, by actor: Principal.ID) async throws -> Int? {
        guard (1...Self.most).contains(most) else { throw BadInput("most", "must be 1 to \(Self.most)") }
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard let batch = try await transaction.lockBatchToEmpty() else { return nil }
            let page = try await transaction.tasksToEmpty(in: batch, limit: most)
            let emptied = try await transaction.empty(page, in: batch, by: actor)
            let isDone = page.count < most
            try await transaction.moveEmptying(of: batch, through: page.last, isDone: isDone)
            try await change.record(
                "contents_emptied", by: actor, on: "batch", batch.id.uuid, in: .requester(batch.requester),
                facts: [
                    "retention_class": .string(batch.retentionClass), "scope": .string(batch.scope.rawValue),
                    "contents": .integer(Int64(emptied)), "is_done": .bool(isDone),
                ]
            )
            return emptied
        }
    }
}
