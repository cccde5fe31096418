import Formats
import Foundation
import Synchronization
import TestSupport

/// A process of `MarketAgent`, told one action at a time; it may be killed at any point.
final class AgentProcess: Sendable {
    private struct State {
        var waiting: CheckedContinuation<JSON?, Never>?
        var isGone = false
    }

    private let state = Mutex(State())
    private let identifier: Int32
    private let input: Int32

    init(database: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: ScratchServer.root + "/.build/debug/MarketAgent")
        process.arguments = [database]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        // A line to a process that was killed is an error, not the end of the tests.
        signal(SIGPIPE, SIG_IGN)
        try process.run()
        identifier = process.processIdentifier
        self.input = fcntl(input.fileHandleForWriting.fileDescriptor, F_DUPFD_CLOEXEC, 0)
        try input.fileHandleForWriting.close()
        Thread.detachNewThread { [self] in
            var rest: [UInt8] = []
            while true {
                let more = output.fileHandleForReading.availableData
                if more.isEmpty { break }
                rest += more
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    answer(try? JSON.parse(Array(rest[..<end])))
                    rest.removeSubrange(...end)
                }
            }
            state.withLock { $0.isGone = true }
            answer(nil)
        }
    }

    deinit { close(input) }

    /// - Returns: what the process answered; `nil` if it was killed before.
    func perform(_ action: JSON) async -> JSON? {
        await withCheckedContinuation { continuation in
            let isGone = state.withLock { state in
                if !state.isGone { state.waiting = continuation }
                return state.isGone
            }
            if isGone { return continuation.resume(returning: nil) }
            let line = action.canonicalBytes() + [UInt8(ascii: "\n")]
            _ = line.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
        }
    }

    private func answer(_ outcome: JSON?) {
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: outcome)
    }

    func kill() { _ = Foundation.kill(identifier, SIGKILL) }
}
