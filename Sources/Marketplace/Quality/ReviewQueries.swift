internal import Formats
package import Foundation
internal import Store

/// A submission as the judgement needs it.
struct WorkToReview: Sendable {
    let id: Assignment.ID
    let requester: Requester.ID
    let task: WorkTask.ID
    let slot: Int
    let batch: Batch.ID
    let worker: Worker.ID
    let state: AssignmentState
    let pay: Money
    let fee: Money
    let submissionHash: Digest
}

/// A submission that waits for its judgement; its answer is in ``SubmissionInReview``, which goes on record.
package struct ReviewItem: Sendable {
    package let assignment: Assignment.ID
    package let requester: Requester.ID
    package let batch: Batch.ID
    package let task: WorkTask.ID
    package let externalKey: String
    package let worker: Worker.ID
    /// Under which version of the guideline it was given.
    package let guidelineVersion: Int
    package let submittedAt: Date
    /// Whether two people have judged it and differ, so that whoever judges it now decides.
    package let isDisputed: Bool
}

extension Transaction {
    /// The assignment and its submission; its task is kept from being settled by anybody else, so that of several
    /// reviewers of one task the last sees that it is done.
    func workToReview(_ id: Assignment.ID, of requester: Requester.ID) async throws -> WorkToReview? {
        let locked = try await firstRow(
            """
            select task.task_id
              from assignment join task using (requester_id, task_id)
             where assignment.requester_id = \(requester) and assignment.assignment_id = \(id)
               for no key update of task
            """)
        guard locked != nil else { return nil }
        return try await firstRow(
            """
            select assignment.requester_id, assignment.assignment_id, assignment.task_id, assignment.slot_no,
                   assignment.batch_id, assignment.worker_id, assignment.state, assignment.pay_minor,
                   assignment.fee_minor, assignment.currency, submission.hash
              from assignment
              left join submission using (requester_id, assignment_id)
             where assignment.requester_id = \(requester) and assignment.assignment_id = \(id)
            """
        ).map(WorkToReview.init)
    }

    /// Moves a submitted assignment to its end, and its slot to done or open again, in one statement; a rejected one of
    /// a task that was closed meanwhile is withdrawn.
    ///
    /// - Returns: false when it was no longer submitted.
    func settle(_ work: WorkToReview, as state: AssignmentState) async throws -> Bool {
        try await execute(
            """
            with settled as (
                update slot
                   set state = case when \(state)::assignment_state = 'accepted' then 'done'
                                    when exists (select from task
                                                  where task.requester_id = slot.requester_id
                                                    and task.task_id = slot.task_id and task.state = 'closed')
                                    then 'withdrawn'
                                    else 'open' end::slot_state,
                       assignment_id = case when \(state)::assignment_state = 'accepted' then assignment_id end
                 where requester_id = \(work.requester) and task_id = \(work.task) and slot_no = \(work.slot)
                   and assignment_id = \(work.id) and state = 'submitted'
                returning requester_id
            )
            update assignment set state = \(state), closed_at = \(instant)
              from settled
             where assignment.requester_id = settled.requester_id
               and assignment.assignment_id = \(work.id)
               and assignment.state = 'submitted'
            """) == 1
    }

    func insertReview(
        _ id: Review.ID, of work: WorkToReview, _ judgement: Judgement, reasons: String, decision: Decision.ID?,
        by reviewer: Principal.ID
    ) async throws {
        try await execute(
            """
            insert into review (requester_id, review_id, assignment_id, author_id, reviewer_id, verdict, share_bps,
                                reasons, decision_id, reviewed_at, part_weight, whole_weight)
            values (\(work.requester), \(id), \(work.id), \(work.worker), \(reviewer), \(judgement.verdict),
                    \(judgement.basisPoints), \(reasons), \(decision), \(instant),
                    \(judgement.weights?.part), \(judgement.weights?.whole))
            """)
    }

