import Marketplace
import Testing

@Suite("Addresses that are sent to")
struct OutboundTargetTests {
    private static let bad = [
        "", "x", "//example.org/", "ftp://example.org/", "http://example.org/", "javascript:alert(1)", "https://",
        "https:///x", "https://localhost/", "https://localhost./", "https://LOCALHOST/", "https://a.localhost/",
        "https://example.org./", "https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://2130706433/",
        "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://127.0.0.01/",
        "https://0.0.0.0/", "https://0/", "https://10.0.0.1/", "https://172.16.0.1/", "https://172.31.255.255/",
        "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/",
        "https://100.127.255.255/", "https://192.0.0.8/", "https://192.0.2.1/", "https://198.18.0.1/",
        "https://198.51.100.1/", "https://203.0.113.1/", "https://224.0.0.1/", "https://240.0.0.1/",
        "https://255.255.255.255/", "https://[::]/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/", "https://[::ffff:10.0.0.1]/", "https://[fe80::1]/", "https://[fe80::1%25eth0]/",
        "https://[fc00::1]/", "https://[fd12:3456::1]/", "https://[ff02::1]/", "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/", "https://[2001::1]/", "https://[2001:db8::1]/", "https://[3fff::1]/",
        "https://[::127.0.0.1]/", "https://[::1/", "https://::1/", "https://[example.org]/",
        "https://user@example.org/", "https://user:pass@example.org/", "https://example.org@127.0.0.1/",
        "https://example.org\\@127.0.0.1/", "https://example.org#@127.0.0.1/", "https://example.org:0/",
        "https://example.org:65536/", "https://example.org:+1/", "https://example.org:80:80/", "https://example.org:a/",
        "https://exa mple.org/", "https://example.org/\n", "https://exämple.org/", "https://ex%61mple.org/",
        "https://-a.example.org/", "https://a-.example.org/", "https://a..example.org/", "https://example/",
        "https://a.internal/", "https://printer.local/", "https://1.2.3.4.5/", "https://256.1.1.1/",
        "https://1.1.1/", "https://a.b.1/",
    ]

    @Test("what could lead into a private network, or be read in two ways, is refused", arguments: bad)
    func refused(text: String) {
        #expect(throws: BadInput.self) { try OutboundTarget(text) }
    }

    @Test("public hosts are allowed, their parts as they will be connected to")
    func allowed() throws {
        let cases: [(String, String, Int)] = [
            ("https://hooks.example.com/a?b=c", "hooks.example.com", 443),
            ("HTTPS://Hooks.EXAMPLE.com:8443", "hooks.example.com", 8_443),
            ("https://8.8.8.8/x", "8.8.8.8", 443), ("https://[2606:4700::1111]:444/", "2606:4700::1111", 444),
            ("https://xn--exmple-cua.org/", "xn--exmple-cua.org", 443), ("https://172.32.0.1/", "172.32.0.1", 443),
        ]
        for (text, host, port) in cases {
            let target = try OutboundTarget(text)
            #expect(target.host == host && target.port == port, "\(text)")
        }
        #expect(
            try OutboundTarget("HTTPS://Hooks.EXAMPLE.com/A?B#".replacing("#", with: "")).text
                == "https://hooks.example.com/A?B")
        #expect(try OutboundTarget("http://127.0.0.1:9/", networks: .all).port == 9)
        #expect(throws: BadInput.self) { try OutboundTarget("http://127.1/", networks: .all) }
    }

    @Test("the edges of the networks that are not public")
    func networks() throws {
        let cases: [(String, Bool)] = [
            ("9.255.255.255", true), ("11.0.0.0", true), ("100.63.255.255", true), ("100.128.0.0", true),
            ("126.255.255.255", true), ("128.0.0.0", true), ("169.253.255.255", true), ("172.15.255.255", true),
            ("172.32.0.0", true), ("192.167.255.255", true), ("192.169.0.0", true), ("198.17.255.255", true),
            ("198.20.0.0", true), ("223.255.255.255", true), ("2001:200::", true), ("2001:1ff::", false),
            ("3fff:1000::", true), ("3fff:fff::", false), ("2003::", true), ("4000::", false), ("1fff::", false),
            ("::ffff:8.8.8.8", true),
        ]
        for (text, isPublic) in cases {
            #expect(try #require(NetworkAddress(literal: text)).isPublic == isPublic, "\(text)")
        }
    }
}
