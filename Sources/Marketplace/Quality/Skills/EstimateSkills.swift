internal import Consensus
internal import Formats
internal import Foundation
internal import Store

/// Writes the estimates of workers' skills that tiers, bidding and scheduling read, from how right their answers were.
///
/// A node's mean is shrunk to that of the node above, that of a profession to what everybody's answers come to; tasks
/// that others find hard count for more; evidence fades. What exams have shown is part of it.
package struct EstimateSkills: Sendable {
    /// Workers in one piece.
    package static let most = 20
    /// Of a worker, the newest so many answers count.
    static let outcomesMax = 2_000

    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded piece: workers with outcomes that their estimates have not seen. Doing it twice is the same as once.
    ///
    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Returns: how many workers were found; as many as ``most`` mean that there may be more.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(by actor: Principal.ID) async throws -> Int {
        let workers = try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .operator)
            return try await transaction.workersToEstimate(limit: Self.most)
        }
        guard !workers.isEmpty else { return 0 }
        try await market.change { change in
            // Before anything of theirs, and in the order in which everybody locks them.
            _ = try await change.transaction.lockWorkersForEligibility(workers)
            try await change.transaction.noteCounted(workers)
            var estimates: [SkillEstimate] = []
            for worker in workers { estimates += try await change.estimates(of: worker) }
            try await change.transaction.upsertEstimates(estimates)
            try await change.refreshEligibility(of: workers, after: .skill)
            try await change.record(
                "skills_estimated", by: actor, on: "skill_estimate", actor.uuid, in: .platform,
                facts: ["estimates": .integer(Int64(estimates.count)), "workers": .integer(Int64(workers.count))])
        }
        return workers.count
    }
}

extension Change {
    fileprivate func estimates(of worker: Worker.ID) async throws -> [SkillEstimate] {
        let read = try await transaction.outcomes(of: worker, limit: EstimateSkills.outcomesMax)
        let exams = try await transaction.examEstimates(of: worker)
        var means: [Skill: Double] = [:]
        var outcomes: [Skill: [SkillOutcome]] = [:]
        for outcome in read {
            if means[outcome.skill] == nil {
                means[outcome.skill] = try await transaction.populationMean(of: outcome.skill)
            }
            let found = outcome.weighed(at: instant, among: means[outcome.skill] ?? 0.8)
            for node in outcome.skill.lineage { outcomes[node, default: []].append(found) }
        }
        var estimated: [Skill: Double] = [:]
        var estimates: [SkillEstimate] = []
        // A parent's path is shorter than its children's.
        for skill in outcomes.keys.sorted(by: { ($0.path.count, $0.path) < ($1.path.count, $1.path) }) {
            let shown = exams.filter { $0.estimate.skill == skill }
                .map { $0.estimate.outcome(since: $0.at, at: instant) }
            let own = (outcomes[skill] ?? []) + shown
            let above = skill.lineage.dropFirst().lazy.compactMap { estimated[$0] }.first
            let below = means.filter { $0.key.lineage.contains(skill) }.map(\.value)
            let population = below.reduce(0, +) / Double(max(below.count, 1))
            let posterior = SkillPosterior(own, parent: above ?? population)
            estimated[skill] = posterior.mean
            let beta = BetaEstimate(rightLike: posterior.right, wrongLike: posterior.wrong)
            // It fades from the first second on: what is a hundredth short of an answer is one.
            let evidence = own.reduce(0.01) { $0 + $1.weight }
            estimates.append(
                try SkillEstimate(
                    worker: worker, skill: skill, version: SkillEstimate.estimatorVersion, meanBps: beta.meanBps,
                    lowBps: beta.lowBps, highBps: beta.highBps, evidence: Int(exactly: evidence.rounded(.down)) ?? 0))
        }
        return estimates
    }
}

extension OutcomeRead {
    fileprivate func weighed(at now: Date, among mean: Double) -> SkillOutcome {
        SkillOutcome(
            right: right,
            weight: weight * SkillOutcome.fading(afterSeconds: now.timeIntervalSince(answeredAt)),
            difficulty: SkillOutcome.difficulty(right: othersRight, weight: othersWeight, mean: mean))
    }
}

extension SkillEstimate {
    /// What an exam has shown, as one outcome: its prior is taken out again.
    fileprivate func outcome(since then: Date, at now: Date) -> SkillOutcome {
        let answers = Double(evidence)
        let all = answers + Double(BetaEstimate.priorRight + BetaEstimate.priorWrong)
        let right = Double(meanBps) / 10_000 * all - Double(BetaEstimate.priorRight)
        return SkillOutcome(
            right: answers > 0 ? right / answers : 0,
            weight: answers * SkillOutcome.fading(afterSeconds: now.timeIntervalSince(then)))
    }
}
