import Foundation
import Testing

/// Text that must not stand in our code, with its replacement, and proof that the ban can fail.
struct Ban: Sendable, CustomTestStringConvertible {
    let name: String
    let replacement: String
    let appliesTo: @Sendable (SourceText) -> Bool
    let check: @Sendable (SourceText) -> [Int]
    /// Where the examples are thought to stand.
    let place: String
    /// Each must be found.
    let violations: [String]
    /// None may be found.
    let permitted: [String]

    var testDescription: String { name }

    init(
        _ name: String, _ replacement: String, in appliesTo: @escaping @Sendable (SourceText) -> Bool,
        place: String = "Sources/Marketplace/Tasks/Batch.swift", violations: [String], permitted: [String],
        check: @escaping @Sendable (SourceText) -> [Int]
    ) {
        self.name = name
        self.replacement = replacement
        self.appliesTo = appliesTo
        self.check = check
        self.place = place
        self.violations = violations
        self.permitted = permitted
    }

    init(
        _ name: String, _ replacement: String, pattern: String, in appliesTo: @escaping @Sendable (SourceText) -> Bool,
        place: String = "Sources/Marketplace/Tasks/Batch.swift", violations: [String], permitted: [String]
    ) {
        self.init(
            name, replacement, in: appliesTo, place: place, violations: violations, permitted: permitted,
            check: { $0.matches(pattern).map(\.line) }
        )
    }

    func findings(in file: SourceText) -> [Finding] {
        guard appliesTo(file) else { return [] }
        return check(file).map { Finding(file, $0, "\(name): \(replacement)") }
    }
}

extension Ban {
    private static let everywhere: @Sendable (SourceText) -> Bool = { _ in true }
    private static let sources: @Sendable (SourceText) -> Bool = { $0.path.hasPrefix("Sources/") }
    /// What runs in production, the command line not included.
    private static let product: @Sendable (SourceText) -> Bool = {
        $0.path.hasPrefix("Sources/") && !["guildhall", "Benchmarks", "TestSupport"].contains($0.target)
    }

    static let all = time + traps + edges + statements

