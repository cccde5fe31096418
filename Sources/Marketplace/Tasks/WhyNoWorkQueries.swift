internal import Foundation
internal import Store

extension Transaction {
    /// Open batches, claimed or offered, with open slots or without, in the order of service but for the lot:
    /// higher priority first, then what is due first, then the older.
    ///
    /// - Parameter last: of the page before.
    func openOfferings(after last: Offering?, limit: Int) async throws -> [Offering] {
        try await rows(Self.openOfferingsStatement(after: last, limit: limit)).map {
            try Offering(row: $0, at: instant)
        }
    }

    private static func openOfferingsStatement(after last: Offering?, limit: Int) -> SQL {
        """
        with page as materialized (
            select requester_id, batch_id from batch
             where state = 'open'
               and (\(last?.batch)::uuid is null
                    or priority < \(last?.priority)::bigint
                    or (priority = \(last?.priority)::bigint
                        and (coalesce(due_at, 'infinity'), opened_at, batch_id)
                            > (coalesce(\(last?.dueAt)::timestamptz, 'infinity'), \(last?.openedAt)::timestamptz,
                               \(last?.batch)::uuid)))
             order by priority desc, coalesce(due_at, 'infinity'), opened_at, batch_id
             limit \(limit)
        )
        \(fragment: Offering.columns)
          join page on page.requester_id = batch.requester_id and page.batch_id = batch.batch_id
         order by batch.priority desc, coalesce(batch.due_at, 'infinity'), batch.opened_at, batch.batch_id
        """
    }

    /// When the first of the batches' live leases ends, as far as it is among the next 2,000 to end anywhere.
    func nextLeaseEnds(of offerings: [Offering]) async throws -> [Batch.ID: Date] {
        guard !offerings.isEmpty else { return [:] }
        let rows = try await rows(
            """
            select soon.batch_id, min(soon.lease_until) as lease_until
              from (select requester_id, batch_id, lease_until from slot
                     where state = 'leased'
                     order by lease_until
                     limit 2000) as soon
              join unnest(\(offerings.map(\.requester))::uuid[], \(offerings.map(\.batch))::uuid[])
                   as asked (requester_id, batch_id) using (requester_id, batch_id)
             group by soon.batch_id
            """)
        return try Dictionary(
            rows.map { (try $0.value("batch_id", as: Batch.ID.self), try $0["lease_until"]) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Until when a worker may appeal what keeps them from work: by the requester that excludes them; their suspension.
    func openAppeals(of worker: Worker.ID) async throws -> OpenAppeals {
        let rows = try await rows(
            """
            select exclusion.requester_id, decision.appeal_until
              from exclusion
              join decision on decision.worker_id = exclusion.worker_id and decision.kind = 'exclusion'
                           and decision.subject_id = exclusion.exclusion_id
             where exclusion.worker_id = \(worker) and exclusion.in_force @> \(instant)
               and decision.appeal_until > \(instant)
             union all
            select null, decision.appeal_until
              from worker join decision on decision.decision_id = worker.suspension_id
             where worker.worker_id = \(worker) and worker.state = 'suspended' and decision.appeal_until > \(instant)
            """)
        var appeals = OpenAppeals()
        for row in rows {
            let requester: Requester.ID? = try row["requester_id"]
            let end: Date = try row["appeal_until"]
            if let requester { appeals.exclusions[requester] = end } else { appeals.suspension = end }
        }
        return appeals
    }
}
