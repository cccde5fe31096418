internal import Foundation
internal import Store

extension Transaction {
    /// Live leases of a worker whose stored facts name the credential, newest first.
    func leases(
        of worker: Worker.ID, restingOn credential: Credential.ID, after assignment: Assignment.ID?, limit: Int
    ) async throws -> [AffectedLease] {
        try await rows(
            """
            select requester_id, assignment_id, worker_id, lease_until
              from assignment
             where worker_id = \(worker) and state = 'leased'
               and eligibility -> 'credentials' @> to_jsonb(\("\(credential)")::text)
               and (\(assignment)::uuid is null or assignment_id < \(assignment))
             order by assignment_id desc
             limit \(limit)
            """
        ).map {
            AffectedLease(
                requester: try $0["requester_id"], assignment: try $0["assignment_id"], worker: try $0["worker_id"],
                leaseUntil: try $0["lease_until"]
            )
        }
    }
}
