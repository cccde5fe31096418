package import Formats
package import Foundation

/// What a model says a task's answer is: shown to whoever works on it, unless the task is a control.
package struct TaskSuggestion: Hashable, Sendable {
    /// The model, 1 to 100 characters.
    package let source: String
    /// Of the model, 1 to 100 characters.
    package let version: String
    /// An answer that could be submitted as it is, up to 1 MiB as canonical JSON.
    package let answer: JSON
    /// `nil` for when the task came in.
    package let madeAt: Date?

    package init(source: String, version: String, answer: JSON, madeAt: Date? = nil) {
        self.source = source
        self.version = version
        self.answer = answer
        self.madeAt = madeAt
    }

    /// `{"source", "version", "answer", "made_at"?}`.
    ///
    /// - Throws: ``BadInput`` with the path of the first fault.
    package init(json: JSON, path: String) throws(BadInput) {
        let fields = try RateFields(json, path, known: ["source", "version", "answer", "made_at"])
        let madeAt = fields.value("made_at").isNull ? nil : try fields.instant("made_at")
        guard let answer = json["answer"] else { throw BadInput("\(path).answer", "is missing") }
        self.init(
            source: try fields.text("source"), version: try fields.text("version"), answer: answer, madeAt: madeAt
        )
    }

    /// - Throws: ``BadInput`` unless it can be stored and could be submitted for that payload.
    func validate(under shape: ProjectShape, for payload: JSON) throws(BadInput) {
        try source.mustHave(1...100, as: "suggestion.source")
        try version.mustHave(1...100, as: "suggestion.version")
        try answer.mustFit(TaskDraft.answerBytesMax, as: "suggestion.answer")
        if let fault = shape.faults(inAnswer: answer, to: payload, limit: 1).first {
            throw BadInput("suggestion.answer", "\(fault)")
        }
    }

    /// What makes it another one; when it was made does not.
    var contentJSON: JSON { ["source": .string(source), "version": .string(version), "answer": answer] }
}
