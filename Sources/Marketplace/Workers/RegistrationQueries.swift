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
                (worker_id, external_key, state, country, time_zone, weekly_minutes_max, registered_at)
            values (\(id), \(registration.externalKey), 'applicant', \(registration.country), \(registration.timeZone),
                    \(registration.weeklyMinutesMax), \(instant))
            """,
            """
            insert into worker_person (worker_id, name, email, languages)
            values (\(id), \(registration.name), \(registration.email), \(registration.languages))
            """,
        ])
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
