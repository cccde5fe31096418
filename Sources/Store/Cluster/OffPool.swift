import Dispatch

/// Runs blocking work on a thread of its own, never on Swift's cooperative pool.
func offPool<Success: Sendable>(_ work: @escaping @Sendable () throws -> Success) async throws -> Success {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "guildhall.cluster").async {
            continuation.resume(with: Result(catching: work))
        }
    }
}
