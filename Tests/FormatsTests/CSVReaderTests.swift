import Testing

@testable import Formats

@Suite("Reading CSV")
struct CSVReaderTests {
    private func fields(_ rows: [CSVRow]) -> [[String]?] {
        rows.map { if case .record(let record) = $0 { record.fields } else { nil } }
    }

    private func faults(_ rows: [CSVRow]) -> [RecordFault] {
        rows.compactMap { if case .fault(let fault) = $0 { fault } else { nil } }
    }

    private static let table: [(text: String, fields: [[String]])] = [
        ("a,b\n1,2\n", [["1", "2"]]),
        ("a,b\r\n1,2\r\n3,4", [["1", "2"], ["3", "4"]]),
        ("a,b\n1,2\r", [["1", "2"]]),
        ("a,b\n\n1,2\n\r\n\n3,4\n\n", [["1", "2"], ["3", "4"]]),
        ("\u{feff}a,b\n,\n", [["", ""]]),
        ("a,b\n\"x,y\",\"he said \"\"no\"\"\"\n", [["x,y", "he said \"no\""]]),
        ("a,b\n\"one\ntwo\",\"one\r\ntwo\"\r\n3,4\n", [["one\ntwo", "one\r\ntwo"], ["3", "4"]]),
        ("a\n\"\"\n\nx\n", [[""], ["x"]]),
        ("a,b\n é , 字 ", [[" é ", " 字 "]]),
        ("\"a\",\"b\"", []),
        ("a,b\n\"\"\"\",\"\"", [["\"", ""]]),
    ]

    @Test("records are read by RFC 4180", arguments: table)
    func records(text: String, expected: [[String]]) throws {
        #expect(fields(try readCSV(text)) == expected)
    }

    @Test("a record knows its number, its line and its fields by name")
    func places() throws {
        let rows = try readCSV("name,note\nAnn,\"one\ntwo\"\n\nBob,x\n")
        guard case .record(let first) = rows[0], case .record(let second) = rows[1] else {
            Issue.record("two records were expected")
            return
        }
        #expect((first.number, first.line) == (1, 2))
        #expect((second.number, second.line) == (2, 5))
        #expect(second["name"] == "Bob")
        #expect(second["nothing"] == nil)
    }

    @Test("a quoted field may hold a newline, wherever a chunk of the file ends")
    func chunks() throws {
        let cell = String(repeating: "line \"\"quoted\"\" é\r\n", count: 20_000)
        let rows = try readCSV("a,b\n1,\"\(cell)\"\n2,x\n")
        #expect(fields(rows) == [["1", cell.replacing("\"\"", with: "\"")], ["2", "x"]])
        guard case .record(let second) = rows[1] else { return }
        #expect(second.line == 20_003)
    }

    private static let faulty: [(row: String, reason: String)] = [
        ("1", "has 1 fields where the header has 2"),
        ("1,2,3", "has 3 fields where the header has 2"),
        ("1,2\"", "a quote inside a field that does not begin with one"),
        ("\"1\"x,2", "something other than a comma follows a closing quote"),
        ("1,\r2", "a carriage return without a line feed"),
        ("1,a\u{0}b", "holds a NUL byte"),
        ("1,123456789", "a field holds more than 8 bytes"),
        ("1,\"1234\n6789\"", "a field holds more than 8 bytes"),
        ("1,2,3,4,5,6", "the record has more than 5 fields"),
        ("12345678,12345678,12345678", "the record holds more than 20 bytes"),
    ]

    @Test("a bad record is a fault with its line, and the next one is read", arguments: faulty)
    func faults(row: String, reason: String) throws {
        var limits = CSVLimits()
        limits.fieldBytesMax = 8
        limits.fieldsMax = 5
        limits.recordBytesMax = 20
        let rows = try readCSV("a,b\nx,y\n\(row)\n3,4\n", limits: limits)
        #expect(faults(rows) == [RecordFault(position: "test.csv line 3", line: 3, reason: reason)])
        #expect(fields(rows) == [["x", "y"], nil, ["3", "4"]])
    }

    @Test("bytes that are not UTF-8 are a fault of their record")
    func encoding() throws {
        let rows = try readCSV(Array("a,b\n1,".utf8) + [0xe9] + Array("\n3,4\n".utf8))
        #expect(faults(rows).map(\.reason) == ["field 2 is not UTF-8"])
        #expect(fields(rows) == [nil, ["3", "4"]])
    }

    @Test("what is beyond a bound is not kept in memory")
    func memory() {
        var limits = CSVLimits()
        limits.fieldBytesMax = 100
        var scanner = CSVScanner(limits: limits)
        scanner.beginRecord()
        for _ in 0..<1_000 { _ = scanner.scan(Array("\"0123456789,\",x,".utf8), from: 0) }
        for _ in 0..<1_000 { _ = scanner.scan(Array("0123456789".utf8), from: 0) }
        #expect(scanner.complaint == "a field holds more than 100 bytes")
        #expect(scanner.bytes.count <= 12_100)
    }

    @Test("a byte order mark is no part of the first column's name")
    func byteOrderMark() throws {
        let csv = try CSVReader(ByteReader(bytes: [0xef, 0xbb, 0xbf] + Array("a,b\n".utf8), name: "test.csv"))
        #expect(csv.header.names == ["a", "b"])
    }

    @Test("a quote that is never closed is a fault that names its line")
    func openQuote() throws {
        let rows = try readCSV("a,b\n1,2\n3,\"four\n5,6\n")
        let reason = "the quote opened on line 3 is never closed"
        #expect(faults(rows) == [RecordFault(position: "test.csv line 3", line: 3, reason: reason)])
    }

    @Test("a file without a usable header row is an error", arguments: ["", "\n\n", "a,a\n", "a,\"b\"c\n", "a,\"b"])
    func header(text: String) {
        #expect(throws: FormatError.self) { try readCSV(text) }
    }
}
