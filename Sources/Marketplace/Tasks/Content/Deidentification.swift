package import Formats
internal import Store

/// The values of the PostgreSQL enum `deidentification`, in its order: what must have been done to content before it is
/// taken in.
package enum Deidentification: String, Sendable, CaseIterable, SQLEnum {
    case none
    /// The program's own rules: ``PersonalPatterns``.
    case patterns
    /// A program of the operator's: ``Deidentifier``.
    case external
}

/// A program that takes what identifies people out of content. The same value must always come out the same, or what is
/// imported twice is not recognised.
package protocol Deidentifier: Sendable {
    /// - Throws: ``BadInput`` when the value did not pass; its reason does not repeat the value.
    func callAsFunction(_ value: JSON) throws(BadInput) -> JSON
}

/// What a project's content goes through on its way in.
struct ContentCleaning: Sendable {
    let demanded: Deidentification
    let program: (any Deidentifier)?

    /// The draft as it may be taken in. Known answers, suggestions and what it belongs to go the same way, as they
    /// may quote the content; its external key is the requester's own name for it and stays.
    ///
    /// - Throws: ``BadInput`` for one that did not pass what the project demands.
    func callAsFunction(_ draft: TaskDraft) throws(BadInput) -> TaskDraft {
        guard demanded != .none || program != nil else { return draft }
        guard demanded != .external || program != nil else {
            throw BadInput("payload", "must be de-identified: import it with --deidentify-with")
        }
        var (payload, references, suggested) = (draft.payload, draft.referenceAnswers, draft.suggestion?.answer)
        var matter = draft.matter
        let sources = references.keys.sorted()
        var steps: [JSON] = []
        var counts: JSON = [:]
        if let program {
            payload = try program(payload)
            for source in sources { references[source] = try program(references[source] ?? .null) }
            if let answer = suggested { suggested = try program(answer) }
            if let name = matter {
                guard let cleaned = try program(.string(name)).stringValue else {
                    throw BadInput("matter", "was not de-identified: the program answered no text")
                }
                matter = cleaned
            }
            steps.append(.string(Deidentification.external.rawValue))
        }
        if demanded == .patterns {
            var patterns = PersonalPatterns()
            payload = patterns.clean(payload)
            for source in sources { references[source] = patterns.clean(references[source] ?? .null) }
            suggested = suggested.map { patterns.clean($0) }
            // By itself: the same matter is to come out the same, whatever the payload beside it.
            var ofMatter = PersonalPatterns()
            matter = matter.map { ofMatter.clean(.string($0)).stringValue ?? $0 }
            steps.append(.string(Deidentification.patterns.rawValue))
            let found = patterns.counts.merging(ofMatter.counts, uniquingKeysWith: +)
                .map { ($0.key.rawValue, JSON.integer(Int64($0.value))) }
            counts = .object(Dictionary(found, uniquingKeysWith: { first, _ in first }))
        }
        var cleaned = TaskDraft(
            externalKey: draft.externalKey, payload: payload, referenceAnswers: references, parties: draft.parties,
            matter: matter, isGold: draft.isGold,
            suggestion: draft.suggestion.map { suggestion in
                TaskSuggestion(
                    source: suggestion.source, version: suggestion.version, answer: suggested ?? suggestion.answer,
                    madeAt: suggestion.madeAt
                )
            }
        )
        cleaned.deidentified = ["by": .array(steps), "counts": counts]
        return cleaned
    }
}
