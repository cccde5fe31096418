import Foundation
import Testing

@Suite("What must not stand in our code")
struct BanTests {
    @Test("stands nowhere", .timeLimit(.minutes(10)), arguments: Ban.all)
    func holds(ban: Ban) {
        let findings = Repository.swiftFiles.flatMap { ban.findings(in: $0) }
        findings.expectNone()
    }

    @Test("would be found where it stood, and nothing else is", .timeLimit(.minutes(10)), arguments: Ban.all)
    func canFail(ban: Ban) {
        #expect(!ban.violations.isEmpty && !ban.permitted.isEmpty)
        for text in ban.violations {
            #expect(!ban.findings(in: SourceText(path: ban.place, text: text)).isEmpty, "not found: \(text)")
        }
        for text in ban.permitted {
            #expect(ban.findings(in: SourceText(path: ban.place, text: text)).isEmpty, "found: \(text)")
        }
    }

    @Test("the clock is read by no SQL file", .timeLimit(.minutes(10)), arguments: Repository.sqlFiles)
    func clockInSQLFiles(path: String) {
        #expect(Self.clockReadings(in: Repository.text(path)).isEmpty)
        #expect(Self.clockReadings(in: "a timestamptz default now()") == [1])
        #expect(Self.clockReadings(in: "a date, -- not now()") == [])
    }

    private static func clockReadings(in sql: String) -> [Int] {
        SourceText.matches(Ban.clockInSQL, in: SQLText.withoutComments(sql)).map(\.line)
    }

    @Test("the files are found and taken apart")
    func reading() {
        #expect(Repository.sources.count > 100)
        #expect(Repository.swiftFiles.contains { $0.path == "Sources/Store/Database.swift" })
        let text = SourceText(
            path: "Sources/A/B.swift",
            text: ##"""
                let a = "x \(f("y")) z" // c1
                let b = #"raw " \(no) \#(yes)"# /* c2 /* nested */ end */ + c
                """##)
        #expect(text.literals.map(\.text) == ["y", "x $ z", #"raw " \(no) $"#])
        #expect(text.comments.map(\.text) == ["// c1", "/* c2 /* nested */ end */"])
        #expect(text.code.contains(#"f(" ")"#) && text.code.contains("yes") && text.code.contains("+ c"))
        #expect(!text.code.contains("no") && !text.code.contains("c1") && !text.code.contains("end"))
    }
}

/// What the tidy tests ask of SQL.
enum SQLText {
    /// Comments blanked out; a literal that contains two dashes is cut too, which none of ours does.
    static func withoutComments(_ sql: String) -> String {
        sql.split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in line.range(of: "--").map { String(line[..<$0.lowerBound]) } ?? String(line) }
            .joined(separator: "\n")
    }
}
