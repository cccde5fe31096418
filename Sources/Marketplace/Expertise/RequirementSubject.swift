/// What rules of requirements look at in a worker. A change of one kind touches the requirements that ask for it, and
/// no other.
package struct RequirementSubject: OptionSet, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Professions with their years and specialties.
    package static let profile = Self(rawValue: 1 << 0)
    package static let tier = Self(rawValue: 1 << 1)
    package static let credential = Self(rawValue: 1 << 2)
    package static let language = Self(rawValue: 1 << 3)
    package static let country = Self(rawValue: 1 << 4)
    package static let team = Self(rawValue: 1 << 5)
    package static let agreement = Self(rawValue: 1 << 6)
    package static let interest = Self(rawValue: 1 << 7)
    package static let exclusion = Self(rawValue: 1 << 8)
    package static let exam = Self(rawValue: 1 << 9)
    package static let skill = Self(rawValue: 1 << 10)
    package static let clearance = Self(rawValue: 1 << 11)
    package static let everything = Self(rawValue: .max)
}

extension Requirement {
    /// What the rules of the tree look at; nothing for a tree that says the same of everybody, or who it is about.
    package var subjects: RequirementSubject {
        switch self {
        case .all(let rules), .any(let rules): rules.reduce(into: []) { $0.formUnion($1.subjects) }
        case .not(let rule): rule.subjects
        case .profession: [.profile, .tier, .credential]
        case .jurisdiction, .credential: .credential
        case .specialty, .years: .profile
        case .language: .language
        case .performedIn: .country
        case .sourcing: .team
        case .agreement: .agreement
        case .noInterest: .interest
        case .notExcluded: .exclusion
        case .exam: .exam
        case .skill: .skill
        case .clearance: .clearance
        case .excluded: []
        }
    }
}
