import Foundation
import Glibc

/// Makes, starts and stops the server of one cluster; everything here blocks, and the caller holds the start lock.
///
/// `initdb` and `createdb` hold that lock too: when our program is killed they go on for a moment, and the next program
/// must not come between.
struct ClusterServer: Sendable {
    let folder: ClusterFolder
    let binaries: PostgresBinaries
    let settings: [String: String]
    let report: @Sendable (String) -> Void

    static let superuser = "guildhall"
    static let database = "guildhall"
    private static let startSecondsMax = 30

    var process: ServerProcess { ServerProcess(dataDirectory: folder.dataDirectory) }

    /// The newest file in the server's log folder; before there is one, what it said while starting.
    var logFile: String {
        let logs = folder.dataDirectory + "/log"
        let files = (try? FileManager.default.contentsOfDirectory(atPath: logs)) ?? []
        let newest = files.map { logs + "/" + $0 }.max { Self.modified($0) < Self.modified($1) }
        return newest ?? folder.startupLog
    }

    /// Makes the data directory if there is none. An interrupted attempt is thrown away and made anew.
    func createIfMissing(holding starting: ClusterLock) throws {
        try folder.linkToHome(report: report)
        guard !ClusterFolder.exists(folder.dataDirectory) else { return try checkMajorVersion() }
        if ClusterFolder.exists(folder.unfinished) {
            report("a database cluster was left half-made: making it anew")
            try ClusterFolder.remove(folder.unfinished)
        }
        report("making a PostgreSQL \(binaries.version) cluster in \(folder.dataDirectory)")
        try folder.makePrivate(folder.unfinished)
        var command = [
            binaries.program("initdb"), "--pgdata=\(folder.unfinished)", "--username=\(Self.superuser)",
            "--encoding=UTF8", "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject", "--data-checksums",
        ]
        if settings["fsync"] == "off" { command.append("--no-sync") }
        try runTool(command, holding: starting)
        guard rename(folder.unfinished, folder.dataDirectory) == 0 else {
            throw ClusterError.folderUnusable(path: folder.dataDirectory, reason: systemMessage(errno))
        }
    }

    /// Starts the server, or takes over one that runs, waits until it is ready, and sees to the database.
    func bringUp(holding starting: ClusterLock) throws {
        var running = process.postmaster
        if let identifier = running, process.status(of: identifier) == "stopping" {
            try waitForEnd(of: identifier)
            running = nil
        }
        if let running {
            report("PostgreSQL runs already (process \(running))")
            try waitUntilReady(running, holding: starting)
        } else {
            try launchAndWait(holding: starting)
        }
    }

    /// Stops the server if it runs; one that does not obey is told more harshly, which costs it a recovery.
    func stop(_ mode: EmbeddedCluster.StopMode) throws {
        guard let identifier = process.postmaster else { return }
        kill(identifier, mode.signal)
        if ServerProcess.waitForEnd(of: identifier, secondsMax: Self.startSecondsMax) { return }
        report("PostgreSQL did not stop within \(Self.startSecondsMax) s: stopping it at once")
        kill(identifier, EmbeddedCluster.StopMode.immediate.signal)
        try waitForEnd(of: identifier)
    }

    /// Kills the postmaster as the kernel would when out of memory, and waits until its backends are gone too.
    func killPostmaster() throws {
        guard let identifier = process.postmaster else { return }
        kill(identifier, SIGKILL)
        try waitForEnd(of: identifier)
        process.endOrphans()
    }

