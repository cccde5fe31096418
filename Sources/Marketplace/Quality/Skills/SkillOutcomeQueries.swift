internal import Consensus
internal import Foundation
internal import Store

/// The values of the PostgreSQL enum `skill_basis`, in its order: how it is known whether an answer was right. The
/// first counts.
package enum SkillBasis: String, Sendable, CaseIterable, SQLEnum {
    /// An appeal overturned what was judged.
    case appeal
    /// Against the known answer.
    case gold
    /// By people.
    case judged
    /// By what the others have answered.
    case posterior
}

/// How right an answer was, in millionths, and how much that counts.
struct OutcomeFound: Sendable {
    let assignment: Assignment.ID
    let basis: SkillBasis
    let right: Int
    let weight: Int
}

/// An outcome as the estimate reads it.
struct OutcomeRead: Sendable {
    let worker: Worker.ID
    let skill: Skill
    let right: Double
    let weight: Double
    let answeredAt: Date
    /// Of what others have answered to the same task.
    let othersRight: Double
    let othersWeight: Double
}

extension Transaction {
    /// Keeps how right answers were. What is known better already stays.
    func keepOutcomes(_ found: [OutcomeFound], of requester: Requester.ID) async throws {
        guard !found.isEmpty else { return }
        try await execute(
            """
            insert into skill_outcome (requester_id, assignment_id, task_id, worker_id, skill, basis, right_ppm,
                                       weight_ppm, answered_at, is_counted)
            select assignment.requester_id, assignment.assignment_id, assignment.task_id, assignment.worker_id,
                   (price.task ->> 'profession') || '/' || (price.task ->> 'task_kind'), found.basis::skill_basis,
                   found.right_ppm, found.weight_ppm,
                   coalesce(submission.submitted_at, assignment.closed_at, \(instant)), false
              from unnest(\(found.map(\.assignment))::uuid[], \(found.map(\.basis.rawValue))::text[],
                          \(found.map { Int64($0.right) })::bigint[], \(found.map { Int64($0.weight) })::bigint[])
                   as found (assignment_id, basis, right_ppm, weight_ppm)
              join assignment on assignment.requester_id = \(requester)
                             and assignment.assignment_id = found.assignment_id
              left join submission on submission.requester_id = assignment.requester_id
                                  and submission.assignment_id = assignment.assignment_id
              join batch_price as price on price.requester_id = assignment.requester_id
                                       and price.batch_id = assignment.batch_id
             order by assignment.assignment_id
            on conflict on constraint skill_outcome_pkey do update
               set basis = excluded.basis, right_ppm = excluded.right_ppm, weight_ppm = excluded.weight_ppm,
                   answered_at = excluded.answered_at, is_counted = false
             where excluded.basis <= skill_outcome.basis
               and (excluded.basis, excluded.right_ppm, excluded.weight_ppm, excluded.answered_at)
                   is distinct from (skill_outcome.basis, skill_outcome.right_ppm, skill_outcome.weight_ppm,
                                     skill_outcome.answered_at)
            """)
    }

    /// How often a reviewer's word was borne out, of their newest 200: by a second person who did not know it, or by
    /// the known answer. As a weight in millionths, by Laplace's rule of succession.
    func reviewerWeight(_ person: Principal.ID) async throws -> Int {
        try await oneRow(Self.reviewerWeight("\(person)::uuid"))["weight"]
    }

    /// - Parameter person: an expression.
    static func reviewerWeight(_ person: SQL) -> SQL {
        """
        select (count(*) filter (where is_borne_out) + 1) * 1000000 / (count(is_borne_out) + 2) as weight
          from (select case when gold.assignment_id is not null
                            then (said.share_bps >= 5000) = (gold.right_ppm >= 500000)
                            else other.verdict = said.verdict end as is_borne_out
                  from (select requester_id, assignment_id, role, verdict, share_bps from opinion as own
                         where own.person_id = \(fragment: person)
                         order by own.given_at desc
                         limit 200) as said
                  left join skill_outcome as gold
                    on gold.requester_id = said.requester_id and gold.assignment_id = said.assignment_id
                   and gold.basis = 'gold'
                  left join opinion as other
                    on other.requester_id = said.requester_id and other.assignment_id = said.assignment_id
                   and (said.role, other.role) in (('first', 'second'), ('second', 'first'))) as compared
        """
    }

