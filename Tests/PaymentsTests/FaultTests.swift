import Formats
import Foundation
import Testing

@testable import Payments

/// One thing wrong with a right file at a time.
@Suite("Faults of payment files")
struct FaultTests {
    private func creditTransfers() throws -> String {
        String(decoding: try Sample.written(.pain001v09, try Sample.payments(.pain001v09, count: 3)), as: UTF8.self)
    }

    private func codes(_ text: String) throws -> [String] {
        let report = try Sample.report(text)
        for fault in report.faults { #expect(fault.line.map { $0 > 0 } ?? true && !fault.reason.isEmpty) }
        return Array(Set(report.faults.map(\.code))).sorted()
    }

    private static let initiations: [(from: String, to: String, code: String)] = [
        (
            "<NbOfTxs>3</NbOfTxs><CtrlSum>74.07</CtrlSum><InitgPty>",
            "<NbOfTxs>2</NbOfTxs><CtrlSum>74.07</CtrlSum><InitgPty>", "transaction_count"
        ),
        ("<CtrlSum>74.07</CtrlSum><InitgPty>", "<CtrlSum>74.08</CtrlSum><InitgPty>", "control_sum"),
        ("<CtrlSum>74.07</CtrlSum><PmtTpInf>", "<CtrlSum>0.07</CtrlSum><PmtTpInf>", "control_sum"),
        (">24.69<", ">24.68<", "control_sum"), (">24.69<", ">24.695<", "amount"), (">24.69<", ">-24.69<", "amount"),
        (">24.69<", ">0.00<", "amount"), (">24.69<", "><", "amount"), (">24.69<", ">1e2<", "amount"),
        ("Ccy=\"EUR\">24.69", "Ccy=\"EUX\">24.69", "currency"), (" Ccy=\"EUR\">24.69", ">24.69", "currency"),
        ("GH00000000000000000002", "GH00000000000000000001", "duplicate_id"),
        ("<EndToEndId>GH00000000000000000002</EndToEndId>", "<EndToEndId/>", "empty"),
        ("<EndToEndId>GH00000000000000000002</EndToEndId>", "", "missing_element"),
        ("GH00000000000000000002", "GH0000000000000000000200000000000000", "too_long"),
        ("<MsgId>GHRUN-0001</MsgId>", "", "missing_element"),
        ("<DbtrAgt>", "<DbtrAgt><Wrong/>", "none"),
        ("<PmtMtd>TRF</PmtMtd>", "<PmtMtd>XXX</PmtMtd>", "code"),
        ("<PmtMtd>TRF</PmtMtd>", "<PmtMtd>TRF</PmtMtd><PmtMtd>TRF</PmtMtd>", "repeated_element"),
        ("<PmtMtd>TRF</PmtMtd>", "<PmtMtd>TRF</PmtMtd><Wrong/>", "unknown_element"),
        ("<ChrgBr>SLEV</ChrgBr>", "<ChrgBr>SLEV</ChrgBr><PmtMtd>TRF</PmtMtd>", "element_order"),
        ("DE89370400440532013000", "DE88370400440532013000", "iban_check_digits"),
        ("COBADEFFXXX", "COBA", "bic_length"), ("2026-12-01", "2026-02-30", "date"),
        ("2026-11-27T10:15:30Z", "yesterday", "date"), ("2026-11-27T10:15:30Z", "2026-11-27T25:15:30Z", "date"),
        (
            "<NbOfTxs>3</NbOfTxs><CtrlSum>74.07</CtrlSum><PmtTpInf>",
            "<NbOfTxs>x</NbOfTxs><CtrlSum>74.07</CtrlSum><PmtTpInf>", "number"
        ),
        (
            "<StrtNm>Rue de l'Eglise</StrtNm><BldgNb>2</BldgNb><PstCd>75001</PstCd><TwnNm>Paris</TwnNm><Ctry>FR</Ctry>",
            "<AdrLine>Rue</AdrLine>", "address"
        ),
        ("xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"", "", "namespace"),
        ("pain.001.001.09", "camt.053.001.08", "namespace"),
        ("</Document>", "", "malformed"), ("</Document>", "</Document><a/>", "malformed"),
        ("</PmtInf>", "</PmtInfo>", "malformed"), ("<Dbtr>", "<Dbtr>&unknown;", "malformed"),
        ("<Document", "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><Document", "malformed"),
        ("<GrpHdr>", "<GrpHdr a=1>", "malformed"), ("<GrpHdr>", "<GrpHdr a='1' a='1'>", "malformed"),
        ("<GrpHdr>", "<x:GrpHdr>", "malformed"), ("<PmtMtd>", "text<PmtMtd>", "malformed"),
    ]

    @Test(
        "of a pain.001, with the reason",
        arguments: Self.initiations)
    func initiation(from: String, to: String, code: String) throws {
        let right = try creditTransfers()
        #expect(try codes(right) == [])
        guard let range = right.firstRange(of: from) else {
            Issue.record("\(from) is not in the file")
            return
        }
        let found = try codes(right.replacingCharacters(in: range, with: to))
        if code == "none" { #expect(found.isEmpty, "\(found)") } else { #expect(found.contains(code), "\(found)") }
    }

    @Test("before 15 November 2026 an address of free text was only a warning; hybrid ones are right")
    func addresses() throws {
        let right = try creditTransfers()
        let whole =
            "<StrtNm>Rue de l'Eglise</StrtNm><BldgNb>2</BldgNb><PstCd>75001</PstCd><TwnNm>Paris</TwnNm><Ctry>FR</Ctry>"
        #expect(right.contains(whole))
        let free = right.replacing(whole, with: "<AdrLine>2 Rue de l'Eglise</AdrLine>")
        #expect(try codes(free) == ["address"])
        let old = try Sample.report(free.replacing("2026-12-01", with: "2026-11-14"))
        #expect(old.isValid && old.warnings.map(\.code) == ["address"])
        let hybrid = right.replacing(whole, with: "<TwnNm>Paris</TwnNm><Ctry>FR</Ctry><AdrLine>2 Rue</AdrLine>")
        #expect(try codes(hybrid) == [])
    }

    private static let statements: [(from: String, to: String, expected: [String])] = [
        (">24.69</ns:Amt><ns:CdtDbtInd>CRDT", ">24.68</ns:Amt><ns:CdtDbtInd>CRDT", ["balance", "summary_sum"]),
        (">74.06</ns:Amt>", ">74.05</ns:Amt>", ["balance", "entry_sum", "summary_sum"]),
        (">49.37<", ">49.36<", ["entry_sum"]), (">100.00<", ">100.01<", ["balance"]),
        (">50.63<", ">50.64<", ["balance"]), (">98.75<", ">98.76<", ["summary_sum"]),
        ("<ns:NbOfNtries>2<", "<ns:NbOfNtries>3<", ["entry_count"]),
        (
            "<ns:CdtDbtInd>DBIT</ns:CdtDbtInd><ns:Sts>", "<ns:CdtDbtInd>OUT</ns:CdtDbtInd><ns:Sts>",
            ["balance", "code", "entry_count", "summary_sum"]
        ),
        ("<ns:Id>2026-336</ns:Id>", "", ["missing_element"]),
        ("<ns:BkTxCd><ns:Prtry><ns:Cd>X</ns:Cd></ns:Prtry></ns:BkTxCd>", "", ["missing_element"]),
        ("DE89370400440532013000", "DE89370400440532013001", ["iban_check_digits"]),
        ("xmlns:ns=", "xmlns:no=", ["malformed"]),
    ]

    @Test(
        "of a camt.053, with the reason",
        arguments: Self.statements)
    func statement(from: String, to: String, expected: [String]) throws {
        let right = try Sample.text("statement.camt.053.xml")
        guard let range = right.firstRange(of: from) else {
            Issue.record("\(from) is not in the file")
            return
        }
        #expect(try codes(right.replacingCharacters(in: range, with: to)) == expected)
    }

    @Test("a statement that is there twice, and numbers of a pain.002 that do not add up, are found")
    func others() throws {
        let text = try Sample.text("statement.camt.053.xml")
        let begin = try #require(text.firstRange(of: "<ns:Stmt>")).lowerBound
        let end = try #require(text.firstRange(of: "</ns:Stmt>")).upperBound
        #expect(try codes(text.replacing("</ns:Stmt>", with: "</ns:Stmt>\(text[begin..<end])")) == ["duplicate_id"])
        let status = try Sample.text("status.pain.002.xml")
        let more = status.replacing("<DtldNbOfTxs>2<", with: "<DtldNbOfTxs>3<")
        #expect(try codes(more) == ["transaction_count"])
        #expect(try codes(status.replacing("<TxSts>RJCT<", with: "<TxSts>GONE<")) == ["status"])
    }

    private static let records: [(line: Int, column: Int, text: String, expected: [String])] = [
        (1, 35, "095", ["file_header"]), (1, 40, "2", ["file_header"]),
        (1, 13, "3", ["routing_number_check_digit"]),
        (1, 24, "261332", ["date"]), (1, 34, "?", ["file_header"]),
        (2, 2, "225", ["service_class"]), (2, 2, "999", ["service_class"]), (2, 70, "269999", ["date"]),
        (3, 12, "5", ["routing_number_check_digit"]),
        (3, 2, "27", ["credit_total", "debit_total", "service_class"]),
        (3, 2, "99", ["credit_total", "debit_total", "service_class", "transaction_code"]),
        (3, 39, "9", ["credit_total"]), (3, 30, "x", ["credit_total", "number"]), (3, 79, "0", ["addenda"]),
        (3, 94, "9", ["addenda", "trace_number"]), (3, 13, "                 ", ["account"]),
        (4, 84, "0002", ["addenda"]), (4, 2, "06", ["addenda"]), (4, 1, "6", ["number"]),
        (4, 1, "x", ["record_type"]),
        (9, 5, "000005", ["entry_count"]), (9, 11, "0000000000", ["entry_hash"]),
        (9, 33, "000000000001", ["credit_total"]),
        (9, 21, "000000000001", ["debit_total"]), (9, 45, "X", ["company"]), (9, 80, "1", ["originating_bank"]),
        (9, 94, "2", ["batch_number"]), (10, 2, "000002", ["batch_count"]), (10, 8, "000002", ["block_count"]),
        (10, 14, "00000007", ["entry_count"]), (10, 22, "9999999999", ["entry_hash"]),
        (10, 44, "9", ["credit_total"]),
        (10, 1, "8", ["missing_record", "record_order"]), (5, 80, "031300010000001", ["addenda", "trace_number"]),
    ]

    @Test(
        "of a NACHA file, with the reason: line, column from 1, what stands there instead",
        arguments: Self.records)
    func nacha(line: Int, column: Int, text: String, expected: [String]) throws {
        var bytes = try Sample.written(.nachaPPD, try Sample.payments(.nachaPPD, count: 3))
        #expect(try codes(String(decoding: bytes, as: UTF8.self)) == [])
        let place = (line - 1) * 95 + column - 1
        bytes.replaceSubrange(place..<(place + text.utf8.count), with: text.utf8)
        let found = try codes(String(decoding: bytes, as: UTF8.self))
        for code in expected { #expect(found.contains(code), "\(found)") }
    }

    @Test("a NACHA file that is cut off anywhere is found")
    func cut() throws {
        let bytes = try Sample.written(.nachaPPD, try Sample.payments(.nachaPPD, count: 4))
        for lines in 0..<(bytes.count / 95) {
            #expect(try !Sample.report(Array(bytes.prefix(lines * 95))).isValid, "after \(lines) lines")
        }
        let xml = Array(try creditTransfers().utf8)
        for length in stride(from: 0, to: xml.count - 2, by: 7) {
            #expect(try !Sample.report(Array(xml.prefix(length))).isValid, "after \(length) bytes")
        }
    }

    @Test(
        "of a table of returns, with the reason",
        arguments: [
            ("24.69", "24.6x", "amount"), ("24.69", "0", "amount"), ("EUR,\"", "EUX,\"", "currency"),
            ("AC04", "", "reason"),
            ("GH00000000000000000002", "GH00000000000000000004", "duplicate_id"),
            ("GH00000000000000000002", "", "end_to_end_id"), ("AC04,", "AC04,,", "malformed"),
            ("reason,", "cause,", "missing_column"),
        ])
    func returns(from: String, to: String, code: String) throws {
        let text = try Sample.text("returns.csv")
        let range = try #require(text.firstRange(of: from))
        #expect(try codes(text.replacingCharacters(in: range, with: to)) == [code])
    }

    @Test("what is wrong without end is counted, and the first thousand listed")
    func bounded() throws {
        let rows = (0..<3_000).map { "A\($0),x,EUR,R" }.joined(separator: "\r\n")
        let report = try Sample.report("end_to_end_id,amount,currency,reason\r\n\(rows)")
        #expect(report.faultCount == 3_000 && report.faults.count == 1_000 && report.lines.count < 200)
        #expect(report.json["faults"]?.arrayValue?.count == 1_000)
    }

    @Test("XML beyond its bounds is refused before it costs anything")
    func bounds() throws {
        let head = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn>"
        let deep = head + String(repeating: "<a>", count: 100)
        #expect(try Sample.report(deep).faults.last?.reason.contains("deep") == true)
        let wide = head + "<GrpHdr>" + String(repeating: "<a/>", count: 30_000)
        #expect(try Sample.report(wide).faults.last?.reason.contains("elements") == true)
        let long = head + "<GrpHdr>" + String(repeating: "x", count: 70_000)
        #expect(try Sample.report(long).faults.last?.reason.contains("longer") == true)
        let name = head + "<" + String(repeating: "x", count: 200)
        #expect(try Sample.report(name).faults.last?.reason.contains("name") == true)
        let many = head + "<a " + (0..<20).map { "a\($0)='1' " }.joined()
        #expect(try Sample.report(many).faults.last?.reason.contains("attributes") == true)
        let laughs = "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]>" + head
        #expect(try Sample.report(laughs).faults.map(\.code) == ["malformed"])
    }
}
