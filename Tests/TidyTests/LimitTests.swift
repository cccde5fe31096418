import Foundation
import Testing

@Suite("Limits and words")
struct LimitTests {
    @Test("a file has at most 400 lines, a line 120 columns, a function 70 lines", .timeLimit(.minutes(10)))
    func sizes() {
        let findings = Repository.swiftFiles.flatMap { Self.oversize(in: $0) }
        findings.expectNone()
    }

    @Test("what is too long is found")
    func sizesCanFail() {
        func rules(_ text: String) -> [Int] {
            Self.oversize(in: SourceText(path: "Sources/A/B.swift", text: text)).map(\.line)
        }
        #expect(rules(String(repeating: "\n", count: 400)).isEmpty)
        #expect(rules(String(repeating: "a\n", count: 401)) == [401])
        #expect(rules(String(repeating: "é", count: 120)).isEmpty)
        #expect(rules("a\n" + String(repeating: "é", count: 121)) == [2])
        let body = String(repeating: "    a { b }\n", count: 68)
        #expect(rules("func a(\n) {\n\(body)}\n").count == 1)
        #expect(rules("func a() {\n\(body)}\n").isEmpty)
        #expect(rules("init(a: [Int]) {\n\(body)\n\n}\n") == [1])
        #expect(rules("protocol A {\n    func a()\n    func b()\n\(body)\n\n}\n").isEmpty)
    }

    static func oversize(in file: SourceText) -> [Finding] {
        var findings: [Finding] = []
        let count = file.lines.last?.isEmpty == true ? file.lines.count - 1 : file.lines.count
        if count > 400 { findings.append(Finding(file, 401, "the file has \(count) lines; 400 are allowed")) }
        for (index, line) in file.lines.enumerated() where line.count > 120 {
            findings.append(Finding(file, index + 1, "the line has \(line.count) columns; 120 are allowed"))
        }
        for (line, length) in functionLengths(in: file) where length > 70 {
            findings.append(Finding(file, line, "the function has \(length) lines; 70 are allowed"))
        }
        return findings
    }

    /// From the line that begins a function to the one with its closing brace.
    static func functionLengths(in file: SourceText) -> [(line: Int, length: Int)] {
        let function = #"^ *([@\w()]+ )*(func\s|init[?(<]|deinit\b|subscript[(<])"#
        let beginnings = Set(file.matches(function).map(\.line))
        var found: [(line: Int, length: Int)] = []
        var open: [Int?] = []
        var pending: Int?
        var parentheses = 0
        for (index, line) in file.codeLines.enumerated() {
            if beginnings.contains(index + 1) { pending = index + 1 }
            for character in line {
                switch character {
                case "(": parentheses += 1
                case ")": parentheses -= 1
                case "{" where parentheses == 0 || pending == nil:
                    open.append(pending)
                    pending = nil
                case "{": open.append(nil)
                case "}":
                    if let start = open.popLast(), let start { found.append((start, index + 2 - start)) }
                    if pending != nil, parentheses == 0 { pending = nil }
                default: break
                }
            }
        }
        return found
    }

    // MARK: Words

    @Test("the words of the vocabulary have no synonyms", .timeLimit(.minutes(10)))
    func vocabulary() {
        let findings =
            Repository.sources.flatMap { Self.synonyms(in: $0) }
            + Repository.sqlFiles.flatMap { Self.synonyms(inSQL: Repository.text($0), path: $0) }
        findings.expectNone()
    }

    @Test("a synonym is found in names and in statements")
    func vocabularyCanFail() {
        func count(_ text: String, _ path: String = "Sources/Marketplace/Tasks/BatchQueries.swift") -> Int {
            Self.synonyms(in: SourceText(path: path, text: text)).count
        }
        #expect(count("let userName = 1") == 1)
        #expect(count("struct JobQueue {}") == 1)
        #expect(count("let gigs = 1") == 1)
        #expect(count("func a(contractor_id: Int) {}") == 1)
        #expect(count(#"let a: SQL = "select user_id from a""#) == 1)
        #expect(count(#"let a: SQL = "select current_user, session_user""#) == 0)
        #expect(count("let superuser = 1, gigantic = 2, jobless = 3 // user") == 0)
        #expect(count("let job = 1", "Sources/Store/Connection/ConnectionThread.swift") == 0)
        #expect(Self.synonyms(inSQL: "create table job (a bigint) -- job", path: "a.sql").count == 1)
    }

    private static let banned: [String: String] = [
        "job": "task", "gig": "task", "contractor": "worker", "freelancer": "worker", "user": "worker or principal",
        "client": "requester", "customer": "requester",
    ]

    /// Where a word is somebody else's: Swift's executor jobs, PostgreSQL's user names, HTTP's client.
    private static func isForeign(_ word: String, in file: SourceText) -> Bool {
        file.target == "Store" || (word == "job" && file.path.hasSuffix("/LoopExecutor.swift"))
            || (word == "client" && file.target != "Marketplace")
            || (word == "user" && ["guildhall", "Benchmarks", "TestSupport"].contains(file.target))
    }

