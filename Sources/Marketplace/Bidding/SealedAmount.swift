internal import Crypto
internal import Formats
internal import Foundation
internal import Store

/// What a bid keeps sealed until the close: the amount, and a salt that keeps the commitment from being guessed.
///
/// Shape: always 40 bytes, the amount as 8 bytes with the most significant first, then the salt.
struct SealedAmount: Hashable, Sendable {
    let minorUnits: Int64
    let salt: [UInt8]

    /// With a salt from the system's random generator.
    init(_ minorUnits: Int64) {
        self.minorUnits = minorUnits
        salt = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
    }

    init(_ minorUnits: Int64, salt: [UInt8]) { (self.minorUnits, self.salt) = (minorUnits, salt) }

    fileprivate init?(bytes: [UInt8]) {
        guard bytes.count == 40 else { return nil }
        minorUnits = bytes[..<8].reduce(0) { $0 << 8 | Int64($1) }
        salt = Array(bytes[8...])
    }

    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: minorUnits.bigEndian) { Array($0) } + salt }

    /// What the bidder is given: SHA-256 of `guildhall/bid/1`, the bid's id (16 bytes), the version and the amount (8
    /// bytes each, the most significant first) and the salt.
    func commitment(of bid: Bid.ID, version: Int) -> Digest {
        var input = Array("guildhall/bid/1".utf8)
        withUnsafeBytes(of: bid.uuid.bits.bigEndian) { input += $0 }
        withUnsafeBytes(of: Int64(version).bigEndian) { input += $0 }
        return Digest(of: input + bytes)
    }
}

/// The key that bids of one auction are sealed under, unwrapped for one transaction.
struct AuctionKey: Sendable {
    let auction: Auction.Key
    private let key: SymmetricKey

    /// A new one.
    init(of auction: Auction.Key) { (self.auction, key) = (auction, SymmetricKey(size: .bits256)) }

    /// - Throws: ``VaultRefusal``.
    init(of auction: Auction.Key, wrapped: [UInt8], by name: String, in ring: KeyRing) throws(VaultRefusal) {
        self.auction = auction
        key = try Envelope.unwrap(wrapped, of: auction.keyOwner, by: name, in: ring)
    }

    func wrapped(by ring: KeyRing) throws -> Bytes {
        Bytes(try Envelope.wrap(key, of: auction.keyOwner, with: ring.current))
    }

    func seal(_ amount: SealedAmount, of bid: Bid.ID, version: Int) throws -> Bytes {
        Bytes(try Envelope.seal(bytes: amount.bytes, for: place(of: bid, version), under: key))
    }

    func open(_ sealed: Bytes, of bid: Bid.ID, version: Int) throws(VaultRefusal) -> SealedAmount {
        let bytes = try Envelope.open(bytes: sealed.bytes, for: place(of: bid, version), under: key)
        guard let amount = SealedAmount(bytes: bytes) else { throw .unreadable }
        return amount
    }

    func seal(seed: [UInt8]) throws -> Bytes {
        Bytes(try Envelope.seal(bytes: seed, for: "auction_seed/\(auction.place)", under: key))
    }

    func open(seed: Bytes) throws(VaultRefusal) -> [UInt8] {
        try Envelope.open(bytes: seed.bytes, for: "auction_seed/\(auction.place)", under: key)
    }

    /// 32 bytes from the system's random generator.
    static func freshSeed() -> [UInt8] { SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) } }

    private func place(of bid: Bid.ID, _ version: Int) -> String { "bid/\(auction.place)/\(bid)/\(version)" }
}

extension Auction.Key {
    fileprivate var place: String { "\(requester)/\(id)" }
    fileprivate var keyOwner: KeyOwner { .auction(id.uuid, of: requester) }
}

extension Change {
    /// The key of an auction whose bids are sealed.
    ///
    /// - Throws: ``ContentRefusal/keysMissing``; ``VaultRefusal``; ``NotFound`` once the key is forgotten.
    func auctionKey(of auction: Auction.Key) async throws -> (key: AuctionKey, sealedSeed: Bytes) {
        try await transaction.auctionKey(of: auction, in: try contentRing)
    }
}

extension Transaction {
    /// The same for who only reads.
    func auctionKey(of auction: Auction.Key, in ring: KeyRing) async throws -> (key: AuctionKey, sealedSeed: Bytes) {
        guard let row = try await wrappedAuctionKey(of: auction) else { throw NotFound("auction key") }
        let (wrapped, seed): (Bytes, Bytes) = (try row["wrapped"], try row["sealed_seed"])
        return (try AuctionKey(of: auction, wrapped: wrapped.bytes, by: row["wrapping_key"], in: ring), seed)
    }
}
