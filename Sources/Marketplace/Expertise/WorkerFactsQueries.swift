internal import Formats
package import Foundation
package import Store

extension Transaction {
    /// What requirements may ask of a worker at an instant.
    ///
    /// - Returns: `nil` when there is no such worker.
    package func workerFacts(_ id: Worker.ID, at instant: Date) async throws -> WorkerFacts? {
        try await workerFacts(of: [id], at: instant).first
    }

    /// The same of many workers, by id, in one statement.
    package func workerFacts(of workers: [Worker.ID], at instant: Date) async throws -> [WorkerFacts] {
        try await rows(
            """
            select worker.worker_id, worker.state, worker.country,
                   array(select tag from worker_language where worker_id = worker.worker_id order by tag) as languages,
                   (select coalesce(jsonb_agg(jsonb_build_object(
                               'profession', profile.profession, 'years', profile.years, 'tier', tier_period.tier,
                               'specialties',
                               coalesce(lawyer_profile.practice_areas, physician_profile.specialties,
                                        profile.specialties))), '[]')
                      from profile
                      left join lawyer_profile using (worker_id, profession)
                      left join physician_profile using (worker_id, profession)
                      left join tier_period
                        on tier_period.worker_id = profile.worker_id
                       and tier_period.profession = profile.profession
                       and tier_period.in_force @> \(instant)
                     where profile.worker_id = worker.worker_id) as professions,
                   (select coalesce(jsonb_agg(jsonb_build_object(
                               'id', credential_id, 'profession', credential.profession,
                               'kind', kind, 'is_licence', credential_kind.is_licence,
                               'jurisdiction', jurisdiction, 'issued_day', issued_on - date '2000-01-01',
                               'expires_second', extract(epoch from expires_at)::bigint)
                               order by credential_id), '[]')
                      from credential join credential_kind using (kind)
                     where credential.worker_id = worker.worker_id and credential.state = 'verified') as credentials
              from worker
             where worker.worker_id = any(\(workers))
             order by worker.worker_id
            """
        ).map(WorkerFacts.init(row:))
    }
}

extension WorkerFacts {
    init(row: Row) throws {
        let professions: JSON = try row["professions"]
        let credentials: JSON = try row["credentials"]
        self.init(
            worker: try row["worker_id"], state: try row["state"], country: try row["country"],
            languages: try row["languages"],
            professions: try Dictionary(
                (professions.arrayValue ?? []).map { ($0, try Standing(stored: $0)) }
                    .map { (try Stored.word($0, "profession", Profession.init), $1) },
                uniquingKeysWith: { first, _ in first }
            ),
            credentials: try (credentials.arrayValue ?? []).map(Credential.init(stored:))
        )
    }
}

extension WorkerFacts.Standing {
    fileprivate init(stored json: JSON) throws(StoreError) {
        let hasTier = !(json["tier"] ?? .null).isNull
        self.init(
            tier: hasTier ? try Stored.word(json, "tier", Tier.init(rawValue:)) : nil,
            years: try Stored.number(json, "years"),
            specialties: (json["specialties"]?.arrayValue ?? []).compactMap(\.stringValue)
        )
    }
}

extension Credential {
    /// From `{"id", "profession", "kind", "jurisdiction", "issued_day", "expires_second"}`, as the queries build it.
    init(stored json: JSON) throws(StoreError) {
        id = try Stored.word(json, "id") { ID($0) }
        profession = try Stored.word(json, "profession", Profession.init)
        kind = CredentialKind(
            code: try Stored.word(json, "kind", CredentialKindCode.init(rawValue:)),
            isLicence: json["is_licence"]?.boolValue ?? false
        )
        jurisdiction = try Stored.word(json, "jurisdiction") { $0 }
        let issuedDay = try Stored.number(json, "issued_day")
        let expires = (json["expires_second"] ?? .null).isNull ? nil : try Stored.number(json, "expires_second")
        validity = InstantRange(
            from: Date(timeIntervalSince1970: (Double(issuedDay) + 10_957) * 86_400),
            until: expires.map { Date(timeIntervalSince1970: Double($0)) }
        )
    }
}

/// Reads members of objects that a statement has built.
private enum Stored {
    static func word<Value>(
        _ json: JSON, _ member: String, _ make: (String) -> Value?
    ) throws(StoreError) -> Value {
        guard let text = json[member]?.stringValue, let value = make(text) else {
            throw .decoding(table: nil, column: member, reason: "is missing or has an unknown value")
        }
        return value
    }

    static func number(_ json: JSON, _ member: String) throws(StoreError) -> Int {
        guard let number = json[member]?.integerValue else {
            throw .decoding(table: nil, column: member, reason: "is no whole number")
        }
        return Int(number)
    }
}
