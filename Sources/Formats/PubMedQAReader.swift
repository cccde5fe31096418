/// What an expert answered to a medical question.
package enum PubMedAnswer: String, Hashable, Sendable, CaseIterable {
    case yes, no, maybe
}

/// One part of the abstract that a question is asked about.
package struct PubMedContext: Hashable, Sendable {
    /// The heading in the abstract, such as `METHODS`.
    package let label: String
    /// What stands under it.
    package let text: String
}

/// A question on a medical paper, answered by two experts and settled.
package struct PubMedQuestion: Hashable, Sendable {
    /// The PubMed id of the paper.
    package let id: String
    /// In most cases the title of the paper; to be answered yes, no or maybe.
    package let question: String
    /// In the abstract's order; at least one.
    package let contexts: [PubMedContext]
    /// The paper's own conclusion, which one of the experts did see.
    package let conclusion: String
    /// The year of the paper; `nil` where the data has none.
    package let year: Int?
    /// By the expert who saw the contexts only (`reasoning_required_pred`).
    package let firstAnswer: PubMedAnswer
    /// By the expert who saw the conclusion too (`reasoning_free_pred`).
    package let secondAnswer: PubMedAnswer
    /// What both agreed upon afterwards (`final_decision`).
    package let settled: PubMedAnswer
}

/// What a ``PubMedQAReader`` yields.
package enum PubMedItem: Hashable, Sendable {
    case question(PubMedQuestion)
    /// A record with a missing key or an unknown answer word; its position is its PubMed id.
    case fault(RecordFault)
}

/// The labelled questions of PubMedQA (PQA-L): one JSON object, its records keyed by PubMed id.
///
/// The file is parsed whole (at most 64 MiB) and its records are yielded in the order of their ids, as text.
/// Source: Jin et al., "PubMedQA", EMNLP 2019, section 3; pubmedqa/pubmedqa on GitHub, `data/ori_pqal.json`.
package struct PubMedQAReader: Sequence, IteratorProtocol {
    private static let bytesMax = 64 << 20

    private let fileName: String
    /// Last first: popped from the end.
    private var records: [(key: String, value: JSON)]

    /// - Throws: ``FormatError`` when the file cannot be read, or is not one JSON object.
    package init(path: String) throws(FormatError) {
        try self.init(try ByteReader(path: path))
    }

    /// Reads from a reader that stands at the file's first byte.
    package init(_ reader: ByteReader) throws(FormatError) {
        let bytes = try reader.rest(limit: Self.bytesMax)
        let limits = JSON.Limits(maxDepth: 8, maxBytes: Self.bytesMax, maxKeys: 2_000_000)
        let value: JSON
        do {
            value = try JSON.parse(bytes, limits: limits)
        } catch {
            throw .malformed(path: reader.path, position: error.offset, reason: error.reason.rawValue)
        }
        guard let object = value.objectValue else {
            throw .malformed(path: reader.path, position: 0, reason: "is not a JSON object")
        }
        fileName = Formats.fileName(ofPath: reader.path)
        records = object.sorted { $0.key > $1.key }
    }

    /// The next question or fault; `nil` at the end.
    package mutating func next() -> PubMedItem? {
        guard let (id, value) = records.popLast() else { return nil }
        do {
            return .question(try Self.question(id, value))
        } catch {
            return .fault(RecordFault(position: "\(fileName) record \(id)", reason: error.reason))
        }
    }

    private struct Unusable: Error {
        let reason: String
    }

    private static func question(_ id: String, _ value: JSON) throws(Unusable) -> PubMedQuestion {
        func text(_ key: String) throws(Unusable) -> String {
            guard let text = value[key]?.stringValue, !text.isEmpty else {
                throw Unusable(reason: "\(key) is missing or not a text")
            }
            return text
        }
        func answer(_ key: String) throws(Unusable) -> PubMedAnswer {
            let word = try text(key)
            guard let answer = PubMedAnswer(rawValue: word) else {
                throw Unusable(reason: "\(key) is “\(word.prefix(40))”, which is none of yes, no, maybe")
            }
            return answer
        }
        return PubMedQuestion(
            id: id, question: try text("QUESTION"), contexts: try contexts(value),
            conclusion: try text("LONG_ANSWER"),
            year: value["YEAR"]?.stringValue.flatMap(Int.init),
            firstAnswer: try answer("reasoning_required_pred"), secondAnswer: try answer("reasoning_free_pred"),
            settled: try answer("final_decision"))
    }

    private static func contexts(_ value: JSON) throws(Unusable) -> [PubMedContext] {
        func texts(_ key: String) throws(Unusable) -> [String] {
            guard let elements = value[key]?.arrayValue, !elements.isEmpty else {
                throw Unusable(reason: "\(key) is missing or not a list")
            }
            let texts = elements.compactMap(\.stringValue)
            guard texts.count == elements.count else { throw Unusable(reason: "\(key) holds something not a text") }
            return texts
        }
        let labels = try texts("LABELS")
        let parts = try texts("CONTEXTS")
        guard labels.count == parts.count else {
            throw Unusable(reason: "LABELS has \(labels.count) elements and CONTEXTS has \(parts.count)")
        }
        return zip(labels, parts).map { PubMedContext(label: $0, text: $1) }
    }
}
