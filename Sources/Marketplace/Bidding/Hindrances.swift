internal import Store

/// The values of the PostgreSQL enum `lapse_reason`, in its order: why an award lapsed, or a bid was set aside.
package enum LapseReason: String, Sendable, CaseIterable, SQLEnum {
    case unanswered
    case batchOver = "batch_over"
    case notActive = "not_active"
    case notEligible = "not_eligible"
}

extension Change {
    /// Whom of these workers something keeps from the work of a batch that is not theirs to answer for; the first thing
    /// that does, in the order of ``LapseReason``.
    func hindrances(of workers: [Worker.ID], at batch: Batch) async throws -> [Worker.ID: LapseReason] {
        var found: [Worker.ID: LapseReason] = [:]
        guard !workers.isEmpty else { return found }
        guard batch.state.isInWork, batch.dueAt.map({ instant < $0 }) ?? true,
            let offering = try await transaction.offering(batch.id, of: batch.requester)
        else { return Dictionary(workers.map { ($0, .batchOver) }, uniquingKeysWith: { first, _ in first }) }
        for worker in try await transaction.inactive(among: workers) { found[worker] = .notActive }
        for (worker, bonds) in try await transaction.workerBonds(of: workers)
        where found[worker] == nil && offering.bar(to: bonds) != nil { found[worker] = .notEligible }
        let known = try await transaction.knownToMeet(offering.requirement, among: workers)
        let unknown = workers.filter { found[$0] == nil && !known.contains($0) }
        guard !unknown.isEmpty else { return found }
        let requirement = try await transaction.requirement(offering.requirement, hash: offering.requirementHash)
        for facts in try await transaction.workerFacts(of: unknown, at: instant) {
            if case .ineligible = requirement.evaluate(normal: facts, at: instant) {
                found[facts.worker] = .notEligible
            }
        }
        return found
    }
}
