internal import ArgumentParser
internal import Consensus
internal import Formats
internal import Foundation
internal import Marketplace

struct ConsensusAlphaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alpha",
        abstract: "Krippendorff's alpha: do the workers agree at all? Needs no database.",
        discussion: """
            Reads a CSV file, gzipped or not, with a header row and the columns task, worker and label, in any order; \
            other columns are passed over. Workers need not answer every task; tasks with one label do not count.

            nominal   labels are the same or not
            ordinal   labels are ranks: numbers, or the words of --order
            interval  labels are numbers, their differences count
            ratio     labels are numbers from a true zero, their proportions count

            1 is perfect agreement, 0 is what chance gives. Conclusions are commonly drawn from 0.8, tentative ones \
            from 0.667 (Krippendorff 2004). Prints alpha, the 95 % interval over tasks drawn anew (seeded), the plain \
            share of pairs that agree, and, with two workers, Cohen's kappa. --json: {"alpha", "low", "high", \
            "level", "tasks", "labels", "agreement", "kappa"}; what is not defined is null.

            Exit code 1: the file is wrong, and in which line.

            Example: guildhall consensus alpha samples/what-if/labels.csv --level nominal
            """
    )
    @Argument(help: "The labels (CSV); - reads standard input.") var labels: String
    @Option(help: "nominal, ordinal, interval or ratio.") var level = "nominal"
    @Option(help: "Of ordinal labels that are words: all of them from least to most, with commas between.")
    var order: String?
    @Option(help: "How often tasks are drawn anew for the interval, 0 to 10000.") var draws = 1_000
    @Option(help: "What they are drawn from.") var seed: UInt64 = 1
    @Flag(help: "Print JSON.") var json = false

    mutating func validate() throws {
        guard (0...10_000).contains(draws) else { throw ValidationError("--draws must be 0 to 10000.") }
    }

    func run() async throws {
        do {
            let level = try choice(level, of: MeasurementLevel.self, field: "level")
            let file = try LabelFile(labels)
            let values = level == .nominal ? [] : try values(in: file, level)
            // Every draw compares all pairs of different answers.
            let bounded = file.answers.count > 200 ? 0 : draws
            let alpha = file.labels.krippendorffAlpha(level, values: values, draws: bounded, seed: seed)
            let kappa = file.workers.count == 2 ? file.labels.cohenKappa(0, 1)?.kappa : nil
            let report = AlphaReport(
                level: level, alpha: alpha, agreement: file.labels.percentAgreement(), kappa: kappa)
            if json { Console.result(report.json) } else { Console.result(report.lines.joined(separator: "\n")) }
        } catch {
            throw Console.failure(error)
        }
    }

    /// What each label stands for.
    private func values(in file: LabelFile, _ level: MeasurementLevel) throws -> [Double] {
        if let order, level == .ordinal {
            let words = order.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            return try file.answers.enumerated().map { code, answer in
                guard let place = words.firstIndex(of: answer) else {
                    throw refused(file, code, "--order does not name the label '\(plainName(answer))'")
                }
                return Double(place)
            }
        }
        return try file.answers.enumerated().map { code, answer in
            guard let value = Double(answer), value.isFinite, abs(value) <= 1e12 else {
                let help = level == .ordinal ? "; --order gives words their ranks" : ""
                throw refused(file, code, "label '\(plainName(answer))' is no number from -1e12 to 1e12\(help)")
            }
            return value
        }
    }

    private func refused(_ file: LabelFile, _ answer: Int, _ reason: String) -> AnswerFileRefusal {
        AnswerFileRefusal(file: labels, fault: TableFault(line: file.line(ofAnswer: answer), reason: reason))
    }
}

private struct AlphaReport {
    let level: MeasurementLevel
    let alpha: KrippendorffAlpha?
    let agreement: PercentAgreement
    let kappa: Double?

    var json: JSON {
        [
            "level": .string(level.rawValue), "alpha": decimal(alpha?.alpha),
            "low": decimal(alpha?.interval?.lowerBound), "high": decimal(alpha?.interval?.upperBound),
            "tasks": .integer(Int64(alpha?.items ?? 0)), "labels": .integer(Int64(alpha?.labels ?? 0)),
            "agreement": decimal(agreement.share), "kappa": decimal(kappa),
        ]
    }

    var lines: [String] {
        guard let alpha else { return ["alpha      not defined: no task has two labels, or all labels are the same"] }
        var lines = ["alpha      \(sixDigits(alpha.alpha))   \(level.rawValue)"]
        if let interval = alpha.interval {
            lines.append("95 %       \(sixDigits(interval.lowerBound)) to \(sixDigits(interval.upperBound))")
        }
        lines.append("tasks      \(alpha.items)   with two labels or more, \(alpha.labels) in all")
        if let share = agreement.share { lines.append("agreement  \(sixDigits(share))   of all pairs of labels") }
        if let kappa { lines.append("kappa      \(sixDigits(kappa))   Cohen's, of the two workers") }
        return lines
    }

    private func decimal(_ value: Double?) -> JSON { value.map { .decimal($0) } ?? .null }
}
