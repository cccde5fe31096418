internal import Foundation
internal import Store

extension Transaction {
    func insertCredential(
        _ id: Credential.ID, _ submission: CredentialSubmission, of worker: Worker.ID, state: CredentialState
    ) async throws {
        try await execute(
            """
            insert into credential
                (credential_id, worker_id, profession, kind, issuer, jurisdiction, number, issued_on, expires_at, state)
            values (\(id), \(worker), \(submission.profession), \(submission.kind), \(submission.issuer),
                    \(submission.jurisdiction), \(submission.number), \(submission.issuedOn),
                    \(submission.expiresAt), \(state))
            """)
    }

    /// Whose credential it is, which never changes.
    func holder(of credential: Credential.ID) async throws -> Worker.ID? {
        try await firstRow("select worker_id from credential where credential_id = \(credential)")?["worker_id"]
    }

    func credentialState(_ credential: Credential.ID) async throws -> CredentialState? {
        try await firstRow("select state from credential where credential_id = \(credential)")?["state"]
    }

    /// - Returns: whether it was in the state it was to leave.
    func moveCredential(
        _ id: Credential.ID, from old: CredentialState, to new: CredentialState, by actor: Principal.ID
    ) async throws -> Bool {
        try await execute(
            """
            update credential
               set state = \(new),
                   verified_at = case when \(new)::credential_state = 'verified' then \(instant) else verified_at end,
                   verified_by = case when \(new)::credential_state = 'verified' then \(actor) else verified_by end
             where credential_id = \(id) and state = \(old)
            """) == 1
    }

    /// Whether the worker has handed in that paper before, in whatever state it is.
    func hasCredential(_ submission: CredentialSubmission, of worker: Worker.ID) async throws -> Bool {
        try await firstRow(
            """
            select from credential
             where worker_id = \(worker) and profession = \(submission.profession) and kind = \(submission.kind)
               and jurisdiction = \(submission.jurisdiction) and upper(number) = upper(\(submission.number))
            """) != nil
    }
}
