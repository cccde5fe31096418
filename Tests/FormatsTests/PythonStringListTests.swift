import Testing

@testable import Formats

@Suite("Lists of strings as Python writes them")
struct PythonStringListTests {
    private static let lists: [(text: String, strings: [String])] = [
        ("[]", []),
        ("", []),
        ("  [ ]\n", []),
        ("['one']", ["one"]),
        (#"['one', "it's", 'say "no"']"#, ["one", "it's", "say \"no\""]),
        (#"['a\nb', 'c\'d', "e\"f", 'g\\h', 'i\tj']"#, ["a\nb", "c'd", "e\"f", "g\\h", "i\tj"]),
        (#"['\xad\xe9', '\u200b\u202f']"#, ["\u{ad}é", "\u{200b}\u{202f}"]),
        (#"['\U0001f600', '\0', '\101']"#, ["😀", "\0", "A"]),
        (#"['\d', 'a,b', 'x]y']"#, ["\\d", "a,b", "x]y"]),
        ("['é字', ]", ["é字"]),
        ("['a\\\nb']", ["ab"]),
    ]

    @Test("strings are read with their escapes", arguments: lists)
    func strings(text: String, expected: [String]) throws {
        #expect(try PythonStringList.parse(text) == expected)
    }

    private static let faulty: [(text: String, position: Int)] = [
        ("x", 0), ("[", 1), ("['a'", 4), ("['a", 3), ("['a\\", 4), ("['a' 'b']", 5), ("[a]", 1), ("[,]", 1),
        ("['a'] x", 6), ("[1]", 1),
        (#"['\x1']"#, 5), (#"['\ud800']"#, 8), (#"['\U00110000']"#, 12), (#"['\N{DASH}']"#, 4),
        ("[['a']]", 1), ("[u'a']", 1), ("['a',,'b']", 5),
    ]

    @Test("anything else is a fault with its position", arguments: faulty)
    func faults(text: String, position: Int) {
        let error = #expect(throws: PythonStringList.Fault.self) { try PythonStringList.parse(text) }
        #expect(error?.position == position)
    }
}
