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
            select from account where kind = 'worker_payable' and owner_id = \(worker) and balance_minor <> 0 limit 1
            """) != nil
    }

    /// Deletes what identifies a person, ends their tokens, and notes when.
    func erase(_ worker: Worker.ID) async throws {
        _ = try await pipeline([
            "delete from payout_method where worker_id = \(worker)",
            "delete from tax_profile where worker_id = \(worker)",
            "delete from worker_key where worker_id = \(worker)",
            "delete from identity_mark where worker_id = \(worker)",
            "delete from worker_language where worker_id = \(worker)",
            "delete from worker_person where worker_id = \(worker)",
            "update interest set party_name = 'erased', party = interest_id::text where worker_id = \(worker)",
            "delete from idempotency_key where principal_id = \(worker)",
            "update notice set facts = '{}' where recipient_id = \(worker)",
            """
            update access_token set revoked_at = \(instant) where principal_id = \(worker) and revoked_at is null
            """,
            """
            update duplicate_case set reasons = 'Erased.'
             where (worker_id = \(worker) or other_worker_id = \(worker)) and state <> 'open'
            """,
            "update worker set place = null, erased_at = \(instant) where worker_id = \(worker)",
        ])
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
