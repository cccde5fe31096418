internal import Foundation

/// A request that goes out to somebody else's server.
package struct OutboundRequest: Hashable, Sendable {
    package let method: String
    package let target: OutboundTarget
    package let headers: [String: String]
    package let body: [UInt8]

    package init(
        _ method: String = "GET", _ target: OutboundTarget, headers: [String: String] = [:], body: [UInt8] = []
    ) {
        (self.method, self.target, self.headers, self.body) = (method, target, headers, body)
    }
}

/// What came of it.
package enum OutboundAnswer: Hashable, Sendable {
    /// At most 64 KiB of the body.
    case answered(status: Int, body: [UInt8])
    /// Why no answer came, in a few words without anything of the request.
    case failed(String)
}

/// Sends requests out: to checked addresses only, without following redirects, within bounds of time and size.
package protocol OutboundHTTP: Sendable {
    func send(_ request: OutboundRequest) async -> OutboundAnswer
}

/// An address of somebody else's server, taken apart by one strict reader, so that what is checked is what is connected
/// to.
///
/// Shape: `https://host[:port]/path?query` of printable ASCII; no name or secret before the host, no fragment, no
/// backslash; the host a name of letters, digits and hyphens with a dot in it, a dotted IPv4 address or an IPv6 address
/// in brackets. Numbers in any other form (octal, one number, hexadecimal) are refused.
package struct OutboundTarget: Hashable, Sendable, CustomStringConvertible {
    /// Which networks may be reached.
    package enum Networks: Hashable, Sendable {
        /// Public ones, by https only.
        case open
        /// This machine and private ones as well, also by http: for tests and for providers inside one's own network.
        case all
    }

    /// With scheme and host in lower case.
    package let text: String
    package let isSecure: Bool
    /// Lower-case; an IPv6 address without brackets.
    package let host: String
    package let port: Int

    package var description: String { text }

    /// - Throws: ``BadInput``.
    package init(_ text: String, field: String = "url", networks: Networks = .open) throws(BadInput) {
        func fault(_ reason: String) -> BadInput { BadInput(field, reason) }
        guard text.utf8.count <= 2_000, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != 0x5c }) else {
            throw fault("must be up to 2,000 printable ASCII characters without backslash")
        }
        guard !text.contains("#") else { throw fault("must have no fragment") }
        let lower = text.lowercased()
        isSecure = lower.hasPrefix("https://")
        guard isSecure || networks == .all && lower.hasPrefix("http://") else {
            throw fault("must begin with https://")
        }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else { throw fault("must have no name or secret before the host") }
        let (name, digits) = try Self.split(String(authority), fault("has no host"))
        if let digits {
            guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(digits), (1...65_535).contains(number)
            else { throw fault("has a port that is none") }
            port = number
        } else {
            port = isSecure ? 443 : 80
        }
        host = name.lowercased()
        self.text = (isSecure ? "https://" : "http://") + authority.lowercased() + rest.dropFirst(authority.count)
        if let address = NetworkAddress(literal: host) {
            guard networks == .all || address.isPublic else {
                throw fault("must not be an address of a private network")
            }
        } else {
            guard Self.isName(host), networks == .all || Self.isPublicName(host) else {
                throw fault("must name a public host, such as hooks.example.com")
            }
        }
    }

    /// Host and port of `host`, `host:port`, `[v6]` or `[v6]:port`.
    private static func split(_ authority: String, _ fault: BadInput) throws(BadInput) -> (String, String?) {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw fault }
            let host = String(authority[authority.index(after: authority.startIndex)..<end])
            let rest = authority[authority.index(after: end)...]
            guard NetworkAddress(literal: host) != nil, host.contains(":"), rest.isEmpty || rest.hasPrefix(":") else {
                throw fault
            }
            return (host, rest.isEmpty ? nil : String(rest.dropFirst()))
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count), !parts[0].isEmpty else { throw fault }
        return (parts[0], parts.count == 2 ? parts[1] : nil)
    }

    /// Labels of letters, digits and hyphens, the last of which begins with a letter, so that it is no number.
    private static func isName(_ host: String) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard host.utf8.count <= 253, let last = labels.last?.utf8.first, (0x61...0x7a).contains(last) else {
            return false
        }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy {
                    (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
                }
        }
    }

    private static func isPublicName(_ host: String) -> Bool {
        host.contains(".")
            && ![
                "localhost", "local", "internal", "lan", "home", "corp", "intranet", "arpa", "test", "invalid", "onion",
            ]
            .contains { host.hasSuffix("." + $0) }
    }
}
