import Foundation
import HTTPTypes
import Marketplace
import Testing

@testable import HTTPAPI

@Suite("Whom requests are counted for")
struct SenderTests {
    private func network(_ text: String) -> SenderNetwork { SenderNetwork(NetworkAddress(literal: text)) }

    @Test("an IPv4 address is one sender, an IPv6 network of 64 bits, too")
    func networks() {
        #expect(network("192.0.2.1") == network("::ffff:192.0.2.1"))
        #expect(network("192.0.2.1") != network("192.0.2.2"))
        #expect(network("2001:db8:0:1::1") == network("2001:db8:0:1:ffff::2"))
        #expect(network("2001:db8:0:1::1") != network("2001:db8:0:2::1"))
        #expect(network("0.0.0.1") != network("::1"))
    }

    @Test("only trusted proxies are believed, from the last word back to the first that is nobody's of them")
    func forwarded() throws {
        let proxies = TrustedProxies(ranges: ["10.0.0.0/8", "2001:db8:1::/48"].compactMap { NetworkRange($0) })
        func origin(_ remote: String, _ forwarded: String?) -> SenderNetwork {
            var headers = HTTPFields()
            headers[.forwardedFor] = forwarded
            return proxies.origin(of: headers, from: NetworkAddress(literal: remote))
        }
        #expect(origin("192.0.2.9", "198.51.100.1") == network("192.0.2.9"))
        #expect(origin("10.0.0.1", nil) == network("10.0.0.1"))
        #expect(origin("10.0.0.1", "198.51.100.1") == network("198.51.100.1"))
        #expect(origin("::ffff:10.0.0.1", "198.51.100.1") == network("198.51.100.1"))
        // Whoever sends it can write what they like before what the proxy adds.
        #expect(origin("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.9.9.9") == network("198.51.100.1"))
        #expect(origin("10.0.0.1", "1.2.3.4,nonsense") == network("10.0.0.1"))
        #expect(origin("10.0.0.1", "198.51.100.1:4711") == network("198.51.100.1"))
        #expect(origin("2001:db8:1::1", "[2001:db8:2::1]:443") == network("2001:db8:2::7"))
        #expect(origin("10.0.0.1", "2001:db8:2::1") == network("2001:db8:2::7"))
        let nobody = TrustedProxies(ranges: [])
        #expect(nobody.origin(of: [.forwardedFor: "1.2.3.4"], from: nil) == SenderNetwork(nil))
    }

    @Test("a window begins anew after a minute; of too many senders those who stayed away are forgotten first")
    func windows() {
        var windows = RateWindows(generationMax: 2)
        let start = ContinuousClock.now
        let senders = (0..<4).map { Sender.network(network("192.0.2.\($0)")) }
        #expect(windows.take(senders[0], at: start).taken == 1)
        #expect(windows.take(senders[0], at: start + .seconds(59)).taken == 2)
        #expect(windows.take(senders[0], at: start + .seconds(60)).taken == 1)
        let later = start + .seconds(61)
        for sender in senders[1...] {
            #expect(windows.take(sender, at: later).taken == 1)
            // Who comes again and again keeps their count.
            _ = windows.take(senders[0], at: later)
        }
        #expect(windows.take(senders[0], at: later).taken == 5)
        #expect(windows.take(senders[1], at: later).taken == 1)
    }

    @Test("a principal holds a few streams open, and others theirs beside them, as long as there is room")
    func streams() throws {
        let room = StreamRoom(most: 6)
        let (one, other) = (Principal.ID(UUID()), Principal.ID(UUID()))
        var places = try (0..<4).map { _ in try room.enter(one) }
        #expect(throws: Problem.self) { try room.enter(one) }
        let others = try (0..<2).map { _ in try room.enter(other) }
        #expect(throws: Problem.self) { try room.enter(other) }
        places.removeLast()
        #expect(throws: Never.self) { places.append(try room.enter(one)) }
        #expect(places.count + others.count == 6)
    }
}
