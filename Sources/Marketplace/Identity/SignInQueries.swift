internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    func personExists(_ id: Principal.ID) async throws -> Bool {
        try await firstRow("select from principal where principal_id = \(id) and kind = 'person'") != nil
    }

    func login(named name: String) async throws -> PersonLogin? {
        try await firstRow("select * from person_login where email = \(name)").map(PersonLogin.init(row:))
    }

    func login(of holder: Principal.ID) async throws -> PersonLogin? {
        try await firstRow("select * from person_login where principal_id = \(holder)").map(PersonLogin.init(row:))
    }

    func lockLogin(of holder: Principal.ID) async throws -> PersonLogin? {
        try await firstRow("select * from person_login where principal_id = \(holder) for update")
            .map(PersonLogin.init(row:))
    }

    /// Makes a login that waits for its password, or gives one that has none another address.
    ///
    /// - Parameter byTwo: whether two operators named the address.
    func upsertLogin(of holder: Principal.ID, email: String, byTwo: Bool) async throws {
        try await execute(
            """
            insert into person_login (principal_id, email, created_at, by_two)
            values (\(holder), \(email), \(instant), \(byTwo))
            on conflict (principal_id) do update
               set email = excluded.email, closed_at = null, by_two = excluded.by_two
            """)
    }

    func setPassword(_ stored: String, of holder: Principal.ID) async throws {
        try await execute(
            """
            update person_login set password_hash = \(stored), password_set_at = \(instant)
             where principal_id = \(holder)
            """)
    }

    func closeLogin(of holder: Principal.ID) async throws {
        try await execute(
            """
            update person_login
               set closed_at = \(instant), password_hash = null, password_set_at = null, totp_enabled_at = null,
                   totp_step = null
             where principal_id = \(holder)
            """)
    }

    // MARK: Failed attempts

    /// Those by a name, and until when nobody signs in by it. What is over a day old counts no more.
    func signInFailures(_ hash: Digest) async throws -> (count: Int, lockedUntil: Date?) {
        let row = try await firstRow(
            """
            select failures, locked_until from sign_in_failure
             where name_hash = \(hash) and failed_at > \(instant - SignInBackOff.forgottenAfter)
            """)
        guard let row else { return (0, nil) }
        return (try row["failures"], try row["locked_until"])
    }

    func noteFailures(_ hash: Digest, _ failures: Int, lockedUntil: Date?, keepsLock: Bool) async throws {
        try await execute(
            """
            insert into sign_in_failure (name_hash, failures, failed_at, locked_until)
            values (\(hash), \(min(failures, 1_000_000)), \(instant), \(lockedUntil))
            on conflict (name_hash) do update
               set failures = excluded.failures,
                   failed_at = case when \(keepsLock) then sign_in_failure.failed_at else excluded.failed_at end,
                   locked_until = case when \(keepsLock) then sign_in_failure.locked_until
                                       else excluded.locked_until end
            """)
    }

    func forgetFailures(_ hash: Digest) async throws {
        try await execute("delete from sign_in_failure where name_hash = \(hash)")
    }

    // MARK: Second factors

    /// - Returns: whether the step, and none after it, was not used before.
    func useStep(_ step: Int64, of holder: Principal.ID) async throws -> Bool {
        try await execute(
            "update person_login set totp_step = \(step) where principal_id = \(holder) and totp_step < \(step)") == 1
    }

    func enableSecondFactor(of holder: Principal.ID, step: Int64) async throws {
        try await execute(
            """
            update person_login set totp_enabled_at = \(instant), totp_step = \(step)
             where principal_id = \(holder)
            """)
    }

    func disableSecondFactor(of holder: Principal.ID) async throws {
        try await execute(
            "update person_login set totp_enabled_at = null, totp_step = null where principal_id = \(holder)")
    }

    func replaceRecoveryCodes(of holder: Principal.ID, _ hashes: [Digest]) async throws {
        try await execute("delete from recovery_code where principal_id = \(holder)")
        for hash in hashes {
            try await execute("insert into recovery_code (principal_id, code_hash) values (\(holder), \(hash))")
        }
    }

    func useRecoveryCode(_ hash: Digest, of holder: Principal.ID) async throws -> Bool {
        try await execute(
            """
            update recovery_code set used_at = \(instant)
             where principal_id = \(holder) and code_hash = \(hash) and used_at is null
            """) == 1
    }

    // MARK: Tickets

    /// Writes a ticket and its letter for whoever signs in by a name; nothing where nobody does, or where one of the
    /// kind was sent after an instant. A reset is for who has a password: a first one is chosen by invitation alone.
    func insertTicket(
        _ id: SignInTicket.ID, _ kind: TicketKind, hash: Digest, toLoginNamed name: String, after: Date,
        notice: Notice.ID, facts: JSON
    ) async throws {
        try await execute(
            """
            with holder as materialized (
                select principal_id from person_login
                 where email = \(name) and closed_at is null
                   and (\(kind)::ticket_kind <> 'reset' or password_hash is not null)
                   and not exists (select from sign_in_ticket as sent
                                    where sent.principal_id = person_login.principal_id and sent.kind = \(kind)
                                      and sent.created_at > \(after))
            ),
            ticket as (
                insert into sign_in_ticket (ticket_hash, ticket_id, kind, principal_id, created_at, expires_at)
                select \(hash), \(id), \(kind), principal_id, \(instant), \(instant + kind.lifetime) from holder
            )
            insert into notice (notice_id, recipient_id, kind, facts, created_at, due_at, address)
            select \(notice), principal_id, \(kind.notice), \(facts), \(instant), \(instant), \(name) from holder
            """)
    }

    /// The login that a live ticket is for.
    func login(ofTicket hash: Digest) async throws -> PersonLogin? {
        try await firstRow(
            """
            select person_login.* from sign_in_ticket join person_login using (principal_id)
             where ticket_hash = \(hash) and used_at is null and expires_at > \(instant) and closed_at is null
            """
        ).map(PersonLogin.init(row:))
    }

    /// - Returns: whose it was; `nil` when it is not live.
    func useTicket(_ hash: Digest) async throws -> (holder: Principal.ID, id: SignInTicket.ID)? {
        let row = try await firstRow(
            """
            update sign_in_ticket set used_at = \(instant)
             where ticket_hash = \(hash) and used_at is null and expires_at > \(instant)
            returning principal_id, ticket_id
            """)
        return try row.map { (holder: try $0["principal_id"], id: try $0["ticket_id"]) }
    }

    func endTickets(of holder: Principal.ID) async throws {
        try await execute(
            "update sign_in_ticket set used_at = \(instant) where principal_id = \(holder) and used_at is null")
    }

    /// - Returns: how many were live.
    func endAllTickets() async throws -> Int {
        try await execute(
            "update sign_in_ticket set used_at = \(instant) where used_at is null and expires_at > \(instant)")
    }

    // MARK: Invitations that take two

    /// Whether whoever has a ticket may choose a password by it: there is one already, or two operators named the
    /// address, or one is enough still.
    func mayChoosePassword(_ holder: Principal.ID) async throws -> Bool {
        let known = try await firstRow(
            """
            select from person_login
             where principal_id = \(holder) and (password_hash is not null or by_two)
            """)
        if known != nil { return true }
        return try await !takesTwoToInvite(holder)
    }

    /// Whether somebody may do more than work, or is here already: had a token or a session, ended or not, has earned
    /// anything, comes by a provider, or had a sign-in that was closed or that two operators named the address of.
    /// What was counts as what is: else who invites would end it first.
    func takesTwoToInvite(_ person: Principal.ID) async throws -> Bool {
        try await firstRow(
            """
            select from principal
             where principal_id = \(person)
               and (exists (select from role_grant
                             where role_grant.principal_id = principal.principal_id and role <> 'worker')
                 or exists (select from access_token
                             where access_token.principal_id = principal.principal_id)
                 or exists (select from person_session
                             where person_session.principal_id = principal.principal_id)
                 or exists (select from earning
                             where earning.worker_id = principal.principal_id)
                 or exists (select from provider_identity
                             where provider_identity.principal_id = principal.principal_id)
                 or exists (select from person_login
                             where person_login.principal_id = principal.principal_id
                               and (closed_at is not null or by_two)))
            """) != nil
    }

    // MARK: What takes two operators

    /// Which operator said the same of a subject after an instant.
    func proposer(of subject: UUID, _ content: Digest, after: Date) async throws -> Principal.ID? {
        try await firstRow(
            """
            select proposed_by from operator_proposal
             where subject_id = \(subject) and content_hash = \(content) and proposed_at > \(after)
               and exists (select from role_grant
                            where role_grant.principal_id = proposed_by and role = 'operator'
                              and in_force @> \(instant))
            """)?["proposed_by"]
    }

    /// Notes what was said in place of what was said before.
    func propose(_ subject: UUID, _ content: Digest, by actor: Principal.ID) async throws {
        try await execute(
            """
            insert into operator_proposal (subject_id, content_hash, proposed_by, proposed_at)
            values (\(subject), \(content), \(actor), \(instant))
            on conflict (subject_id) do update
               set content_hash = excluded.content_hash, proposed_by = excluded.proposed_by,
                   proposed_at = excluded.proposed_at
            """)
    }

    func endProposal(of subject: UUID) async throws {
        try await execute("delete from operator_proposal where subject_id = \(subject)")
    }

    // MARK: Forgetting

    /// Deletes what was over by then, the oldest first, in a bounded step.
    ///
    /// - Parameters:
    ///   - key: a column that is the table's primary key.
    ///   - end: the column that says when a row was over.
    func forget(
        _ table: SQL, by key: SQL, whose end: SQL, before: Date, most: Int
    ) async throws -> Int {
        try await execute(
            """
            with old as materialized (
                select \(fragment: key) from \(fragment: table)
                 where \(fragment: end) < \(before)
                 order by \(fragment: end)
                 limit \(most)
                   for update skip locked
            )
            delete from \(fragment: table) as gone using old where gone.\(fragment: key) = old.\(fragment: key)
            """)
    }
}

extension PersonLogin {
    init(row: Row) throws {
        holder = try row["principal_id"]
        email = try row["email"]
        passwordHash = try row["password_hash"]
        hasSecondFactor = try row.value("totp_enabled_at", as: Date?.self) != nil
        isClosed = try row.value("closed_at", as: Date?.self) != nil
    }
}
