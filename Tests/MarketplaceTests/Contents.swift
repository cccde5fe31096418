import Formats
import Store
import TestSupport

@testable import Marketplace

extension SmallMarket {
    /// The payloads of a batch's tasks, or of all, by external key; opened as the program does to check answers.
    func contents(of batch: Batch.ID? = nil) async throws -> [String: JSON] {
        try await market.log { change in
            let rows = try await change.transaction.rows(
                """
                select task_id, external_key from task
                 where requester_id = \(requester) and (\(batch)::uuid is null or batch_id = \(batch)::uuid)
                """)
            let keys: [(WorkTask.ID, String)] = try rows.map { (try $0["task_id"], try $0["external_key"]) }
            let contents = try await change.content(of: keys.map(\.0), from: requester, for: .checking)
            return Dictionary(keys.map { ($0.1, contents[$0.0] ?? .null) }, uniquingKeysWith: { first, _ in first })
        }
    }
}

extension SmallMarket {
    /// Gives a worker a role beside theirs.
    func grant(_ role: Role, to worker: Worker.ID) async throws {
        try await market.database.transaction {
            try await $0.insertGrant(
                id: market.identifiers.uuid(at: $0.instant), of: role, to: Principal.ID(worker.uuid), for: nil,
                by: manager
            )
        }
    }
}
