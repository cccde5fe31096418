internal import Foundation
internal import Store

extension Change {
    /// Works out anew, for all time to come, which requirements a worker meets. Every use case that changes what
    /// requirements ask of a worker calls it at the end of its transaction; a change of standing needs it not.
    ///
    /// - Parameter changed: what may have changed; requirements that do not ask for it are left as they are.
    package func refreshEligibility(
        of worker: Worker.ID, after changed: RequirementSubject = .everything
    ) async throws {
        try await refreshEligibility(of: [worker], after: changed)
    }

    /// The same for many workers, some at a time.
    func refreshEligibility(of workers: [Worker.ID], after changed: RequirementSubject) async throws {
        let locked = try await transaction.lockWorkersForEligibility(workers)
        var requirements = try await transaction.trees(ofHashes: try await transaction.coveredRequirements())
        if changed != .everything {
            requirements = requirements.filter { !$1.subjects.isDisjoint(with: changed) }
        }
        for start in stride(from: 0, to: locked.count, by: SweepEligibility.workersMax) {
            let page = locked[start..<min(start + SweepEligibility.workersMax, locked.count)]
            try await transaction.keepEligibility(of: Array(page), for: requirements)
        }
    }
}

extension Transaction {
    /// The trees of requirements by id; those that are not there are left out.
    package func knownRequirements(_ ids: [Requirement.ID]) async throws -> [Requirement.ID: Requirement] {
        try await trees(ofHashes: try await requirementHashes(ids))
    }

    /// A tree is what its hash says, so each is read and parsed once in a process.
    fileprivate func trees(ofHashes hashes: [Requirement.ID: Digest]) async throws -> [Requirement.ID: Requirement] {
        var known = internedTrees.among(hashes.values)
        let unknown = hashes.values.filter { known[$0] == nil }
        if !unknown.isEmpty {
            let read = try await requirements(withHashes: unknown)
            internedTrees.add(read)
            known.merge(read) { first, _ in first }
        }
        return hashes.compactMapValues { known[$0] }
    }

    /// A requirement by its id and the hash of its text; a process reads each once.
    func requirement(_ id: Requirement.ID, hash: Digest) async throws -> Requirement {
        if let known = internedTrees[hash] { return known }
        let read = try await requirements(withHashes: [hash])
        internedTrees.add(read)
        guard let found = read[hash] else { throw NotFound("requirement") }
        return found
    }

    /// Works out and stores when these workers, who are locked, meet these requirements.
    func keepEligibility(of workers: [Worker.ID], for requirements: [Requirement.ID: Requirement]) async throws {
        guard !workers.isEmpty, !requirements.isEmpty else { return }
        var wanted: [EligibilityRow] = []
        for history in try await workerHistories(of: workers) {
            let forecast = EligibilityForecast(history, from: instant)
            for (id, requirement) in requirements {
                for range in forecast.ranges(ofNormal: requirement) {
                    wanted.append(EligibilityRow(worker: history.worker, requirement: id, range: range))
                }
            }
        }
        try await writeEligibility(wanted, of: workers, for: Array(requirements.keys))
    }

    /// Which requirements a worker meets at the transaction's instant: as stored, and evaluated afresh where what is
    /// stored is not complete yet. Whether the worker may work at all is not looked at.
    package func metRequirements(of worker: Worker.ID) async throws -> [Requirement.ID] {
        let stored = try await storedEligibility(of: worker)
        guard !stored.unknown.isEmpty, let facts = try await workerFacts(worker, at: instant) else { return stored.met }
        return try await metRequirements(stored, by: facts)
    }

    /// The same of what was read already.
    func metRequirements(
        _ stored: (met: [Requirement.ID], unknown: [Requirement.ID]), by facts: WorkerFacts
    ) async throws -> [Requirement.ID] {
        guard !stored.unknown.isEmpty else { return stored.met }
        var facts = facts
        facts.state = .active
        let instant = instant
        let afresh = try await knownRequirements(stored.unknown).filter { _, requirement in
            if case .eligible = requirement.evaluate(normal: facts, at: instant) { true } else { false }
        }
        return (stored.met + afresh.keys).sorted()
    }
}

/// Works out who meets requirements that are new or name an agreement with a new version, some workers at a time.
///
/// Nothing waits for it: until a requirement is through, readers evaluate it themselves. Cut off, it goes on where it
/// was; any number of processes may run it.
package struct SweepEligibility: Sendable {
    /// Workers in one transaction.
    package static let workersMax = 200
    static let requirementsMax = 500
    /// How long after it was made a requirement is left alone: longer than any transaction takes.
    static let settleSeconds: TimeInterval = 60

    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded piece.
    ///
    /// - Returns: the number of workers looked at; less than `most` when nothing is left to do at the moment.
    package func callAsFunction(most: Int = workersMax) async throws -> Int {
        try await market.database.transaction { transaction in
            try await transaction.noteNewAgreements()
            let (requirements, through) = try await transaction.lockStaleCovers(
                settledBy: transaction.instant - Self.settleSeconds, limit: Self.requirementsMax
            )
            guard !requirements.isEmpty else { return 0 }
            let most = min(max(most, 1), Self.workersMax)
            let workers = try await transaction.lockWorkersForEligibility(after: through, limit: most)
            try await transaction.keepEligibility(
                of: workers, for: try await transaction.knownRequirements(requirements)
            )
            try await transaction.moveCovers(requirements, through: workers.count < most ? nil : workers.last)
            return workers.count
        }
    }
}

/// Parsed requirements by the hash of their text.
private let internedTrees = ProcessCache<Digest, Requirement>(most: 20_000)
