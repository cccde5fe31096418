internal import Foundation

/// An IPv4 or IPv6 address.
package struct NetworkAddress: Hashable, Sendable {
    /// 4 or 16 bytes, most significant first.
    package let bytes: [UInt8]

    /// - Returns: `nil` unless there are 4 or 16.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// - Parameter text: `192.0.2.1` in decimal without leading zeros, or an IPv6 address without a zone.
    package init?(literal text: String) {
        if text.contains(":") {
            var address = in6_addr()
            guard text.utf8.count <= 45, inet_pton(AF_INET6, text, &address) == 1 else { return nil }
            bytes = withUnsafeBytes(of: &address) { Array($0) }
            return
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part -> UInt8? in
            guard (1...3).contains(part.utf8.count), part == "0" || !part.hasPrefix("0"),
                part.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { return nil }
            return UInt8(part)
        }
        guard parts.count == 4, numbers.count == 4 else { return nil }
        bytes = numbers
    }

    /// The IPv4 address that an IPv6 one (`::ffff:192.0.2.1`) stands for; of all others itself.
    package var unmapped: NetworkAddress {
        guard bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] else { return self }
        return NetworkAddress(bytes: Array(bytes.suffix(4))) ?? self
    }

    /// Whether it is of a host on the public Internet.
    ///
    /// Source: the IANA registries of special-purpose addresses (RFC 6890 and its updates), as of 2026. Of IPv6 only
    /// global unicast (2000::/3) counts, without what carries an IPv4 address inside (6to4, Teredo, NAT64).
    package var isPublic: Bool {
        if bytes.count == 4 { return isPublicV4 }
        if bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] {
            return NetworkAddress(bytes: Array(bytes.suffix(4)))?.isPublicV4 == true
        }
        let isGlobal = bytes[0] & 0xe0 == 0x20
        let isSpecial =
            // 2001::/23 (protocol assignments, Teredo), documentation, 6to4, 3fff::/20 (documentation).
            bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] < 0x02
            || bytes.prefix(4) == [0x20, 0x01, 0x0d, 0xb8]
            || bytes.prefix(2) == [0x20, 0x02]
            || bytes[0] == 0x3f && bytes[1] == 0xff && bytes[2] < 0x10
        return isGlobal && !isSpecial
    }

    private var isPublicV4: Bool {
        let (one, two, three) = (bytes[0], bytes[1], bytes[2])
        switch (one, two, three) {
        case (0, _, _), (10, _, _), (127, _, _): return false
        case (100, 64...127, _): return false  // Shared by carriers.
        case (169, 254, _), (172, 16...31, _), (192, 168, _): return false
        case (192, 0, 0), (192, 0, 2), (192, 88, 99), (198, 18...19, _), (198, 51, 100), (203, 0, 113): return false
        case (224...255, _, _): return false
        default: return true
        }
    }
}