    func insertEarning(of work: WorkToReview, _ amount: Money, transfer: Transfer.ID) async throws {
        try await execute(
            """
            insert into earning (requester_id, assignment_id, batch_id, worker_id, amount_minor, currency, transfer_id,
                                 earned_at)
            values (\(work.requester), \(work.id), \(work.batch), \(work.worker), \(amount.minorUnits),
                    \(amount.currency), \(transfer), \(instant))
            """)
    }

    /// Closes a task that has its answers: all slots are done or withdrawn, and as many done as it wants at least.
    func closeTaskIfDone(_ task: WorkTask.ID, of requester: Requester.ID) async throws {
        try await execute(
            """
            update task set state = 'closed'
             where requester_id = \(requester) and task_id = \(task) and state = 'open'
               and not exists (select from slot
                                where slot.requester_id = task.requester_id and slot.task_id = task.task_id
                                  and slot.state not in ('done', 'withdrawn'))
               and (select count(*) from slot
                     where slot.requester_id = task.requester_id and slot.task_id = task.task_id
                       and slot.state = 'done')
                   >= (select redundancy from batch
                        where batch.requester_id = task.requester_id and batch.batch_id = task.batch_id)
            """)
    }

    /// Why somebody does not judge answers to a task, whatever they are: what of it they had themselves, what its
    /// content asks for, and whom they are tied to.
    func reviewBar(
        to person: Principal.ID, on task: WorkTask.ID, of requester: Requester.ID
    ) async throws -> ReviewRefusal? {
        if try await hasWorked(person, on: task, of: requester) { return .reviewerWorkedOnTask }
        let row = try await firstRow(
            """
            select batch.sensitivity, \(fragment: clearance(of: person)) as level,
                   \(fragment: Self.hadPartInOrigin(person, of: "task.requester_id", "task.task_id")) as had_origin,
                   (select min(interest.party)
                      from interest
                     where interest.worker_id = \(person) and interest.in_force @> \(instant)
                       and (exists (select from project_party
                                     where project_party.requester_id = task.requester_id
                                       and project_party.project_id = task.project_id
                                       and project_party.party = interest.party)
                            or exists (select from task_party
                                        where task_party.requester_id = task.requester_id
                                          and task_party.task_id = task.task_id
                                          and task_party.party = interest.party))) as party
              from task join batch using (requester_id, batch_id)
             where task.requester_id = \(requester) and task.task_id = \(task)
            """)
        guard let row else { return nil }
        return try ReviewRefusal(row: row)
    }

    /// The same of all tasks of a batch.
    func reviewBar(
        to person: Principal.ID, onAllOf batch: Batch.ID, of requester: Requester.ID
    ) async throws -> ReviewRefusal? {
        let row = try await firstRow(
            """
            select batch.sensitivity, \(fragment: clearance(of: person)) as level, false as had_origin,
                   (select min(interest.party)
                      from interest join project_party using (party)
                     where interest.worker_id = \(person) and interest.in_force @> \(instant)
                       and project_party.requester_id = batch.requester_id
                       and project_party.project_id = batch.project_id) as party
              from batch
             where batch.requester_id = \(requester) and batch.batch_id = \(batch)
            """)
        guard let row else { return nil }
        return try ReviewRefusal(row: row)
    }

    private func clearance(of person: Principal.ID) -> SQL {
        """
        coalesce((select level from worker_clearance where worker_id = \(person) and in_force @> \(instant)), 0)
        """
    }

    /// Whether somebody took a task, whatever became of it.
    func hasWorked(_ person: Principal.ID, on task: WorkTask.ID, of requester: Requester.ID) async throws -> Bool {
        try await firstRow(
            """
            select from assignment
             where requester_id = \(requester) and task_id = \(task) and worker_id = \(person)
             limit 1
            """) != nil
    }