    private static let time = [
        Ban(
            "Date()", "take the transaction's instant, or an instant as an argument",
            pattern: #"\bDate\(\)|\bDate\.now\b|\btimeIntervalSinceNow\b|:\s*Date\s*=\s*\.(now|init\(\))"#, in: product,
            violations: ["let a = Date()", "Date.now", "let b = end.timeIntervalSinceNow", "let d: Date = .now"],
            permitted: ["Date(timeIntervalSince1970: 0)", "// Date()", #"let a = "Date()""#, "ContinuousClock.now"]
        ),
        Ban(
            "UUID()", "make ids with an IdentifierSource", pattern: #"\bUUID\(\)|:\s*UUID\s*=\s*\.init\(\)"#,
            in: { product($0) && $0.name != "IdentifierSource.swift" },
            violations: ["let id = UUID()", "let id: UUID = .init()"], permitted: ["UUID(uuidString: text)"]
        ),
        Ban(
            "the clock in SQL", #"write \(.instant), or bind the transaction's instant"#,
            in: { product($0) && !["SQL.swift", "SQLText.swift", "Connection+Statements.swift"].contains($0.name) },
            violations: [#"let a: SQL = "select now()""#, #"let a: SQL = "insert into a values (current_timestamp)""#],
            permitted: [#"let a: SQL = "select \(.instant)""#, "// now()", "let a = now()"],
            check: { file in
                file.literals.filter { literal in
                    let isFresh = file.name == "Transaction.swift" && literal.text.contains("clock_timestamp()")
                    return !isFresh && !SourceText.matches(clockInSQL, in: literal.text).isEmpty
                }.map(\.line)
            }
        ),
    ]

    static let clockInSQL =
        #"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\(\)"#
        + #"|\b(current_timestamp|current_date|current_time|localtimestamp|localtime)\b"#

    private static let traps = [
        Ban(
            "URLSession's data(for:)", "take TestSupport's `answer(to:)`, which is not cancelled to wait for ever",
            pattern: #"[sS]ession(\.shared)?\.data\((for|from):"#, in: everywhere,
            violations: ["try await session.data(for: request)", "URLSession.shared.data(from: url)"],
            permitted: ["try await session.answer(to: request)", "// session.data(for: request)"]
        ),
        Ban(
            "try!", "use `try`, and let the error go up", pattern: #"\btry!"#, in: everywhere,
            violations: ["let a = try! run()"], permitted: ["let a = try? run()", #"let a = "try!""#]
        ),
        Ban(
            "as!", "use `as?` and say what happens otherwise", pattern: #"\bas!"#, in: everywhere,
            violations: ["let a = b as! Int"], permitted: ["let a = b as? Int"]
        ),
        Ban(
            "fatalError", "use `precondition` with a sentence, for errors of the programmer only",
            pattern: #"\bfatalError\b"#, in: everywhere,
            violations: [#"fatalError("no")"#], permitted: ["// fatalError"]
        ),
        Ban(
            "@unchecked Sendable", "use Mutex, Atomic or an actor", pattern: #"@unchecked\s+Sendable"#, in: everywhere,
            violations: ["final class A: @unchecked Sendable {}"], permitted: ["final class A: Sendable {}"]
        ),
        Ban(
            "a force unwrap", "use `guard let` or `#require`", pattern: #"[\w\)\]>]!(?![=])"#, in: everywhere,
            violations: ["let a = b!", "let a = b()!.c", "let a = b[0]!", "var a: Int!", "first!.run()"],
            permitted: ["if a != b {}", "if !a {}", "let a = b ? !c : d", "[1, 2].contains { !$0 }", #"let a = "b!""#]
        ),
        Ban(
            "`default:` over an enum", "name every case", in: { !foreignEnums.contains($0.path) },
            violations: [
                "switch a {\ncase .one: 1\ndefault: 2\n}",
                "switch a {\ncase .one,\n    .two:\n  f { $0 }\ndefault: 2\n}",
                "switch (a, b) {\ncase (.one, _): 1\ndefault: 2\n}", "switch a {\ncase let .one(b): b\ndefault: 2\n}",
            ],
            permitted: [
                "switch a {\ncase 0x20, 0x09: true\ndefault: false\n}",
                "switch a {\ncase .one: 1\ncase .two: 2\n}",
            ],
            check: { defaultsOverEnums(in: $0.code) }
        ),
    ]

    /// Files that switch over an enum of somebody else's, to which cases may be added.
    private static let foreignEnums: Set = [
        // Unicode.GeneralCategory
        "Sources/Marketplace/Kernel/PlainText.swift", "Sources/Formats/CUADMatching.swift",
    ]

    private static let edges = [
        Ban(
            "print", "hand a `report` closure in; the command line prints",
            pattern: #"\b(print|debugPrint|dump|NSLog)\("#,
            in: product, violations: [#"print("a")"#, "dump(a)"], permitted: ["pretty.printed()", "fingerprint(a)"]
        ),
        Ban(
            "the environment", "take it as an argument; the command line reads it",
            pattern: #"processInfo\.environment|\bgetenv\("#, in: product,
            violations: [#"let a = ProcessInfo.processInfo.environment["A"]"#, #"getenv("A")"#],
            permitted: ["withCStrings(environment) { _ in }"]
        ),
        Ban(
            "import CLibPQ", "go through Store", pattern: #"\bimport\s+CLibPQ\b"#, in: { $0.target != "Store" },
            violations: ["internal import CLibPQ"], permitted: ["internal import Store"]
        ),
        Ban(
            "import CZlib", "go through Formats", pattern: #"\bimport\s+CZlib\b"#, in: { $0.target != "Formats" },
            violations: ["import CZlib"], permitted: ["import Formats"]
        ),
    ]

    private static let statements = [
        Ban(
            "SQL outside *Queries.swift", "make it a method on Transaction in the folder's *Queries.swift",
            in: { product($0) && $0.target != "Store" && !$0.name.hasSuffix("Queries.swift") },
            violations: [
                #"let a: SQL = "select 1""#, "let a: SQL = \"\"\"\n    update batch\n       set a = 1\n    \"\"\"",
                #"let a: SQL = "delete from a""#, #"let a: SQL = "with a as (select 1) select 2""#,
                #"let a: SQL = "copy a from stdin""#, #"let a: SQL = "drop table a""#,
            ],
            permitted: [#"let a = "select""#, #"let a = "Select a task from the list.""#, #"let a = "updated_at""#],
            check: { file in
                file.literals.filter { !SourceText.matches(statement, in: $0.text).isEmpty }.map(\.line)
            }
        ),
        Ban(
            "a claim outside a materialized CTE",
            "write `with … as materialized (select … for update skip locked)`: a plan may run the subquery again",
            in: product, place: "Sources/Marketplace/Tasks/ClaimQueries.swift",
            violations: [
                "let a: SQL = \"update a set b = 1 where id in (select id from a limit 1 for update skip locked)\"",
                #"let a: SQL = "with c as (select id from a for update skip locked) select""#,
                #"let a: SQL = "select 1 from (select id from a for no key update skip locked) b""#,
            ],
            permitted: [
                #"let a: SQL = "for update of a skip locked""#,
                #"let a: SQL = "select (1) from a for update skip locked""#,
                #"let a: SQL = "with c as materialized (select (1) from a for update of a skip locked) update""#,
            ],
            check: { file in file.literals.filter { hasLooseClaim($0.text) }.map(\.line) }
        ),
    ]

    private static let statement =
        #"\A\s*(select\s+\S+|insert\s+into\s|update\s+\w+\s+(as\s+\w+\s+|\w+\s+)?set\s"#
        + #"|delete\s+from\s|with\s+(recursive\s+)?\w+\s+(\(|as)"#
        + #"|(create|alter|drop|grant|revoke|truncate)\s+\w+"#
        + #"|copy\s+[\w(]+.*\b(stdin|stdout)|lock\s+table|begin\s*\z|commit\s*\z|listen\s)"#

    /// The innermost parenthesis open at `skip locked` must be a materialized CTE's. Two forms are safe without: a
    /// locking clause alone, to be spliced into such a CTE, and a whole SELECT that is a statement of its own.
    static func hasLooseClaim(_ text: String) -> Bool {
        let isWhole = ["select", "for"].contains(text.split(whereSeparator: \.isWhitespace).first)
        var rest = text[...]
        while let claim = rest.range(of: "skip locked") {
            var depth = 0
            let opening = text[..<claim.lowerBound].lastIndex { character in
                if character == ")" { depth += 1 }
                guard character == "(" else { return false }
                depth -= 1
                return depth < 0
            }
            guard let opening else { return !isWhole }
            let before = text[..<opening].split(whereSeparator: \.isWhitespace).suffix(2)
            guard before.elementsEqual(["as", "materialized"]) else { return true }
            rest = text[claim.upperBound...]
        }
        return false
    }

    /// Lines of `default:` whose switch has a pattern that names a case.
    static func defaultsOverEnums(in code: String) -> [Int] {
        struct Block {
            var namesCases = false
            var defaults: [Int] = []
        }
        var blocks: [Block] = []
        var found: [Int] = []
        var pattern: String?
        for (index, line) in code.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.trimmingCharacters(in: .whitespaces)
            if words.hasPrefix("case "), !blocks.isEmpty { pattern = "" }
            if words.hasPrefix("default:"), !blocks.isEmpty { blocks[blocks.count - 1].defaults.append(index + 1) }
            for character in line {
                if pattern != nil, character == ":" || character == "{" || character == "=" {
                    let names = !SourceText.matches(#"(^|[\s(,])\.[a-z]\w*"#, in: pattern ?? "").isEmpty
                    if names, character == ":", !blocks.isEmpty { blocks[blocks.count - 1].namesCases = true }
                    pattern = nil
                }
                pattern?.append(character)
                if character == "{" { blocks.append(Block()) }
                if character == "}", let block = blocks.popLast(), block.namesCases { found += block.defaults }
            }
            pattern?.append(" ")
        }
        return found
    }
}
