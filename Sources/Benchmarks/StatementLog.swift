internal import Foundation

/// What PostgreSQL wrote into its log from now on, with `log_statement = all`.
struct StatementLog {
    private let file: String
    private let start: UInt64

    init(file: String) {
        self.file = file
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        start = (attributes?[.size] as? NSNumber)?.uint64Value ?? 0
    }

    /// Statements that an application ran, in their order, each on one line; of a parameter without its type, which one
    /// driver says beside the text and another in it.
    func statements(of application: String) throws -> [String] {
        guard let handle = FileHandle(forReadingAtPath: file) else {
            throw BenchmarkError(reason: "PostgreSQL's log cannot be read: \(file)")
        }
        try handle.seek(toOffset: start)
        let text = String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
        var found: [String] = []
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("\t") {
                if isInside, let last = found.indices.last { found[last] += " " + line }
                continue
            }
            isInside = false
            guard line.contains("] \(application) "), let begin = line.firstRange(of: "LOG:  ") else { continue }
            let said = line[begin.upperBound...]
            guard said.hasPrefix("execute ") || said.hasPrefix("statement: "), let colon = said.firstIndex(of: ":")
            else { continue }
            found.append(String(said[said.index(after: colon)...]))
            isInside = true
        }
        return found.map { Self.plain($0) }
    }

    private static func plain(_ statement: String) -> String {
        let words = statement.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.replacing(/(\$[0-9]+)(?:::[a-z_]+(?:\[\])?)+/) { "\($0.output.1)" }
    }
}
