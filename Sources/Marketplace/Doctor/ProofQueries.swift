internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// Assignments by requester and id, with what they have on record.
    func leaseRecords(after last: LeaseRecord?, limit: Int) async throws -> [LeaseRecord] {
        try await rows(
            """
            select assignment.requester_id, assignment.assignment_id, assignment.worker_id, assignment.leased_at,
                   assignment.eligibility, batch.requirement_id,
                   (select coalesce(jsonb_agg(jsonb_build_object(
                               'id', credential_id, 'profession', credential.profession, 'kind', kind,
                               'is_licence', credential_kind.is_licence, 'jurisdiction', jurisdiction,
                               'from', (issued_on - date '1970-01-01') * 86400000000::bigint,
                               'until', (extract(epoch from expires_at) * 1000000)::bigint)), '[]')
                      from credential join credential_kind using (kind)
                     where credential.worker_id = assignment.worker_id
                       and credential.verified_at <= assignment.leased_at
                       and assignment.eligibility -> 'credentials' ? credential.credential_id::text) as credentials
              from assignment
              join batch using (requester_id, batch_id)
             where \(last?.assignment)::uuid is null
                or (assignment.requester_id, assignment.assignment_id)
                   > (\(last?.requester)::uuid, \(last?.assignment)::uuid)
             order by assignment.requester_id, assignment.assignment_id
             limit \(limit)
            """
        ).map(LeaseRecord.init(row:))
    }
}

extension LeaseRecord {
    fileprivate init(row: Row) throws {
        requester = try row["requester_id"]
        assignment = try row["assignment_id"]
        worker = try row["worker_id"]
        leasedAt = try row["leased_at"]
        requirement = try row["requirement_id"]
        facts = try row["eligibility"]
        let stored: JSON = try row["credentials"]
        credentials = try (stored.arrayValue ?? []).map(Credential.init(stored:))
    }
}
