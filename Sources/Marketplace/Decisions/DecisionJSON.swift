package import Formats
internal import Foundation

extension DecisionLine {
    package var json: JSON {
        [
            "decision": .string("\(id)"), "kind": .string(kind.rawValue), "worker": .string("\(worker)"),
            "subject": .string(subjectID.uuidString.lowercased()), "rule": .string(rule), "facts": facts,
            "reasons": .string(reasons), "automated": .string(automated),
            "decided_at": .string(decidedAt.formatted(.iso8601)),
            "appeal_until": .string(appealUntil.formatted(.iso8601)),
            "appeal": appeal.map { .string("\($0)") } ?? .null,
            "appeal_state": appealState.map { .string($0.rawValue) } ?? .null,
            "answer_until": answerUntil.map { .string($0.formatted(.iso8601)) } ?? .null,
            "answer": answer.map(JSON.string) ?? .null, "remedy": remedy ?? .null,
        ]
    }
}

extension Appeal {
    package var json: JSON {
        [
            "appeal": .string("\(id)"), "decision": .string("\(decision)"), "kind": .string(kind.rawValue),
            "worker": .string("\(worker)"), "statement": .string(statement),
            "filed_at": .string(filedAt.formatted(.iso8601)),
            "answer_until": .string(answerUntil.formatted(.iso8601)), "state": .string(state.rawValue),
            "answer": answer.map(JSON.string) ?? .null, "remedy": remedy ?? .null,
        ]
    }
}

extension DecisionFigure {
    package var json: JSON {
        [
            "kind": .string(kind.rawValue), "decisions": .integer(Int64(decisions)),
            "appeals": .integer(Int64(appeals)),
            "upheld": .integer(Int64(upheld)), "overturned": .integer(Int64(overturned)),
            "open": .integer(Int64(open)), "overdue": .integer(Int64(overdue)),
            "median_seconds": medianSeconds.map { .integer(Int64($0)) } ?? .null,
        ]
    }
}
