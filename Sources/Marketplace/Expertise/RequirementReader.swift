internal import Formats

/// One pass over a tree from outside; recursion is bounded by ``Requirement/depthMax``.
struct RequirementReader {
    private let allowsNobody: Bool
    private var rules = 0

    init(allowsNobody: Bool) { self.allowsNobody = allowsNobody }

    mutating func requirement(_ json: JSON, at path: String, depth: Int) throws(BadInput) -> Requirement {
        rules += 1
        guard rules <= Requirement.rulesMax else { throw BadInput(path, "is over \(Requirement.rulesMax) rules") }
        guard depth <= Requirement.depthMax else {
            throw BadInput(path, "is nested deeper than \(Requirement.depthMax) levels")
        }
        guard let members = json.objectValue else { throw BadInput(path, "must be an object") }
        guard let head = RuleHead.allCases.first(where: { members[$0.rawValue] != nil }) else {
            throw BadInput(path, "must have one of \(RuleHead.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let known = Set([head.rawValue] + head.companions)
        if let stranger = members.keys.filter({ !known.contains($0) }).min() {
            throw BadInput("\(path).\(stranger.prefix(60))", "is not known beside '\(head.rawValue)'")
        }
        let member = "\(path).\(head.rawValue)"
        let value = members[head.rawValue] ?? .null
        switch head {
        case .all: return .all(try list(value, at: member, depth: depth))
        case .any:
            let alternatives = try list(value, at: member, depth: depth)
            guard allowsNobody || !alternatives.isEmpty else {
                throw BadInput(member, "must not be empty: nobody could meet it")
            }
            return .any(alternatives)
        case .not: return .not(try requirement(value, at: member, depth: depth + 1))
        case .profession, .jurisdiction, .specialty, .language, .excludedWorker, .agreement, .noInterestIn,
            .notExcludedBy, .sourcing, .exam, .skill, .leastYears, .performedIn, .credential, .clearance:
            return try RuleReader(members: members, path: path).rule(head, value, at: member)
        }
    }

    private mutating func list(_ json: JSON, at path: String, depth: Int) throws(BadInput) -> [Requirement] {
        guard let elements = json.arrayValue else { throw BadInput(path, "must be an array") }
        var found: [Requirement] = []
        for (place, element) in elements.enumerated() {
            found.append(try requirement(element, at: "\(path)[\(place)]", depth: depth + 1))
        }
        return found
    }
}

/// Reads a rule that holds no other.
private struct RuleReader {
    let members: [String: JSON]
    let path: String

    func rule(_ head: RuleHead, _ value: JSON, at member: String) throws(BadInput) -> Requirement {
        switch head {
        case .all, .any, .not: throw BadInput(path, "is no single rule")
        case .profession: return .profession(try profession(value, at: member), leastTier: try tier())
        case .jurisdiction: return .jurisdiction(try place(value, at: member), of: try ofProfession())
        case .specialty: return .specialty(try word(value, at: member), of: try ofProfession())
        case .language: return .language(try languageTag(value, at: member), leastLevel: try level())
        case .excludedWorker: return .excluded(try identifier(value, at: member))
        case .agreement: return .agreement(try code(value, at: member, lengthMax: 100, also: "_:-"))
        case .noInterestIn:
            let words = try word(value, at: member, lengthMax: 200).split(whereSeparator: \.isWhitespace)
            return .noInterest(in: words.joined(separator: " "))
        case .notExcludedBy: return .notExcluded(by: try identifier(value, at: member))
        case .sourcing:
            return .sourcing(
                try set(value, at: member, "must be crowd, agency or staff") {
                    $0.stringValue.flatMap(Sourcing.init(rawValue:))
                })
        case .exam:
            return .exam(
                try code(value, at: member, lengthMax: 60, also: "_-"), leastScore: try bounded("least_score_bps"))
        case .skill: return .skill(try code(value, at: member, lengthMax: 200, also: "_/"), least: try skillBound())
        case .leastYears:
            guard let years = value.integerValue, (0...80).contains(years) else {
                throw BadInput(member, "must be 0 to 80")
            }
            return .years(Int(years), of: try ofProfession())
        case .performedIn:
            return .performedIn(
                try set(value, at: member, "must be a country such as DE") {
                    $0.stringValue.flatMap { $0.utf8.count == 2 && Jurisdiction.isWellFormed($0) ? $0 : nil }
                })
        case .credential:
            return .credential(try code(value, at: member, lengthMax: 60, also: "_"), of: try ofProfession())
        case .clearance:
            guard let level = value.integerValue, (1...Int64(Clearance.most)).contains(level) else {
                throw BadInput(member, "must be 1 to \(Clearance.most)")
            }
            return .clearance(Int(level))
        }
    }

    private func set<Element: Hashable>(
        _ json: JSON, at path: String, _ wrong: String, _ read: (JSON) -> Element?
    ) throws(BadInput) -> [Element] {
        guard let elements = json.arrayValue, !elements.isEmpty, elements.count <= 250 else {
            throw BadInput(path, "must be an array of 1 to 250")
        }
        var found: [Element] = []
        for (place, element) in elements.enumerated() {
            guard let value = read(element) else { throw BadInput("\(path)[\(place)]", wrong) }
            found.append(value)
        }
        return found
    }

    private func ofProfession() throws(BadInput) -> Profession {
        try profession(members["of"] ?? .null, at: "\(path).of")
    }

    private func profession(_ json: JSON, at path: String) throws(BadInput) -> Profession {
        guard let profession = json.stringValue.flatMap({ Profession($0) }) else {
            throw BadInput(path, "must be the code of a profession, such as lawyer")
        }
        return profession
    }

    private func place(_ json: JSON, at path: String) throws(BadInput) -> String {
        guard let place = json.stringValue, Jurisdiction.isWellFormed(place) else {
            throw BadInput(path, "must be of the form US-NY or DE")
        }
        return place
    }

    private func tier() throws(BadInput) -> Tier {
        guard let tier = members["least_tier"]?.stringValue.flatMap({ Tier(rawValue: $0) }) else {
            let names = Tier.allCases.map(\.rawValue).joined(separator: ", ")
            throw BadInput("\(path).least_tier", "must be one of \(names)")
        }
        return tier
    }

    private func level() throws(BadInput) -> LanguageLevel? {
        guard let json = members["least_level"] else { return nil }
        guard let level = json.stringValue.flatMap({ LanguageLevel(rawValue: $0) }) else {
            let names = LanguageLevel.allCases.map(\.rawValue).joined(separator: ", ")
            throw BadInput("\(path).least_level", "must be one of \(names)")
        }
        return level
    }

    private func skillBound() throws(BadInput) -> SkillBound {
        switch (members["least_mean_bps"], members["least_low_bps"]) {
        case (.some, nil): return .mean(try bounded("least_mean_bps"))
        case (nil, .some): return .low(try bounded("least_low_bps"))
        case (nil, nil), (.some, .some):
            throw BadInput(path, "must have either least_mean_bps or least_low_bps")
        }
    }

    /// Ten-thousandths.
    private func bounded(_ name: String) throws(BadInput) -> Int {
        guard let number = members[name]?.integerValue, (0...10_000).contains(number) else {
            throw BadInput("\(path).\(name)", "must be 0 to 10000")
        }
        return Int(number)
    }

    private func identifier<Entity>(_ json: JSON, at path: String) throws(BadInput) -> Identifier<Entity> {
        guard let id = json.stringValue.flatMap({ Identifier<Entity>($0) }) else {
            throw BadInput(path, "must be a UUID")
        }
        return id
    }

    private func word(_ json: JSON, at path: String, lengthMax: Int = 100) throws(BadInput) -> String {
        guard let text = json.stringValue else { throw BadInput(path, "must be a text") }
        return try PlainText.line(text, field: path, lengthMax: lengthMax).lowercased()
    }

    /// Lower-case ASCII letters and digits, a letter first, and some marks.
    private func code(_ json: JSON, at path: String, lengthMax: Int, also marks: String) throws(BadInput) -> String {
        let isLetter: (UInt8) -> Bool = { (0x61...0x7a).contains($0) }
        guard let text = json.stringValue, (1...lengthMax).contains(text.utf8.count),
            text.utf8.first.map(isLetter) == true,
            text.utf8.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) || marks.utf8.contains($0) })
        else { throw BadInput(path, "must be a code: lower-case letters, digits and \(marks), a letter first") }
        return text
    }

    private func languageTag(_ json: JSON, at path: String) throws(BadInput) -> String {
        guard let tag = json.stringValue, LanguageTag.isWellFormed(tag) else {
            throw BadInput(path, "must be a language tag, such as en or zh-Hant")
        }
        return tag.lowercased()
    }
}

/// The member that says what kind of rule an object is.
private enum RuleHead: String, CaseIterable {
    case all, any, not, profession, jurisdiction, specialty, language
    case excludedWorker = "excluded_worker"
    case agreement
    case noInterestIn = "no_interest_in"
    case notExcludedBy = "not_excluded_by"
    case sourcing, exam, skill
    case leastYears = "least_years"
    case performedIn = "performed_in"
    case credential, clearance

    var companions: [String] {
        switch self {
        case .profession: ["least_tier"]
        case .jurisdiction, .specialty, .leastYears, .credential: ["of"]
        case .language: ["least_level"]
        case .exam: ["least_score_bps"]
        case .skill: ["least_mean_bps", "least_low_bps"]
        case .all, .any, .not, .excludedWorker, .agreement, .noInterestIn, .notExcludedBy, .sourcing, .performedIn,
            .clearance:
            []
        }
    }
}
