internal import Formats
internal import Foundation
internal import Store

/// Hands notices to a channel, oldest first; any number of processes may do so at once.
///
/// At least once: the channel is called before the transaction that marks the notices commits, so a crash between the
/// two delivers them again. Whoever receives them tells repetitions by the notice's id.
package struct DeliverNotices: Sendable {
    package static let batchMax = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// Delivers one batch.
    ///
    /// - Parameters:
    ///   - limit: 1 to 200 notices.
    ///   - channel: takes the notices of the batch; what it throws leaves them undelivered.
    /// - Returns: how many were delivered; fewer than `limit` when no more wait.
    package func callAsFunction(
        limit: Int = batchMax, to channel: @Sendable ([Notice]) async throws -> Void
    ) async throws -> Int {
        try await market.database.transaction { transaction in
            let notices = try await transaction.lockUndelivered(limit: min(max(limit, 1), Self.batchMax))
            guard !notices.isEmpty else { return 0 }
            try await channel(notices)
            try await transaction.markDelivered(notices.map(\.id))
            return notices.count
        }
    }
}

/// A channel that appends one line of JSON for each notice to a file.
package struct NoticeFile: Sendable {
    private let path: String

    /// - Parameter path: made on first use if it is not there, readable by its owner only.
    package init(path: String) { self.path = path }

    /// Appends the notices, in one write that does not mix with those of other processes, and returns when the
    /// operating system has them on disk.
    ///
    /// - Throws: `POSIXError` when the file cannot be opened, `CocoaError` when it cannot be written.
    package func append(_ notices: [Notice]) throws {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let lines = notices.map { $0.json.canonicalText + "\n" }.joined()
        try file.write(contentsOf: Data(lines.utf8))
        try file.synchronize()
    }
}
