import Foundation
import Testing

/// What the repository holds, found from this file.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// All Swift files that are ours.
    static let swiftFiles: [SourceText] = (paths(in: "Sources") + paths(in: "Tests") + ["Package.swift"])
        .filter { $0.hasSuffix(".swift") }
        .map { SourceText(path: $0, text: text($0)) }

    static let sources = swiftFiles.filter { $0.path.hasPrefix("Sources/") }

    /// The schema and its steps.
    static let sqlFiles = ["schema.sql"] + paths(in: "migrations").filter { $0.hasSuffix(".sql") }

    static let documents = paths(in: "docs").filter { $0.hasSuffix(".md") } + (exists("README.md") ? ["README.md"] : [])

    static func text(_ path: String) -> String {
        (try? String(contentsOfFile: root + "/" + path, encoding: .utf8)) ?? ""
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root + "/" + path) }

    /// Files below a folder, in order.
    static func paths(in folder: String) -> [String] {
        let names = FileManager.default.enumerator(atPath: root + "/" + folder)?.compactMap { $0 as? String } ?? []
        return names.sorted().map { folder + "/" + $0 }
    }
}

/// A place where a rule of docs/STYLE.md is broken, and what to write there.
struct Finding: Hashable, CustomStringConvertible {
    let path: String
    let line: Int
    let rule: String

    init(_ file: SourceText, _ line: Int, _ rule: String) { self.init(path: file.path, line: line, rule: rule) }

    init(path: String, line: Int, rule: String) {
        self.path = path
        self.line = line
        self.rule = rule
    }

    var description: String { "\(path):\(line): \(rule)" }
}

extension Sequence<Finding> {
    /// One issue that lists them all.
    func expectNone() {
        let report = map(\.description).joined(separator: "\n")
        if !report.isEmpty { Issue.record("\(report)") }
    }
}
