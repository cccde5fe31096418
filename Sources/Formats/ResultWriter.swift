/// The forms in which results leave; docs/FILES.md has their rules.
package enum ResultFormat: String, Sendable, CaseIterable {
    /// One task a line, with its results.
    case jsonl
    /// One result a row.
    case csv
    /// One JSON array of Label Studio's tasks, each result an annotation.
    case labelStudio = "label_studio"
    /// `task,worker,label`, as crowd-kit reads it.
    case crowdKit = "crowd_kit"
}

/// A task with what came back.
package struct TaskResults: Hashable, Sendable {
    package let externalKey: String
    package let payload: JSON
    /// In an order that does not change.
    package let results: [TaskResult]

    /// Parameters as the properties.
    package init(externalKey: String, payload: JSON, results: [TaskResult]) {
        self.externalKey = externalKey
        self.payload = payload
        self.results = results
    }
}

/// One answer of one worker.
package struct TaskResult: Hashable, Sendable {
    /// A pseudonym.
    package let worker: String
    /// `accepted`, or `submitted` while it waits for its review.
    package let state: String
    /// Share of the pay, in ten-thousandths; `nil` before the review.
    package let shareBasisPoints: Int?
    /// ISO 8601, in UTC.
    package let submittedAt: String
    /// From the lease to the submission.
    package let seconds: Int64
    package let answer: JSON
    /// Under which version of the guideline it was given; `nil` where that is not known.
    package let guidelineVersion: Int64?
    /// What it is to the suggestion of a model; `nil` where there was none.
    package let suggestion: ResultSuggestion?

    /// Parameters as the properties.
    package init(
        worker: String, state: String, shareBasisPoints: Int?, submittedAt: String, seconds: Int64, answer: JSON,
        guidelineVersion: Int64? = nil, suggestion: ResultSuggestion? = nil
    ) {
        self.worker = worker
        self.state = state
        self.shareBasisPoints = shareBasisPoints
        self.submittedAt = submittedAt
        self.seconds = seconds
        self.answer = answer
        self.guidelineVersion = guidelineVersion
        self.suggestion = suggestion
    }
}

/// What an answer is to the suggestion of a model.
package struct ResultSuggestion: Hashable, Sendable {
    package let source: String
    package let version: String
    /// Whether the worker had it before them.
    package let wasShown: Bool
    /// From 0 for the same to `size`, that of the larger of both.
    package let distance: Int64
    package let size: Int64

    /// Parameters as the properties.
    package init(source: String, version: String, wasShown: Bool, distance: Int64, size: Int64) {
        self.source = source
        self.version = version
        self.wasShown = wasShown
        self.distance = distance
        self.size = size
    }

    fileprivate var json: JSON {
        [
            "source": .string(source), "version": .string(version), "was_shown": .bool(wasShown),
            "distance": .integer(distance), "size": .integer(size),
        ]
    }
}

