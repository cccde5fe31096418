internal import Foundation
internal import Store

extension Transaction {
    /// Writes a profile and what only its profession has.
    ///
    /// - Returns: `false`, with nothing changed, when the worker has one in that profession.
    func insertProfile(_ profile: Profile, of worker: Worker.ID) async throws -> Bool {
        let isNew =
            try await execute(
                """
                insert into profile (worker_id, profession, years, specialties)
                values (\(worker), \(profile.profession), \(profile.years),
                        \(profile.profession.hasOwnTable ? [] : profile.specialties))
                on conflict (worker_id, profession) do nothing
                """) == 1
        guard isNew else { return false }
        if profile.profession == .lawyer {
            try await execute(
                """
                insert into lawyer_profile (worker_id, practice_areas) values (\(worker), \(profile.specialties))
                """)
        } else if profile.profession == .physician {
            try await execute(
                """
                insert into physician_profile (worker_id, specialties) values (\(worker), \(profile.specialties))
                """)
        }
        return true
    }

    /// Writes what the worker now says of themselves.
    ///
    /// - Returns: whether they have declared the profession.
    func updateProfile(_ content: ProfileContent, of worker: Worker.ID) async throws -> Bool {
        let profile = content.profile
        let isThere =
            try await execute(
                """
                update profile
                   set years = \(profile.years),
                       specialties = \(profile.profession.hasOwnTable ? [] : profile.specialties)
                 where worker_id = \(worker) and profession = \(profile.profession)
                """) == 1
        guard isThere else { return false }
        if profile.profession == .lawyer {
            try await execute(
                """
                update lawyer_profile
                   set practice_areas = \(profile.specialties), law_languages = \(content.lawLanguages)
                 where worker_id = \(worker)
                """)
        } else if profile.profession == .physician {
            try await execute(
                """
                update physician_profile
                   set specialties = \(profile.specialties), sub_specialties = \(content.subSpecialties),
                       title = \(content.title), institution = \(content.institution)
                 where worker_id = \(worker)
                """)
        }
        return true
    }

    /// `de:c1` and so on, by tag; `nil` when there is no such worker.
    func languages(of worker: Worker.ID) async throws -> [String]? {
        try await firstRow(
            """
            select array(select tag || ':' || level from worker_language
                          where worker_language.worker_id = worker.worker_id order by tag) as languages
              from worker where worker_id = \(worker)
            """)?["languages"]
    }

    /// What a worker says of themselves in each of their professions, by code.
    func profileContents(of worker: Worker.ID) async throws -> [ProfileContent] {
        try await rows(
            """
            select profile.profession, profile.years,
                   coalesce(practice_areas, physician_profile.specialties, profile.specialties) as specialties,
                   coalesce(law_languages, '{}') as law_languages,
                   coalesce(sub_specialties, '{}') as sub_specialties, title, institution
              from profile
              left join lawyer_profile using (worker_id, profession)
              left join physician_profile using (worker_id, profession)
             where profile.worker_id = \(worker)
             order by profile.profession
            """
        ).map {
            try ProfileContent(
                profession: $0["profession"], years: $0["years"], specialties: $0["specialties"],
                lawLanguages: $0["law_languages"], subSpecialties: $0["sub_specialties"], title: $0["title"],
                institution: $0["institution"]
            )
        }
    }

    func hasProfile(_ worker: Worker.ID, in profession: Profession) async throws -> Bool {
        try await firstRow(
            """
            select from profile where worker_id = \(worker) and profession = \(profession)
            """) != nil
    }

    /// The tier in force at the transaction's instant.
    func tier(of worker: Worker.ID, in profession: Profession) async throws -> Tier? {
        try await firstRow(
            """
            select tier from tier_period
             where worker_id = \(worker) and profession = \(profession) and in_force @> \(instant)
            """)?["tier"]
    }

    /// Ends the tier in force and begins another at the transaction's instant, without end. One that began at this
    /// very instant never held: it is replaced.
    func beginTier(_ grant: TierGrant) async throws {
        _ = try await pipeline([
            """
            delete from tier_period
             where worker_id = \(grant.worker) and profession = \(grant.profession) and lower(in_force) = \(instant)
            """,
            """
            update tier_period set in_force = tstzrange(lower(in_force), \(instant))
             where worker_id = \(grant.worker) and profession = \(grant.profession) and in_force @> \(instant)
            """,
            """
            insert into tier_period (worker_id, profession, tier, in_force, decided_by, ground, tier_rule_id, reasons)
            values (\(grant.worker), \(grant.profession), \(grant.tier), \(InstantRange(from: instant, until: nil)),
                    \(grant.decider), \(grant.ground), \(grant.rule), \(grant.reasons))
            """,
        ])
    }
}
