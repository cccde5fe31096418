internal import Formats
internal import Foundation
package import Marketplace
package import Store

/// What became of the money of one run on a database.
package struct StudyBooks: Hashable, Sendable {
    /// The market's kind, its seed, and who decided.
    package let scenario: PolicyScenario
    /// The market's seed.
    package let seed: UInt64
    /// Who decided.
    package let policy: WeekPolicy
    /// Every kind of account at the end.
    package let balance: [TrialBalanceLine]
    /// What workers earned, were paid and are owed.
    package let pay: [SimulationReport.Pay]
    /// Events of the audit log.
    package let auditEvents: Int
    /// How many checks the doctor made, each week and at the end, and what they found.
    package let checks: Int
    /// At the end, or the first that a week's found.
    package let findings: [SimulationReport.Finding]
    /// What the market refused people, by code.
    package let refusals: [String: Int]

    /// What came in from the bank, what went out to it, and what is held, in minor units.
    package var flows: (brought: Int64, out: Int64, held: Int64) {
        let bank = balance.filter { $0.kind == .bank }
        let rest = balance.filter { $0.kind != .bank }
        return (
            bank.reduce(0) { $0 + $1.debits }, bank.reduce(0) { $0 + $1.credits },
            rest.reduce(0) { $0 + $1.balanceMinor }
        )
    }

    /// Whether money in is money out and held, all that was earned is paid, and the doctor found nothing.
    package var isSound: Bool {
        flows.brought == flows.out + flows.held && findings.isEmpty
            && pay.allSatisfy { $0.difference == 0 && $0.owed.minorUnits == 0 }
    }

    var line: String {
        func text(_ minor: Int64) -> String { FixedText.of(Double(minor) / 100, digits: 2) }
        let refused = refusals.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let earned = pay.map { "\($0.earned)" }.joined(separator: ", ")
        let found =
            findings.isEmpty ? "nothing found" : findings.map { "\($0.check) \($0.count)" }.joined(separator: ", ")
        return
            "\(scenario.rawValue) seed \(seed) \(policy.rawValue): in \(text(flows.brought)), out \(text(flows.out)), "
            + "held \(text(flows.held)); earned \(earned); \(auditEvents) audit events; \(checks) checks: \(found)"
            + (refused.isEmpty ? "" : "; refused: \(refused)")
    }

    var json: JSON {
        [
            "scenario": .string(scenario.rawValue), "seed": .string(String(seed)), "policy": .string(policy.rawValue),
            "in_minor": .integer(flows.brought), "out_minor": .integer(flows.out), "held_minor": .integer(flows.held),
            "earned_minor": .integer(pay.reduce(0) { $0 + $1.earned.minorUnits }),
            "paid_minor": .integer(pay.reduce(0) { $0 + $1.paid.minorUnits }),
            "owed_minor": .integer(pay.reduce(0) { $0 + $1.owed.minorUnits }),
            "audit_events": .integer(Int64(auditEvents)), "checks": .integer(Int64(checks)),
            "findings": .array(
                findings.map { ["check": .string($0.check), "count": .integer(Int64($0.count))] }),
            "refusals": .object(refusals.mapValues { .integer(Int64($0)) }), "is_sound": .bool(isSound),
        ]
    }
}

/// What one run on a database came to.
package struct StudyRun: Sendable {
    let metrics: [WeekMetric: Double]
    let books: StudyBooks
}

/// Makes an empty database with ids from a seed, hands its market, its clock and whom to tell of the days that are done
/// to `body`, and closes it.
package typealias FreshMarket = (
    _ seed: UInt64, _ body: @escaping @Sendable (Market, ManualClock, ProgressReport) async throws -> StudyRun
) async throws -> StudyRun

extension PolicyStudy {
    /// What runs on a database: ours is the scheduler, pull are claims; the others are no part of the program.
    package static let databasePolicies: Set<WeekPolicy> = [.ours, .pull, .hindsight]
    /// Experts of a market on a database.
    package static let databaseWorkersMax = 1_000

    /// - Throws: ``BadInput`` for what does not run on a database.
    package func checkForDatabase() throws(BadInput) {
        if let other = policies.first(where: { !Self.databasePolicies.contains($0) }) {
            throw BadInput("policy", "must be ours, pull or hindsight on a database; not \(other.rawValue)")
        }
        guard workers <= Self.databaseWorkersMax else {
            throw BadInput("workers", "must be at most \(Self.databaseWorkersMax) on a database")
        }
        guard grants.isEmpty else { throw BadInput("grant", "does not go with a database") }
    }

    /// Plays every policy in every market, each on a database of its own, one after the other.
    ///
    /// - Throws: ``BadInput``; `StoreError`.
    package func runOnDatabase(_ fresh: FreshMarket) async throws -> PolicyReport {
        try checkForDatabase()
        var (outcomes, books): ([Outcome], [StudyBooks]) = ([], [])
        for scenario in scenarios {
            for seed in (0..<seeds).map({ self.seed &+ UInt64($0) }) {
                let maker = WeekMarketMaker(
                    workers: workers, days: days, seed: seed, scenario: scenario, eligibleMax: .max)
                let week = maker.market()
                let bound = try HindsightBound.value(week, .recorded)
                let boundOfAll = try HindsightBound.value(week, .actual)
                for policy in policies {
                    var metrics: [WeekMetric: Double] = [.welfare: 1]
                    if policy != .hindsight {
                        let played = try await fresh(seed) { [days] market, clock, progress in
                            let run = try await DatabaseRun(week, policy, market: market, clock: clock)
                            let tally = try await run.run(progress: progress)
                            return StudyRun(
                                metrics: tally.metrics(bound: bound, boundOfAll: boundOfAll, days: days),
                                books: try await run.books())
                        }
                        metrics = played.metrics
                        books.append(played.books)
                    }
                    outcomes.append(
                        Outcome(
                            scenario: scenario, seed: seed, policy: policy, tasks: week.tasks.count, metrics: metrics))
                }
            }
        }
        return PolicyReport(study: self, outcomes: outcomes, books: books)
    }
}
