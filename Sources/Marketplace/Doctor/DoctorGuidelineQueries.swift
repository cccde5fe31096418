internal import Foundation
internal import Store

extension DoctorCheck {
    static let guidelineToldViolations: SQL = """
        select assignment.assignment_id::text as example
          from assignment
          left join guideline_version as told
            on told.requester_id = assignment.requester_id and told.guideline_id = assignment.guideline_id
           and told.version = assignment.guideline_version
         where told.version is null
            or assignment.terms ->> 'guideline_version' is distinct from assignment.guideline_version::text
         union all
        select guideline.guideline_id::text
          from guideline
         where newest_version is distinct from
               (select max(version) from guideline_version as told
                 where told.requester_id = guideline.requester_id and told.guideline_id = guideline.guideline_id)
         union all
        select guideline_id || ' version ' || version
          from guideline_version
         where body_hash <> sha256(convert_to(body, 'UTF8'))
        """

    static let controlsHiddenViolations: SQL = """
        select assignment.assignment_id::text as example
          from suggestion_use as use
          join assignment using (requester_id, assignment_id)
          left join task_suggestion as suggestion
            on suggestion.requester_id = assignment.requester_id and suggestion.task_id = assignment.task_id
         where (use.was_shown, use.source, use.version, use.worker_id)
               is distinct from
               (not suggestion.is_control, suggestion.source, suggestion.version, assignment.worker_id)
        """
}

extension Transaction {
    /// Versions that list what they touch, some at a time, in the order of their keys.
    func listings(
        after last: ListingPlace?, limit: Int
    ) async throws -> [(place: ListingPlace, scope: RecheckScope, isEnded: Bool)] {
        try await rows(
            """
            select listing.requester_id, listing.guideline_id, listing.version, told.scope,
                   listing.ended_at is not null as is_ended
              from recheck_listing as listing
              join guideline_version as told using (requester_id, guideline_id, version)
             where \(last?.requester)::uuid is null
                or (listing.requester_id, listing.guideline_id, listing.version)
                   > (\(last?.requester)::uuid, \(last?.guideline)::uuid, \(last?.version)::bigint)
             order by listing.requester_id, listing.guideline_id, listing.version
             limit \(limit)
            """
        ).map { row in
            let place = ListingPlace(
                requester: try row["requester_id"], guideline: try row["guideline_id"], version: try row["version"]
            )
            return (place, try RecheckScope(json: row["scope"]), try row["is_ended"])
        }
    }

    /// Items of a version with what they say of their answers and what is so.
    func listedAnswers(_ place: ListingPlace, after last: Assignment.ID?, limit: Int) async throws -> [ListedAnswer] {
        try await rows(
            """
            select item.assignment_id, item.task_id, assignment.guideline_version, project.external_key,
                   item.answer_version, item.reason,
                   (assignment.guideline_id, assignment.task_id, assignment.guideline_version)
                   = (item.guideline_id, item.task_id, item.answer_version)
                   and (item.recheck_task_id is null
                        or exists (select from task join task as copied using (requester_id, project_id)
                                    where task.requester_id = item.requester_id and task.task_id = item.task_id
                                      and copied.task_id = item.recheck_task_id)) as agrees
              from recheck_item as item
              join assignment using (requester_id, assignment_id)
              join batch using (requester_id, batch_id)
              join project using (requester_id, project_id)
             where item.requester_id = \(place.requester) and item.guideline_id = \(place.guideline)
               and item.version = \(place.version)
               and (\(last)::uuid is null or item.assignment_id > \(last)::uuid)
             order by item.assignment_id
             limit \(limit)
            """
        ).map { row in
            ListedAnswer(
                candidate: try RecheckCandidate(row: row), reason: try row["reason"], agrees: try row["agrees"]
            )
        }
    }
}
