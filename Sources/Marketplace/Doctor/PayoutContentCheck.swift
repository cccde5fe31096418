internal import Store

/// Hashes the lines of every payout that was not issued or cancelled again, as its approval does. What was issued is
/// not looked at: an erasure takes accounts out of its lines.
struct PayoutContentCheck: Sendable {
    private static let pageSize = 100
    let market: Market

    /// Each page in a short snapshot of its own, and so is each payout.
    func callAsFunction() async throws -> DoctorOutcome {
        var (odd, last): ([String], PayoutBatch.ID?) = ([], nil)
        repeat {
            let page = try await market.database.read { [last] in
                try await $0.openPayouts(after: last, limit: Self.pageSize)
            }
            for id in page {
                let isSame = try await market.database.read { transaction in
                    guard let batch = try await transaction.payoutBatch(id), batch.state.after(.cancel) != nil else {
                        return true
                    }
                    return try await transaction.payoutContent(of: id, in: batch.total.currency).hash
                        == batch.contentHash
                }
                if !isSame { odd.append("\(id)") }
            }
            last = page.count == Self.pageSize ? page.last : nil
        } while last != nil
        return odd.isEmpty ? .clean : .violated(count: odd.count, examples: Array(odd.prefix(10)))
    }
}
