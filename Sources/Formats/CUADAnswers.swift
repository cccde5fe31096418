import Foundation

/// One row of `master_clauses.csv`, read.
struct CUADAnswerRow {
    /// The stems of the file names that the row gives: `txt_file` first where there is such a column, then `Filename`.
    let stems: [String]
    let line: Int
    let clauses: [CUADClauseAnswer]
    let remarks: [RecordFault]
}

/// The answers of CUAD: a CSV of two columns for each clause type, the passages as a Python list and the answer.
enum CUADAnswers {
    /// All rows of the file, and a fault for each that cannot be read.
    ///
    /// - Throws: ``FormatError``; `malformed` when a column is missing.
    static func read(path: String) throws(FormatError) -> (rows: [CUADAnswerRow], faults: [RecordFault]) {
        let csv = try CSVReader(path: path)
        let columns = try Columns(csv.header, path: path)
        var rows: [CUADAnswerRow] = []
        var faults: [RecordFault] = []
        while let row = try csv.next() {
            switch row {
            case .fault(let fault): faults.append(fault)
            case .record(let record):
                let reading = Reading(position: "\(fileName(ofPath: path)) line \(record.line)", record: record)
                do {
                    rows.append(try reading.row(columns))
                } catch {
                    faults.append(error)
                }
            }
        }
        return (rows, faults)
    }

    /// The file name without folders and without `.txt` or `.pdf`: what a row and its text have in common.
    static func stem(_ name: String) -> String {
        let base = fileName(ofPath: name)
        let ending = base.suffix(4).lowercased()
        return ending == ".txt" || ending == ".pdf" ? String(base.dropLast(4)) : base
    }

    /// Where each clause type stands in the file at hand.
    private struct Columns {
        let names: [Int]
        let clauses: [(name: String, kind: CUADClauses.Kind, spans: Int, answer: Int, answerName: String)]

        init(_ header: CSVHeader, path: String) throws(FormatError) {
            var places: [String: Int] = [:]
            for (place, name) in header.names.enumerated() where places[Self.key(name)] == nil {
                places[Self.key(name)] = place
            }
            func column(_ name: String) throws(FormatError) -> Int {
                guard let place = places[Self.key(name)] else {
                    throw .malformed(path: path, position: 0, reason: "there is no column \(name)")
                }
                return place
            }
            names = [places[Self.key("txt_file")], try column("Filename")].compactMap { $0 }
            var clauses: [(name: String, kind: CUADClauses.Kind, spans: Int, answer: Int, answerName: String)] = []
            for (name, kind) in CUADClauses.all {
                let answer = try column("\(name)-Answer")
                clauses.append((name, kind, try column(name), answer, header.names[answer]))
            }
            self.clauses = clauses
        }

        /// Upstream writes one header as `…Renewal- Answer`; spaces and case do not tell columns apart.
        private static func key(_ name: String) -> String {
            name.filter { !$0.isWhitespace }.lowercased()
        }
    }

    /// One record on its way to a row.
    private struct Reading {
        let position: String
        let record: CSVRecord

        func row(_ columns: Columns) throws(RecordFault) -> CUADAnswerRow {
            let stems = columns.names.map { stem(record.fields[$0]) }.filter { !$0.isEmpty }
            guard !stems.isEmpty else {
                throw RecordFault(position: position, line: record.line, reason: "names no file")
            }
            var clauses: [CUADClauseAnswer] = []
            var remarks: [RecordFault] = []
            for column in columns.clauses {
                let remark = { (field: String, reason: String) in
                    remarks.append(
                        RecordFault(position: "\(position), \(field)", line: record.line, reason: reason))
                }
                var spans: [String] = []
                do {
                    spans = try PythonStringList.parse(record.fields[column.spans])
                } catch {
                    remark(column.name, "not a list of strings: \(error.reason), at byte \(error.position)")
                }
                let text = record.fields[column.answer].trimmingCharacters(in: .whitespacesAndNewlines)
                var answer: String?
                do {
                    answer = try CUADAnswers.answer(text, to: column.name, kind: column.kind)
                } catch {
                    remark(column.answerName, error.reason)
                }
                clauses.append(
                    CUADClauseAnswer(clause: column.name, kind: column.kind, answer: answer, spans: spans))
            }
            return CUADAnswerRow(stems: stems, line: record.line, clauses: clauses, remarks: remarks)
        }
    }

    struct Unusable: Error, Hashable {
        let reason: String
    }

    /// The answer in its normal form; `nil` when a value is not given.
    static func answer(_ text: String, to clause: String, kind: CUADClauses.Kind) throws(Unusable) -> String? {
        switch kind {
        case .yesNo:
            switch text.lowercased() {
            case "yes": return "Yes"
            case "no": return "No"
            default: throw Unusable(reason: "“\(text.prefix(60))” is neither Yes nor No")
            }
        case .value:
            if text.isEmpty { return nil }
            guard CUADClauses.dates.contains(clause) else { return text }
            if let date = CalendarDate(monthDayYear: text) { return date.description }
            let isWords = text.contains(where: \.isLetter) && !text.contains(where: "/[]0123456789".contains)
            // “Perpetual” is an answer to when a contract ends, and to no other date.
            if clause == "Expiration Date", isWords { return text }
            throw Unusable(reason: "“\(text.prefix(60))” \(complaint(ofDate: text))")
        }
    }

    private static func complaint(ofDate text: String) -> String {
        if text.contains("[") || text.contains("_") { return "is a date with parts left open" }
        if text.allSatisfy("/0123456789".contains) { return "is not a day of the calendar (m/d/yyyy)" }
        return "is not a date of the form m/d/yyyy"
    }
}
