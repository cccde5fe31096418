import Formats
import Foundation
import Marketplace
import TestSupport
import Testing

/// The program as somebody runs it: asked to ask a server, or beside the running test's database.
struct RemoteProgram: Sendable {
    private let more: [String]
    private let environment: [String: String]

    /// - Parameter token: of whoever asks.
    init(port: Int, token: String) {
        more = ["--server", "http://127.0.0.1:\(port)"]
        // No database: it must not be asked.
        environment = ["GUILDHALL_TOKEN": token, "DATABASE_URL": "host=/nowhere"]
    }

    private init(database: String) {
        more = []
        environment = ["DATABASE_URL": database, "GUILDHALL_KEYS": Scratch.keys.file.canonicalText]
    }

    static var besideDatabase: RemoteProgram { RemoteProgram(database: Scratch.here.connectionString) }

    /// - Parameter isServerFirst: whether the server is named before the command, not behind it.
    func run(
        _ arguments: [String], isServerFirst: Bool = false
    ) async throws -> (status: Int32, output: String, fault: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: ScratchServer.root + "/.build/debug/guildhall")
        process.arguments = isServerFirst ? more + arguments : arguments + more
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, ours in ours }
        process.standardInput = FileHandle.nullDevice
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let paths = [folder + "/output", folder + "/fault"]
        for path in paths { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        let handles = try paths.map { try #require(FileHandle(forWritingAtPath: $0)) }
        (process.standardOutput, process.standardError) = (handles[0], handles[1])
        let (ends, ended) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in ended.finish() }
        try process.run()
        for await _ in ends {}
        for handle in handles { try handle.close() }
        let texts = try paths.map { try String(contentsOfFile: $0, encoding: .utf8) }
        return (process.terminationStatus, texts[0], texts[1])
    }

    func json(_ arguments: [String]) async throws -> JSON {
        let (status, output, fault) = try await run(arguments + ["--json"])
        try #require(status == 0, "\(arguments): \(fault)")
        return try JSON.parse(output)
    }

    /// A folder of its own for files.
    static func folder() throws -> String {
        let folder = NSTemporaryDirectory() + "remote-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }
}
