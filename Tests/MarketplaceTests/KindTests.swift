import Formats
import Foundation
import Marketplace
import Store
import Testing

/// A kind's sample, as samples/kinds/ has it.
struct KindSample {
    let kind: TaskKind
    let parameters: JSON
    let input: JSON
    let answer: JSON
    let shape: ProjectShape

    init(_ kind: TaskKind) throws {
        self.kind = kind
        func file(_ name: String) throws -> JSON {
            let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("samples/kinds/\(kind.rawValue)")
            return try JSON.parse([UInt8](Data(contentsOf: folder.appendingPathComponent("\(name).json"))))
        }
        parameters = try file("parameters")
        input = try file("input")
        answer = try file("answer")
        shape = try ProjectShape(kind, parameters: parameters)
    }
}

extension JSON {
    /// The value with another at a JSON Pointer, or without what is there for nil; one step beyond an array appends.
    func with(_ value: JSON?, at pointer: String) -> JSON {
        with(value, at: pointer.split(separator: "/").map(String.init)[...])
    }

    private func with(_ value: JSON?, at steps: ArraySlice<String>) -> JSON {
        guard let step = steps.first else { return value ?? .null }
        let rest = steps.dropFirst()
        if var elements = arrayValue, let place = Int(step) {
            if place >= elements.count {
                if let value { elements.append(value) }
            } else if rest.isEmpty, value == nil {
                elements.remove(at: place)
            } else {
                elements[place] = elements[place].with(value, at: rest)
            }
            return .array(elements)
        }
        var members = objectValue ?? [:]
        guard !rest.isEmpty || value != nil else {
            members.removeValue(forKey: step)
            return .object(members)
        }
        members[step] = (members[step] ?? .null).with(value, at: rest)
        return .object(members)
    }
}

@Suite("Kinds of tasks")
struct KindTests {
    @Test("the sample of every kind is valid, and there is no sample without its kind", arguments: TaskKind.allCases)
    func samples(kind: TaskKind) throws {
        let sample = try KindSample(kind)
        #expect(sample.shape.faults(inInput: sample.input) == [])
        #expect(sample.shape.faults(inAnswer: sample.answer, to: sample.input) == [])
        #expect(sample.shape.items(in: sample.input) >= 1)
        #expect(TaskKind(rawValue: kind.rawValue) == kind)
        #expect(!kind.definition.view.shows.isEmpty)
        for (member, _) in kind.definition.view.shows where sample.input[member] == nil {
            #expect(sample.shape.inputSchema["properties"]?[member] != nil, "a page shows what an input may have")
        }
    }

    @Test("have different names of the shape that the database takes")
    func names() {
        let names = TaskKind.allCases.map(\.rawValue)
        #expect(Set(names).count == names.count && names.count == 15)
        #expect(names.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0 == "_" || ("a"..."z").contains($0) } })
        #expect(TaskKind(rawValue: "") == nil && TaskKind(rawValue: "Extraction") == nil)
    }

