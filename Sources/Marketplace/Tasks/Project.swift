package import Formats
internal import Foundation
internal import Store

/// A requester's programme: what is asked, and how answers must look.
package struct Project: Sendable {
    package typealias ID = Identifier<Project>
    package let id: ID
    package let requester: Requester.ID
    /// The requester's own name for it, 1 to 200 characters.
    package let externalKey: String
    package let name: String
    package let taskKind: TaskKind
    package let guidelineVersion: Int
    /// A JSON Schema that ``JSONSchema`` compiles.
    package let answerSchema: JSON
}

/// What a requester says of a new project.
package struct ProjectDraft: Sendable {
    package let externalKey: String
    package let name: String
    package let taskKind: TaskKind
    /// What the workers are told, in Markdown.
    package let guideline: String
    package let guidelineVersion: Int
    package let answerSchema: JSON
    /// Who has a part in its matter; a worker with an interest in one is barred. At most 50.
    package let parties: [PartyName]

    package init(
        externalKey: String, name: String, taskKind: TaskKind, guideline: String, guidelineVersion: Int = 1,
        answerSchema: JSON, parties: [PartyName] = []
    ) {
        self.externalKey = externalKey
        self.name = name
        self.taskKind = taskKind
        self.guideline = guideline
        self.guidelineVersion = guidelineVersion
        self.answerSchema = answerSchema
        self.parties = parties
    }

    /// - Throws: ``BadInput`` for the first field that is out of bounds, or a schema that does not compile.
    func validate() throws(BadInput) {
        try externalKey.mustHave(1...200, as: "external_key")
        try name.mustHave(1...200, as: "name")
        try guideline.mustHave(1...100_000, as: "guideline")
        guard (1...1_000_000).contains(guidelineVersion) else {
            throw BadInput("guideline_version", "must be 1 to 1,000,000")
        }
        guard parties.count <= PartyName.most else { throw BadInput("parties", "are more than \(PartyName.most)") }
        do throws(JSONSchemaFault) {
            _ = try JSONSchema(compiling: answerSchema)
        } catch {
            throw BadInput("answer_schema", "\(error)")
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
