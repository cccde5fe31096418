internal import Store

extension DoctorCheck {
    static let colleagueViolations: SQL = """
        select review.review_id::text as example
          from review
          join team_member as theirs on theirs.worker_id = review.author_id and theirs.in_force @> review.reviewed_at
          join team_member as own
            on own.worker_id = review.reviewer_id and own.team_id = theirs.team_id
           and own.in_force @> review.reviewed_at
         where review.author_id <> review.reviewer_id
        """

    /// The window is the one of ``AcceptUnreviewed/windowSeconds``.
    static let unjudgedViolations: SQL = """
        select review.review_id::text as example
          from review
          join principal on principal.principal_id = review.reviewer_id
          left join submission using (requester_id, assignment_id)
         where principal.kind <> 'person'
           and (review.verdict <> 'accepted' or submission.assignment_id is null
                or review.reviewed_at < submission.submitted_at
                                        + make_interval(secs => \(AcceptUnreviewed.windowSeconds)))
        """
}
