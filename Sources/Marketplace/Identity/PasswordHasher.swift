internal import Crypto
internal import CryptoExtras
internal import Dispatch
internal import Foundation
internal import Synchronization

/// Hashes passwords by scrypt, on two threads of its own: never on those that answer requests. A bounded number wait.
///
/// Shape of a hash: the PHC string `$scrypt$ln=15,r=8,p=3$SALT$HASH`, 16 and 32 bytes in base64 without padding, so
/// that the cost can be raised and what was hashed before is still read.
/// Source: RFC 7914; OWASP's cheat sheet on password storage for the cost.
package final class PasswordHasher: Sendable {
    /// What a hash costs: 128 × `blockSize` × 2^`logRounds` bytes, `parallelism` times one after the other.
    package struct Cost: Hashable, Sendable {
        package let logRounds: Int
        package let blockSize: Int
        package let parallelism: Int

        package init(logRounds: Int, blockSize: Int, parallelism: Int) {
            (self.logRounds, self.blockSize, self.parallelism) = (logRounds, blockSize, parallelism)
        }

        /// 32 MiB.
        package static let standard = Cost(logRounds: 15, blockSize: 8, parallelism: 3)

        /// What a stored hash may ask for: it must not take the machine's memory.
        var isAllowed: Bool {
            (4...17).contains(logRounds) && (1...16).contains(blockSize) && (1...8).contains(parallelism)
        }
    }

    /// How many may wait for each thread.
    private static let waitingMost = 4
    private let cost: Cost
    private let threads = [
        DispatchQueue(label: "guildhall.scrypt.0"), DispatchQueue(label: "guildhall.scrypt.1"),
    ]
    private let pending = Mutex([0, 0])

    package init(_ cost: Cost = .standard) { self.cost = cost }

    /// - Throws: ``SignInRefusal/busy``.
    package func hash(_ password: String) async throws -> String {
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let cost = cost
        let hash = try await onThread { Self.key(of: password, salt, cost) }
        guard let hash else { throw SignInRefusal.busy }
        return "$scrypt$ln=\(cost.logRounds),r=\(cost.blockSize),p=\(cost.parallelism)"
            + "$\(Self.base64(salt))$\(Self.base64(hash))"
    }

    /// Whether a password is the one of a hash. Takes as long where there is none.
    ///
    /// - Throws: ``SignInRefusal/busy``.
    func matches(_ password: String, _ stored: String?) async throws -> Bool {
        let parts = stored.flatMap(Self.parts)
        let (salt, cost) = (parts?.salt ?? Array(repeating: 0, count: 16), parts?.cost ?? cost)
        let key = try await onThread { Self.key(of: password, salt, cost) }
        guard let key, let parts else { return false }
        return key.count == parts.hash.count && zip(key, parts.hash).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func onThread<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async throws -> Result {
        let thread: Int? = pending.withLock { pending in
            let thread = pending[0] <= pending[1] ? 0 : 1
            guard pending[thread] <= Self.waitingMost else { return nil }
            pending[thread] += 1
            return thread
        }
        guard let thread else { throw SignInRefusal.busy }
        defer { pending.withLock { $0[thread] -= 1 } }
        return await withCheckedContinuation { continuation in
            threads[thread].async { continuation.resume(returning: work()) }
        }
    }

    private static func key(of password: String, _ salt: [UInt8], _ cost: Cost) -> [UInt8]? {
        let key = try? KDF.Scrypt.deriveKey(
            from: Array(password.precomposedStringWithCanonicalMapping.utf8), salt: salt, outputByteCount: 32,
            rounds: 1 << cost.logRounds, blockSize: cost.blockSize, parallelism: cost.parallelism)
        return key?.withUnsafeBytes { Array($0) }
    }

    private static func parts(of text: String) -> (cost: Cost, salt: [UInt8], hash: [UInt8])? {
        let fields = text.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 5, fields[0].isEmpty, fields[1] == "scrypt" else { return nil }
        let numbers = fields[2].split(separator: ",").compactMap { $0.split(separator: "=").last.flatMap { Int($0) } }
        guard numbers.count == 3, let salt = bytes(fields[3]), let hash = bytes(fields[4]) else { return nil }
        let cost = Cost(logRounds: numbers[0], blockSize: numbers[1], parallelism: numbers[2])
        return cost.isAllowed ? (cost, salt, hash) : nil
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("=", with: "")
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return Data(base64Encoded: text + padding).map(Array.init)
    }
}

/// A password that somebody chooses.
enum NewPassword {
    /// - Throws: ``BadInput`` unless it has 12 to 256 characters, six different ones at least, and is not the name that
    ///   they sign in by.
    static func checked(_ password: String, for email: String) throws(BadInput) -> String {
        guard password.utf8.count <= 1_024, (12...256).contains(password.count), !password.contains("\0") else {
            throw BadInput("password", "must have 12 to 256 characters")
        }
        guard Set(password).count >= 6 else { throw BadInput("password", "must have six different characters") }
        guard password.lowercased() != email else { throw BadInput("password", "must not be the address") }
        return password
    }
}
