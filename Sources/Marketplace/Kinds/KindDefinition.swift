package import Formats

/// What a file of this folder says of a kind of task. How to add one: docs/TASK-KINDS.md.
package struct KindDefinition: Sendable {
    package let name: String
    package let title: String
    /// What the worker is asked, in one sentence.
    package let summary: String
    /// By what answers to one task are compared.
    package let measure: AnswerMeasure
    /// What a rate by item counts.
    package let item: KindItem
    /// What a page for workers has to show and to ask.
    package let view: KindView
    /// A JSON Schema of the parameters that a project gives.
    package let parameters: JSON
    /// The schemas of a task's input and of its answer, from parameters that satisfy ``parameters`` and their rules.
    let shape: @Sendable (JSON) -> KindShape
    /// What JSON Schema cannot say of the parameters.
    var checkParameters: KindRule = { _, _ in }
    /// … of an input, by the parameters.
    var checkInput: KindRule = { _, _ in }
    /// … of an answer, by input and parameters; nil where the schema says all, so that nobody reads the input for it.
    var checkAnswer: KindRule?
}

/// A check beyond JSON Schema: called only with what satisfies the schemas, so that shapes need no second look.
typealias KindRule = @Sendable (_ work: KindWork, _ faults: inout KindFaults) -> Void

/// The schemas of a project's tasks.
struct KindShape: Sendable {
    let input: JSON
    let answer: JSON
}

/// What a rule looks at; what is not there yet is null.
struct KindWork {
    let parameters: JSON
    var input = JSON.null
    var answer = JSON.null
}

/// Faults found by rules, up to a limit. A reason repeats names of the project, never content of input or answer.
struct KindFaults {
    let limit: Int
    private(set) var all: [JSONSchema.Fault] = []

    init(limit: Int) { self.limit = limit }

    mutating func report(_ rule: String, at path: String, _ reason: String) {
        guard all.count < limit else { return }
        all.append(JSONSchema.Fault(path: path, keyword: rule, reason: reason))
    }
}

/// By what answers to one task are compared.
package enum AnswerMeasure: String, Sendable, CaseIterable {
    /// The share of fields with the same value.
    case fields
    /// F1 over spans of the same label, counted by character.
    case spans
    /// Krippendorff's alpha for nominal values.
    case nominal
    /// Jaccard's overlap of two sets of labels.
    case sets
    /// The share of levels that two paths have in common.
    case paths
    /// Krippendorff's alpha for intervals, for each criterion.
    case intervals
    /// Kendall's tau of two orders.
    case ranks
    /// F1 over boxes of the same label that overlap by half or more of their union.
    case boxes
    /// Nominal, for each turn.
    case turns
    /// None that a program computes: a reviewer compares.
    case review
}

/// What a rate by item counts in one task.
package enum KindItem: Hashable, Sendable {
    /// The task is one item.
    case task
    /// Each element of that member of the input.
    case elementOfInput(String)
    /// Each element of that parameter.
    case elementOfParameters(String)

    package var description: String {
        switch self {
        case .task: "the task"
        case .elementOfInput(let name): "each of `\(name)` in the input"
        case .elementOfParameters(let name): "each of `\(name)` in the parameters"
        }
    }

    /// How many items a task has; at least 1.
    func count(parameters: JSON, input: JSON) -> Int {
        switch self {
        case .task: 1
        case .elementOfInput(let name): max(1, input.elements(name).count)
        case .elementOfParameters(let name): max(1, parameters.elements(name).count)
        }
    }
}

/// What a page for workers has to show and to ask.
package struct KindView: Sendable {
    /// How a member of the input is shown.
    package enum Display: String, Sendable {
        case line, text, passages, candidates, turns, image
    }

    /// By what the answer is given.
    package enum Control: String, Sendable {
        case fields, spans, choice, choices, tree, scales, pair, order, editor, grades, citations, boxes, turns
        case transcript
    }

    /// Members of the input, in the order of the page.
    package let shows: [(member: String, display: Display)]
    package let asks: Control

    package var json: JSON {
        [
            "asks": .string(asks.rawValue),
            "shows": .array(
                shows.map { ["member": .string($0.member), "as": .string($0.display.rawValue)] }
            ),
        ]
    }
}

extension JSON {
    /// The elements of a member; none where it is no array.
    func elements(_ member: String) -> [JSON] { self[member]?.arrayValue ?? [] }

    /// The texts of a member that is an array of texts.
    func texts(_ member: String) -> [String] { elements(member).compactMap(\.stringValue) }

    /// A member's whole number, or the fallback.
    func whole(_ member: String, or fallback: Int64) -> Int64 { self[member]?.integerValue ?? fallback }

    /// A member's truth value, or the fallback.
    func flag(_ member: String, or fallback: Bool) -> Bool { self[member]?.boolValue ?? fallback }
}
