internal import Formats
internal import Foundation
internal import Store

/// Holds all workers of all professions that have rules against them, page by page: proposes promotions and losses,
/// gives what automatic rules give, and takes back open proposals that do not hold any more.
///
/// Idempotent: what is proposed is not proposed again, nor what was declined or withdrawn while the same conditions of
/// the same rule are met and missed.
package struct ReviewTiers: Sendable {
    package static let workersMax = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// How far a review has come.
    package struct Place: Hashable, Sendable {
        let profession: Profession
        /// The last one looked at; `nil` before the first.
        let worker: Worker.ID?
    }

    /// What came of one page.
    package struct Outcome: Hashable, Sendable {
        package var reviewed = 0
        package var granted = 0
        package var proposed = 0
        package var withdrawn = 0
        /// Where to go on; `nil` after the last page.
        package var next: Place?

        package init(reviewed: Int = 0, next: Place? = nil) { (self.reviewed, self.next) = (reviewed, next) }
    }

    /// One page; a transaction for each worker for whom there is something to do.
    ///
    /// - Parameters:
    ///   - place: of the page before; `nil` begins anew.
    ///   - limit: 1 to 200 workers.
    ///   - actor: an operator, as the system is.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(
        after place: Place? = nil, limit: Int = workersMax, by actor: Principal.ID
    ) async throws -> Outcome {
        let limit = min(max(limit, 1), Self.workersMax)
        let (seen, due, next) = try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .operator)
            return try await page(after: place, limit: limit, transaction)
        }
        var outcome = Outcome(reviewed: seen, next: next)
        for (worker, profession) in due {
            let found = try await market.change { try await $0.review(worker, in: profession, by: actor) }
            outcome.granted += found.granted
            outcome.proposed += found.proposed
            outcome.withdrawn += found.withdrawn
        }
        return outcome
    }

    /// Who of the next page has something due, or something open that may not be due any more.
    private func page(
        after place: Place?, limit: Int, _ transaction: Transaction
    ) async throws -> (seen: Int, due: [(Worker.ID, Profession)], next: Place?) {
        let first = try await transaction.professionWithTierRules(after: nil)
        guard let profession = place?.profession ?? first else { return (0, [], nil) }
        let workers = try await transaction.practitioners(of: profession, after: place?.worker, limit: limit)
        let rules = try await transaction.tierRules(of: profession)
        let held = try await transaction.tiers(of: workers, in: profession)
        let records = try await transaction.tierRecords(of: workers, in: profession)
        let open = try await transaction.withOpenProposals(workers, in: profession)
        let due = workers.filter { worker in
            guard let record = records[worker] else { return false }
            let standing = TierStanding(worker: worker, held: held[worker], record: record, rules: rules)
            return open.contains(worker) || standing.due != nil
        }
        let next =
            workers.count == limit
            ? Place(profession: profession, worker: workers.last)
            : try await transaction.professionWithTierRules(after: profession)
                .map { Place(profession: $0, worker: nil) }
        return (workers.count, due.map { ($0, profession) }, next)
    }
}

extension TierStanding {
    /// The promotion, else the loss, that the rules ask for.
    fileprivate var due: (rule: TierRule, tier: Tier)? {
        if let rule = try? promotion() { return (rule, rule.tier) }
        return loss
    }
}

extension Change {
    /// Does for one worker what is due, under their lock.
    fileprivate func review(
        _ worker: Worker.ID, in profession: Profession, by actor: Principal.ID
    ) async throws -> ReviewTiers.Outcome {
        var outcome = ReviewTiers.Outcome()
        guard let row = try await transaction.lockWorkerForChange(worker), row.state == .active || row.state == .paused
        else { return outcome }
        let standing = try await transaction.tierStanding(of: worker, in: profession)
        let due = standing.due
        if let open = try await transaction.openProposal(of: worker, in: profession) {
            if let due, (open.rule, open.tier, open.held) == (due.rule.id, due.tier, standing.held) { return outcome }
            try await end(open, as: try open.state.after(.withdraw), note: nil, by: actor)
            outcome.withdrawn = 1
        }
        guard let due, try await !isTurnedDown(due, standing, by: actor) else { return outcome }
        if due.rule.tier == due.tier {
            switch try await promote(standing, by: due.rule, asked: actor) {
            case .granted: outcome.granted = 1
            case .proposed: outcome.proposed = 1
            }
        } else {
            _ = try await propose(due.tier, by: due.rule, of: standing, asked: actor)
            outcome.proposed = 1
        }
        return outcome
    }

    /// Whether somebody has said no to it when the same conditions were met and missed.
    private func isTurnedDown(
        _ due: (rule: TierRule, tier: Tier), _ standing: TierStanding, by actor: Principal.ID
    ) async throws -> Bool {
        guard
            let last = try await transaction.lastTurnedDown(
                due.rule, tier: due.tier, held: standing.held, of: standing.worker, notBy: actor
            )
        else { return false }
        let now = due.rule.conditions.findings(standing.record).map(\.isMet)
        return (last.reasons.arrayValue ?? []).map { $0["is_met"]?.boolValue } == now
    }
}
