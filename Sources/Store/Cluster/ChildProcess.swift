import Foundation
import Glibc

/// Starts programs with no terminal, no descriptor of ours but the output's, and default signals.
///
/// Foundation's `Process` gives none of these, and its pipes hang on a daemon that keeps them open.
enum ChildProcess {
    /// Starts a program and returns at once.
    ///
    /// - Parameters:
    ///   - ownSession: out of reach of the terminal's Ctrl-C.
    ///   - kept: a descriptor that the program and its children hold too, until the last of them ends.
    /// - Returns: the process id, which the caller has to reap with ``exitStatus(of:)``.
    /// - Throws: `ClusterError.toolFailed` when it cannot be executed.
    static func spawn(
        _ command: [String], output: Int32, ownSession: Bool = false, keeping kept: Int32? = nil
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        if let kept { posix_spawn_file_actions_adddup2(&actions, kept, 3) }
        for descriptor in (kept == nil ? 3 : 4)...highestDescriptor() {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (ownSession ? newSession : 0)
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var identifier = pid_t()
        let failure = withCStrings(command) { arguments in
            withCStrings(environment) { variables in
                posix_spawn(&identifier, command[0], &actions, &attributes, arguments, variables)
            }
        }
        guard failure == 0 else {
            throw ClusterError.toolFailed(tool: command[0], output: systemMessage(failure))
        }
        return identifier
    }

    /// Runs a program to its end.
    ///
    /// - Returns: its exit status (128 + the signal when killed) and the last 4 KiB of its output and errors.
    /// - Throws: `ClusterError.toolFailed` when it cannot be executed or takes longer than `secondsMax`.
    static func run(
        _ command: [String], secondsMax: Int = 60, keeping kept: Int32? = nil
    ) throws -> (status: Int32, output: String) {
        let path = "/tmp/guildhall-output-" + String(UInt64.random(in: 0 ... .max), radix: 16)
        let output = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else {
            throw ClusterError.folderUnusable(path: "/tmp", reason: systemMessage(errno))
        }
        defer { close(output) }
        unlink(path)
        let identifier = try spawn(command, output: output, keeping: kept)
        let deadline = ContinuousClock.now.advanced(by: .seconds(secondsMax))
        while true {
            if let status = exitStatus(of: identifier) {
                return (status, tail(of: output))
            }
            guard ContinuousClock.now < deadline else {
                kill(identifier, SIGKILL)
                waitpid(identifier, nil, 0)
                throw ClusterError.toolFailed(tool: command[0], output: "it took longer than \(secondsMax) s")
            }
            usleep(2_000)
        }
    }

    /// Reaps a child that has ended; `nil` while it runs, and for processes that are not our children.
    static func exitStatus(of identifier: pid_t) -> Int32? {
        var status: Int32 = 0
        guard waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }

    /// No `PG…` variable of the caller reaches the server or its tools.
    private static let environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"]

    /// POSIX_SPAWN_SETSID, which glibc declares for GNU sources only.
    private static let newSession: Int32 = 0x80

    /// A little above the highest open descriptor, since other threads open more; closing one that is not open is no
    /// error in glibc's posix_spawn.
    private static func highestDescriptor() -> Int32 {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return (names.compactMap { Int32($0) }.max() ?? 255) + 32
    }

    private static func tail(of descriptor: Int32) -> String {
        let size = lseek(descriptor, 0, SEEK_END)
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = pread(descriptor, &bytes, bytes.count, max(0, size - bytes.count))
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers = strings.map { strdup($0) }
        defer { pointers.forEach { free($0) } }
        return body(pointers + [nil])
    }
}

/// What the C library says about an `errno`.
func systemMessage(_ code: Int32) -> String { String(cString: strerror(code)) }
