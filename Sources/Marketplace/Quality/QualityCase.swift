internal import Consensus
package import Formats
package import Foundation
internal import Store

/// What a screen of answers looks for: the values of the PostgreSQL enum `signal_kind`, in its order.
package enum SignalKind: String, Sendable, CaseIterable, SQLEnum {
    /// Faster than the text can be read.
    case speed
    /// Texts of two workers that are nearly the same.
    case nearDuplicate = "near_duplicate"
    /// Workers who agree more often than what each takes for what explains.
    case agreement
    /// What a model suggested, where nearly nobody else says so.
    case suggestionCopy = "suggestion_copy"
    /// Work that has become worse.
    case skillShift = "skill_shift"
    /// Contradiction on tasks with one feature, and not elsewhere.
    case targetedBias = "targeted_bias"
    /// Too many known answers that were not met.
    case gold
    /// Answers that do not depend on what is true.
    case guessing

    init(_ signal: AnswerSignal) {
        self =
            switch signal {
            case .speed: .speed
            case .nearDuplicate: .nearDuplicate
            case .agreement: .agreement
            case .suggestionCopy: .suggestionCopy
            case .skillShift: .skillShift
            case .targetedBias: .targetedBias
            case .gold: .gold
            case .guessing: .guessing
            }
    }
}

/// Where a case about answers stands: the values of the PostgreSQL enum `quality_case_state`, in its order.
package enum QualityCaseState: String, Sendable, CaseIterable, SQLEnum {
    case open, dismissed, upheld

    /// What a person says of an open case; `nil` where that is not theirs to say any more.
    package func after(_ verdict: QualityCaseVerdict) -> QualityCaseState? {
        switch (self, verdict) {
        case (.open, .dismiss): .dismissed
        case (.open, .uphold): .upheld
        case (.dismissed, _), (.upheld, _): nil
        }
    }
}

/// What a person makes of a case.
package enum QualityCaseVerdict: String, Sendable, CaseIterable {
    /// Nothing is behind it.
    case dismiss
    /// It is so. What follows is a decision of its own.
    case uphold
}

/// What screens found in the answers to a batch, for a person to look at. Nothing follows from it by itself, and the
/// workers are not told of it: only of a decision.
package struct QualityCase: Sendable {
    package typealias ID = Identifier<QualityCase>
    package static let workersMax = 200

    package let id: ID
    package let requester: Requester.ID
    package let batch: Batch.ID
    package let signal: SignalKind
    /// Whom it is about, by id, each once.
    package let workers: [Worker.ID]
    package let openedAt: Date
    package let state: QualityCaseState
    package let decidedAt: Date?
    package let decidedBy: Principal.ID?
    package let reasons: String?
    /// How much evidence there is, and the strongest of it.
    package let evidenceCount: Int
    package let scoreMilli: Int64

    /// All of it, the times as RFC 3339.
    package var json: JSON {
        [
            "case": .string("\(id)"), "signal": .string(signal.rawValue), "state": .string(state.rawValue),
            "requester": .string("\(requester)"), "batch": .string("\(batch)"),
            "workers": .array(workers.map { .string("\($0)") }), "score_milli": .integer(scoreMilli),
            "evidence_count": .integer(Int64(evidenceCount)), "opened_at": .string(openedAt.formatted(.iso8601)),
            "decided_at": decidedAt.map { .string($0.formatted(.iso8601)) } ?? .null,
            "decided_by": decidedBy.map { .string("\($0)") } ?? .null,
            "reasons": reasons.map { .string($0) } ?? .null,
        ]
    }

    package func json(with evidence: [QualityEvidence]) -> JSON {
        var all = json.objectValue ?? [:]
        all["evidence"] = .array(evidence.map(\.json))
        return .object(all)
    }
}

/// What one screening found for a case.
package struct QualityEvidence: Sendable {
    package let digest: Digest
    package let scoreMilli: Int64
    /// On which tasks it shows, by id, each once.
    package let tasks: [WorkTask.ID]
    package let facts: JSON
    package let foundAt: Date

    package var json: JSON {
        [
            "evidence": .string("\(digest)"), "score_milli": .integer(scoreMilli),
            "tasks": .array(tasks.map { .string("\($0)") }), "facts": facts,
            "found_at": .string(foundAt.formatted(.iso8601)),
        ]
    }
}

/// What a screen has found and nobody has looked at.
package struct QualitySuspicion: Hashable, Sendable {
    package static let tasksMax = 1_000

    let signal: SignalKind
    let scoreMilli: Int64
    let workers: [Worker.ID]
    let tasks: [WorkTask.ID]
    let facts: JSON

    /// - Parameters:
    ///   - scoreMilli: 0 to 10^12; clamped.
    ///   - workers: 1 to 200.
    ///   - tasks: 1 to 1,000.
    ///   - facts: up to 64 KiB.
    /// - Throws: ``BadInput``.
    package init(
        _ signal: SignalKind, scoreMilli: Int64, workers: Set<Worker.ID>, tasks: Set<WorkTask.ID>, facts: JSON
    ) throws(BadInput) {
        guard (1...QualityCase.workersMax).contains(workers.count) else {
            throw BadInput("workers", "must be 1 to \(QualityCase.workersMax)")
        }
        guard (1...Self.tasksMax).contains(tasks.count) else {
            throw BadInput("tasks", "must be 1 to \(Self.tasksMax)")
        }
        try facts.mustFit(32_768, as: "facts")
        (self.signal, self.facts) = (signal, facts)
        self.scoreMilli = min(max(scoreMilli, 0), 1_000_000_000_000)
        (self.workers, self.tasks) = (workers.sorted(), tasks.sorted())
    }

    /// Of everything but the score: the same again is no second evidence.
    var digest: Digest {
        Digest(
            of: [
                "workers": .array(workers.map { .string("\($0)") }), "tasks": .array(tasks.map { .string("\($0)") }),
                "facts": facts,
            ] as JSON)
    }
}
