import Testing

@testable import Formats

@Suite("Questions of PubMedQA")
struct PubMedQAReaderTests {
    private func record(_ changes: [String: JSON?] = [:]) -> JSON {
        var members: [String: JSON] = [
            "QUESTION": "Does it help?", "CONTEXTS": ["one", "two"], "LABELS": ["AIM", "RESULTS"], "MESHES": ["X"],
            "YEAR": "2014", "reasoning_required_pred": "yes", "reasoning_free_pred": "maybe", "final_decision": "no",
            "LONG_ANSWER": "It may.",
        ]
        for (key, value) in changes { members[key] = value }
        return .object(members)
    }

    private func read(_ records: [String: JSON]) throws -> [PubMedItem] {
        let bytes = gzipMember(JSON.object(records).canonicalBytes())
        return Array(try PubMedQAReader(ByteReader(bytes: bytes, name: "data/test.json")))
    }

    @Test("questions come in the order of their ids")
    func questions() throws {
        let items = try read(["2": record(["YEAR": .null]), "10": record()])
        func question(_ id: String, _ year: Int?) -> PubMedItem {
            .question(
                PubMedQuestion(
                    id: id, question: "Does it help?",
                    contexts: [PubMedContext(label: "AIM", text: "one"), PubMedContext(label: "RESULTS", text: "two")],
                    conclusion: "It may.", year: year, firstAnswer: .yes, secondAnswer: .maybe, settled: .no))
        }
        #expect(items == [question("10", 2014), question("2", nil)])
    }

    private static let faulty: [(key: String, value: JSON?, reason: String)] = [
        ("final_decision", "perhaps", "final_decision is “perhaps”, which is none of yes, no, maybe"),
        ("reasoning_free_pred", nil, "reasoning_free_pred is missing or not a text"),
        ("reasoning_required_pred", 1, "reasoning_required_pred is missing or not a text"),
        ("QUESTION", "", "QUESTION is missing or not a text"),
        ("LONG_ANSWER", nil, "LONG_ANSWER is missing or not a text"),
        ("CONTEXTS", "one", "CONTEXTS is missing or not a list"),
        ("CONTEXTS", ["one"], "LABELS has 2 elements and CONTEXTS has 1"),
        ("LABELS", ["AIM", 2], "LABELS holds something not a text"),
        ("LABELS", nil, "LABELS is missing or not a list"),
    ]

    @Test("a bad record is a fault that names it, and the next is read", arguments: faulty)
    func faults(key: String, value: JSON?, reason: String) throws {
        let items = try read(["1": record([key: value]), "2": record()])
        #expect(items.first == .fault(RecordFault(position: "test.json record 1", reason: reason)))
        #expect(items.count == 2)
    }

    @Test("a file that is not one JSON object is an error", arguments: ["", "[]", "{", "{\"a\":1} x"])
    func notAnObject(text: String) {
        #expect(throws: FormatError.self) {
            try PubMedQAReader(ByteReader(bytes: Array(text.utf8), name: "test.json"))
        }
    }
}
