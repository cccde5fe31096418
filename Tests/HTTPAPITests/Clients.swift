import Foundation
import TestSupport

/// Programs that nobody here wrote, which `make clients` installs.
enum Clients {
    static let folder = ScratchServer.root + "/.guildhall/clients/bin"
    static let areInstalled = FileManager.default.fileExists(
        atPath: ScratchServer.root + "/.guildhall/clients/packages")

    /// Runs a program to its end, off the threads of Swift's tasks.
    ///
    /// - Returns: its status, and what it said.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], in directory: String? = nil
    ) async throws -> (status: Int32, output: String) {
        let path = program.hasPrefix("/") ? program : folder + "/" + program
        let log = FileManager.default.temporaryDirectory.path + "/guildhall-client-\(UUID().uuidString)"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        defer { try? FileManager.default.removeItem(atPath: log) }
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let directory { process.currentDirectoryURL = URL(filePath: directory, directoryHint: .isDirectory) }
        let handle = FileHandle(forWritingAtPath: log)
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        let status = try await withCheckedThrowingContinuation { (done: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { done.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { done.resume(throwing: error) }
        }
        let output = FileManager.default.contents(atPath: log).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return (status, output)
    }
}
