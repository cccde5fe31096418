package import Formats
internal import Foundation
internal import Store

/// A requester's programme: what is asked, and how inputs and answers must look.
package struct Project: Sendable {
    package typealias ID = Identifier<Project>
    package let id: ID
    package let requester: Requester.ID
    /// The requester's own name for it, 1 to 200 characters.
    package let externalKey: String
    package let name: String
    package let shape: ProjectShape
    /// What its workers are told, and the version that they are told from the next lease on.
    package let guideline: Guideline.ID
    package let guidelineVersion: Int
    /// The version it stays at; `nil` where it follows the newest.
    package let guidelinePin: Int?
    package let function: WorkFunction
    package let deidentification: Deidentification

    package var taskKind: TaskKind { shape.kind }
}

/// What a requester says of a new project.
package struct ProjectDraft: Sendable {
    package let externalKey: String
    package let name: String
    package let taskKind: TaskKind
    /// What the workers are told.
    package let guideline: ProjectGuideline
    let form: Form
    /// Who has a part in its matter; a worker with an interest in one is barred. At most 50.
    package let parties: [PartyName]
    /// What its answers are for.
    package var function = WorkFunction.functional
    /// What must have been done to its content before it is taken in.
    package var deidentification = Deidentification.none
    /// How long its content is kept, by the name of a class; `nil` for as long as the requester's key.
    package var retentionClass: String?

    /// From what the shape of its tasks follows.
    enum Form: Sendable {
        case parameters(JSON)
        case schemas(input: JSON, answer: JSON)
    }

    /// Tasks as their kind has them, by its parameters (docs/TASK-KINDS.md).
    package init(
        externalKey: String, name: String, taskKind: TaskKind, guideline: ProjectGuideline,
        parameters: JSON, parties: [PartyName] = []
    ) {
        self.init(externalKey, name, taskKind, guideline, .parameters(parameters), parties)
    }

    /// Tasks by JSON Schemas of the requester's own; the kind is what they are paid as.
    package init(
        externalKey: String, name: String, taskKind: TaskKind, guideline: ProjectGuideline,
        inputSchema: JSON = [:], answerSchema: JSON, parties: [PartyName] = []
    ) {
        let form = Form.schemas(input: inputSchema, answer: answerSchema)
        self.init(externalKey, name, taskKind, guideline, form, parties)
    }

    private init(
        _ externalKey: String, _ name: String, _ taskKind: TaskKind, _ guideline: ProjectGuideline, _ form: Form,
        _ parties: [PartyName]
    ) {
        self.externalKey = externalKey
        self.name = name
        self.taskKind = taskKind
        self.guideline = guideline
        self.form = form
        self.parties = parties
    }

    /// - Returns: the shape of its tasks.
    /// - Throws: ``BadInput`` for the first field that is out of bounds, parameters that the kind does not take, with
    ///   the place, or a schema that does not compile.
    func validate() throws(BadInput) -> ProjectShape {
        try externalKey.mustHave(1...200, as: "external_key")
        try name.mustHave(1...200, as: "name")
        try guideline.validate()
        guard parties.count <= PartyName.most else { throw BadInput("parties", "are more than \(PartyName.most)") }
        switch form {
        case .parameters(let parameters):
            try parameters.mustFit(TaskDraft.answerBytesMax, as: "parameters")
            return try ProjectShape(taskKind, parameters: parameters)
        case .schemas(let input, let answer):
            try input.mustFit(TaskDraft.answerBytesMax, as: "input_schema")
            try answer.mustFit(TaskDraft.answerBytesMax, as: "answer_schema")
            return try ProjectShape(taskKind, inputSchema: input, answerSchema: answer)
        }
    }
}

extension String {
    /// - Throws: ``BadInput`` unless the text has that many characters, none of them U+0000.
    func mustHave(_ length: ClosedRange<Int>, as field: String) throws(BadInput) {
        guard length.contains(unicodeScalars.count), !utf8.contains(0) else {
            throw BadInput(field, "must have \(length.lowerBound) to \(length.upperBound) characters")
        }
    }
}
