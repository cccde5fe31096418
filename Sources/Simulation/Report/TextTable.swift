/// Rows in columns that are as wide as their widest cell, for a terminal and for a file.
struct TextTable {
    enum Side {
        case left, right
    }

    private let sides: [Side]
    private var rows: [[String]] = []

    /// - Parameter sides: where the cells of each column stand.
    init(_ sides: [Side]) { self.sides = sides }

    /// Cells that are missing are empty; those beyond the columns are left out.
    mutating func add(_ cells: String...) { add(cells) }

    /// As many cells as there are.
    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// Two spaces before each row and between its cells; none at the end of a line.
    var lines: [String] {
        let widths = sides.indices.map { column in
            rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            var line = ""
            for (column, side) in sides.enumerated() where row.indices.contains(column) {
                let gap = String(repeating: " ", count: widths[column] - row[column].count)
                line += "  " + (side == .left ? row[column] + gap : gap + row[column])
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
