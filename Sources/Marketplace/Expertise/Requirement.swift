internal import Formats

/// What a task demands of a worker: a tree of rules.
///
/// A rule about a profession counts only with a licence of that profession, verified and valid at the instant: a lawyer
/// whose admission has lapsed is no lawyer here.
package indirect enum Requirement: Hashable, Sendable {
    package typealias ID = Identifier<Requirement>

    /// Every one of these; none means that anybody may.
    case all([Requirement])
    /// At least one of these; none means that nobody may.
    case any([Requirement])
    case not(Requirement)
    /// At least that tier in the profession, with a valid licence.
    case profession(Profession, leastTier: Tier)
    /// A valid licence of the profession there; a country is met by any part of it (`US` by `US-NY`).
    case jurisdiction(String, of: Profession)
    /// A practice area or specialty in the profession; lower case.
    case specialty(String, of: Profession)
    /// A BCP 47 tag; met by any narrower one (`en` by `en-GB`). Lower case. With a level, known at least that well.
    case language(String, leastLevel: LanguageLevel? = nil)
    /// Anybody but this worker.
    case excluded(Worker.ID)
    /// The version of this kind of agreement that counts at the instant was accepted.
    case agreement(String)
    /// No declared tie to this party; lower case, single spaces.
    case noInterest(in: String)
    /// Not barred by this requester.
    case notExcluded(by: Requester.ID)
    /// Of one of these; sorted, each once.
    case sourcing([Sourcing])
    /// An exam of this key passed, with at least this score in ten-thousandths, which still counts.
    case exam(String, leastScore: Int)
    /// A node of the skill tree, known to be at least this good.
    case skill(String, least: SkillBound)
    /// Years in the profession.
    case years(Int, of: Profession)
    /// Work is performed in one of these places, ISO 3166-1; sorted, each once.
    case performedIn([String])
    /// A verified, valid credential of this kind in the profession, by the catalogue's code.
    case credential(String, of: Profession)
    /// Cleared for content of that sensitivity, 1 to 3.
    case clearance(Int)
}

/// How a worker comes to the platform: by themselves, through an agency, or as the operator's own staff.
package enum Sourcing: String, Hashable, Sendable, CaseIterable {
    case crowd, agency, staff
}

/// What is asked of a skill estimate, in ten-thousandths: of its mean, or of the lower end of its interval.
package enum SkillBound: Hashable, Sendable {
    case mean(Int)
    case low(Int)
}

extension Requirement {
    /// The same demand in its one normal form: nested lists of a kind made flat, sorted, each rule once, lists of one
    /// and double negations unwrapped. Equal normal forms have equal hashes.
    package var normalised: Requirement {
        switch self {
        case .all(let rules): Self.normalised(rules, isAll: true)
        case .any(let rules): Self.normalised(rules, isAll: false)
        case .not(let rule):
            switch rule.normalised {
            case .not(let inner): inner
            case .all([]): .any([])
            case .any([]): .all([])
            case let inner: .not(inner)
            }
        case .sourcing(let kinds): .sourcing(Array(Set(kinds)).sorted { $0.rawValue < $1.rawValue })
        case .performedIn(let places): .performedIn(Array(Set(places)).sorted())
        case .profession, .jurisdiction, .specialty, .language, .excluded, .agreement, .noInterest, .notExcluded,
            .exam, .skill, .years, .credential, .clearance:
            self
        }
    }

    /// SHA-256 of the normal form's canonical JSON.
    package var digest: Digest { Digest(of: normalised.json) }

    /// The kinds of agreement that rules of the tree name.
    package var agreementKinds: Set<String> {
        switch self {
        case .all(let rules), .any(let rules): rules.reduce(into: []) { $0.formUnion($1.agreementKinds) }
        case .not(let rule): rule.agreementKinds
        case .agreement(let kind): [kind]
        case .profession, .jurisdiction, .specialty, .language, .excluded, .noInterest, .notExcluded, .sourcing, .exam,
            .skill, .years, .performedIn, .credential, .clearance:
            []
        }
    }

    private static func normalised(_ rules: [Requirement], isAll: Bool) -> Requirement {
        var flat: Set<Requirement> = []
        for rule in rules.map(\.normalised) {
            switch (rule, isAll) {
            case (.all(let inner), true), (.any(let inner), false): flat.formUnion(inner)
            case (_, _): flat.insert(rule)
            }
        }
        if flat.contains(isAll ? .any([]) : .all([])) { return isAll ? .any([]) : .all([]) }
        if flat.count == 1, let only = flat.first { return only }
        let sorted = flat.map { ($0.json.canonicalText, $0) }.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
        return isAll ? .all(sorted.map(\.1)) : .any(sorted.map(\.1))
    }
}
