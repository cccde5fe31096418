internal import ArgumentParser
internal import Consensus
internal import Formats
internal import Foundation
internal import Marketplace

struct ConsensusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consensus",
        abstract: "What many answers to the same tasks say together, on files: what-if without a database.",
        discussion: """
            Several workers answered each task. What is true, how sure is that, and how good is each worker?

            guildhall consensus fit LABELS.csv --method dawid-skene     one answer out of several, as in a vote
            guildhall consensus pairwise PAIRS.csv --method noisy-bt    scores from "this one is better"
            guildhall consensus alpha LABELS.csv --level nominal        do the workers agree at all?
            guildhall consensus replay LABELS.csv --gold TRUTH.csv      would fewer answers have done?

            docs/CONSENSUS.md has the formats, which method is good at what, and how they compare on real data.
            """,
        subcommands: [
            ConsensusFitCommand.self, ConsensusPairwiseCommand.self, ConsensusAlphaCommand.self,
            ConsensusReplayCommand.self,
        ]
    )
}

extension AnswerTable {
    /// The table of a file; `-` is standard input.
    /// - Throws: ``AnswerFileRefusal``.
    static func read(_ file: String, columns: [String]) throws -> AnswerTable {
        do {
            return try AnswerTable(ByteReader(path: file == "-" ? "/dev/stdin" : file), columns: columns)
        } catch let fault as TableFault {
            throw AnswerFileRefusal(file: file, fault: fault)
        }
    }
}

/// A file of answers that is not taken.
struct AnswerFileRefusal: Refusal {
    let file: String
    let fault: TableFault

    var code: String { "malformed" }
    var message: String { "\(file): \(fault)" }
}

/// Answers that are more than a method's tables can hold.
struct TooManyAnswers: Refusal {
    let file: String

    var code: String { "too_large" }
    var message: String { "\(file): tasks, workers and different answers are too many for this method" }
}

/// A number between 0 and 1 as commands print it.
func sixDigits(_ value: Double) -> String {
    value.formatted(.number.precision(.fractionLength(6)).grouping(.never).locale(Locale(identifier: "en_US_POSIX")))
}

extension JSON {
    /// A finite number to nine decimals, which are the same on every machine; null for any other.
    static func decimal(_ value: Double) -> JSON {
        guard value.isFinite, abs(value) < 1e9 else { return .null }
        guard let billionths = Int64(exactly: (value * 1e9).rounded()) else { return .null }
        let (whole, fraction) = billionths.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        let digits = String(fraction + 1_000_000_000).dropFirst()
        let trimmed = digits.reversed().drop { $0 == "0" }.reversed()
        let sign = billionths < 0 ? "-" : ""
        return .number(trimmed.isEmpty ? "\(sign)\(whole).0" : "\(sign)\(whole).\(String(trimmed))")
    }
}

/// A name of a file on a line of its own: without what would end the line, or steer a terminal.
func plainName(_ name: String) -> String {
    String(String.UnicodeScalarView(name.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
}
