import Foundation
import Glibc

/// A private PostgreSQL cluster in a folder of ours: made at its first start, kept between runs, shared by the programs
/// that use it at one time, and stopped by the last of them.
///
/// It listens on a Unix socket in a folder closed to other accounts. Started by root, it runs as `postgres`, or as
/// the owner of its data.
package struct EmbeddedCluster: Sendable {
    /// Holds the data and the locks; made when missing. Usually `.guildhall`.
    package let directory: String
    /// Lines of `postgresql.conf` that go over the defaults; a server that runs already keeps its own.
    package let settings: [String: String]
    /// The server to run.
    package let binaries: PostgresBinaries

    private let report: @Sendable (String) -> Void
    private static let lockSecondsMax = 120

    /// - Parameter report: is told what takes long or is worth knowing, one sentence without a stop at a time.
    package init(
        directory: String,
        settings: [String: String] = [:],
        binaries: PostgresBinaries,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.directory = directory
        self.settings = settings
        self.binaries = binaries
        self.report = report
    }

    /// How the server is told to stop.
    package enum StopMode: Hashable, Sendable {
        /// Waits for the sessions to end.
        case smart
        /// Ends the sessions, then writes everything out.
        case fast
        /// Ends at once; the next start recovers from the log.
        case immediate

        var signal: Int32 {
            switch self {
            case .smart: SIGTERM
            case .fast: SIGINT
            case .immediate: SIGQUIT
            }
        }
    }

    /// Makes the cluster when there is none, starts its server unless it runs, and waits until it is ready.
    ///
    /// Locks: other programs that start or stop it at this moment are waited for.
    /// - Throws: ``ClusterError``.
    package func start() async throws -> Running {
        try await offPool { try startBlocking() }
    }

    /// The major version that the cluster in `directory` was made by; `nil` when there is none yet.
    package static func majorVersion(in directory: String) -> Int? {
        majorVersion(ofDataIn: directory + "/cluster")
    }

    static func majorVersion(ofDataIn dataDirectory: String) -> Int? {
        guard let text = try? String(contentsOfFile: dataDirectory + "/PG_VERSION", encoding: .utf8) else { return nil }
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private func startBlocking() throws -> Running {
        let folder = try ClusterFolder.open(directory)
        try folder.prepareHome(report: report)
        let starting = try ClusterLock(path: folder.startLock)
        try starting.acquire(.exclusive, secondsMax: Self.lockSecondsMax)
        defer { starting.release() }
        let membership = try ClusterLock(path: folder.usersLock)
        try membership.acquire(.shared, secondsMax: Self.lockSecondsMax)
        let server = ClusterServer(folder: folder, binaries: binaries, settings: settings, report: report)
        try server.createIfMissing(holding: starting)
        try server.bringUp(holding: starting)
        return Running(server: server, membership: membership)
    }
}
