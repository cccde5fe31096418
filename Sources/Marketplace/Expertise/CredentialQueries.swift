internal import Foundation
internal import Store

extension Transaction {
    /// - Returns: `false`, with nothing written, when the catalogue has no such kind for the profession.
    func insertCredential(
        _ id: Credential.ID, _ submission: CredentialSubmission, of worker: Worker.ID, state: CredentialState
    ) async throws -> Bool {
        try await execute(
            """
            insert into credential
                (credential_id, worker_id, profession, kind, issuer, jurisdiction, number, number_verdict, number_note,
                 issued_on, expires_at, category, scope, register_status, state)
            select \(id), \(worker), \(submission.profession), kind, \(submission.issuer),
                   \(submission.jurisdiction), \(submission.number.text), \(submission.number.verdict),
                   \(submission.number.note), \(submission.issuedOn), \(submission.expiresAt),
                   \(submission.details.category), \(submission.details.scope), \(submission.details.registerStatus),
                   \(state)
              from credential_kind
             where kind = \(submission.kind) and (profession is null or profession = \(submission.profession))
            """) == 1
    }

    /// Whose credential it is, which never changes.
    func holder(of credential: Credential.ID) async throws -> Worker.ID? {
        try await firstRow("select worker_id from credential where credential_id = \(credential)")?["worker_id"]
    }

    func credentialState(_ credential: Credential.ID) async throws -> CredentialState? {
        try await firstRow("select state from credential where credential_id = \(credential)")?["state"]
    }

    /// - Returns: whether it was in the state it was to leave.
    func moveCredential(_ id: Credential.ID, from old: CredentialState, to new: CredentialState) async throws -> Bool {
        try await execute(
            "update credential set state = \(new) where credential_id = \(id) and state = \(old)"
        ) == 1
    }

    /// Whether another credential with the same number waits or is verified.
    func hasLiveTwin(_ id: Credential.ID) async throws -> Bool {
        try await firstRow(
            """
            select from credential as one
              join credential as other
                on other.kind = one.kind and other.jurisdiction is not distinct from one.jurisdiction
               and upper(other.number) = upper(one.number) and other.credential_id <> one.credential_id
             where one.credential_id = \(id) and other.state in ('submitted', 'in_check', 'verified')
            """) != nil
    }

    /// Verifies a credential that is in check, and sets when it must be looked at again.
    ///
    /// - Returns: whether it was in check.
    func verifyCredential(_ id: Credential.ID, by actor: Principal.ID) async throws -> Bool {
        try await execute(
            """
            update credential
               set state = 'verified', verified_at = \(instant), verified_by = \(actor),
                   confirmed_at = null, confirmed_by = null,
                   reverify_at = least(expires_at, \(instant) + reverify_months * interval '1 month'),
                   remind_at = least(expires_at, \(instant) + reverify_months * interval '1 month')
                               - interval '1440 hours'
              from credential_kind
             where credential_id = \(id) and state = 'in_check' and credential_kind.kind = credential.kind
            """) == 1
    }

    /// - Returns: whether it is verified, by somebody else, and not yet confirmed.
    func confirmCredential(_ id: Credential.ID, by actor: Principal.ID) async throws -> Bool {
        try await execute(
            """
            update credential set confirmed_at = \(instant), confirmed_by = \(actor)
             where credential_id = \(id) and state = 'verified' and verified_by <> \(actor) and confirmed_by is null
            """) == 1
    }

    /// Verifies a verified credential anew, until another end.
    ///
    /// - Returns: whether it was verified, and the end is later than its issue.
    func renewCredential(_ id: Credential.ID, until expiry: Date?, by actor: Principal.ID) async throws -> Bool {
        try await execute(
            """
            update credential
               set expires_at = \(expiry), verified_at = \(instant), verified_by = \(actor),
                   confirmed_at = null, confirmed_by = null,
                   reverify_at = least(\(expiry), \(instant) + reverify_months * interval '1 month'),
                   remind_at = least(\(expiry), \(instant) + reverify_months * interval '1 month')
                               - interval '1440 hours'
              from credential_kind
             where credential_id = \(id) and state = 'verified' and credential_kind.kind = credential.kind
            """) == 1
    }

    func isPerson(_ principal: Principal.ID) async throws -> Bool {
        try await firstRow(
            "select from principal where principal_id = \(principal) and kind = 'person'"
        ) != nil
    }

    /// Who verified it; `nil` when nobody has.
    func verifier(of credential: Credential.ID) async throws -> Principal.ID? {
        try await firstRow(
            "select verified_by from credential where credential_id = \(credential) and verified_by is not null"
        )?["verified_by"]
    }

    /// Whether the worker has handed in that paper before, in whatever state it is.
    func hasCredential(_ submission: CredentialSubmission, of worker: Worker.ID) async throws -> Bool {
        try await firstRow(
            """
            select from credential
             where worker_id = \(worker) and profession = \(submission.profession) and kind = \(submission.kind)
               and jurisdiction = \(submission.jurisdiction) and upper(number) = upper(\(submission.number.text))
            """) != nil
    }

    /// Whether a licence of the profession is valid now that two people have verified.
    func hasLicenceOfTwo(_ worker: Worker.ID, in profession: Profession) async throws -> Bool {
        try await firstRow(
            """
            select from credential join credential_kind using (kind)
             where worker_id = \(worker) and credential.profession = \(profession) and is_licence
               and state = 'verified' and confirmed_by is not null
               and (expires_at is null or expires_at > \(instant))
             limit 1
            """) != nil
    }
}