    static func synonyms(in file: SourceText) -> [Finding] {
        var findings: [Finding] = []
        for (index, line) in file.codeLines.enumerated() {
            // Foundation's own name.
            for word in words(in: line.replacingOccurrences(of: "userInfo", with: ""))
            where banned[word] != nil && !isForeign(word, in: file) {
                findings.append(Finding(file, index + 1, "say \(banned[word] ?? ""), not \(word)"))
            }
        }
        guard file.name.hasSuffix("Queries.swift") else { return findings }
        return findings + file.literals.flatMap { synonyms(inSQL: $0.text, path: file.path, firstLine: $0.line) }
    }

    static func synonyms(inSQL sql: String, path: String, firstLine: Int = 1) -> [Finding] {
        let lines = SQLText.withoutComments(sql).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated().flatMap { index, line in
            let role = "(current|session)_user"
            let rest = line.replacingOccurrences(of: role, with: "", options: .regularExpression)
            return words(in: rest).filter { banned[$0] != nil }.map {
                Finding(path: path, line: firstLine + index, rule: "say \(banned[$0] ?? ""), not \($0)")
            }
        }
    }

    /// The words of camel-case and snake-case names, lower-case, in the singular.
    static func words(in line: some StringProtocol) -> [String] {
        var words: [String] = []
        var word = ""
        var previous: Character = " "
        for character in line {
            if character.isUppercase && !previous.isUppercase || !character.isLetter {
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            if character.isLetter { word += character.lowercased() }
            previous = character
        }
        if !word.isEmpty { words.append(word) }
        return words.map { banned[String($0.dropLast())] != nil && $0.hasSuffix("s") ? String($0.dropLast()) : $0 }
    }

    // MARK: Files

    @Test("no file or folder is named for nothing in particular")
    func fileNames() {
        let findings = Repository.swiftFiles.filter { Self.isVague($0.path) }.map(\.path)
        #expect(findings.isEmpty, "name them by what is in them: \(findings)")
        #expect(Self.isVague("Sources/A/Utils.swift") && Self.isVague("Sources/A/Helpers/B.swift"))
        #expect(Self.isVague("Sources/A/StringExtensions.swift") && !Self.isVague("Sources/A/Manage.swift"))
    }

    private static func isVague(_ path: String) -> Bool {
        path.split(separator: "/").contains { part in
            let name = part.hasSuffix(".swift") ? part.dropLast(6) : part
            let vague = ["Utils", "Util", "Helpers", "Helper", "Common", "Extensions", "Models", "Managers", "Misc"]
            return vague.contains { name.hasSuffix($0) }
        }
    }

    @Test("a TODO has the number of an issue", .timeLimit(.minutes(10)))
    func todos() {
        let findings = Repository.swiftFiles.flatMap { Self.looseTodos(in: $0) }
        findings.expectNone()
        func count(_ text: String) -> Int { Self.looseTodos(in: SourceText(path: "A.swift", text: text)).count }
        #expect(count("// TODO: later") == 1)
        #expect(count("/* FIXME */") == 1)
        #expect(count("// TODO #12: later") == 0)
        #expect(count(#"let a = "TODO""#) == 0)
    }

    private static func looseTodos(in file: SourceText) -> [Finding] {
        file.comments.filter { comment in
            !SourceText.matches(#"\b(TODO|FIXME|XXX)\b"#, in: comment.text).isEmpty
                && SourceText.matches(#"\b(TODO|FIXME|XXX)\W*#\d+"#, in: comment.text).isEmpty
        }.map { Finding(file, $0.line, "write the number of the issue: TODO #12") }
    }

    @Test("every link of the README and the docs leads somewhere")
    func links() {
        let findings = Repository.documents.flatMap { Self.deadLinks(in: Repository.text($0), path: $0) }
        findings.expectNone()
    }

    @Test("a link to nowhere is found")
    func linksCanFail() {
        func count(_ text: String, _ path: String = "README.md") -> Int { Self.deadLinks(in: text, path: path).count }
        #expect(count("[a](docs/NOWHERE.md)") == 1)
        #expect(count("see `docs/NOWHERE.md` for more") == 1)
        #expect(count("[a](Package.swift#L1) [b](https://example.org/docs/x.md) [c](#here)") == 0)
        #expect(count("[a](../Package.swift)", "docs/A.md") == 0)
        #expect(count("[a](Package.swift)", "docs/A.md") == 1)
    }

    /// Links of Markdown, and files named as `docs/…`.
    static func deadLinks(in text: String, path: String) -> [Finding] {
        let folder = path.contains("/") ? path.split(separator: "/").dropLast().joined(separator: "/") + "/" : ""
        let links = SourceText.matches(#"(?<=\]\()[^)\s]+"#, in: text)
            .filter { !$0.text.contains("://") && !$0.text.hasPrefix("#") && !$0.text.hasPrefix("mailto:") }
            .map { (line: $0.line, target: folder + ($0.text.split(separator: "#").first.map(String.init) ?? "")) }
        let mentions = SourceText.matches(#"(?<![\w/(.])docs/[\w./-]*\.(md|sql|out|json)\b"#, in: text)
            .map { (line: $0.line, target: $0.text) }
        return (links + mentions).filter { !Repository.exists($0.target) }
            .map { Finding(path: path, line: $0.line, rule: "\($0.target) does not exist") }
    }
}
