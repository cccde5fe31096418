package import Formats
internal import Foundation
internal import Synchronization

/// A program of the operator's that takes personal data out of content: it is given a JSON value a line on its standard
/// input, and answers each with one line on its standard output.
///
/// It is started once and kept. When it is too slow, answers too much, or ends, it is killed, the record is refused,
/// and it is started again for the next; after three failures in a row it is no longer asked.
package final class ExternalDeidentifier: Deidentifier {
    static let answerBytesMax = 8 << 20
    private static let failuresMax = 3

    private struct State: Sendable {
        var running: Child?
        var failuresInARow = 0
    }

    /// A started program, and our ends of its pipes.
    private struct Child: Sendable {
        let process: pid_t
        let input: Int32
        let output: Int32
    }

    private let path: String
    private let limit: Duration
    private let environment: [String: String]
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: for one value.
    ///   - environment: the program's; no keys of ours.
    /// - Throws: ``BadInput`` for a path that is no program.
    package init(
        path: String, limit: Duration, environment: [String: String] = ["PATH": "/usr/local/bin:/usr/bin:/bin"]
    ) throws(BadInput) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
            access(path, X_OK) == 0
        else {
            throw BadInput("deidentify_with", "'\(path)' is no program that can be run")
        }
        self.path = path
        self.limit = limit
        self.environment = environment
        // A program that has ended must be an error of ours, not our end.
        signal(SIGPIPE, SIG_IGN)
    }

    deinit { state.withLock { Self.end(&$0) } }

    package func callAsFunction(_ value: JSON) throws(BadInput) -> JSON {
        let outcome = state.withLock { state -> Result<JSON, BadInput> in
            guard state.failuresInARow < Self.failuresMax else {
                return .failure(Self.fault("was not asked any more: it failed \(Self.failuresMax) times in a row"))
            }
            do throws(BadInput) {
                let child: Child
                if let running = state.running { child = running } else { child = try launch() }
                state.running = child
                let line = try exchange(value.canonicalBytes() + [0x0a], with: child)
                guard let cleaned = try? JSON.parse(line, limits: .stored) else {
                    throw Self.fault("answered no JSON")
                }
                state.failuresInARow = 0
                return .success(cleaned)
            } catch {
                state.failuresInARow += 1
                Self.end(&state)
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    private func launch() throws(BadInput) -> Child {
        let pipes = (Pipe(), Pipe())
        let theirs = (pipes.0.fileHandleForReading, pipes.1.fileHandleForWriting)
        let ours = [pipes.0.fileHandleForWriting, pipes.1.fileHandleForReading].map { Self.ownEnd($0.fileDescriptor) }
        guard ours.allSatisfy({ $0 >= 0 }),
            let process = spawn(input: theirs.0.fileDescriptor, output: theirs.1.fileDescriptor)
        else {
            for end in ours where end >= 0 { close(end) }
            throw Self.fault("cannot be started")
        }
        return Child(process: process, input: ours[0], output: ours[1])
    }

    /// A descriptor for the same end that no program inherits and that nobody waits on; -1 where there is none.
    private static func ownEnd(_ descriptor: Int32) -> Int32 {
        let end = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard end >= 0 else { return -1 }
        let flags = fcntl(end, F_GETFL)
        guard flags >= 0, fcntl(end, F_SETFL, flags | O_NONBLOCK) >= 0 else {
            close(end)
            return -1
        }
        return end
    }

    /// Starts the program as a child that nobody but us reaps, so that its id is its own for as long as we have it.
    private func spawn(input: Int32, output: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        // None of ours; a little above the highest, since other threads open more.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for descriptor in 3...((names.compactMap { Int32($0) }.max() ?? 255) + 32) {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        let arguments = [strdup(path), nil]
        defer { (variables + arguments).forEach { free($0) } }
        var process = pid_t()
        // A program that was written a moment ago is busy while a child that another thread has just forked still has
        // it open; a moment later it is not.
        for _ in 0..<50 {
            let fault = posix_spawn(&process, path, &actions, &attributes, arguments, variables)
            if fault == 0 { return process }
            guard fault == ETXTBSY else { return nil }
            usleep(10_000)
        }
        return nil
    }

    /// Writes and reads in turn, as either side may be full.
    private func exchange(_ line: [UInt8], with child: Child) throws(BadInput) -> [UInt8] {
        let deadline = ContinuousClock.now + limit
        var (sent, answer): (Int, [UInt8]) = (0, [])
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { throw Self.fault("took longer than \(limit.components.seconds) s") }
            var ends = [
                pollfd(fd: child.output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: sent < line.count ? child.input : -1, events: Int16(POLLOUT), revents: 0),
            ]
            let milliseconds = min(left.components.seconds * 1_000 + 100, 600_000)
            guard poll(&ends, 2, Int32(milliseconds)) >= 0 || errno == EINTR else { throw Self.fault("was lost") }
            if ends[1].revents != 0 {
                let count = line[sent...].withUnsafeBytes { write(child.input, $0.baseAddress, $0.count) }
                guard count >= 0 || errno == EAGAIN || errno == EINTR else { throw Self.fault("ended") }
                sent += max(count, 0)
            }
            guard ends[0].revents != 0 else { continue }
            let count = read(child.output, &buffer, buffer.count)
            guard count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR)) else { throw Self.fault("ended") }
            let seen = answer.count
            answer += buffer[..<max(count, 0)]
            guard answer.count <= Self.answerBytesMax else { throw Self.fault("answered too much") }
            guard let end = answer[seen...].firstIndex(of: 0x0a) else { continue }
            guard end == answer.count - 1, sent == line.count else {
                throw Self.fault("answered more than one line, or before it had the whole value")
            }
            answer.removeLast()
            return answer
        }
    }

    private static func end(_ state: inout State) {
        guard let child = state.running else { return }
        close(child.input)
        close(child.output)
        // Ours until it is waited for, ended or not: nobody else can have its id.
        kill(child.process, SIGKILL)
        while waitpid(child.process, nil, 0) < 0, errno == EINTR {}
        state.running = nil
    }

    private static func fault(_ reason: String) -> BadInput {
        BadInput("payload", "was not de-identified: the program \(reason)")
    }
}
