internal import Formats
internal import Foundation
internal import Store

/// Evaluates the requirement of every assignment against what was stored at its lease.
struct ProofCheck: Sendable {
    private static let pageSize = 500
    let market: Market

    /// Goes through all assignments, each page in a short transaction of its own.
    func callAsFunction() async throws -> DoctorOutcome {
        var (count, examples): (Int, [String]) = (0, [])
        var trees: [Requirement.ID: Requirement] = [:]
        var last: LeaseRecord?
        while true {
            let page = try await market.database.read { [last, trees] transaction in
                var trees = trees
                let records = try await transaction.leaseRecords(after: last, limit: Self.pageSize)
                for id in Set(records.map(\.requirement)) where trees[id] == nil {
                    trees[id] = try await transaction.requirement(id)
                }
                return (records: records, trees: trees)
            }
            trees = page.trees
            for record in page.records where trees[record.requirement].map(record.bearsOut) != true {
                count += 1
                if examples.count < 10 { examples.append("\(record.assignment)") }
            }
            guard page.records.count == Self.pageSize else { break }
            last = page.records.last
        }
        return count == 0 ? .clean : .violated(count: count, examples: examples)
    }
}

/// What an assignment has on record of its worker's eligibility.
struct LeaseRecord: Sendable {
    let requester: Requester.ID
    let assignment: Assignment.ID
    let worker: Worker.ID
    let leasedAt: Date
    let requirement: Requirement.ID
    let facts: JSON
    /// Named in the facts, and verified when the lease was taken.
    let credentials: [Credential]

    fileprivate func bearsOut(_ tree: Requirement) -> Bool {
        tree.isBorneOut(by: facts, credentials: credentials, of: worker, at: leasedAt) != false
    }
}
