internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// The version that is asked for now, if any.
    func openRework(of id: Assignment.ID, _ requester: Requester.ID) async throws -> OpenRework? {
        try await firstRow(
            """
            \(fragment: OpenRework.columns)
             where requester_id = \(requester) and assignment_id = \(id)
               and answered_at is null and answer_until > \(instant)
            """
        ).map(OpenRework.init)
    }

    /// How often an answer was sent back.
    func reworks(of id: Assignment.ID, _ requester: Requester.ID) async throws -> Int {
        try await oneRow(
            "select count(*) as n from rework where requester_id = \(requester) and assignment_id = \(id)")["n"]
    }

    /// Keeps the version that stands and asks for another.
    ///
    /// - Returns: until when: the time that was left at the hand-in, but at least so many hours.
    func insertRework(
        _ round: Int, of work: WorkToReview, reasons: String, _ sheet: ReviewSheet, hours: Int, by actor: Principal.ID
    ) async throws -> Date {
        try await oneRow(
            """
            insert into rework (requester_id, assignment_id, round, author_id, sent_by, reasons, sheet, answer, hash,
                                active_seconds, submitted_at, sealed, sent_at, answer_until)
            select assignment.requester_id, assignment.assignment_id, \(round), assignment.worker_id, \(actor),
                   \(reasons), \(sheet.json), answer, hash, active_seconds, submitted_at, sealed, \(instant),
                   \(instant)::timestamptz
                   + greatest(answer_by - submitted_at, make_interval(hours => \(hours)::integer))
              from assignment join submission using (requester_id, assignment_id)
             where assignment.requester_id = \(work.requester) and assignment.assignment_id = \(work.id)
            returning answer_until
            """)["answer_until"]
    }

    /// Puts another version in the place of the one that was sent back.
    func replaceAnswer(
        _ sealed: Bytes, _ hash: Digest, of work: WorkToReview, active: Int, at now: Date
    ) async throws {
        let changed = try await execute(
            """
            with answered as (
                update rework set answered_at = \(now)
                 where requester_id = \(work.requester) and assignment_id = \(work.id) and answered_at is null
                   and answer_until > \(now)
                returning requester_id, assignment_id
            )
            update submission
               set answer = null, sealed = \(sealed), hash = \(hash), submitted_at = \(now),
                   active_seconds = least(submission.active_seconds + \(active), 7776000,
                                          greatest(1, ceil(extract(epoch from \(now)::timestamptz - leased_at))))
              from answered join assignment using (requester_id, assignment_id)
             where submission.requester_id = answered.requester_id
               and submission.assignment_id = answered.assignment_id
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    func openReworks(of worker: Worker.ID, after: Assignment.ID?, limit: Int) async throws -> [OpenRework] {
        try await rows(
            """
            \(fragment: OpenRework.columns)
             where author_id = \(worker) and answered_at is null and answer_until > \(instant)
               and (\(after)::uuid is null or assignment_id > \(after)::uuid)
             order by assignment_id
             limit \(limit)
            """
        ).map(OpenRework.init)
    }
}

extension OpenRework {
    fileprivate static let columns: SQL = """
        select requester_id, assignment_id, round, reasons, sheet, sent_at, answer_until from rework
        """

    init(row: Row) throws {
        assignment = try row["assignment_id"]
        requester = try row["requester_id"]
        round = try row["round"]
        reasons = try row["reasons"]
        sheet = try row["sheet"]
        sentAt = try row["sent_at"]
        answerUntil = try row["answer_until"]
    }
}
