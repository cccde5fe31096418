/// Some columns of a CSV file whose fields are names, as codes.
///
/// Shape: a header row that has the columns wanted, in any order; other columns are passed over. Each field wanted
/// has 1 to 1,000 bytes.
package struct AnswerTable: Sendable {
    /// One of the columns wanted.
    package struct Column: Sendable {
        /// The different names in it, in the order of their bytes.
        package let names: [String]
        /// Each row's place in ``names``, in the order of the file.
        package let codes: [Int32]
    }

    /// As wanted, one each.
    package let columns: [Column]
    /// The line at which each row starts, from 1.
    package let lines: [Int32]

    /// The bounds on one table.
    package enum Bounds {
        /// Rows.
        package static let rowsMax = 20_000_000
        /// Bytes of a name.
        package static let nameBytesMax = 1_000
        /// Bytes of all different names.
        package static let allNamesBytesMax = 1 << 30
    }

    /// Reads the whole file.
    /// - Throws: ``TableFault`` and ``FormatError``.
    package init(_ reader: ByteReader, columns wanted: [String]) throws {
        var limits = CSVLimits()
        limits.fieldBytesMax = 1 << 20
        let rows = try CSVReader(reader, limits: limits)
        let places = try wanted.map { name throws(TableFault) in
            guard let place = rows.header.column(name) else {
                throw TableFault(line: 1, reason: "the header has no column '\(name)'")
            }
            return place
        }
        var interners = wanted.map { _ in Interner() }
        var lines: [Int32] = []
        while let row = try rows.next() {
            switch row {
            case .fault(let fault): throw TableFault(line: fault.line ?? 0, reason: fault.reason)
            case .record(let record):
                guard lines.count < Bounds.rowsMax else {
                    throw TableFault(line: record.line, reason: "there are more than \(Bounds.rowsMax) rows")
                }
                for (column, place) in places.enumerated() {
                    if let reason = interners[column].add(record.fields[place]) {
                        throw TableFault(line: record.line, reason: "\(wanted[column]) \(reason)")
                    }
                }
                lines.append(Int32(clamping: record.line))
            }
        }
        self.lines = lines
        columns = interners.map(\.column)
    }
}

/// What is wrong with a table, and where.
package struct TableFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// From 1.
    package let line: Int
    /// What is wrong: a clause in lower case, without a full stop.
    package let reason: String

    /// Parameters as the properties.
    package init(line: Int, reason: String) {
        (self.line, self.reason) = (line, reason)
    }

    /// `line 7: worker is empty`
    package var description: String { "line \(line): \(reason)" }
}

/// Gives every different name a number.
private struct Interner {
    private var numbers: [String: Int32] = [:]
    private var codes: [Int32] = []
    private var bytes = 0

    /// - Returns: what is wrong with the name, if anything is.
    mutating func add(_ name: String) -> String? {
        if let number = numbers[name] {
            codes.append(number)
            return nil
        }
        let count = name.utf8.count
        if count == 0 { return "is empty" }
        guard count <= AnswerTable.Bounds.nameBytesMax else {
            return "has more than \(AnswerTable.Bounds.nameBytesMax) bytes"
        }
        bytes += count
        guard bytes <= AnswerTable.Bounds.allNamesBytesMax else { return "has too many different names" }
        let number = Int32(numbers.count)
        numbers[name] = number
        codes.append(number)
        return nil
    }

    var column: AnswerTable.Column {
        let sorted = numbers.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        var places = [Int32](repeating: 0, count: sorted.count)
        for (place, entry) in sorted.enumerated() { places[Int(entry.value)] = Int32(place) }
        return AnswerTable.Column(names: sorted.map(\.key), codes: codes.map { places[Int($0)] })
    }
}
