internal import Formats
internal import Foundation
internal import Marketplace

/// Makes what a worker answers: the reference answer, with the worker's own errors in it.
struct AnswerMaker {
    let errorRate: Double
    var random: Chance

    init(errorRate: Double, random: Chance) {
        self.errorRate = errorRate
        self.random = random
    }

    /// - Parameters:
    ///   - references: by source.
    ///   - slot: from 1; in a judgement the first slot answers as the first expert did, the second as the second.
    mutating func answer(_ kind: TaskKind, references: [String: JSON], slot: Int) -> JSON {
        guard kind == .extraction else { return judgement(references, slot: slot) }
        return extraction(references[ImportContracts.source] ?? .object([:]))
    }

    /// An answer that no schema of ours allows.
    func malformed(_ answer: JSON) -> JSON {
        guard var members = answer.objectValue, let first = members.keys.min() else { return .null }
        members[first] = ["as": "a note to myself"]
        return .object(members)
    }

    private mutating func extraction(_ reference: JSON) -> JSON {
        var members = reference.objectValue ?? [:]
        for (clause, _) in CUADClauses.all {
            guard random.happens(errorRate), let known = members[clause] else { continue }
            members[clause] = wrong(known)
        }
        return .object(members)
    }

    /// Drops a passage, turns Yes and No round, mistakes a date, or overlooks a value.
    private mutating func wrong(_ known: JSON) -> JSON {
        var members = known.objectValue ?? [:]
        var spans = known["spans"]?.arrayValue ?? []
        let answer = known["answer"]?.stringValue
        if !spans.isEmpty, random.happens(0.4) {
            spans.remove(at: random.index(below: spans.count))
            members["spans"] = .array(spans)
            return .object(members)
        }
        switch answer {
        case "Yes": members["answer"] = "No"
        case "No": members["answer"] = "Yes"
        case let value?:
            if let date = CalendarDate(iso: value), let other = CalendarDate(daysSince2000: date.daysSince2000 + 31) {
                members["answer"] = .string(other.description)
            } else {
                members["answer"] = .null
            }
        case nil: members["answer"] = "Yes"
        }
        return .object(members)
    }

    private mutating func judgement(_ references: [String: JSON], slot: Int) -> JSON {
        let sources = ImportQuestions.sources
        let pass = references[slot % 2 == 1 ? sources.first : sources.second] ?? .object([:])
        var word = pass["answer"]?.stringValue ?? PubMedAnswer.maybe.rawValue
        if random.happens(errorRate) {
            let others = PubMedAnswer.allCases.map(\.rawValue).filter { $0 != word }
            word = others[random.index(below: others.count)]
        }
        return ["answer": .string(word), "rationale": pass["rationale"] ?? "From the results as given."]
    }
}

/// How far an answer agrees with what is known.
enum Agreement {
    /// In ten-thousandths.
    ///
    /// Of an extraction the mean over its clauses: 1 where answer and passages are those of the annotators, a half
    /// where the answer alone is. A judgement that one of the experts gave, or both agreed upon, is 1, any other 0.
    /// - Returns: with the names of the clauses that differ, in order.
    static func basisPoints(of answer: JSON, with references: [String: JSON]) -> (share: Int, differing: [String]) {
        guard let known = references[ImportContracts.source]?.objectValue else {
            let words = references.values.compactMap { $0["answer"]?.stringValue }
            let agrees = answer["answer"]?.stringValue.map(words.contains) ?? false
            return agrees ? (10_000, []) : (0, ["answer"])
        }
        var (halves, differing) = (0, [String]())
        for (clause, reference) in known.sorted(by: { $0.key < $1.key }) {
            let given = answer[clause]
            guard given != reference else {
                halves += 2
                continue
            }
            differing.append(clause)
            if given?["answer"] == reference["answer"] { halves += 1 }
        }
        return (known.isEmpty ? 0 : halves * 10_000 / (2 * known.count), differing)
    }
}
