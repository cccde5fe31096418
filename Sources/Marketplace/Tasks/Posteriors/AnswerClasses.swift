internal import Formats

/// The answers that a kind of task can have, where they are a few that every task of a project shares.
struct AnswerClasses: Hashable, Sendable {
    /// More classes than that are not weighed: a worker's table has the square of them.
    static let most = 50

    /// The kinds that have them: which parameter lists them, and which member of an answer names one.
    static let kinds: [(kind: String, parameter: String, member: String)] = [
        ("classification", "labels", "label"), ("judgement", "answers", "answer"),
    ]

    /// In the order of the parameters; what is kept of an answer is its place here.
    let names: [String]
    private let member: String

    /// - Returns: `nil` where answers are of another form, or by a schema of the requester's own.
    init?(_ shape: ProjectShape) {
        guard let parameters = shape.parameters,
            let form = Self.kinds.first(where: { $0.kind == shape.kind.rawValue }),
            let list = parameters[form.parameter]?.arrayValue, (2...Self.most).contains(list.count)
        else { return nil }
        names = list.compactMap(\.stringValue)
        guard names.count == list.count else { return nil }
        member = form.member
    }

    /// `nil` for an answer that names none of them.
    func place(of answer: JSON) -> Int? {
        // By its bytes: what Unicode holds equal may be two names all the same.
        answer[member]?.stringValue.flatMap { name in names.firstIndex { $0.utf8.elementsEqual(name.utf8) } }
    }
}
