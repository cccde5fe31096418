internal import Formats
internal import Store

/// Works out every stopping by the posterior again from what was kept with it, and compares. Those that cannot be
/// opened, because the key was destroyed or the doctor has none, are left out.
struct StoppingCheck: Sendable {
    private static let pageSize = 500
    let market: Market

    /// Each page in a short snapshot of its own.
    func callAsFunction() async throws -> DoctorOutcome {
        var (odd, last): ([String], (requester: Requester.ID, stopping: Stopping.ID)?) = ([], nil)
        repeat {
            let (found, end) = try await page(after: last)
            odd += found
            last = end
        } while last != nil
        return odd.isEmpty ? .clean : .violated(count: odd.count, examples: Array(odd.prefix(10)))
    }

    private func page(
        after last: (requester: Requester.ID, stopping: Stopping.ID)?
    ) async throws -> (odd: [String], end: (requester: Requester.ID, stopping: Stopping.ID)?) {
        try await market.database.read { transaction in
            var (odd, keys): ([String], [AnswerOwner: ContentKey?]) = ([], [:])
            let rows = try await transaction.storedStoppings(after: last, limit: Self.pageSize)
            for row in rows {
                let owner = AnswerOwner(requester: try row["requester_id"], function: try row["function"])
                if keys[owner] == nil {
                    keys[owner] = try await transaction.keyIfAny(of: owner.requester, owner.function, in: market.keys)
                }
                guard let key = keys[owner] ?? nil else { continue }
                let grounds = try? StoppingGrounds.opened(row, by: key)
                let (confidence, answers): (Int, Int) = (try row["confidence_bps"], try row["answers"])
                if grounds?.confidenceBasisPoints != confidence || grounds?.evidence.voices.count != answers {
                    odd.append("\(try row.value("stopping_id", as: Stopping.ID.self))")
                }
            }
            return (odd, try rows.last.map { (try $0["requester_id"], try $0["stopping_id"]) })
        }
    }
}
