package import Formats
internal import Store

extension Market {
    /// What is known beforehand of tasks, by task and source.
    ///
    /// - Parameter tasks: at most 200.
    /// - Throws: ``BadInput`` for more; ``ContentRefusal``.
    package func knownAnswers(
        of tasks: [WorkTask.ID], _ requester: Requester.ID
    ) async throws -> [WorkTask.ID: [String: JSON]] {
        guard tasks.count <= 200 else { throw BadInput("tasks", "are more than 200") }
        return try await database.read { try await $0.knownAnswers(of: tasks, requester, in: keys) }
    }
}

extension Transaction {
    /// The same, of any number of tasks.
    ///
    /// - Throws: ``ContentRefusal``, ``VaultRefusal``.
    func knownAnswers(
        of tasks: [WorkTask.ID], _ requester: Requester.ID, in ring: KeyRing?
    ) async throws -> [WorkTask.ID: [String: JSON]] {
        var (keys, found): ([WorkFunction: ContentKey], [WorkTask.ID: [String: JSON]]) = ([:], [:])
        for row in try await storedKnownAnswers(of: tasks, requester) {
            let (task, source, function): (WorkTask.ID, String, WorkFunction) = (
                try row["task_id"], try row["source"], try row["function"]
            )
            if keys[function] == nil { keys[function] = try await presentKey(of: requester, function, in: ring) }
            found[task, default: [:]][source] = try StoredContent(row: row, "answer")?.opened(
                by: keys[function], as: .known(of: task, source: source)
            )
        }
        return found
    }
}
