internal import ArgumentParser
internal import Formats
internal import Marketplace

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check every invariant of the market, by query; exit code 1 if one is broken.",
        discussion: """
            docs/ARCHITECTURE.md lists the invariants by number.

            Auctions of the last week are worked out again each time, older ones a thirtieth a day, so that a doctor \
            who comes daily sees all within a month; with --full all of them now.

            guildhall doctor
            guildhall doctor --full --json
            """
    )
    @OptionGroup var options: DatabaseOptions
    @Flag(help: "Work every auction out again, however old.") var full = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await withSession(options) { session in
            let findings = try await Doctor(market: session.market, isFull: full)(
                each: { if !json { Console.result($0.line) } })
            if json { Console.result(.array(findings.map(\.json))) }
            guard findings.allSatisfy(\.isClean) else { throw ExitCode.failure }
        }
    }
}

extension DoctorFinding {
    /// `ok  4 balances_are_sums: Every balance …`
    var line: String {
        let rule = "\(check.invariant < 10 ? " " : "")\(check.invariant) \(check.rawValue): \(check.sentence)"
        return switch outcome {
        case .clean: "ok      \(rule)"
        case .violated(let count, let examples): "BROKEN  \(rule) \(count) times: \(examples.joined(separator: ", "))"
        }
    }

    var json: JSON {
        var object: [String: JSON] = [
            "check": .string(check.rawValue), "invariant": .integer(Int64(check.invariant)),
            "sentence": .string(check.sentence),
        ]
        switch outcome {
        case .clean: object["outcome"] = "clean"
        case .violated(let count, let examples):
            object["outcome"] = "violated"
            object["count"] = .integer(Int64(count))
            object["examples"] = .array(examples.map { .string($0) })
        }
        return .object(object)
    }
}