    /// Whose task has changed since it was told how right its answers were; locked, and left out while somebody else
    /// has it.
    func lockUntoldPosterior() async throws -> Row? {
        try await firstRow(
            """
            with untold as materialized (
                select requester_id, task_id, project_id, sealed, revision from task_posterior
                 where revision <> told_revision and not is_stale
                 limit 1
                   for update skip locked
            )
            select untold.*, project.function, \(fragment: ProjectShape.columns)
              from untold join project using (requester_id, project_id)
            """)
    }

    func noteTold(_ task: WorkTask.ID, _ requester: Requester.ID, revision: Int64) async throws {
        try await execute(
            """
            update task_posterior set told_revision = \(revision)
             where requester_id = \(requester) and task_id = \(task)
            """)
    }

    /// Workers with outcomes that their estimates have not seen, by id.
    func workersToEstimate(limit: Int) async throws -> [Worker.ID] {
        try await rows(
            "select distinct worker_id from skill_outcome where not is_counted order by worker_id limit \(limit)"
        ).map { try $0["worker_id"] }
    }

    /// Says that estimates will have seen a worker's outcomes as they are; what changes afterwards says otherwise
    /// again.
    func noteCounted(_ workers: [Worker.ID]) async throws {
        try await execute(
            """
            with uncounted as materialized (
                select requester_id, assignment_id from skill_outcome
                 where worker_id = any(\(workers)) and not is_counted
                 order by requester_id, assignment_id
                   for update
            )
            update skill_outcome set is_counted = true
              from uncounted
             where skill_outcome.requester_id = uncounted.requester_id
               and skill_outcome.assignment_id = uncounted.assignment_id
            """)
    }

    /// A worker's newest outcomes, beside how right others were on the same tasks.
    func outcomes(of worker: Worker.ID, limit: Int) async throws -> [OutcomeRead] {
        try await rows(
            """
            select own.worker_id, own.skill, own.right_ppm, own.weight_ppm, own.answered_at,
                   others.right_sum, others.weight_sum
              from (select * from skill_outcome where worker_id = \(worker) order by answered_at desc limit \(limit))
                   as own
             cross join lateral (
                  select coalesce(sum(right_ppm::bigint * weight_ppm / 1000000), 0)::bigint as right_sum,
                         coalesce(sum(weight_ppm), 0)::bigint as weight_sum
                    from skill_outcome as other
                   where other.requester_id = own.requester_id and other.task_id = own.task_id
                     and other.worker_id <> own.worker_id) as others
            """
        ).map { row in
            let number = { (name: String) in Double(try row.value(name, as: Int64.self)) / 1e6 }
            return OutcomeRead(
                worker: try row["worker_id"], skill: try row["skill"], right: try number("right_ppm"),
                weight: try number("weight_ppm"), answeredAt: try row["answered_at"],
                othersRight: try number("right_sum"), othersWeight: try number("weight_sum"))
        }
    }

    /// How right the newest thousand answers of everybody at a node were, in millionths, with ten imagined ones of
    /// which eight were right.
    func populationMean(of skill: Skill) async throws -> Double {
        let row = try await oneRow(
            """
            select coalesce(sum(right_ppm::bigint * weight_ppm / 1000000), 0)::bigint as right_sum,
                   coalesce(sum(weight_ppm), 0)::bigint as weight_sum
              from (select right_ppm, weight_ppm from skill_outcome where skill = \(skill)
                     order by answered_at desc
                     limit 1000) as newest
            """)
        let (right, weight): (Int64, Int64) = (try row["right_sum"], try row["weight_sum"])
        return (Double(right) / 1e6 + 8) / (Double(weight) / 1e6 + 10)
    }

    /// What exams have shown of a worker.
    func examEstimates(of worker: Worker.ID) async throws -> [(estimate: SkillEstimate, at: Date)] {
        try await rows(
            """
            select worker_id, skill, version, mean_bps, low_bps, high_bps, evidence, estimated_at
              from skill_estimate
             where worker_id = \(worker) and version = \(SkillEstimate.examVersion)
            """
        ).map { row in
            (
                try SkillEstimate(
                    worker: row["worker_id"], skill: row["skill"], version: row["version"], meanBps: row["mean_bps"],
                    lowBps: row["low_bps"], highBps: row["high_bps"], evidence: row["evidence"]),
                try row["estimated_at"]
            )
        }
    }
}
