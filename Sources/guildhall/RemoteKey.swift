internal import Marketplace
internal import Synchronization

/// The Idempotency-Keys of a command's requests, all from one, so that the same command with the same key is done once.
///
/// The first request takes the key as it is, so that the same key for something else is refused. Every further one, and
/// each of many alike, takes it with a part of its own content's hash.
final class RemoteKey: Sendable {
    static let bytesMost = 200
    /// As it was given, or made up.
    let text: String
    private let requests = Mutex(0)

    init(_ text: String) { self.text = text }

    /// - Throws: ``BadInput``.
    init(given text: String) throws {
        guard (1...Self.bytesMost).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else {
            throw BadInput("idempotency_key", "must be 1 to \(Self.bytesMost) printable ASCII characters, no spaces")
        }
        self.text = text
    }

    /// Whether a request has taken it.
    var isUsed: Bool { requests.withLock { $0 > 0 } }

    /// For the next request.
    ///
    /// - Parameters:
    ///   - content: all that the request says.
    ///   - isOneOfMany: whether the command sends many alike, of which others may be left when it is run again.
    func next(for content: [UInt8], isOneOfMany: Bool) -> String {
        let before = requests.withLock { count -> Int in
            defer { count += 1 }
            return count
        }
        guard before > 0 || isOneOfMany else { return text }
        return "\(text)-\(Digest(of: content).hexadecimal.prefix(16))"
    }
}
