internal import Store

extension Transaction {
    /// What is known beforehand of tasks, as it is stored, with what each task is for.
    func storedKnownAnswers(of tasks: [WorkTask.ID], _ requester: Requester.ID) async throws -> [Row] {
        try await rows(
            """
            select reference.task_id, reference.source, reference.answer, reference.sealed, project.function
              from reference_answer as reference
              join task using (requester_id, task_id)
              join project using (requester_id, project_id)
             where reference.requester_id = \(requester) and reference.task_id = any(\(tasks)::uuid[])
            """)
    }
}
