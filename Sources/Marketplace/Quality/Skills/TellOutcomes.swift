internal import Consensus
internal import Formats
internal import Store

/// Keeps what is known of how right answers were: against known answers, and by what the others have answered to the
/// same task where a full fit can be trusted. What people judged is kept when they judge. Whoever was shown gold did
/// what is right with it, or not: that is kept too, of any kind of task, and of canaries.
package struct TellOutcomes: Sendable {
    /// Tasks in one piece, each in a transaction of its own.
    package static let most = 200

    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded piece. Several may run at once; doing it twice is the same as once.
    ///
    /// - Returns: how many tasks, and people who were shown gold, were told of; as many as ``most`` mean that there may
    ///   be more.
    /// - Throws: ``ContentRefusal/keysMissing``; ``VaultRefusal``.
    package func callAsFunction() async throws -> Int {
        var told = 0
        while told < Self.most, try await market.log({ try await $0.tellOfOne() }) { told += 1 }
        while told < Self.most, try await market.log({ try await $0.tellOfGold() }) { told += 1 }
        return told
    }
}

extension Change {
    /// - Returns: false when there is none to tell of.
    fileprivate func tellOfOne() async throws -> Bool {
        guard let row = try await transaction.lockUntoldPosterior() else { return false }
        let stored = try StoredPosterior(row: row)
        let (requester, project): (Requester.ID, Project.ID) = (try row["requester_id"], try row["project_id"])
        let function: WorkFunction = try row["function"]
        if let classes = AnswerClasses(try ProjectShape(row: row)),
            let key = try await presentKey(of: requester, function), let evidence = try stored.evidence(key)
        {
            let fit = try await transaction.newestFit(of: project, requester)
            let (world, _) = try LabelWorld.kept(fit, classes, key, in: project)
            let known = try await transaction.knownAnswers(of: [stored.task], requester, in: keys)[stored.task]
            let truth = known?["gold"].flatMap(classes.place)
            let isTrusted = try fit?["is_trusted"] ?? false
            try await transaction.keepOutcomes(
                evidence.voices.compactMap { voice in
                    if let truth { return voice.outcome(against: truth) }
                    return isTrusted ? evidence.outcome(of: voice, world.calibration) : nil
                }, of: requester)
        }
        try await transaction.noteTold(stored.task, requester, revision: stored.revision)
        return true
    }
}

extension TaskEvidence.Voice {
    fileprivate func outcome(against truth: Int) -> OutcomeFound? {
        place.map {
            OutcomeFound(
                assignment: assignment, basis: .gold, right: $0 == truth ? 1_000_000 : 0, weight: 1_000_000)
        }
    }
}

extension TaskEvidence {
    /// How likely an answer is right by the others alone; it counts as far as they settle the task.
    fileprivate func outcome(of voice: Voice, _ calibration: Calibration) -> OutcomeFound? {
        guard let place = voice.place else { return nil }
        var others = self
        others.voices.removeAll { $0 == voice }
        let posterior = calibration.applied(to: others.posterior)
        let even = 1 / Double(max(posterior.count, 1))
        let settled = others.voices.isEmpty ? 0 : max((posterior.max() ?? 0) - even, 0) / (1 - even)
        return OutcomeFound(
            assignment: voice.assignment, basis: .posterior, right: Int(Self.millionths(posterior[place])),
            weight: Int(Self.millionths(settled)))
    }
}
