internal import Foundation
internal import HTTPTypes
internal import Marketplace
internal import NIOCore

/// Whom requests are counted for.
enum Sender: Hashable, Sendable {
    /// All that comes from one network, whoever sends it.
    case network(SenderNetwork)
    /// What comes from there without a token or session that is known.
    case stranger(SenderNetwork)
    /// By a token or session of theirs, wherever it comes from.
    case principal(Principal.ID)
    /// Guesses at passwords and codes from one network, by one principal, and at one name or code.
    case guesses(SenderNetwork)
    case guessesBy(Principal.ID)
    case guessesAt(Digest)

    /// What `RateLimit-Policy` calls its limit.
    var policy: String {
        switch self {
        case .network, .stranger: "address"
        case .principal: "default"
        case .guesses, .guessesBy, .guessesAt: "attempts"
        }
    }
}

/// Where requests come from, as far as limits count: an IPv4 address, or the first 64 bits of an IPv6 one, as whoever
/// has one address of such a network has all of them.
struct SenderNetwork: Hashable, Sendable {
    private let bits: UInt64
    private let isLong: Bool

    /// - Parameter address: `nil` for a socket without one.
    init(_ address: NetworkAddress?) {
        let bytes = address?.unmapped.bytes ?? []
        isLong = bytes.count > 4
        bits = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
}

/// Proxies whose word is taken for where a request comes from.
struct TrustedProxies: Sendable {
    private static let hopsMax = 20
    let ranges: [NetworkRange]

    /// The socket's other end; of a trusted proxy what it says in `X-Forwarded-For`, read from its end, where each
    /// proxy adds whom it had it from, back to the first address that is no trusted proxy's.
    func origin(of headers: HTTPFields, from remote: NetworkAddress?) -> SenderNetwork {
        guard var address = remote?.unmapped, isTrusted(address) else { return SenderNetwork(remote) }
        let hops = headers[values: .forwardedFor].flatMap { $0.split(separator: ",") }
        for hop in hops.reversed().prefix(Self.hopsMax) {
            guard let before = Self.address(of: hop) else { break }
            address = before
            guard isTrusted(address) else { break }
        }
        return SenderNetwork(address)
    }

    func isTrusted(_ address: NetworkAddress) -> Bool { ranges.contains { $0.contains(address) } }

    /// Of `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` and `[2001:db8::1]:80`.
    private static func address(of hop: Substring) -> NetworkAddress? {
        let text = hop.withoutBlanks
        if text.hasPrefix("[") {
            return NetworkAddress(literal: String(text.dropFirst().prefix { $0 != "]" }))?.unmapped
        }
        return (NetworkAddress(literal: text) ?? NetworkAddress(literal: String(text.prefix { $0 != ":" })))?.unmapped
    }
}

extension SocketAddress {
    /// `nil` for what is no Internet address.
    var network: NetworkAddress? {
        switch self {
        case .v4(let address): withUnsafeBytes(of: address.address.sin_addr) { NetworkAddress(bytes: Array($0)) }
        case .v6(let address): withUnsafeBytes(of: address.address.sin6_addr) { NetworkAddress(bytes: Array($0)) }
        case .unixDomainSocket: nil
        }
    }
}

extension HTTPField.Name {
    static let forwardedFor = HTTPField.Name("X-Forwarded-For") ?? .date
}
