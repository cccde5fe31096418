package import Formats

extension Requirement {
    /// Lists and negations that may be open at once.
    package static let depthMax = 8
    /// Rules and lists in one tree.
    package static let rulesMax = 200

    /// The tree as requesters write it: `{"all": […]}`, `{"any": […]}`, `{"not": …}`,
    /// `{"profession": "lawyer", "least_tier": "expert"}`, `{"jurisdiction": "US-NY", "of": "lawyer"}`,
    /// `{"specialty": "licensing", "of": "lawyer"}`, `{"language": "en", "least_level": "c1"}` (the level may be left
    /// out), `{"excluded_worker": "<uuid>"}`, `{"agreement": "nda"}`, `{"no_interest_in": "acme corp"}`,
    /// `{"not_excluded_by": "<requester's uuid>"}`, `{"sourcing": ["agency", "staff"]}`,
    /// `{"exam": "contracts", "least_score_bps": 8000}`, `{"skill": "lawyer/contracts", "least_mean_bps": 8000}` or
    /// `"least_low_bps"`, `{"least_years": 5, "of": "lawyer"}`, `{"performed_in": ["DE", "US"]}`,
    /// `{"credential": "board_certificate", "of": "physician"}`, `{"clearance": 2}`.
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
        case .language(let tag, nil): ["language": .string(tag)]
        case .language(let tag, let level?): ["language": .string(tag), "least_level": .string(level.rawValue)]
        case .excluded(let worker): ["excluded_worker": .string("\(worker)")]
        case .agreement(let kind): ["agreement": .string(kind)]
        case .noInterest(let party): ["no_interest_in": .string(party)]
        case .notExcluded(let requester): ["not_excluded_by": .string("\(requester)")]
        case .sourcing(let kinds): ["sourcing": .array(kinds.map { .string($0.rawValue) })]
        case .exam(let key, let score): ["exam": .string(key), "least_score_bps": .integer(Int64(score))]
        case .skill(let node, .mean(let least)): ["skill": .string(node), "least_mean_bps": .integer(Int64(least))]
        case .skill(let node, .low(let least)): ["skill": .string(node), "least_low_bps": .integer(Int64(least))]
        case .years(let years, let profession):
            ["least_years": .integer(Int64(years)), "of": .string(profession.code)]
        case .performedIn(let places): ["performed_in": .array(places.map { .string($0) })]
        case .credential(let kind, let profession): ["credential": .string(kind), "of": .string(profession.code)]
        case .clearance(let level): ["clearance": .integer(Int64(level))]
        }
    }

    /// Reads a tree and brings it to its normal form.
    ///
    /// - Parameter field: how the sender names the tree; paths in refusals begin with it.
    /// - Throws: ``BadInput`` with the path of the first fault.
    package init(json: JSON, field: String = "requirement") throws(BadInput) {
        var reader = RequirementReader(allowsNobody: false)
        self = try reader.requirement(json, at: field, depth: 1).normalised
    }

    /// Reads a tree that was stored: `{"not": {"all": []}}` means nobody, and its normal form is `{"any": []}`, which
    /// nobody may write.
    package init(stored json: JSON) throws(BadInput) {
        var reader = RequirementReader(allowsNobody: true)
        self = try reader.requirement(json, at: "tree", depth: 1).normalised
    }
}
