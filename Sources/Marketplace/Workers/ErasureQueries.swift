internal import Foundation
internal import Store

extension Transaction {
    /// When a worker's personal data were erased.
    func erasedAt(_ worker: Worker.ID) async throws -> Date? {
        try await firstRow("select erased_at from worker where worker_id = \(worker)")?["erased_at"]
    }

    /// Whether work that the worker handed in has no verdict yet.
    func hasWorkPending(_ worker: Worker.ID) async throws -> Bool {
        try await firstRow(
            "select from assignment where worker_id = \(worker) and state in ('leased', 'submitted') limit 1"
        ) != nil
    }

    /// Whether something the worker has earned was not paid.
    func isOwedMoney(_ worker: Worker.ID) async throws -> Bool {
        try await firstRow(
            """
            select from account
             where kind = 'worker_payable' and owner_id = \(worker)
               and (select coalesce(sum(amount_minor), 0) from transfer
                     where credit_account_id = account_id and transfer.currency = account.currency)
                <> (select coalesce(sum(amount_minor), 0) from transfer
                     where debit_account_id = account_id and transfer.currency = account.currency)
             limit 1
            """) != nil
    }

    /// Whether a payment of which the worker has a share was prepared and not issued, or awaits the bank's answer.
    func hasPaymentUnderWay(_ worker: Worker.ID) async throws -> Bool {
        try await firstRow(
            """
            select from payout_share
              join payout_line using (payout_line_id)
              join payout_batch using (payout_batch_id)
             where payout_share.worker_id = \(worker) and payout_line.state = 'open'
               and payout_batch.state in ('prepared', 'approved', 'issued')
             limit 1
            """) != nil
    }

    /// Deletes what identifies a person, ends their tokens, and notes when. What is kept, and why, is in
    /// docs/OPERATIONS.md.
    func erase(_ worker: Worker.ID) async throws {
        _ = try await pipeline(Self.erasureOfPapers(of: worker))
        _ = try await pipeline([
            "delete from payout_method where worker_id = \(worker)",
            "delete from tax_profile where worker_id = \(worker)",
            "delete from worker_key where worker_id = \(worker)",
            "delete from identity_mark where worker_id = \(worker)",
            "delete from worker_language where worker_id = \(worker)",
            "delete from worker_person where worker_id = \(worker)",
            "delete from former_contact where worker_id = \(worker)",
            """
            update payout_payee set payee_key = 'erased-' || worker_id, payee_name = ''
              from payout_line
             where payout_line.payout_line_id = payout_payee.payout_line_id and payout_line.worker_id = \(worker)
            """,
            "update interest set party_name = 'erased', party = interest_id::text where worker_id = \(worker)",
            "delete from idempotency_key where principal_id = \(worker)",
            // Of requests about them, by whomever: their fingerprints are of what is erased.
            """
            delete from idempotency_key
             where split_part(route, '/', 3) = 'workers'
               and lower(coalesce(nullif(split_part(route, '/', 4), ''), answer ->> 'worker')) = \("\(worker)")
            """,
            // What waits has nowhere to go; what is being sent right now can write no answer of a server any more.
            """
            update notice set facts = '{}', fault = null, address = null,
                   state = case when state = 'waiting' then 'skipped'::notice_state else state end
             where recipient_id = \(worker)
            """,
            "delete from notice_preference where principal_id = \(worker)",
            "delete from availability_window where worker_id = \(worker)",
            "delete from availability_exception where worker_id = \(worker)",
            "delete from standing_ask where worker_id = \(worker)",
            "update direct_offer_turn set conditions = '' where made_by = \(worker) and conditions <> ''",
            """
            update access_token set revoked_at = \(instant) where principal_id = \(worker) and revoked_at is null
            """,
            "update person_session set ended_at = \(instant) where principal_id = \(worker) and ended_at is null",
            "delete from kept_secret where kind = 'totp' and owner_id = \(worker)",
            "delete from recovery_code where principal_id = \(worker)",
            "delete from sign_in_ticket where principal_id = \(worker)",
            "delete from provider_identity where principal_id = \(worker)",
            "delete from person_login where principal_id = \(worker)",
            "delete from operator_proposal where subject_id = \(worker)",
            """
            update duplicate_case set reasons = 'Erased.'
             where (worker_id = \(worker) or other_worker_id = \(worker)) and state <> 'open'
            """,
            "update principal set name = 'worker erased-' || principal_id where principal_id = \(worker)",
            """
            update worker set external_key = 'erased-' || worker_id, place = null, erased_at = \(instant)
             where worker_id = \(worker)
            """,
        ])
    }

    /// Of credentials stay those facts that an assignment's proof of eligibility names.
    private static func erasureOfPapers(of worker: Worker.ID) -> [SQL] {
        [
            """
            update credential_evidence set name = 'erased'
              from credential
             where credential.credential_id = credential_evidence.credential_id and credential.worker_id = \(worker)
            """,
            """
            update credential
               set number = 'erased-' || credential_id, issuer = 'erased', number_verdict = 'unchecked',
                   number_note = null, category = null, scope = null, register_status = null, remind_at = null
             where worker_id = \(worker)
            """,
            "update lawyer_profile set practice_areas = '{}', law_languages = '{}' where worker_id = \(worker)",
            """
            update physician_profile set specialties = '{}', sub_specialties = '{}', title = null, institution = null
             where worker_id = \(worker)
            """,
            "update profile set specialties = '{}' where worker_id = \(worker)",
            "update tier_proposal set note = 'Erased.' where worker_id = \(worker) and note is not null",
        ]
    }

    /// A worker with what operators and they themselves may see.
    func workerRecord(_ worker: Worker.ID) async throws -> WorkerRecord? {
        let row = try await firstRow(
            """
            select worker_id, external_key, state, country, registered_at, erased_at,
                   exists (select from payout_method where worker_id = \(worker)) as has_payout_method,
                   exists (select from tax_profile where worker_id = \(worker)) as has_tax_profile,
                   (select count(*) from duplicate_case
                     where (worker_id = \(worker) or other_worker_id = \(worker)) and state = 'open') as open_cases
              from worker where worker_id = \(worker)
            """)
        guard let row else { return nil }
        return WorkerRecord(
            summary: try WorkerSummary(row: row), registration: try await registration(of: worker),
            erasedAt: try row["erased_at"], hasPayoutMethod: try row["has_payout_method"],
            hasTaxProfile: try row["has_tax_profile"], openCases: try row["open_cases"]
        )
    }
}
