/// In which form a table goes out.
package enum TableForm: String, Sendable, CaseIterable {
    /// The rows alone, for spreadsheets; see ``CSVWriter``.
    case csv
    /// A page of its own, without anything from elsewhere, for a browser to print or to make a PDF of.
    case html
}

/// Writes a table with a title and facts above it, row by row.
package struct PrintedTable: Sendable {
    private let form: TableForm
    private var csv: CSVWriter
    private var page: [UInt8] = []

    /// - Parameters:
    ///   - facts: what is said above the table, each with its name; not in CSV.
    ///   - language: BCP 47.
    package init(
        _ form: TableForm, title: String, facts: [(name: String, value: String)], header: [String],
        language: String = "en"
    ) {
        self.form = form
        csv = CSVWriter(header: header)
        guard form == .html else { return }
        let names = header.map { "<th scope=\"col\">\(Self.escaped($0))</th>" }.joined()
        let list = facts.map { "<dt>\(Self.escaped($0.name))</dt><dd>\(Self.escaped($0.value))</dd>" }.joined()
        page +=
            """
            <!doctype html>
            <html lang="\(Self.escaped(language))">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>\(Self.escaped(title))</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <h1>\(Self.escaped(title))</h1>
            <dl>\(list)</dl>
            <table>
            <thead><tr>\(names)</tr></thead>
            <tbody>

            """.utf8
    }

    /// - Parameter isTotal: set off from the rows above it.
    package mutating func append(_ cells: [CSVCell], isTotal: Bool = false) {
        switch form {
        case .csv: csv.append(cells)
        case .html:
            let row = cells.map { cell in
                switch cell {
                case .text(let text): "<td>\(Self.escaped(text))</td>"
                case .number(let number): "<td class=\"n\">\(number)</td>"
                case .decimal(let decimal): "<td class=\"n\">\(decimal)</td>"
                }
            }
            page += "<tr\(isTotal ? " class=\"t\"" : "")>\(row.joined())</tr>\n".utf8
        }
    }

    package mutating func finish() {
        if form == .html { page += "</tbody>\n</table>\n</body>\n</html>\n".utf8 }
    }

    /// Hands out what was written since the last call and forgets it.
    package mutating func take() -> [UInt8] {
        switch form {
        case .csv: return csv.take()
        case .html:
            defer { page = [] }
            return page
        }
    }

    /// For text and attributes of HTML; control characters, which HTML does not have, as U+FFFD.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\t", "\n", "\r": result += " "
            case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}": result += "\u{fffd}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The header is repeated on every printed page, and no row is cut.
    private static let style = """
        body{font:10pt/1.4 sans-serif;margin:2em;color:#000;background:#fff}h1{font-size:14pt}\
        dl{display:grid;grid-template-columns:max-content auto;gap:0 1em}dt{font-weight:bold}dd{margin:0}\
        table{border-collapse:collapse;width:100%}th,td{padding:.2em .5em;text-align:left;border-bottom:1px solid #999}\
        .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
        .t td{font-weight:bold;border-top:2px solid #000}\
        thead{display:table-header-group}tr{break-inside:avoid}@page{margin:2cm}@media print{body{margin:0}}
        """
}
