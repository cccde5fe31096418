package import Marketplace

/// How a market stands: what was done, refused, spent and paid. Read from the database; what only the simulation that
/// led there knows is in ``run``.
package struct SimulationReport: Sendable {
    /// Where a task stands, its batch looked at.
    package enum TaskStanding: String, Sendable, CaseIterable {
        case draft, open, closed
    }

    /// A project and its work.
    package struct Project: Hashable, Sendable {
        package let key: String
        package let name: String
        package let tasks: [TaskStanding: Int]
        package let assignments: [AssignmentState: Int]
        /// Of the accepted assignments, those accepted in part.
        package let partly: Int
        /// From the batch's publication to the acceptance, in seconds; `nil` while nothing was accepted.
        package let fillMedianSeconds: Int?
        package let fillNinetiethSeconds: Int?
        /// In how many of ten thousand parts accepted and rejected answers are those of the reference (a contract's
        /// clauses; a question's settled answer).
        package let agreementBasisPoints: Int?
    }

    /// A batch and its money.
    package struct Release: Hashable, Sendable {
        package let name: String
        package let state: BatchState
        package let budget: Money
        package let spent: Money
        package let held: Money
        /// How often it was found below the pay floor.
        package let floorFlags: Int
    }

    /// The workers' side of the ledger in one currency.
    package struct Pay: Hashable, Sendable {
        /// Sum of the earnings.
        package let earned: Money
        /// Sum of the lines of issued payout batches.
        package let paid: Money
        /// What has left the workers' accounts by the ledger.
        package let posted: Money
        /// What the workers' accounts still hold.
        package let owed: Money
        package let fees: Money
        package let payoutBatches: Int

        /// What is missing between earnings, payouts and accounts, in minor units; must be 0.
        package var difference: Int64 {
            let open = earned.minorUnits - paid.minorUnits - owed.minorUnits
            return open != 0 ? open : paid.minorUnits - posted.minorUnits
        }
    }

    /// A check of the doctor that found something.
    package struct Finding: Hashable, Sendable {
        package let check: String
        package let sentence: String
        package let count: Int
        package let examples: [String]
    }

    package let workers: Int
    package let projects: [Project]
    package let releases: [Release]
    package let pay: [Pay]
    package let decisions: Int
    package let auditEvents: Int
    package let auditSealed: Int
    package let auditStreams: Int
    /// How many checks the doctor made; `nil` where it was not asked.
    package let checks: Int?
    package let findings: [Finding]
    /// `nil` in an overview of a market that was loaded.
    package let run: RunFacts?

    /// Whether nothing was ever imported.
    package var isEmpty: Bool { workers == 0 && projects.isEmpty }

    /// Whether there was work and all of it is done.
    package var isFinished: Bool {
        !projects.isEmpty && projects.allSatisfy { ($0.tasks[.open] ?? 0) == 0 && ($0.tasks[.draft] ?? 0) == 0 }
    }

    /// Whether everything published is closed, everything earned is paid, and the doctor found nothing.
    package var isSound: Bool {
        projects.allSatisfy { ($0.tasks[.open] ?? 0) == 0 } && findings.isEmpty
            && pay.allSatisfy { $0.difference == 0 && $0.owed.minorUnits == 0 }
    }
}

/// What only the run knows: what was tried in vain, and how long it took.
package struct RunFacts: Hashable, Sendable {
    /// What was tried.
    package enum Attempt: String, Sendable, CaseIterable, Comparable {
        case claim, offer, lease, submission

        package static func < (left: Attempt, right: Attempt) -> Bool { left.rawValue < right.rawValue }
    }

    /// One reason for refusals.
    package struct Reason: Hashable, Sendable {
        package let attempt: Attempt
        package let code: String
        /// The failing rule of the requirement, where that was it.
        package let rule: String?
    }

    package let seed: UInt64
    package internal(set) var weeks = 0
    package internal(set) var leases = 0
    package internal(set) var heartbeats = 0
    package internal(set) var offersDeclined = 0
    package private(set) var refusals: [Reason: Int] = [:]

    init(seed: UInt64) { self.seed = seed }

    mutating func refuse(_ attempt: Attempt, _ code: String, rule: String?) {
        refusals[Reason(attempt: attempt, code: code, rule: rule), default: 0] += 1
    }

    /// By attempt, code and rule.
    package var sortedRefusals: [(reason: Reason, count: Int)] {
        refusals.map { (reason: $0.key, count: $0.value) }.sorted { left, right in
            (left.reason.attempt, left.reason.code, left.reason.rule ?? "")
                < (right.reason.attempt, right.reason.code, right.reason.rule ?? "")
        }
    }
}
