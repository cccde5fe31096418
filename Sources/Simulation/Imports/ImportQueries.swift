internal import Marketplace
internal import Store

extension Transaction {
    /// Which of these external keys the project has; at most 200 are asked about.
    func knownTasks(
        _ keys: [String], in project: Project.ID, of requester: Requester.ID
    ) async throws -> Set<String> {
        guard !keys.isEmpty else { return [] }
        let rows = try await rows(
            """
            select external_key from task
             where requester_id = \(requester) and project_id = \(project) and external_key = any(\(keys)::text[])
             limit 200
            """)
        return Set(try rows.map { try $0["external_key"] })
    }

    /// The oldest draft of a project.
    func draftBatch(in project: Project.ID, of requester: Requester.ID) async throws -> Batch.ID? {
        try await firstRow(
            """
            select batch_id from batch
             where requester_id = \(requester) and project_id = \(project) and state = 'draft'
             order by batch_id
             limit 1
            """)?["batch_id"]
    }

    func batchCount(in project: Project.ID, of requester: Requester.ID) async throws -> Int {
        try await oneRow(
            """
            select count(*) as batches from batch where requester_id = \(requester) and project_id = \(project)
            """)["batches"]
    }
}
