package import Formats
package import Foundation
internal import Store

extension WorkerHistory {
    /// Reads a worker from a file, for asking what would be. Every member may be left out but `country`; a time is an
    /// instant (`2026-03-02T09:00:00Z`) or a day, meaning its midnight in UTC; `until` is exclusive.
    ///
    /// Shape: `{"worker": "<uuid>", "state": "active", "country": "US",
    /// "languages": [{"tag": "en", "level": "native"}],
    /// "professions": [{"profession": "lawyer", "years": 9, "specialties": ["licensing"],
    /// "tiers": [{"tier": "expert", "from": "2024-01-01"}]}],
    /// "credentials": [{"id": "<uuid>", "profession": "lawyer", "kind": "bar_admission", "jurisdiction": "US-NY",
    /// "from": "2015-06-01", "until": "2027-01-01"}],
    /// "teams": [{"kind": "agency", "from": …, "until": …}],
    /// "agreements": [{"kind": "nda", "version": 1, "from": …, "accepted_at": …}],
    /// "interests": [{"party": "acme corp", "from": …}], "exclusions": [{"requester": "<uuid>", "from": …}],
    /// "exams": [{"exam": "contracts", "score_bps": 9000, "passed": true, "from": …, "until": …}],
    /// "skills": [{"skill": "lawyer/contracts", "mean_bps": 9000, "low_bps": 8500}],
    /// "clearances": [{"level": 2, "from": …, "until": …}]}`.
    ///
    /// - Throws: ``BadInput`` with the path of the first fault.
    package init(json: JSON, field: String = "worker") throws(BadInput) {
        let reader = try ObjectReader(
            json, at: field,
            known: [
                "worker", "state", "country", "languages", "professions", "credentials", "teams", "agreements",
                "interests", "exclusions", "exams", "skills", "clearances",
            ]
        )
        let levels = try reader.list("languages", ["tag", "level"]) { item throws(BadInput) in
            let tag = try item.word("tag") { LanguageTag.isWellFormed($0) ? $0.lowercased() : nil }
            return (tag, try item.word("level", LanguageLevel.init(rawValue:)))
        }
        let skills = try reader.list("skills", ["skill", "mean_bps", "low_bps"]) { item throws(BadInput) in
            let (mean, low) = (try item.number("mean_bps", 10_000), try item.number("low_bps", 10_000))
            return (try item.word("skill") { $0 }, WorkerFacts.Skill(mean: mean, low: low))
        }
        worker = reader.has("worker") ? try reader.word("worker") { Worker.ID($0) } : Worker.ID(.blank)
        state = reader.has("state") ? try reader.word("state", Worker.State.init(rawValue:)) : .active
        country = try reader.word("country") { $0.utf8.count == 2 && Jurisdiction.isWellFormed($0) ? $0 : nil }
        languages = levels.map(\.0)
        languageLevels = Dictionary(levels, uniquingKeysWith: max)
        standings = try reader.list("professions", ["profession", "years", "specialties", "tiers"]) {
            item throws(BadInput) in try item.standing()
        }
        credentials = try reader.list(
            "credentials", ["id", "profession", "kind", "jurisdiction", "from", "until"]
        ) { item throws(BadInput) in try item.credential() }
        teams = try reader.list("teams", ["kind", "from", "until"]) { item throws(BadInput) in
            Period(value: try item.word("kind", Sourcing.init(rawValue:)), range: try item.range())
        }
        agreements = try reader.list("agreements", ["kind", "version", "from", "accepted_at"]) {
            item throws(BadInput) in try item.agreementVersion()
        }
        interests = try reader.list("interests", ["party", "from", "until"]) { item throws(BadInput) in
            Period(value: try item.word("party") { $0.lowercased() }, range: try item.range())
        }
        exclusions = try reader.list("exclusions", ["requester", "from", "until"]) { item throws(BadInput) in
            Period(value: try item.word("requester") { Requester.ID($0) }, range: try item.range())
        }
        exams = try reader.list("exams", ["exam", "score_bps", "passed", "from", "until"]) {
            item throws(BadInput) in try item.examScore()
        }
        self.skills = Dictionary(skills, uniquingKeysWith: { first, _ in first })
        clearances = try reader.list("clearances", ["level", "from", "until"]) { item throws(BadInput) in
            Period(value: try item.number("level", Int64(Clearance.most)), range: try item.range())
        }
    }
}

