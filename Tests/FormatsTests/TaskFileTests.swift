import Testing

@testable import Formats

func readTasks(_ bytes: [UInt8], _ format: TaskFileFormat) throws -> [TaskFileItem] {
    let reader = try TaskFileReader(ByteReader(bytes: bytes, name: "test"), format: format)
    var items: [TaskFileItem] = []
    while let item = try reader.next() { items.append(item) }
    return items
}

private func readTasks(_ text: String, _ format: TaskFileFormat) throws -> [TaskFileItem] {
    try readTasks(Array(text.utf8), format)
}

/// Line, pointer and code of the faults.
private func faults(_ text: String, _ format: TaskFileFormat) throws -> [String] {
    try readTasks(text, format).compactMap { item in
        guard case .fault(let fault) = item else { return nil }
        return "\(fault.line) \(fault.pointer) \(fault.code.rawValue)"
    }
}

private func records(_ text: String, _ format: TaskFileFormat) throws -> [TaskRecord] {
    try readTasks(text, format).compactMap { item in
        guard case .record(let record) = item else { return nil }
        return record
    }
}

@Suite("Files of tasks")
struct TaskFileTests {
    @Test("JSON Lines: a record a line, with what belongs to it; blank lines and a byte order mark are passed over")
    func jsonLines() throws {
        let text = """
            \u{feff}{"external_key": "a", "payload": {"n": 1.50}}\r

            {"external_key":"b","payload":[],"reference_answers":{"gold":"x"},"parties":["Acme"],"results":[{}]}
            """
        let found = try records(text, .jsonl)
        #expect(
            found == [
                TaskRecord(
                    line: 1, externalKey: "a", payload: ["n": .number("1.50")], referenceAnswers: [:], parties: []),
                TaskRecord(
                    line: 3, externalKey: "b", payload: [], referenceAnswers: ["gold": "x"], parties: ["Acme"]),
            ])
    }

    @Test("JSON Lines: each kind of faulty line is told with its number, and does not stop the rest")
    func jsonLinesFaults() throws {
        let text = """
            {"external_key": "a", "payload": 1}
            {"external_key": "a", "payload":
            {"payload": 1}
            {"external_key": 7, "payload": 1}
            {"external_key": "a"}
            {"external_key": "a", "payload": 1, "tasks~/": 1}
            {"external_key": "a", "payload": 1, "parties": [1]}
            {"external_key": "a", "payload": 1, "reference_answers": []}
            []
            {"external_key": "b", "payload": 1}
            """
        #expect(
            try faults(text, .jsonl) == [
                "2  malformed", "3 /external_key missing", "4 /external_key wrong_type", "5 /payload missing",
                "6 /tasks~0~1 unknown_member", "7 /parties wrong_type", "8 /reference_answers wrong_type",
                "9  wrong_type",
            ])
        #expect(try records(text, .jsonl).map(\.externalKey) == ["a", "b"])
    }

    @Test("a record beyond the bound is a fault, is not kept, and the next one is read", arguments: [true, false])
    func tooLarge(isLines: Bool) throws {
        let big = [UInt8](repeating: UInt8(ascii: "x"), count: TaskFileReader.recordBytesMax)
        let bytes =
            isLines
            ? Array("{\"external_key\":\"".utf8) + big + Array("\"}\n{\"external_key\":\"b\",\"payload\":1}".utf8)
            : Array("[{\"id\":\"".utf8) + big + Array("\"},\n{\"id\":2,\"data\":{}}]".utf8)
        let items = try readTasks(bytes, isLines ? .jsonl : .labelStudio)
        #expect(items.count == 2)
        guard case .fault(let fault) = items.first, case .record(let record) = items.last else {
            Issue.record("a fault and a record were expected")
            return
        }
        #expect(fault.code == .tooLarge && fault.line == 1)
        #expect(record.line == 2)
    }

    @Test("CSV: columns are members of the payload with the type behind the colon")
    func csvColumns() throws {
        let text = ##"""
            external_key,text,pages:integer,share:number,urgent:boolean,m:json,a:b,c:d:text,parties,reference:g,result:x
            k1,"two
            lines",12,0.50,true,"{""x"":[]}",p,q,Acme ; Beta;,"""yes""",ignored
            k2,,,,,,,,,,
            """##
        let found = try records(text, .csv)
        #expect(
            found == [
                TaskRecord(
                    line: 2, externalKey: "k1",
                    payload: [
                        "text": "two\nlines", "pages": 12, "share": .number("0.50"), "urgent": true,
                        "m": ["x": []], "a:b": "p", "c:d": "q",
                    ],
                    referenceAnswers: ["g": "yes"], parties: ["Acme", "Beta"]),
                TaskRecord(
                    line: 4, externalKey: "k2", payload: ["text": "", "a:b": "", "c:d": ""], referenceAnswers: [:],
                    parties: []),
            ])
    }

    @Test("CSV: each kind of faulty row is told with its line and column")
    func csvFaults() throws {
        let text = """
            external_key,pages:integer,share:number,urgent:boolean,meta:json
            a,1.5,,,
            b,,x,,
            c,,,yes,
            d,,,,{
            e,,
            f,,"1",true,
            g,,,1,
            """
        #expect(
            try faults(text, .csv) == [
                "2 /pages:integer wrong_type", "3 /share:number malformed", "4 /urgent:boolean malformed",
                "5 /meta:json malformed", "6  malformed", "8 /urgent:boolean wrong_type",
            ])
        #expect(try faults("external_key,payload\na,\nb,1", .csv) == ["2 /payload missing"])
    }

    @Test(
        "CSV: a header that has no key, a member twice, or a payload beside members refuses the file",
        arguments: ["a,b\n1,2", "external_key,a,a:text\n1,2,3", "external_key,payload,a\n1,2,3", ""])
    func csvHeader(text: String) {
        #expect(throws: FormatError.self) { try readTasks(text, .csv) }
    }

    @Test(
        "Label Studio: data is the payload; the key is the id, or meta's; annotations of the ground truth are answers")
    func labelStudio() throws {
        let text = """
            [
            {"id": 7, "data": {"text": "a ] , [ \\" b"}, "predictions": [{"result": []}], "project": 83,
             "annotations": [
               {"ground_truth": false, "result": [{"from_name": "x", "type": "choices", "value": {"choices": ["no"]}}]},
               {"ground_truth": true, "result": [
                 {"from_name": "tag", "to_name": "t", "type": "choices", "value": {"choices": ["yes"]}},
                 {"from_name": "span", "type": "labels", "value": {"start": 1, "end": 2, "labels": ["A"]}},
                 {"from_name": "stars", "to_name": "t", "type": "rating", "value": {"rating": 4}},
                 {"from_name": "why", "to_name": "t", "type": "textarea", "value": {"text": ["one", "two"]}}]}]}
            , {"id": "x", "meta": {"external_key": "k", "parties": ["Acme"]}, "data": {}}]
            """
        let found = try records(text, .labelStudio)
        #expect(found.map(\.line) == [2, 10])
        #expect(found.map(\.externalKey) == ["7", "k"])
        #expect(found[0].payload == ["text": "a ] , [ \" b"])
        #expect(
            found[0].referenceAnswers == [
                "ground truth": [
                    "tag": "yes", "span": [["start": 1, "end": 2, "labels": ["A"]]], "stars": 4, "why": ["one", "two"],
                ]
            ])
        #expect(found[1].parties == ["Acme"])
        #expect(found.allSatisfy { $0.suggestion == nil })
    }

    @Test("what a model suggests comes with its source and version in each format", arguments: TaskFileFormat.allCases)
    func suggestions(format: TaskFileFormat) throws {
        let text =
            switch format {
            case .jsonl:
                #"{"external_key":"a","payload":{},"suggestion":{"source":"m","version":"1","answer":{"x":"y"}}}"#
                    + "\n"
                    + #"{"external_key":"b","payload":{},"suggestion":null}"#
            case .csv:
                "external_key,suggestion:answer,suggestion:version,suggestion:source\n"
                    + "a,\"{\"\"x\"\":\"\"y\"\"}\",1,m\nb,,,\n"
            case .labelStudio:
                """
                [{"id": "a", "data": {}, "predictions": [{"result": 7}, {"model_version": "1", "score": 0.5, "result":
                [{"from_name": "x", "type": "choices", "value": {"choices": ["y"]}}]}, {"model_version": "2"}]},
                {"id": "b", "data": {}, "predictions": []}]
                """
            }
        let source = format == .labelStudio ? "label studio" : "m"
        let suggested = SuggestedAnswer(source: source, version: "1", answer: ["x": "y"], madeAt: nil)
        #expect(try records(text, format).map(\.suggestion) == [suggested, nil])
    }

    @Test("matter and gold come with a task in each format", arguments: TaskFileFormat.allCases)
    func matterAndGold(format: TaskFileFormat) throws {
        let text =
            switch format {
            case .jsonl:
                """
                {"external_key": "a", "payload": {}, "matter": "M-1", "gold": true}
                {"external_key": "b", "payload": {}, "matter": null}
                """
            case .csv: "external_key,task:matter,task:gold\na,M-1,true\nb,,\n"
            case .labelStudio:
                """
                [{"id": "a", "data": {}, "meta": {"matter": "M-1", "gold": true}}, {"id": "b", "data": {}}]
                """
            }
        let found = try records(text, format)
        #expect(found.map(\.matter) == ["M-1", nil] && found.map(\.isGold) == [true, false])
        #expect(found.map(\.payload) == [[:], [:]])
        let bad =
            #"{"external_key": "a", "payload": {}, "matter": 1}"# + "\n"
            + #"{"external_key": "a", "payload": {}, "gold": "x"}"#
        #expect(try faults(bad, .jsonl) == ["1 /matter wrong_type", "2 /gold wrong_type"])
    }

    @Test("a suggestion that is none is a fault with its place")
    func suggestionFaults() throws {
        let lines = [
            "7", #"{"source":"m","version":"1"}"#, #"{"source":"m","answer":1}"#, #"{"version":"1","answer":1}"#,
            #"{"source":1,"version":"1","answer":1}"#, #"{"source":"m","version":"1","answer":1,"score":2}"#,
            #"{"source":"m","version":"1","answer":1,"made_at":3}"#,
        ].map { #"{"external_key":"a","payload":1,"suggestion":\#($0)}"# }
        #expect(
            try faults(lines.joined(separator: "\n"), .jsonl) == [
                "1 /suggestion wrong_type", "2 /suggestion/answer missing", "3 /suggestion/version missing",
                "4 /suggestion/source missing", "5 /suggestion/source wrong_type",
                "6 /suggestion/score unknown_member", "7 /suggestion/made_at wrong_type",
            ])
        let studio =
            #"[{"id": 1, "data": {}, "predictions": [{"model_version": "1", "result": 7}]},"# + "\n"
            + #"{"id": 2, "data": {}, "predictions": [{"model_version": 1, "result": []}]}]"#
        #expect(
            try faults(studio, .labelStudio) == [
                "1 /predictions/0/result wrong_type", "2 /predictions/0/model_version wrong_type",
            ])
    }

    @Test("Label Studio: each kind of faulty element is told with its line, and does not stop the rest")
    func labelStudioFaults() throws {
        let text = """
            [{"id": 1, "data": {}},
            {"id": 1},
            {"id": 1, "data": []},
            {"data": {}},
            {"id": true, "data": {}},
            {"id": 1, "data": {"a": tru}},
            5,
            {"id": 1, "data": {}, "annotations": 1},
            {"id": 1, "data": {}, "annotations": [{"ground_truth": true}]},
            {"id": 1, "data": {}, "annotations": [{"ground_truth": true, "result": 1}]},
            {"id": 2, "data": {}},
            ]
            """
        #expect(
            try faults(text, .labelStudio) == [
                "2 /data missing", "3 /data wrong_type", "4 /id missing", "5 /id wrong_type", "6  malformed",
                "7  wrong_type", "8 /annotations wrong_type", "9 /annotations/0/result missing",
                "10 /annotations/0/result wrong_type", "12  malformed",
            ])
        #expect(try records(text, .labelStudio).map(\.externalKey) == ["1", "2"])
    }

    @Test(
        "Label Studio: what is no array, or ends within it, or goes on behind it, cannot be read further",
        arguments: ["", "{}", "[{\"id\": 1, \"data\": {}}", "[] []", "[\"", "[]x"])
    func labelStudioDamage(text: String) {
        #expect(throws: FormatError.self) { try readTasks(text, .labelStudio) }
    }

    @Test("an empty array and an empty file of lines have no records")
    func empty() throws {
        #expect(try readTasks(" [ ] ", .labelStudio) == [])
        #expect(try readTasks("\n \n", .jsonl) == [])
    }

    @Test(
        "wherever a chunk of the file ends, the same records are read, and skipped", arguments: TaskFileFormat.allCases)
    func chunks(format: TaskFileFormat) throws {
        var text = format == .csv ? "external_key,text\n" : format == .labelStudio ? "[" : ""
        for number in 0..<40 {
            let pad = String(repeating: "é \\\\ ] } ", count: 3_000) + String(repeating: "x", count: number * 7)
            switch format {
            case .jsonl: text += "{\"external_key\":\"\(number)\",\"payload\":\"\(pad)\"}\n"
            case .csv: text += "\(number),\"\(pad)\"\n"
            case .labelStudio: text += (number > 0 ? "," : "") + "{\"id\":\(number),\"data\":{\"t\":\"\(pad)\"}}\n"
            }
        }
        if format == .labelStudio { text += "]" }
        let all = try records(text, format)
        #expect(all.map(\.externalKey) == (0..<40).map(String.init))
        let reader = try TaskFileReader(ByteReader(bytes: Array(text.utf8), name: "test"), format: format)
        #expect(try reader.skip(17) == 17)
        #expect(try reader.next() == .record(all[17]))
        #expect(try reader.skip(100) == 22)
    }
}
