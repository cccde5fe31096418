import Foundation

/// The rows of a roster CSV, one at a time.
///
/// Shape: the columns of ``columns`` in any order, specialties and languages separated by `;`, dates `yyyy-MM-dd`.
package final class WorkerRoster {
    /// The header names that a roster must have; further ones are passed over.
    package static let columns = [
        "worker_key", "name", "email", "country", "time_zone", "weekly_hours", "profession", "tier", "years",
        "credential_kind", "issuer", "jurisdiction", "number", "issued_on", "expires_on", "specialties", "languages",
        "standing",
    ]

    private let csv: CSVReader
    private let rosterName: String

    /// - Throws: ``FormatError``; `malformed` when a column is missing.
    package convenience init(path: String) throws(FormatError) {
        try self.init(try ByteReader(path: path))
    }

    /// Reads from a reader that stands at the file's first byte.
    package init(_ reader: ByteReader) throws(FormatError) {
        csv = try CSVReader(reader)
        for column in Self.columns where csv.header.column(column) == nil {
            throw .malformed(path: reader.path, position: 0, reason: "there is no column \(column)")
        }
        rosterName = fileName(ofPath: reader.path)
    }

    /// The next entry or fault; `nil` at the end.
    ///
    /// - Throws: ``FormatError`` when the file cannot be read further.
    package func next() throws(FormatError) -> RosterItem? {
        switch try csv.next() {
        case nil: return nil
        case .fault(let fault): return .fault(fault)
        case .record(let record):
            do {
                return .entry(try RosterEntry(RosterRow(record: record)))
            } catch {
                let position = "\(rosterName) line \(record.line)"
                return .fault(RecordFault(position: position, line: record.line, reason: error.reason))
            }
        }
    }
}

/// Why a row is not an entry.
struct RosterComplaint: Error, Hashable {
    let reason: String
}

extension RosterEntry {
    init(_ row: RosterRow) throws(RosterComplaint) {
        workerKey = try row.text("worker_key")
        name = try row.text("name")
        email = try row.email()
        country = try row.country()
        timeZone = try row.timeZone()
        weeklyHours = try row.number("weekly_hours", in: 1...80)
        profession = try row.word("profession")
        tier = try row.word("tier")
        years = try row.number("years", in: 0...80)
        credentialKind = try row.word("credential_kind")
        issuer = try row.text("issuer")
        jurisdiction = try row.jurisdiction()
        number = try row.text("number")
        issuedOn = try row.date("issued_on")
        expiresOn = row["expires_on"].isEmpty ? nil : try row.date("expires_on")
        specialties = row.list("specialties")
        languages = row.list("languages")
        standing = try row.word("standing")
        line = row.record.line
        if let expiresOn, expiresOn < issuedOn {
            throw RosterComplaint(reason: "expires_on \(expiresOn) is before issued_on \(issuedOn)")
        }
        switch (credentialKind, profession) {
        case (.barAdmission, .physician), (.medicalLicence, .lawyer):
            throw RosterComplaint(reason: "a \(profession.rawValue) cannot hold a \(credentialKind.rawValue)")
        case (.barAdmission, .lawyer), (.medicalLicence, .physician), (.boardCertificate, _): break
        }
    }
}

/// A roster row while its fields are checked.
struct RosterRow {
    let record: CSVRecord

    /// The field without spaces around it.
    subscript(column: String) -> String {
        (record[column] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func text(_ column: String) throws(RosterComplaint) -> String {
        let text = self[column]
        guard !text.isEmpty else { throw RosterComplaint(reason: "\(column) is empty") }
        return text
    }

    func number(_ column: String, in range: ClosedRange<Int>) throws(RosterComplaint) -> Int {
        guard let number = Int(self[column]), range.contains(number) else {
            let bounds = "\(range.lowerBound) to \(range.upperBound)"
            throw refusal(column, "is not a whole number from \(bounds)")
        }
        return number
    }

    func word<Word: RawRepresentable<String> & CaseIterable>(_ column: String) throws(RosterComplaint) -> Word {
        guard let word = Word(rawValue: self[column]) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw refusal(column, "is none of \(known)")
        }
        return word
    }

    func date(_ column: String) throws(RosterComplaint) -> CalendarDate {
        guard let date = CalendarDate(iso: self[column]) else {
            throw refusal(column, "is not a date of the form yyyy-MM-dd")
        }
        return date
    }

    /// Shape: what mail servers of everybody's understand; no quoted local parts, no address literals (RFC 5321).
    func email() throws(RosterComplaint) -> String {
        let parts = self["email"].split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, isLocalPart(parts[0]), isDomain(parts[1]) else {
            throw refusal("email", "is not an e-mail address")
        }
        return "\(parts[0])@\(parts[1].lowercased())"
    }

    func country() throws(RosterComplaint) -> String {
        let code = self["country"]
        guard isCountry(code[...]) else { throw refusal("country", "is not two capital letters") }
        return code
    }

    func timeZone() throws(RosterComplaint) -> String {
        let name = self["time_zone"]
        guard !name.isEmpty, TimeZone(identifier: name) != nil else {
            throw refusal("time_zone", "is not a known time zone")
        }
        return name
    }

    func jurisdiction() throws(RosterComplaint) -> String {
        let code = self["jurisdiction"]
        let parts = code.split(separator: "-", omittingEmptySubsequences: false)
        let isPart = parts.count == 1 || (parts.count == 2 && isSubdivision(parts[1]))
        guard let country = parts.first, isCountry(country), isPart else {
            throw refusal("jurisdiction", "is not of the form US-NY or DE")
        }
        return code
    }

    /// The parts between semicolons, without empty ones; of equal ones the first.
    func list(_ column: String) -> [String] {
        var parts: [String] = []
        for part in self[column].split(separator: ";") {
            let trimmed = part.trimmingCharacters(in: .whitespacesAndNewlines)
            if !trimmed.isEmpty, !parts.contains(trimmed) { parts.append(trimmed) }
        }
        return parts
    }

    private func isLocalPart(_ part: Substring) -> Bool {
        let marks = "!#$%&'*+-/=?^_`{|}~.".utf8
        return (1...64).contains(part.utf8.count) && part.first != "." && part.last != "." && !part.contains("..")
            && part.utf8.allSatisfy { isLetterOrDigit($0) || marks.contains($0) }
    }

    private func isDomain(_ domain: Substring) -> Bool {
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
        return domain.utf8.count <= 253 && labels.count >= 2
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
            }
    }

    private func isCountry(_ text: Substring) -> Bool {
        text.utf8.count == 2 && text.utf8.allSatisfy { (0x41...0x5a).contains($0) }
    }

    private func isSubdivision(_ text: Substring) -> Bool {
        (1...3).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x41...0x5a).contains($0) || (0x30...0x39).contains($0) }
    }

    private func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: false
        }
    }

    private func refusal(_ column: String, _ reason: String) -> RosterComplaint {
        RosterComplaint(reason: "\(column) “\(self[column].prefix(60))” \(reason)")
    }
}
