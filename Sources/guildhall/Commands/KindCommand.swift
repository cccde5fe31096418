internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct KindCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kind",
        abstract: "Kinds of tasks: what each asks, and how inputs and answers must look. Needs no database.",
        discussion: """
            A project picks a kind and gives it parameters (labels, a rubric, a scale …); from them follow the JSON \
            Schemas of its tasks' inputs and answers. docs/TASK-KINDS.md has the whole of it, samples/kinds/ files to \
            try.
            """,
        subcommands: [List.self, Show.self, Check.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the kinds.")
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            if json { return Console.result(.array(TaskKind.allCases.map(\.definition.summaryJSON))) }
            let width = TaskKind.allCases.map(\.rawValue.count).max() ?? 0
            for kind in TaskKind.allCases {
                let name = kind.rawValue.padding(toLength: width, withPad: " ", startingAt: 0)
                Console.result("\(name)  \(kind.definition.title)")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print what a kind asks, and the schemas of parameters, input and answer.",
            discussion: """
                The schemas of input and answer follow from parameters; without --parameters only the schema of the \
                parameters is printed.

                Example: guildhall kind show ranking --parameters samples/kinds/ranking/parameters.json
                """
        )
        @Argument(help: "The kind, as `kind list` names it.") var kind: String
        @Option(help: "The project's parameters (JSON).") var parameters: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            do {
                let kind = try KindCommand.taskKind(kind)
                let shape = try parameters.map {
                    try ProjectShape(kind, parameters: try KindCommand.json(in: $0, as: "parameters"))
                }
                show(kind.definition, shape)
            } catch {
                throw Console.failure(error)
            }
        }

        private func show(_ kind: KindDefinition, _ shape: ProjectShape?) {
            if json {
                var members = kind.summaryJSON.objectValue ?? [:]
                members["parameters_schema"] = kind.parameters
                members["input_schema"] = shape?.inputSchema ?? .null
                members["answer_schema"] = shape?.answerSchema ?? .null
                return Console.result(.object(members))
            }
            Console.result(
                """
                \(kind.title) (\(kind.name))
                \(kind.summary)

                Answers compare by  \(kind.measure.rawValue)
                An item is          \(kind.item.description)
                A page shows        \(kind.view.shows.map { "\($0.member) (\($0.display.rawValue))" }
                    .joined(separator: ", "))
                A page asks by      \(kind.view.asks.rawValue)

                Parameters
                \(kind.parameters.prettyText)
                """)
            guard let shape else { return }
            Console.result("\nInput\n\(shape.inputSchema.prettyText)\n\nAnswer\n\(shape.answerSchema.prettyText)")
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether parameters, an input and an answer are as a kind has them.",
            discussion: """
                Prints every fault, up to twenty for each file, with its place (a JSON Pointer), the rule and the \
                reason; the first file that is wrong ends the check, as a wrong project would its tasks.

                Exit code 0: all is well. 1: something is not.

                Example: guildhall kind check ranking --parameters samples/kinds/ranking/parameters.json \
                --input samples/kinds/ranking/input.json --answer samples/kinds/ranking/answer.json
                """
        )
        @Argument(help: "The kind, as `kind list` names it.") var kind: String
        @Option(help: "The project's parameters (JSON); {} if left out.") var parameters: String?
        @Option(help: "A task's input (JSON).") var input: String
        @Option(help: "An answer to it (JSON).") var answer: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            do {
                let kind = try KindCommand.taskKind(kind)
                let parameters = try parameters.map { try KindCommand.json(in: $0, as: "parameters") } ?? [:]
                let input = try KindCommand.json(in: input, as: "input")
                let answer = try answer.map { try KindCommand.json(in: $0, as: "answer") }
                try mustHaveNone(ProjectShape.parameterFaults(parameters, of: kind), in: "parameters")
                let shape = try ProjectShape(kind, parameters: parameters)
                try mustHaveNone(shape.faults(inInput: input), in: "input")
                if let answer { try mustHaveNone(shape.faults(inAnswer: answer, to: input), in: "answer") }
                report(items: shape.items(in: input))
            } catch {
                throw Console.failure(error)
            }
        }

        private func mustHaveNone(_ faults: [JSONSchema.Fault], in file: String) throws {
            guard !faults.isEmpty else { return }
            if json {
                Console.result([
                    "valid": false, "file": .string(file),
                    "faults": .array(
                        faults.map {
                            ["path": .string($0.path), "rule": .string($0.keyword), "reason": .string($0.reason)]
                        }),
                ])
            } else {
                for fault in faults { Console.result("\(file) \(fault) [\(fault.keyword)]") }
            }
            throw ExitCode.failure
        }

        private func report(items: Int) {
            if json { return Console.result(["valid": true, "items": .integer(Int64(items))]) }
            Console.result("Valid. A rate by item counts \(items).")
        }
    }

    fileprivate static func taskKind(_ name: String) throws(BadInput) -> TaskKind {
        guard let kind = TaskKind(rawValue: name) else {
            throw BadInput("kind", "must be one of \(TaskKind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return kind
    }

    /// A file as large as a task's payload may be.
    fileprivate static func json(in path: String, as field: String) throws(BadInput) -> JSON {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw BadInput(field, "cannot be read: \(path)")
        }
        do throws(JSONFault) {
            return try JSON.parse(Array(data), limits: JSON.Limits(maxBytes: 4 << 20))
        } catch {
            throw BadInput(field, "is no JSON: \(error)")
        }
    }
}

extension KindDefinition {
    fileprivate var summaryJSON: JSON {
        [
            "kind": .string(name), "title": .string(title), "summary": .string(summary),
            "measure": .string(measure.rawValue), "item": .string(item.description), "view": view.json,
        ]
    }
}
