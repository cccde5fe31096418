internal import Foundation
package import Store

extension Transaction {
    /// The worker whom operators know by that key.
    package func workerID(externalKey: String) async throws -> Worker.ID? {
        try await firstRow("select worker_id from worker where external_key = \(externalKey)")?["worker_id"]
    }

    /// Writes principal, worker and person. The principal is named after the key: a name would outlive its erasure.
    func insertWorker(_ id: Worker.ID, _ registration: Registration) async throws {
        _ = try await pipeline([
            """
            insert into principal (principal_id, kind, name, created_at)
            values (\(id), 'person', \("worker \(registration.externalKey)"), \(instant))
            """,
            """
            insert into worker
                (worker_id, external_key, state, country, time_zone, weekly_minutes_max, registered_at, place)
            values (\(id), \(registration.externalKey), 'registered', \(registration.country),
                    \(registration.timeZone), \(registration.weeklyMinutesMax), \(instant), \(registration.place))
            """,
            """
            insert into worker_person (worker_id, name, email, phone, born_on)
            values (\(id), \(registration.name), \(registration.email), \(registration.phone), \(registration.bornOn))
            """,
            Self.insertion(of: registration.languages, to: id),
        ])
    }

    private static func insertion(of languages: [LanguageSkill], to worker: Worker.ID) -> SQL {
        """
        insert into worker_language (worker_id, tag, level)
        select \(worker), tag, level::language_level
          from unnest(\(languages.map(\.tag)), \(languages.map(\.level.rawValue))) skill (tag, level)
        """
    }

    /// Writes what a worker is registered with anew; their key stays.
    func reviseWorker(_ id: Worker.ID, to registration: Registration) async throws {
        _ = try await pipeline([
            """
            update worker
               set country = \(registration.country), time_zone = \(registration.timeZone),
                   weekly_minutes_max = \(registration.weeklyMinutesMax), place = \(registration.place)
             where worker_id = \(id)
            """,
            """
            update worker_person
               set name = \(registration.name), email = \(registration.email), phone = \(registration.phone),
                   born_on = \(registration.bornOn)
             where worker_id = \(id)
            """,
            "delete from worker_language where worker_id = \(id)",
            Self.insertion(of: registration.languages, to: id),
        ])
    }

    /// Keeps an address that is being replaced; one that is taken up again is none any more.
    func noteFormerContact(of worker: Worker.ID, _ email: String, replacedBy new: String) async throws {
        try await execute("delete from former_contact where worker_id = \(worker) and email = \(new)")
        try await execute(
            """
            insert into former_contact (worker_id, email, replaced_at) values (\(worker), \(email), \(instant))
            on conflict on constraint former_contact_pkey do update set replaced_at = excluded.replaced_at
            """)
    }

    /// Addresses that a worker had until later than an instant: the oldest first, so that no number of changes pushes
    /// out the one that the worker reads.
    func formerContacts(of worker: Worker.ID, replacedAfter instant: Date, limit: Int) async throws -> [String] {
        try await rows(
            """
            select email from former_contact
             where worker_id = \(worker) and replaced_at > \(instant)
             order by replaced_at, email
             limit \(limit)
            """
        ).map { try $0["email"] }
    }

    /// What a worker is registered with; `nil` when there is none or their personal data were erased.
    func registration(of id: Worker.ID) async throws -> Registration? {
        let row = try await firstRow(
            """
            select worker.external_key, person.name, person.email, person.phone, person.born_on, worker.country,
                   worker.time_zone, worker.weekly_minutes_max, worker.place,
                   array(select tag || ':' || level from worker_language
                          where worker_id = worker.worker_id order by tag) as languages
              from worker join worker_person person using (worker_id)
             where worker_id = \(id)
            """)
        guard let row else { return nil }
        return try Registration(
            externalKey: row["external_key"], name: row["name"], email: row["email"], country: row["country"],
            timeZone: row["time_zone"], weeklyMinutesMax: row["weekly_minutes_max"], languages: row["languages"],
            phone: row["phone"], bornOn: row["born_on"], place: row["place"]
        )
    }

    /// How many leases the worker holds at this moment.
    func liveLeases(of worker: Worker.ID) async throws -> Int {
        try await firstRow("select live_leases from worker_load where worker_id = \(worker)")?["live_leases"] ?? 0
    }
}

extension Transaction {
    /// Whether the worker is reached under another address; false for one whose personal data were erased.
    func emailDiffers(_ email: String, from worker: Worker.ID) async throws -> Bool {
        try await firstRow(
            """
            select from worker_person where worker_id = \(worker) and email <> \(email)
            """) != nil
    }
}
