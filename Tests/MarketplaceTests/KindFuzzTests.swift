import Formats
import Foundation
import Marketplace
import Testing

@Suite("Kinds under bad input")
struct KindFuzzTests {
    /// What is put in place of parts of a sample.
    static let strange: [JSON] = [
        .null, true, 0, -1, .integer(.max), .integer(.min), .number("1e399"), .number("-0.0"), .number("1e-300"), "",
        "\u{0}", "\u{FFFD}\u{202E}", .string(String(repeating: "a", count: 10_000)), [], [:],
        .array(Array(repeating: [:], count: 1_001)), (0..<60).reduce(JSON.null) { value, _ in [value] },
        (0..<60).reduce(JSON.null) { value, _ in ["a": value] },
    ]

    @Test(
        "300 mutated samples of each kind are taken or refused with places, and never trap",
        arguments: TaskKind.allCases)
    func mutations(kind: TaskKind) throws {
        let sample = try KindSample(kind)
        var random = KindRandom(state: 0x4B1D)
        var (valid, refused) = (0, 0)
        for round in 0..<300 {
            let parameters = round % 3 == 0 ? Self.mutated(sample.parameters, &random) : sample.parameters
            let input = round % 3 == 1 ? Self.mutated(sample.input, &random) : sample.input
            let answer = round % 3 == 2 ? Self.mutated(sample.answer, &random) : sample.answer
            var faults = try ProjectShape.parameterFaults(parameters, of: kind)
            // A schema that follows from valid parameters compiles.
            if faults.isEmpty {
                let shape = try ProjectShape(kind, parameters: parameters)
                faults = shape.faults(inInput: input)
                if faults.isEmpty { faults = shape.faults(inAnswer: answer, to: input) }
            }
            #expect(faults.count <= 20)
            #expect(faults.allSatisfy { $0.path.isEmpty || $0.path.hasPrefix("/") })
            if faults.isEmpty { valid += 1 } else { refused += 1 }
        }
        #expect(refused > 100, "\(valid) of 300 were valid")
    }

    /// With one to three parts changed, each one of those that are there.
    private static func mutated(_ value: JSON, _ random: inout KindRandom) -> JSON {
        var value = value
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let places = pointers(in: value)
            let place = places[Int.random(in: 0..<places.count, using: &random)]
            switch Int.random(in: 0..<4, using: &random) {
            case 0: value = value.with(nil, at: place)
            case 1: value = value.with("x", at: place + "/stranger")
            default: value = value.with(strange[Int.random(in: 0..<strange.count, using: &random)], at: place)
            }
        }
        return value
    }

    /// Places in the value, at most 200; names with / or ~ in them are left out.
    private static func pointers(in value: JSON, at path: String = "") -> [String] {
        var found = [path]
        for (name, member) in (value.objectValue ?? [:]).sorted(by: { $0.key < $1.key })
        where !name.isEmpty && !name.contains("/") && !name.contains("~") {
            found += pointers(in: member, at: "\(path)/\(name)")
        }
        for (place, element) in (value.arrayValue ?? []).prefix(20).enumerated() {
            found += pointers(in: element, at: "\(path)/\(place)")
        }
        return Array(found.prefix(200))
    }

    @Test("bytes that are no JSON never reach a kind: NUL, half a surrogate pair, nesting")
    func bytes() {
        for text in [#"{"text":"\u0000"}"#, #"{"text":"\ud800"}"#, String(repeating: "[", count: 100_000)] {
            #expect(throws: JSONFault.self) { try JSON.parse(text) }
        }
    }

    @Test("ten thousand faults are told as twenty, in bounded time")
    func manyFaults() throws {
        let kind = try #require(TaskKind(rawValue: "span_extraction"))
        let shape = try ProjectShape(kind, parameters: ["labels": ["a"], "overlap": false])
        let input: JSON = ["text": .string(String(repeating: "a", count: 3_000_000))]
        func spans(_ count: Int, _ span: (Int) -> JSON) -> JSON { ["spans": .array((0..<count).map(span))] }
        let elapsed = ContinuousClock().measure {
            #expect(shape.faults(inAnswer: spans(10_000) { _ in ["x": 1] }, to: input).count == 20)
            // As many as the schema lets through, all of them beyond the text, or over each other.
            let beyond = spans(1_000) { ["start": .integer(Int64($0)), "end": 3_000_001, "label": "a"] }
            #expect(shape.faults(inAnswer: beyond, to: input).count == 20)
            let nested = spans(1_000) { ["start": .integer(Int64($0)), "end": 3_000_000, "label": "a"] }
            #expect(
                shape.faults(inAnswer: nested, to: input).map(\.keyword) == Array(repeating: "no_overlap", count: 20))
        }
        #expect(elapsed < .seconds(60), "\(elapsed)")
    }

    @Test("passages that cost more than their worth to find are refused, not searched for")
    func verbatimWork() throws {
        let keys = (0..<200).map { ["name": .string("k\($0)"), "type": "text"] as JSON }
        let shape = try ProjectShape(
            .extraction, parameters: ["keys": .array(keys), "passages": "quoted", "verbatim": true]
        )
        let input: JSON = ["text": .string(String(repeating: "a", count: 4_000_000))]
        let field: JSON = ["answer": nil, "spans": .array(Array(repeating: "a", count: 100))]
        let answer = JSON.object(Dictionary(uniqueKeysWithValues: (0..<200).map { ("k\($0)", field) }))
        let faults = shape.faults(inAnswer: answer, to: input)
        #expect(faults.map(\.reason) == ["takes too much work to check: give fewer passages"])
    }
}

/// A small seeded generator (Steele, Lea, Flood 2014), so that a failing round can be run again.
private struct KindRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
