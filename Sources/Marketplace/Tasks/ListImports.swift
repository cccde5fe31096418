package import Formats
internal import Store

/// The imports into a batch, newest first, by pages.
package struct ListImports: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - state: only those; `nil` for all.
    ///   - before: the last import of the page before; `nil` for the newest.
    ///   - limit: 1 to 200.
    ///   - actor: a publisher of the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(
        into batch: Batch.ID, of requester: Requester.ID, in state: ImportState? = nil, before: ImportRun.ID? = nil,
        limit: Int = 50, by actor: Principal.ID
    ) async throws -> [ImportRun] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            return try await transaction.imports(into: batch, requester, in: state, before: before, limit: limit)
        }
    }

    /// How far one of them is, also while it is under way.
    ///
    /// - Throws: ``AccessRefusal``; ``NotFound``, also for an import into another batch.
    package func one(
        _ run: ImportRun.ID, into batch: Batch.ID, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> ImportRun {
        try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            guard let found = try await transaction.importRun(run, into: batch, requester) else {
                throw NotFound("import")
            }
            return found
        }
    }

    /// What was wrong with the records of an import, as far as it was kept, in the order of the file.
    ///
    /// - Parameters:
    ///   - last: the number of the last fault of the page before; 0 for the first.
    ///   - limit: 1 to 200.
    /// - Returns: with the number of each.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func faults(
        of run: ImportRun.ID, of requester: Requester.ID, after last: Int = 0, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [(number: Int, fault: TaskRecordFault)] {
        let limit = try PageLimit.checked(limit)
        guard (0...ImportRun.faultsMax).contains(last) else {
            throw BadInput("after", "must be 0 to \(ImportRun.faultsMax)")
        }
        return try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            return try await transaction.importFaults(of: run, requester, after: last, limit: limit)
        }
    }
}
