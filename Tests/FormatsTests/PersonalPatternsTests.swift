import Formats
import Testing

@Suite("Patterns of personal data")
struct PersonalPatternsTests {
    @Test(
        "what looks like one becomes a placeholder",
        arguments: [
            ("Write to Ann.Lee+x@mail.example.org.", "Write to [EMAIL-1]."),
            ("<a@b.io>, a@b.io and A@B.IO", "<[EMAIL-1]>, [EMAIL-1] and [EMAIL-1]"),
            ("Call +49 (30) 901-820 or +4930901820 now", "Call [PHONE-1] or [PHONE-1] now"),
            ("IBAN DE89 3704 0044 0532 0130 00, GB82WEST12345698765432", "IBAN [IBAN-1], [IBAN-2]"),
            ("card 4111 1111 1111 1111; 4111-1111-1111-1111", "card [CARD-1]; [CARD-1]"),
            ("SSN 123-45-6789.", "SSN [SSN-1]."),
            ("from 192.168.0.1, 10.0.0.255 via 192.168.0.1.", "from [IP-1], [IP-2] via [IP-1]."),
            ("at 2001:db8::1 and 2001:db8:0:0:0:0:0:1, ::1", "at [IP-1] and [IP-2], [IP-3]"),
            ("::ffff:192.0.2.1", "[IP-1]"),
            ("Ünder: äb@x.de — ok", "Ünder: äb@x.de — ok".replacing("b@x.de", with: "[EMAIL-1]")),
        ])
    func found(text: String, cleaned: String) {
        var patterns = PersonalPatterns()
        #expect(patterns.clean(text) == cleaned)
    }

    @Test(
        "what only resembles one stays",
        arguments: [
            "a@b, @x.org, a@.org, a@b.1, user@", "DE88370400440532013000", "4111 1111 1111 1112", "000-12-3456",
            "666-12-3456", "900-12-3456", "123-00-6789", "123-45-0000", "1123-45-6789", "123-45-67890", "256.1.1.1",
            "1.2.3", "1.2.3.4.5", "version 12.30", "12:30:45", "std::map", "a::b::c::d", "+0123456789", "+123456",
            "+1234567890123456", "0000 0000 0000 0000", "x+4930901820", "§ 12-34", "",
        ])
    func stays(text: String) {
        var patterns = PersonalPatterns()
        #expect(patterns.clean(text) == text)
        #expect(patterns.counts.isEmpty)
    }

    @Test("equal values get equal placeholders all over a task, members in one order, and are counted")
    func task() throws {
        let payload: JSON = [
            "b": ["second@x.org", 4_111_111_111_111_111, 4_111_111_111_111_112, true, nil],
            "a": "first@x.org", "c": ["d": "first@x.org and second@x.org"],
        ]
        var patterns = PersonalPatterns()
        let cleaned = patterns.clean(payload)
        #expect(
            cleaned == [
                "b": ["[EMAIL-2]", "[CARD-1]", 4_111_111_111_111_112, true, nil],
                "a": "[EMAIL-1]", "c": ["d": "[EMAIL-1] and [EMAIL-2]"],
            ])
        #expect(patterns.counts == [.email: 4, .card: 1])
        #expect(patterns.clean("first@x.org" as JSON) == "[EMAIL-1]", "an answer that quotes it agrees")
        var again = PersonalPatterns()
        #expect(again.clean(payload) == cleaned)
    }

    @Test("any bytes are read to their end, in time that grows with them", .timeLimit(.minutes(10)))
    func anything() {
        var state: UInt64 = 7
        let alphabet = Array("aZ09@.:+-_ DE89/()ü\u{10FFFF}".unicodeScalars)
        for _ in 0..<2_000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<60 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.append(alphabet[Int((state >> 33) % UInt64(alphabet.count))])
            }
            var patterns = PersonalPatterns()
            let cleaned = patterns.clean(String(text))
            #expect(patterns.counts.isEmpty == (cleaned == String(text)))
        }
        for unit in ["a", "a@", "1", "1 ", "+1", "DE", ":", "a.", "1.", "a:"] {
            var patterns = PersonalPatterns()
            _ = patterns.clean(String(repeating: unit, count: 500_000))
        }
    }
}
