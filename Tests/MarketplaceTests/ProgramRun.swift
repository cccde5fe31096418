import Formats
import Foundation
import Marketplace
import Synchronization
import TestSupport

/// A command of the real program on the running test's database, which may be killed while it runs.
struct ProgramRun: Sendable {
    /// `nil` when it was killed.
    let status: Int32?
    /// Of its standard output.
    let output: String
    let seconds: Double

    /// - Parameter after: when it is killed, from its start; it may have ended by then.
    static func of(_ arguments: [String], killed after: Duration? = nil) async throws -> ProgramRun {
        let process = Process()
        // A soak runs the program as it is shipped.
        let program = ProcessInfo.processInfo.environment["GUILDHALL_PROGRAM"] ?? ".build/debug/guildhall"
        process.executableURL = URL(
            fileURLWithPath: program, relativeTo: URL(filePath: ScratchServer.root, directoryHint: .isDirectory))
        let database = ["--database-url", Scratch.here.connectionString, "--pool-size", "2"]
        process.arguments = arguments + database + ["--log-level", "critical"]
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["GUILDHALL_KEYS": Scratch.keys.file.canonicalText]
        ) { _, ours in ours }
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("guildhall-run-\(UUID().uuidString)")
        _ = FileManager.default.createFile(atPath: path.path, contents: nil)
        defer { try? FileManager.default.removeItem(at: path) }
        let output = try FileHandle(forWritingTo: path)
        process.standardOutput = output
        let begin = ContinuousClock.now
        let ended = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in ended.continuation.finish() }
        try process.run()
        let running = Running(process.processIdentifier)
        let killer = after.map { after in
            Task {
                try await Task.sleep(for: after)
                running.kill()
            }
        }
        for await _ in ended.stream {}
        running.end()
        killer?.cancel()
        try output.close()
        let elapsed = (ContinuousClock.now - begin) / .seconds(1)
        return ProgramRun(
            status: process.terminationReason == .exit ? process.terminationStatus : nil,
            output: String(decoding: try Data(contentsOf: path), as: UTF8.self), seconds: elapsed)
    }
}

/// A process that is not killed once it has ended, when its number may be another's.
private final class Running: Sendable {
    private let identifier: Mutex<Int32?>

    init(_ identifier: Int32) { self.identifier = Mutex(identifier) }

    func kill() { identifier.withLock { if let number = $0 { _ = Foundation.kill(number, SIGKILL) } } }

    func end() { identifier.withLock { $0 = nil } }
}