    @Test("are described in docs/TASK-KINDS.md, each by its name", arguments: TaskKind.allCases)
    func documented(kind: TaskKind) throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/TASK-KINDS.md")
        #expect(try String(contentsOf: page, encoding: .utf8).contains("| `\(kind.rawValue)` |"))
    }

    enum Part: String { case parameters, input, answer }

    struct Broken: CustomTestStringConvertible {
        let kind: String
        let part: Part
        /// Where the sample is changed, and to what; nil takes it away.
        let change: String
        let value: JSON?
        let path: String
        let rule: String
        var testDescription: String { "\(kind) \(part) \(change)" }

        init(_ kind: String, _ part: Part, _ change: String, _ value: JSON?, _ path: String, _ rule: String) {
            (self.kind, self.part, self.change, self.value) = (kind, part, change, value)
            (self.path, self.rule) = (path, rule)
        }
    }

    /// Of JSON; where an optional is asked for, `.null` would be nothing at all.
    private static let null: JSON = nil

    static let broken: [Broken] = [
        Broken("extraction", .parameters, "/keys", [], "/keys", "minItems"),
        Broken("extraction", .parameters, "/keys/1/name", "Governing law", "/keys/1/name", "own_name"),
        Broken("extraction", .parameters, "/keys/0/type", "choice", "/keys/0", "options"),
        Broken("extraction", .parameters, "/keys/0/options", ["a", "b"], "/keys/0", "options"),
        Broken("extraction", .parameters, "/keys/0/kind", "x", "/keys/0/kind", "additionalProperties"),
        Broken("extraction", .input, "/text", nil, "", "required"),
        Broken("extraction", .input, "/txet", "x", "/txet", "additionalProperties"),
        Broken("extraction", .answer, "/Governing law", nil, "", "required"),
        Broken("extraction", .answer, "/Effective date/answer", "2026-02-30", "/Effective date/answer", "format"),
        Broken("extraction", .answer, "/Non-compete/answer", nil, "/Non-compete", "required"),
        Broken("extraction", .answer, "/Non-compete/answer", Self.null, "/Non-compete/answer", "enum"),
        Broken("extraction", .answer, "/Governing law/spans/0", "of Ohio", "/Governing law/spans/0", "verbatim"),
        Broken("span_extraction", .parameters, "/labels", [], "/labels", "minItems"),
        Broken("span_extraction", .answer, "/spans/0/label", "place", "/spans/0/label", "enum"),
        Broken("span_extraction", .answer, "/spans/0/end", 0, "/spans/0/end", "span_in_text"),
        Broken("span_extraction", .answer, "/spans/2/end", 39, "/spans/2/end", "span_in_text"),
        Broken("span_extraction", .answer, "/spans/0/start", -1, "/spans/0/start", "minimum"),
        Broken("span_extraction", .answer, "/spans/0/text", "Acne", "/spans/0/text", "span_text"),
        Broken("span_extraction", .answer, "/spans/1/start", 3, "/spans/1", "no_overlap"),
        Broken("span_extraction", .answer, "/spans/0/end", .number("1e300"), "/spans/0/end", "maximum"),
        Broken("classification", .parameters, "/labels/1", "supply", "/labels", "uniqueItems"),
        Broken("classification", .parameters, "/rationale", "perhaps", "/rationale", "enum"),
        Broken("classification", .answer, "/label", "Lease", "/label", "enum"),
        Broken("classification", .answer, "/rationale", "", "/rationale", "minLength"),
        Broken("multi_classification", .parameters, "/labels_least", 3, "/labels_least", "bounds"),
        Broken("multi_classification", .answer, "/labels", [], "/labels", "minItems"),
        Broken("multi_classification", .answer, "/labels/2", "privacy", "/labels", "maxItems"),
        Broken("multi_classification", .answer, "/labels/1", "liability", "/labels", "uniqueItems"),
        Broken("hierarchical_classification", .parameters, "/tree", [:], "/tree", "minProperties"),
        Broken("hierarchical_classification", .parameters, "/tree/Tort", "x", "/tree/Tort", "type"),
        Broken("hierarchical_classification", .answer, "/path/0", "Crime", "/path/0", "path_exists"),
        Broken("hierarchical_classification", .answer, "/path/1", "Lease", "/path/2", "path_exists"),
        Broken("hierarchical_classification", .answer, "/path/2", nil, "/path", "leaf"),
        Broken("hierarchical_classification", .answer, "/path/3", "Swamp", "/path/3", "path_exists"),
        Broken("judgement", .parameters, "/answers", ["yes"], "/answers", "minItems"),
        Broken("judgement", .input, "/question", nil, "", "required"),
        Broken("judgement", .input, "/contexts/0/text", 1, "/contexts/0/text", "type"),
        Broken("judgement", .answer, "/answer", "YES", "/answer", "enum"),
        Broken("judgement", .answer, "/rationale", nil, "", "required"),
        Broken("rating", .parameters, "/most", 1, "/least", "bounds"),
        Broken("rating", .parameters, "/criteria", ["\u{E9}", "e\u{301}"], "/criteria/1", "own_name"),
        Broken("rating", .parameters, "/anchors/6", "x", "/anchors/6", "on_scale"),
        Broken("rating", .answer, "/ratings/accuracy", 6, "/ratings/accuracy", "maximum"),
        Broken("rating", .answer, "/ratings/accuracy", 2.5, "/ratings/accuracy", "type"),
        Broken("rating", .answer, "/ratings/clarity", nil, "/ratings", "required"),
        Broken("rating", .answer, "/rationale", nil, "", "required"),
        Broken("pairwise_preference", .parameters, "/strengths", 10, "/strengths", "maximum"),
        Broken("pairwise_preference", .input, "/candidates/1", nil, "/candidates", "minItems"),
        Broken("pairwise_preference", .input, "/candidates/1/id", "a", "/candidates/1/id", "own_id"),
        Broken("pairwise_preference", .answer, "/winner", "c", "/winner", "winner_is_candidate"),
        Broken("pairwise_preference", .answer, "/winner", Self.null, "/strength", "strength"),
        Broken("pairwise_preference", .answer, "/strength", nil, "/strength", "strength"),
        Broken("ranking", .parameters, "/candidates_least", 6, "/candidates_least", "bounds"),
        Broken("ranking", .input, "/candidates/2/id", "b", "/candidates/2/id", "own_id"),
        Broken("ranking", .input, "/candidates/2", nil, "/candidates", "minItems"),
        Broken("ranking", .answer, "/order/2", nil, "/order", "permutation"),
        Broken("ranking", .answer, "/order/2", "a", "/order/2", "permutation"),
        Broken("ranking", .answer, "/order/2", "d", "/order/2", "permutation"),
        Broken("ranking", .answer, "/order/3", "b", "/order/3", "permutation"),
        Broken("free_text", .parameters, "/rubric/1/criterion", "names the statute", "/rubric/1/criterion", "own_name"),
        Broken("free_text", .parameters, "/length_least", 5_001, "/length_least", "bounds"),
        Broken("free_text", .answer, "/text", "Six months.", "/text", "minLength"),
        Broken(
            "rubric_grading", .answer, "/grades/names the statute/points", 3, "/grades/names the statute/points",
            "maximum"
        ),
        Broken("rubric_grading", .answer, "/grades/style", ["points": 1], "/grades/style", "additionalProperties"),
        Broken("rubric_grading", .parameters, "/rubric/0/points", 0, "/rubric/0/points", "minimum"),
        Broken("reference_answer", .parameters, "/question", "both", "/question", "enum"),
        Broken("reference_answer", .input, "/contexts/1", ["id": "lease-7", "text": "x"], "/contexts/1/id", "own_id"),
        Broken("reference_answer", .answer, "/citations", [], "/citations", "minItems"),
        Broken("reference_answer", .answer, "/citations/0/context", "x", "/citations/0/context", "context_exists"),
        Broken("reference_answer", .answer, "/citations/0/quote", "two months", "/citations/0/quote", "verbatim"),
        Broken("bounding_boxes", .input, "/image/width", 0, "/image/width", "minimum"),
        Broken("bounding_boxes", .input, "/image/url", "http://a.example.org", "/image/url", "pattern"),
        Broken("bounding_boxes", .input, "/image/sha256", "00", "/image/sha256", "pattern"),
        Broken("bounding_boxes", .answer, "/boxes/0/x", 961, "/boxes/0/width", "box_in_image"),
        Broken("bounding_boxes", .answer, "/boxes/0/height", 768, "/boxes/0/height", "box_in_image"),
        Broken("bounding_boxes", .answer, "/boxes/0/width", 3, "/boxes/0/width", "minimum"),
        Broken("bounding_boxes", .answer, "/boxes/0/x", .integer(.max), "/boxes/0/x", "maximum"),
        Broken("bounding_boxes", .answer, "/boxes/0/label", "bone", "/boxes/0/label", "enum"),
        Broken("conversation", .parameters, "/roles/0", "nobody", "/roles/0", "enum"),
        Broken("conversation", .input, "/turns/1/id", "1", "/turns/1/id", "own_id"),
        Broken("conversation", .input, "/turns/1", nil, "/turns", "turn_asked"),
        Broken("conversation", .answer, "/turns/0/id", "1", "/turns/0/id", "turn_exists"),
        Broken("conversation", .answer, "/turns/1", ["id": "2", "label": "safe"], "/turns/1/id", "turn_exists"),
        Broken("conversation", .answer, "/turns/0/label", "fine", "/turns/0/label", "enum"),
        Broken("red_team", .parameters, "/turns_least", 1, "/turns_least", "minimum"),
        Broken("red_team", .input, "/policy", nil, "", "required"),
        Broken("red_team", .answer, "/breach", nil, "/breach", "finding_whole"),
        Broken("red_team", .answer, "/outcome", "held", "/breach", "finding_whole"),
        Broken("red_team", .answer, "/breach", 0, "/breach", "breach_exists"),
        Broken("red_team", .answer, "/breach", 2, "/breach", "breach_exists"),
        Broken("red_team", .answer, "/transcript/0/role", "assistant", "/transcript/0/role", "attack_first"),
        Broken("red_team", .answer, "/transcript/1", nil, "/transcript", "minItems"),
    ]

    @Test("a fault is told with its place and its rule", arguments: broken)
    func faults(broken: Broken) throws {
        let sample = try KindSample(#require(TaskKind(rawValue: broken.kind)))
        let faults =
            switch broken.part {
            case .parameters:
                try ProjectShape.parameterFaults(
                    sample.parameters.with(broken.value, at: broken.change), of: sample.kind)
            case .input: sample.shape.faults(inInput: sample.input.with(broken.value, at: broken.change))
            case .answer:
                sample.shape.faults(inAnswer: sample.answer.with(broken.value, at: broken.change), to: sample.input)
            }
        let fault = try #require(faults.first)
        #expect(fault.path == broken.path && fault.keyword == broken.rule, "\(faults)")
    }

    @Test("every kind is broken in its parameters or input, and in its answer")
    func table() {
        for kind in TaskKind.allCases {
            let parts = Self.broken.filter { $0.kind == kind.rawValue }.map(\.part)
            #expect(parts.contains(.answer) && parts.contains { $0 != .answer }, "\(kind.rawValue)")
        }
    }

    @Test("a turn that nobody labelled, and a tie without leave, are faults")
    func completeness() throws {
        let conversation = try KindSample(#require(TaskKind(rawValue: "conversation")))
        let longer = conversation.input.with(["id": "3", "role": "assistant", "text": "Well."], at: "/turns/2")
        let missing = conversation.shape.faults(inAnswer: conversation.answer, to: longer)
        #expect(missing.map(\.description) == ["/turns: must label all 2 turns asked about"])
        let pair = try KindSample(#require(TaskKind(rawValue: "pairwise_preference")))
        let tie = pair.answer.with(Self.null, at: "/winner").with(nil, at: "/strength")
        #expect(pair.shape.faults(inAnswer: tie, to: pair.input) == [])
        let strict = try ProjectShape(pair.kind, parameters: [:])
        #expect(strict.faults(inAnswer: tie, to: pair.input).map(\.path) == ["/winner"])
    }

    @Test("spans count Unicode scalars, and may overlap unless the project says no")
    func spans() throws {
        let kind = try #require(TaskKind(rawValue: "span_extraction"))
        let shape = try ProjectShape(kind, parameters: ["labels": ["a"]])
        let input: JSON = ["text": "e\u{301}😀x"]
        func faults(_ start: Int64, _ end: Int64, _ text: String) -> [String] {
            let span: JSON = ["start": .integer(start), "end": .integer(end), "label": "a", "text": .string(text)]
            return shape.faults(inAnswer: ["spans": [span]], to: input).map(\.keyword)
        }
        #expect(faults(0, 2, "e\u{301}") == [] && faults(2, 3, "😀") == [] && faults(3, 4, "x") == [])
        #expect(faults(0, 2, "\u{E9}") == ["span_text"] && faults(3, 5, "x") == ["span_in_text"])
        let both: JSON = [
            "spans": [["start": 0, "end": 3, "label": "a"], ["start": 1, "end": 4, "label": "a"]]
        ]
        #expect(shape.faults(inAnswer: both, to: input) == [])
    }

    @Test("a tree is bounded in depth, and its labels in length")
    func trees() throws {
        let kind = try #require(TaskKind(rawValue: "hierarchical_classification"))
        func faults(_ tree: JSON) throws -> [String] {
            try ProjectShape.parameterFaults(["tree": tree], of: kind).map(\.keyword)
        }
        func nested(_ depth: Int) -> JSON { (0..<depth).reduce([:]) { tree, _ in ["a": tree] } }
        #expect(try faults(nested(12)) == [] && faults(nested(13)) == ["depth"] && faults(nested(60)) != [])
        #expect(try faults([.init(repeating: "a", count: 201): [:]]) == ["label"])
    }

    @Test("schemas of the requester's own are checked alone")
    func ownSchemas() throws {
        let shape = try ProjectShape(.extraction, inputSchema: ["type": "object"], answerSchema: ["type": "string"])
        #expect(!shape.answerNeedsInput && shape.items(in: [:]) == 1)
        #expect(shape.faults(inInput: 1).map(\.keyword) == ["type"])
        #expect(shape.faults(inAnswer: "x", to: .null) == [] && shape.faults(inAnswer: 1, to: .null).count == 1)
        #expect(throws: BadInput.self) { try ProjectShape(.extraction, answerSchema: ["if": [:]]) }
    }

    @Test("what makes two answers the same is a part of every kind's answer, and never what is said about it")
    func sameAnswer() throws {
        for kind in TaskKind.allCases {
            let (sample, same) = (try KindSample(kind), SameAnswer.of(kind))
            for member in same.members { #expect(sample.answer[member] != nil, "\(kind.rawValue) \(member)") }
            #expect(!same.members.contains("rationale"))
        }
        #expect(TaskKind.allCases.filter { !SameAnswer.of($0).members.isEmpty }.count == 12)
        let labels = SameAnswer.of(try #require(TaskKind(rawValue: "multi_classification")))
        #expect(labels.key(of: ["labels": ["a", "b"]]) == labels.key(of: ["labels": ["b", "a"]]))
        #expect(labels.key(of: ["labels": ["a", "b"]]) != labels.key(of: ["labels": ["a"]]))
        let order = SameAnswer.of(try #require(TaskKind(rawValue: "ranking")))
        #expect(order.key(of: ["order": ["a", "b"]]) != order.key(of: ["order": ["b", "a"]]))
        #expect(SameAnswer.whole.key(of: "x") == SameAnswer.whole.key(of: "x"))
    }
}
