internal import ArgumentParser
internal import Consensus
internal import Formats
internal import Foundation
internal import Marketplace

struct ConsensusReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "What asking only as often as needed would have saved, on labels that are there. Needs no database.",
        discussion: """
            Reads labels as `consensus fit` does, and the known answers of some tasks: a CSV file with the columns \
            task and label.

            Half of the tasks, drawn by the seed, teach what the workers are worth, and calibrate by their known \
            answers. Each known task of the other half is answered one label after the other, in a drawn order, until \
            the confidence reaches the target. Prints, as means of all splits, how many labels that took, how often it \
            was right, how often the tie-fair majority of all labels was, and how far the confidence was off (expected \
            calibration error).

            The target is a share of the most confidence that more labels could bring: where workers err together, \
            more of them do not help.

            --json: {"splits", "tasks", "labels_each", "labels_each_in_all", "share", "accuracy", \
            "majority_accuracy", "calibration_error"}.

            Exit code 1: a file is wrong, and in which line.

            Example: guildhall consensus replay LABELS.csv --gold TRUTH.csv --target 0.95
            """
    )
    @Argument(help: "The labels (CSV); - reads standard input.") var labels: String
    @Option(help: "The known answers (CSV).") var gold: String
    @Option(help: "majority, one-coin, dawid-skene, glad or mace.") var method = "one-coin"
    @Option(help: "The confidence at which to stop, 0.5 to 0.9999.") var target = 0.95
    @Option(help: "The least labels, 1 to 1000.") var least = 2
    @Option(help: "The most labels, 1 to 1000.") var most = 1_000
    @Option(help: "How many times to split the tasks, 1 to 100.") var splits = 10
    @Option(help: "What splits and orders are drawn from.") var seed: UInt64 = 1
    @Flag(help: "Print JSON.") var json = false

    mutating func validate() throws {
        guard (0.5...0.9999).contains(target), (1...1_000).contains(least), (least...1_000).contains(most) else {
            throw ValidationError("--target must be 0.5 to 0.9999, --least 1 to 1000, --most --least to 1000.")
        }
        guard (1...100).contains(splits) else { throw ValidationError("--splits must be 1 to 100.") }
    }

    func run() async throws {
        do {
            let method = try choice(method, of: FitMethod.self, field: "method")
            let file = try LabelFile(labels)
            let known = try file.gold(gold)
            let rule = StoppingRule(target: target, answersMin: least, answersMax: most)
            var replays: [StoppingReplay] = []
            do throws(LabelsFault) {
                for split in 0..<UInt64(splits) {
                    replays.append(
                        try StoppingReplay(
                            file.labels, gold: known, method: method, rule: rule, seed: seed &+ split))
                }
            } catch {
                throw TooManyAnswers(file: labels)
            }
            report(replays)
        } catch {
            throw Console.failure(error)
        }
    }

    private func report(_ replays: [StoppingReplay]) {
        func mean(_ value: (StoppingReplay) -> Double) -> Double {
            replays.reduce(0) { $0 + value($1) } / Double(replays.count)
        }
        let (asked, all) = (mean(\.labelsEach), mean(\.labelsEachInAll))
        let share = all > 0 ? asked / all : 0
        let (accuracy, majority) = (mean(\.accuracy), mean(\.majorityAccuracy))
        let (error, tasks) = (mean(\.calibrationError), mean { Double($0.items) })
        if json {
            return Console.result([
                "splits": .integer(Int64(replays.count)), "tasks": .decimal(tasks), "labels_each": .decimal(asked),
                "labels_each_in_all": .decimal(all), "share": .decimal(share), "accuracy": .decimal(accuracy),
                "majority_accuracy": .decimal(majority), "calibration_error": .decimal(error),
            ])
        }
        Console.result(
            """
            labels             \(sixDigits(asked)) a task, of \(sixDigits(all)): \(sixDigits(share))
            right              \(sixDigits(accuracy))
            majority of all    \(sixDigits(majority))
            calibration error  \(sixDigits(error))
            """)
        Console.note("Means of \(replays.count) splits, \(sixDigits(tasks)) tasks each.")
    }
}

extension LabelFile {
    /// The known answers in a file with the columns task and label, by item. Tasks that have no label are passed over;
    /// a known answer that nobody gave is none of ours, and never right.
    /// - Throws: ``AnswerFileRefusal`` and `FormatError`; also when a task is there twice.
    func gold(_ file: String) throws -> [Int32: Int32] {
        let table = try AnswerTable.read(file, columns: ["task", "label"])
        let items = Dictionary(uniqueKeysWithValues: tasks.enumerated().map { ($1, Int32($0)) })
        let codes = Dictionary(uniqueKeysWithValues: answers.enumerated().map { ($1, Int32($0)) })
        var seen: Set<Int32> = []
        var gold: [Int32: Int32] = [:]
        for row in table.lines.indices {
            let task = table.columns[0].codes[row]
            guard seen.insert(task).inserted else {
                let fault = TableFault(line: Int(table.lines[row]), reason: "the task is there twice")
                throw AnswerFileRefusal(file: file, fault: fault)
            }
            guard let item = items[table.columns[0].names[Int(task)]] else { continue }
            gold[item] = codes[table.columns[1].names[Int(table.columns[1].codes[row])]] ?? -1
        }
        return gold
    }
}
