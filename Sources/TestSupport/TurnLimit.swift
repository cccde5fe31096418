internal import Foundation
package import Testing

/// How long a test may have its database. The time begins with the test's turn: what it waits for that does not count,
/// as it would with `.timeLimit`.
///
/// A test of which nothing is said has ten minutes, in a soak an hour.
package struct TurnLimit: TestTrait, SuiteTrait {
    package let isRecursive = true
    let minutes: Int
    let minutesInSoak: Int

    /// What stands closest to a test counts.
    private static func minutes(of test: Test) -> Int {
        let limit = test.traits.compactMap { $0 as? TurnLimit }.last ?? .turnLimit()
        let isSoak = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1"
        return isSoak ? limit.minutesInSoak : limit.minutes
    }

    /// Runs what a test does in its turn. When its time is up, that is an issue, and it is cancelled.
    static func run(_ test: Test, _ body: @Sendable () async throws -> Void) async throws {
        let minutes = minutes(of: test)
        try await withoutActuallyEscaping(body) { body in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await Task.sleep(for: .seconds(60 * minutes))
                    Issue.record("The test had its turn for \(minutes) minutes, and has not ended.")
                }
                group.addTask { try await body() }
                defer { group.cancelAll() }
                _ = try await group.next()
            }
        }
    }
}

extension Trait where Self == TurnLimit {
    /// - Parameter inSoak: the minutes with `GUILDHALL_SOAK=1`.
    package static func turnLimit(minutes: Int = 10, inSoak: Int = 60) -> Self {
        Self(minutes: minutes, minutesInSoak: inSoak)
    }
}
