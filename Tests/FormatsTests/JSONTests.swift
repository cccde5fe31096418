import Formats
import Foundation
import Testing

@Suite struct JSONTests {
    @Test("Every kind of value is read as it was written")
    func kinds() throws {
        let text = #"""
             { "a" : [ null , true, -7, 1.50, 1E3, 12345678901234567890 ] , "é😀" : "x\n\u00e9\ud83d\ude00\/" }
            """#
        let expected: JSON = [
            "a": [nil, true, -7, .number("1.50"), .number("1E3"), .number("12345678901234567890")],
            "é😀": "x\né😀/",
        ]
        let value = try JSON.parse(text)
        #expect(value == expected)
        #expect(value["a"]?[2]?.integerValue == -7)
        #expect(value["a"]?[1]?.boolValue == true)
        #expect(value["a"]?[0]?.isNull == true)
        #expect(value["a"]?[6] == nil && value["a"]?[-1] == nil && value["b"] == nil && value[0] == nil)
        #expect(value["é😀"]?.stringValue == "x\né😀/")
        #expect(value.objectValue?.count == 2 && value.arrayValue == nil)
    }

    @Test(
        "A whole number is exact or not there",
        arguments: [
            ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min), ("-0", 0), ("0", 0),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("1.0", 1), ("1e3", 1_000), ("120e-1", 12),
            ("0.5", nil), ("1e-390", nil), ("0e390", 0), ("1e19", nil), ("9223372036854775807.0", Int64.max),
            ("1e18", 1_000_000_000_000_000_000), ("\"1\"", nil), ("999999999999999999", 999_999_999_999_999_999),
        ] as [(String, Int64?)])
    func wholeNumbers(text: String, expected: Int64?) throws {
        #expect(try JSON.parse(text).integerValue == expected)
    }

    /// Reason, byte offset, and the bytes.
    static let refused: [(JSONFault.Reason, Int, String)] = [
        (.unexpectedEnd, 0, ""), (.unexpectedEnd, 1, " "), (.unexpectedEnd, 1, "["), (.unexpectedEnd, 2, "[1"),
        (.unexpectedEnd, 2, "\"a"), (.unexpectedEnd, 2, "\"\\"), (.unexpectedEnd, 5, "\"\\u12"),
        (.unexpectedEnd, 3, "tru"), (.unexpectedEnd, 4, "{\"a\""), (.unexpectedEnd, 5, "{\"a\":"),
        (.unexpectedEnd, 6, "{\"a\":1"), (.unexpectedByte, 3, "[1,]"), (.unexpectedByte, 7, "{\"a\":1,}"),
        (.unexpectedByte, 1, "[,1]"), (.unexpectedByte, 1, "{a:1}"), (.unexpectedByte, 1, "[}"),
        (.unexpectedByte, 0, "]"), (.unexpectedByte, 0, "'a'"), (.unexpectedByte, 0, "+1"), (.unexpectedByte, 0, "NaN"),
        (.unexpectedByte, 0, "Infinity"), (.unexpectedByte, 0, "// a"), (.unexpectedByte, 3, "truE"),
        (.unexpectedByte, 3, "[1 2]"), (.unexpectedByte, 5, "{\"a\" 1}"), (.unexpectedByte, 0, "\u{A0}1"),
        (.unexpectedByte, 0, "\u{0B}1"), (.trailingBytes, 2, "1 2"), (.trailingBytes, 2, "{}}"),
        (.trailingBytes, 4, "nulll"), (.malformedNumber, 0, "01"), (.malformedNumber, 0, "-"),
        (.malformedNumber, 0, "-01"), (.malformedNumber, 0, "1."), (.malformedNumber, 1, "[-.5]"),
        (.malformedNumber, 0, "1e"), (.malformedNumber, 0, "1e+"), (.malformedNumber, 0, "1-2"),
        (.malformedNumber, 0, "--1"), (.malformedNumber, 0, "1e1000"), (.malformedNumber, 0, "1e399"),
        (.malformedNumber, 0, "0e999"), (.malformedNumber, 0, "1.2.3"),
        (.malformedNumber, 0, String(repeating: "1", count: 401)), (.malformedEscape, 2, "\"\\x41\""),
        (.malformedEscape, 5, "\"\\u00g0\""), (.malformedEscape, 2, "\"\\U0041\""), (.loneSurrogate, 1, "\"\\ud800\""),
        (.loneSurrogate, 1, "\"\\udc00\""), (.loneSurrogate, 1, "\"\\ud800\\n\""),
        (.loneSurrogate, 1, "\"\\ud800\\ud800\""), (.loneSurrogate, 2, "\"a\\ud800"), (.nul, 1, "\"\\u0000\""),
        (.nul, 1, "\"\u{0}\""), (.nul, 0, "\u{0}"), (.nul, 1, "1\u{0}"), (.nul, 1, "[\u{0}]"),
        (.controlCharacter, 2, "\"a\nb\""), (.controlCharacter, 1, "\"\t\""), (.controlCharacter, 1, "\"\u{1F}\""),
        (.byteOrderMark, 0, "\u{FEFF}1"), (.duplicateKey, 7, "{\"a\":1,\"a\":1}"),
        (.duplicateKey, 7, "{\"a\":1,\"\\u0061\":2}"), (.duplicateKey, 8, "{\"é\":1,\"e\u{301}\":2}"),
    ]

    @Test("What RFC 8259 or PostgreSQL would not take is refused with its place", arguments: refused)
    func refusals(reason: JSONFault.Reason, offset: Int, text: String) {
        #expect(isRefused(text, reason, at: offset))
    }

    @Test(
        "Bytes that are not UTF-8 are refused",
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22], [0x22, 0x80, 0x22],
            [0x22, 0x5C, 0x6E, 0xFF, 0x22], [0x22, 0xF0, 0x80, 0x80, 0x80, 0x22],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        #expect(isRefused(bytes, .invalidUTF8, at: 1))
    }

    @Test("UTF-16 and a stray byte outside strings are refused")
    func otherEncodings() {
        #expect(isRefused([0x31, 0x00], .nul, at: 1))
        #expect(isRefused([0xFE, 0xFF, 0x00, 0x31], .unexpectedByte, at: 0))
        #expect(isRefused([0x31, 0xFF], .trailingBytes, at: 1))
    }

    @Test("Depth, size and members are bounded, to the level, the byte and the member")
    func limits() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try JSON.parse(nested(32)) }
        #expect(isRefused(nested(33), .tooDeep, at: 32))
        let greedy = JSON.Limits(maxDepth: 1_000_000)
        #expect(throws: Never.self) { try JSON.parse(nested(128), limits: greedy) }
        #expect(isRefused(nested(129), limits: greedy, .tooDeep, at: 128))
        #expect(throws: Never.self) { try JSON.parse("1234", limits: .init(maxBytes: 4)) }
        #expect(isRefused("1234", limits: .init(maxBytes: 3), .tooManyBytes, at: 3))
        let members = #"{"a":{"b":1},"c":2}"#
        #expect(throws: Never.self) { try JSON.parse(members, limits: .init(maxKeys: 3)) }
        #expect(isRefused(members, limits: .init(maxKeys: 2), .tooManyKeys, at: 13))
    }

    @Test("The canonical form has one spelling for one value (RFC 8785)")
    func canonical() throws {
        let value: JSON = [
            "\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7,
        ]
        let order = "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
        #expect(value.canonicalText.unicodeScalars.elementsEqual(order.unicodeScalars))
        let text = try JSON.parse(#"[ "\u0001\u001f\b\f\n\r\t\"\\\/\u007f\u20ac", 1.0, -0, {} , [] ]"#)
        #expect(text.canonicalText == "[\"\\u0001\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\u{7f}€\",1.0,0,{},[]]")
        #expect(JSON.number(#"1,"admin":true"#).canonicalText == #""1,\"admin\":true""#)
        #expect(JSON(floatLiteral: .infinity) == .null && JSON(floatLiteral: 1e100).canonicalText == "1e+100")
    }

    @Test("The pretty form is sorted and indented by two")
    func pretty() {
        let value: JSON = ["b": [1, ["c": nil]], "a": [], "d": [:]]
        #expect(
            value.prettyText == """
                {
                  "a": [],
                  "b": [
                    1,
                    {
                      "c": null
                    }
                  ],
                  "d": {}
                }
                """)
    }

    @Test("NFC and NFD are different values")
    func scalars() {
        #expect(JSON.string("é") != JSON.string("e\u{301}"))
        #expect(JSON.object(["é": 1]) != JSON.object(["e\u{301}": 1]))
        #expect(JSON.object(["é": 1]) == ["é": 1])
        #expect(Set<JSON>(["é", "e\u{301}"]).count == 2)
    }

    @Test("Two megabytes are read without going over them again and again")
    func speed() throws {
        let line = #"{"name":"Acme Corp","clauses":["Governing Law","Anti-Assignment"],"pages":41,"score":0.75}"#
        let text = "[" + Array(repeating: line, count: 23_000).joined(separator: ",") + "]"
        let limits = JSON.Limits(maxBytes: 4 << 20)
        let bytes = Array(text.utf8)
        var value = JSON.null
        let elapsed = try ContinuousClock().measure { value = try JSON.parse(bytes, limits: limits) }
        #expect(value.arrayValue?.count == 23_000)
        #expect(elapsed < .seconds(60), "\(bytes.count) bytes took \(elapsed)")
    }
}

@Suite struct JSONFuzzTests {
    static let seeds: [String] = [
        #"{"a":[1,2.5,-3e2,null,true,false,"x\u00e9\ud83d\ude00\n"],"b":{"c":{"d":[[[]]]}},"é":"😀"}"#,
        #"[{"name":"Governing Law","value":"New York","page":12},{"name":"Expiration Date","value":null}]"#,
        String(repeating: "[", count: 512), String(repeating: "[", count: 513),
        String(repeating: "[", count: 512) + "{",
        String(repeating: "[", count: 512) + String(repeating: "]", count: 512),
        String(repeating: "{\"a\":", count: 513),
        String(repeating: "[", count: 31) + "1" + String(repeating: "]", count: 31),
        "\"\\ud83d\\ude00\"", "-0.0e-0", "[]",
    ]
    static let spice = Array("[]{}\",:\\u0d8e+-.1 \n\u{0}tfn".utf8) + [0x80, 0xC3, 0xED, 0xEF, 0xBB, 0xBF, 0xF0, 0xFF]

    @Test("20,000 mutated texts are read or refused, and what is read survives a round trip")
    func mutations() throws {
        var random = SplitMix64(state: 0x6A50_4E01)
        var accepted = 0
        for round in 0..<20_000 {
            var bytes = Array(Self.seeds[round % Self.seeds.count].utf8)
            for _ in 0..<Int.random(in: 0...4, using: &random) { Self.mutate(&bytes, &random) }
            do throws(JSONFault) {
                let value = try JSON.parse(bytes, limits: .init(maxDepth: round % 2 == 0 ? 32 : 128))
                let canonical = value.canonicalBytes()
                let again = try JSON.parse(canonical, limits: .init(maxDepth: 128))
                #expect(again == value && again.canonicalBytes() == canonical, "round \(round)")
                let pretty = try JSON.parse(value.prettyText, limits: .init(maxDepth: 128))
                #expect(pretty == value, "round \(round)")
                accepted += 1
            } catch {
                #expect((0...bytes.count).contains(error.offset), "round \(round): \(error)")
            }
        }
        #expect(accepted > 2_000, "the fuzz reads something: \(accepted)")
    }

    private static func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let byte = spice[Int.random(in: 0..<spice.count, using: &random)]
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.insert(byte, at: place)
        case 1 where place < bytes.count: bytes[place] = byte
        case 2 where place < bytes.count: bytes.remove(at: place)
        case 3: bytes.removeSubrange(place...)
        default: bytes.append(byte)
        }
    }

    @Test(
        "The killers of Foundation's parser are refused on a stack of 512 KiB",
        arguments: [
            ("[", 512, "["), ("[", 512, "{"), ("[", 512, "\""), ("[", 100_000, ""), ("{\"a\":[", 100_000, ""),
            ("[", 128, String(repeating: "]", count: 128)),
        ])
    func killers(unit: String, count: Int, end: String) async {
        let text = String(repeating: unit, count: count) + end
        let isDone = await withCheckedContinuation { continuation in
            let thread = Thread {
                let value = try? JSON.parse(text, limits: .init(maxDepth: 128))
                continuation.resume(returning: value == nil || value?.canonicalText == text)
            }
            thread.stackSize = 512 * 1_024
            thread.start()
        }
        #expect(isDone)
    }
}

private func isRefused(
    _ text: String, limits: JSON.Limits = .default, _ reason: JSONFault.Reason, at offset: Int
) -> Bool {
    isRefused(Array(text.utf8), limits: limits, reason, at: offset)
}

private func isRefused(
    _ bytes: [UInt8], limits: JSON.Limits = .default, _ reason: JSONFault.Reason, at offset: Int
) -> Bool {
    do throws(JSONFault) {
        _ = try JSON.parse(bytes, limits: limits)
        return false
    } catch {
        return error.reason == reason && error.offset == offset
    }
}

/// A small seeded generator (Steele, Lea, Flood 2014), so that a failing round can be run again.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
