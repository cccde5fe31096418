internal import Crypto

/// What breaks ties: SHA-256 of the auction's id, the worker's id and the seed, one after the other; the lower first.
///
/// The seed is committed to at the opening, so that nobody can choose an id, or a seed, that wins ties.
package struct AuctionTie: Hashable, Sendable, Comparable {
    private let high: UInt128
    private let low: UInt128

    /// - Parameter seed: 32 bytes. Ids go in as 16 bytes, the most significant first, as UUIDs are written.
    package init(auction: UInt128, bidder: UInt128, seed: [UInt8]) {
        var hash = SHA256()
        withUnsafeBytes(of: (auction.bigEndian, bidder.bigEndian)) { hash.update(bufferPointer: $0) }
        seed.withUnsafeBytes { hash.update(bufferPointer: $0) }
        (high, low) = hash.finalize().withUnsafeBytes { bytes in
            (
                UInt128(bigEndian: bytes.loadUnaligned(as: UInt128.self)),
                UInt128(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt128.self))
            )
        }
    }

    package static func < (one: AuctionTie, other: AuctionTie) -> Bool {
        (one.high, one.low) < (other.high, other.low)
    }

    /// The first eight bytes in hexadecimal digits, for people.
    package var shortText: String {
        let digits = String(UInt64(truncatingIfNeeded: high >> 64), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
