import Testing

@testable import Formats

/// A small CUAD: rows of answers as dictionaries by column, everything else empty or No.
private struct SmallCUAD {
    let folder: TemporaryFolder
    private let hasTextColumn: Bool

    init(hasTextColumn: Bool = true) throws {
        folder = try TemporaryFolder()
        self.hasTextColumn = hasTextColumn
    }

    func reader(rows: [[String: String]], texts: [(name: String, bytes: [UInt8])]) throws -> CUADReader {
        let names = CUADClauses.all.flatMap { [$0.name, "\($0.name)-Answer"] }
        let columns = (hasTextColumn ? ["txt_file"] : []) + ["Filename"] + names
        let yesNo = Set(CUADClauses.all.filter { $0.kind == .yesNo }.map { "\($0.name)-Answer" })
        var csv = columns.joined(separator: ",") + "\n"
        for row in rows {
            let cells = columns.map { row[$0] ?? (yesNo.contains($0) ? "No" : "") }
            csv += cells.map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: ",") + "\n"
        }
        let archive = texts.flatMap { tarEntry("texts/\($0.name)", $0.bytes) } + tarEnd
        return try CUADReader(
            answersPath: folder.write("master_clauses.csv", csv.utf8),
            textsPath: folder.write("texts.tar.gz", gzipMember(archive)))
    }

    /// The remarks on a contract whose row says `answer` in `column`, and what became of the answer.
    func outcome(_ clause: String, _ answer: String) throws -> (answer: String?, remarks: [RecordFault]) {
        let row = ["Filename": "a.pdf", "\(clause)-Answer": answer]
        let contract = try #require(
            try readCUAD(reader(rows: [row], texts: [("a.txt", Array("text".utf8))])).contracts.first)
        return (contract.clauses.first { $0.clause == clause }?.answer, contract.remarks)
    }
}

@Suite("Contracts of CUAD with their answers")
struct CUADReaderTests {
    private func text(_ name: String, _ content: String = "text") -> (name: String, bytes: [UInt8]) {
        (name, Array(content.utf8))
    }

