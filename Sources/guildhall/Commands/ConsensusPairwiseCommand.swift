internal import ArgumentParser
internal import Consensus
internal import Formats
internal import Marketplace

struct ConsensusPairwiseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pairwise",
        abstract: "Scores of items from 'this one is better than that one'. Needs no database.",
        discussion: """
            Reads a CSV file, gzipped or not, with a header row and the columns worker, left, right and label, in any \
            order; other columns are passed over. label names the better item; left and right (unless items are \
            called so) do too; tie, equal, same or = say that neither is.

            bradley-terry  the chance that i beats j is score i ÷ (score i + score j); a tie is half a win of each
            noisy-bt       the same for workers who look; others say left, right or tie by habit. Knows ties

            Prints a line for each item (item, score), those of each group of items from the best to the worst; scores \
            of items that no chain of comparisons joins cannot be compared. After a blank line, of noisy-bt, one for \
            each worker: skill (how likely they look) and left (how often they say left when they do not). --json: \
            {"items": [{"item", "score"}], "workers": [{"worker", "skill", "left"}], "warnings": []}.

            --prior is how many imagined wins, and losses, each item has against a middling one; 0 switches it off for \
            bradley-terry.

            Exit code 1: the file is wrong, and in which line.

            Example: guildhall consensus pairwise samples/what-if/pairs.csv --method noisy-bt
            """
    )
    @Argument(help: "The comparisons (CSV); - reads standard input.") var pairs: String
    @Option(help: "bradley-terry or noisy-bt.") var method = "noisy-bt"
    @Option(help: "Imagined wins and losses of each item, 0 to 1000000.") var prior = 0.1
    @Flag(help: "Print JSON.") var json = false

    private enum Method: String, CaseIterable {
        case bradleyTerry = "bradley-terry"
        case noisyBradleyTerry = "noisy-bt"
    }

    mutating func validate() throws {
        guard (0...1e6).contains(prior) else { throw ValidationError("--prior must be 0 to 1000000.") }
    }

    func run() async throws {
        do {
            let method = try choice(method, of: Method.self, field: "method")
            let file = try ComparisonFile(pairs)
            let fit =
                switch method {
                case .bradleyTerry: BradleyTerry(prior: prior).fit(file.comparisons)
                case .noisyBradleyTerry: NoisyBradleyTerry(prior: prior).fit(file.comparisons)
                }
            if json { Console.result(file.json(fit)) } else { print(file, fit) }
        } catch {
            throw Console.failure(error)
        }
    }

    private func print(_ file: ComparisonFile, _ fit: PairwiseFit) {
        var lines = ["item\tscore"]
        for item in file.ranked(fit) { lines.append("\(plainName(file.items[item]))\t\(sixDigits(fit.scores[item]))") }
        if !fit.skills.isEmpty {
            lines += ["", "worker\tskill\tleft"]
            for (worker, name) in file.workers.enumerated() {
                lines.append(
                    "\(plainName(name))\t\(sixDigits(fit.skills[worker]))\t\(sixDigits(fit.habits[worker][0]))")
            }
        }
        Console.result(lines.joined(separator: "\n"))
        for warning in file.warnings(fit) { Console.note("warning: \(warning)") }
    }
}

/// Comparisons from a file, with the names that stand in it.
private struct ComparisonFile {
    let items: [String]
    let workers: [String]
    let comparisons: Comparisons
    private static let ties: Set = ["tie", "equal", "same", "="]

    /// - Throws: ``AnswerFileRefusal``, ``TooManyAnswers`` and `FormatError`.
    init(_ file: String) throws {
        let table = try AnswerTable.read(file, columns: ["worker", "left", "right", "label"])
        let (workers, left, right, label) = (table.columns[0], table.columns[1], table.columns[2], table.columns[3])
        let items = Set(left.names + right.names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let codes = Dictionary(uniqueKeysWithValues: items.enumerated().map { ($1, Int32($0)) })
        var comparisons: [Comparison] = []
        for row in table.lines.indices {
            let (one, other) = (left.names[Int(left.codes[row])], right.names[Int(right.codes[row])])
            let said = label.names[Int(label.codes[row])]
            func refused(_ reason: String) -> AnswerFileRefusal {
                AnswerFileRefusal(file: file, fault: TableFault(line: Int(table.lines[row]), reason: reason))
            }
            guard one != other, let first = codes[one], let second = codes[other] else {
                throw refused("left and right are the same item")
            }
            let outcome: Comparison.Outcome
            if said == one || said == "left" && codes[said] == nil {
                outcome = .left
            } else if said == other || said == "right" && codes[said] == nil {
                outcome = .right
            } else if Self.ties.contains(said) {
                outcome = .tie
            } else {
                throw refused("label is neither left, nor right, nor tie")
            }
            comparisons.append(
                Comparison(worker: workers.codes[row], left: first, right: second, outcome: outcome))
        }
        do throws(ComparisonsFault) {
            self.comparisons = try Comparisons(
                itemCount: items.count, workerCount: workers.names.count, comparisons: comparisons)
        } catch {
            throw TooManyAnswers(file: file)
        }
        (self.items, self.workers) = (items, workers.names)
    }

    /// The items group by group, each from the best.
    func ranked(_ fit: PairwiseFit) -> [Int] {
        items.indices.sorted {
            let groups = (comparisons.groups[$0], comparisons.groups[$1])
            if groups.0 != groups.1 { return groups.0 < groups.1 }
            return fit.scores[$0] == fit.scores[$1] ? $0 < $1 : fit.scores[$0] > fit.scores[$1]
        }
    }

    func warnings(_ fit: PairwiseFit) -> [String] {
        var warnings = fit.isConverged ? [] : ["not_converged: scores still moved after \(fit.rounds) rounds"]
        if comparisons.groupCount > 1 {
            warnings.append(
                "separate_groups: the items fall into \(comparisons.groupCount) groups that nobody compared; scores "
                    + "compare within a group only")
        }
        return warnings
    }

    func json(_ fit: PairwiseFit) -> JSON {
        let items = ranked(fit).map { item -> JSON in
            ["item": .string(self.items[item]), "score": .decimal(fit.scores[item])]
        }
        let workers = fit.skills.enumerated().map { worker, skill -> JSON in
            [
                "worker": .string(self.workers[worker]), "skill": .decimal(skill),
                "left": .decimal(fit.habits[worker][0]),
            ]
        }
        return [
            "items": .array(items), "workers": .array(workers),
            "warnings": .array(warnings(fit).map { .string($0) }),
        ]
    }
}
