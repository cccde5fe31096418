package import Formats
internal import Foundation

extension ProjectDraft {
    private static let known: Set<String> = [
        "remark", "external_key", "name", "task_kind", "guideline", "existing_guideline", "guideline_pin",
        "parameters", "input_schema", "answer_schema", "parties", "function", "deidentification", "retention_class",
    ]

    /// A project as a requester writes it; see samples/project.json.
    ///
    /// - Throws: ``BadInput`` with the path of the first fault.
    package init(json: JSON) throws(BadInput) {
        let fields = try RateFields(json, "project", known: Self.known)
        let (key, name, kind) = (try fields.text("external_key"), try fields.text("name"), try fields.taskKind())
        let guideline = try ProjectGuideline(fields)
        let parties = try fields.parties()
        let (parameters, answer) = (fields.value("parameters"), fields.value("answer_schema"))
        switch (parameters.isNull, answer.isNull) {
        case (false, true):
            guard fields.value("input_schema").isNull else {
                throw BadInput("project.input_schema", "goes with answer_schema; parameters make it themselves")
            }
            self.init(
                externalKey: key, name: name, taskKind: kind, guideline: guideline, parameters: parameters,
                parties: parties
            )
        case (true, false):
            let input = fields.value("input_schema")
            self.init(
                externalKey: key, name: name, taskKind: kind, guideline: guideline,
                inputSchema: input.isNull ? [:] : input, answerSchema: answer, parties: parties
            )
        case (true, true), (false, false):
            throw BadInput("project", "needs either parameters (of its kind) or answer_schema (of its own)")
        }
        function = try fields.oneOf("function", or: .functional)
        deidentification = try fields.oneOf("deidentification", or: .none)
        retentionClass = fields.value("retention_class").isNull ? nil : try fields.text("retention_class")
    }
}

extension ProjectGuideline {
    /// `guideline`, a text, or `existing_guideline`, a key, with or without `guideline_pin`.
    fileprivate init(_ fields: RateFields) throws(BadInput) {
        let pin =
            fields.value("guideline_pin").isNull ? nil : Int(clamping: try fields.integer("guideline_pin"))
        switch (fields.value("guideline").isNull, fields.value("existing_guideline").isNull) {
        case (false, true):
            guard pin == nil else { throw BadInput("project.guideline_pin", "goes with existing_guideline") }
            self = .text(try fields.text("guideline"))
        case (true, false): self = .existing(try fields.text("existing_guideline"), pin: pin)
        case (true, true), (false, false):
            throw BadInput("project.guideline", "needs either guideline (a text) or existing_guideline (a key)")
        }
    }
}
