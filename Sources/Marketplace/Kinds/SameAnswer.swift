package import Formats

/// When two answers to a task are the same one, for counting how many say the same.
package struct SameAnswer: Sendable {
    /// The members of an answer that count; empty for all of it, to the byte.
    package let members: [String]
    /// Whether a list among them says the same in any order.
    private let isUnordered: Bool

    package static let whole = SameAnswer([])

    private init(_ members: [String], isUnordered: Bool = false) {
        (self.members, self.isUnordered) = (members, isUnordered)
    }

    /// The rule of every kind, by its name: what was chosen, without what the worker says about the choice. Kinds that
    /// are not here compare the whole answer.
    private static let rules: [String: SameAnswer] = [
        "classification": SameAnswer(["label"]),
        "multi_classification": SameAnswer(["labels"], isUnordered: true),
        "hierarchical_classification": SameAnswer(["path"]),
        "judgement": SameAnswer(["answer"]),
        "pairwise_preference": SameAnswer(["winner"]),
        "ranking": SameAnswer(["order"]),
        "rating": SameAnswer(["ratings"]),
        "rubric_grading": SameAnswer(["grades"]),
        "span_extraction": SameAnswer(["spans"], isUnordered: true),
        "bounding_boxes": SameAnswer(["boxes"], isUnordered: true),
        "conversation": SameAnswer(["turns"]),
        "red_team": SameAnswer(["outcome"]),
    ]

    package static func of(_ kind: TaskKind) -> SameAnswer { rules[kind.rawValue] ?? .whole }

    /// Equal for answers that are the same.
    ///
    /// - Parameter answer: the whole of it.
    package func key(of answer: JSON) -> Digest {
        guard !members.isEmpty else { return Digest(of: answer) }
        let picked = Dictionary(members.map { ($0, answer[$0] ?? .null) }) { first, _ in first }
        guard isUnordered else { return Digest(of: .object(picked)) }
        return Digest(
            of: .object(
                picked.mapValues { value in
                    guard let elements = value.arrayValue else { return value }
                    return .array(
                        elements.sorted { $0.canonicalBytes().lexicographicallyPrecedes($1.canonicalBytes()) }
                    )
                }))
    }
}

extension ProjectShape {
    /// When two answers of the project are the same: by its kind, or to the byte where it brought a schema of its own.
    var sameAnswer: SameAnswer { parameters == nil ? .whole : .of(kind) }
}
