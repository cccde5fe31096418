package import Formats
internal import Foundation
internal import Store

/// How good a worker is at something, as far as is known.
package struct SkillEstimate: Hashable, Sendable {
    /// The version of estimates that exams make; later methods have greater ones.
    package static let examVersion = 1
    /// That of the program's own estimator, which is made of exams too; whoever has a better one takes a greater.
    package static let estimatorVersion = 2

    package let worker: Worker.ID
    package let skill: Skill
    /// Of the method; of several the greatest counts.
    package let version: Int
    /// The probability of a right answer and its 95 % credible interval, in ten-thousandths.
    package let meanBps: Int
    package let lowBps: Int
    package let highBps: Int
    /// How many answers it rests on.
    package let evidence: Int

    /// - Throws: ``BadInput`` unless 0 ≤ low ≤ mean ≤ high ≤ 10,000, evidence ≥ 0 and version > 0.
    package init(
        worker: Worker.ID, skill: Skill, version: Int, meanBps: Int, lowBps: Int, highBps: Int, evidence: Int
    ) throws(BadInput) {
        guard (1...1_000_000).contains(version) else { throw BadInput("version", "must be 1 to 1,000,000") }
        guard 0 <= lowBps, lowBps <= meanBps, meanBps <= highBps, highBps <= 10_000 else {
            throw BadInput("mean_bps", "must lie within its interval, and that within 0 to 10,000")
        }
        guard (0...1_000_000_000).contains(evidence) else { throw BadInput("evidence", "must not be negative") }
        self.worker = worker
        self.skill = skill
        self.version = version
        self.meanBps = meanBps
        self.lowBps = lowBps
        self.highBps = highBps
        self.evidence = evidence
    }

    package var json: JSON {
        [
            "worker": .string("\(worker)"), "skill": .string(skill.path), "version": .integer(Int64(version)),
            "mean_bps": .integer(Int64(meanBps)), "low_bps": .integer(Int64(lowBps)),
            "high_bps": .integer(Int64(highBps)), "evidence": .integer(Int64(evidence)),
        ]
    }
}

/// Why estimates were not written. In order of precedence.
package enum SkillRefusal: Refusal, CaseIterable {
    /// Version 1 is made of exams only.
    case versionOfExams
    /// One of the workers is not there.
    case unknownWorker

    package var code: String {
        switch self {
        case .versionOfExams: "version_of_exams"
        case .unknownWorker: "unknown_worker"
        }
    }

    package var message: String {
        switch self {
        case .versionOfExams: "Version 1 is made of exams. An estimator takes a greater version."
        case .unknownWorker: "One of the workers does not exist."
        }
    }
}

/// Writes what an estimator found, all or nothing; a later estimate of the same worker, skill and version replaces it.
package struct WriteSkillEstimates: Sendable {
    package static let batchMax = 1_000
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter estimates: 1 to 1,000; of several for the same worker, skill and version the last counts.
    /// - Throws: ``AccessRefusal``, ``BadInput``, ``SkillRefusal``.
    package func callAsFunction(_ estimates: [SkillEstimate], by actor: Principal.ID) async throws {
        guard (1...Self.batchMax).contains(estimates.count) else { throw BadInput("estimates", "must be 1 to 1,000") }
        do {
            try await market.change { change in
                try await change.transaction.authorize(actor, as: .operator)
                guard estimates.allSatisfy({ $0.version > SkillEstimate.examVersion }) else {
                    throw SkillRefusal.versionOfExams
                }
                try await change.transaction.upsertEstimates(estimates)
                try await change.refreshEligibility(of: Array(Set(estimates.map(\.worker))), after: .skill)
                try await change.record(
                    "skills_estimated", by: actor, on: "skill_estimate", actor.uuid, in: .platform,
                    facts: ["estimates": .integer(Int64(estimates.count))]
                )
            }
        } catch let error as StoreError where error.violatedConstraint == "skill_estimate_worker_id_fkey" {
            throw SkillRefusal.unknownWorker
        }
    }
}

/// Shows what is known of a worker's skills.
package struct ListSkills: Sendable {
    package static let pageMax = 500
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - path: of the last one of the page before; `nil` for the first page.
    ///   - actor: the worker, or an operator.
    /// - Returns: the estimate of the greatest version of each skill, by path.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(
        of worker: Worker.ID, after path: String? = nil, limit: Int = pageMax, by actor: Principal.ID
    ) async throws -> [SkillEstimate] {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: actor.uuid == worker.uuid ? .worker : .operator)
            return try await transaction.skillEstimates(
                of: worker, after: path, limit: min(max(limit, 1), Self.pageMax)
            )
        }
    }
}

extension Change {
    /// Makes the estimates of version 1 anew from the newest scores that still count, one of each exam.
    func estimateSkills(of worker: Worker.ID) async throws {
        var tallies: [Skill: SkillTally] = [:]
        for (exam, answers) in try await transaction.countedAnswers(of: worker) {
            for (skill, tally) in exam.tally(answers) { tallies[skill, default: SkillTally()].add(tally) }
        }
        var estimates: [SkillEstimate] = []
        for (skill, tally) in tallies.sorted(by: { $0.key.path < $1.key.path }) {
            let beta = BetaEstimate(right: tally.right, answers: tally.answers)
            estimates.append(
                try SkillEstimate(
                    worker: worker, skill: skill, version: SkillEstimate.examVersion, meanBps: beta.meanBps,
                    lowBps: beta.lowBps, highBps: beta.highBps, evidence: tally.answers
                ))
        }
        try await transaction.upsertEstimates(estimates)
    }
}
