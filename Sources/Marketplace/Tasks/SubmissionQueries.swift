internal import Formats
internal import Foundation
internal import Store

/// What has to be known to take an answer in.
struct WorkToSubmit: Sendable {
    let requester: Requester.ID
    let task: WorkTask.ID
    let project: Project.ID
    let state: AssignmentState
    let leaseToken: Int64
    let requirement: Requirement.ID
    let shape: ProjectShape
    /// What the task is for.
    let function: WorkFunction
    /// Whether it depends on the answers of its task how many there will be.
    let isAdaptive: Bool
    let submission: Submission?

    init(row: Row) throws {
        requester = try row["requester_id"]
        task = try row["task_id"]
        project = try row["project_id"]
        state = try row["state"]
        leaseToken = try row["lease_token"]
        requirement = try row["requirement_id"]
        shape = try ProjectShape(row: row)
        function = try row["function"]
        isAdaptive = try row["is_adaptive"]
        submission = try row["hash"] as Digest? == nil ? nil : Submission(row: row)
    }
}

extension Submission {
    init(row: Row) throws {
        self.init(
            assignment: try row["assignment_id"], hash: try row["hash"], submittedAt: try row["submitted_at"]
        )
    }
}

extension Transaction {
    /// An assignment of that worker, whatever its state.
    package func assignment(_ id: Assignment.ID, of worker: Worker.ID) async throws -> Assignment? {
        try await firstRow(
            """
            select \(fragment: Assignment.columns)
              from assignment where worker_id = \(worker) and assignment_id = \(id)
            """
        ).map(Assignment.init)
    }

    func workToSubmit(_ id: Assignment.ID, of worker: Worker.ID) async throws -> WorkToSubmit? {
        try await firstRow(
            """
            select assignment.requester_id, assignment.assignment_id, assignment.task_id, assignment.state,
                   assignment.lease_token, batch.requirement_id, submission.hash, submission.submitted_at,
                   batch.agreement_bps is not null as is_adaptive, project.project_id, project.function,
                   \(fragment: ProjectShape.columns)
              from assignment
              join batch on batch.requester_id = assignment.requester_id and batch.batch_id = assignment.batch_id
              join project on project.requester_id = batch.requester_id and project.project_id = batch.project_id
              left join submission on submission.requester_id = assignment.requester_id
                                  and submission.assignment_id = assignment.assignment_id
             where assignment.worker_id = \(worker) and assignment.assignment_id = \(id)
            """
        ).map(WorkToSubmit.init)
    }

    /// What the worker has handed in for the task of one of their assignments, under whichever lease.
    func submission(sameTaskAs id: Assignment.ID, of worker: Worker.ID) async throws -> Submission? {
        try await firstRow(
            """
            select submission.assignment_id, submission.hash, submission.submitted_at
              from assignment as this
              join assignment as other
                on other.requester_id = this.requester_id and other.task_id = this.task_id
               and other.worker_id = this.worker_id
               and other.state in ('leased', 'submitted', 'accepted', 'rejected')
              join submission
                on submission.requester_id = other.requester_id and submission.assignment_id = other.assignment_id
             where this.worker_id = \(worker) and this.assignment_id = \(id)
            """
        ).map(Submission.init)
    }

    /// Stores the answer of a locked, live lease and moves slot and assignment on, in one statement.
    func submit(
        _ sealed: Bytes, hash: Digest, under lease: HeldLease, activeSeconds: Int, at now: Date
    ) async throws {
        let changed = try await execute(
            """
            with handed_in as (
                update slot set state = 'submitted', lease_until = null
                 where requester_id = \(lease.requester) and task_id = \(lease.task) and slot_no = \(lease.slot)
                   and assignment_id = \(lease.id) and state = 'leased'
                returning requester_id, assignment_id
            ),
            stored as (
                insert into submission (requester_id, assignment_id, sealed, hash, submitted_at, active_seconds)
                select requester_id, assignment_id, \(sealed), \(hash), \(now), \(activeSeconds) from handed_in
            )
            update assignment set state = 'submitted'
              from handed_in
             where assignment.requester_id = handed_in.requester_id
               and assignment.assignment_id = handed_in.assignment_id
               and assignment.state = 'leased'
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// What is asked of an assignment, whose worker it is: the guideline of the lease's version, and the suggestion
    /// unless the task is a control.
    func workInHand(_ id: Assignment.ID, of worker: Worker.ID) async throws -> Row? {
        try await firstRow(
            """
            select \(fragment: Assignment.columns), project.name as project_name, told.body as guideline,
                   project.answer_schema, suggestion.source as suggestion_source,
                   suggestion.version as suggestion_version, suggestion.suggestion, suggestion.sealed
              from assignment
              join batch on batch.requester_id = assignment.requester_id and batch.batch_id = assignment.batch_id
              join project on project.requester_id = batch.requester_id and project.project_id = batch.project_id
              join guideline_version as told
                on told.requester_id = assignment.requester_id and told.guideline_id = assignment.guideline_id
               and told.version = assignment.guideline_version
              left join task_suggestion as suggestion
                on suggestion.requester_id = assignment.requester_id and suggestion.task_id = assignment.task_id
               and not suggestion.is_control
             where assignment.worker_id = \(worker) and assignment.assignment_id = \(id)
            """)
    }

    /// A worker's assignments, newest first.
    func work(of worker: Worker.ID, before: Assignment.ID?, limit: Int) async throws -> [WorkItem] {
        try await rows(
            """
            select \(fragment: Assignment.columns), project.name as project_name
              from assignment
              join batch on batch.requester_id = assignment.requester_id and batch.batch_id = assignment.batch_id
              join project on project.requester_id = batch.requester_id and project.project_id = batch.project_id
             where assignment.worker_id = \(worker)
               and (\(before)::uuid is null or assignment.assignment_id < \(before)::uuid)
             order by assignment.assignment_id desc
             limit \(limit)
            """
        ).map(WorkItem.init)
    }
}
