import Synchronization
import TestSupport
import Testing

/// Fresh databases, for a test that compares several; its suite has no trait of its own.
enum ScratchRun {
    static func fresh<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        let value = Mutex<Value?>(nil)
        let trait: ScratchDatabaseTrait = .scratchDatabase
        try await trait.provideScope(for: try #require(Test.current), testCase: Test.Case.current) {
            let made = try await body()
            value.withLock { $0 = made }
        }
        return try #require(value.withLock { $0 })
    }
}
