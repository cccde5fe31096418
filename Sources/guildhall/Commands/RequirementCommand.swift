internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct RequirementCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requirement",
        abstract: "What tasks demand of workers.",
        subcommands: [Check.self]
    )

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether a worker meets a requirement at an instant, both from files; needs no database.",
            discussion: """
                Prints the facts that make the worker eligible, or the first rule that fails and what would satisfy \
                it. Samples are in samples/what-if/; docs/API.md has every rule and every fact.

                Exit code 0: eligible. 1: not eligible, or a file is wrong.

                Example: guildhall requirement check samples/what-if/requirement.json samples/what-if/worker.json \
                --at 2026-03-02T09:00:00Z
                """
        )
        @Argument(help: "A tree of rules (JSON).") var requirement: String
        @Argument(help: "What is known of the worker (JSON).") var worker: String
        @Option(help: "An instant in UTC (2026-03-02T09:00:00Z) or a day.") var at: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            do {
                guard let instant = Date(whatIf: at) else {
                    throw BadInput("at", "must be a time such as 2026-03-02T09:00:00Z or a day")
                }
                let tree = try Requirement(json: try Self.json(in: requirement, as: "requirement"))
                let history = try WorkerHistory(json: try Self.json(in: worker, as: "worker"))
                try answer(tree.evaluate(history.facts(at: instant), at: instant))
            } catch {
                throw Console.failure(error)
            }
        }

        private func answer(_ eligibility: Eligibility) throws {
            switch eligibility {
            case .eligible(let proof):
                if json {
                    Console.result(["eligible": true, "proof": proof.json])
                } else {
                    Console.result("Eligible. It rests on:\n\(proof.json.prettyText)")
                }
            case .ineligible(let fault):
                if json {
                    Console.result([
                        "eligible": false, "code": .string(fault.code), "reason": .string(fault.reason.code),
                        "rule": fault.rule?.json ?? .null, "message": .string(fault.message),
                    ])
                } else {
                    Console.result("Not eligible. \(fault.message) [\(fault.code), \(fault.reason.code)]")
                }
                throw ExitCode.failure
            }
        }

        private static func json(in path: String, as field: String) throws -> JSON {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw BadInput(field, "cannot be read: \(path)")
            }
            do {
                return try JSON.parse(Array(data))
            } catch {
                throw BadInput(field, "is no JSON: \(error)")
            }
        }
    }
}