    @Test("a contract has its text and 41 answers with their passages", arguments: [true, false])
    func contract(hasTextColumn: Bool) throws {
        let row = [
            "txt_file": "A_B.txt", "Filename": "A_B.PDF",
            "Parties": #"['Ann', "Bob's"]"#, "Parties-Answer": " Ann; Bob ",
            "Agreement Date-Answer": "5/8/14", "Audit Rights": #"['may\ninspect']"#, "Audit Rights-Answer": "yes",
        ]
        let small = try SmallCUAD(hasTextColumn: hasTextColumn)
        let (contracts, faults) = try readCUAD(small.reader(rows: [row], texts: [text("A_B.txt", "The text.")]))
        let contract = try #require(contracts.first)
        #expect(faults.isEmpty)
        #expect((contract.fileName, contract.text, contract.answersLine) == ("A_B.txt", "The text.", 2))
        #expect(contract.remarks.isEmpty)
        #expect(contract.clauses.map(\.clause) == CUADClauses.all.map(\.name))
        func answer(_ clause: String) -> CUADClauseAnswer? { contract.clauses.first { $0.clause == clause } }
        #expect(
            answer("Parties")
                == CUADClauseAnswer(clause: "Parties", kind: .value, answer: "Ann; Bob", spans: ["Ann", "Bob's"]))
        #expect(answer("Agreement Date")?.answer == "2014-05-08")
        #expect(
            answer("Audit Rights")
                == CUADClauseAnswer(clause: "Audit Rights", kind: .yesNo, answer: "Yes", spans: ["may\ninspect"]))
        #expect(answer("Insurance")?.answer == "No")
        #expect(answer("Renewal Term")?.answer == nil)
    }

    private static let kept: [(clause: String, written: String, answer: String?)] = [
        ("Expiration Date", "Perpetual", "Perpetual"), ("Expiration Date", "perpetual", "perpetual"),
        ("Expiration Date", "12/31/2025", "2025-12-31"), ("Effective Date", "1/2/99", "1999-01-02"),
        ("Effective Date", "", nil), ("Governing Law", "New York", "New York"), ("Insurance", "YES", "Yes"),
        ("Renewal Term", "successive 1 year", "successive 1 year"),
    ]

    @Test("answers come in their normal form", arguments: kept)
    func answers(clause: String, written: String, answer: String?) throws {
        let outcome = try SmallCUAD().outcome(clause, written)
        #expect(outcome.answer == answer)
        #expect(outcome.remarks.isEmpty)
    }

    private static let dropped: [(clause: String, written: String, reason: String)] = [
        ("Agreement Date", "[]/[]/[]", "“[]/[]/[]” is a date with parts left open"),
        ("Expiration Date", "[ ]/[ ]/20[ ]", "“[ ]/[ ]/20[ ]” is a date with parts left open"),
        ("Expiration Date", "31/01/2025", "“31/01/2025” is not a day of the calendar (m/d/yyyy)"),
        ("Effective Date", "07/31/2000; 07/[]/2000", "“07/31/2000; 07/[]/2000” is a date with parts left open"),
        ("Effective Date", "Perpetual", "“Perpetual” is not a date of the form m/d/yyyy"),
        ("Expiration Date", "May 2020", "“May 2020” is not a date of the form m/d/yyyy"),
        ("Insurance", "maybe", "“maybe” is neither Yes nor No"),
        ("Insurance", "", "“” is neither Yes nor No"),
    ]

    @Test("an answer that cannot be used is left out, with a remark", arguments: dropped)
    func remarks(clause: String, written: String, reason: String) throws {
        let outcome = try SmallCUAD().outcome(clause, written)
        let position = "master_clauses.csv line 2, \(clause)-Answer"
        #expect(outcome.answer == nil)
        #expect(outcome.remarks == [RecordFault(position: position, line: 2, reason: reason)])
    }

    @Test("passages that are no list are left out, with a remark")
    func passages() throws {
        let row = ["Filename": "a.pdf", "Insurance": "['a", "Insurance-Answer": "Yes"]
        let (contracts, _) = try readCUAD(SmallCUAD().reader(rows: [row], texts: [text("a.txt")]))
        #expect(contracts.first?.remarks.map(\.position) == ["master_clauses.csv line 2, Insurance"])
        let reason = "not a list of strings: a string is never closed, at byte 3"
        #expect(contracts.first?.remarks.map(\.reason) == [reason])
    }

    @Test("names that differ in punctuation, accents or case match, whatever the order")
    func normalForms() throws {
        let rows = ["Macy's & Co.pdf", "LECLANCHÉ -X.PDF", "A_B.pdf", "A-B.pdf"].map { ["Filename": $0] }
        let texts = ["A-B.txt", "Macy_s _ Co.txt", "A_B.txt", "Leclanche X.txt"].map { text($0) }
        let (contracts, faults) = try readCUAD(SmallCUAD().reader(rows: rows, texts: texts))
        #expect(faults.isEmpty)
        #expect(contracts.map(\.answersLine) == [5, 2, 4, 3])
    }

    @Test("the text's own column goes before the PDF's name")
    func textColumn() throws {
        let rows = [["txt_file": "b.txt", "Filename": "a.pdf"], ["txt_file": "a.txt", "Filename": "b.pdf"]]
        let (contracts, _) = try readCUAD(SmallCUAD().reader(rows: rows, texts: [text("a.txt"), text("b.txt")]))
        #expect(contracts.map(\.answersLine) == [3, 2])
    }

    @Test("a name that could mean two things is refused, and the rest is read")
    func ambiguous() throws {
        let rows = ["A+B.pdf", "A=B.pdf", "C D.pdf", "e.pdf", "e.pdf", "f.pdf"].map { ["Filename": $0] }
        let texts = ["A B.txt", "c_d.txt", "C-D.txt", "e.txt", "f.txt"].map { text($0) }
        let (contracts, faults) = try readCUAD(SmallCUAD().reader(rows: rows, texts: texts))
        #expect(contracts.map(\.fileName) == ["f.txt"])
        #expect(
            faults.map(\.description) == [
                "tar entry texts/A B.txt: the answers on lines 2, 3 have a name like it",
                "tar entry texts/c_d.txt: 2 texts have a name like it",
                "tar entry texts/C-D.txt: 2 texts have a name like it",
                "tar entry texts/e.txt: the answers on lines 5, 6 have a name like it",
                "master_clauses.csv line 2: there is no text for “A+B”",
                "master_clauses.csv line 3: there is no text for “A=B”",
                "master_clauses.csv line 4: there is no text for “C D”",
                "master_clauses.csv line 5: there is no text for “e”",
                "master_clauses.csv line 6: there is no text for “e”",
            ])
    }

    private static let badTexts: [(bytes: [UInt8], reason: String)] = [
        ([], "is empty"), (Array(" \n\t".utf8), "is empty"), ([0xef, 0xbb, 0xbf], "is empty"),
        ([0x41, 0xe9, 0x81], "is neither UTF-8 nor Windows-1252"),
    ]

    @Test("a text that is empty or in no known encoding is a fault, and the next is read", arguments: badTexts)
    func badText(bytes: [UInt8], reason: String) throws {
        let rows = [["Filename": "a.pdf"], ["Filename": "b.pdf"]]
        let texts = [("a.txt", bytes), text("b.txt")]
        let (contracts, faults) = try readCUAD(SmallCUAD().reader(rows: rows, texts: texts))
        #expect(contracts.map(\.fileName) == ["b.txt"])
        #expect(faults == [RecordFault(position: "tar entry texts/a.txt", reason: reason)])
    }

    private static let mended: [(bytes: [UInt8], text: String, reason: String)] = [
        ([0x93, 0x41, 0xe9, 0x94], "“Aé”", "is not UTF-8 and was read as Windows-1252"),
        ([0x41, 0, 0x42, 0], "A\u{fffd}B\u{fffd}", "holds 2 NUL bytes, which were replaced by U+FFFD"),
    ]

    @Test("old encodings and NUL bytes are mended, with a remark", arguments: mended)
    func mendedText(bytes: [UInt8], text: String, reason: String) throws {
        let (contracts, _) = try readCUAD(SmallCUAD().reader(rows: [["Filename": "a.pdf"]], texts: [("a.txt", bytes)]))
        #expect(contracts.first?.text == text)
        #expect(contracts.first?.remarks == [RecordFault(position: "tar entry texts/a.txt", reason: reason)])
    }

    @Test("a text without answers, and a row that cannot be read, are faults; other files are passed over")
    func missing() throws {
        let rows = [["txt_file": "", "Filename": ""], ["Filename": "a.pdf"]]
        let texts = [text("a.txt"), text("z.txt"), text("notes.md"), text("._a.txt")]
        let (contracts, faults) = try readCUAD(SmallCUAD().reader(rows: rows, texts: texts))
        #expect(contracts.map(\.fileName) == ["a.txt"])
        #expect(
            faults.map(\.description) == [
                "master_clauses.csv line 2: names no file", "tar entry texts/z.txt: there are no answers for it",
            ])
    }

    @Test("an answers file without one of the columns is an error that names it")
    func columns() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.csv", "Filename,Parties\n".utf8)
        let reason = "there is no column Document Name-Answer"
        #expect(throws: FormatError.malformed(path: path, position: 0, reason: reason)) {
            try CUADReader(answersPath: path, textsPath: folder.path)
        }
    }
}
