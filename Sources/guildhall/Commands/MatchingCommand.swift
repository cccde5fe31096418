internal import ArgumentParser
internal import Formats
internal import Marketplace
internal import Matching

struct MatchingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matching",
        abstract: "The matching of tasks with workers, on files: what-if without a database.",
        subcommands: [Solve.self]
    )

    struct Solve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Solve a matching from a file: its value, the proof and the pairs. Needs no database.",
            discussion: """
                The very solver of the scheduler. Reads, gzipped or not:

                DIMACS assignment files ('p asn NODES ARCS', 'n LEFT', 'a LEFT RIGHT COST'): the least total cost at \
                which every node has a partner (every node of the smaller side, if one is smaller), as \
                scipy.optimize.linear_sum_assignment finds it. Always exact.

                Markets ('p mat GOAL TASKS WORKERS PAIRS', 't TASK SLOTS [UNITS]', 'w WORKER UNITS [TASKS]', \
                'a TASK WORKER WEIGHT [UNITS]'): GOAL is max (the greatest total weight; slots may stay open), \
                max-full (the greatest with every slot filled) or min (the least with every slot filled). max is \
                solved to about 0.25 %, with --exact to the optimum; the other two are always exact. Where a \
                worker's tasks differ in length the optimum is not promised, but the bound holds.

                Prints the total ('optimum'), the bound that no assignment is better than (a lower one when the \
                goal is the least), and the pairs in the file's own numbers. The optimum is proven when both are \
                equal. docs/FILES.md has the formats.

                Exit code 1: the file is wrong or infeasible; why, and in which line.

                Example: guildhall matching solve samples/what-if/matching.asn --json
                """
        )
        @Argument(help: "The file; - reads standard input.") var file: String
        @Flag(help: "To the optimum, also where the goal is max.") var exact = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            do {
                let problem = try read()
                let solution: MatchingProblem.Solution
                do throws(MatchingFault) {
                    solution = try problem.solve(exact: exact)
                } catch {
                    throw MatchingRefusal(file: file, fault: error)
                }
                if json { Console.result(solution.json(problem.goal)) } else { print(solution, problem.goal) }
            } catch {
                throw Console.failure(error)
            }
        }

        private func read() throws -> MatchingProblem {
            let reader = try ByteReader(path: file == "-" ? "/dev/stdin" : file)
            var lines = MatchingFile()
            do {
                while let bytes = try reader.next() { try lines.feed(bytes) }
                return try lines.finish()
            } catch let fault as MatchingFault {
                throw MatchingRefusal(file: file, fault: fault)
            }
        }

        private func print(_ solution: MatchingProblem.Solution, _ goal: MatchingFile.Goal) {
            let proof = solution.isProven ? "the optimum, proven" : "not proven to be the optimum"
            Console.result("value  \(solution.optimum)   \(proof)")
            Console.result("bound  \(solution.bound)   no assignment has \(goal == .min ? "less" : "more")")
            Console.result("pairs  \(solution.pairs.count)   left, right, weight; \(solution.openSlots) slots open")
            let lines = solution.pairs.map { "\($0.left) \($0.right) \($0.weight)" }
            if !lines.isEmpty { Console.result(lines.joined(separator: "\n")) }
        }
    }
}

/// A file that cannot be solved.
private struct MatchingRefusal: Refusal {
    let file: String
    let fault: MatchingFault

    var code: String { fault.isInfeasible ? "infeasible" : "malformed" }
    var message: String { "\(file): \(fault)" }
}

extension MatchingProblem.Solution {
    func json(_ goal: MatchingFile.Goal) -> JSON {
        [
            "goal": .string(goal.rawValue), "optimum": .integer(optimum), "bound": .integer(bound),
            "proven": .bool(isProven), "open_slots": .integer(Int64(openSlots)),
            "pairs": .array(pairs.map { .array([.integer(Int64($0.left)), .integer(Int64($0.right))]) }),
        ]
    }
}
