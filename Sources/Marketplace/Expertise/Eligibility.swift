package import Formats
package import Foundation
internal import Store

/// Whether a worker meets a requirement at an instant.
package enum Eligibility: Hashable, Sendable {
    case eligible(EligibilityProof)
    case ineligible(RequirementFault)
}

/// The facts that made a worker eligible, for the assignment to keep.
package struct EligibilityProof: Hashable, Sendable {
    /// The licences that rules relied on.
    package private(set) var credentials: Set<Credential.ID> = []
    /// The tiers held in the professions that rules named.
    package private(set) var tiers: [Profession: Tier] = [:]

    /// `{"credentials": ["<uuid>", …], "tiers": {"lawyer": "expert"}}`, ids sorted.
    package var json: JSON {
        [
            "credentials": .array(credentials.sorted().map { .string("\($0)") }),
            "tiers": .object(
                Dictionary(
                    tiers.map { ($0.key.code, JSON.string($0.value.rawValue)) }, uniquingKeysWith: { first, _ in first }
                )),
        ]
    }

    mutating func use(_ credential: Credential.ID) { credentials.insert(credential) }
    mutating func use(_ tier: Tier, in profession: Profession) { tiers[profession] = tier }

    func merging(_ other: EligibilityProof) -> EligibilityProof {
        var merged = self
        merged.credentials.formUnion(other.credentials)
        merged.tiers.merge(other.tiers) { first, _ in first }
        return merged
    }
}

/// The first rule that a worker does not meet. A refusal: nothing was changed.
package struct RequirementFault: Refusal {
    /// What kind of rule it is: `worker_not_active`, or `requirement_profession`, `requirement_language`, …
    package let code: String
    /// What would satisfy it, in one sentence.
    package let message: String
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
        guard standing.contains(facts.state) else {
            let message = "Only an active worker may take work; this one is \(facts.state.rawValue)."
            return .ineligible(RequirementFault(code: "worker_not_active", message: message))
        }
        return normalised.verdict(facts, at: instant)
    }

    private func verdict(_ facts: WorkerFacts, at instant: Date) -> Eligibility {
        switch self {
        case .all(let rules):
            var proof = EligibilityProof()
            for rule in rules {
                switch rule.verdict(facts, at: instant) {
                case .eligible(let part): proof = proof.merging(part)
                case .ineligible(let fault): return .ineligible(fault)
                }
            }
            return .eligible(proof)
        case .any(let rules):
            for rule in rules {
                if case .eligible(let proof) = rule.verdict(facts, at: instant) { return .eligible(proof) }
            }
        case .not(let rule):
            if case .ineligible = rule.verdict(facts, at: instant) { return .eligible(EligibilityProof()) }
        case .profession(let profession, let leastTier):
            if let tier = facts.professions[profession]?.tier, tier >= leastTier,
                let licence = facts.licence(of: profession, in: nil, at: instant)
            {
                var proof = EligibilityProof()
                proof.use(tier, in: profession)
                proof.use(licence.id)
                return .eligible(proof)
            }
        case .jurisdiction(let place, let profession):
            if let licence = facts.licence(of: profession, in: place, at: instant) {
                var proof = EligibilityProof()
                proof.use(licence.id)
                return .eligible(proof)
            }
        case .specialty(let name, let profession):
            let names = facts.professions[profession]?.specialties ?? []
            if names.contains(where: { $0.lowercased() == name }) { return .eligible(EligibilityProof()) }
        case .language(let tag):
            if facts.languages.contains(where: { LanguageTag.contains(tag, $0) }) {
                return .eligible(EligibilityProof())
            }
        case .excluded(let worker):
            if worker != facts.worker { return .eligible(EligibilityProof()) }
        }
        return .ineligible(RequirementFault(code: "requirement_\(kind)", message: "This needs \(demand)."))
    }

    private var kind: String {
        switch self {
        case .all: "all"
        case .any: "any"
        case .not: "not"
        case .profession: "profession"
        case .jurisdiction: "jurisdiction"
        case .specialty: "specialty"
        case .language: "language"
        case .excluded: "excluded_worker"
        }
    }

    /// What would satisfy it, as the end of a sentence.
    var demand: String {
        switch self {
        case .all([]): "nothing"
        case .any([]): "what nobody has"
        case .all(let rules): "all of (" + rules.map(\.demand).joined(separator: "; ") + ")"
        case .any(let rules): "one of (" + rules.map(\.demand).joined(separator: "; ") + ")"
        case .not(let rule): "the absence of " + rule.demand
        case .profession(let profession, let tier):
            "a \(profession) of tier \(tier.rawValue) or higher with a verified, valid licence"
        case .jurisdiction(let place, let profession): "a verified, valid licence as \(profession) in \(place)"
        case .specialty(let name, let profession): "the specialty '\(name)' as \(profession)"
        case .language(let tag): "the language '\(tag)'"
        case .excluded: "somebody other than this worker"
        }
    }
}

extension WorkerFacts {
    /// A licence that is valid at the instant; of several the one valid longest, then the least id.
    fileprivate func licence(of profession: Profession, in place: String?, at instant: Date) -> Credential? {
        credentials.filter { credential in
            credential.profession == profession && credential.kind.isLicence && credential.validity.contains(instant)
                && (place.map { Jurisdiction.contains($0, credential.jurisdiction) } ?? true)
        }
        .min { left, right in
            let (leftEnd, rightEnd) = (left.validity.upper ?? .distantFuture, right.validity.upper ?? .distantFuture)
            return leftEnd == rightEnd ? left.id < right.id : leftEnd > rightEnd
        }
    }
}
