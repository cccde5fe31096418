internal import Foundation
internal import Store

extension Transaction {
    /// Keeps a wrapping key from being retired until the transaction ends; a new one is entered.
    ///
    /// - Returns: `false` when it is retired.
    func holdWrappingKey(_ name: String) async throws -> Bool {
        try await execute(
            """
            insert into wrapping_key (name, created_at) values (\(name), \(instant)) on conflict (name) do nothing
            """)
        return try await firstRow(
            "select from wrapping_key where name = \(name) and retired_at is null for share"
        ) != nil
    }
}
