internal import Foundation
internal import Store

extension Transaction {
    /// By profession and kind, of what a judgement is final of and nothing was withdrawn.
    ///
    /// - Throws: ``NotFound``.
    func qualityRecord(of worker: Worker.ID) async throws -> QualityRecord {
        let person = try await firstRow(
            """
            select coalesce(worker_person.name, '') as name
              from worker left join worker_person using (worker_id)
             where worker_id = \(worker)
            """)
        guard let person else { throw NotFound("worker") }
        let history = try await rows(
            """
            \(fragment: Self.judged(worker))
            select profession, task_kind, extract(year from reviewed_at at time zone 'UTC')::bigint as year,
                   extract(quarter from reviewed_at at time zone 'UTC')::bigint as quarter, count(*) as judged,
                   (sum(share_bps) / count(*))::bigint as mean_bps
              from judged
             group by profession, task_kind, year, quarter
             order by profession, task_kind, year, quarter
            """)
        let lines = try await rows(
            """
            \(fragment: Self.judged(worker))
            select profession, task_kind, count(*) as judged, count(*) filter (where share_bps = 10000) as accepted,
                   count(*) filter (where share_bps between 1 and 9999) as in_part,
                   count(*) filter (where share_bps = 0) as rejected,
                   count(*) filter (where is_overturned) as overturned,
                   count(*) filter (where is_unjudged) as unjudged,
                   round(sum(share_bps) / 10000.0)::bigint as right_ones, min(reviewed_at) as first_at,
                   max(reviewed_at) as last_at
              from judged
             group by profession, task_kind
             order by profession, task_kind
            """
        ).map { row in
            let (profession, kind): (Profession, TaskKind) = (try row["profession"], try row["task_kind"])
            let quarters = try history.filter { try $0["profession"] == profession && $0["task_kind"] == kind }
                .suffix(40).map { quarter in
                    let (year, number): (Int, Int) = (try quarter["year"], try quarter["quarter"])
                    return QualityRecordLine.Quarter(
                        name: "\(year)-Q\(number)", judged: try quarter["judged"], meanBps: try quarter["mean_bps"])
                }
            return QualityRecordLine(
                profession: profession, kind: kind, judged: try row["judged"], accepted: try row["accepted"],
                acceptedInPart: try row["in_part"], rejected: try row["rejected"],
                overturned: try row["overturned"], unjudged: try row["unjudged"],
                quality: BetaEstimate(right: try row["right_ones"], answers: try row["judged"]),
                firstAt: try row["first_at"], lastAt: try row["last_at"], history: quarters)
        }
        return QualityRecord(worker: worker, name: try person["name"], issuedAt: instant, lines: lines)
    }

    private static func judged(_ worker: Worker.ID) -> SQL {
        """
        with judged as materialized (
            select rate.profession, project.task_kind, review.reviewed_at,
                   case when appeal.state = 'overturned' then 10000 else review.share_bps end::bigint as share_bps,
                   coalesce(appeal.state = 'overturned', false) as is_overturned,
                   principal.kind <> 'person' as is_unjudged
              from assignment
              join review using (requester_id, assignment_id)
              join batch on batch.requester_id = assignment.requester_id and batch.batch_id = assignment.batch_id
              join project on project.requester_id = batch.requester_id and project.project_id = batch.project_id
              join rate using (rate_id)
              join principal on principal.principal_id = review.reviewer_id
              left join appeal on appeal.decision_id = review.decision_id
             where assignment.worker_id = \(worker) and not \(fragment: withdrawn("assignment"))
        )
        """
    }
}
