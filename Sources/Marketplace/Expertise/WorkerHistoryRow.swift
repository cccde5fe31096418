internal import Formats
internal import Foundation
internal import Store

extension WorkerHistory {
    /// Of a row of ``Transaction/workerHistories(of:)``.
    init(row: Row) throws {
        func list(_ column: String) throws -> [StoredObject] {
            let json: JSON = try row.value(column)
            return (json.arrayValue ?? []).map(StoredObject.init)
        }
        let levels = try list("language_levels").map {
            (try $0.word("tag") { $0 }, try $0.word("level", LanguageLevel.init(rawValue:)))
        }
        let skills = try list("skills").map {
            (try $0.word("skill") { $0 }, WorkerFacts.Skill(mean: try $0.number("mean"), low: try $0.number("low")))
        }
        self.init(
            worker: try row["worker_id"], state: try row["state"], country: try row["country"],
            languages: try row["languages"], languageLevels: Dictionary(levels, uniquingKeysWith: max),
            standings: try list("professions").map { try $0.standing },
            credentials: try list("credentials").map { try $0.credential },
            teams: try list("teams").map { try $0.period(Sourcing.init(rawValue:)) },
            agreements: try list("agreements").map { try $0.agreementVersion },
            interests: try list("interests").map { try $0.period { $0 } },
            exclusions: try list("exclusions").map { try $0.period { Requester.ID($0) } },
            exams: try list("exams").map { try $0.examScore },
            skills: Dictionary(skills, uniquingKeysWith: { first, _ in first }),
            clearances: try list("clearances").map { try $0.period { Int($0) } }
        )
    }
}

extension Credential {
    /// From `{"id", "profession", "kind", "is_licence", "jurisdiction", "from", "until"}`, as the queries build it.
    init(stored json: JSON) throws { self = try StoredObject(json: json).credential }
}

/// Reads members of an object that a statement has built.
private struct StoredObject {
    let json: JSON

    var standing: WorkerHistory.Standing {
        get throws {
            WorkerHistory.Standing(
                profession: try word("profession", Profession.init), years: try number("years"),
                specialties: (json["specialties"]?.arrayValue ?? []).compactMap(\.stringValue),
                tiers: try (json["tiers"]?.arrayValue ?? []).map {
                    try StoredObject(json: $0).period(Tier.init(rawValue:))
                }
            )
        }
    }

    var credential: Credential {
        get throws {
            Credential(
                id: try word("id") { Credential.ID($0) }, profession: try word("profession", Profession.init),
                kind: CredentialKind(
                    code: try word("kind", CredentialKindCode.init(rawValue:)),
                    isLicence: json["is_licence"]?.boolValue ?? false
                ),
                jurisdiction: try word("jurisdiction") { $0 },
                validity: try range
            )
        }
    }

    var agreementVersion: WorkerHistory.AgreementVersion {
        get throws {
            guard let from = try instant("from") else { throw fault("from", "is missing") }
            return WorkerHistory.AgreementVersion(
                kind: try word("kind") { $0 }, version: try number("version"), validFrom: from,
                acceptedAt: try instant("accepted")
            )
        }
    }

    var examScore: WorkerFacts.ExamScore {
        get throws {
            WorkerFacts.ExamScore(
                key: try word("key") { $0 }, score: try number("score"),
                isPassed: json["is_passed"]?.boolValue ?? false, validity: try range
            )
        }
    }

    func period<Value>(_ make: (String) -> Value?) throws -> WorkerHistory.Period<Value> {
        WorkerHistory.Period(value: try word("value", make), range: try range)
    }

    func word<Value>(_ member: String, _ make: (String) -> Value?) throws -> Value {
        guard let text = json[member]?.stringValue, let value = make(text) else {
            throw fault(member, "is missing or has an unknown value")
        }
        return value
    }

    func number(_ member: String) throws -> Int {
        guard let number = json[member]?.integerValue else { throw fault(member, "is no whole number") }
        return Int(number)
    }

    private var range: InstantRange {
        get throws { InstantRange(from: try instant("from"), until: try instant("until")) }
    }

    /// The very value that reading the column itself gives: seconds from 2001 out of whole microseconds from 2000.
    private func instant(_ member: String) throws -> Date? {
        guard let value = json[member], !value.isNull else { return nil }
        guard let microseconds = value.integerValue else { throw fault(member, "is no whole number") }
        let from2000 = Double(microseconds - 946_684_800_000_000) / 1_000_000
        return Date(timeIntervalSinceReferenceDate: from2000 - 366 * 86_400)
    }

    private func fault(_ member: String, _ reason: String) -> StoreError {
        .decoding(table: nil, column: member, reason: reason)
    }
}
