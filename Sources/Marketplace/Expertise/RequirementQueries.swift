internal import Formats
package import Store

extension Transaction {
    /// Finds or makes the one row of a requirement, so that all tasks that demand the same share it.
    ///
    /// - Parameter id: taken if it is new.
    /// - Throws: ``BadInput`` for a tree whose normal form could not be read back: too deep or too large.
    package func internRequirement(_ requirement: Requirement, id: Requirement.ID) async throws -> Requirement.ID {
        let normal = requirement.normalised
        do throws(BadInput) {
            _ = try Requirement(stored: normal.json)
        } catch {
            throw BadInput("requirement", "cannot be kept: \(error.message)")
        }
        let hash = normal.digest
        if let found = try await requirementID(hash: hash) { return found }
        let added = try await firstRow(
            """
            with added as (
                insert into requirement (requirement_id, tree, hash) values (\(id), \(normal.json), \(hash))
                on conflict (hash) do nothing
                returning requirement_id
            ),
            cover as (
                insert into requirement_cover (requirement_id, interned_at, stale_from)
                select requirement_id, \(instant), \(instant) from added
            ),
            named as (
                insert into requirement_agreement (requirement_id, kind, known_version)
                select requirement_id, kind, 0 from added, unnest(\(normal.agreementKinds.sorted())::text[]) as kind
            )
            select requirement_id from added
            """)
        if let added { return try added["requirement_id"] }
        // Somebody else made it meanwhile: the next statement sees it.
        guard let found = try await requirementID(hash: hash) else { throw StoreError.unexpectedRowCount(0) }
        return found
    }

    /// - Returns: `nil` when there is no such requirement.
    /// - Throws: ``StoreError/decoding(table:column:reason:)`` for a tree that this program cannot read.
    package func requirement(_ id: Requirement.ID) async throws -> Requirement? {
        try await firstRow(Self.tree(of: id)).map(Self.requirement)
    }

    /// The same, and what is known of a worker, in one round trip.
    func facts(
        of worker: Worker.ID, for id: Requirement.ID
    ) async throws -> (facts: WorkerFacts, requirement: Requirement)? {
        let answers = try await pipeline([Self.workerHistoriesStatement(of: [worker]), Self.tree(of: id)])
        guard let history = answers.first?.first, let tree = answers.last?.first else { return nil }
        return (try WorkerHistory(row: history).facts(at: instant), try Self.requirement(tree))
    }

    private static func tree(of id: Requirement.ID) -> SQL {
        "select tree from requirement where requirement_id = \(id)"
    }

    private static func requirement(_ row: Row) throws -> Requirement {
        do {
            return try Requirement(stored: try row["tree"])
        } catch let fault as BadInput {
            throw StoreError.decoding(table: "requirement", column: "tree", reason: fault.message)
        }
    }

    private func requirementID(hash: Digest) async throws -> Requirement.ID? {
        try await firstRow("select requirement_id from requirement where hash = \(hash)")?["requirement_id"]
    }
}
