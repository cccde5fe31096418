internal import Foundation
internal import Logging
internal import MarketSchema
internal import Store
internal import Synchronization

/// The private PostgreSQL server of a test run, and the databases on it.
///
/// One server and one template database for each run, one clone of the template for each test. Durability is off:
/// what is tested under crashes starts servers of its own.
package actor ScratchServer {
    package static let shared = ScratchServer()

    /// Tests that may hold a database at once.
    private static let databasesMax = 6
    private var permits = databasesMax
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var starting: Task<Running, any Error>?
    private var counter = 0

    private struct Running {
        let cluster: EmbeddedCluster.Running
        let administration: DatabaseAdministration
        let template: String
    }

    /// The root of the repository, found from this file.
    package static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    package func makeDatabase(isEmpty: Bool = false) async throws -> (name: String, connectionString: String) {
        if Self.needsPermit { await takePermit() }
        do {
            let server = try await server()
            counter += 1
            let name = "scratch_\(ProcessInfo.processInfo.processIdentifier)_\(counter)"
            try await server.administration.create(name, template: isEmpty ? "template0" : server.template)
            return (name, server.cluster.connectionString(database: name))
        } catch {
            if Self.needsPermit { givePermit() }
            throw error
        }
    }

    package func dropDatabase(_ name: String) async {
        try? await starting?.value.administration.drop(name)
        if Self.needsPermit { givePermit() }
    }

    /// Where the template is reached; nothing may ever be written to it.
    package func templateConnectionString() async throws -> String {
        let server = try await server()
        return server.cluster.connectionString(database: server.template)
    }

    private func server() async throws -> Running {
        if let starting { return try await starting.value }
        let task = Task { try await Self.start() }
        starting = task
        return try await task.value
    }

    private static func start() async throws -> Running {
        let binaries = try PostgresBinaries.locate(folder: ProcessInfo.processInfo.environment["GUILDHALL_PG_BIN"])
        let cluster = try await EmbeddedCluster(
            directory: root + "/.guildhall/test",
            settings: [
                "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300",
                "shared_buffers": "128MB",
            ],
            binaries: binaries
        ).start()
        stopAtExit(cluster)
        let logger = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
        func database(_ name: String, size: Int) -> Database {
            var configuration = StoreConfiguration(connectionString: cluster.connectionString(database: name))
            configuration.poolSize = size
            configuration.acquireTimeout = .seconds(60)
            return Database(configuration, logger: logger)
        }
        let administration = DatabaseAdministration(database("postgres", size: 2))
        let template = "template_\(ProcessInfo.processInfo.processIdentifier)"
        try await administration.drop(template)
        try await administration.create(template, template: "template0")
        let fresh = database(template, size: 1)
        try await MarketSchema.installer(for: fresh).apply()
        await fresh.shutdown()
        return Running(cluster: cluster, administration: administration, template: template)
    }

    private nonisolated static let running = Mutex<EmbeddedCluster.Running?>(nil)

    /// The server ends with the test process, and only then.
    private static func stopAtExit(_ cluster: EmbeddedCluster.Running) {
        running.withLock { $0 = cluster }
        atexit {
            guard let cluster = ScratchServer.running.withLock({ $0 }) else { return }
            let stopped = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                Task.detached {
                    _ = try? await cluster.stop(mode: .immediate)
                    stopped.signal()
                }
            }
            _ = stopped.wait(timeout: .now() + 10)
        }
    }

    /// A test's second database comes with its first one's permit, or tests that want a second one could wait for each
    /// other for ever. Asked alike by the test when it makes a database and when it drops it.
    private static var needsPermit: Bool { Scratch.current == nil }

    private func takePermit() async {
        if permits > 0 {
            permits -= 1
        } else {
            await withCheckedContinuation { waiters.append($0) }
        }
    }

    private func givePermit() {
        if waiters.isEmpty { permits += 1 } else { waiters.removeFirst().resume() }
    }
}
