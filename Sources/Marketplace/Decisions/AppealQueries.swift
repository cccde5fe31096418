internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// Until when a decision about that worker can be appealed.
    func appealUntil(of decision: Decision.ID, about worker: Worker.ID) async throws -> Date? {
        try await firstRow(
            "select appeal_until from decision where decision_id = \(decision) and worker_id = \(worker)"
        ).map { try $0["appeal_until"] }
    }

    func appeal(of decision: Decision.ID) async throws -> Appeal? {
        try await firstRow("\(fragment: Appeal.columns) where decision.decision_id = \(decision)").map(Appeal.init)
    }

    /// Kept from being ended by anybody else.
    func lockAppeal(_ id: Appeal.ID) async throws -> Appeal? {
        try await firstRow(
            "\(fragment: Appeal.columns) where appeal_id = \(id) for no key update of appeal"
        ).map(Appeal.init)
    }

    func insertAppeal(_ id: Appeal.ID, of decision: Decision.ID, statement: String) async throws {
        try await execute(
            """
            insert into appeal (appeal_id, decision_id, worker_id, decided_by, statement, filed_at, answer_until, state)
            select \(id), decision_id, worker_id, decided_by, \(statement), \(instant),
                   \(instant + Appeal.answerSeconds), 'open'
              from decision where decision_id = \(decision)
            """)
    }

    func endAppeal(
        _ id: Appeal.ID, as state: AppealState, by person: Principal.ID?, answer: String?, remedy: JSON?
    ) async throws {
        let changed = try await execute(
            """
            update appeal
               set state = \(state), answered_by = \(person), answered_at = \(instant), answer = \(answer),
                   remedy = \(remedy)
             where appeal_id = \(id) and state = 'open'
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// Notes that operators are told of appeals whose answer is late.
    func markLateAppeals(limit: Int) async throws -> [Appeal] {
        let marked: [Appeal.ID] = try await rows(
            """
            with late as materialized (
                select appeal_id from appeal
                 where state = 'open' and answer_until <= \(instant) and told_at is null
                 order by answer_until, appeal_id
                 limit \(limit)
                   for update skip locked
            )
            update appeal set told_at = \(instant) from late where appeal.appeal_id = late.appeal_id
            returning appeal.appeal_id
            """
        ).map { try $0["appeal_id"] }
        return try await rows(
            "\(fragment: Appeal.columns) where appeal_id = any(\(marked)) order by appeal_id"
        ).map(Appeal.init)
    }

    /// Open appeals, the longest due first; or those of another state, newest first.
    func appeals(in state: AppealState, after: Appeal.ID?, limit: Int) async throws -> [Appeal] {
        if state == .open {
            return try await rows(
                """
                \(fragment: Appeal.columns)
                 where state = 'open'
                   and (\(after)::uuid is null
                        or (answer_until, appeal_id)
                           > (select answer_until, appeal_id from appeal where appeal_id = \(after)::uuid))
                 order by answer_until, appeal_id
                 limit \(limit)
                """
            ).map(Appeal.init)
        }
        return try await rows(
            """
            \(fragment: Appeal.columns)
             where state = \(state) and (\(after)::uuid is null or appeal_id < \(after)::uuid)
             order by appeal_id desc
             limit \(limit)
            """
        ).map(Appeal.init)
    }

    /// How many appeals wait for an answer, and for how many the time is over.
    func openAppeals() async throws -> (open: Int, overdue: Int) {
        let row = try await oneRow(
            """
            select count(*) as open, count(*) filter (where answer_until <= \(instant)) as overdue
              from appeal where state = 'open'
            """)
        return (try row["open"], try row["overdue"])
    }

    /// Decisions newest first: about a worker, of a kind, or all.
    func decisions(
        about worker: Worker.ID?, of kind: DecisionKind?, before: Decision.ID?, limit: Int
    ) async throws -> [DecisionLine] {
        try await rows(
            """
            select decision.decision_id, decision.kind, decision.worker_id, subject_id, rule, facts, reasons,
                   automated, decided_at, appeal_until, appeal_id, appeal.state as appeal_state, appeal.answer_until,
                   appeal.answer, appeal.remedy
              from decision
              left join appeal on appeal.decision_id = decision.decision_id
             where (\(worker)::uuid is null or decision.worker_id = \(worker)::uuid)
               and (\(kind)::decision_kind is null or decision.kind = \(kind)::decision_kind)
               and (\(before)::uuid is null or decision.decision_id < \(before)::uuid)
             order by decision.decision_id desc
             limit \(limit)
            """
        ).map(DecisionLine.init)
    }

    func decisionFigures() async throws -> [DecisionFigure] {
        try await rows(
            """
            select decision.kind, count(*) as decisions, count(appeal_id) as appeals,
                   count(*) filter (where appeal.state = 'upheld') as upheld,
                   count(*) filter (where appeal.state = 'overturned') as overturned,
                   count(*) filter (where appeal.state = 'open') as open,
                   count(*) filter (where appeal.state = 'open' and answer_until <= \(instant)) as overdue,
                   (percentile_disc(0.5) within group (order by extract(epoch from answered_at - filed_at))
                       filter (where appeal.state in ('upheld', 'overturned')))::bigint as median_seconds
              from decision
              left join appeal on appeal.decision_id = decision.decision_id
             group by decision.kind
             order by decision.kind
            """
        ).map { row in
            DecisionFigure(
                kind: try row["kind"], decisions: try row["decisions"], appeals: try row["appeals"],
                upheld: try row["upheld"], overturned: try row["overturned"], open: try row["open"],
                overdue: try row["overdue"], medianSeconds: try row["median_seconds"])
        }
    }
}

extension Appeal {
    fileprivate static let columns: SQL = """
        select appeal.appeal_id, decision.decision_id, decision.kind, decision.worker_id, decision.subject_id,
               decision.decided_by, appeal.statement, appeal.filed_at, appeal.answer_until, appeal.state,
               appeal.answered_at, appeal.answer, appeal.remedy
          from appeal join decision on decision.decision_id = appeal.decision_id
        """

    init(row: Row) throws {
        id = try row["appeal_id"]
        decision = try row["decision_id"]
        kind = try row["kind"]
        worker = try row["worker_id"]
        subjectID = try row["subject_id"]
        decider = try row["decided_by"]
        statement = try row["statement"]
        filedAt = try row["filed_at"]
        answerUntil = try row["answer_until"]
        state = try row["state"]
        answeredAt = try row["answered_at"]
        answer = try row["answer"]
        remedy = try row["remedy"]
    }
}

extension DecisionLine {
    init(row: Row) throws {
        id = try row["decision_id"]
        kind = try row["kind"]
        worker = try row["worker_id"]
        subjectID = try row["subject_id"]
        rule = try row["rule"]
        facts = try row["facts"]
        reasons = try row["reasons"]
        automated = try row["automated"]
        decidedAt = try row["decided_at"]
        appealUntil = try row["appeal_until"]
        appeal = try row["appeal_id"]
        appealState = try row["appeal_state"]
        answerUntil = try row["answer_until"]
        answer = try row["answer"]
        remedy = try row["remedy"]
    }
}