/// Writes results task by task; what was written is taken away as it grows.
package struct ResultWriter: Sendable {
    /// What the file looks like.
    package struct Settings: Sendable {
        package var format: ResultFormat
        /// Where in an answer crowd-kit's label is, as a JSON Pointer; `nil` for the only member of an answer that has
        /// one, else all of it.
        package var label: String?
        /// Whether texts in CSV are kept from being taken for formulas by spreadsheets (``CSVWriter``).
        package var isGuarded = true
        /// The members of answers whose texts must be one of several.
        package var choices: Set<String> = []

        /// A guarded file.
        package init(_ format: ResultFormat) { self.format = format }
    }

    private let settings: Settings
    private var bytes: [UInt8] = []
    private var tasks: Int64 = 0
    private var annotations: Int64 = 0

    /// Begins a file.
    package init(_ settings: Settings) {
        self.settings = settings
        switch settings.format {
        case .jsonl: break
        case .csv:
            row(
                [
                    "external_key", "payload", "result:worker", "result:state", "result:share_bps",
                    "result:submitted_at", "result:seconds", "result:answer", "result:guideline_version",
                    "result:suggestion_source", "result:suggestion_version", "result:suggestion_was_shown",
                    "result:suggestion_distance", "result:suggestion_size",
                ].map(CSVCell.text))
        case .labelStudio: bytes += "[".utf8
        case .crowdKit: row(["task", "worker", "label"].map(CSVCell.text))
        }
    }

    /// Writes a task.
    package mutating func append(_ task: TaskResults) {
        tasks += 1
        switch settings.format {
        case .jsonl: bytes += Self.line(task).canonicalBytes() + [0x0a]
        case .csv: for result in task.results { append(task, result) }
        case .labelStudio: bytes += (tasks > 1 ? ",\n" : "\n").utf8 + labelStudio(task).canonicalBytes()
        case .crowdKit:
            for result in task.results {
                guard let label = label(of: result.answer) else { continue }
                row([.text(task.externalKey), .text(result.worker), .text(label)])
            }
        }
    }

    /// Ends the file.
    package mutating func finish() {
        if settings.format == .labelStudio { bytes += "\n]\n".utf8 }
    }

    /// Hands out what was written since the last call.
    package mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    private mutating func row(_ cells: [CSVCell]) {
        bytes += CSVWriter.record(cells, isGuarded: settings.isGuarded).utf8
    }

    private mutating func append(_ task: TaskResults, _ result: TaskResult) {
        row([
            .text(task.externalKey), .text(task.payload.canonicalText), .text(result.worker), .text(result.state),
            result.shareBasisPoints.map { .number(Int64($0)) } ?? .text(""), .text(result.submittedAt),
            .number(result.seconds), .text(result.answer.canonicalText),
            result.guidelineVersion.map(CSVCell.number) ?? .text(""), .text(result.suggestion?.source ?? ""),
            .text(result.suggestion?.version ?? ""), .text(result.suggestion.map { "\($0.wasShown)" } ?? ""),
            (result.suggestion?.distance).map(CSVCell.number) ?? .text(""),
            (result.suggestion?.size).map(CSVCell.number) ?? .text(""),
        ])
    }

    private static func line(_ task: TaskResults) -> JSON {
        [
            "external_key": .string(task.externalKey), "payload": task.payload,
            "results": .array(
                task.results.map { result in
                    [
                        "worker": .string(result.worker), "state": .string(result.state),
                        "share_bps": result.shareBasisPoints.map { .integer(Int64($0)) } ?? .null,
                        "submitted_at": .string(result.submittedAt), "seconds": .integer(result.seconds),
                        "answer": result.answer,
                        "guideline_version": result.guidelineVersion.map { .integer($0) } ?? .null,
                        "suggestion": result.suggestion?.json ?? .null,
                    ]
                }),
        ]
    }

    /// Label Studio numbers tasks and annotations; here from 1 in each file. A payload that is no object becomes one.
    private mutating func labelStudio(_ task: TaskResults) -> JSON {
        var list: [JSON] = []
        for result in task.results {
            annotations += 1
            list.append([
                "id": .integer(annotations),
                "result": LabelStudioAnswer.write(result.answer, choices: settings.choices),
                "was_cancelled": false, "ground_truth": false, "created_at": .string(result.submittedAt),
                "lead_time": .integer(result.seconds),
                "meta": [
                    "worker": .string(result.worker), "state": .string(result.state),
                    "share_bps": result.shareBasisPoints.map { .integer(Int64($0)) } ?? .null,
                    "guideline_version": result.guidelineVersion.map { .integer($0) } ?? .null,
                    "suggestion": result.suggestion?.json ?? .null,
                ],
            ])
        }
        return [
            "id": .integer(tasks), "data": task.payload.objectValue == nil ? ["payload": task.payload] : task.payload,
            "meta": ["external_key": .string(task.externalKey)], "annotations": .array(list), "predictions": [],
        ]
    }

    private func label(of answer: JSON) -> String? {
        let found: JSON?
        if let pointer = settings.label {
            found = answer.value(at: pointer)
        } else if let members = answer.objectValue, members.count == 1 {
            found = members.values.first
        } else {
            found = answer
        }
        return found.map { $0.stringValue ?? $0.canonicalText }
    }
}

extension JSON {
    /// What a JSON Pointer points to (RFC 6901); `nil` for nothing, or for a text that is no pointer.
    package func value(at pointer: String) -> JSON? {
        if pointer.isEmpty { return self }
        guard pointer.utf8.first == UInt8(ascii: "/") else { return nil }
        var found = self
        for step in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            let name = step.split(separator: "~1", omittingEmptySubsequences: false)
                .map { $0.split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~") }
                .joined(separator: "/")
            guard let next = found[name] ?? Int(step).flatMap({ found[$0] }) else { return nil }
            found = next
        }
        return found
    }
}
