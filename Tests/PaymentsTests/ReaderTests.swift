import Formats
import Testing

@testable import Payments

@Suite("Reading payment files")
struct ReaderTests {
    @Test("a pain.002 says what became of the message, its parts and its payments")
    func status() throws {
        let statuses = try Sample.records(Array(try Sample.text("status.pain.002.xml").utf8)).compactMap { record in
            if case .status(let status) = record { status } else { nil }
        }
        #expect(statuses.map(\.level) == [.payment, .payment, .paymentInformation, .message])
        #expect(statuses.map(\.status) == ["ACSC", "RJCT", "PART", "PART"])
        #expect(statuses.allSatisfy { $0.originalMessageID == "GHRUN-0001" })
        #expect(statuses[1].endToEndID == "GH00000000000000000002" && statuses[1].reason == "AC04")
        #expect(statuses[1].information == "The account is closed.")
    }

    /// Reasons of the message, the payment information and its two payments; what is read, from the smallest up.
    private static let reasons: [(given: [String?], read: [String?])] = [
        (["DUPL", nil, nil, "AC04"], ["DUPL", "DUPL", "DUPL", "DUPL"]),
        (["NARR", "DU02", nil, nil], ["DU02", "DU02", "DU02", "DU02"]),
        ([nil, nil, "AM05", "AC04"], ["AM05", "AC04", "AM05", "AM05"]),
        (["NARR", "NARR", "AC04", "AM05"], ["AC04", "AM05", "AM05", "AM05"]),
        ([nil, nil, "AC04", nil], ["AC04", nil, nil, nil]),
        (["DUPL", "NARR", "AC04", nil], ["DUPL", "DUPL", "DUPL", "DUPL"]),
        (["NARR", "DU01", "AC04", "AM04"], ["DU01", "DU01", "DU01", "DU01"]),
    ]

    @Test("a rejection without a reason has that around it, and a repetition shows at every level", arguments: reasons)
    func inherited(given: [String?], read: [String?]) throws {
        let why = given.map { $0.map { "<StsRsnInf><Rsn><Cd>\($0)</Cd></Rsn></StsRsnInf>" } ?? "" }
        let payments = why[2...].map {
            "<TxInfAndSts><OrgnlEndToEndId>E</OrgnlEndToEndId><TxSts>RJCT</TxSts>\($0)</TxInfAndSts>"
        }
        let text = """
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>S</MsgId>\
            <CreDtTm>2026-03-10T20:00:00Z</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>M</OrgnlMsgId>\
            <OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>RJCT</GrpSts>\(why[0])</OrgnlGrpInfAndSts>\
            <OrgnlPmtInfAndSts><OrgnlPmtInfId>M</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts>\(why[1])\
            \(payments.joined())</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>
            """
        let reasons = try Sample.records(Array(text.utf8)).map { record -> String? in
            guard case .status(let status) = record else { return nil }
            return status.reason
        }
        #expect(reasons == read)
    }

    @Test(
        "a camt.053 and a camt.054 say what was booked and what came back",
        arguments: ["statement.camt.053.xml", "notification.camt.054.xml"])
    func entries(name: String) throws {
        let entries = try Sample.records(Array(try Sample.text(name).utf8)).compactMap { record in
            if case .entry(let entry) = record { entry } else { nil }
        }
        #expect(entries.map(\.endToEndID?.last) == ["2", "4", "2"])
        #expect(entries.map(\.amount?.minorUnits) == [2_469, 4_937, 2_469])
        #expect(entries.map(\.isCredit) == [false, false, true])
        #expect(entries.map(\.returnReason) == [nil, nil, "AC04"] && entries[2].information == "closed")
        #expect(entries.map(\.reference) == ["BANKREF-1", "BANKREF-1", "2026-336/2"])
        #expect(entries.map(\.entryNumber) == [1, 1, 2] && entries.map(\.detailNumber) == [1, 2, 1])
        #expect(entries.allSatisfy { $0.account == "DE89370400440532013000" && $0.status == "BOOK" })
        #expect(entries.allSatisfy { $0.statementID == "2026-336" } && entries[0].bookedOn == "2026-12-01")
    }

