package import Formats
internal import Foundation
internal import Store

/// A worker's standing in one profession.
package struct ProfessionSheet: Hashable, Sendable {
    package let profession: Profession
    /// As the worker says, and as far as the oldest valid licence bears them out.
    package let years: Int
    package let yearsBorneOut: Int
    /// Practice areas of a lawyer.
    package let specialties: [String]
    /// Of a lawyer.
    package let lawLanguages: [String]
    /// Of a physician, as are title and institution.
    package let subSpecialties: [String]
    package let title: PhysicianTitle?
    package let institution: String?
    /// Held now.
    package let tier: Tier?

    package var json: JSON {
        [
            "profession": .string(profession.code), "years": .integer(Int64(years)),
            "years_borne_out": .integer(Int64(yearsBorneOut)), "specialties": .array(specialties.map(JSON.string)),
            "law_languages": .array(lawLanguages.map(JSON.string)),
            "sub_specialties": .array(subSpecialties.map(JSON.string)),
            "title": title.map { .string($0.rawValue) } ?? .null,
            "institution": institution.map(JSON.string) ?? .null,
            "tier": tier.map { .string($0.rawValue) } ?? .null,
        ]
    }
}

/// All that is known of a worker's expertise.
package struct ProfileSheet: Hashable, Sendable {
    package let worker: Worker.ID
    /// `de:c1`, by tag.
    package let languages: [String]
    /// By code.
    package let professions: [ProfessionSheet]
    /// Admissions, licences and other papers, in the order in which they were handed in; the first 200.
    package let credentials: [CredentialSheet]
    /// Newest first; the last 200.
    package let tiers: [TierPeriod]
    /// By path; the first 500.
    package let skills: [SkillEstimate]

    package var json: JSON {
        [
            "worker": .string("\(worker)"), "languages": .array(languages.map(JSON.string)),
            "professions": .array(professions.map(\.json)), "credentials": .array(credentials.map(\.json)),
            "tiers": .array(tiers.map(\.json)), "skills": .array(skills.map(\.json)),
        ]
    }
}

/// Shows a worker's expertise to themselves and to operators.
package struct ShowProfile: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal``, ``NotFound``.
    package func callAsFunction(of worker: Worker.ID, by actor: Principal.ID) async throws -> ProfileSheet {
        try await market.database.read { transaction in
            try await transaction.authorizeSelf(worker, orOperatorToSee: actor)
            guard let languages = try await transaction.languages(of: worker) else { throw NotFound("worker") }
            var professions: [ProfessionSheet] = []
            for stated in try await transaction.profileContents(of: worker) {
                let profession = stated.profile.profession
                let record = try await transaction.tierRecord(of: worker, in: profession)
                professions.append(
                    ProfessionSheet(
                        profession: profession, years: stated.profile.years, yearsBorneOut: record.years,
                        specialties: stated.profile.specialties, lawLanguages: stated.lawLanguages,
                        subSpecialties: stated.subSpecialties, title: stated.title, institution: stated.institution,
                        tier: try await transaction.tier(of: worker, in: profession)
                    ))
            }
            return ProfileSheet(
                worker: worker, languages: languages, professions: professions,
                credentials: try await transaction.credentials(
                    of: worker, after: nil, limit: ListCredentials.pageMax),
                tiers: try await transaction.tierPeriods(of: worker, before: nil, limit: TierHistory.pageMax),
                skills: try await transaction.skillEstimates(of: worker, after: nil, limit: ListSkills.pageMax)
            )
        }
    }
}
