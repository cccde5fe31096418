internal import Foundation
package import Logging
package import Store
internal import Synchronization

/// A log that a test can read: everything, down to trace.
package final class ReadableLog: Sendable {
    private let lines = Mutex<[String]>([])

    package init() {}

    /// Everything that was logged so far.
    package var text: String { lines.withLock { $0.joined(separator: "\n") } }

    /// A logger that writes to it, from trace on.
    package func logger(_ label: String) -> Logger {
        var logger = Logger(label: label, factory: { _ in Handler(log: self) })
        logger.logLevel = .trace
        return logger
    }

    struct Handler: LogHandler {
        let log: ReadableLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
        }
    }
}

extension Scratch {
    /// A pool on the test's database that logs all there is to log.
    package static func connectLogging() -> (Database, ReadableLog) {
        let log = ReadableLog()
        var configuration = StoreConfiguration(connectionString: here.connectionString)
        configuration.role = "guildhall_app"
        configuration.acquireTimeout = .seconds(30)
        let logger = log.logger("readable")
        logger.trace("sentinel")
        return (Database(configuration, clock: here.clock, logger: logger), log)
    }
}

extension ScratchServer {
    /// What the scratch server has logged, also for other tests.
    package static func log() throws -> String {
        let folder = URL(fileURLWithPath: root + "/.guildhall/test/cluster/log")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }.joined()
    }
}
