import Testing

@testable import Formats

@Suite("Writing CSV")
struct CSVWriterTests {
    private static let guarded: [(text: String, written: String)] = [
        ("plain", "plain"),
        ("", ""),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "\"'\t=1\""),
        ("\r=1", "\"'\r'=1\""),
        ("\n=1", "\"'\n'=1\""),
        ("\r\nx", "\"'\r\nx\""),
        ("  =1", "'  =1"),
        ("\u{a0}\u{feff}=1", "'\u{a0}\u{feff}=1"),
        ("\u{3000}\u{200b}=1", "'\u{3000}\u{200b}=1"),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠x", "'＠x"),
        ("first\n=1\r\n -2", "\"first\n'=1\r\n' -2\""),
        ("first\n\nlast", "\"first\n\nlast\""),
        ("a=b-c", "a=b-c"),
        ("x,\"y\"", "\"x,\"\"y\"\"\""),
        ("x;=1", "\"x;=1\""),
        ("x\t=1", "\"x\t=1\""),
    ]

    @Test("text that a spreadsheet would run is guarded, and quoted where it must be", arguments: guarded)
    func guards(text: String, written: String) {
        #expect(CSVWriter.record([.text(text)]) == written + "\r\n")
    }

    @Test("numbers are written as they are")
    func numbers() throws {
        let price = try #require(CSVDecimal("-1234.50"))
        let cells: [CSVCell] = [.number(-5), .number(.min), .decimal(price), .text("-5")]
        #expect(CSVWriter.record(cells) == "-5,-9223372036854775808,-1234.50,'-5\r\n")
    }

    @Test("a decimal is digits with at most one point", arguments: ["0", "-1", "12.50", "-0.001"])
    func decimals(text: String) {
        #expect(CSVDecimal(text)?.description == text)
    }

    @Test(
        "anything else is no decimal",
        arguments: ["", "-", ".5", "5.", "1.2.3", "+1", "1e5", "1,000", " 1", "=1", "１", "--1", "1\n"])
    func notDecimals(text: String) {
        #expect(CSVDecimal(text) == nil)
    }

    @Test("what is written is read back")
    func roundTrip() throws {
        let texts = ["x,y", "say \"no\"", "one\ntwo", "one\r\ntwo", "", "é字", "a;b"]
        var writer = CSVWriter(header: texts.indices.map { "column \($0)" })
        writer.append(texts.map(CSVCell.text))
        guard case .record(let record) = try readCSV(writer.take()).first else {
            Issue.record("a record was expected")
            return
        }
        #expect(record.fields == texts)
        #expect(writer.bytes.isEmpty)
    }
}