    private func launchAndWait(holding starting: ClusterLock) throws {
        try folder.prepareSocketFolder()
        let configuration = ClusterSettings.configuration(settings, socketFolder: folder.socketFolder)
        try folder.writeData(configuration, to: "postgresql.conf")
        try folder.writeData(ClusterSettings.hostBasedAuthentication, to: "pg_hba.conf")
        if !ClusterFolder.exists(folder.dataDirectory + "/local.conf") {
            try folder.writeData(ClusterSettings.ownSettings, to: "local.conf")
        }
        process.endOrphans()
        process.removeStaleFiles(socketPath: folder.socketPath)
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_APPEND
        let output = open(folder.startupLog, flags, 0o600)
        guard output >= 0 else {
            throw ClusterError.folderUnusable(path: folder.startupLog, reason: systemMessage(errno))
        }
        defer { close(output) }
        // `setpriv` becomes `postgres`, so that the child is the postmaster.
        let command = folder.account.command([binaries.program("postgres"), "-D", folder.dataDirectory])
        let identifier = try ChildProcess.spawn(command, output: output, ownSession: true)
        try waitUntilReady(identifier, holding: starting)
    }

    private func waitUntilReady(_ identifier: pid_t, holding starting: ClusterLock) throws {
        let deadline = ContinuousClock.now.advanced(by: .seconds(Self.startSecondsMax))
        while true {
            guard ServerProcess.isAlive(identifier) else {
                // One that a killed program had just started may have been a moment earlier.
                guard let other = process.postmaster else { throw ClusterError.startFailed(log: lastWords()) }
                return try waitUntilReady(other, holding: starting)
            }
            if process.status(of: identifier) == "ready" {
                switch StartupProbe.ask(socket: folder.socketPath, user: Self.superuser, database: Self.database) {
                case .ready: return
                case .notYet: break
                case .databaseMissing: return try createDatabase(holding: starting)
                case .refused(let message): throw ClusterError.connectionRefused(message: message)
                }
            }
            guard ContinuousClock.now < deadline else {
                throw ClusterError.startTimedOut(seconds: Self.startSecondsMax, log: lastWords())
            }
            usleep(3_000)
        }
    }

    private func createDatabase(holding starting: ClusterLock) throws {
        let command = [
            binaries.program("createdb"), "--host=\(folder.socketFolder)", "--port=\(ClusterFolder.port)",
            "--username=\(Self.superuser)", "--maintenance-db=postgres", Self.database,
        ]
        try runTool(command, holding: starting)
    }

    private func runTool(_ command: [String], holding starting: ClusterLock) throws {
        let (status, output) = try ChildProcess.run(folder.account.command(command), keeping: starting.inheritable)
        guard status == 0 else { throw ClusterError.toolFailed(tool: command[0], output: output) }
    }

    private func waitForEnd(of identifier: pid_t) throws {
        guard ServerProcess.waitForEnd(of: identifier, secondsMax: Self.startSecondsMax) else {
            throw ClusterError.stopTimedOut(processID: identifier, seconds: Self.startSecondsMax)
        }
    }

    private func checkMajorVersion() throws {
        guard let made = EmbeddedCluster.majorVersion(ofDataIn: folder.dataDirectory), made != binaries.majorVersion
        else { return }
        throw ClusterError.majorVersionDiffers(
            data: made, binaries: binaries.majorVersion, dataDirectory: folder.dataDirectory)
    }

    /// A server that fails early speaks on its standard error, a later one in its log.
    private func lastWords() -> String {
        let early = Self.lines(of: folder.startupLog).filter { !$0.contains("logging collector process") }
        let words = early.contains { $0.contains("FATAL") || $0.contains("setpriv") } ? early : Self.lines(of: logFile)
        return words.suffix(12).joined(separator: "\n")
    }

    private static func lines(of path: String) -> [Substring] {
        guard let file = FileHandle(forReadingAtPath: path) else { return [] }
        defer { try? file.close() }
        let size = (try? file.seekToEnd()) ?? 0
        try? file.seek(toOffset: size > 8_192 ? size - 8_192 : 0)
        let data = (try? file.readToEnd()) ?? nil
        return String(decoding: data ?? Data(), as: UTF8.self).split(separator: "\n")
    }

    private static func modified(_ path: String) -> Int {
        var facts = stat()
        return stat(path, &facts) == 0 ? facts.st_mtim.tv_sec : 0
    }
}