    @Test("payments without amounts of their own come with what is left of their entry, at the last of them")
    func remainder() throws {
        func entries(_ text: String) throws -> [BankEntry] {
            try Sample.records(Array(text.utf8)).compactMap { if case .entry(let entry) = $0 { entry } else { nil } }
        }
        let (euro, text) = (try #require(CurrencyCode("EUR")), try Sample.text("statement.camt.053.xml"))
        let one = text.replacing("<ns:Amt Ccy=\"EUR\">24.69</ns:Amt><ns:CdtDbtInd>DBIT</ns:CdtDbtInd>", with: "")
        let first = try entries(one)
        #expect(first.map(\.endToEndID?.last) == ["4", "2", "2"])
        #expect(first.map(\.amount?.minorUnits) == [4_937, nil, 2_469])
        #expect(first.map(\.remainder) == [nil, EntryRemainder(payments: 1, amount: Amount(2_469, euro)), nil])
        let none = one.replacing("<ns:Amt Ccy=\"EUR\">49.37</ns:Amt><ns:CdtDbtInd>DBIT</ns:CdtDbtInd>", with: "")
        let second = try entries(none)
        #expect(second.map(\.amount?.minorUnits) == [nil, nil, 2_469])
        #expect(second.map(\.remainder) == [nil, EntryRemainder(payments: 2, amount: Amount(7_406, euro)), nil])
        // A credit among debits: nobody can tell.
        let mixed = one.replacing(
            "0002</ns:EndToEndId></ns:Refs>", with: "0002</ns:EndToEndId></ns:Refs><ns:CdtDbtInd>CRDT</ns:CdtDbtInd>")
        #expect(try entries(mixed)[1].remainder == EntryRemainder(payments: 1, amount: nil))
    }

    @Test("what banks write where they have no reference is none")
    func noReference() throws {
        let text = try Sample.text("statement.camt.053.xml").replacing("BANKREF-1", with: "NONREF")
        let references = try Sample.records(Array(text.utf8)).compactMap { record in
            if case .entry(let entry) = record { entry.reference } else { nil }
        }
        #expect(references == ["", "", "2026-336/2"])
    }

    @Test("a NACHA file of returns gives back trace numbers and reasons")
    func returned() throws {
        let entries = try Sample.records(Array(try Sample.text("returned.ach").utf8)).compactMap { record in
            if case .ach(let entry) = record { entry } else { nil }
        }
        #expect(entries.map(\.individualID) == ["S000000001", "S000000002"])
        #expect(entries.map(\.returnReason) == ["R03", nil] && entries.map(\.changeCode) == [nil, "C01"])
        #expect(entries.map(\.originalTrace) == ["031300010000001", "031300010000002"])
        #expect(entries.map(\.information) == ["NO ACCOUNT", "1918171614"])
    }

    @Test("a table of returns is read, with its columns in any order")
    func table() throws {
        let returns = try Sample.records(Array(try Sample.text("returns.csv").utf8)).compactMap { record in
            if case .returned(let returned) = record { returned } else { nil }
        }
        #expect(returns.map(\.endToEndID.last) == ["2", "4"] && returns.map(\.reason) == ["AC04", "AM04"])
        #expect(
            returns.map(\.amount.minorUnits) == [2_469, 4_937] && returns[0].information == "closed, says the bank")
    }

    @Test("a NACHA file may lack spaces at line ends, have CRLF, or no line ends at all")
    func lineEnds() throws {
        let text = String(
            decoding: try Sample.written(.nachaCCD, try Sample.payments(.nachaCCD, count: 3)), as: UTF8.self)
        let plain = try Sample.report(text)
        let lines = text.split(separator: "\n")
        let bare = try Sample.report(lines.joined())
        let crlf = try Sample.report(lines.joined(separator: "\r\n"))
        let stripped = try Sample.report(
            lines.map { line in
                String(line.reversed().drop { $0 == " " }.reversed())
            }.joined(separator: "\n"))
        for report in [bare, crlf, stripped] {
            #expect(
                report.isValid && report.totals == plain.totals && report.counts == plain.counts, "\(report.faults)")
        }
        #expect(stripped.warningCount > 0 && bare.warningCount == 0)
        let long = try Sample.report(text.replacing("\n", with: " \n"))
        #expect(long.faults.allSatisfy { $0.code == "record_length" } && long.faultCount == lines.count)
    }

    @Test("gzipped files, a byte order mark and ISO 8859-1 are read")
    func encodings() throws {
        let text = try Sample.text("status.pain.002.xml")
        #expect(try Sample.report([0xef, 0xbb, 0xbf] + text.utf8).isValid)
        let latin = text.replacing("UTF-8", with: "ISO-8859-1").replacing("closed", with: "gelöscht")
        let bytes = latin.unicodeScalars.map { UInt8($0.value) }
        let records = try Sample.records(bytes)
        let told = records.compactMap { record in
            if case .status(let status) = record { status.information } else { nil }
        }
        #expect(told.contains("The account is gelöscht."))
        #expect(
            try Sample.report(latin.replacing("ISO-8859-1", with: "UTF-8").unicodeScalars.map { UInt8($0.value) })
                .faults.map(\.code) == ["malformed"])
        #expect(try Sample.report([0xff, 0xfe, 0x3c, 0]).faults.map(\.code) == ["malformed"])
    }

    @Test(
        "whatever is no payment file is said to be none",
        arguments: [
            "", " ", "hello", "<a/>", "<Document/>", "{}",
            "<Document><Other/></Document>", "id,amount\r\n1,2\r\n", "\u{0}\u{1}",
        ])
    func unknown(text: String) throws {
        let report = try Sample.report(text)
        #expect(!report.isValid && report.kind == nil && report.faultCount == 1)
        #expect(report.json["format"]?.stringValue == "unknown" && report.lines.count == 2)
    }

    @Test("statements balance in each currency that they are in, reversals and pending entries included")
    func balances() throws {
        let text = try Sample.text("statement.camt.053.xml")
        // A pending entry does not move the booked balance.
        let pending = text.replacing(
            "<ns:Cd>BOOK</ns:Cd></ns:Sts><ns:BkTxCd>", with: "<ns:Cd>PDNG</ns:Cd></ns:Sts><ns:BkTxCd>")
        #expect(pending != text)
        #expect(try Sample.report(pending).faults.map(\.code) == ["balance"])
        #expect(try Sample.report(pending.replacing("50.63", with: "25.94")).isValid)
        // An overdraft.
        let overdraft = text.replacing(">100.00<", with: ">0.63<").replacing(
            "50.63</ns:Amt><ns:CdtDbtInd>CRDT", with: "48.74</ns:Amt><ns:CdtDbtInd>DBIT")
        #expect(try Sample.report(overdraft).isValid)
        // In another currency nothing can be said.
        let dollars = text.replacing("\"EUR\">50.63", with: "\"USD\">50.63")
        #expect(
            try Sample.report(dollars).isValid && Sample.report(dollars).warnings.map(\.code) == ["balance_currencies"])
    }
}
