package import Formats
internal import Foundation

/// What a tier asks for; all of it must be met.
package struct TierConditions: Hashable, Sendable {
    /// A skill that must be known to be good enough: the low end of its interval counts, not its mean.
    package struct SkillFloor: Hashable, Sendable {
        package let skill: Skill
        /// In ten-thousandths.
        package let lowBps: Int
    }

    /// How many licences must be valid.
    package let licences: Int
    /// By how many people each of them must have been verified: 1 or 2.
    package let verifiers: Int
    /// In the profession: what the worker says, but no more than since the oldest licence was issued.
    package let years: Int
    /// Kinds of papers of which one each must be valid.
    package let credentials: [CredentialKindCode]
    /// Keys of exams of which a passing score must count.
    package let exams: [String]
    package let skills: [SkillFloor]

    /// - Parameter json: `{"licences": 1, "verifiers": 2, "years": 5, "credentials": ["board_certificate"],
    ///   "exams": ["contracts"], "skills": [{"skill": "lawyer/contracts", "low_bps": 7000}]}`; what is left out is
    ///   not asked for. At most 20 of each list.
    /// - Throws: ``BadInput``, also for members that are not known.
    package init(json: JSON) throws(BadInput) {
        guard let members = json.objectValue else { throw BadInput("conditions", "must be an object") }
        let known = ["licences", "verifiers", "years", "credentials", "exams", "skills"]
        if let odd = members.keys.sorted().first(where: { !known.contains($0) }) {
            throw BadInput("conditions", "have no '\(String(odd.prefix(60)))'")
        }
        licences = try Self.number(json, "licences", 0...10, absent: 0)
        verifiers = try Self.number(json, "verifiers", 1...2, absent: 1)
        years = try Self.number(json, "years", 0...80, absent: 0)
        var credentials: [CredentialKindCode] = []
        for item in try Self.list(json, "credentials") {
            guard let kind = CredentialKindCode(rawValue: item.stringValue ?? "") else {
                throw BadInput("credentials", "must be codes of the catalogue")
            }
            credentials.append(kind)
        }
        self.credentials = credentials
        var exams: [String] = []
        for item in try Self.list(json, "exams") {
            guard let key = item.stringValue, ExamDraft.isKey(key) else {
                throw BadInput("exams", "must be keys of exams")
            }
            exams.append(key)
        }
        self.exams = exams
        var skills: [SkillFloor] = []
        for item in try Self.list(json, "skills") {
            guard let skill = Skill(item["skill"]?.stringValue ?? "") else {
                throw BadInput("skills", "must name a skill such as lawyer/contracts")
            }
            skills.append(SkillFloor(skill: skill, lowBps: try Self.number(item, "low_bps", 1...10_000, absent: nil)))
        }
        self.skills = skills
    }

    package var json: JSON {
        [
            "licences": .integer(Int64(licences)), "verifiers": .integer(Int64(verifiers)),
            "years": .integer(Int64(years)), "credentials": .array(credentials.map { .string($0.rawValue) }),
            "exams": .array(exams.map(JSON.string)),
            "skills": .array(
                skills.map { ["skill": .string($0.skill.path), "low_bps": .integer(Int64($0.lowBps))] }),
        ]
    }

    private static func number(
        _ json: JSON, _ field: String, _ range: ClosedRange<Int>, absent: Int?
    ) throws(BadInput) -> Int {
        if let absent, json[field] == nil { return absent }
        guard let number = json[field]?.integerValue.flatMap({ Int(exactly: $0) }), range.contains(number) else {
            throw BadInput(field, "must be \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func list(_ json: JSON, _ field: String) throws(BadInput) -> [JSON] {
        guard let value = json[field] else { return [] }
        guard let items = value.arrayValue, items.count <= 20 else { throw BadInput(field, "must be up to 20") }
        return items
    }
}

/// What a worker has in a profession, as far as tiers ask.
package struct TierRecord: Hashable, Sendable {
    /// Valid licences that somebody has verified, and those of them that a second person has.
    package let licences: Int
    package let licencesOfTwo: Int
    /// Whole years; see ``TierConditions/years``.
    package let years: Int
    /// Of the valid papers.
    package let credentials: Set<CredentialKindCode>
    /// Keys of exams with a passing score that counts.
    package let exams: Set<String>
    /// The low ends of the estimates, in ten-thousandths.
    package let skillLows: [Skill: Int]
}

/// One condition of a tier, and what a worker was found to have.
package struct TierFinding: Hashable, Sendable {
    /// `licences`, `years`, `credential:board_certificate`, `exam:contracts`, `skill:lawyer/contracts`.
    package let condition: String
    package let wanted: Int
    package let found: Int
    package var isMet: Bool { found >= wanted }

    package var json: JSON {
        [
            "condition": .string(condition), "wanted": .integer(Int64(wanted)), "found": .integer(Int64(found)),
            "is_met": .bool(isMet),
        ]
    }

    /// What would satisfy it, as a sentence.
    package var sentence: String { "\(condition): \(wanted) needed, \(found) found" }
}

extension TierConditions {
    /// Every condition with what was found, in the order of the members.
    package func findings(_ record: TierRecord) -> [TierFinding] {
        var findings = [
            TierFinding(
                condition: verifiers == 2 ? "licences_verified_by_two" : "licences", wanted: licences,
                found: verifiers == 2 ? record.licencesOfTwo : record.licences
            ),
            TierFinding(condition: "years", wanted: years, found: record.years),
        ]
        for kind in credentials {
            findings.append(
                TierFinding(
                    condition: "credential:\(kind.rawValue)", wanted: 1,
                    found: record.credentials.contains(kind) ? 1 : 0
                ))
        }
        for key in exams {
            findings.append(
                TierFinding(condition: "exam:\(key)", wanted: 1, found: record.exams.contains(key) ? 1 : 0))
        }
        for floor in skills {
            findings.append(
                TierFinding(
                    condition: "skill:\(floor.skill.path)", wanted: floor.lowBps,
                    found: record.skillLows[floor.skill] ?? 0
                ))
        }
        return findings
    }
}
