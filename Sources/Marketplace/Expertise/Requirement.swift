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
    /// A BCP 47 tag; met by any narrower one (`en` by `en-GB`). Lower case.
    case language(String)
    /// Anybody but this worker.
    case excluded(Worker.ID)
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
        case .profession, .jurisdiction, .specialty, .language, .excluded: self
        }
    }

    /// SHA-256 of the normal form's canonical JSON.
    package var digest: Digest { Digest(of: normalised.json) }

    private static func normalised(_ rules: [Requirement], isAll: Bool) -> Requirement {
        var flat: Set<Requirement> = []
        for rule in rules.map(\.normalised) {
            switch rule {
            case .all(let inner) where isAll: flat.formUnion(inner)
            case .any(let inner) where !isAll: flat.formUnion(inner)
            case .all, .any, .not, .profession, .jurisdiction, .specialty, .language, .excluded: flat.insert(rule)
            }
        }
        if flat.contains(isAll ? .any([]) : .all([])) { return isAll ? .any([]) : .all([]) }
        if flat.count == 1, let only = flat.first { return only }
        let sorted = flat.map { ($0.json.canonicalText, $0) }.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
        return isAll ? .all(sorted.map(\.1)) : .any(sorted.map(\.1))
    }
}
