internal import Crypto
package import Formats
internal import Foundation
package import Store

/// A SHA-256 (FIPS 180-4) of something, 32 bytes.
package struct Digest: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(of bytes: [UInt8]) {
        self.bytes = Array(SHA256.hash(data: bytes))
    }

    /// Of the canonical form, so that equal values have equal digests.
    package init(of json: JSON) {
        self.init(of: json.canonicalBytes())
    }

    package init(of text: String) {
        self.init(of: Array(text.utf8))
    }

    /// - Returns: `nil` unless `text` is 64 hexadecimal digits.
    package init?(hexadecimal text: String) {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == 64, text.utf8.count == 64 else { return nil }
        bytes = stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }

    /// Of a file's bytes, which are never held whole.
    ///
    /// - Throws: what Foundation throws when it cannot be read.
    init(ofFile path: String) throws {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        var digesting = Digesting()
        while let piece = try handle.read(upToCount: 1 << 16), !piece.isEmpty { digesting.update(Array(piece)) }
        self = digesting.digest
    }

    /// Lower-case hexadecimal.
    package var hexadecimal: String { bytes.hexadecimal }
}

/// A digest of bytes that come piece by piece.
package struct Digesting {
    private var hash = SHA256()

    package init() {}

    package mutating func update(_ bytes: [UInt8]) { hash.update(data: bytes) }

    /// Of all pieces so far.
    package var digest: Digest { Digest(finished: Array(hash.finalize())) }
}

extension Digest {
    fileprivate init(finished bytes: [UInt8]) { self.bytes = bytes }

    /// A keyed hash (HMAC-SHA256, RFC 2104) of this one for one purpose.
    func keyed(by key: SymmetricKey, for purpose: String) -> Digest {
        Digest(finished: Array(HMAC<SHA256>.authenticationCode(for: Array(purpose.utf8) + bytes, using: key)))
    }
}

extension Digest: SQLParameter, SQLDecodable {
    package static var typeOID: UInt32 { Bytes.typeOID }
    package func write(to wire: inout WireBuffer) { Bytes(bytes).write(to: &wire) }

    package init(cell: Cell) throws(CellFault) {
        bytes = try Bytes(cell: cell).bytes
    }
}
