import Formats
import Marketplace
import TestSupport
import Testing

@Suite("The distance of answers")
struct AnswerDistanceTests {
    @Test(
        "of texts is the number of scalars put in, taken out or replaced",
        arguments: [
            ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0),
            ("Saturday", "Sunday", 3), ("gumbo", "gambol", 2), ("e\u{301}", "\u{e9}", 2), ("日本語", "日本", 1),
            ("intention", "execution", 5),
        ])
    func knownTexts(one: String, other: String, expected: Int) {
        #expect(AnswerDistance.between(one, other) == expected)
        #expect(AnswerDistance.between(other, one) == expected)
    }

    @Test("of texts that are too long is nothing or all of it")
    func longTexts() {
        let long = String(repeating: "a", count: AnswerDistance.textMax)
        #expect(AnswerDistance.between(long, String(long.dropLast()) + "b") == 1)
        #expect(AnswerDistance.between(long + "a", long + "a") == 0)
        #expect(AnswerDistance.between(long + "a", long + "b") == AnswerDistance.textMax + 1)
    }

    private static let span: JSON = ["start": 1, "end": 4, "label": "party"]
    private static let known: [(one: JSON, other: JSON, distance: Int, size: Int)] = [
        (["label": "a"], ["label": "a"], 0, 1), (["label": "yes"], ["label": "no"], 3, 3),
        (["a": 1, "b": "xy"], ["a": 2, "b": "xyz"], 2, 4), (["a": 1], ["a": 1, "b": "four"], 4, 5), (1, "one", 3, 3),
        ([1, 2, 3], [1, 3], 2, 3), (["a", "b"], ["b", "a"], 2, 2), ([:], [], 1, 1), (nil, false, 1, 1),
        (["x": "aaaa"], ["y": "bbbb"], 4, 4), ([span, span], [span], 7, 14), ([span], [["start": 1]], 7, 7),
        ([span, ["start": 9]], [["start": 9], span], 1, 8), (["n": .number("1.0")], ["n": 1], 1, 1),
    ]

    @Test(
        "of answers is that of their leaves; of lists of objects what one has and the other has not",
        arguments: known.indices)
    func knownAnswers(index: Int) {
        let (one, other, distance, size) = Self.known[index]
        for measured in [AnswerDistance(between: one, and: other), AnswerDistance(between: other, and: one)] {
            #expect(measured.distance == distance && measured.size == size, "\(measured)")
        }
    }

    @Test("is nothing exactly for the same JSON, the same both ways, and within the size", arguments: 0..<10)
    func properties(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let one = json(&generator, depth: 3)
            let other = Bool.random(using: &generator) ? json(&generator, depth: 3) : one
            let (there, back) = (AnswerDistance(between: one, and: other), AnswerDistance(between: other, and: one))
            #expect(there == back, "\(one) \(other)")
            #expect((there.distance == 0) == (one.canonicalBytes() == other.canonicalBytes()), "\(one) \(other)")
            #expect(0...there.size ~= there.distance && there.size > 0)
        }
    }

    @Test("of texts is never longer than a detour", arguments: 0..<5)
    func triangle(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        func text() -> String {
            let letters = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                "abé".randomElement(using: &generator)
            }
            let tail = Int.random(in: 0...4, using: &generator) == 0 ? AnswerDistance.textMax : 0
            return String(letters.compactMap(\.self)) + String(repeating: "z", count: tail)
        }
        for _ in 0..<200 {
            let (one, two, three) = (text(), text(), text())
            let direct = AnswerDistance.between(one, three)
            #expect(direct <= AnswerDistance.between(one, two) + AnswerDistance.between(two, three))
        }
    }

    @Test("of a large answer is found in bounded time", .timeLimit(.minutes(10)))
    func bounded() {
        let texts = { (letter: String) in
            JSON.array((0..<500).map { _ in .string(String(repeating: letter, count: AnswerDistance.textMax)) })
        }
        let measured = AnswerDistance(between: texts("a"), and: texts("b"))
        #expect(measured.distance == measured.size && measured.size == 500 * AnswerDistance.textMax)
    }

    private func json(_ generator: inout SplitMix64, depth: Int) -> JSON {
        switch Int.random(in: 0...(depth > 0 ? 6 : 3), using: &generator) {
        case 0: return nil
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .integer(Int64.random(in: 0...3, using: &generator))
        case 3: return .string(["", "a", "ab", "é", "e\u{301}"].randomElement(using: &generator) ?? "")
        case 4:
            let count = Int.random(in: 0...3, using: &generator)
            return .array((0..<count).map { _ in json(&generator, depth: depth - 1) })
        case 5:
            let spans = (0..<Int.random(in: 0...3, using: &generator)).map { _ -> JSON in
                ["start": .integer(Int64.random(in: 0...2, using: &generator))]
            }
            return .array(spans)
        default:
            var members: [String: JSON] = [:]
            for name in ["a", "b", "c"] where Bool.random(using: &generator) {
                members[name] = json(&generator, depth: depth - 1)
            }
            return .object(members)
        }
    }
}
