internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// How the answers of a batch's project are judged.
    func reviewPolicy(ofBatch batch: Batch.ID, _ requester: Requester.ID) async throws -> ReviewPolicy {
        let row = try await firstRow(
            """
            select settings from batch join review_policy using (requester_id, project_id)
             where batch.requester_id = \(requester) and batch.batch_id = \(batch)
            """)
        return try row.map { try ReviewPolicy($0["settings"]) } ?? .unset
    }

    /// The policy that was set for a project.
    package func reviewPolicy(ofProject project: Project.ID, _ requester: Requester.ID) async throws -> ReviewPolicy? {
        try await firstRow(
            """
            select settings from review_policy where requester_id = \(requester) and project_id = \(project)
            """
        ).map { try ReviewPolicy($0["settings"]) }
    }

    func setReviewPolicy(
        _ policy: ReviewPolicy, of project: Project.ID, _ requester: Requester.ID, by actor: Principal.ID
    ) async throws {
        try await execute(
            """
            insert into review_policy (requester_id, project_id, settings, changed_by, changed_at)
            values (\(requester), \(project), \(policy.json), \(actor), \(instant))
            on conflict on constraint review_policy_pkey
               do update set settings = excluded.settings, changed_by = excluded.changed_by,
                             changed_at = excluded.changed_at
            """)
    }

    /// Lets nobody else reject of the same batch, or of the same worker's work, until this transaction ends, so that
    /// what is counted stays so. Before the task.
    func lockRejections(of id: Assignment.ID, _ requester: Requester.ID) async throws {
        let row = try await firstRow(
            """
            select batch_id::text as batch, worker_id::text as worker from assignment
             where requester_id = \(requester) and assignment_id = \(id)
            """)
        guard let row else { return }
        try await advisoryLock(AdvisoryLock("rejections of batch", row["batch"]))
        try await advisoryLock(AdvisoryLock("rejections of worker", "\(requester)", row["worker"]))
    }

    /// What the need of a second opinion depends on, as it stands.
    func reviewFacts(_ work: WorkToReview, by person: Principal.ID) async throws -> ReviewFacts {
        let row = try await oneRow(
            """
            select in_batch.*, of_author.*,
                   (select count(*) from opinion
                     where person_id = \(person) and given_at > \(instant - 86_400)) as load,
                   exists (select from assignment as other join submission using (requester_id, assignment_id)
                            where other.requester_id = \(work.requester) and other.task_id = \(work.task)
                              and other.assignment_id <> \(work.id) and submission.hash <> \(work.submissionHash))
                       as differs,
                   coalesce((select basis = 'posterior' and outcome = 'unsettled' from stopping
                              where requester_id = \(work.requester) and task_id = \(work.task)
                              order by stopping_id desc
                              limit 1), false) as is_unsettled
              from (select coalesce(sum(judged), 0)::bigint as judged_in_batch,
                           coalesce(sum(alone), 0)::bigint as alone_in_batch
                      from review_tally
                     where requester_id = \(work.requester) and subject_id = \(work.batch)) as in_batch,
                   (select coalesce(sum(judged), 0)::bigint as judged_of_author,
                           coalesce(sum(alone), 0)::bigint as alone_of_author
                      from review_tally
                     where requester_id = \(work.requester) and subject_id = \(work.worker)) as of_author
            """)
        return ReviewFacts(
            judgedInBatch: try row["judged_in_batch"], aloneInBatch: try row["alone_in_batch"],
            judgedOfAuthor: try row["judged_of_author"], aloneOfAuthor: try row["alone_of_author"],
            load: try row["load"], differs: try row["differs"],
            isUnsettled: try row["is_unsettled"])
    }

    /// What was said of an answer, in the order of the roles.
    func opinions(on id: Assignment.ID, of requester: Requester.ID) async throws -> [Opinion] {
        try await rows(
            """
            select role, person_id, verdict, share_bps, part_weight, whole_weight, reasons, sheet, risk_bps, asks_second
              from opinion
             where requester_id = \(requester) and assignment_id = \(id)
             order by role
            """
        ).map { row in
            Opinion(
                role: try row["role"], person: try row["person_id"], judgement: try Judgement(row: row),
                reasons: try row["reasons"], sheet: try ReviewSheet(row["sheet"]), risk: try row["risk_bps"],
                asksSecond: try row["asks_second"])
        }
    }

    func insertOpinion(_ opinion: Opinion, on work: WorkToReview) async throws {
        let weights = opinion.judgement.weights
        try await execute(
            """
            insert into opinion (requester_id, assignment_id, role, batch_id, author_id, person_id, verdict, share_bps,
                                 part_weight, whole_weight, reasons, sheet, submission_hash, given_at, risk_bps,
                                 asks_second)
            values (\(work.requester), \(work.id), \(opinion.role), \(work.batch), \(work.worker), \(opinion.person),
                    \(opinion.judgement.verdict), \(opinion.judgement.basisPoints), \(weights?.part),
                    \(weights?.whole), \(opinion.reasons), \(opinion.sheet.json), \(work.submissionHash), \(instant),
                    \(opinion.risk), \(opinion.asksSecond))
            """)
        guard opinion.role == .first else { return }
        let subjects = [work.batch.uuid, work.worker.uuid].sorted { $0.uuidString < $1.uuidString }
        let isAlone = opinion.judgement.isRejection && !opinion.asksSecond
        try await execute(
            """
            insert into review_tally as tally (requester_id, subject_id, judged, alone)
            select \(work.requester), subject_id, 1, \(isAlone ? 1 : 0)
              from unnest(\(subjects)::uuid[]) as subject_id
            on conflict on constraint review_tally_pkey
               do update set judged = tally.judged + 1, alone = tally.alone + excluded.alone
            """)
    }
}

extension Judgement {
    /// Of a row with verdict, share and weights.
    init(row: Row) throws {
        let verdict: Verdict = try row["verdict"]
        let (part, whole): (Int?, Int?) = (try row["part_weight"], try row["whole_weight"])
        switch verdict {
        case .accepted: self = .accepted
        case .rejected: self = .rejected
        case .acceptedInPart:
            if let part, let whole {
                self = .weighed(part: part, whole: whole)
            } else {
                self = .acceptedInPart(basisPoints: try row["share_bps"])
            }
        }
    }
}
