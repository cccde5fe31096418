package import Formats

/// How the tasks of a project look: their kind, its parameters, and the schemas that follow from them.
package struct ProjectShape: Sendable {
    package let kind: TaskKind
    /// `nil` where the project brought schemas of its own; then only they are checked.
    package let parameters: JSON?
    package let inputSchema: JSON
    package let answerSchema: JSON
    private let input: JSONSchema
    private let answer: JSONSchema

    /// Of a kind with parameters.
    /// - Throws: ``BadInput`` with the place of the first fault of the parameters.
    package init(_ kind: TaskKind, parameters: JSON) throws(BadInput) {
        if let fault = try Self.parameterFaults(parameters, of: kind, limit: 1).first {
            throw BadInput("parameters", "\(fault)")
        }
        let shape = kind.definition.shape(parameters)
        try self.init(
            stored: kind, parameters: parameters, inputSchema: shape.input, answerSchema: shape.answer
        )
    }

    /// Of schemas of the requester's own; the kind is what the work is paid as.
    /// - Throws: ``BadInput`` for a schema that does not compile.
    package init(_ kind: TaskKind, inputSchema: JSON = [:], answerSchema: JSON) throws(BadInput) {
        try self.init(stored: kind, parameters: nil, inputSchema: inputSchema, answerSchema: answerSchema)
    }

    /// As it was stored with the project: a kind that has changed since changes nothing for it.
    init(stored kind: TaskKind, parameters: JSON?, inputSchema: JSON, answerSchema: JSON) throws(BadInput) {
        self.kind = kind
        self.parameters = parameters
        self.inputSchema = inputSchema
        self.answerSchema = answerSchema
        input = try Self.compiled(inputSchema, "input_schema")
        answer = try Self.compiled(answerSchema, "answer_schema")
    }

    /// What is wrong with parameters; empty when the kind takes them.
    package static func parameterFaults(
        _ parameters: JSON, of kind: TaskKind, limit: Int = 20
    ) throws(BadInput) -> [JSONSchema.Fault] {
        let schema = try compiled(kind.definition.parameters, "parameters")
        let faults = schema.faults(in: parameters, limit: limit)
        guard faults.isEmpty else { return faults }
        return broken(kind.definition.checkParameters, KindWork(parameters: parameters), limit)
    }

    /// What is wrong with a task's input; empty when it can be taken in.
    package func faults(inInput value: JSON, limit: Int = 20) -> [JSONSchema.Fault] {
        let faults = input.faults(in: value, limit: limit)
        guard faults.isEmpty, let parameters else { return faults }
        return Self.broken(kind.definition.checkInput, KindWork(parameters: parameters, input: value), limit)
    }

    /// Whether an answer is checked against the input of its task.
    package var answerNeedsInput: Bool { parameters != nil && kind.definition.checkAnswer != nil }

    /// What is wrong with an answer; empty when it can be taken.
    /// - Parameter input: of its task, which satisfies ``inputSchema``; not looked at unless ``answerNeedsInput``.
    package func faults(inAnswer value: JSON, to input: JSON, limit: Int = 20) -> [JSONSchema.Fault] {
        let faults = answer.faults(in: value, limit: limit)
        guard faults.isEmpty, let parameters, let rule = kind.definition.checkAnswer else { return faults }
        return Self.broken(rule, KindWork(parameters: parameters, input: input, answer: value), limit)
    }

    /// What a rate by item counts for a task; at least 1.
    package func items(in input: JSON) -> Int {
        kind.definition.item.count(parameters: parameters ?? .null, input: input)
    }

    private static func broken(_ rule: KindRule, _ work: KindWork, _ limit: Int) -> [JSONSchema.Fault] {
        var faults = KindFaults(limit: max(limit, 1))
        rule(work, &faults)
        return faults.all
    }

    private static func compiled(_ schema: JSON, _ field: String) throws(BadInput) -> JSONSchema {
        do throws(JSONSchemaFault) {
            return try JSONSchema(compiling: schema)
        } catch {
            throw BadInput(field, "\(error)")
        }
    }
}
