internal import ArgumentParser
internal import Consensus
internal import Formats
internal import Marketplace

struct ConsensusFitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "One answer for each task, how sure it is, and how good each worker is. Needs no database.",
        discussion: """
            Reads a CSV file, gzipped or not, with a header row and the columns task, worker and label, in any order; \
            other columns are passed over. A worker who answered a task several times counts as often.

            majority     the most votes; posterior is their share. Equal votes are decided by lot, always the same
            one-coin     each worker is right with one probability, and wrong in any way
            dawid-skene  each worker has a table of what they take for what
            glad         abilities of workers, difficulties of tasks
            mace         workers look, or guess by a habit: finds spammers

            Prints a line for each task (task, label, posterior) and, after a blank line, one for each worker and \
            their skill: how likely they are right; of mace, how likely they look. --json: {"tasks": [{"task", \
            "label", "posterior"}], "workers": [{"worker", "skill"}], "warnings": []}.

            Warnings say where the method should not be trusted; take --method majority then.

            --prior is how many imagined labels hold a worker near the others, so that few labels prove little. It is \
            5 for one-coin; for dawid-skene as many in each row of the table as there are answers. 0 switches it off, \
            and makes each method do what crowd-kit 1.4.2 does, for comparison.

            --gold names a file of known answers (CSV with the columns task and label). Posteriors are then calibrated \
            by them, and --method auto takes the method whose calibrated posteriors surprise them least, of those that \
            are right at least as often as the majority (from 50 known answers on; scores go to standard error).

            Exit code 1: the file is wrong, and in which line.

            Example: guildhall consensus fit samples/what-if/labels.csv --method dawid-skene --json
            """
    )
    @Argument(help: "The labels (CSV); - reads standard input.") var labels: String
    @Option(help: "majority, one-coin, dawid-skene, glad, mace; with --gold also auto.") var method = "dawid-skene"
    @Option(help: "Known answers (CSV), to calibrate by and to choose the method.") var gold: String?
    @Option(help: "Imagined labels, 0 to 1000000; the method's own if left out.") var prior: Double?
    @Flag(help: "Print JSON.") var json = false

    mutating func validate() throws {
        guard (0...1e6).contains(prior ?? 0) else { throw ValidationError("--prior must be 0 to 1000000.") }
        guard method != "auto" || gold != nil && prior == nil else {
            throw ValidationError("--method auto needs --gold, and no --prior.")
        }
    }

    func run() async throws {
        do {
            let method = method == "auto" ? nil : try choice(method, of: FitMethod.self, field: "method")
            let file = try LabelFile(labels)
            let known = try gold.map { try file.gold($0) }
            let fit: Fit
            do throws(LabelsFault) {
                fit = try self.fit(file.labels, method, known)
            } catch {
                throw TooManyAnswers(file: labels)
            }
            let warnings = file.labels.warnings(about: fit, gold: known ?? [:])
            if json { Console.result(file.json(fit, warnings)) } else { print(file, fit, warnings) }
        } catch {
            throw Console.failure(error)
        }
    }

    private func fit(
        _ labels: Labels, _ method: FitMethod?, _ known: [Int32: Int32]?
    ) throws(LabelsFault) -> Fit {
        if let method {
            let fit = try method.fit(labels, prior: prior)
            return known.map { Calibration(fit, gold: $0).applied(to: fit) } ?? fit
        }
        let choice = try MethodChoice(labels, gold: known ?? [:])
        Console.note("method: \(choice.fit.method.rawValue)")
        for score in choice.scores {
            Console.note(
                "\(score.method.rawValue): right on \(sixDigits(score.accuracy)) of the known answers, surprised by "
                    + "\(sixDigits(score.surprise)) nats")
        }
        return choice.fit
    }

    private func print(_ file: LabelFile, _ fit: Fit, _ warnings: [FitWarning]) {
        var lines = ["task\tlabel\tposterior"]
        for (task, name) in file.tasks.enumerated() {
            guard let (answer, posterior) = fit.likeliest(item: task) else { continue }
            lines.append("\(plainName(name))\t\(plainName(file.answers[Int(answer)]))\t\(sixDigits(posterior))")
        }
        lines += ["", "worker\tskill"]
        for (worker, name) in file.workers.enumerated() {
            lines.append("\(plainName(name))\t\(sixDigits(fit.skills[worker]))")
        }
        Console.result(lines.joined(separator: "\n"))
        for warning in warnings { Console.note("warning: \(warning)") }
    }
}

/// Labels from a file, with the names that stand in it.
struct LabelFile {
    let tasks: [String]
    let workers: [String]
    let answers: [String]
    let labels: Labels
    private let table: AnswerTable

    /// The line on which a label is first.
    func line(ofAnswer answer: Int) -> Int {
        table.columns[2].codes.firstIndex(of: Int32(answer)).map { Int(table.lines[$0]) } ?? 1
    }

    /// - Throws: ``AnswerFileRefusal``, ``TooManyAnswers`` and `FormatError`.
    init(_ file: String) throws {
        let table = try AnswerTable.read(file, columns: ["task", "worker", "label"])
        let (tasks, workers, answers) = (table.columns[0], table.columns[1], table.columns[2])
        let labels = table.lines.indices.map {
            Label(item: tasks.codes[$0], worker: workers.codes[$0], answer: answers.codes[$0])
        }
        do throws(LabelsFault) {
            self.labels = try Labels(
                itemCount: tasks.names.count, workerCount: workers.names.count,
                answerCount: max(answers.names.count, 1), labels: labels
            )
        } catch {
            throw TooManyAnswers(file: file)
        }
        (self.tasks, self.workers, self.answers) = (tasks.names, workers.names, answers.names)
        self.table = table
    }

    func json(_ fit: Fit, _ warnings: [FitWarning]) -> JSON {
        let tasks = self.tasks.enumerated().map { task, name -> JSON in
            let (answer, posterior) = fit.likeliest(item: task) ?? (0, 0)
            return [
                "task": .string(name), "label": .string(answers[Int(answer)]), "posterior": .decimal(posterior),
            ]
        }
        let workers = self.workers.enumerated().map { worker, name -> JSON in
            ["worker": .string(name), "skill": .decimal(fit.skills[worker])]
        }
        return [
            "tasks": .array(tasks), "workers": .array(workers),
            "warnings": .array(warnings.map { .string($0.description) }),
        ]
    }
}
