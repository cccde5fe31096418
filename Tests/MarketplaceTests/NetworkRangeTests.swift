import Testing

@testable import Marketplace

@Suite("Ranges of network addresses")
struct NetworkRangeTests {
    @Test(
        "addresses that begin with a range's bits are in it, and no others",
        arguments: [
            ("10.0.0.0/8", ["10.255.0.1"], ["11.0.0.1", "::ffff:10.0.0.1"]),
            ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127"]),
            ("192.0.2.1", ["192.0.2.1"], ["192.0.2.2"]), ("0.0.0.0/0", ["203.0.113.7"], ["::1"]),
            ("2001:db8::/33", ["2001:db8:7fff::1"], ["2001:db8:8000::1", "32.1.13.184"]), ("::1", ["::1"], ["::2"]),
        ])
    func contained(range: String, inside: [String], outside: [String]) throws {
        let range = try #require(NetworkRange(range))
        for text in inside + outside {
            let address = try #require(NetworkAddress(literal: text))
            #expect(range.contains(address) == inside.contains(text), "\(text)")
        }
    }

    @Test(
        "what is no range is none",
        arguments: ["", "/", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/+8", "10/8", "10.0.0.0/8/8", "a/8"])
    func none(text: String) { #expect(NetworkRange(text) == nil) }
}
