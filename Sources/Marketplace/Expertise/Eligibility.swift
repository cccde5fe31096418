package import Formats
package import Foundation

/// Whether a worker meets a requirement at an instant.
package enum Eligibility: Hashable, Sendable {
    case eligible(EligibilityProof)
    case ineligible(RequirementFault)
}

/// The facts that made a worker eligible, for the assignment to keep.
package struct EligibilityProof: Hashable, Sendable {
    /// The papers that rules relied on.
    package private(set) var credentials: Set<Credential.ID> = []
    /// The tiers held in the professions that rules named.
    package private(set) var tiers: [Profession: Tier] = [:]
    /// The accepted versions of the agreements that rules named.
    package private(set) var agreements: [String: Int] = [:]
    /// The clearance held, where a rule asked for one.
    package private(set) var clearance: Int?

    /// `{"credentials": ["<uuid>", …], "tiers": {"lawyer": "expert"}}`, ids sorted; with `"agreements": {"nda": 2}`
    /// where there are any, and `"clearance": 2` where one was asked for.
    package var json: JSON {
        var members: [String: JSON] = [
            "credentials": .array(credentials.sorted().map { .string("\($0)") }),
            "tiers": .object(
                Dictionary(
                    tiers.map { ($0.key.code, JSON.string($0.value.rawValue)) }, uniquingKeysWith: { first, _ in first }
                )),
        ]
        if !agreements.isEmpty { members["agreements"] = .object(agreements.mapValues { .integer(Int64($0)) }) }
        if let clearance { members["clearance"] = .integer(Int64(clearance)) }
        return .object(members)
    }

    init() {}
    init(credential: Credential.ID) { credentials = [credential] }
    init(credential: Credential.ID, tier: Tier, in profession: Profession) {
        credentials = [credential]
        tiers = [profession: tier]
    }
    init(agreement kind: String, version: Int) { agreements = [kind: version] }
    init(clearance level: Int) { clearance = level }

    func merging(_ other: EligibilityProof) -> EligibilityProof {
        var merged = self
        merged.credentials.formUnion(other.credentials)
        merged.tiers.merge(other.tiers) { first, _ in first }
        merged.agreements.merge(other.agreements) { first, _ in first }
        merged.clearance = merged.clearance ?? other.clearance
        return merged
    }
}

/// The first rule that a worker does not meet. A refusal: nothing was changed.
package struct RequirementFault: Refusal {
    /// What keeps the worker from meeting the rule. Its raw value is stable; programs may branch on it.
    package enum Reason: Hashable, Sendable {
        /// There is nothing of the kind.
        case missing
        /// There was, until then.
        case expired(Date)
        /// There will be, from then on.
        case notYetValid(Date)
        case elsewhere([String])
        case tierTooLow(Tier)
        case levelTooLow(LanguageLevel)
        case tooLow(Int)
        /// Another version counts now.
        case outdated(version: Int)
        case conflict
        case barred
        case otherSourcing(Sourcing)
        case inactive(Worker.State)
    }

    /// `nil` when no rule was looked at, as the worker may not work at all.
    package let rule: Requirement?
    package let reason: Reason

    /// What kind of rule it is: `worker_not_active`, or `requirement_profession`, `requirement_language`, …
    package var code: String { rule.map { "requirement_\($0.kind)" } ?? "worker_not_active" }

    /// What would satisfy it, and what there is instead, in one or two sentences.
    package var message: String {
        guard let rule else {
            if case .inactive(let state) = reason {
                return "Only an active worker may take work; this one is \(state.rawValue)."
            }
            return "Only an active worker may take work."
        }
        return ["This needs \(rule.demand).", reason.finding].compactMap(\.self).joined(separator: " ")
    }
}

extension RequirementFault.Reason {
    /// `expired`, `outdated`, `conflict`, …
    package var code: String {
        switch self {
        case .missing: "missing"
        case .expired: "expired"
        case .notYetValid: "not_yet_valid"
        case .elsewhere: "elsewhere"
        case .tierTooLow: "tier_too_low"
        case .levelTooLow: "level_too_low"
        case .tooLow: "too_low"
        case .outdated: "outdated"
        case .conflict: "conflict"
        case .barred: "barred"
        case .otherSourcing: "other_sourcing"
        case .inactive: "inactive"
        }
    }

    /// What there is instead, as a sentence; `nil` when there is nothing.
    fileprivate var finding: String? {
        switch self {
        case .missing, .inactive: nil
        case .expired(let end): "What there was ended at \(end.secondText)."
        case .notYetValid(let start): "What there is holds from \(start.secondText) on."
        case .elsewhere(let places): "What there is holds in \(places.joined(separator: ", "))."
        case .tierTooLow(let tier): "The tier held is \(tier.rawValue)."
        case .levelTooLow(let level): "The level known is \(level.rawValue)."
        case .tooLow(let number): "There are \(number)."
        case .outdated(let version): "Version \(version) counts now, and was not accepted."
        case .conflict: "A tie to that party was declared."
        case .barred: "That requester has barred this worker."
        case .otherSourcing(let sourcing): "This worker is of the \(sourcing.rawValue)."
        }
    }
}

extension Date {
    /// `2026-03-02T09:00:00Z`
    fileprivate var secondText: String { formatted(.iso8601) }
}

extension Requirement {
    /// Whether a worker may do what demands this.
    ///
    /// The rules of the normal form are tried in its order, so the answer does not depend on how the tree was written.
    /// - Parameter standing: the states in which a worker may do it.
    /// - Complexity: the size of the tree times the number of the worker's credentials.
    package func evaluate(
        _ facts: WorkerFacts, at instant: Date, standing: Set<Worker.State> = [.active]
    ) -> Eligibility {
        normalised.evaluate(normal: facts, at: instant, standing: standing)
    }

    /// The same for a tree that is in its normal form already, as every stored one is.
    package func evaluate(
        normal facts: WorkerFacts, at instant: Date, standing: Set<Worker.State> = [.active]
    ) -> Eligibility {
        guard standing.contains(facts.state) else {
            return .ineligible(RequirementFault(rule: nil, reason: .inactive(facts.state)))
        }
        return verdict(facts, at: instant)
    }
}
