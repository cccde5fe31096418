internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    func upsertEstimates(_ estimates: [SkillEstimate]) async throws {
        _ = try await pipeline(
            estimates.map { estimate in
                """
                insert into skill_estimate
                    (worker_id, skill, version, mean_bps, low_bps, high_bps, evidence, estimated_at)
                values (\(estimate.worker), \(estimate.skill), \(estimate.version), \(estimate.meanBps),
                        \(estimate.lowBps), \(estimate.highBps), \(estimate.evidence), \(instant))
                on conflict (worker_id, skill, version) do update
                   set mean_bps = excluded.mean_bps, low_bps = excluded.low_bps, high_bps = excluded.high_bps,
                       evidence = excluded.evidence, estimated_at = excluded.estimated_at
                """
            })
    }

    /// The estimate of the greatest version of each skill, by path.
    func skillEstimates(of worker: Worker.ID, after path: String?, limit: Int) async throws -> [SkillEstimate] {
        try await rows(
            """
            select distinct on (skill) worker_id, skill, version, mean_bps, low_bps, high_bps, evidence
              from skill_estimate
             where worker_id = \(worker) and (\(path)::text is null or skill > \(path))
             order by skill, version desc
             limit \(limit)
            """
        ).map {
            try SkillEstimate(
                worker: $0["worker_id"], skill: $0["skill"], version: $0["version"], meanBps: $0["mean_bps"],
                lowBps: $0["low_bps"], highBps: $0["high_bps"], evidence: $0["evidence"]
            )
        }
    }

    /// The low ends of the estimates of the greatest version of each skill, in ten-thousandths.
    func skillLows(of workers: [Worker.ID]) async throws -> [Worker.ID: [Skill: Int]] {
        let rows = try await rows(
            """
            select distinct on (worker_id, skill) worker_id, skill, low_bps
              from skill_estimate
             where worker_id = any(\(workers))
             order by worker_id, skill, version desc
            """)
        return try rows.reduce(into: [:]) { lows, row in
            let worker: Worker.ID = try row["worker_id"]
            let skill: Skill = try row["skill"]
            lows[worker, default: [:]][skill] = try row["low_bps"]
        }
    }

    /// The newest finished attempt of each exam whose score still counts, with the exam as it was sat; 100 at most.
    func countedAnswers(of worker: Worker.ID) async throws -> [(exam: Exam, answers: [String: String])] {
        try await rows(
            """
            select distinct on (exam.key) exam.sections, exam.answer_key, exam_attempt.answers
              from exam_attempt join exam using (exam_id)
             where worker_id = \(worker) and finished_at is not null and expires_at > \(instant)
             order by exam.key, finished_at desc, exam_attempt_id desc
             limit 100
            """
        ).map { row in
            let exam = try Exam(sections: row["sections"], answerKey: row["answer_key"])
            let answers: JSON? = try row["answers"]
            return (exam, (answers?.objectValue ?? [:]).compactMapValues(\.stringValue))
        }
    }
}
