import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

/// The constraints of sign-in and webhooks, each broken by a statement.
@Suite("Constraints of sign-in and webhooks", .scratchDatabase)
struct IdentityConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("kept_secret_is_wrapped", "update kept_secret set wrapped = '\\x00'"),
        ("person_login_one_per_email", "update person_login set email = 'same@example.org'"),
        ("person_login_email_bounded", "update person_login set email = 'a'"),
        ("person_login_email_is_lower_case", "update person_login set email = upper(email)"),
        ("person_login_password_is_scrypt", "update person_login set password_hash = 'secret'"),
        ("person_login_password_iff_set", "update person_login set password_set_at = null where password_hash <> ''"),
        ("person_login_step_iff_enabled", "update person_login set totp_step = 1 where totp_enabled_at is null"),
        ("recovery_code_hash_is_sha256", "update recovery_code set code_hash = '\\x00'"),
        ("sign_in_failure_hash_is_sha256", "update sign_in_failure set name_hash = '\\x00'"),
        ("sign_in_failure_possible", "update sign_in_failure set failures = 0"),
        (
            "person_session_one_per_id",
            """
            insert into person_session
            select sha256('s'), session_id, principal_id, method, created_at, seen_at, ends_at from person_session
            """
        ),
        ("person_session_hash_is_sha256", "update person_session set session_hash = '\\x00'"),
        ("person_session_ends_later", "update person_session set ends_at = created_at"),
        (
            "sign_in_ticket_one_per_id",
            """
            insert into sign_in_ticket
            select sha256('s'), ticket_id, kind, principal_id, created_at, expires_at from sign_in_ticket
            """
        ),
        ("sign_in_ticket_hash_is_sha256", "update sign_in_ticket set ticket_hash = '\\x00'"),
        ("sign_in_ticket_expires_later", "update sign_in_ticket set expires_at = created_at"),
        ("operator_proposal_hash_is_sha256", "update operator_proposal set content_hash = '\\x00'"),
        (
            "sign_in_provider_one_per_external_key",
            """
            insert into sign_in_provider
            select gen_random_uuid(), external_key, issuer, audience, null, created_at from sign_in_provider
            """
        ),
        ("sign_in_provider_key_well_formed", "update sign_in_provider set external_key = 'Acme'"),
        ("sign_in_provider_issuer_is_url", "update sign_in_provider set issuer = 'ftp://example.org'"),
        ("sign_in_provider_audience_bounded", "update sign_in_provider set audience = ''"),
        ("provider_identity_subject_bounded", "update provider_identity set subject = ''"),
        ("provider_attempt_hash_is_sha256", "update provider_attempt set state_hash = '\\x00'"),
        ("webhook_endpoint_url_bounded", "update webhook_endpoint set url = 'x'"),
        ("webhook_endpoint_kinds_bounded", "update webhook_endpoint set kinds = array_fill('x'::text, '{101}')"),
        ("webhook_endpoint_ended_iff_not_enabled", "update webhook_endpoint set state = 'failed'"),
        (
            "webhook_endpoint_failures_possible",
            "update webhook_endpoint set failures = 1000001, failing_since = created_at, failed_at = created_at"
        ),
        ("webhook_endpoint_failing_iff_failed", "update webhook_endpoint set failures = 1"),
        ("webhook_endpoint_failing_iff_failed", "update webhook_endpoint set failing_since = created_at, failures = 1"),
        ("webhook_secret_expires_later", "update webhook_secret set expires_at = created_at"),
        (
            "webhook_secret_one_newest",
            """
            insert into webhook_secret select gen_random_uuid(), webhook_endpoint_id, created_at from webhook_secret
            """
        ),
        (
            "webhook_event_one_per_position",
            """
            insert into webhook_event overriding system value
            select gen_random_uuid(), requester_id, position, kind, subject, subject_id, occurred_at, facts
              from webhook_event limit 1
            """
        ),
        (
            "webhook_event_kind_well_formed",
            """
            insert into webhook_event (webhook_event_id, requester_id, kind, subject, subject_id, occurred_at, facts)
            select gen_random_uuid(), requester_id, 'Batch', subject, subject_id, occurred_at, facts from webhook_event
            """
        ),
        (
            "webhook_event_trace_well_formed",
            """
            insert into webhook_event
                (webhook_event_id, requester_id, kind, subject, subject_id, occurred_at, facts, trace)
            select gen_random_uuid(), requester_id, kind, subject, subject_id, occurred_at, facts, '00-1'
              from webhook_event
            """
        ),
        ("webhook_delivery_attempts_possible", "update webhook_delivery set attempts = 1001"),
        ("webhook_delivery_ended_iff_not_waiting", "update webhook_delivery set state = 'dead' where ended_at is null"),
        ("webhook_delivery_ended_iff_not_waiting", "update webhook_delivery set ended_at = null, state = 'delivered'"),
        ("webhook_delivery_claim_has_end", "update webhook_delivery set claim_id = gen_random_uuid()"),
        ("webhook_attempt_status_possible", Self.attempt("1", "99", "null")),
        ("webhook_attempt_fault_bounded", Self.attempt("1", "null", "''")),
        ("webhook_attempt_took_possible", Self.attempt("-1", "200", "null")),
        ("webhook_attempt_has_outcome", Self.attempt("1", "null", "null")),
    ]

    private static func attempt(_ took: SQL, _ status: SQL, _ fault: SQL) -> SQL {
        """
        insert into webhook_attempt
        select gen_random_uuid(), webhook_endpoint_id, webhook_event_id, 1, tried_at, \(fragment: took),
               \(fragment: status), \(fragment: fault)
          from webhook_attempt
        """
    }

    @Test("each constraint refuses the statement that breaks it")
    func violated() async throws {
        let small = try await SmallMarket()
        let market = small.market
        let hasher = PasswordHasher(.init(logRounds: 4, blockSize: 1, parallelism: 1))
        for (person, email) in [(small.maker, "maker@example.org"), (small.checker, "checker@example.org")] {
            let code = try await small.invitation(of: person, email: email)
            try await RedeemTicket(market: market, hasher: hasher)(code, password: "correct horse battery")
        }
        _ = try await InvitePerson(market: market)(small.reviewer, email: "r@example.org", by: small.manager)
        _ = try await SignIn(market: market, hasher: hasher)(
            email: "maker@example.org", password: "correct horse battery")
        await #expect(throws: SignInRefusal.failed) {
            try await SignIn(market: market, hasher: hasher)(email: "maker@example.org", password: "wrong")
        }
        let provider = try #require(
            try await AddProvider(market: market)(
                key: "acme", issuer: "https://id.example.org", audience: "guildhall", secret: "0123456789",
                by: small.manager))
        try await AddProvider(market: market).link(small.maker, subject: "1", by: "acme", actor: small.manager)
        try await Scratch.database.transaction {
            try await $0.insertAttempt(Digest(of: "x"), of: provider, until: $0.instant + 1)
            try await $0.replaceRecoveryCodes(of: small.maker, [Digest(of: "x")])
        }
        let made = try await RegisterWebhook(market: market)(
            url: "https://hooks.example.org/", of: small.requester, by: small.manager)
        _ = try await TestWebhook(market: market)(made.endpoint, by: small.manager)
        _ = try await DeliverWebhooks(market: market)(through: KeptCalls(), by: market.systemPrincipal())
        _ = try await TestWebhook(market: market)(made.endpoint, by: small.manager)
        try await expectRefused(Self.violations)
    }
}
