internal import Formats
internal import Foundation
internal import Store

extension CredentialSheet {
    init(row: Row) throws {
        id = try row["credential_id"]
        worker = try row["worker_id"]
        profession = try row["profession"]
        kind = try row["kind"]
        issuer = try row["issuer"]
        jurisdiction = try row["jurisdiction"]
        number = try row["number"]
        numberVerdict = try row["number_verdict"]
        numberNote = try row["number_note"]
        issuedOn = try row["issued_on"]
        expiresAt = try row["expires_at"]
        state = try row["state"]
        verifiedBy = try row["verified_by"]
        confirmedBy = try row["confirmed_by"]
        reverifyAt = try row["reverify_at"]
        category = try row["category"]
        scope = try row["scope"]
        registerStatus = try row["register_status"]
    }
}

extension Transaction {
    func credentials(of worker: Worker.ID, after id: Credential.ID?, limit: Int) async throws -> [CredentialSheet] {
        try await rows(
            """
            select credential_id, worker_id, profession, kind, issuer, jurisdiction, number, number_verdict,
                   number_note, issued_on, expires_at, state, verified_by, confirmed_by, reverify_at, category, scope,
                   register_status
              from credential
             where worker_id = \(worker) and (\(id)::uuid is null or credential_id > \(id))
             order by credential_id
             limit \(limit)
            """
        ).map(CredentialSheet.init(row:))
    }

    func credentials(in state: CredentialState, after id: Credential.ID?, limit: Int) async throws -> [CredentialSheet]
    {
        try await rows(
            """
            select credential_id, worker_id, profession, kind, issuer, jurisdiction, number, number_verdict,
                   number_note, issued_on, expires_at, state, verified_by, confirmed_by, reverify_at, category, scope,
                   register_status
              from credential
             where state = \(state) and (\(id)::uuid is null or credential_id > \(id))
             order by credential_id
             limit \(limit)
            """
        ).map(CredentialSheet.init(row:))
    }

    func evidence(of credential: Credential.ID) async throws -> [Evidence] {
        try await rows(
            """
            select hash, media_type, size, name from credential_evidence
             where credential_id = \(credential)
             order by added_at, hash
            """
        ).map { try Evidence(hash: $0["hash"], mediaType: $0["media_type"], size: $0["size"], name: $0["name"]) }
    }

    func insertEvidence(_ evidence: Evidence, of credential: Credential.ID, by actor: Principal.ID) async throws {
        try await execute(
            """
            insert into credential_evidence (credential_id, hash, media_type, size, name, added_by, added_at)
            values (\(credential), \(evidence.hash), \(evidence.mediaType), \(evidence.size), \(evidence.name),
                    \(actor), \(instant))
            """)
    }

    /// Credentials whose holders are to be told now, those longest due first, locked; not those that others tell of.
    func lockDueReminders(limit: Int) async throws -> [DueReminder] {
        try await rows(
            """
            select credential_id, worker_id, reverify_at, coalesce(reverify_at = expires_at, false) as is_expiry
              from credential
             where state = 'verified' and remind_at <= \(instant) and reverify_at is not null
             order by remind_at, credential_id
             limit \(limit)
               for no key update skip locked
            """
        ).map {
            DueReminder(
                credential: try $0["credential_id"], worker: try $0["worker_id"], reverifyAt: try $0["reverify_at"],
                isExpiry: try $0["is_expiry"]
            )
        }
    }

    /// Writes a reminder down and sets when the next is due.
    ///
    /// - Returns: whether it was not written before.
    func noteReminder(of reminder: DueReminder, daysBefore: Int, nextAt: Date?) async throws -> Bool {
        try await execute(
            """
            update credential set remind_at = \(nextAt)
             where credential_id = \(reminder.credential) and reverify_at = \(reminder.reverifyAt)
            """)
        return try await execute(
            """
            insert into credential_reminder (credential_id, reverify_at, days_before, reminded_at)
            values (\(reminder.credential), \(reminder.reverifyAt), \(daysBefore), \(instant))
            on conflict on constraint credential_reminder_pkey do nothing
            """) == 1
    }
}
