internal import Foundation
internal import Store

/// Works out from scratch who meets which requirement, and compares it with what is kept.
///
/// Whole for up to 10,000 workers; of more, one stretch of that many, which moves on with every minute of the clock.
/// Requirements that are being worked out at the moment are left out: nobody relies on what is kept of them.
struct KeptEligibilityCheck: Sendable {
    private static let workersMax = 10_000
    private static let pageSize = 200
    let market: Market

    /// Each page in a short snapshot of its own.
    func callAsFunction() async throws -> DoctorOutcome {
        var (count, examples): (Int, [String]) = (0, [])
        var last = try await market.database.read { transaction in
            try await transaction.worker(beforeStretchOf: Self.workersMax)
        }
        for _ in 0..<Self.workersMax / Self.pageSize {
            let page = try await market.database.read(isolation: .repeatableRead) { [last] transaction in
                let workers = try await transaction.workers(after: last, limit: Self.pageSize)
                return (last: workers.last, faults: try await transaction.wronglyKept(of: workers))
            }
            count += page.faults.count
            examples += page.faults.prefix(10 - examples.count)
            guard let next = page.last else { break }
            last = next
        }
        return count == 0 ? .clean : .violated(count: count, examples: examples)
    }
}

extension Transaction {
    /// What is kept and not so, or so and not kept, from the transaction's instant on; in order.
    fileprivate func wronglyKept(of workers: [Worker.ID]) async throws -> [String] {
        let requirements = try await knownRequirements(try await settledRequirements())
        var kept: Set<EligibilityRow> = []
        for row in try await keptEligibility(of: workers) where requirements[row.requirement] != nil {
            kept.insert(row)
        }
        var wanted: Set<EligibilityRow> = []
        for history in try await workerHistories(of: workers) {
            let forecast = EligibilityForecast(history, from: instant)
            for (id, requirement) in requirements {
                for range in forecast.ranges(ofNormal: requirement) {
                    wanted.insert(EligibilityRow(worker: history.worker, requirement: id, range: range))
                }
            }
        }
        return kept.symmetricDifference(wanted).map { "\($0.worker) \($0.requirement)" }.sorted()
    }
}
