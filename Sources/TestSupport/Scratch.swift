package import Foundation
package import Logging
package import Marketplace
package import Store
package import Testing

/// What a test with `.scratchDatabase` works on: a database of its own, a clock that stands still, seeded ids.
package struct Scratch: Sendable {
    /// Monday, 2 March 2026, 09:00 UTC.
    package static let start = Date(timeIntervalSince1970: 1_772_442_000)
    @TaskLocal package static var current: Scratch?

    package let name: String
    let isEmpty: Bool
    package let connectionString: String
    package let clock: ManualClock
    package let identifiers: SeededIdentifiers
    /// As the program runs: role `guildhall_app`, instants from the manual clock.
    package let database: Database

    /// The running test's.
    package static var here: Scratch {
        guard let current else { preconditionFailure("the test lacks the trait .scratchDatabase") }
        return current
    }

    package static var database: Database { here.database }
    package static var clock: ManualClock { here.clock }
    package static var market: Market {
        Market(database: here.database, identifiers: here.identifiers, keys: keys)
    }
    /// The same for all tests of a process.
    package static let keys = KeyRing.generate()

    /// Another pool on the test's database.
    package static func connect(
        asOwner: Bool = false, serverClock: Bool = false, logger: Logger? = nil,
        _ change: (inout StoreConfiguration) -> Void = { _ in }
    ) -> Database {
        var configuration = StoreConfiguration(connectionString: here.connectionString)
        configuration.role = asOwner || here.isEmpty ? nil : "guildhall_app"
        configuration.poolSize = 4
        configuration.acquireTimeout = .seconds(30)
        change(&configuration)
        return Database(
            configuration, clock: serverClock ? nil : here.clock,
            logger: logger ?? Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    /// Runs `body` as the owner of the schema, who may do what the program may not.
    @discardableResult
    package static func asOwner<Result: Sendable>(
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        let database = connect(asOwner: true)
        do {
            let result = try await database.transaction { try await body($0) }
            await database.shutdown()
            return result
        } catch {
            await database.shutdown()
            throw error
        }
    }
}

/// Gives each test a database of its own, cloned from the template, and drops it afterwards. How long the test may have
/// it says ``TurnLimit``.
package struct ScratchDatabaseTrait: TestTrait, SuiteTrait, TestScoping {
    package let isRecursive = true
    let isEmpty: Bool

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        // The call for the suite itself would only take a clone that nobody uses.
        guard testCase != nil else { return try await function() }
        try await Scratch.fresh(isEmpty: isEmpty) { try await TurnLimit.run(test, function) }
    }
}

extension Scratch {
    /// Runs `body` on a database of its own, with the clock at the start and the ids from the beginning: what it does
    /// can be compared with another run.
    package static func fresh<Result: Sendable>(
        isEmpty: Bool = false, _ body: () async throws -> Result
    ) async throws -> Result {
        let (name, connectionString) = try await ScratchServer.shared.makeDatabase(isEmpty: isEmpty)
        let clock = ManualClock(at: Scratch.start)
        var configuration = StoreConfiguration(connectionString: connectionString)
        configuration.role = isEmpty ? nil : "guildhall_app"
        configuration.acquireTimeout = .seconds(30)
        let database = Database(
            configuration, clock: clock, logger: Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        let scratch = Scratch(
            name: name, isEmpty: isEmpty, connectionString: connectionString, clock: clock,
            identifiers: SeededIdentifiers(seed: 1),
            database: database
        )
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await Scratch.$current.withValue(scratch) { try await body() })
        } catch {
            outcome = .failure(error)
        }
        await database.shutdown()
        await ScratchServer.shared.dropDatabase(name)
        return try outcome.get()
    }
}

extension Trait where Self == ScratchDatabaseTrait {
    /// A database with the schema in it, for each test.
    package static var scratchDatabase: Self { Self(isEmpty: false) }
    /// A database with nothing in it, for each test.
    package static var emptyDatabase: Self { Self(isEmpty: true) }
}
