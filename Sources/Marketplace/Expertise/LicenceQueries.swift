internal import Store

extension Transaction {
    /// Other workers who have handed in a paper with the same number and have not been refused it.
    func otherHolders(of submission: CredentialSubmission, than worker: Worker.ID) async throws -> [Worker.ID] {
        try await rows(
            """
            select distinct worker_id from credential
             where kind = \(submission.kind) and jurisdiction = \(submission.jurisdiction)
               and upper(number) = upper(\(submission.number.text))
               and state in ('submitted', 'in_check', 'verified') and worker_id <> \(worker)
             order by worker_id
             limit 20
            """
        ).map { try $0["worker_id"] }
    }
}