    /// Submissions of a batch that wait for a judgement, oldest assignment first; none of a task that `reviewer` has
    /// worked on, that checks what they had, or with a party in which they have an interest; none by a close colleague,
    /// none that they have judged, none that was sent back. Whether one person has judged it before does not show;
    /// whether two have, who differ, does.
    func submittedForReview(
        in batch: Batch.ID, of requester: Requester.ID, notBy reviewer: Principal.ID, after: Assignment.ID?, limit: Int
    ) async throws -> [ReviewItem] {
        try await rows(
            """
            \(fragment: ReviewItem.columns)
             where assignment.requester_id = \(requester)
               and assignment.batch_id = \(batch)
               and assignment.state = 'submitted'
               and not exists (select from assignment as own
                                where own.requester_id = assignment.requester_id
                                  and own.task_id = assignment.task_id
                                  and own.worker_id = \(reviewer))
               and not exists (select from task_party join interest using (party)
                                where task_party.requester_id = assignment.requester_id
                                  and task_party.task_id = assignment.task_id
                                  and interest.worker_id = \(reviewer) and interest.in_force @> \(instant))
               and not \(fragment: Self.hadPartInOrigin(
                   reviewer, of: "assignment.requester_id", "assignment.task_id"))
               and not \(fragment: closeColleague(reviewer, of: "assignment.worker_id"))
               and not exists (select from opinion
                                where opinion.requester_id = assignment.requester_id
                                  and opinion.assignment_id = assignment.assignment_id
                                  and opinion.person_id = \(reviewer))
               and not exists (select from rework
                                where rework.requester_id = assignment.requester_id
                                  and rework.assignment_id = assignment.assignment_id
                                  and rework.answered_at is null and rework.answer_until > \(instant))
               and (\(after)::uuid is null or assignment.assignment_id > \(after)::uuid)
             order by assignment.assignment_id
             limit \(limit)
            """
        ).map(ReviewItem.init)
    }

    /// One submission that waits for a judgement, with its answer as it is stored.
    func submittedForReview(
        _ id: Assignment.ID, of requester: Requester.ID
    ) async throws -> (item: ReviewItem, answer: StoredContent)? {
        try await firstRow(
            """
            \(fragment: ReviewItem.columns)
             where assignment.requester_id = \(requester) and assignment.assignment_id = \(id)
               and assignment.state = 'submitted'
            """
        ).flatMap { row in try StoredContent(row: row, "answer").map { (try ReviewItem(row: row), $0) } }
    }
}

extension ReviewRefusal {
    /// The first of what a reading of ``Transaction/reviewBar(to:on:of:)`` says.
    fileprivate init?(row: Row) throws {
        let (sensitivity, level): (Int, Int) = (try row["sensitivity"], try row["level"])
        if try row["had_origin"] {
            self = .reviewerHadOriginal
        } else if level < sensitivity {
            self = .notCleared(sensitivity)
        } else if let party: String = try row["party"] {
            self = .conflictOfInterest(party)
        } else {
            return nil
        }
    }
}

extension WorkToReview {
    init(row: Row) throws {
        let currency: Currency = try row["currency"]
        id = try row["assignment_id"]
        requester = try row["requester_id"]
        task = try row["task_id"]
        slot = try row["slot_no"]
        batch = try row["batch_id"]
        worker = try row["worker_id"]
        state = try row["state"]
        pay = try Money(row["pay_minor"], currency)
        fee = try Money(row["fee_minor"], currency)
        submissionHash = try row.value("hash", as: Digest?.self) ?? Digest(of: "")
    }
}

extension ReviewItem {
    fileprivate static let columns: SQL = """
        select assignment.requester_id, assignment.assignment_id, assignment.batch_id, assignment.task_id,
               assignment.worker_id, task.external_key, submission.answer, submission.sealed, submission.submitted_at,
               assignment.guideline_version,
               exists (select from opinion as second
                        where second.requester_id = assignment.requester_id
                          and second.assignment_id = assignment.assignment_id
                          and second.role = 'second') as is_disputed
          from assignment
          join task using (requester_id, task_id)
          join submission using (requester_id, assignment_id)
        """

    init(row: Row) throws {
        assignment = try row["assignment_id"]
        requester = try row["requester_id"]
        batch = try row["batch_id"]
        task = try row["task_id"]
        externalKey = try row["external_key"]
        worker = try row["worker_id"]
        guidelineVersion = try row["guideline_version"]
        submittedAt = try row["submitted_at"]
        isDisputed = try row["is_disputed"]
    }
}
