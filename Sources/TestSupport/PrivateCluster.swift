internal import Foundation
internal import Logging
package import Store

/// Runs `body` with a PostgreSQL server of its own, which it may stop, kill and start again; afterwards the server and
/// its data are gone.
///
/// - Parameter settings: go over these: small, and without fsync.
package func withPrivateCluster<Result>(
    settings: [String: String] = [:], _ body: (EmbeddedCluster.Running) async throws -> Result
) async throws -> Result {
    let folder = "/tmp/guildhall-private-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    chmod(folder, 0o755)
    let small = ["fsync": "off", "shared_buffers": "32MB", "max_connections": "50"].merging(settings) { $1 }
    let binaries = try PostgresBinaries.locate(folder: ProcessInfo.processInfo.environment["GUILDHALL_PG_BIN"])
    let outcome: Swift.Result<Result, any Error>
    do {
        let running = try await EmbeddedCluster(directory: folder, settings: small, binaries: binaries).start()
        do {
            outcome = .success(try await body(running))
        } catch {
            outcome = .failure(error)
        }
        try? await running.killImmediately()
        running.abandon()
    } catch {
        try? FileManager.default.removeItem(atPath: folder)
        throw error
    }
    try? FileManager.default.removeItem(atPath: folder)
    return try outcome.get()
}

extension EmbeddedCluster.Running {
    /// A pool on the cluster's database, as its owner.
    package func connect(
        clock: (any WallClock)? = nil, _ change: (inout StoreConfiguration) -> Void = { _ in }
    ) -> Database {
        var configuration = StoreConfiguration(connectionString: connectionString)
        configuration.poolSize = 4
        configuration.acquireTimeout = .seconds(20)
        change(&configuration)
        let logger = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
        return Database(configuration, clock: clock, logger: logger)
    }

    /// The postmaster and everything it started.
    package var processIDs: [Int32] {
        guard let postmaster = processID else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return [postmaster] + names.compactMap { Int32($0) }.filter { Self.parent(of: $0) == postmaster }
    }

    /// The processes that serve a session.
    package var backendProcessIDs: [Int32] {
        processIDs.filter { identifier in
            let command = (try? String(contentsOfFile: "/proc/\(identifier)/cmdline", encoding: .utf8)) ?? ""
            return command.contains("[local]")
        }
    }

    /// Fourth field of /proc/…/stat, behind the name in parentheses.
    private static func parent(of identifier: Int32) -> Int32? {
        guard let text = try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8),
            let name = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[name...].split(separator: " ")
        return fields.count > 2 ? Int32(fields[2]) : nil
    }
}
