import Testing

@testable import Formats

private let answers: [JSON] = [
    ["label": "a"], [:], "whole", 5, nil, [1, "x"],
    ["text": "=1+1\nline", "choice": "yes", "flag": true, "n": .number("1.50"), "nothing": nil, "empty": []],
    ["texts": ["a", "b"], "one": ["a"], "choice": ["x", "y"], "deep": ["a": [["b": nil]]]],
    ["spans": [["start": 1, "end": 4, "label": "A", "text": "abc"], ["start": 5, "end": 6, "label": "B"]]],
    ["spans": [["start": 1, "end": 4, "label": "A", "colour": "red"]]],
    ["spans": [["start": 1, "end": 4, "label": "A"], "x"]],
]

private func task(_ key: String, _ payload: JSON, _ answers: [JSON]) -> TaskResults {
    TaskResults(
        externalKey: key, payload: payload,
        results: answers.enumerated().map {
            TaskResult(
                worker: "w-\($0.offset)", state: "accepted", shareBasisPoints: 10_000,
                submittedAt: "2026-03-02T09:00:00Z", seconds: 60, answer: $0.element)
        })
}

private func written(_ tasks: [TaskResults], _ settings: ResultWriter.Settings) -> String {
    var writer = ResultWriter(settings)
    tasks.forEach { writer.append($0) }
    writer.finish()
    return String(decoding: writer.take(), as: UTF8.self)
}

@Suite("Results in files")
struct ResultWriterTests {
    private static let tasks = [
        task("k,1", ["text": "a \"b\"\r\nc", "n": .number("1.50")], answers),
        task("=k2", ["nested": ["x": [nil, true]]], [["label": "b"]]),
    ]

    @Test("what is written can be read as tasks again", arguments: [TaskFileFormat.jsonl, .csv, .labelStudio])
    func roundTrip(format: TaskFileFormat) throws {
        var settings = ResultWriter.Settings(try #require(ResultFormat(rawValue: format.rawValue)))
        settings.isGuarded = false
        let items = try readTasks(Array(written(Self.tasks, settings).utf8), format)
        var found: [String: JSON] = [:]
        for item in items {
            guard case .record(let record) = item else {
                Issue.record("\(item)")
                continue
            }
            found[record.externalKey] = record.payload
        }
        #expect(found == ["k,1": Self.tasks[0].payload, "=k2": Self.tasks[1].payload])
        #expect(items.count == (format == .csv ? answers.count + 1 : 2))
    }

    @Test("the answers of JSON Lines, CSV and Label Studio are those that were given")
    func answersBack() throws {
        var settings = ResultWriter.Settings(.jsonl)
        let lines = written(Self.tasks, settings).split(separator: "\n")
        let first = try JSON.parse(String(try #require(lines.first)))
        #expect(first["results"]?.arrayValue?.map { $0["answer"] ?? nil } == answers)

        settings.format = .csv
        settings.isGuarded = false
        let rows = try readCSV(Array(written(Self.tasks, settings).utf8))
        let cells = rows.compactMap { row -> JSON? in
            guard case .record(let record) = row, let cell = record["result:answer"] else { return nil }
            return try? JSON.parse(cell)
        }
        #expect(cells == answers + [["label": "b"]])

        settings.format = .labelStudio
        settings.choices = ["choice"]
        let list = try JSON.parse(written(Self.tasks, settings))
        let results = try #require(list[0]?["annotations"]?.arrayValue)
        #expect(results.compactMap { $0["result"].flatMap(LabelStudioAnswer.read) } == answers)
    }

    @Test("Label Studio's items have the types and values that its tags write")
    func labelStudioItems() throws {
        let written = LabelStudioAnswer.write(
            ["kind": "yes", "why": "x", "n": 4, "ok": false, "spans": [["start": 1, "end": 2, "label": "A"]]],
            choices: ["kind"])
        let items = try #require(written.arrayValue)
        #expect(items.map { $0["from_name"] } == ["kind", "n", "ok", "spans", "why"])
        #expect(items.map { $0["type"] } == ["choices", "number", "choices", "labels", "textarea"])
        #expect(
            items.map { $0["value"] } == [
                ["choices": ["yes"]], ["number": 4], ["choices": ["false"]],
                ["start": 1, "end": 2, "labels": ["A"]], ["text": ["x"]],
            ])
    }

    @Test(
        "items that contradict each other are no answer",
        arguments: [
            #"[{"from_name":"a","type":"x","value":{}},{"from_name":"a","type":"number","value":{"number":2}}]"#,
            #"[{"from_name":"a","type":"choices","value":{}}]"#, #"[{"type":"number","value":{"number":1}}]"#, "{}",
            "[1]",
        ])
    func contradiction(text: String) throws {
        #expect(LabelStudioAnswer.read(try JSON.parse(text)) == nil)
    }

    @Test("the frame of crowd-kit has a row an answer: the only member, what the pointer points to, or all of it")
    func crowdKit() {
        var settings = ResultWriter.Settings(.crowdKit)
        let one = task("t1", [:], [["label": "a"], ["label": "b", "why": ["x": 1]], "c", ["label": ["b", "a"]]])
        #expect(
            written([one], settings)
                == "task,worker,label\r\nt1,w-0,a\r\nt1,w-1,\"{\"\"label\"\":\"\"b\"\",\"\"why\"\":{\"\"x\"\":1}}\"\r\n"
                + "t1,w-2,c\r\nt1,w-3,\"[\"\"b\"\",\"\"a\"\"]\"\r\n")
        settings.label = "/why/x"
        #expect(written([one], settings) == "task,worker,label\r\nt1,w-1,1\r\n")
        settings.label = "/label/1"
        #expect(written([one], settings) == "task,worker,label\r\nt1,w-3,a\r\n")
    }

    @Test("texts that a spreadsheet would run are guarded, unless the file is for programs")
    func guarding() {
        var settings = ResultWriter.Settings(.crowdKit)
        let one = task("=k", [:], ["@x"])
        #expect(written([one], settings) == "task,worker,label\r\n'=k,w-0,'@x\r\n")
        settings.isGuarded = false
        #expect(written([one], settings) == "task,worker,label\r\n=k,w-0,@x\r\n")
    }

    @Test("a JSON Pointer finds members and elements, escaped ones too")
    func pointers() throws {
        let json: JSON = ["a/b": ["~": [1, 2]], "": 3]
        #expect(json.value(at: "/a~1b/~0/1") == 2)
        #expect(json.value(at: "/") == 3)
        #expect(json.value(at: "") == json)
        #expect(json.value(at: "/a~1b/~0/2") == nil)
        #expect(json.value(at: "a") == nil)
    }
}