extension Date {
    /// An instant in UTC to the second (`2026-03-02T09:00:00Z`), or a day, meaning its midnight in UTC.
    ///
    /// - Returns: `nil` for any other text.
    package init?(whatIf text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10 || bytes.count == 20, let day = CalendarDate(iso: String(text.prefix(10))) else {
            return nil
        }
        guard bytes.count == 20 else {
            self = day.midnightUTC
            return
        }
        let marks: [Int: UInt8] = [10: 0x54, 13: 0x3a, 16: 0x3a, 19: 0x5a]
        guard marks.allSatisfy({ bytes[$0.key] == $0.value }) else { return nil }
        var parts: [Double] = []
        for (start, most) in [(11, 23), (14, 59), (17, 59)] {
            guard bytes[start...(start + 1)].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            let number = Int(bytes[start] - 0x30) * 10 + Int(bytes[start + 1] - 0x30)
            guard number <= most else { return nil }
            parts.append(Double(number))
        }
        self = day.midnightUTC + parts[0] * 3_600 + parts[1] * 60 + parts[2]
    }
}

extension UUID {
    /// Of somebody who is in no database.
    fileprivate static var blank: UUID { UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)) }
}

/// An object from outside, with the path to it.
private struct ObjectReader {
    /// Entries of one list.
    static let listMax = 1_000
    let members: [String: JSON]
    let path: String

    init(_ json: JSON, at path: String, known: Set<String>) throws(BadInput) {
        guard let members = json.objectValue else { throw BadInput(path, "must be an object") }
        if let stranger = members.keys.filter({ !known.contains($0) }).min() {
            throw BadInput("\(path).\(stranger.prefix(60))", "is not known")
        }
        self.members = members
        self.path = path
    }

    func has(_ name: String) -> Bool { !(members[name] ?? .null).isNull }

    func list<Element>(
        _ name: String, _ known: Set<String>, _ read: (ObjectReader) throws(BadInput) -> Element
    ) throws(BadInput) -> [Element] {
        guard let json = members[name] else { return [] }
        guard let elements = json.arrayValue, elements.count <= Self.listMax else {
            throw BadInput("\(path).\(name)", "must be an array of at most \(Self.listMax)")
        }
        var found: [Element] = []
        for (place, element) in elements.enumerated() {
            found.append(try read(ObjectReader(element, at: "\(path).\(name)[\(place)]", known: known)))
        }
        return found
    }

    func word<Value>(_ name: String, _ make: (String) -> Value?) throws(BadInput) -> Value {
        guard let text = members[name]?.stringValue, (1...200).contains(text.utf8.count), let value = make(text) else {
            throw BadInput("\(path).\(name)", "is missing or has an unknown value")
        }
        return value
    }

    func number(_ name: String, _ most: Int64) throws(BadInput) -> Int {
        guard let number = members[name]?.integerValue, (0...most).contains(number) else {
            throw BadInput("\(path).\(name)", "must be 0 to \(most)")
        }
        return Int(number)
    }

    func instant(_ name: String) throws(BadInput) -> Date {
        guard let instant = members[name]?.stringValue.flatMap({ Date(whatIf: $0) }) else {
            throw BadInput("\(path).\(name)", "must be a time such as 2026-03-02T09:00:00Z or a day")
        }
        return instant
    }

    func range() throws(BadInput) -> InstantRange {
        InstantRange(
            from: has("from") ? try instant("from") : nil, until: has("until") ? try instant("until") : nil
        )
    }

    func standing() throws(BadInput) -> WorkerHistory.Standing {
        var specialties: [String] = []
        if let json = members["specialties"] {
            guard let names = json.arrayValue, names.count <= 50 else {
                throw BadInput("\(path).specialties", "must be an array of at most 50")
            }
            specialties = names.compactMap { $0.stringValue?.lowercased() }
        }
        return WorkerHistory.Standing(
            profession: try word("profession") { Profession($0) }, years: try number("years", 80),
            specialties: specialties,
            tiers: try list("tiers", ["tier", "from", "until"]) { item throws(BadInput) in
                WorkerHistory.Period(value: try item.word("tier", Tier.init(rawValue:)), range: try item.range())
            }
        )
    }

    func credential() throws(BadInput) -> Credential {
        Credential(
            id: has("id") ? try word("id") { Credential.ID($0) } : Credential.ID(.blank),
            profession: try word("profession") { Profession($0) },
            kind: try word("kind") { CredentialKindCode(rawValue: $0).map(CredentialKind.init(known:)) },
            jurisdiction: try word("jurisdiction") { Jurisdiction.isWellFormed($0) ? $0 : nil }, validity: try range()
        )
    }

    func agreementVersion() throws(BadInput) -> WorkerHistory.AgreementVersion {
        WorkerHistory.AgreementVersion(
            kind: try word("kind") { $0 }, version: try number("version", 1_000_000), validFrom: try instant("from"),
            acceptedAt: has("accepted_at") ? try instant("accepted_at") : nil
        )
    }

    func examScore() throws(BadInput) -> WorkerFacts.ExamScore {
        guard let isPassed = members["passed"]?.boolValue else {
            throw BadInput("\(path).passed", "must be true or false")
        }
        return WorkerFacts.ExamScore(
            key: try word("exam") { $0 }, score: try number("score_bps", 10_000), isPassed: isPassed,
            validity: try range()
        )
    }
}
