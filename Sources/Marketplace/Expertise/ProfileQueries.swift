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
    func beginTier(
        _ tier: Tier, of worker: Worker.ID, in profession: Profession, by decider: Principal.ID
    ) async throws {
        _ = try await pipeline([
            """
            delete from tier_period
             where worker_id = \(worker) and profession = \(profession) and lower(in_force) = \(instant)
            """,
            """
            update tier_period set in_force = tstzrange(lower(in_force), \(instant))
             where worker_id = \(worker) and profession = \(profession) and in_force @> \(instant)
            """,
            """
            insert into tier_period (worker_id, profession, tier, in_force, decided_by)
            values (\(worker), \(profession), \(tier), \(InstantRange(from: instant, until: nil)), \(decider))
            """,
        ])
    }
}
