internal import Formats
internal import Foundation
internal import Store

/// What starting an exam must know of it.
struct ExamTerms: Hashable, Sendable {
    let id: Exam.ID
    let profession: Profession
    let version: Int
    let minutes: Int
    let attemptsMax: Int
    let cooldownHours: Int
}

extension ExamAttempt {
    init(row: Row) throws {
        id = try row["exam_attempt_id"]
        exam = try row["exam_id"]
        key = try row["key"]
        attemptNo = try row["attempt_no"]
        dueAt = try row["due_at"]
        sections = try row["sections"]
        let score: Int? = try row["score_bps"]
        let expires: Date? = try row["expires_at"]
        let pass: Int = try row["pass_bps"]
        if let score, let expires {
            result = Result(scoreBps: score, isPassed: score >= pass, expiresAt: expires)
        } else {
            result = nil
        }
    }
}

extension Transaction {
    func newestExam(_ key: String) async throws -> ExamTerms? {
        try await firstRow(
            """
            select exam_id, profession, version, minutes, attempts_max, cooldown_hours
              from exam where key = \(key)
             order by version desc
             limit 1
            """
        ).map {
            ExamTerms(
                id: try $0["exam_id"], profession: try $0["profession"], version: try $0["version"],
                minutes: try $0["minutes"], attemptsMax: try $0["attempts_max"],
                cooldownHours: try $0["cooldown_hours"]
            )
        }
    }

    func insertExam(_ id: Exam.ID, _ draft: ExamDraft, version: Int, by actor: Principal.ID) async throws {
        try await execute(
            """
            insert into exam (exam_id, profession, key, version, title, sections, answer_key, minutes, attempts_max,
                              cooldown_hours, pass_bps, valid_days, published_at, published_by)
            values (\(id), \(draft.profession), \(draft.key), \(version), \(draft.title),
                    \(draft.content.sectionsJSON), \(draft.content.answerKeyJSON), \(draft.minutes),
                    \(draft.attemptsMax), \(draft.cooldownHours), \(draft.passBps), \(draft.validDays), \(instant),
                    \(actor))
            """)
    }

    /// An exam with its key, for scoring.
    func exam(_ id: Exam.ID) async throws -> Exam? {
        try await firstRow("select sections, answer_key from exam where exam_id = \(id)").map {
            try Exam(sections: $0["sections"], answerKey: $0["answer_key"])
        }
    }

    func exams(after key: String?, limit: Int) async throws -> [ExamSheet] {
        try await rows(
            """
            select distinct on (key) key, exam_id, profession, version, title, minutes, attempts_max, cooldown_hours,
                   pass_bps, valid_days
              from exam
             where \(key)::text is null or key > \(key)
             order by key, version desc
             limit \(limit)
            """
        ).map(ExamSheet.init(row:))
    }

    /// The attempt that is under way at any version of the exam.
    func openAttempt(of worker: Worker.ID, at key: String) async throws -> ExamAttempt? {
        try await firstRow(
            """
            select exam_attempt_id, exam_id, key, attempt_no, due_at, sections, score_bps, expires_at, pass_bps
              from exam_attempt join exam using (exam_id)
             where worker_id = \(worker) and key = \(key) and finished_at is null
             order by exam_attempt_id
             limit 1
            """
        ).map(ExamAttempt.init(row:))
    }

    func attempt(_ id: ExamAttempt.ID, of worker: Worker.ID? = nil) async throws -> ExamAttempt? {
        try await firstRow(
            """
            select exam_attempt_id, exam_id, key, attempt_no, due_at, sections, score_bps, expires_at, pass_bps
              from exam_attempt join exam using (exam_id)
             where exam_attempt_id = \(id) and (\(worker)::uuid is null or worker_id = \(worker))
            """
        ).map(ExamAttempt.init(row:))
    }

    func attempts(of worker: Worker.ID, after id: ExamAttempt.ID?, limit: Int) async throws -> [ExamAttempt] {
        try await rows(
            """
            select exam_attempt_id, exam_id, key, attempt_no, due_at, sections, score_bps, expires_at, pass_bps
              from exam_attempt join exam using (exam_id)
             where worker_id = \(worker) and (\(id)::uuid is null or exam_attempt_id < \(id))
             order by exam_attempt_id desc
             limit \(limit)
            """
        ).map(ExamAttempt.init(row:))
    }

    /// How many attempts at a version there were, and when the last at any version of the key ended.
    func attempts(
        of worker: Worker.ID, at exam: Exam.ID, key: String
    ) async throws -> (count: Int, lastFinishedAt: Date?) {
        let row = try await oneRow(
            """
            select count(*) filter (where exam_attempt.exam_id = \(exam)) as attempts, max(finished_at) as last
              from exam_attempt join exam using (exam_id)
             where worker_id = \(worker) and key = \(key)
            """)
        return (try row["attempts"], try row["last"])
    }

    func insertAttempt(
        _ id: ExamAttempt.ID, at exam: Exam.ID, of worker: Worker.ID, number: Int, dueAt: Date
    ) async throws {
        try await execute(
            """
            insert into exam_attempt (exam_attempt_id, exam_id, worker_id, attempt_no, started_at, due_at)
            values (\(id), \(exam), \(worker), \(number), \(instant), \(dueAt))
            """)
    }

    /// - Returns: whether it was under way.
    func finishAttempt(_ id: ExamAttempt.ID, answers: JSON, scoreBps: Int) async throws -> Bool {
        try await execute(
            """
            update exam_attempt
               set finished_at = \(instant), answers = \(answers), score_bps = \(scoreBps),
                   expires_at = \(instant) + valid_days * interval '24 hours'
              from exam
             where exam_attempt_id = \(id) and finished_at is null and exam.exam_id = exam_attempt.exam_id
            """) == 1
    }

    /// Attempts whose time ran out before an instant, locked; not those that others close.
    func lockOverdueAttempts(before instant: Date, limit: Int) async throws -> [(ExamAttempt.ID, Worker.ID)] {
        try await rows(
            """
            select exam_attempt_id, worker_id from exam_attempt
             where finished_at is null and due_at < \(instant)
             order by due_at, exam_attempt_id
             limit \(limit)
               for update skip locked
            """
        ).map { (try $0["exam_attempt_id"], try $0["worker_id"]) }
    }
}

extension ExamSheet {
    init(row: Row) throws {
        id = try row["exam_id"]
        key = try row["key"]
        version = try row["version"]
        profession = try row["profession"]
        title = try row["title"]
        minutes = try row["minutes"]
        attemptsMax = try row["attempts_max"]
        cooldownHours = try row["cooldown_hours"]
        passBps = try row["pass_bps"]
        validDays = try row["valid_days"]
    }
}
