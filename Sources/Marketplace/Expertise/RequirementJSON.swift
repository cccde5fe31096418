package import Formats

extension Requirement {
    /// Lists and negations that may be open at once.
    package static let depthMax = 8
    /// Rules and lists in one tree.
    package static let rulesMax = 200

    /// The tree as requesters write it: `{"all": […]}`, `{"any": […]}`, `{"not": …}`,
    /// `{"profession": "lawyer", "least_tier": "expert"}`, `{"jurisdiction": "US-NY", "of": "lawyer"}`,
    /// `{"specialty": "licensing", "of": "lawyer"}`, `{"language": "en"}`, `{"excluded_worker": "<uuid>"}`.
    package var json: JSON {
        switch self {
        case .all(let rules): ["all": .array(rules.map(\.json))]
        case .any(let rules): ["any": .array(rules.map(\.json))]
        case .not(let rule): ["not": rule.json]
        case .profession(let profession, let tier):
            ["profession": .string(profession.code), "least_tier": .string(tier.rawValue)]
        case .jurisdiction(let place, let profession):
            ["jurisdiction": .string(place), "of": .string(profession.code)]
        case .specialty(let name, let profession): ["specialty": .string(name), "of": .string(profession.code)]
        case .language(let tag): ["language": .string(tag)]
        case .excluded(let worker): ["excluded_worker": .string("\(worker)")]
        }
    }

    /// Reads a tree and brings it to its normal form.
    ///
    /// - Parameter field: how the sender names the tree; paths in refusals begin with it.
    /// - Throws: ``BadInput`` with the path of the first fault.
    package init(json: JSON, field: String = "requirement") throws(BadInput) {
        var reader = RequirementReader()
        self = try reader.requirement(json, at: field, depth: 1).normalised
    }
}

/// One pass over a tree from outside; recursion is bounded by ``Requirement/depthMax``.
private struct RequirementReader {
    private var rules = 0

    mutating func requirement(_ json: JSON, at path: String, depth: Int) throws(BadInput) -> Requirement {
        rules += 1
        guard rules <= Requirement.rulesMax else { throw BadInput(path, "is over \(Requirement.rulesMax) rules") }
        guard depth <= Requirement.depthMax else {
            throw BadInput(path, "is nested deeper than \(Requirement.depthMax) levels")
        }
        guard let members = json.objectValue else { throw BadInput(path, "must be an object") }
        guard let head = Head.allCases.first(where: { members[$0.rawValue] != nil }) else {
            throw BadInput(path, "must have one of \(Head.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let known: Set = [head.rawValue, head.companion ?? head.rawValue]
        if let stranger = members.keys.filter({ !known.contains($0) }).min() {
            throw BadInput("\(path).\(stranger.prefix(60))", "is not known beside '\(head.rawValue)'")
        }
        let member = "\(path).\(head.rawValue)"
        let value = members[head.rawValue] ?? .null
        switch head {
        case .all: return .all(try list(value, at: member, depth: depth))
        case .any:
            let alternatives = try list(value, at: member, depth: depth)
            guard !alternatives.isEmpty else { throw BadInput(member, "must not be empty: nobody could meet it") }
            return .any(alternatives)
        case .not: return .not(try requirement(value, at: member, depth: depth + 1))
        case .profession:
            return .profession(try profession(value, at: member), leastTier: try tier(members, at: path))
        case .jurisdiction:
            guard let place = value.stringValue, Jurisdiction.isWellFormed(place) else {
                throw BadInput(member, "must be of the form US-NY or DE")
            }
            return .jurisdiction(place, of: try companionProfession(members, at: path))
        case .specialty:
            return .specialty(try word(value, at: member), of: try companionProfession(members, at: path))
        case .language: return .language(try languageTag(value, at: member))
        case .excludedWorker:
            guard let id = value.stringValue.flatMap({ Worker.ID($0) }) else {
                throw BadInput(member, "must be a UUID")
            }
            return .excluded(id)
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

    private func companionProfession(_ members: [String: JSON], at path: String) throws(BadInput) -> Profession {
        try profession(members["of"] ?? .null, at: "\(path).of")
    }

    private func profession(_ json: JSON, at path: String) throws(BadInput) -> Profession {
        guard let profession = json.stringValue.flatMap({ Profession($0) }) else {
            throw BadInput(path, "must be the code of a profession, such as lawyer")
        }
        return profession
    }

    private func tier(_ members: [String: JSON], at path: String) throws(BadInput) -> Tier {
        guard let tier = members["least_tier"]?.stringValue.flatMap({ Tier(rawValue: $0) }) else {
            let names = Tier.allCases.map(\.rawValue).joined(separator: ", ")
            throw BadInput("\(path).least_tier", "must be one of \(names)")
        }
        return tier
    }

    private func word(_ json: JSON, at path: String) throws(BadInput) -> String {
        guard let text = json.stringValue else { throw BadInput(path, "must be a text") }
        return try PlainText.line(text, field: path, lengthMax: 100).lowercased()
    }

    private func languageTag(_ json: JSON, at path: String) throws(BadInput) -> String {
        guard let tag = json.stringValue, LanguageTag.isWellFormed(tag) else {
            throw BadInput(path, "must be a language tag, such as en or zh-Hant")
        }
        return tag.lowercased()
    }
}

/// The member that says what kind of rule an object is.
private enum Head: String, CaseIterable {
    case all, any, not, profession, jurisdiction, specialty, language
    case excludedWorker = "excluded_worker"

    var companion: String? {
        switch self {
        case .profession: "least_tier"
        case .jurisdiction, .specialty: "of"
        case .all, .any, .not, .language, .excludedWorker: nil
        }
    }
}
