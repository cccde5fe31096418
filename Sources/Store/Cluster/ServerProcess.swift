import Foundation
import Glibc

/// The server's processes, as the pid file and /proc show them.
struct ServerProcess: Sendable {
    let dataDirectory: String

    /// The running postmaster of this data directory.
    ///
    /// A pid file may name a process that is long dead, a zombie that nobody reaped (in a container whose first
    /// process is no init), or, after a restart of the machine, any other program.
    var postmaster: pid_t? {
        guard let identifier = pidFile?.identifier, isPostmaster(identifier) else { return nil }
        return identifier
    }

    /// The postmaster's own word on its state: `starting`, `ready`, `stopping`, `standby`.
    func status(of identifier: pid_t) -> String? {
        guard let file = pidFile, file.identifier == identifier else { return nil }
        return file.status
    }

    /// Whether the process runs: zombies do not, and a child of ours that ended is reaped on the way.
    static func isAlive(_ identifier: pid_t) -> Bool {
        if ChildProcess.exitStatus(of: identifier) != nil { return false }
        guard let text = read("/proc/\(identifier)/stat"), let name = text.lastIndex(of: ")") else { return false }
        let state = text[text.index(after: name)...].first { $0 != " " }
        return state != "Z" && state != "X"
    }

    /// Waits for a process to end.
    ///
    /// - Returns: `false` when it is still there after the time.
    static func waitForEnd(of identifier: pid_t, secondsMax: Int) -> Bool {
        let deadline = ContinuousClock.now.advanced(by: .seconds(secondsMax))
        while isAlive(identifier) {
            guard ContinuousClock.now < deadline else { return false }
            usleep(2_000)
        }
        return true
    }

    /// Ends backends that outlived a killed postmaster; most notice by themselves within milliseconds, one in the
    /// middle of a long statement does not, and PostgreSQL refuses to start over it.
    func endOrphans() {
        for (signal, seconds) in [(Int32(0), 0.5), (SIGQUIT, 2), (SIGKILL, 2)] {
            let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
            for orphan in orphans where signal != 0 { kill(orphan, signal) }
            while !orphans.isEmpty, ContinuousClock.now < deadline { usleep(5_000) }
            if orphans.isEmpty { return }
        }
    }

    /// Removes what a dead postmaster left, its pid file and its lock on the socket, when they name another process.
    ///
    /// PostgreSQL clears them up itself only when no process at all has the number. A server that runs nevertheless
    /// is still safe: the new one then finds its shared memory in use and ends.
    func removeStaleFiles(socketPath: String) {
        for path in [dataDirectory + "/postmaster.pid", socketPath + ".lock"] {
            if let file = Self.pidFile(path), !isPostmaster(file.identifier) { unlink(path) }
        }
    }

    private var pidFile: (identifier: pid_t, status: String?)? { Self.pidFile(dataDirectory + "/postmaster.pid") }

    private static func pidFile(_ path: String) -> (identifier: pid_t, status: String?)? {
        guard let text = read(path) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, let identifier = pid_t(first), identifier > 1 else { return nil }
        let status = lines.count > 7 ? lines[7].trimmingCharacters(in: .whitespaces) : nil
        return (identifier, status)
    }

    /// Every server process works in its data directory. Where /proc hides that (root in a container without
    /// CAP_SYS_PTRACE), the postmaster's arguments tell.
    private func isPostmaster(_ identifier: pid_t) -> Bool {
        guard Self.isAlive(identifier), Self.isNamedPostgres(identifier) else { return false }
        if let folder = Self.identity("/proc/\(identifier)/cwd") { return folder == Self.identity(dataDirectory) }
        let arguments = Self.read("/proc/\(identifier)/cmdline")?.split(separator: "\0") ?? []
        return arguments.contains { $0.hasPrefix("/") && Self.identity(String($0)) == Self.identity(dataDirectory) }
    }

    private var orphans: [pid_t] {
        guard let data = Self.identity(dataDirectory) else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { identifier in
            Self.isNamedPostgres(identifier) && Self.identity("/proc/\(identifier)/cwd") == data
                && Self.isAlive(identifier)
        }
    }

    private static func isNamedPostgres(_ identifier: pid_t) -> Bool {
        read("/proc/\(identifier)/comm")?.hasPrefix("postgres") ?? false
    }

    private static func identity(_ path: String) -> [UInt64]? {
        var facts = stat()
        return stat(path, &facts) == 0 ? [UInt64(facts.st_dev), UInt64(facts.st_ino)] : nil
    }

    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}
